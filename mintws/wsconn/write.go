package wsconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mintws/mintws/internal/inplace"
	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/mintws"
)

// Write sends a message: op is [mintws.OpText] or [mintws.OpBinary]. Any number of goroutines may write at once; their messages
// do not mix. p is not kept.
//
// Where ctx ends while Write waits for others, nothing is sent and c remains usable. From the moment at which the frame goes to
// the socket, the end of ctx is the end of c: half a frame cannot be taken back.
//
// An error of [mintws.WebSocket.AppendEncode], such as [mintws.ErrInvalidFrame] for text that is not UTF-8, leaves c as it was.
// After our Close the error is [mintws.ErrCloseSent]; once c is over it is that of [Conn.Err].
func (c *Conn) Write(ctx context.Context, op mintws.Opcode, p []byte) error {
	return c.whole(ctx, mintws.Frame{Opcode: op, Payload: p}, nil)
}

// WritePrepared sends a message that was prepared with [mintws.Prepare], which is validated and compressed once for many
// connections. Otherwise it is like Write.
func (c *Conn) WritePrepared(ctx context.Context, p *mintws.Prepared) error {
	return c.whole(ctx, mintws.Frame{}, p)
}

// whole sends a message that is not in fragments.
func (c *Conn) whole(ctx context.Context, f mintws.Frame, p *mintws.Prepared) error {
	if p == nil && f.Opcode != mintws.OpText && f.Opcode != mintws.OpBinary {
		return fmt.Errorf("%w: %v is no message, want Text or Binary", mintws.ErrInvalidFrame, f.Opcode)
	}
	if err := c.take(ctx, c.message); err != nil {
		return err
	}
	defer func() { <-c.message }()
	return c.send(ctx, f, p)
}

// send sends f, or p, as soon as nobody else writes to the stream.
func (c *Conn) send(ctx context.Context, f mintws.Frame, p *mintws.Prepared) error {
	if err := c.take(ctx, c.sending); err != nil {
		return err
	}
	defer c.release()
	if p == nil && len(f.Payload) > chunk(len(f.Payload)) {
		if sent, err := c.sendLarge(ctx, &f); sent || err != nil {
			return err
		}
	}
	if err := c.encode(f, p); err != nil {
		return err
	}
	return c.flush(ctx)
}

// sendLarge sends f, a piece at a time: each is masked where the last one was, so that no memory of its size is needed, nor goes
// through the processor's cache. It reports false for a frame that has to be encoded as a whole. The caller has c.sending.
func (c *Conn) sendLarge(ctx context.Context, f *mintws.Frame) (bool, error) {
	c.mu.Lock()
	if err := cmp.Or(c.err, c.lost); err != nil {
		c.mu.Unlock()
		return false, err
	}
	b := c.buffer()
	head, key, ok, err := c.ws.InPlace(inplace.Key{}).AppendHead(b.b, f)
	if !ok {
		c.mu.Unlock()
		return false, err
	}
	c.pend, c.caused = nil, 0 // at once, as nothing may come between the header and the payload
	c.mu.Unlock()
	defer b.free()
	b.b = head
	c.writable.Follow(ctx)
	for p := f.Payload; len(p) > 0; b.b = b.b[:0] {
		n := chunk(len(p))
		out := p[:n] // with nothing to mask it is written from where it is
		if key != 0 || len(b.b) > 0 {
			at := len(b.b)
			b.b = slices.Grow(b.b, n)[:at+n]
			mask.Copy(b.b[at:], out, key)
			out, key = b.b, key.Skip(n)
		}
		if err = c.write(ctx, out); err != nil {
			return true, err
		}
		p = p[n:]
	}
	return true, nil
}

// chunk returns how many of n bytes are written at once. A little that would be left goes along.
func chunk(n int) int {
	if n <= maxChunk+maxChunk/4 {
		return n
	}
	return maxChunk
}

// encode puts a frame behind those that are not yet on their way.
func (c *Conn) encode(f mintws.Frame, p *mintws.Prepared) (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buffer()
	switch {
	case c.err != nil || c.lost != nil:
		return cmp.Or(c.err, c.lost)
	case p != nil:
		b.b, err = c.ws.InPlace(inplace.Key{}).AppendPrepared(b.b, p)
	default:
		b.b, err = c.ws.InPlace(inplace.Key{}).AppendEncode(b.b, &f)
	}
	if err == nil && f.Opcode == mintws.OpClose {
		c.time = c.time.Observe(time.Now(), c.ws.State(), false)
	}
	return err
}

// reply puts behind them what reading has caused, if it can be sent. The caller has c.mu.
func (c *Conn) reply(f mintws.Frame) {
	b := c.buffer()
	before := len(b.b)
	b.b, _ = c.ws.InPlace(inplace.Key{}).AppendEncode(b.b, &f)
	c.caused += len(b.b) - before
}

// buffer returns where frames are to be encoded. The caller has c.mu.
func (c *Conn) buffer() *buffer {
	if c.pend == nil {
		c.pend = buffers.Get().(*buffer)
	}
	return c.pend
}

