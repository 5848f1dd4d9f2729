package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestMeasure: what the program prints of itself, with less to do.
func TestMeasure(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	if err := run(ctx, strings.Fields("-measure -size 4 -vanish 60"), &out, io.Discard); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		`before: +0 clients, 0 streams, `,
		`to the backend and back: +4 MiB in .* beside 20 clients that read nothing`,
		`heap in use: +at most \d+\.\d MiB`,
		`clients that vanished: +60: 40 open, 10 waiting for the answer, 10 with half a request`,
		`the backend was told of: +50\n`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "left of them:                 0 clients, 0 streams, "); n != 2 {
		t.Errorf("counted %d times what is left in\n%s", n, out.String())
	}
}

// start starts a backend and a relay to it. What the relay says in the end is on the channel.
func start(t *testing.T, opt wstest.Options) (url string, backend *wstest.Server, stop func(), ended <-chan error) {
	t.Helper()
	opt.Protocols = []httpconn.Version{httpconn.HTTP2}
	backend = wstest.NewServer(opt)
	t.Cleanup(backend.Close)
	_, url, stop, ended = relayTo(t, backend.URL)
	return url, backend, stop, ended
}

func connect(t *testing.T, url string, opt mintws.Options) *wsconn.Conn {
	t.Helper()
	c, err := wsconn.Dial(t.Context(), url, wsconn.Options{WebSocket: opt})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// TestCloses: a Close goes through in both directions, with its code and its reason.
func TestCloses(t *testing.T) {
	seen := make(chan mintws.WebSocket, 1)
	url, _, _, _ := start(t, wstest.Options{
		Over: func(_ *http.Request, ws mintws.WebSocket) { seen <- ws },
		Behave: func(r *http.Request) wstest.Behavior {
			if r.URL.Path == "/closes" {
				return wstest.Behavior{Fault: wstest.FaultClose, Code: 4002, Reason: "the backend's"}
			}
			return wstest.Behavior{}
		},
	})
	if err := connect(t, url, mintws.Options{}).Close(4001, "the client's"); err != nil {
		t.Errorf("the client sees %v", err)
	}
	ws := <-seen
	if code, reason := ws.PeerClose(); code != 4001 || reason != "the client's" || ws.State() != mintws.Closed {
		t.Errorf("the backend sees %v %q, %v", code, reason, ws.State())
	}
	_, _, err := connect(t, url+"/closes", mintws.Options{}).Read(t.Context())
	var closed *mintws.CloseError
	if !errors.As(err, &closed) || closed.Code != 4002 || closed.Reason != "the backend's" || !closed.Complete {
		t.Errorf("the client sees %v", err)
	}
	ws = <-seen
	if code, _ := ws.PeerClose(); code != 4002 || ws.State() != mintws.Closed {
		t.Errorf("the backend sees %v, %v", code, ws.State())
	}
}

// TestAsked: what the client asks for reaches the backend, and what that answers reaches the client.
func TestAsked(t *testing.T) {
	asked := make(chan *http.Request, 1)
	url, _, _, _ := start(t, wstest.Options{
		Accept: mintws.AcceptOptions{Subprotocols: []string{"chat"}, AllowedOrigins: []string{"https://page.example"},
			Header: http.Header{"Set-Cookie": {"a=b"}}},
		Behave: func(r *http.Request) wstest.Behavior {
			if r.URL.Path == "/no" {
				return wstest.Behavior{Refuse: http.StatusForbidden}
			}
			asked <- r
			return wstest.Behavior{}
		},
	})
	opt := mintws.Options{Subprotocols: []string{"news", "chat"}, Origin: "https://page.example", Header: http.Header{"Cookie": {"x=y"}}}
	c := connect(t, url+"/path?query", opt)
	r := <-asked
	if r.URL.RequestURI() != "/path?query" || r.Header.Get("Cookie") != "x=y" || r.Header.Get("X-Forwarded-For") != "127.0.0.1" {
		t.Errorf("the backend got %v %v", r.URL, r.Header)
	}
	if c.Subprotocol() != "chat" || c.Header().Get("Set-Cookie") != "a=b" {
		t.Errorf("the client got %q, %v", c.Subprotocol(), c.Header())
	}
	_, err := wsconn.Dial(t.Context(), url+"/no", wsconn.Options{})
	var refused *mintws.HandshakeError
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("refused with %v", err)
	}
	opt.Origin = "https://other.example"
	if _, err = wsconn.Dial(t.Context(), url, wsconn.Options{WebSocket: opt}); !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("another origin: %v", err)
	}
}

