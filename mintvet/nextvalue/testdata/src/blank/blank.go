package blank

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
}

func encode(ws mintws.WebSocket, w io.Writer) error {
	_, p, err := ws.Encode(mintws.Text("Hello")) // want `ws: the next WebSocket is dropped for _; write ws, p, err = ws.Encode\(mintws.Text\("Hello"\)\)`
	if err != nil {
		return err
	}
	_, err = w.Write(p)
	return err
}

func (c *client) send(p []byte) (err error) {
	_, err = c.conn.SendData(&c.out, 1, p, false) // want `c.conn: the next Conn is dropped for _; write c.conn, err = c.conn.SendData\(&c.out, 1, p, false\)`
	return err
}

func (c *client) half(f mintws.Frame) (err error) {
	c.conn, _, err = mintws.Send(c.conn, &c.out, c.ws, f) // want `c.ws: the next WebSocket is dropped for _`
	return err
}

func (c *client) tick(now time.Time) bool {
	_, ping, _ := c.d.Tick(now) // want `c.d: the next Deadlines is dropped for _; write c.d, ping, _ = c.d.Tick\(now\)`
	return ping
}

func (c *client) alone() { _ = c.d.Observe(time.Time{}, mintws.Open, true) } // want `c.d: the next Deadlines is dropped for _`

func (c *client) socket() mintws.WebSocket { return c.ws }

func (c *client) getter() []byte {
	_, p, _ := c.socket().Encode(mintws.Text("Hello")) // want `what c.socket\(\) returns: the next WebSocket is dropped for _; take it, and put it back`
	return p
}

func fresh() []byte {
	_, p, _ := newWebSocket().Encode(mintws.Text("Hello"))
	return p
}

func newWebSocket() mintws.WebSocket { return mintws.WebSocket{} }

func ownFunction(ws mintws.WebSocket) {
	_, _ = greet(ws, nil) // want `ws: the next WebSocket is dropped for _`
}

func greet(ws mintws.WebSocket, w io.Writer) (mintws.WebSocket, error) { return ws, nil }

// The last words: after Close the Conn can say no more.
func leave(conn httpconn.Conn, out *httpconn.Output, w io.Writer) {
	_ = conn.Close(out)
	out.WriteTo(w)
}

func tooEarly(conn httpconn.Conn, out *httpconn.Output, data []byte) httpconn.Conn {
	_ = conn.Close(out) // want `conn: the next Conn is dropped for _; write conn = conn.Close\(out\)`
	conn, _ = conn.Stream(out, data)
	return conn
}

// Other results may be dropped, and values that no step was taken from.
func others(c *client, data []byte) {
	c.ws, _, _ = c.ws.Decode(data)
	_, _ = mintws.NewWebSocket()
	_ = c.ws
	_ = c.ws.State()
}
