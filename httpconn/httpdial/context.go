package httpdial

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// prefixConn is a net.Conn of which some bytes have been read already: they are read again first.
type prefixConn struct {
	net.Conn
	mu     sync.Mutex
	prefix []byte
}

// Read returns the prefix, then what the connection holds.
func (c *prefixConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	if len(c.prefix) > 0 {
		n := copy(p, c.prefix)
		c.prefix = c.prefix[n:]
		c.mu.Unlock()
		return n, nil
	}
	c.mu.Unlock()
	return c.Conn.Read(p)
}

// CloseWrite ends the sending side, if the connection can do that.
func (c *prefixConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// longAgo as a deadline ends reads and writes at once.
var longAgo = time.Unix(1, 0)

// underContext runs f, which reads and writes sock, and breaks its reads and writes off when ctx ends; the error is then
// that of ctx, whatever f made of it. Sock has no deadline afterwards, except with such an error.
func underContext(ctx context.Context, sock net.Conn, f func() error) error {
	broken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(broken)
		if sock.SetDeadline(longAgo) != nil {
			sock.Close() // some have no deadlines: those of golang.org/x/crypto/ssh
		}
	})
	err := f()
	if stop() {
		return err
	}
	<-broken
	if err == nil {
		return ctx.Err()
	}
	return withContextError(ctx, err)
}
