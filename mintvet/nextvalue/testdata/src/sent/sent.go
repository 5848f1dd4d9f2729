package sent

import (
	"errors"
	"io"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

type client struct {
	conn   httpconn.Conn
	ws     mintws.WebSocket
	out    httpconn.Output
	sock   io.ReadWriter
	unsent []byte
}

func returned(ws mintws.WebSocket, w io.Writer, f mintws.Frame) (mintws.WebSocket, error) {
	next, p, err := ws.Encode(f)
	if err != nil {
		return ws, err // nothing has changed
	}
	if _, err = w.Write(p); err != nil {
		return ws, err // want `ws: the bytes of next went out, and this return keeps the old WebSocket; write ws = next before it, or return next`
	}
	return next, nil
}

func (c *client) send(f mintws.Frame) error {
	next, p, err := c.ws.Encode(f)
	if err != nil {
		return err
	}
	n, err := c.sock.Write(p)
	if err != nil {
		return err // want `c.ws: the bytes of next went out, and this return keeps the old WebSocket; write c.ws = next before it`
	}
	if n < len(p) {
		c.unsent = append(c.unsent, p[n:]...)
	}
	c.ws = next
	return nil
}

func (c *client) queue(f mintws.Frame, full func() bool) (err error) {
	var next mintws.WebSocket
	next, c.unsent, err = c.ws.AppendEncode(c.unsent, f)
	if err != nil {
		return err
	}
	if full() {
		return errors.New("too much is unsent") // want `c.ws: the bytes of next went out`
	}
	c.ws = next
	return nil
}

func (c *client) ping(late func() error) error {
	conn, err := c.conn.Ping(&c.out, [8]byte{})
	if err != nil {
		return err
	}
	if err := late(); err != nil {
		return err // want `c.conn: the bytes of conn went out`
	}
	c.conn = conn
	return nil
}

func (c *client) copied(f mintws.Frame) error {
	ws := c.ws
	ws, p, err := ws.Encode(f)
	if err != nil {
		return err
	}
	if _, err = c.sock.Write(p); err != nil {
		return err // want `c.ws: the bytes of ws went out, and this return keeps the old WebSocket; write c.ws = ws before it`
	}
	c.ws = ws
	return nil
}

func (c *client) inLoop(list []mintws.Frame) error {
	ws := c.ws
	for _, f := range list {
		next, p, err := ws.Encode(f)
		if err != nil {
			continue
		}
		for range 2 {
			if _, err := c.sock.Write(p); err != nil {
				return err // want `c.ws: the bytes of next went out`
			}
		}
		ws = next
	}
	c.ws = ws
	return nil
}

// The next value is put back before anything can fail, or at once.
func (c *client) right(f mintws.Frame) error {
	next, p, err := c.ws.Encode(f)
	if err != nil {
		return err
	}
	c.ws = next
	if _, err = c.sock.Write(p); err != nil {
		return err
	}
	return nil
}

func both(ws mintws.WebSocket, w io.Writer, f mintws.Frame) (mintws.WebSocket, error) {
	next, p, err := ws.Encode(f)
	if err == nil {
		if _, err = w.Write(p); err != nil {
			return next, err
		}
		ws = next
	}
	return ws, err
}

// The call was refused, in the ways that people ask that.
func (c *client) refused(f mintws.Frame) error {
	conn, ws, err := mintws.Send(c.conn, &c.out, c.ws, f)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == io.ErrUnexpectedEOF || f.Payload == nil && err != nil {
		return err
	}
	switch {
	case err != nil:
		return err
	}
	c.conn, c.ws = conn, ws
	return nil
}

// Nothing went out.
func (c *client) tooLarge(f mintws.Frame) error {
	next, p, err := c.ws.Encode(f)
	if err != nil {
		return err
	}
	if len(p) > 1000 {
		return errors.New("too large")
	}
	c.ws = next
	_, err = c.sock.Write(p)
	return err
}