// TestPieces: messages of any size, in both directions, and a Ping, which the relay answers itself.
func TestPieces(t *testing.T) {
	url, backend, _, _ := start(t, wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
		if r.URL.Path == "/silent" {
			return wstest.Behavior{Fault: wstest.FaultSilence}
		}
		return wstest.Behavior{}
	}})
	c := connect(t, url, mintws.Options{})
	for _, size := range []int{0, 1, window, 5 << 20} {
		want := strings.Repeat("€", size/3)
		sent := make(chan error, 1)
		go func() { sent <- c.Write(t.Context(), mintws.OpText, []byte(want)) }()
		op, p, err := c.Read(t.Context())
		if err = errors.Join(err, <-sent); err != nil || op != mintws.OpText || string(p) != want {
			t.Errorf("of %d bytes %d came back: %v", size, len(p), err)
		}
	}
	silent := connect(t, url+"/silent", mintws.Options{})
	go silent.CloseRead(t.Context()) //nolint:errcheck // it reads until the test is over
	defer backend.Drop()             // it would not answer a Close
	if err := silent.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

// TestEnds: the end of the relay, and of the backend, is told to the clients, and to the caller.
func TestEnds(t *testing.T) {
	url, _, stop, ended := start(t, wstest.Options{})
	c := connect(t, url, mintws.Options{})
	stop()
	if _, _, err := c.Read(t.Context()); wsconn.CloseCode(err) != mintws.CodeGoingAway {
		t.Errorf("the relay's end: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the relay ended with %v", err)
	}
	url, backend, _, ended := start(t, wstest.Options{})
	c = connect(t, url, mintws.Options{})
	backend.Drop()
	if _, _, err := c.Read(t.Context()); wsconn.CloseCode(err) != mintws.CodeBadGateway {
		t.Errorf("the backend's end: %v", err)
	}
	c.CloseNow()
	if err := <-ended; err == nil {
		t.Error("the relay ended without an error")
	}
}

// TestBroken: a client that breaks the protocol is told, and its stream is given up; a request that is none is answered.
func TestBroken(t *testing.T) {
	lost := make(chan mintws.WebSocket, 1)
	url, _, _, _ := start(t, wstest.Options{Over: func(_ *http.Request, ws mintws.WebSocket) { lost <- ws }})
	for request, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x83\x80\x00\x00\x00\x00": "reserved opcode", // in the Close, behind the answer
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n": "HTTP/1.1 426 ",
		"nonsense\r\n": "HTTP/1.1 400 ",
	} {
		sock, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(sock, request)
		answer, err := io.ReadAll(sock)
		if err != nil || !bytes.Contains(answer, []byte(want)) {
			t.Errorf("%q: %v, %q", request, err, answer)
		}
		sock.Close()
	}
	if code, _ := (<-lost).PeerClose(); code != mintws.CodeGoingAway {
		t.Errorf("the backend got a Close with %v", code)
	}
}

func TestArguments(t *testing.T) {
	for _, args := range []string{"", "-measure -backend ws://x", "-clients 0 -measure", "-backend ws://127.0.0.1:1", "-measure x", "-nonsense"} {
		if err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	if err := run(t.Context(), []string{"-help"}, io.Discard, os.Stderr); err == nil {
		t.Error("-help is no error to run")
	}
}
