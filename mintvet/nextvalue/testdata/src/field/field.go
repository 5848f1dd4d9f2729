package field

import (
	"io"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

type client struct {
	conn httpconn.Conn
	ws   mintws.WebSocket
	d    session.Deadlines
	out  httpconn.Output
	sock io.ReadWriter
}

func (c *client) send(f mintws.Frame) error {
	ws, p, err := c.ws.Encode(f) // want `c.ws: the next WebSocket is in ws alone, and the original keeps the old one; write c.ws = ws`
	if err != nil || ws.Over() {
		return err
	}
	_, err = c.sock.Write(p)
	return err
}

func (c *client) twice(f mintws.Frame) (err error) {
	conn, ws := c.conn, c.ws
	for range 2 {
		conn, ws, err = mintws.Send(conn, &c.out, ws, f) // want `conn: conn is a copy of c.conn, and the original keeps the old Conn; write c.conn = conn` `ws: ws is a copy of c.ws`
	}
	return err
}

func (c *client) whole(now time.Time) {
	copied := *c
	copied.d = copied.d.Observe(now, mintws.Open, true) // want `copied.d: copied is a copy of \*c, and the original keeps the old Deadlines`
}

func local(c client, data []byte) mintws.State {
	ws := c.ws
	ws, _, _ = ws.Decode(data) // want `ws: ws is a copy of c.ws`
	return c.ws.State()
}

type embeds struct {
	httpconn.Conn
	*client
}

func (e *embeds) promoted(data []byte) (err error) {
	e.Conn, err = e.Stream(&e.out, data)
	conn, err := e.Stream(&e.out, data) // want `e.Conn: the next Conn is in conn alone, and the original keeps the old one; write e.Conn = conn`
	if conn.Slots() > 0 {
		return nil
	}
	return err
}

var global mintws.WebSocket

func ofPackage(data []byte) {
	ws := global
	ws, _, _ = ws.Decode(data) // want `ws: ws is a copy of global, and the original keeps the old WebSocket`
}

// Put back, at once or by a deferred function.
func (c *client) right(f mintws.Frame) (err error) {
	conn, ws := c.conn, c.ws
	defer func() { c.conn, c.ws = conn, ws }()
	for range 2 {
		conn, ws, err = mintws.Send(conn, &c.out, ws, f)
	}
	return err
}

func (c *client) atOnce(data []byte) {
	ws := c.ws
	ws, _, _ = ws.Decode(data)
	c.ws = ws
	p := c
	p.ws, _, _ = p.ws.Decode(data)
}

func (c *client) transaction(f mintws.Frame, allowed func([]byte) bool) bool {
	next, p, err := c.ws.Encode(f)
	if err != nil || !allowed(p) {
		return false
	}
	c.ws = next
	c.sock.Write(p)
	return true
}

// What was only carried is not used where it came from.
type result struct{ ws mintws.WebSocket }

func dial() result { return result{} }

func carried(data []byte) {
	r := dial()
	ws := r.ws
	for !ws.Over() {
		ws, _, _ = ws.Decode(data)
	}
}

type job struct{ first mintws.WebSocket }

func (j *job) run(data []byte) {
	ws := j.first
	for !ws.Over() {
		ws, _, _ = ws.Decode(data)
	}
}
