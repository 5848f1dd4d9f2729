package wsconn

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wshttp"
)

// lingering is how long the peer has to end the stream once all is said. RFC 6455 section 7.1.1 has the server do that first.
const lingering = time.Second

// Close closes the WebSocket: it sends a Close, waits for the peer's, and ends the stream. No other goroutine needs to read
// meanwhile. Messages that still come go to a Read that is under way; between two Reads Close itself reads, and drops them. With
// code 0 the Close carries no code. It takes Timing.Close at most, after which the stream is ended anyway.
//
// The error is nil if the closing handshake was completed, whoever began. It is [mintws.ErrInvalidFrame] for a code or reason that
// cannot be sent, which changes nothing. Otherwise it is how c has ended: see [Conn.Read].
func (c *Conn) Close(code mintws.CloseCode, reason string) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.closing)
	defer cancel()
	err := c.send(ctx, mintws.Close(code, reason), nil)
	if errors.Is(err, mintws.ErrInvalidFrame) {
		return err
	}
	c.readable.Arm(c.until) // whoever is reading waits no longer than that now
	if err == nil || errors.Is(err, mintws.ErrCloseSent) {
		err = c.drain(ctx)
	}
	if ctx.Err() != nil {
		err = &session.TimeoutError{For: session.ForClose, After: c.closing}
	}
	err = c.kill(err)
	c.settle()
	var end *mintws.CloseError
	if errors.As(err, &end) && end.Complete {
		return nil
	}
	return err
}

// drain reads until c has ended, and drops what comes.
func (c *Conn) drain(ctx context.Context) error {
	if err := c.take(ctx, c.reading); err != nil {
		return err
	}
	defer c.rest()
	in := &c.in // what was handed out stays as it is: go on in other memory
	in.buf, in.join, in.joining = nil, session.Joiner{Max: -1, Keep: maxKeep}, false
	in.inbox = mintws.Inbox{Max: in.inbox.Max, Rest: in.inbox.Rest, Frames: slices.Clone(in.inbox.Frames[in.next:])}
	in.next = 0
	for {
		if _, err := c.piece(ctx); err != nil {
			return err
		}
	}
}

// CloseNow ends the stream without a word, if c is not over yet. It does not wait for the peer. Its error is always nil. Calls that
// it interrupts return an error over [net.ErrClosed].
func (c *Conn) CloseNow() error {
	c.kill(fmt.Errorf("wsconn: CloseNow: %w", net.ErrClosed))
	c.settle()
	return nil
}

// settle waits until nobody writes to the stream any more. On HTTP/2 a server's handler may only return then.
func (c *Conn) settle() {
	c.settled.Do(func() { c.sending <- struct{}{} })
}

// CloseRead is for a program that wants no messages. It reads, so that Ping and Close are answered, until c is over or ctx has
// ended, and returns what Read would. A message that comes all the same ends c with code 1008.
//
// It blocks, so give it a goroutine:
//
//	ctx, cancel := context.WithCancelCause(ctx)
//	go func() { cancel(c.CloseRead(ctx)) }()
func (c *Conn) CloseRead(ctx context.Context) error {
	if err := c.take(ctx, c.reading); err != nil {
		return err
	}
	defer c.rest()
	_, err := c.piece(ctx)
	if err == nil {
		err = c.fail(violation(mintws.CodePolicyViolation, ErrUnwanted, "none is expected"))
	}
	return err
}

// ErrUnwanted says that the peer has sent a message where none is wanted: see [Conn.CloseRead] and [NetConn]. It is wrapped in a
// *[mintws.ProtocolError].
var ErrUnwanted = errors.New("wsconn: unwanted message")

// violation is what the peer is told that has done what it should not.
func violation(code mintws.CloseCode, err error, detail string) error {
	return &mintws.ProtocolError{Code: code, Err: err, Detail: detail}
}

// CloseCode returns the code of the peer's Close if err says how a WebSocket ended: [mintws.CodeNoStatus] if the Close had none,
// and [mintws.CodeAbnormal] if there was no Close. For any other error, and for nil, it is 0.
func CloseCode(err error) mintws.CloseCode {
	var end *mintws.CloseError
	if errors.As(err, &end) {
		return end.Code
	}
	return 0
}

// Ping sends a Ping and waits for its Pong. Another goroutine must be in Read meanwhile, since that is where the Pong arrives. The
// peer may answer only the last of several Pings, which counts for those before it (RFC 6455 section 5.5.3).
func (c *Conn) Ping(ctx context.Context) error {
	c.mu.Lock()
	c.ping++
	id := c.ping
	c.mu.Unlock()
	if err := c.send(ctx, mintws.Ping(binary.BigEndian.AppendUint64(nil, id)), nil); err != nil {
		return err
	}
	for {
		c.mu.Lock()
		came, next := c.pong >= id, c.ponged
		c.mu.Unlock()
		if came {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return interrupted(ctx)
		case <-c.done:
			return c.Err()
		}
	}
}

// control handles a control frame. The error is that c has ended.
func (c *Conn) control(f mintws.Frame) error {
	c.mu.Lock()
	if reply, ok := c.ws.Reply(f); ok && c.lost == nil {
		c.reply(reply) // what Reply gives can be sent
	}
	if f.Opcode == mintws.OpPong && len(f.Payload) == 8 {
		c.pong = max(c.pong, min(binary.BigEndian.Uint64(f.Payload), c.ping))
		close(c.ponged)
		c.ponged = make(chan struct{})
	}
	c.mu.Unlock()
	if f.Opcode != mintws.OpClose {
		c.answer()
		return nil
	}
	code := f.Code
	if code == 0 {
		code = mintws.CodeNoStatus
	}
	return c.finish(&mintws.CloseError{Code: code, Reason: string(f.Payload), Complete: true})
}

// fail ends c because of err, which the peer is told if it is its fault.
func (c *Conn) fail(err error) error {
	if f, ok := mintws.CloseFrame(err); ok {
		_ = c.encode(f, nil) // it was closed before, or it can be sent
	}
	return c.finish(err)
}

// finish writes what is left, lets the peer read it, and ends c: RFC 6455 section 7.1.1.
func (c *Conn) finish(how error) error {
	c.mu.Lock()
	c.end = how
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), c.closing)
	defer cancel()
	if c.unsent() > 0 && c.take(ctx, c.sending) == nil {
		_ = c.flush(ctx) // where that fails there is nobody to tell
		c.release()
	}
	if c.Err() != nil {
		return c.Err()
	}
	if c.halves {
		_ = wshttp.Linger(c.stream, lingering)
	} else if c.stream.SetReadDeadline(time.Now().Add(lingering)) == nil {
		_, _ = io.Copy(io.Discard, c.stream) // until the server ends it
	}
	return c.kill(how)
}
