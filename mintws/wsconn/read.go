package wsconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/mintws/mintws/internal/inplace"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// incoming is what has been received. It belongs to the goroutine that has Conn.reading.
type incoming struct {
	early  []byte // came with the handshake
	reads  int    // how much is read at once
	buf    []byte // for what is not read into join's memory
	inbox  mintws.Inbox
	next   int    // of inbox.Frames, the first that was not handled
	fault  error  // what came after them
	serial uint64 // of the last Read or Reader

	more    bool // of the message under way is to come
	rest    int  // of its frame under way
	size    int64
	joining bool // by Read
	join    session.Joiner
	// Payload is in join's memory from the beginning: where it is read, or where it is unmasked. Neither, if it is inflated.
	readsInto, unmasksInto bool
}

// Read returns the next message and what it is, [mintws.OpText] or [mintws.OpBinary]. The message is read-only, and valid until the
// next Read or Reader: slices.Clone makes it last. The rest of a message that a Reader has not read to its end is dropped.
//
// While Read waits it answers Ping and Close, and sends a Ping when the peer has been silent for long. When ctx ends, nothing is
// lost and c remains usable: the next Read goes on where this one was.
//
// Any other error says how the WebSocket has ended, and every later call returns it too:
//   - a *[mintws.CloseError] after the peer's Close, even if that is a good end, or with code 1006 if the peer went without one:
//     see [CloseCode];
//   - a *[mintws.ProtocolError] if the peer broke the protocol or a limit, which it has been told;
//   - a *[session.TimeoutError] if it has said nothing for too long, or an error over [os.ErrDeadlineExceeded] if it has accepted
//     nothing of what was being sent;
//   - an error over that of the context that cut off a Write, or one over [net.ErrClosed] after CloseNow.
func (c *Conn) Read(ctx context.Context) (mintws.Opcode, []byte, error) {
	if err := c.begin(ctx); err != nil {
		return 0, nil, err
	}
	defer c.rest()
	f, err := c.joined(ctx)
	return f.Opcode, f.Payload, err
}

// joined returns a whole message, of which an earlier call may have joined a part.
func (c *Conn) joined(ctx context.Context) (mintws.Frame, error) {
	for {
		f, err := c.piece(ctx)
		c.in.joining = c.in.more
		if err != nil {
			return mintws.Frame{}, err
		}
		if whole, ok, _ := c.in.join.Add(f); ok { // the limit is piece's, and no piece is missing
			return whole, nil
		}
	}
}

// Reader returns the next message as it arrives: what it is, and a reader of its content that needs no memory for it. The reader is
// for one goroutine. It returns io.EOF at the end of the message, an error of Read's if the message cannot be read to its end, and
// [ErrStaleReader] once the next Read or Reader has begun, which drops what is left. ctx is for the reader too: when it ends c
// remains usable.
func (c *Conn) Reader(ctx context.Context) (mintws.Opcode, io.Reader, error) {
	if err := c.begin(ctx); err != nil {
		return 0, nil, err
	}
	defer c.rest()
	next := c.piece
	if c.in.joining { // a Read has begun, and its context has ended
		next = c.joined
	}
	f, err := next(ctx)
	if err != nil {
		return 0, nil, err
	}
	return f.Opcode, &reader{c: c, ctx: ctx, serial: c.in.serial, p: f.Payload, more: f.More}, nil
}

// ErrStaleReader is the error of a message's reader once the next message is being read.
var ErrStaleReader = errors.New("wsconn: the next message is being read")

// reader is the content of one message.
type reader struct {
	c      *Conn
	ctx    context.Context
	serial uint64
	p      []byte // received, and not read
	more   bool
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	c := r.c
	if len(r.p) == 0 && !r.more { // also once the next message is being read
		return 0, io.EOF
	}
	if err := c.take(r.ctx, c.reading); err != nil {
		return 0, err
	}
	defer c.rest()
	if c.in.serial != r.serial {
		return 0, ErrStaleReader
	}
	for len(r.p) == 0 && len(p) > 0 {
		if !r.more {
			return 0, io.EOF
		}
		f, err := c.piece(r.ctx)
		if err != nil {
			return 0, err
		}
		r.p, r.more = f.Payload, f.More
	}
	n := copy(p, r.p)
	r.p = r.p[n:]
	return n, nil
}

