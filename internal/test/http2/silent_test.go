package http2_test

import (
	"errors"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
)

// silent is a server that never does what it must. The library has no clock: nothing happens until a deadline of the
// caller's has passed. Then the state can be inspected, and the connection ends in order with Cancel and Close.
type silent struct {
	name    string
	section string
	play    func(s *h2test.Server) error // what it does before it falls silent
	cfg     httpconn.Config
	open    func(t *testing.T, o *outcome) // called once, when the WebSocket is open
	check   func(t *testing.T, o *outcome) // called when the deadline has passed
	over    bool                           // the stream is over: there is nothing to cancel
	gone    bool                           // after GOAWAY: without streams the connection is over
}

// TestHTTP2SilentServers: see silent.
func TestHTTP2SilentServers(t *testing.T) {
	for _, c := range silentServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			opened := false
			play := func(s *h2test.Server) error { return errors.Join(c.play(s), s.Hush()) }
			o := meet(t, c.cfg, mintws.Options{}, play, func(o *outcome) bool {
				if c.open != nil && !opened && o.l.WS[o.id].State() == mintws.Open {
					opened = true
					c.open(t, o)
				}
				return false
			}, func(o *outcome) { c.finish(t, o) })
			if !o.timedOut() {
				t.Fatalf("the loop ended with %v, want a deadline that passed", o.err)
			}
			last := len(o.ends) - 1
			if last < 0 || o.ends[last].Type != http2.FrameGoAway || o.ends[last].Value != uint32(http2.ErrCodeNo) {
				t.Errorf("the server got %v, want GOAWAY without an error", o.ends)
			}
			canceled := last > 0 && o.ends[0].Type == http2.FrameRSTStream && o.ends[0].Value == uint32(http2.ErrCodeCancel)
			if o.id != 0 && canceled == c.over {
				t.Errorf("the server got %v; want RST_STREAM with CANCEL: %t", o.ends, !c.over)
			}
			if o.l.Fed > 64<<10 || o.l.Peak > 64<<10 {
				t.Errorf("%d bytes read, %d to be written at once", o.l.Fed, o.l.Peak)
			}
		})
	}
}

// finish is what a program does when its deadline has passed.
func (c silent) finish(t *testing.T, o *outcome) {
	l := o.l
	if next := l.Conn.Next(); next != httpconn.NextRead {
		t.Errorf("next is %v before the connection is given up, want %v", next, httpconn.NextRead)
	}
	c.check(t, o)
	var err error
	if o.id != 0 {
		l.Conn, err = l.Conn.Cancel(&l.Out, o.id, http2.ErrCodeCancel)
		if want := error(nil); c.over {
			want = httpconn.ErrUnknownStream
			if !errors.Is(err, want) {
				t.Errorf("cancelling returns %v, want %v", err, want)
			}
		} else if err != nil {
			t.Errorf("cancelling returns %v", err)
		}
		if n := l.Conn.Buffered(0); n != 0 {
			t.Errorf("%d bytes are queued after the only stream was cancelled", n)
		}
		want := httpconn.NextRead
		if c.gone {
			want = httpconn.NextClose
		}
		if next := l.Conn.Next(); next != want {
			t.Errorf("next is %v after the stream was given up, want %v", next, want)
		}
	}
	l.Conn = l.Conn.Close(&l.Out)
	if next := l.Conn.Next(); next != httpconn.NextClose {
		t.Errorf("next is %v after Close, want %v", next, httpconn.NextClose)
	}
	if _, err = l.Conn.Stream(&l.Out, []byte{0}); !errors.Is(err, httpconn.ErrClosed) {
		t.Errorf("after Close, Stream returns %v, want %v", err, httpconn.ErrClosed)
	}
}

// state wants the WebSocket in a state.
func state(want mintws.State) func(t *testing.T, o *outcome) {
	return func(t *testing.T, o *outcome) {
		if got := o.l.WS[o.id].State(); got != want || o.l.Errs[o.id] != nil {
			t.Errorf("the WebSocket is %v, %v, want %v", got, o.l.Errs[o.id], want)
		}
	}
}

