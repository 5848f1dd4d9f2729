package session_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// fresh returns a session on an HTTP/2 connection on which nothing was received yet.
func fresh(t *testing.T, out *session.Output, opt mintws.Options) session.Session {
	t.Helper()
	conn, err := httpconn.New(httpconn.HTTP2, httpconn.Config{}, &out.Output)
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.Upgrade(conn, out, url, opt, timing, epoch)
	if err != nil || s.Over() || s.State() != connecting || s.Err() != nil || s.Deadline() != at(30*sec) {
		t.Fatalf("%v, %s, deadline %v", err, ended(s), s.Deadline())
	}
	return s
}

// TestBeforeSettings: on a new HTTP/2 connection the WebSocket is asked for once that is possible, with the options as they
// were, and opens whatever the reads are.
func TestBeforeSettings(t *testing.T) {
	for _, size := range []int{1, 7, 4096} {
		asked := make(chan http.Header, 1)
		sock := &pipe{peer: wstest.NewPeer(wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
			asked <- r.Header
			return wstest.Behavior{}
		}})}
		var out session.Output
		opt := mintws.Options{Header: http.Header{"X-Token": {"1"}}, Subprotocols: []string{"chat"}}
		s := fresh(t, &out, opt)
		opt.Header.Set("X-Token", "2")
		opt.Subprotocols[0] = "other"
		if _, err := s.Send(&out, epoch, mintws.Text("too early")); err != mintws.ErrNotOpen {
			t.Errorf("Send before there is a request: %v", err)
		}
		first, buf := s, make([]byte, size)
		var log []session.Session
		for i := 0; s.State() == connecting && i < 1000; i++ {
			out.WriteTo(sock)
			n, _ := sock.Read(buf)
			log = append(log, s)
			var err error
			if s, err = s.Received(&out, epoch, buf[:n]); err != nil {
				t.Fatal(err)
			}
			clear(buf)
		}
		if s.State() != open {
			t.Fatalf("reads of %d: %s", size, ended(s))
		}
		if h := <-asked; h.Get("X-Token") != "1" || h.Get("Sec-Websocket-Protocol") != "chat" {
			t.Errorf("asked with %v", h)
		}
		if !cmp.Equal(log[0], first) || cmp.Equal(first, s) {
			t.Errorf("reads of %d: the first value is now %s", size, ended(first))
		}
	}
}

// TestBeforeSettingsEnds: how a session ends that could not even ask.
func TestBeforeSettingsEnds(t *testing.T) {
	var out session.Output
	without := wstest.Options{Settings: []http2.Setting{{ID: http2.SettingEnableConnectProtocol, Val: 0}}}
	sock := &pipe{peer: wstest.NewPeer(without)}
	s := fresh(t, &out, plain())
	out.WriteTo(sock)
	buf := make([]byte, 4096)
	n, _ := sock.Read(buf)
	for i := range n {
		s, _ = s.Received(&out, epoch, buf[i:i+1])
	}
	check := func(name string, s session.Session, want error) {
		t.Helper()
		if !s.Over() || s.State() != failed || !errors.Is(s.Err(), want) || !s.Deadline().IsZero() {
			t.Errorf("%s: %s, want %v", name, ended(s), want)
		}
	}
	check("without extended CONNECT", s, httpconn.ErrExtendedConnectDisabled)

	s, err := fresh(t, &out, plain()).Received(&out, epoch, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	check("no HTTP/2", s, mintws.ErrNoAnswer)
	var fault *httpconn.ConnError
	if !errors.As(err, &fault) || s.Err() != err {
		t.Errorf("no HTTP/2: %v", err)
	}
	s, err = fresh(t, &out, plain()).EOF(&out, epoch)
	check("the end", s, mintws.ErrNoAnswer)
	if !errors.Is(err, httpconn.ErrUnexpectedEOF) {
		t.Errorf("the end: %v", err)
	}
	s = fresh(t, &out, plain())
	if s, err = s.Tick(&out, at(29*sec)); err != nil || s.Over() {
		t.Errorf("early: %v", err)
	}
	s, _ = s.Tick(&out, at(30*sec))
	checkTimeout(t, s, session.ForAnswer)
}

func TestLocation(t *testing.T) {
	for _, tt := range []struct {
		status         int
		from, location string
		want           string
		same           bool
	}{
		{302, "ws://example.org/chat?x=1", "/other?y=2", "ws://example.org/other?y=2", true},
		{307, "ws://example.org/a/b", "c", "ws://example.org/a/c", true},
		{308, "ws://user:secret@example.org/a", "/b", "ws://user:secret@example.org/b", true},
		{301, "ws://user:secret@example.org/a", "http://example.org/b", "ws://example.org/b", true},
		{303, "ws://example.org/a", "https://example.org/a", "wss://example.org/a", false},
		{302, "wss://example.org/a", "wss://EXAMPLE.org:443/b", "wss://EXAMPLE.org:443/b", true},
		{302, "https://example.org/a", "//other.example/b#fragment", "wss://other.example/b", false},
		{302, "ws://example.org/a", "ws://name:word@example.org:8080/", "ws://example.org:8080/", false},
		{302, "wss://example.org/a", "ws://example.org/a", "", false},
		{302, "wss://example.org/a", "http://example.org/a", "", false},
		{302, "ws://example.org/a", "ftp://example.org/a", "", false},
		{302, "ws://example.org/a", "ws://[::1/", "", false},
		{302, "ws://example.org/a", "ws://", "", false},
		{302, "ws://example.org/a", "", "", false},
		{302, "no URL", "/", "", false},
		{401, "ws://example.org/a", "/b", "", false},
		{304, "ws://example.org/a", "/b", "", false},
	} {
		r := &session.Refusal{HandshakeError: &mintws.HandshakeError{Status: tt.status, Header: http.Header{}}}
		if tt.location != "" {
			r.Header.Set("Location", tt.location)
		}
		if got, same := r.Location(tt.from); got != tt.want || same != tt.same {
			t.Errorf("%d from %s to %s: %q, %v, want %q, %v", tt.status, tt.from, tt.location, got, same, tt.want, tt.same)
		}
	}
}