// SetReadLimit sets how many bytes a message may have, from the next one on. A larger one ends c with [mintws.ErrMessageTooBig],
// and the peer is told 1009. With 0 the limit is the default, 16 MiB; with a negative n there is none. Limits.MaxMessage of the
// options sets the first one.
func (c *Conn) SetReadLimit(n int64) {
	c.limit.Store(mintws.Limits{MaxMessage: n}.WithDefaults().MaxMessage)
}

// rest ends a call that reads.
func (c *Conn) rest() {
	c.observe(false)
	<-c.reading
}

// begin takes c.reading for the next message, and drops what a Reader has left of the last.
func (c *Conn) begin(ctx context.Context) error {
	if err := c.take(ctx, c.reading); err != nil {
		return err
	}
	c.in.serial++
	for c.in.more && !c.in.joining {
		if _, err := c.piece(ctx); err != nil {
			c.rest()
			return err
		}
	}
	return nil
}

// piece returns the next bytes of a message. Ping, Pong and Close that come before it are handled in their turn, so that what
// came before a Close can be answered.
func (c *Conn) piece(ctx context.Context) (mintws.Frame, error) {
	in := &c.in
	for {
		for in.next < len(in.inbox.Frames) {
			f := in.inbox.Frames[in.next]
			in.next++
			if f.Opcode.IsControl() {
				if err := c.control(f); err != nil {
					return mintws.Frame{}, err
				}
				continue
			}
			if !in.more {
				in.size = 0
			}
			in.more = f.More
			in.size += int64(len(f.Payload))
			if limit := c.limit.Load(); in.size > limit {
				return mintws.Frame{}, c.fail(violation(mintws.CodeMessageTooBig, mintws.ErrMessageTooBig,
					fmt.Sprintf("message of more than %d bytes", limit)))
			}
			return f, nil
		}
		if in.fault != nil {
			return mintws.Frame{}, c.fail(in.fault)
		}
		if err := c.fill(ctx); err != nil {
			return mintws.Frame{}, err
		}
	}
}

// fill decodes more of what has come, or reads.
func (c *Conn) fill(ctx context.Context) error {
	in := &c.in
	data := in.inbox.Rest
	if len(data) == 0 {
		var err error
		if data, err = c.receive(ctx); err != nil {
			return err
		}
	}
	in.inbox.Reset()
	if in.unmasksInto {
		in.inbox.Buf = in.join.Space(len(data))[:0]
	}
	in.next = 0
	c.mu.Lock()
	defer c.mu.Unlock()
	ws := c.ws.InPlace(inplace.Key{})
	in.fault = ws.AppendDecode(&in.inbox, data)
	in.rest = int(min(ws.Remaining(), math.MaxInt))
	return nil
}

// receive reads from the stream.
func (c *Conn) receive(ctx context.Context) ([]byte, error) {
	in := &c.in
	if data := in.early; len(data) > 0 {
		in.early = nil
		return data, nil
	}
	c.readable.Follow(ctx)
	for {
		ok, err := c.readable.Arm(c.until)
		if !ok {
			if err = c.Err(); err == nil {
				err = interrupted(ctx)
			}
			return nil, err
		}
		n, buf := 0, in.space()
		if err == nil {
			n, err = c.stream.Read(buf)
		}
		if data := buf[:n]; n > 0 { // an error that came with it comes again
			if n == in.reads {
				in.reads = min(2*n, maxRead)
			}
			c.observe(true)
			return data, nil
		}
		if err = c.silence(err); err != nil {
			return nil, err
		}
	}
}

// space returns what to read into: where the message goes on, if that can be. While much of a frame is still to come it ends with
// the frame, since the beginning of the next message might have to be moved.
func (in *incoming) space() []byte {
	n := in.reads
	if in.rest >= n/2 {
		n = min(in.rest, n)
	}
	if in.readsInto {
		if buf := in.join.Space(n); buf != nil {
			return buf
		}
	}
	if len(in.buf) < n {
		in.buf = make([]byte, in.reads)
	}
	return in.buf[:n]
}
