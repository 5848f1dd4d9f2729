package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// start starts a server that notes path and token of each request, and answers as how says.
func start(t *testing.T, opt wstest.Options, how func(path string) wstest.Behavior) (s *wstest.Server, asked func() []string) {
	requests := make(chan string, 100)
	opt.Behave = func(r *http.Request) wstest.Behavior {
		requests <- r.URL.Path + " " + r.Header.Get("Authorization")
		return how(r.URL.Path)
	}
	s = wstest.NewServer(opt)
	t.Cleanup(s.Close)
	return s, func() (list []string) {
		for len(requests) > 0 {
			list = append(list, <-requests)
		}
		return list
	}
}

// to returns what a server does that redirects.
func to(location string) wstest.Behavior {
	return wstest.Behavior{Refuse: http.StatusFound, Header: http.Header{"Location": {location}}}
}

var greets = wstest.Behavior{Greeting: []mintws.Frame{mintws.Text("welcome")}}

// TestRedirects: the token goes to its own server and no other, TLS is never given up, and a circle has an end.
func TestRedirects(t *testing.T) {
	var back string
	other, otherAsked := start(t, wstest.Options{}, func(path string) wstest.Behavior {
		if path == "/back" {
			return to(back + "/other")
		}
		return greets
	})
	server, asked := start(t, wstest.Options{}, func(path string) wstest.Behavior {
		switch path {
		case "/here":
			return to("/other")
		case "/there":
			return to(other.URL + "/x")
		case "/around":
			return to(other.URL + "/back")
		case "/circle":
			return to("/circle")
		}
		return greets
	})
	back = server.URL
	secure, secureAsked := start(t, wstest.Options{TLS: true}, func(string) wstest.Behavior { return to(other.URL) })
	for _, c := range []struct {
		url         string
		ours, other []string
		status      int // that it ends with
	}{
		{server.URL + "/here", []string{"/here Bearer t", "/other Bearer t"}, nil, 0},
		{server.URL + "/there", []string{"/there Bearer t"}, []string{"/x "}, 0},
		{server.URL + "/around", []string{"/around Bearer t", "/other "}, []string{"/back "}, 0},
		{server.URL + "/circle", slices.Repeat([]string{"/circle Bearer t"}, 1+maxRedirects), nil, http.StatusFound},
		{secure.URL + "/secure", []string{"/secure Bearer t"}, nil, http.StatusFound},
	} {
		f, pauses, _ := newFeed(t)
		f.url, f.token = c.url, func(context.Context) (string, error) { return "t", nil }
		f.dial.TLS = secure.ClientTLS()
		err := f.run(limited(t))
		status := 0
		if r := new(session.Refusal); errors.As(err, &r) {
			status = r.Status
		}
		ours, others := append(asked(), secureAsked()...), otherAsked()
		if !slices.Equal(ours, c.ours) || !slices.Equal(others, c.other) || status != c.status || (err == nil) != (status == 0) || len(*pauses) > 0 {
			t.Errorf("%s: %v; asked %q and %q, %d pauses", c.url, err, ours, others, len(*pauses))
		}
	}
}