// buffer is memory for frames. It is not a Conn's own, so that an idle one holds none.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// free gives b back.
func (b *buffer) free() {
	if cap(b.b) <= maxKeep {
		b.b = b.b[:0]
		buffers.Put(b)
	}
}

// flush writes what was encoded. The caller has c.sending.
func (c *Conn) flush(ctx context.Context) error {
	c.mu.Lock()
	buf := c.pend
	c.pend, c.caused = nil, 0
	c.mu.Unlock()
	if buf == nil {
		return nil
	}
	defer buf.free()
	c.writable.Follow(ctx)
	return c.write(ctx, buf.b)
}

// write writes p. The caller has c.sending, and c.writable follows ctx.
func (c *Conn) write(ctx context.Context, p []byte) error {
	for len(p) > 0 {
		ok, err := c.writable.Arm(func() time.Time { return time.Now().Add(c.patient) })
		n := 0
		if ok && err == nil {
			n, err = c.stream.Write(p[:chunk(len(p))])
			if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
				err = nil // the link is slow, but not dead
			}
		}
		if p = p[n:]; !ok || err != nil {
			return c.broken(ctx, err)
		}
	}
	return nil
}

// broken is called where a write has failed with err. Unless we have interrupted it there may still be something to be read: why
// the peer has gone.
func (c *Conn) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = interrupted(ctx)
		c.kill(fmt.Errorf("a frame is sent in part: %w", err))
		return err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return c.kill(fmt.Errorf("wsconn: the peer has taken nothing for %v: %w", c.patient, os.ErrDeadlineExceeded))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.lost, c.pend = fmt.Errorf("wsconn: write: %w", err), nil
	return c.lost
}

// release lets others write, once what they have encoded meanwhile is written.
func (c *Conn) release() {
	for more := true; more; {
		_ = c.flush(context.Background()) // c.lost or c.err has it
		<-c.sending
		more = c.unsent() > 0 && c.try()
	}
}

// try takes c.sending if nobody has it. Who has it, writes what others have encoded.
func (c *Conn) try() bool {
	select {
	case c.sending <- struct{}{}:
		return true
	default:
		return false
	}
}

// unsent returns how many bytes are encoded and not on their way.
func (c *Conn) unsent() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.pend == nil {
		return 0
	}
	return len(c.pend.b)
}

// answer writes what reading has caused. It waits for a writer only where very much of it has come together: the peer asks and does
// not read. A writer's own frame, which may be encoded and not yet on its way, does not count.
func (c *Conn) answer() {
	c.mu.Lock()
	many := c.caused > maxPend
	c.mu.Unlock()
	if many && c.take(context.Background(), c.sending) == nil || c.unsent() > 0 && c.try() {
		c.release()
	}
}

// Writer begins a message that is written piece by piece: op is [mintws.OpText] or [mintws.OpBinary]. Close ends it, and must be
// called: until then other messages wait. What is written goes out in fragments of at least 4 KiB, or whole if that is all. A piece of
// text may end inside a character, the message may not. The writer is for one goroutine.
//
// ctx is for the writer too. Where it ends before anything of the message is sent, c remains usable; after that the message
// cannot be completed, and c is ended.
func (c *Conn) Writer(ctx context.Context, op mintws.Opcode) (io.WriteCloser, error) {
	if op != mintws.OpText && op != mintws.OpBinary {
		return nil, fmt.Errorf("%w: %v is no message, want Text or Binary", mintws.ErrInvalidFrame, op)
	}
	if err := c.take(ctx, c.message); err != nil {
		return nil, err
	}
	return &writer{c: c, ctx: ctx, op: op}, nil
}

// writer is a message that is being sent.
type writer struct {
	c   *Conn
	ctx context.Context
	op  mintws.Opcode // of the next fragment
	buf []byte
	err error // nothing more can be written
}

// minFragment is what is collected before it is sent.
const minFragment = 4 << 10

// errWriterClosed is for a writer that is used after its Close.
var errWriterClosed = errors.New("wsconn: the message is complete")

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	fragment := p
	if len(w.buf) > 0 || len(p) < minFragment {
		w.buf = append(w.buf, p...)
		fragment = w.buf
	}
	if len(fragment) < minFragment {
		return len(p), nil
	}
	if err := w.send(fragment, true); err != nil {
		return 0, err
	}
	w.buf = w.buf[:0]
	return len(p), nil
}

// Close sends what is left, and lets others send.
func (w *writer) Close() error {
	if w.err != nil {
		return w.err
	}
	err := w.send(w.buf, false)
	if err == nil {
		w.err = errWriterClosed
		<-w.c.message
	}
	return err
}

// send sends a fragment. After an error the message is given up, and with it c if some of it was sent.
func (w *writer) send(p []byte, more bool) error {
	err := w.c.send(w.ctx, mintws.Frame{Opcode: w.op, More: more, Payload: p}, nil)
	if err != nil {
		w.err = err
		if w.op == mintws.OpContinuation {
			w.c.kill(fmt.Errorf("a message is sent in part: %w", err))
		}
		<-w.c.message
		return err
	}
	w.op = mintws.OpContinuation
	return nil
}
