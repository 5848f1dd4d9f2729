package interop

import (
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// endingWays are the ways to end our half of a stream after our Close.
var endingWays = []struct {
	name  string
	with  bool // END_STREAM is on the Close
	after bool // or on an empty DATA frame behind it
	close bool // or on one that answers the server's Close

	end func(c *ending) error // what is sent when the server's END_STREAM has come; nil: nothing
	ok  bool                  // no server ends the connection for it
}{
	{name: "END_STREAM on our Close", with: true},
	{name: "END_STREAM behind our Close", after: true},
	{name: "END_STREAM at the server's Close", close: true},
	{name: "END_STREAM at the server's", end: func(c *ending) error {
		var err error
		c.Conn, err = c.Conn.SendData(&c.Out, c.a, nil, true)
		return err
	}},
	{name: "RST_STREAM(NO_ERROR) at the server's END_STREAM", end: resetWith(http2.ErrCodeNo), ok: true},
	{name: "RST_STREAM(CANCEL) at the server's END_STREAM", end: resetWith(http2.ErrCodeCancel), ok: true},
	{name: "nothing", ok: true},
}

func resetWith(code http2.ErrCode) func(c *ending) error {
	return func(c *ending) error {
		next, err := c.Conn.Cancel(&c.Out, c.a, code)
		if err == nil {
			c.Conn = next
		}
		return nil // the server may have reset it before
	}
}

// TestEndingWays is why Receive does what it does: each way to end our half, on each server. It is printed. Resetting a
// stream that the server has ended is what all of them take, but only so often: see TestEndingMany.
func TestEndingWays(t *testing.T) {
	head := []string{"our half is ended by"}
	rows := make([][]string, len(endingWays))
	for _, peer := range endingPeers {
		t.Run(peer.name, func(t *testing.T) {
			s := peer.start(t)
			head = append(head, peer.name)
			for i, way := range endingWays {
				c := newEnding(t, s, peer.sub)
				got := c.try(way.with, way.after, way.close, way.end)
				if way.ok && got == "connection lost" {
					t.Errorf("%s: %s", way.name, got)
				}
				rows[i] = append(rows[i], got)
			}
		})
	}
	table := newTable(head...)
	for i, way := range endingWays {
		table.add(append([]string{way.name}, rows[i]...)...)
	}
	t.Logf("What each server makes of each way:\n%s", table)
}

// try closes a in one of the ways.
func (c *ending) try(with, after, atClose bool, end func(c *ending) error) string {
	c.t.Helper()
	ws := c.WS[c.a]
	delete(c.WS, c.a) // from here on it is handled here
	slots := c.Conn.Slots()
	closed := false
	var fail error
	event := c.Event
	c.Event = func(ev httpconn.Event) {
		event(ev)
		if ev.StreamID != c.a || fail != nil {
			return
		}
		switch ev.Kind {
		case httpconn.EventData:
			var list []mintws.Frame
			ws, list, fail = ws.Decode(ev.Data)
			for _, f := range list {
				closed = closed || f.Opcode == mintws.OpClose
			}
			if closed && atClose {
				c.Conn, fail = c.Conn.SendData(&c.Out, c.a, nil, true)
			}
		case httpconn.EventDone:
			if end != nil {
				fail = end(c)
			}
		}
	}
	ws, frame, err := ws.Encode(mintws.Close(1000, ""))
	if err == nil {
		c.Conn, err = c.Conn.SendData(&c.Out, c.a, frame, with)
	}
	if err == nil && after {
		c.Conn, err = c.Conn.SendData(&c.Out, c.a, nil, true)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	over := func() bool { return c.over[c.a].Kind != 0 }
	err = c.Until("the server's Close", func() bool { return closed || over() })
	if with || after || atClose {
		if err == nil {
			err = c.Until("the end", over)
		}
	}
	// A server that has not ended its half after so many PINGs waits for us to end ours.
	for range 20 {
		if err == nil && !over() {
			err = c.barrier()
			time.Sleep(10 * time.Millisecond) // for one that waits for another server
		}
	}
	ended := over()
	if err == nil {
		_, err = c.rest()
	}
	if fail != nil {
		c.t.Error(fail)
	}
	switch {
	case !closed:
		return "Close lost"
	case err != nil:
		return "connection lost"
	case !ended:
		return "server waits"
	case c.Conn.Slots() <= slots:
		return "stays open"
	}
	return "good"
}
