package wshttp_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// request is the upgrade of RFC 6455 section 1.2.
const request = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// wantHead is what answers it.
const wantHead = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nUpgrade: websocket\r\n\r\n"

// limit is how long anything here may take.
const limit = 20 * time.Second

// accept is a handler that hands its stream to serve.
func accept(t *testing.T, opt mintws.AcceptOptions, serve func(wshttp.Stream)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, status, header, err := mintws.Accept(r, opt)
		if err != nil {
			wshttp.Refuse(w, err)
			return
		}
		stream, err := wshttp.Answer(w, r, status, header)
		if err != nil {
			t.Error(err)
			return
		}
		defer stream.Close()
		serve(stream)
	})
}

// dial connects to a test server, with TLS if it has that.
func dial(t *testing.T, ts *httptest.Server) net.Conn {
	t.Helper()
	var c net.Conn
	var err error
	if ts.TLS != nil {
		config := ts.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		config.NextProtos = []string{"http/1.1"}
		config.ServerName = "example.com"
		c, err = tls.Dial("tcp", ts.Listener.Addr().String(), config)
	} else {
		c, err = net.Dial("tcp", ts.Listener.Addr().String())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err = c.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnswer(t *testing.T) {
	echo := func(s wshttp.Stream) {
		if _, ok := s.(net.Conn); !ok {
			t.Error("the stream on HTTP/1.1 is not a net.Conn")
		}
		if _, err := io.Copy(struct{ io.Writer }{s}, struct{ io.Reader }{s}); err != nil {
			t.Error(err)
		}
		if err := s.CloseWrite(); err != nil {
			t.Error(err)
		}
	}
	for _, start := range []struct {
		name string
		f    func(*httptest.Server)
	}{{"TCP", (*httptest.Server).Start}, {"TLS", (*httptest.Server).StartTLS}} {
		t.Run(start.name, func(t *testing.T) {
			ts := httptest.NewUnstartedServer(accept(t, mintws.AcceptOptions{}, echo))
			start.f(ts)
			defer ts.Close()
			c := dial(t, ts)
			// Bytes that come with the request are not lost, nor do they overtake later ones.
			early, late := strings.Repeat("early", 300), "late"
			for _, s := range []string{request + early, late} {
				if _, err := io.WriteString(c, s); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(c)
			if want := wantHead + early + late; err != nil || string(got) != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

// hijacker is a ResponseWriter whose connection is made for the test.
type hijacker struct {
	http.ResponseWriter
	conn net.Conn
	rest string // what the bufio.Reader holds
}

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r := bufio.NewReader(strings.NewReader(h.rest))
	if _, err := r.Peek(len(h.rest)); err != nil {
		return nil, nil, err
	}
	return h.conn, bufio.NewReadWriter(r, bufio.NewWriter(h.conn)), nil
}

// wrapper is what middlewares make.
type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// TestAnswerConnection has a connection with deadlines left over from the request, and fields set by a middleware.
func TestAnswerConnection(t *testing.T) {
	server, client := net.Pipe()
	defer client.Close()
	if err := server.SetDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	w := wrapper{hijacker{httptest.NewRecorder(), server, "early"}}
	w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
	w.Header()["set-cookie"] = []string{"c=3"}
	w.Header()["SET-COOKIE"] = []string{"d=4"}
	w.Header().Set("Content-Length", "5")
	w.Header().Set("Upgrade", "h2c")
	w.Header().Set("x-mine", "theirs")
	w.Header().Set("Sec-WebSocket-Protocol", "theirs") // which the WebSocket does not know
	w.Header().Set("Sec-WebSocket-Extensions", "permessage-deflate")
	header := http.Header{"Upgrade": {"websocket"}, "x-mine": {"mine"}, "Sec-Websocket-Accept": {"x"}}

	got := make(chan string)
	go func() {
		b, err := io.ReadAll(client)
		if err != nil {
			t.Error(err)
		}
		got <- string(b)
	}()
	s, err := wshttp.Answer(w, &http.Request{ProtoMajor: 1}, 101, header)
	if err != nil {
		t.Fatal(err)
	}
	if err = s.CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("CloseWrite on a pipe: %v, want ErrUnsupported", err)
	}
	var b [3]byte
	for _, want := range []string{"ear", "ly"} {
		if n, readErr := s.Read(b[:]); readErr != nil || string(b[:n]) != want {
			t.Errorf("Read = %q, %v; want %q", b[:n], readErr, want)
		}
	}
	if err = s.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Error(err)
	}
	if _, err = s.Read(b[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read after the deadline: %v", err)
	}
	if err = wshttp.Linger(s, time.Hour); err != nil { // a pipe cannot be half closed: it is closed at once
		t.Error(err)
	}
	want := "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nSet-Cookie: d=4\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nSet-Cookie: c=3\r\n" +
		"Upgrade: websocket\r\nX-Mine: mine\r\n\r\n"
	if g := <-got; g != want {
		t.Errorf("head is\n%q, want\n%q", g, want)
	}
}

// TestAnswerFails has what keeps a WebSocket from opening: the client gets a 500 that does not say why.
func TestAnswerFails(t *testing.T) {
	gone, other := net.Pipe()
	other.Close()
	closed, _ := net.Pipe()
	closed.Close()
	tests := []struct {
		name   string
		conn   net.Conn
		major  int
		status int
		header http.Header
		want   string // in the error
		silent bool   // nobody is there to be answered
	}{
		{"no Hijacker", nil, 1, 101, nil, "not supported", false},
		{"HTTP/2 without deadlines", nil, 2, 200, nil, "not supported", false},
		{"status on HTTP/2", nil, 2, 101, nil, "status 101", false},
		{"status", gone, 1, 200, nil, "status 200", false},
		{"name", gone, 1, 101, http.Header{"a:": {"1"}}, `a field name has byte 0x3a (':') at index 1`, false},
		{"value", gone, 1, 101, http.Header{"A": {"1\r\n"}}, "value of field A has byte 0x0d at index 1", false},
		{"client gone", gone, 1, 101, nil, "closed pipe", true},
		{"connection closed", closed, 1, 101, nil, "closed pipe", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			var w http.ResponseWriter = rec
			if tt.conn != nil {
				w = hijacker{rec, tt.conn, ""}
			}
			s, err := wshttp.Answer(w, &http.Request{ProtoMajor: tt.major}, tt.status, tt.header)
			if s != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Answer = %v, %v; want an error with %q", s, err, tt.want)
			}
			if got := rec.Body.String(); !tt.silent && (rec.Code != 500 || got != "500 Internal Server Error.\n") || tt.silent && got != "" {
				t.Errorf("client got %d %q", rec.Code, got)
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	rec := httptest.NewRecorder()
	_, _, _, err := mintws.Accept(httptest.NewRequest("GET", "/", nil), mintws.AcceptOptions{})
	wshttp.Refuse(rec, err)
	if got, want := rec.Body.String(), "426 Upgrade Required: Upgrade is missing, want \"websocket\".\n"; rec.Code != 426 || got != want {
		t.Errorf("got %d %q, want %q", rec.Code, got, want)
	}
	for name, want := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
		"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	rec = httptest.NewRecorder()
	wshttp.Refuse(rec, errors.New("a secret"))
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "secret") {
		t.Errorf("got %d %q", rec.Code, rec.Body)
	}
}

// TestRefuseUpstream has the error of a handler that is a client of another server, or makes an error of its own.
func TestRefuseUpstream(t *testing.T) {
	header := http.Header{"Set-Cookie": {"secret=1"}, "Content-Length": {"9"}, "Location": {"http://secret"}, "Server": {"secret"},
		"Retry-After": {"5"}, "www-authenticate": {"Basic", "Bearer"}, "Allow": {"GET"}, "Connection": {"close"}}
	for _, tt := range []struct {
		err    mintws.HandshakeError
		status int
		names  []string // besides those of http.Error
		body   string
	}{
		{mintws.HandshakeError{Status: 503}, 503, []string{"Allow", "Retry-After", "Www-Authenticate"}, "503 Service Unavailable.\n"},
		{mintws.HandshakeError{Status: 200}, 500, nil, "500 Internal Server Error.\n"},
		{mintws.HandshakeError{Status: 302}, 500, nil, "500 Internal Server Error.\n"},
		{mintws.HandshakeError{Status: 999}, 500, nil, "500 Internal Server Error.\n"},
		{mintws.HandshakeError{Status: 503, Server: true}, 503, []string{"Allow", "Connection", "Location", "Retry-After", "Server",
			"Set-Cookie", "Www-Authenticate"}, "503 Service Unavailable: a secret.\n"},
	} {
		tt.err.Header, tt.err.Err, tt.err.Detail = header, mintws.ErrBadStatus, "a secret"
		rec := httptest.NewRecorder()
		wshttp.Refuse(rec, fmt.Errorf("upstream: %w", &tt.err))
		got := rec.Result().Header
		got.Del("Content-Type")
		got.Del("X-Content-Type-Options")
		if names := slices.Sorted(maps.Keys(got)); rec.Code != tt.status || !slices.Equal(names, tt.names) || rec.Body.String() != tt.body {
			t.Errorf("%+v: got %d with %q and %q, want %d with %q and %q", tt.err, rec.Code, names, rec.Body, tt.status, tt.names, tt.body)
		}
	}
}

// TestHeadTimeout has a client that does not read, so that not even the head can be sent.
func TestHeadTimeout(t *testing.T) {
	server, client := net.Pipe()
	defer client.Close()
	ctx := context.WithValue(t.Context(), http.ServerContextKey, &http.Server{WriteTimeout: time.Millisecond})
	r := (&http.Request{ProtoMajor: 1}).WithContext(ctx)
	if _, err := wshttp.Answer(hijacker{httptest.NewRecorder(), server, ""}, r, 101, nil); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Answer: %v, want the deadline", err)
	}
	if _, err := server.Write(nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the connection is left open: %v", err)
	}
}

// TestRefuseKeepsConnection shows that a request may follow one that was refused.
func TestRefuseKeepsConnection(t *testing.T) {
	ts := httptest.NewServer(accept(t, mintws.AcceptOptions{}, func(wshttp.Stream) {}))
	defer ts.Close()
	c := dial(t, ts)
	br := bufio.NewReader(c)
	for _, want := range []int{426, 101} {
		head := request
		if want == 426 {
			head = strings.Replace(request, "Version: 13", "Version: 8", 1)
		}
		if _, err := io.WriteString(c, head); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(br, nil)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("response %v, %v; want %d", resp, err, want)
		}
		if _, err = io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLinger has a client that goes on sending what the server will not read. Closing such a connection would reset it, and
// the last words could be lost.
func TestLinger(t *testing.T) {
	done := make(chan error, 1)
	ts := httptest.NewServer(accept(t, mintws.AcceptOptions{}, func(s wshttp.Stream) {
		_, err := io.WriteString(s, "last words")
		done <- errors.Join(err, wshttp.Linger(s, limit))
	}))
	defer ts.Close()
	c := dial(t, ts)
	if _, err := c.Write(append([]byte(request), bytes.Repeat([]byte("noise"), 1<<20)...)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if want := wantHead + "last words"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	c.Close() // and only now does Linger return, as its timeout is long
	if err = <-done; err != nil {
		t.Error(err)
	}
}
