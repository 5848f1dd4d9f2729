package session_test

import (
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// BenchmarkEcho is one message in and out: what a Session adds to the calls below it, which Parts makes by themselves.
func BenchmarkEcho(b *testing.B) {
	payload := mintws.Binary(make([]byte, 100))
	for _, v := range versions[:1] { // on HTTP/2 flow control would be what is measured
		s := opened(b, v, wstest.Options{}, mintws.Options{})
		input := data(v, wstest.Frames(payload), 1)
		b.Run(v.String()+"/Session", func(b *testing.B) {
			var out session.Output
			now := epoch
			next := s
			for b.Loop() {
				now = now.Add(1)
				next, _ = next.Received(&out, now, input)
				for _, f := range out.Frames {
					next, _ = next.Send(&out, now, f)
				}
				out.Send = out.Send[:0]
			}
		})
		b.Run(v.String()+"/Parts", func(b *testing.B) {
			var out httpconn.Output
			var in mintws.Inbox
			conn, ws, d, now := s.Conn(), s.WebSocket(), timing, epoch
			for b.Loop() {
				now = now.Add(1)
				conn, _ = conn.Stream(&out, input)
				for _, ev := range out.Events {
					in.Reset()
					conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)
					for _, f := range in.Frames {
						conn, ws, _ = mintws.Send(conn, &out, ws, f)
					}
				}
				d = d.Observe(now, ws.State(), true)
				out.Reset()
			}
		})
	}
	b.Run("server/Session", func(b *testing.B) {
		s := server(b, mintws.Options{})
		input := wstest.MaskedFrames(payload)
		var out session.Output
		now := epoch
		for b.Loop() {
			now = now.Add(1)
			s, _ = s.Received(&out, now, input)
			for _, f := range out.Frames {
				s, _ = s.Send(&out, now, f)
			}
			out.Send = out.Send[:0]
		}
	})
}
