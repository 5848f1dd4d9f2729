package interop

import (
	"errors"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// TestGoAway: the server says in the middle of a message that it goes away (RFC 9113 section 6.8). The WebSockets that
// are open go on to their end, no other can be opened, and after the last of them the connection is over.
func TestGoAway(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := newClient(t, s, small)
		id, other, command := c.open(), c.open(), c.open()
		first, second := blob(200_000, 1), blob(300_000, 2)
		c.send(id, mintws.Frame{Opcode: mintws.OpBinary, More: true, Payload: first})
		s.away(t, c.Loop, command)
		for c.goAway == nil { // some servers say it only when they have something to do
			c.send(command, mintws.Ping(nil))
			c.want(command, mintws.Pong(nil))
		}
		if !errors.Is(c.goAway, httpconn.ErrGoingAway) || c.Conn.Slots() != 0 {
			t.Errorf("GOAWAY says %v, %d slots", c.goAway, c.Conn.Slots())
		}
		if _, err := c.Upgrade(c.url, mintws.Options{}); !errors.Is(err, httpconn.ErrGoingAway) {
			t.Errorf("another WebSocket: %v, want %v", err, httpconn.ErrGoingAway)
		}
		c.send(id, mintws.Frame{Opcode: mintws.OpContinuation, Payload: second})
		c.want(id, mintws.Binary(append(first, second...)))
		c.send(other, mintws.Text("still here"))
		c.want(other, mintws.Text("still here"))
		if next := c.Conn.Next(); next != httpconn.NextRead {
			t.Errorf("next is %v while WebSockets are open, want %v", next, httpconn.NextRead)
		}
		for _, id := range []httpconn.StreamID{command, id, other} {
			c.shut(id, mintws.CodeNormal)
		}
		if next := c.Conn.Next(); next != httpconn.NextClose {
			t.Errorf("next is %v after the last stream, want %v", next, httpconn.NextClose)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}
