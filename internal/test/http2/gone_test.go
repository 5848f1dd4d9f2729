package http2_test

import (
	"errors"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
)

// hangUp makes a script one that closes the connection at its end, whatever the client does.
func hangUp(play func(s *h2test.Server) error) func(s *h2test.Server) error {
	return func(s *h2test.Server) error { return errors.Join(play(s), errHangUp) }
}

// TestHTTP2ServerCloses: the end of input where it must not be is an error that says so, of the connection and of the
// WebSocket.
func TestHTTP2ServerCloses(t *testing.T) {
	for name, play := range map[string]func(s *h2test.Server) error{
		"before SETTINGS":   func(*h2test.Server) error { return nil },
		"inside SETTINGS":   func(s *h2test.Server) error { s.Raw([]byte{0, 0, 6, 4, 0}); return nil },
		"before the answer": func(s *h2test.Server) error { _, err := s.Asked(); return err },
		"inside a header block": func(s *h2test.Server) error {
			id, err := s.Asked()
			s.WriteBlock(id, []byte{0x88}, h2test.Head{Split: 1})
			return err
		},
		"in an open WebSocket": func(s *h2test.Server) error { _, err := s.Opened(); return err },
		"inside a DATA frame": func(s *h2test.Server) error {
			_, err := s.Opened()
			s.Raw([]byte{0, 0, 9, 0, 0, 0, 0, 0, 1, 0x82, 7, 'x'})
			return err
		},
		"after GOAWAY": func(s *h2test.Server) error {
			id, err := s.Opened()
			return errors.Join(err, s.WriteGoAway(id, http2.ErrCodeNo, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := meet(t, httpconn.Config{}, mintws.Options{}, hangUp(play), never, nil)
			var ce *httpconn.ConnError
			if !errors.As(o.err, &ce) || !errors.Is(ce, httpconn.ErrUnexpectedEOF) {
				t.Fatalf("error is %v, want %v", o.err, httpconn.ErrUnexpectedEOF)
			}
			if next := o.l.Conn.Next(); next != httpconn.NextClose {
				t.Errorf("next is %v, want %v", next, httpconn.NextClose)
			}
			var we *mintws.CloseError
			if err := o.l.Errs[o.id]; o.id != 0 && (!errors.As(err, &we) || we.Code != mintws.CodeAbnormal || !errors.Is(err, ce)) {
				t.Errorf("the WebSocket says %v, want 1006 for %v", err, ce)
			}
		})
	}
}

// TestHTTP2Unprocessed: what the server says it has not processed is marked so, and after GOAWAY the connection is over with
// its last stream (RFC 9113 sections 6.8 and 8.7).
func TestHTTP2Unprocessed(t *testing.T) {
	for name, c := range map[string]struct {
		play func(s *h2test.Server) error
		next httpconn.Next
		said any // how the server says it
	}{
		"GOAWAY": {next: httpconn.NextClose, said: new(*httpconn.GoAwayError), play: func(s *h2test.Server) error {
			_, err := s.Asked()
			return errors.Join(err, s.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("busy")))
		}},
		"REFUSED_STREAM": {next: httpconn.NextRead, said: new(*httpconn.ResetError), play: func(s *h2test.Server) error {
			id, err := s.Asked()
			return errors.Join(err, s.WriteRSTStream(id, http2.ErrCodeRefusedStream))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := meet(t, httpconn.Config{}, mintws.Options{}, c.play, func(o *outcome) bool { return o.l.Errs[o.id] != nil }, nil)
			if err := o.l.Errs[o.id]; !errors.As(err, c.said) || !errors.Is(err, httpconn.ErrUnprocessed) {
				t.Errorf("the WebSocket says %v, want %v", err, httpconn.ErrUnprocessed)
			}
			if next := o.l.Conn.Next(); o.err != nil || next != c.next {
				t.Errorf("next is %v with %v, want %v", next, o.err, c.next)
			}
		})
	}
}

// TestHTTP2GoAwayIdle: GOAWAY on a connection without streams is its end.
func TestHTTP2GoAwayIdle(t *testing.T) {
	for name, play := range map[string]func(s *h2test.Server) error{
		"with SETTINGS": func(s *h2test.Server) error {
			return errors.Join(s.WriteSettings(), s.WriteSettingsAck(), s.WriteGoAway(0, http2.ErrCodeNo, nil))
		},
		"and EOF": hangUp(func(s *h2test.Server) error {
			return errors.Join(s.WriteSettings(), s.WriteSettingsAck(), s.WriteGoAway(0, http2.ErrCodeInadequateSecurity, nil))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var away error
			o := meet(t, httpconn.Config{}, mintws.Options{}, play, func(o *outcome) bool {
				o.l.Event = func(ev httpconn.Event) {
					if ev.Kind == httpconn.EventGoAway {
						away = ev.Err
					}
				}
				return o.l.Conn.Next() == httpconn.NextClose
			}, nil)
			if o.err != nil || !errors.Is(away, httpconn.ErrGoingAway) {
				t.Errorf("%v, and GOAWAY says %v", o.err, away)
			}
		})
	}
}

// TestHTTP2IdleClose: the end of input on a connection without streams is orderly.
func TestHTTP2IdleClose(t *testing.T) {
	o := meet(t, httpconn.Config{}, mintws.Options{}, hangUp(func(s *h2test.Server) error {
		return errors.Join(s.WriteSettings(), s.WriteSettingsAck())
	}), func(o *outcome) bool { return o.l.Conn.Next() == httpconn.NextClose }, nil)
	if o.err != nil {
		t.Error(o.err)
	}
}

// TestHTTP2ResetFlood: a server that resets every stream that it is asked for costs the caller one error each, and the
// connection nothing: it works on when the server has had enough.
func TestHTTP2ResetFlood(t *testing.T) {
	const resets = 3000
	asked := 0
	var last httpconn.StreamID
	o := meet(t, httpconn.Config{}, mintws.Options{}, func(s *h2test.Server) error {
		s.Greet(setting(maxStreams, 5)...)
		for i := range resets + 1 {
			f, err := s.Await(http2.FrameHeaders)
			if err != nil {
				return err
			}
			if i == resets {
				s.Respond(f.StreamID, ":status", "200")
				continue
			}
			_ = s.WriteRSTStream(f.StreamID, http2.ErrCodeInternal)
		}
		return nil
	}, func(o *outcome) bool {
		if o.id != 0 && last == 0 {
			last = o.id
		}
		if o.l.Errs[last] != nil && asked < resets {
			asked++
			delete(o.l.WS, last)
			last, _ = o.l.Upgrade("ws://example.org/", mintws.Options{})
		}
		return o.l.WS[last].State() == mintws.Open
	}, nil)
	if o.err != nil || asked != resets || o.l.Conn.Slots() != 4 {
		t.Errorf("%v after %d resets, %d slots; want none, %d and 4", o.err, asked, o.l.Conn.Slots(), resets)
	}
}
