package wsconn

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mintws/mintws/mintws"
)

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
