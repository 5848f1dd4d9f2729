package http2_test

import (
	"errors"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
)

// TestHTTP2Refused: an answer other than 2xx opens no WebSocket, is no fault, and leaves the stream to be read to its end:
// the content and the trailers are there. Our side of it ends without a reset, so that it does not count any more, and the
// next WebSocket on a connection with one stream at a time opens (RFC 8441 section 5).
func TestHTTP2Refused(t *testing.T) {
	for _, status := range []string{"301", "400", "401", "403", "404", "426", "429", "500", "503", "999"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			content, trailer := "", ""
			var second httpconn.StreamID
			o := meet(t, httpconn.Config{}, mintws.Options{}, func(s *h2test.Server) error {
				id, err := s.Asked(setting(maxStreams, 1)...)
				s.Respond(id, ":status", status, "content-length", "10", "retry-after", "5")
				_ = s.WriteData(id, false, []byte("first"))
				_ = s.WriteDataPadded(id, false, []byte("after"), make([]byte, 9))
				s.WriteBlock(id, s.Encode(h2test.Fields("x-sum", "1")), h2test.Head{End: true})
				if err != nil {
					return err
				}
				f, err := s.Await(http2.FrameHeaders)
				s.Respond(f.StreamID, ":status", "200")
				return err
			}, func(o *outcome) bool {
				o.l.Event = func(ev httpconn.Event) {
					switch ev.Kind {
					case httpconn.EventData:
						content += string(ev.Data)
					case httpconn.EventTrailers:
						trailer = ev.Header.Get("X-Sum")
					case httpconn.EventDone:
						second, _ = o.l.Upgrade("ws://example.org/", mintws.Options{})
					}
				}
				return o.l.WS[second].State() == mintws.Open
			}, nil)
			var he *mintws.HandshakeError
			if err := o.l.Errs[o.id]; o.err != nil || !errors.As(err, &he) || !errors.Is(err, mintws.ErrBadStatus) || he.Canceled ||
				he.Header.Get("Retry-After") != "5" {
				t.Fatalf("%v; the WebSocket says %v, want %v with the response", o.err, err, mintws.ErrBadStatus)
			}
			if content != "firstafter" || trailer != "1" || len(o.ends) != 0 {
				t.Errorf("content %q, trailer %q, the server got %v", content, trailer, o.ends)
			}
		})
	}
}
