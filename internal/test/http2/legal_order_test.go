package http2_test

import (
	"slices"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
)

var legalOrder = []legal{
	{name: "streams served in reverse", section: "5", echo: func() h2test.Echo {
		return h2test.Echo{Reverse: true, Hold: 4, Chunk: 777}
	}},
	{name: "ENABLE_CONNECT_PROTOCOL in a later SETTINGS", section: "RFC 8441 3", echo: func() h2test.Echo {
		return h2test.Echo{NoConnect: true, Begin: func(e *h2test.Session) {
			if e.Flush() == nil {
				e.Settings()
				e.Settings(setting(enableConnect, 1)...)
			}
		}}
	}},
	{name: "many SETTINGS", section: "6.5", echo: func() h2test.Echo {
		return h2test.Echo{
			Settings: setting(enablePush, 0, maxHeaderList, 1<<20, maxStreams, 100, maxStreams, 4, enableConnect, 1),
			Before:   func(e *h2test.Session, _ uint32) { e.Settings(setting(enablePush, 0, maxStreams, 4)...) },
		}
	}},
	{name: "SETTINGS of more entries than there are settings", section: "6.5", echo: func() h2test.Echo {
		return h2test.Echo{Settings: slices.Repeat(setting(0x9999, 5, maxStreams, 4), 1000)}
	}},
	{name: "our SETTINGS acknowledged late", section: "6.5.3", echo: func() h2test.Echo {
		return h2test.Echo{LateAck: true, Chunk: 1000, Before: func(e *h2test.Session, _ uint32) {
			if e.Sent == 200 {
				e.Ack()
			}
		}}
	}},
	{name: "our SETTINGS acknowledged late, with less than the default in them", section: "6.9.3",
		cfg: httpconn.Config{StreamWindow: 1000, ConnWindow: 1 << 20}, echo: func() h2test.Echo {
			return h2test.Echo{LateAck: true, Before: func(e *h2test.Session, _ uint32) {
				if e.Sent == 6 {
					e.Ack()
				}
			}}
		}},
	{name: "our SETTINGS acknowledged at the end", section: "6.5.3", echo: func() h2test.Echo {
		ended := 0
		return h2test.Echo{LateAck: true, After: func(e *h2test.Session, _ uint32) {
			if ended++; ended == 4 {
				e.Ack()
			}
		}}
	}},
	{name: "one stream at a time", section: "5.1.2", echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(maxStreams, 1)}
	}},
	{name: "no more streams while four are open", section: "5.1.2", echo: func() h2test.Echo {
		lowered := false
		return h2test.Echo{Resets: true, Before: func(e *h2test.Session, _ uint32) {
			if !lowered {
				lowered = true
				e.Settings(setting(maxStreams, 0)...)
			}
		}}
	}, more: func(t *testing.T, l *h2test.Loop) {
		if n := l.Conn.Slots(); n != 0 {
			t.Errorf("%d slots, want none", n)
		}
	}},
	{name: "no streams at first", section: "5.1.2", echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(maxStreams, 0), Begin: func(e *h2test.Session) {
			if e.Flush() == nil {
				e.Settings(setting(maxStreams, 2)...)
			}
		}}
	}},
	{name: "the server closes first", section: "RFC 6455 7.1.1", echo: func() h2test.Echo { return h2test.Echo{CloseFirst: true} }},
	{name: "GOAWAY twice in mid-message", section: "6.8", echo: func() h2test.Echo {
		return h2test.Echo{Hold: 4, Chunk: 1000, Before: func(e *h2test.Session, _ uint32) {
			switch e.Sent {
			case 10:
				_ = e.WriteGoAway(1<<31-1, http2.ErrCodeNo, []byte("shutting down"))
			case 50:
				_ = e.WriteGoAway(e.Streams[len(e.Streams)-1].ID, http2.ErrCodeNo, nil)
			}
		}}
	}, more: func(t *testing.T, l *h2test.Loop) {
		if next := l.Conn.Next(); next != httpconn.NextClose {
			t.Errorf("next is %v after the last stream of a connection that goes away, want %v", next, httpconn.NextClose)
		}
	}},
	{name: "heads in reverse, after all requests", section: "8.1", echo: func() h2test.Echo {
		return h2test.Echo{Head: func(e *h2test.Session, _ uint32) {
			if len(e.Streams) < 4 {
				return
			}
			for i := len(e.Streams) - 1; i >= 0; i-- {
				e.Respond(e.Streams[i].ID, ":status", "200")
			}
		}}
	}},
	{name: "everything at once", section: "4 to 6", short: true, echo: func() h2test.Echo {
		return h2test.Echo{
			Settings: setting(initialWindow, 0, maxFrameSize, 20_000, headerTable, 0, 0xabcd, 1), WantUpdate: true,
			LateAck: true, Reverse: true, Hold: 2, Chunk: 100, EmptyEnd: true, Pad: func(n int) int { return n%257 - 1 },
			Credit: stalled(1234),
			Head: func(e *h2test.Session, id uint32) {
				noise(e, id)
				e.WriteBlock(id, e.Encode(h2test.Fields(":status", "103", "x", "y")), h2test.Head{Split: 2, Empty: 2, Pad: 3, Priority: true})
				noise(e, id)
				e.WriteBlock(id, e.Encode(h2test.Fields(":status", "202", "x", "y")), h2test.Head{Pad: 200})
			},
			Before: func(e *h2test.Session, id uint32) {
				_ = e.WritePing(false, [8]byte{1})
				_ = e.WriteData(id, false, nil)
				if e.Sent == 20 {
					e.Ack()
					_ = e.WriteGoAway(1<<31-1, http2.ErrCodeNo, nil)
				}
			},
		}
	}},
}
