package statement

import (
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

type client struct {
	conn httpconn.Conn
	ws   mintws.WebSocket
	out  httpconn.Output
	s    session.Session
	sout session.Output
	d    session.Deadlines
}

func (c *client) ping() {
	c.conn.Ping(&c.out, [8]byte{}) // want `c.conn: the next Conn is dropped by a call as a statement; write c.conn, err = c.conn.Ping\(&c.out, \[8\]byte{}\)`
}

func (c *client) hello(now time.Time) {
	mintws.Send(c.conn, &c.out, c.ws, mintws.Text("Hello")) // want `c.conn: the next Conn is dropped` `c.ws: the next WebSocket is dropped`
	c.s.Send(&c.sout, now, mintws.Text("Hello"))            // want `c.s: the next Session is dropped`
	c.d.Observe(now, mintws.Open, true)                     // want `c.d: the next Deadlines is dropped by a call as a statement; write c.d = c.d.Observe\(now, mintws.Open, true\)`
	go c.ws.Decode(nil)                                     // want `c.ws: the next WebSocket is dropped`
	c.ws.State()
	c.out.Reset()
}

// A chain has one next value.
func (c *client) twice(now time.Time) {
	c.d.Observe(now, mintws.Open, true).Observe(now, mintws.Open, false) // want `c.d: the next Deadlines is dropped`
	c.d = c.d.Observe(now, mintws.Open, true).Observe(now, mintws.Open, false)
}

// What go and defer call has its receiver at once, before all that comes until then.
func closing(conn httpconn.Conn, out *httpconn.Output, data []byte) (httpconn.Conn, error) {
	defer conn.Close(out) // want `conn: the next Conn is dropped`
	conn, err := conn.Stream(out, data)
	return conn, err
}

func last(conn httpconn.Conn, out *httpconn.Output) {
	conn.Close(out)
}

// A field is still there after the last words, and does not know of them.
func (c *client) leave() {
	c.conn.Close(&c.out) // want `c.conn: the next Conn is dropped by a call as a statement; write c.conn = c.conn.Close\(&c.out\)`
}

func must(ws mintws.WebSocket, p []byte, err error) (mintws.WebSocket, []byte) {
	if err != nil {
		panic(err)
	}
	return ws, p
}

func wrapped(ws mintws.WebSocket) mintws.WebSocket {
	must(ws.Encode(mintws.Text("Hello"))) // want `ws: the next WebSocket is dropped`
	ws, _ = must(ws.Encode(mintws.Text("Hello")))
	return ws
}