// TestToken: it is used until it is refused, renewed once, and not sent in vain.
func TestToken(t *testing.T) {
	server, asked := start(t, wstest.Options{}, func(string) wstest.Behavior { return wstest.Behavior{Refuse: http.StatusUnauthorized} })
	f, _, _ := newFeed(t)
	issued := 0
	f.url, f.token = server.URL, func(context.Context) (string, error) {
		issued++
		return fmt.Sprint(issued), nil
	}
	if err := f.run(limited(t)); err == nil || issued != 2 {
		t.Errorf("%v after %d tokens", err, issued)
	}
	if got, want := asked(), []string{"/ Bearer 1", "/ Bearer 2"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	// Where tokens come from may fail for a while, too.
	f, pauses, _ := newFeed(t)
	f.url, f.token = server.URL, func(context.Context) (string, error) {
		if len(*pauses) < 3 {
			return "", io.ErrUnexpectedEOF
		}
		return "late", nil
	}
	if err := f.run(limited(t)); err == nil || len(*pauses) != 3 {
		t.Errorf("%v after %d pauses", err, len(*pauses))
	}
}

// TestContentLater: the content of a refusal comes after its head; the connection is used again only then.
func TestContentLater(t *testing.T) {
	f, _, _ := newFeed(t)
	dials := 0
	done := make(chan error, 1)
	f.dial.DialContext = func(context.Context, string, string) (net.Conn, error) {
		dials++
		ours, theirs := net.Pipe() // each Write waits until it was read
		go func() { done <- serveOnce(theirs) }()
		return ours, nil
	}
	tokens := 0
	f.url, f.token = "ws://127.0.0.1/", func(context.Context) (string, error) { tokens++; return fmt.Sprint(tokens), nil }
	if err := f.run(limited(t)); err != nil || dials != 1 || tokens != 2 {
		t.Errorf("%v, %d connections, %d tokens", err, dials, tokens)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// serveOnce refuses the first request in two pieces, and accepts the second.
func serveOnce(c net.Conn) error {
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	for _, piece := range []string{"HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\n\r\nexp", "ired"} {
		if err == nil {
			_, err = io.WriteString(c, piece)
		}
	}
	if err == nil {
		n, err = c.Read(buf)
	}
	if err != nil {
		return err
	}
	if !bytes.Contains(buf[:n], []byte("\r\nAuthorization: Bearer 2\r\n")) {
		return fmt.Errorf("asked with %q", buf[:n])
	}
	answer, _, err := wstest.Answer(buf[:n], mintws.AcceptOptions{})
	if err != nil {
		return err
	}
	if _, err = c.Write(append(answer, wstest.Frames(mintws.Text("welcome"))...)); err != nil {
		return err
	}
	if _, err = c.Read(buf); err != nil { // its Close
		return err
	}
	_, err = c.Write(wstest.Frames(mintws.Close(mintws.CodeNormal, "")))
	return err
}

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		failures int
		chance   float64
		want     time.Duration
	}{
		{0, 0, firstPause / 2}, {0, 0.5, firstPause * 3 / 4}, {1, 0, firstPause}, {3, 0.5, 6 * firstPause},
		{10, 0, maxPause / 2}, {10, 0.5, maxPause * 3 / 4}, {math.MaxInt, 0, maxPause / 2},
	} {
		if got := backoff(c.failures, c.chance); got != c.want {
			t.Errorf("%d failures: %v, want %v", c.failures, got, c.want)
		}
	}
}

// TestPauses: they grow as long as nothing comes of the connections, whether these are refused or only opened, and begin anew with the
// first message.
func TestPauses(t *testing.T) {
	moods := []wstest.Behavior{
		{Refuse: 500}, {Fault: wstest.FaultClose}, {Refuse: 429, Header: http.Header{"Retry-After": {"7"}}},
		{Refuse: 503, Header: http.Header{"Retry-After": {"999999"}}}, {Fault: wstest.FaultClose, Greeting: []mintws.Frame{mintws.Text("not enough")}},
		{Refuse: 408, Header: http.Header{"Retry-After": {"tomorrow"}}}, greets,
	}
	step := 0
	server, _ := start(t, wstest.Options{}, func(string) wstest.Behavior { step++; return moods[step-1] })
	f, pauses, _ := newFeed(t)
	f.url, f.subscribe, f.random = server.URL, []string{"a"}, func() float64 { return 0 }
	f.update = func(text []byte) bool { return string(text) == "welcome" }
	if err := f.run(limited(t)); err != nil {
		t.Fatal(err)
	}
	half := firstPause / 2
	want := []time.Duration{half, 2 * half, 7 * time.Second, maxAfter, half, 2 * half}
	if !slices.Equal(*pauses, want) {
		t.Errorf("pauses %v, want %v", *pauses, want)
	}
}

// TestNoServer: a server that cannot be reached is one that is started again.
func TestNoServer(t *testing.T) {
	server, _ := start(t, wstest.Options{}, func(string) wstest.Behavior { return greets })
	f, pauses, _ := newFeed(t)
	f.url = server.URL
	f.dial.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if len(*pauses) < 3 {
			return nil, io.ErrUnexpectedEOF
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	if err := f.run(limited(t)); err != nil || len(*pauses) != 3 {
		t.Errorf("%v after %d pauses", err, len(*pauses))
	}
}
