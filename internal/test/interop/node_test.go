package interop

import (
	"errors"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// TestNode is what only echo.js does on command.
func TestNode(t *testing.T) {
	for name, secure := range map[string]bool{"clear": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			s := node(t, secure)
			c := newClient(t, s, small)
			t.Run("server closes", func(t *testing.T) { serverCloses(c.on(t)) })
			t.Run("server ends without Close", func(t *testing.T) { serverEnds(c.on(t)) })
			t.Run("server resets", func(t *testing.T) { serverResets(c.on(t)) })
			t.Run("pings", func(t *testing.T) { pings(c.on(t)) })
			t.Run("cancel", func(t *testing.T) { cancel(c.on(t)) })
			t.Run("plain request", func(t *testing.T) { plainRequest(c.on(t)) })
			t.Run("shutdown", func(t *testing.T) { shutdown(c.on(t)) })
		})
	}
}

// on returns c for a part of its test.
func (c *client) on(t *testing.T) *client {
	part := *c
	part.t = t
	return &part
}

func serverCloses(c *client) {
	id := c.open()
	c.send(id, mintws.Text("!close 4001"))
	c.want(id, mintws.Close(4001, ""))
	c.ended(id)
}

// serverEnds: END_STREAM without a Close is 1006, and our side ends with it.
func serverEnds(c *client) {
	id := c.open()
	c.send(id, mintws.Text("!end"))
	c.until("the end", func() bool { return c.over[id].Kind != 0 })
	var ce *mintws.CloseError
	if err := c.Errs[id]; !errors.As(err, &ce) || ce.Code != mintws.CodeAbnormal || c.over[id].Kind != httpconn.EventDone {
		c.t.Errorf("the WebSocket says %v after %v, want 1006", err, c.over[id].Kind)
	}
}

// serverResets: the code of RST_STREAM comes through.
func serverResets(c *client) {
	id := c.open()
	c.send(id, mintws.Text("!reset"))
	c.until("the end", func() bool { return c.over[id].Kind != 0 })
	var reset *httpconn.ResetError
	if err := c.Errs[id]; !errors.As(err, &reset) || reset.Code != http2.ErrCodeInternal {
		c.t.Errorf("the WebSocket says %v, want INTERNAL_ERROR of the server's", err)
	}
}

// pings of both protocols in both directions.
func pings(c *client) {
	id := c.open()
	c.send(id, mintws.Text("!ping"))
	c.want(id, mintws.Ping([]byte("are you there"))) // answered by Receive
	c.want(id, mintws.Text("pong"))                  // as our answer to the PING was
	pong := ""
	event := c.Event
	c.Event = func(ev httpconn.Event) {
		if ev.Kind == httpconn.EventPong {
			pong = string(ev.Data)
		}
		event(ev)
	}
	var err error
	if c.Conn, err = c.Conn.Ping(&c.Out, [8]byte([]byte("12345678"))); err != nil {
		c.t.Fatal(err)
	}
	c.until("the answer to PING", func() bool { return pong != "" })
	if pong != "12345678" {
		c.t.Errorf("PING came back as %q", pong)
	}
	c.Event = event
	c.shut(id, mintws.CodeNormal)
}

// cancel gives up a WebSocket with much under way in both directions. The credit of the connection is not lost.
func cancel(c *client) {
	for range 5 {
		id := c.open()
		c.send(id, mintws.Binary(blob(60_000, 3)))
		c.until("the echo's beginning", func() bool { return len(c.got[id]) > 0 || c.Conn.Buffered(0) == 0 })
		c.send(id, mintws.Binary(blob(300_000, 4)))
		var err error
		if c.Conn, err = c.Conn.Cancel(&c.Out, id, http2.ErrCodeCancel); err != nil {
			c.t.Fatal(err)
		}
	}
	id := c.open()
	c.send(id, mintws.Binary(blob(1<<20, 5)))
	c.want(id, mintws.Binary(blob(1<<20, 5)))
	c.shut(id, mintws.CodeNormal)
}

// plainRequest: what is no WebSocket is answered beside those that are.
func plainRequest(c *client) {
	var id httpconn.StreamID
	status := 0
	event := c.Event
	c.Event = func(ev httpconn.Event) {
		if ev.StreamID == id && ev.Kind == httpconn.EventHeaders {
			status = ev.Status
		}
		event(ev)
	}
	var err error
	c.Conn, id, err = c.Conn.Request(&c.Out, httpconn.Request{Scheme: "http", Authority: "127.0.0.1", Path: "/"})
	if err != nil {
		c.t.Fatal(err)
	}
	c.until("the response", func() bool { return c.over[id].Kind == httpconn.EventDone })
	if status != 400 {
		c.t.Errorf("status %d, want 400", status)
	}
	c.Event = event
}

// shutdown: the session is closed by the server; the WebSocket that is open ends in order.
func shutdown(c *client) {
	id := c.open()
	c.send(id, mintws.Text("!shutdown"))
	c.send(id, mintws.Text("last words"))
	c.want(id, mintws.Text("last words"))
	c.shut(id, mintws.CodeNormal)
}
