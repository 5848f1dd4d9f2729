package interop

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/internal/test/echo"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/internal/test/installed"
	"github.com/mintws/mintws/mintws"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"
)

// server is one that was started for a test.
type server struct {
	url  string
	tls  *tls.Config
	away func(t *testing.T, l *h2test.Loop, id httpconn.StreamID) // lets it send GOAWAY, soon
	node bool                                                     // it takes the commands of echo.js
}

// servers are what every test is run against.
var servers = []struct {
	name  string
	start func(t *testing.T) server
}{
	{"net-http", func(t *testing.T) server { return netHTTP(t, false) }},
	{"net-http-TLS", func(t *testing.T) server { return netHTTP(t, true) }},
	{"haproxy-HTTP1", func(t *testing.T) server { return haproxy(t, 0) }},
	{"haproxy-TLS-HTTP2", func(t *testing.T) server { return haproxy(t, 1) }},
	{"haproxy-HTTP2", func(t *testing.T) server { return haproxy(t, 2) }},
	{"node", func(t *testing.T) server { return node(t, false) }},
	{"node-TLS", func(t *testing.T) server { return node(t, true) }},
}

// each runs a test against each server.
func each(t *testing.T, test func(t *testing.T, s server)) {
	for _, c := range servers {
		t.Run(c.name, func(t *testing.T) { test(t, c.start(t)) })
	}
}

// netHTTP starts the echo server on net/http.
func netHTTP(t *testing.T, secure bool) server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs := &http.Server{Handler: echo.New(echo.Options{}), Protocols: new(http.Protocols)}
	hs.Protocols.SetHTTP1(true)
	s := server{url: fmt.Sprintf("ws://%s/", l.Addr())}
	serve := func() error { return hs.Serve(l) }
	if secure {
		id := newIdentity(t)
		hs.Protocols.SetHTTP2(true)
		hs.TLSConfig = &tls.Config{Certificates: []tls.Certificate{id.cert}}
		s.url, s.tls = fmt.Sprintf("wss://%s/", l.Addr()), &tls.Config{RootCAs: id.roots}
		serve = func() error { return hs.ServeTLS(l, "", "") }
	} else {
		hs.Protocols.SetUnencryptedHTTP2(true)
	}
	serveUntilEnd(t, hs, serve)
	s.away = func(t *testing.T, _ *h2test.Loop, _ httpconn.StreamID) {
		ctx, cancel := context.WithTimeout(t.Context(), h2test.Patience)
		over := make(chan error, 1)
		go func() { over <- hs.Shutdown(ctx) }()
		t.Cleanup(func() { cancel(); <-over })
	}
	return s
}

// serveUntilEnd lets hs serve until the test ends.
func serveUntilEnd(t *testing.T, hs *http.Server, serve func() error) {
	done := make(chan error, 1)
	go func() { done <- serve() }()
	t.Cleanup(func() {
		hs.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// haproxy starts haproxy with its own echo server behind it, and returns the frontend with the given number.
func haproxy(t *testing.T, frontend int) server {
	t.Helper()
	path := installed.Program(t, "haproxy")
	id := newIdentity(t)
	behind := netHTTP(t, false)
	env := []string{"CERT=" + id.both, "ECHO=" + behind.url[len("ws://"):len(behind.url)-1]}
	var files []*os.File
	var addrs []string
	for i, name := range []string{"FD_CLEAR", "FD_TLS", "FD_BOTH"} {
		f, addr := listener(t)
		files, addrs = append(files, f), append(addrs, addr)
		env = append(env, fmt.Sprintf("%s=%d", name, 3+i))
	}
	p := run(t, env, files, path, "-db", "-f", "haproxy.cfg")
	s := server{url: "ws://" + addrs[frontend] + "/"}
	if frontend == 1 {
		s.url, s.tls = "wss://"+addrs[frontend]+"/", &tls.Config{RootCAs: id.roots}
	}
	s.away = func(t *testing.T, _ *h2test.Loop, _ httpconn.StreamID) {
		if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil { // a soft stop: what is open goes on
			t.Fatal(err)
		}
	}
	return s
}

// node starts echo.js.
func node(t *testing.T, secure bool) server {
	t.Helper()
	path := installed.Program(t, "node")
	s := server{node: true}
	args, scheme := []string{"echo.js"}, "ws"
	if secure {
		id := newIdentity(t)
		args, scheme, s.tls = append(args, id.key, id.file), "wss", &tls.Config{RootCAs: id.roots}
	}
	p := run(t, nil, nil, path, args...)
	s.url = fmt.Sprintf("%s://127.0.0.1:%d/", scheme, p.port(t))
	s.away = func(t *testing.T, l *h2test.Loop, id httpconn.StreamID) {
		if err := l.Send(id, mintws.Text("!goaway")); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// dial connects to s over HTTP/2.
func (s server) dial(t *testing.T, cfg httpconn.Config) *h2test.Loop {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), h2test.Patience)
	defer cancel()
	var out httpconn.Output
	sock, conn, err := httpdial.Dial(ctx, s.url, &out, httpdial.Options{
		Config: cfg, Protocols: []httpconn.Version{httpconn.HTTP2}, TLS: s.tls, Proxy: httpdial.NoProxy})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	if err = sock.SetDeadline(time.Now().Add(h2test.Patience)); err != nil {
		t.Fatal(err)
	}
	l := h2test.MakeLoop(sock, conn)
	l.Out = out
	return l
}
