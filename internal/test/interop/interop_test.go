package interop

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
)

// small windows, so that flow control works towards us as well.
var small = httpconn.Config{StreamWindow: 50_000, ConnWindow: 100_000}

// client is a loop, and what its WebSockets received.
type client struct {
	*h2test.Loop
	t      *testing.T
	url    string
	got    map[httpconn.StreamID][]mintws.Frame
	over   map[httpconn.StreamID]httpconn.Event // how the stream ended
	goAway error
}

func newClient(t *testing.T, s server, cfg httpconn.Config) *client {
	t.Helper()
	c := &client{Loop: s.dial(t, cfg), t: t, url: s.url,
		got: map[httpconn.StreamID][]mintws.Frame{}, over: map[httpconn.StreamID]httpconn.Event{}}
	c.Frame = func(id httpconn.StreamID, f mintws.Frame) error {
		c.got[id] = append(c.got[id], f.Clone())
		return nil
	}
	c.Event = func(ev httpconn.Event) {
		switch ev.Kind {
		case httpconn.EventDone, httpconn.EventReset:
			c.over[ev.StreamID] = ev
		case httpconn.EventGoAway:
			c.goAway = ev.Err
		}
	}
	return c
}

func (c *client) until(what string, done func() bool) {
	c.t.Helper()
	if err := c.Until(what, done); err != nil {
		c.t.Fatal(err)
	}
}

// open opens a WebSocket and waits for the answer.
func (c *client) open() httpconn.StreamID {
	c.t.Helper()
	return c.openWith(mintws.Options{})
}

// openWith is open with options.
func (c *client) openWith(opt mintws.Options) httpconn.StreamID {
	c.t.Helper()
	c.until("a slot", c.Ready)
	id, err := c.Upgrade(c.url, opt)
	if err != nil {
		c.t.Fatal(err)
	}
	c.until("the answer", func() bool { return c.WS[id].State() != mintws.Connecting })
	if c.WS[id].State() != mintws.Open {
		c.t.Fatalf("stream %d: %v, %v", id, c.WS[id].State(), c.Errs[id])
	}
	return id
}

func (c *client) send(id httpconn.StreamID, f mintws.Frame) {
	c.t.Helper()
	if err := c.Send(id, f); err != nil {
		c.t.Fatalf("stream %d: %v", id, err)
	}
}

// next waits for the next frame of a WebSocket.
func (c *client) next(id httpconn.StreamID) mintws.Frame {
	c.t.Helper()
	c.until("a frame", func() bool { return len(c.got[id]) > 0 })
	f := c.got[id][0]
	c.got[id] = c.got[id][1:]
	return f
}

// want waits for the next frame and compares it.
func (c *client) want(id httpconn.StreamID, f mintws.Frame) {
	c.t.Helper()
	if got := c.next(id); got.Opcode != f.Opcode || got.Code != f.Code || !bytes.Equal(got.Payload, f.Payload) {
		c.t.Fatalf("stream %d: got %v of %d bytes, code %d; want %v of %d, code %d",
			id, got.Opcode, len(got.Payload), got.Code, f.Opcode, len(f.Payload), f.Code)
	}
}

// ended waits for the end of a WebSocket that was closed in order.
func (c *client) ended(id httpconn.StreamID) {
	c.t.Helper()
	c.until("the end of the stream", func() bool { return c.over[id].Kind != 0 })
	if ws, ev := c.WS[id], c.over[id]; ws.State() != mintws.Closed || c.Errs[id] != nil || ev.Kind != httpconn.EventDone {
		c.t.Fatalf("stream %d: %v, %v, ended by %v %v", id, ws.State(), c.Errs[id], ev.Kind, ev.Err)
	}
}

// shut closes a WebSocket and awaits the answer and the end.
func (c *client) shut(id httpconn.StreamID, code mintws.CloseCode) {
	c.t.Helper()
	c.send(id, mintws.Close(code, ""))
	if f := c.next(id); f.Opcode != mintws.OpClose || f.Code != code {
		c.t.Fatalf("stream %d: %v with code %d, want Close with %d", id, f.Opcode, f.Code, code)
	}
	c.ended(id)
}

// blob is n bytes without a pattern.
func blob(n int, seed uint64) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed)}).Read(p)
	return p
}

// TestMessages: text, a large message that needs flow control both ways, Ping, and Close.
func TestMessages(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := newClient(t, s, small)
		id := c.open()
		c.send(id, mintws.Text("Grüße, 世界"))
		c.want(id, mintws.Text("Grüße, 世界"))
		c.send(id, mintws.Text(""))
		c.want(id, mintws.Text(""))
		c.send(id, mintws.Ping([]byte("ping")))
		c.want(id, mintws.Pong([]byte("ping")))
		large := blob(1<<20, 1)
		c.send(id, mintws.Binary(large))
		if c.Conn.Buffered(id) == 0 {
			t.Error("nothing had to wait for credit: this does not test flow control")
		}
		c.want(id, mintws.Binary(large))
		if n := c.Conn.Buffered(0); n != 0 {
			t.Errorf("%d bytes are still queued", n)
		}
		c.shut(id, 4242)
		if c.Conn.Next() != httpconn.NextRead {
			t.Errorf("next is %v", c.Conn.Next())
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestManyStreams: 20 WebSockets at once on one connection, with messages under way on all of them, opened and closed out
// of order, and again on the same connection.
//
// The connection's window holds all that the streams can send us. haproxy 2.6 stops reading a connection when the buffer of
// one stream is full, and so does not see the WINDOW_UPDATE behind that stream's DATA: with a smaller window, it waits for
// us while we wait for it, about once in a hundred runs.
func TestManyStreams(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		const streams, size = 20, 100_000
		c := newClient(t, s, httpconn.Config{StreamWindow: small.StreamWindow, ConnWindow: 2 * streams * size})
		for round := range 2 {
			var ids []httpconn.StreamID
			for range streams {
				id, err := c.Upgrade(c.url, mintws.Options{})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, id)
			}
			for _, id := range ids {
				c.until("the answer", func() bool { return c.WS[id].State() == mintws.Open })
			}
			for _, id := range ids {
				c.send(id, mintws.Text(fmt.Sprint("stream ", id)))
				c.send(id, mintws.Binary(blob(size, uint64(id))))
			}
			for i := range ids {
				id := ids[(i*7+round)%streams]
				c.want(id, mintws.Text(fmt.Sprint("stream ", id)))
				c.want(id, mintws.Binary(blob(size, uint64(id))))
				c.shut(id, mintws.CodeNormal)
			}
		}
	})
}

// TestHalfClose: our side of the stream ends without a Close. What was sent before is answered or not, as the server
// likes; the stream ends, which is no orderly end for the WebSocket, and the connection goes on.
func TestHalfClose(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := newClient(t, s, small)
		id := c.open()
		c.send(id, mintws.Text("before"))
		c.want(id, mintws.Text("before"))
		var err error
		if c.Conn, err = c.Conn.SendData(&c.Out, id, nil, true); err != nil {
			t.Fatal(err)
		}
		c.until("the end of the stream", func() bool { return c.over[id].Kind != 0 })
		var ce *mintws.CloseError
		if err = c.Errs[id]; !errors.As(err, &ce) || c.WS[id].State() == mintws.Open {
			t.Errorf("the WebSocket says %v", err)
		}
		again := c.open()
		c.send(again, mintws.Text("after"))
		c.want(again, mintws.Text("after"))
		c.shut(again, mintws.CodeNormal)
	})
}