// upgradeFails wants that no WebSocket can be opened now, and that trying changes nothing.
func upgradeFails(want error) func(t *testing.T, o *outcome) {
	return func(t *testing.T, o *outcome) {
		before, sent := o.l.Conn, len(o.l.Out.Send)
		_, err := o.l.Upgrade("ws://example.org/", mintws.Options{})
		if !errors.Is(err, want) || !before.Equal(o.l.Conn) || len(o.l.Out.Send) != sent {
			t.Errorf("a WebSocket more: %v, want %v and nothing changed", err, want)
		}
	}
}

var silentServers = []silent{
	{name: "never says anything", section: "3.4",
		play: func(*h2test.Server) error { return nil }, check: func(t *testing.T, o *outcome) {
			upgradeFails(httpconn.ErrSettingsPending)(t, o)
			if _, ok := o.l.Conn.PeerSetting(http2.SettingMaxConcurrentStreams); ok || o.l.Conn.Slots() != 0 {
				t.Errorf("%d slots before SETTINGS, want none", o.l.Conn.Slots())
			}
		}},
	{name: "stops inside its SETTINGS", section: "3.4",
		check: upgradeFails(httpconn.ErrSettingsPending), play: func(s *h2test.Server) error {
			s.Raw([]byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0})
			return nil
		}},
	{name: "never allows extended CONNECT", section: "RFC 8441 3", check: upgradeFails(httpconn.ErrExtendedConnectDisabled),
		play: func(s *h2test.Server) error { return errors.Join(s.WriteSettings(), s.WriteSettingsAck()) }},
	{name: "never allows a stream", section: "5.1.2", check: upgradeFails(httpconn.ErrTooManyStreams),
		play: func(s *h2test.Server) error { s.Greet(setting(maxStreams, 0)...); return nil }},
	{name: "never acknowledges, never answers", section: "6.5.3",
		check: state(mintws.Connecting), play: func(s *h2test.Server) error {
			_ = s.WriteSettings(setting(enableConnect, 1)...)
			_, err := s.Await(http2.FrameHeaders)
			return err
		}},
	{name: "never answers, gives credit and PINGs", section: "8.1",
		check: state(mintws.Connecting), play: func(s *h2test.Server) error {
			id, err := s.Asked()
			return errors.Join(err, s.WriteWindowUpdate(id, 100), s.WritePing(false, [8]byte{}))
		}},
	{name: "never more than 103", section: "8.1", check: state(mintws.Connecting), play: func(s *h2test.Server) error {
		id, err := s.Asked()
		s.Respond(id, ":status", "103")
		return err
	}},
	{name: "stops inside a header block", section: "6.10",
		check: state(mintws.Connecting), play: func(s *h2test.Server) error {
			id, err := s.Asked()
			return errors.Join(err, s.WriteRawFrame(http2.FrameHeaders, 0, id, []byte{0x88}))
		}},
	{name: "stops inside a DATA frame", section: "6.1", check: state(mintws.Open), play: func(s *h2test.Server) error {
		_, err := s.Opened()
		s.Raw([]byte{0, 0x40, 0, 0, 0, 0, 0, 0, 1, 0x82, 126, 0x10, 0, 'x'})
		return err
	}},
	{name: "never gives credit", section: "6.9", cfg: httpconn.Config{Limits: httpconn.Limits{MaxBuffered: 1008}},
		play: awaitData(setting(initialWindow, 100)...), open: fillWindow, check: func(t *testing.T, o *outcome) {
			state(mintws.Open)(t, o)
			if window, n := o.l.Conn.SendWindow(o.id), o.l.Conn.Buffered(o.id); window != 0 || n != 1000 || o.l.Conn.Buffered(0) != n {
				t.Errorf("the window is %d, %d bytes are queued; want 0 and 1000", window, n)
			}
		}},
	{name: "never answers Close", section: "RFC 6455 7.1.2", play: awaitData(), open: closeIt, check: state(mintws.Closing)},
	// The closing handshake is complete, and our side of the stream has ended; but it counts until the server's has, too
	// (RFC 9113 section 5.1.2). A program that does not want to wait for that cancels it.
	{name: "answers Close, never ends the stream", section: "RFC 8441 5", play: func(s *h2test.Server) error {
		id, err := s.Opened(setting(maxStreams, 1)...)
		if err == nil {
			_, err = s.Await(http2.FrameData)
		}
		_ = s.WriteData(id, false, []byte{0x88, 0x02, 0x03, 0xe8})
		if err == nil {
			_, err = s.Await(http2.FrameData) // END_STREAM
		}
		return err
	}, open: closeIt, check: func(t *testing.T, o *outcome) {
		state(mintws.Closed)(t, o)
		upgradeFails(httpconn.ErrTooManyStreams)(t, o)
	}},
	{name: "GOAWAY, then nothing", section: "6.8", gone: true, play: func(s *h2test.Server) error {
		id, err := s.Opened()
		return errors.Join(err, s.WriteGoAway(id, http2.ErrCodeNo, nil))
	}, check: func(t *testing.T, o *outcome) {
		state(mintws.Open)(t, o)
		upgradeFails(httpconn.ErrGoingAway)(t, o)
		if err := o.l.Send(o.id, mintws.Text("goes on")); err != nil {
			t.Errorf("a stream that is processed cannot send after GOAWAY: %v", err)
		}
	}},
	{name: "GOAWAY with an error, then nothing", section: "6.8", gone: true,
		check: state(mintws.Open), play: func(s *h2test.Server) error {
			id, err := s.Opened()
			return errors.Join(err, s.WriteGoAway(id, http2.ErrCodeInternal, []byte("fire")))
		}},
	{name: "never answers PING", section: "6.7", play: func(s *h2test.Server) error {
		_, err := s.Opened()
		for range httpconn.DefaultMaxPings {
			if err == nil {
				_, err = s.Await(http2.FramePing)
			}
		}
		return err
	}, open: func(t *testing.T, o *outcome) {
		var err error
		for range httpconn.DefaultMaxPings {
			if o.l.Conn, err = o.l.Conn.Ping(&o.l.Out, [8]byte{}); err != nil {
				t.Error(err)
			}
		}
	}, check: func(t *testing.T, o *outcome) {
		state(mintws.Open)(t, o)
		if _, err := o.l.Conn.Ping(&o.l.Out, [8]byte{}); !errors.Is(err, httpconn.ErrTooManyPings) {
			t.Errorf("a PING more: %v, want %v", err, httpconn.ErrTooManyPings)
		}
	}},
	{name: "resets the stream, then nothing", section: "6.4", over: true, play: func(s *h2test.Server) error {
		id, err := s.Opened()
		return errors.Join(err, s.WriteRSTStream(id, http2.ErrCodeInternal))
	}, check: func(t *testing.T, o *outcome) {
		var reset *httpconn.ResetError
		if err := o.l.Errs[o.id]; !errors.As(err, &reset) || reset.Code != http2.ErrCodeInternal {
			t.Errorf("the WebSocket says %v, want what the server said", err)
		}
	}},
}

// awaitData opens the WebSocket and reads until the first DATA.
func awaitData(settings ...http2.Setting) func(s *h2test.Server) error {
	return func(s *h2test.Server) error {
		_, err := s.Opened(settings...)
		if err == nil {
			_, err = s.Await(http2.FrameData)
		}
		return err
	}
}

// fillWindow sends 1,100 bytes, where the window takes 100 and the queue the rest, with the few bytes more that a frame's
// header could have had. Another frame is refused, and changes nothing.
func fillWindow(t *testing.T, o *outcome) {
	if err := o.l.Send(o.id, mintws.Binary(make([]byte, 1100-8))); err != nil {
		t.Error(err)
	}
	before, ws := o.l.Conn, o.l.WS[o.id]
	err := o.l.Send(o.id, mintws.Ping(nil))
	if !errors.Is(err, httpconn.ErrBufferFull) || !before.Equal(o.l.Conn) || !ws.Equal(o.l.WS[o.id]) {
		t.Errorf("sending with a full queue: %v, want %v and nothing changed", err, httpconn.ErrBufferFull)
	}
}

func closeIt(t *testing.T, o *outcome) {
	if err := o.l.Send(o.id, mintws.Close(1000, "")); err != nil {
		t.Error(err)
	}
}
