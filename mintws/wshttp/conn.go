package wshttp

import (
	"bufio"
	"errors"
	"net"
	"time"
)

// conn is the stream on HTTP/1.1: the connection, taken from http.Server.
type conn struct {
	net.Conn
	early []byte // arrived together with the request and not yet read
}

// hijacked sends the head, which may take as long as timeout, and returns the connection as a stream. What r has buffered is
// copied, so that the buffers of http.Server do not live as long as the WebSocket.
func hijacked(c net.Conn, r *bufio.Reader, head []byte, timeout time.Duration) (*conn, error) {
	s := &conn{Conn: c}
	if n := r.Buffered(); n > 0 {
		b, err := r.Peek(n)
		if err != nil {
			return nil, err
		}
		s.early = append([]byte(nil), b...)
	}
	if err := c.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	if _, err := c.Write(head); err != nil {
		return nil, err
	}
	// http.Server does this too, but a Hijacker of somebody else may leave the deadlines that were meant for the request.
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return s, nil
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.early) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.early)
	if c.early = c.early[n:]; len(c.early) == 0 {
		c.early = nil
	}
	return n, nil
}

// CloseWrite ends our direction: TCP and TLS can, and so do wrappers that let it through.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
