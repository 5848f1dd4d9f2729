package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// startServer serves HTTP/2 to those who know beforehand, and returns the URL.
func startServer(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/short", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.Proto+" "+r.URL.RawQuery)
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 5<<20)) // five times the window of a stream
	})
	mux.HandleFunc("/hang", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/abort", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	ts := httptest.NewUnstartedServer(mux)
	ts.Config.Protocols = new(http.Protocols)
	ts.Config.Protocols.SetUnencryptedHTTP2(true)
	ts.Start()
	t.Cleanup(ts.Close)
	return ts.URL
}

// startOdd serves one connection at a time as serve does, and returns the URL.
func startOdd(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		defer close(done)
		for {
			sock, err := ln.Accept()
			if err != nil {
				return
			}
			_ = sock.SetDeadline(time.Now().Add(20 * time.Second))
			serve(sock)
			_, _ = io.Copy(io.Discard, sock) // until the client is gone
			sock.Close()
		}
	}()
	return "http://" + ln.Addr().String()
}

func TestRun(t *testing.T) {
	server := startServer(t)
	silent := startOdd(t, func(net.Conn) {})
	http1 := startOdd(t, func(sock net.Conn) { _, _ = io.WriteString(sock, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	leaving := startOdd(t, func(sock net.Conn) {
		f := http2.NewFramer(sock, nil)
		_ = f.WriteSettings()
		_ = f.WriteGoAway(0, http2.ErrCodeNo, nil)
	})
	tests := []struct {
		name  string
		args  []string
		code  int
		body  string
		says  string
		least time.Duration
	}{
		{name: "short", args: []string{server + "/short?q"}, body: "GET HTTP/2.0 q"},
		{name: "long", args: []string{"-limit", "10s", server + "/long"}, body: strings.Repeat("x", 5<<20)},
		{name: "linger", args: []string{"-linger", "100ms", server + "/short"}, body: "GET HTTP/2.0 ",
			least: 100 * time.Millisecond},
		{name: "not found", args: []string{server + "/none"}, code: 1, says: "status 404"},
		{name: "hang", args: []string{"-limit", "100ms", server + "/hang"}, code: 1, says: "timeout"},
		{name: "linger is limited", args: []string{"-limit", "300ms", "-linger", "1h", server + "/short"},
			body: "GET HTTP/2.0 "},
		{name: "abort", args: []string{server + "/abort"}, code: 1, body: "half", says: "INTERNAL_ERROR"},
		{name: "silent", args: []string{"-limit", "100ms", silent}, code: 1, says: "h2get:"},
		{name: "HTTP/1", args: []string{http1}, code: 1, says: "HTTP/1"},
		{name: "leaving", args: []string{leaving}, code: 1, says: "h2get:"},
		{name: "help", args: []string{"-help"}, says: "-linger"},
		{name: "no URL", code: 2, says: "one URL"},
		{name: "two URLs", args: []string{server, server}, code: 2, says: "one URL"},
		{name: "no such scheme", args: []string{"ws://127.0.0.1:1/"}, code: 2, says: "scheme"},
		{name: "no such flag", args: []string{"-x"}, code: 2, says: "not defined"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			began := time.Now()
			code := run(tt.args, &stdout, &stderr)
			took := time.Since(began)
			if code != tt.code || stdout.String() != tt.body {
				t.Errorf("exit code %d, content %.80q (%d bytes); want %d, %.80q (%d)", code, stdout.String(), stdout.Len(),
					tt.code, tt.body, len(tt.body))
			}
			if !strings.Contains(stderr.String(), tt.says) || tt.says == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want %q in it", stderr.String(), tt.says)
			}
			if took < tt.least || took > 11*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}
