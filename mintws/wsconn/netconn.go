package wsconn

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/mintws/mintws/mintws"
)

// NetConn returns c as a stream of bytes: each Write is a message of the kind op, and Read returns the content of messages of that
// kind, one after another. Any other message ends c with code 1003. A good end between two messages, with 1000 or 1001, is io.EOF
// for Read. Close sends 1000.
//
// Deadlines are those of a [net.Conn]: after one that passes in a Read, reading can go on; one that passes in a Write ends c, once
// a part of a frame is sent. Some goroutine has to be in Read, or nobody answers the peer's Pings.
func NetConn(c *Conn, op mintws.Opcode) net.Conn {
	n := &netConn{c: c, op: op}
	n.SetDeadline(time.Time{})
	return n
}

// netConn is a Conn as a net.Conn.
type netConn struct {
	c             *Conn
	op            mintws.Opcode
	mu            sync.Mutex // held by who reads
	r             io.Reader  // the message that is being read
	reads, writes deadline
}

// Read implements net.Conn.
func (n *netConn) Read(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		ctx := n.reads.context()
		if n.r == nil {
			op, r, err := n.c.Reader(ctx)
			switch code := CloseCode(err); {
			case code == mintws.CodeNormal || code == mintws.CodeGoingAway:
				return 0, io.EOF
			case err != nil:
				return 0, n.reads.error(err)
			case op != n.op:
				if err = n.c.take(ctx, n.c.reading); err == nil {
					err = n.c.fail(violation(mintws.CodeUnsupportedData, ErrUnwanted, op.String()+", want "+n.op.String()))
					n.c.rest()
				}
				return 0, err
			}
			n.r = r
		}
		n.r.(*reader).ctx = ctx
		got, err := n.r.Read(p)
		if err == io.EOF {
			n.r, err = nil, nil
			if got == 0 && len(p) > 0 {
				continue
			}
		}
		return got, n.reads.error(err)
	}
}

// Write implements net.Conn.
func (n *netConn) Write(p []byte) (int, error) {
	if err := n.c.Write(n.writes.context(), n.op, p); err != nil {
		return 0, n.writes.error(err)
	}
	return len(p), nil
}

// Close implements net.Conn.
func (n *netConn) Close() error { return n.c.Close(mintws.CodeNormal, "") }

// LocalAddr implements net.Conn.
func (n *netConn) LocalAddr() net.Addr { return n.addr(net.Conn.LocalAddr) }

// RemoteAddr implements net.Conn.
func (n *netConn) RemoteAddr() net.Addr { return n.addr(net.Conn.RemoteAddr) }

func (n *netConn) addr(of func(net.Conn) net.Addr) net.Addr {
	if sock, ok := n.c.stream.(net.Conn); ok {
		return of(sock)
	}
	return &net.UnixAddr{Net: "websocket"} // of a stream that shares its connection
}

// SetDeadline implements net.Conn.
func (n *netConn) SetDeadline(t time.Time) error { return errors.Join(n.reads.set(t), n.writes.set(t)) }

// SetReadDeadline implements net.Conn.
func (n *netConn) SetReadDeadline(t time.Time) error { return n.reads.set(t) }

// SetWriteDeadline implements net.Conn.
func (n *netConn) SetWriteDeadline(t time.Time) error { return n.writes.set(t) }

// deadline is a deadline that can be moved, as a context: one for all calls, until it has passed.
type deadline struct {
	mu    sync.Mutex
	ctx   context.Context
	pass  context.CancelCauseFunc
	timer *time.Timer
}

// set moves the deadline; zero is never.
func (d *deadline) set(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() || d.ctx == nil || d.ctx.Err() != nil { // it has passed
		d.ctx, d.pass = context.WithCancelCause(context.Background())
	}
	d.timer = nil
	if !t.IsZero() {
		pass := d.pass
		d.timer = time.AfterFunc(time.Until(t), func() { pass(os.ErrDeadlineExceeded) })
	}
	return nil
}

// context returns the context of a call.
func (d *deadline) context() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ctx
}

// error returns the error of a call as a net.Conn has it.
func (d *deadline) error(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && errors.Is(err, context.Canceled) {
		return os.ErrDeadlineExceeded
	}
	return err
}
