package http2_test

import (
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
)

// noise writes frames that mean nothing, on the connection and on stream id.
func noise(e *h2test.Session, id uint32) {
	for kind := byte(0x0a); kind < 0x10; kind++ {
		_ = e.WriteRawFrame(http2.FrameType(kind), 0xff, 0, []byte("nothing"))
		_ = e.WriteRawFrame(http2.FrameType(0xff-kind), 0, id, nil)
	}
}

var legalFrames = []legal{
	{name: "frames of 2^24-1 allowed", section: "6.5.2", echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(maxFrameSize, 1<<24-1, initialWindow, 1<<20)}
	}},
	{name: "frames of 16384, said", section: "6.5.2", echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(maxFrameSize, 1<<14, initialWindow, 1<<20)}
	}},
	{name: "frame size changed in mid-message", section: "6.5.2", echo: func() h2test.Echo {
		size := uint32(1 << 14)
		return h2test.Echo{Credit: func(e *h2test.Session, id uint32, got int) {
			e.Grant(0, int64(got))
			e.Grant(id, int64(got))
			if got > 0 && size < 1<<20 {
				size++
				e.Settings(setting(maxFrameSize, size)...)
			}
		}}
	}},
	{name: "DATA of one byte", section: "6.1", streams: 2, short: true, echo: func() h2test.Echo {
		return h2test.Echo{Chunk: 1}
	}},
	{name: "DATA with padding of every length", section: "6.1", echo: func() h2test.Echo {
		return h2test.Echo{Chunk: 300, Pad: func(n int) int { return n % 256 }}
	}},
	{name: "padding only, to the credit's cost", section: "6.9", echo: func() h2test.Echo {
		return h2test.Echo{Chunk: 5, Pad: func(n int) int { return 255 * (n % 2) }}
	}, size: 4 << 10},
	{name: "END_STREAM on an empty frame", section: "6.1", echo: func() h2test.Echo {
		return h2test.Echo{EmptyEnd: true}
	}},
	{name: "END_STREAM on an empty padded frame", section: "6.1", echo: func() h2test.Echo {
		return h2test.Echo{EmptyEnd: true, Pad: func(int) int { return 100 }}
	}},
	{name: "empty DATA between", section: "6.1", echo: func() h2test.Echo {
		return h2test.Echo{Chunk: 1000, Before: func(e *h2test.Session, id uint32) {
			for range 5 {
				_ = e.WriteData(id, false, nil)
			}
		}}
	}},
	{name: "unknown frames, settings and flags", section: "4.1 and 5.5", echo: func() h2test.Echo {
		return h2test.Echo{
			Settings: setting(0, 1, 7, 1, 0x0a0a, 1<<32-1, noPriorities, 1, 0xffff, 0),
			Begin:    func(e *h2test.Session) { noise(e, 0); noise(e, 1<<31-1) },
			Head:     func(e *h2test.Session, id uint32) { noise(e, id); e.Respond(id, ":status", "200") },
			Before:   noise,
			After:    noise,
		}
	}},
	{name: "undefined flags and the reserved bit", section: "4.1", echo: func() h2test.Echo {
		return h2test.Echo{Begin: func(e *h2test.Session) {
			e.Mangle = func(head []byte) {
				defined := map[http2.FrameType]byte{http2.FrameData: 0x09, http2.FrameHeaders: 0x2d, http2.FrameSettings: 0x01,
					http2.FramePing: 0x01, http2.FrameContinuation: 0x04}[http2.FrameType(head[3])]
				head[4] |= ^defined
				head[5] |= 0x80
			}
		}, Credit: func(e *h2test.Session, id uint32, got int) { // the reserved bit of WINDOW_UPDATE, section 6.9
			for range min(got, 1) {
				e.Grant(0, int64(got))
				e.Stream(id).Window += int64(got)
				n := uint32(got) | 1<<31
				_ = e.WriteRawFrame(http2.FrameWindowUpdate, 0, id, []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
			}
		}}
	}},
	{name: "PRIORITY everywhere", section: "5.3.2", echo: func() h2test.Echo {
		all := func(e *h2test.Session, id uint32) {
			for _, on := range []uint32{id, 2, 1<<31 - 1} { // ours, one of the server's, an idle one
				_ = e.WritePriority(on, http2.PriorityParam{StreamDep: 1, Weight: 7})
			}
		}
		return h2test.Echo{
			Begin:  func(e *h2test.Session) { all(e, 1) },
			Head:   func(e *h2test.Session, id uint32) { all(e, id); e.Respond(id, ":status", "200"); all(e, id) },
			Before: all,
			After:  all,
		}
	}},
	{name: "PRIORITY_UPDATE, ALTSVC and ORIGIN", section: "RFC 9218 7.1, RFC 7838 4, RFC 8336 2", echo: func() h2test.Echo {
		return h2test.Echo{Before: func(e *h2test.Session, id uint32) {
			_ = e.WriteRawFrame(0x10, 0, 0, []byte{0, 0, 0, 1, 'u', '=', '1'})
			_ = e.WriteRawFrame(0x0a, 0, id, []byte{0, 0, 'h', '2', '=', '"', ':', '1', '"'})
			_ = e.WriteRawFrame(0x0c, 0, 0, []byte{0, 3, 'a', ':', 'b'})
		}}
	}},
	{name: "PING in the middle", section: "6.7", echo: func() h2test.Echo {
		return h2test.Echo{Chunk: 1000, Before: func(e *h2test.Session, id uint32) {
			_ = e.WritePing(false, [8]byte{1, 2, 3, byte(id)})
			_ = e.WritePing(true, [8]byte{9}) // an answer that nobody asked for means nothing
		}}
	}},
	{name: "writes of one byte", section: "RFC 9293 3.8", streams: 2, short: true, echo: func() h2test.Echo {
		return h2test.Echo{Begin: func(e *h2test.Session) { e.Cut = 1 }}
	}},
	{name: "reset without error after the end", section: "8.1", echo: func() h2test.Echo {
		return h2test.Echo{Resets: true, After: func(e *h2test.Session, id uint32) { _ = e.WriteRSTStream(id, http2.ErrCodeNo) }}
	}},
	{name: "frames on closed streams", section: "5.1", echo: func() h2test.Echo {
		return h2test.Echo{Before: func(e *h2test.Session, _ uint32) {
			for _, st := range e.Streams {
				if st.Over() {
					_ = e.WritePriority(st.ID, http2.PriorityParam{StreamDep: 1})
					_ = e.WriteWindowUpdate(st.ID, 1)
					_ = e.WriteRSTStream(st.ID, http2.ErrCodeCancel)
				}
			}
		}}
	}},
	{name: "window larger than a message", section: "6.9.2", cfg: httpconn.Config{StreamWindow: 1<<31 - 1, ConnWindow: 1<<31 - 1},
		echo: func() h2test.Echo { return h2test.Echo{Chunk: 16384} }},
	{name: "window of one byte", section: "6.9.2", cfg: httpconn.Config{StreamWindow: 1}, size: 2 << 10, streams: 2,
		echo: func() h2test.Echo { return h2test.Echo{} }},
}
