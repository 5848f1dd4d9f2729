package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
)

// startEcho runs an echo server. Summaries arrive in the channel, which has room for all that a test makes.
func startEcho(t *testing.T, opt options) (s *echoServer, addr string, done chan summary) {
	t.Helper()
	done = make(chan summary, 1000)
	opt.Done = func(sum summary) { done <- sum }
	s = newEchoServer(opt)
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.Shutdown(ctx) // drops what a failed test has left
	})
	return s, ts.Listener.Addr().String(), done
}

// dial opens a WebSocket that the test's end closes.
func dial(t *testing.T, addr string, lines ...string) *wsClient {
	t.Helper()
	c, err := dialClient(addr, lines...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Conn.Close() })
	return c
}

// send and expect are one step each of a test.
func send(t *testing.T, c *wsClient, frames ...mintws.Frame) {
	t.Helper()
	if err := c.Send(frames...); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, c *wsClient, frames ...mintws.Frame) {
	t.Helper()
	for i, want := range frames {
		f, err := c.Next()
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if f.Opcode != want.Opcode || f.More != want.More || f.Code != want.Code || string(f.Payload) != string(want.Payload) {
			t.Fatalf("frame %d is %v (More %t) of %d bytes %.80q, want %v (More %t) of %d bytes %.80q", i,
				f.Opcode, f.More, len(f.Payload), f.Payload, want.Opcode, want.More, len(want.Payload), want.Payload)
		}
	}
}

// finish expects a Close with the code and a reason that has the text in it, then the clean end of the bytes.
func finish(t *testing.T, c *wsClient, code mintws.CloseCode, reason string) {
	t.Helper()
	f, err := c.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if f.Code != code || !strings.Contains(string(f.Payload), reason) {
		t.Errorf("Close %v %q, want %v with %q", f.Code, f.Payload, code, reason)
	}
}

func TestEcho(t *testing.T) {
	_, addr, done := startEcho(t, options{Accept: mintws.AcceptOptions{Subprotocols: []string{"b"}}})
	c := dial(t, addr, "Sec-WebSocket-Protocol: a, b")
	if got := c.Response.Header.Get("Sec-WebSocket-Protocol"); got != "b" {
		t.Errorf("subprotocol %q", got)
	}
	large := mintws.Binary([]byte(strings.Repeat("0123456789abcdef", 1<<17))) // 2 MiB
	frames := []mintws.Frame{mintws.Text("Hello"), mintws.Binary([]byte{0, 255}), mintws.Text(""), mintws.Binary(nil),
		mintws.Text("κόσμε"), large}
	for _, f := range frames {
		send(t, c, f)
		expect(t, c, f)
	}
	send(t, c, mintws.Ping([]byte("p")))
	expect(t, c, mintws.Pong([]byte("p")))

	// Fragments come back as one message, and the answer to what is between them first.
	part := mintws.Text("one, ")
	part.More = true
	send(t, c, part, mintws.Ping(nil), mintws.Frame{Opcode: mintws.OpContinuation, Payload: []byte("two")}, mintws.Pong(nil))
	expect(t, c, mintws.Pong(nil), mintws.Text("one, two"))

	// Many frames in one write come back in order, with what came before the Close.
	var many []mintws.Frame
	for range 300 {
		many = append(many, frames[:5]...)
	}
	send(t, c, append(many[:len(many):len(many)], mintws.Close(3000, "enough"))...)
	expect(t, c, many...)
	finish(t, c, 3000, "")

	sum := <-done
	if sum.Err != nil || sum.Status != 101 || sum.Path != "/" || sum.Subprotocol != "b" || sum.Code != 3000 ||
		sum.MessagesIn != 1507 || sum.MessagesOut != 1507 || sum.BytesIn != sum.BytesOut || sum.BytesIn < 2<<20 ||
		sum.Remote != c.Conn.LocalAddr().String() {
		t.Errorf("summary %+v", sum)
	}
}

// TestEchoPieces has the server return pieces of a message while the rest is still to come.
func TestEchoPieces(t *testing.T) {
	for _, delivery := range []mintws.Delivery{mintws.DeliverFragments, mintws.DeliverPayload} {
		_, addr, done := startEcho(t, options{Accept: mintws.AcceptOptions{Delivery: delivery}})
		c := dial(t, addr)
		first := mintws.Frame{Opcode: mintws.OpText, More: true, Payload: []byte("caf\xc3")}
		last := mintws.Frame{Opcode: mintws.OpContinuation, Payload: []byte("\xa9")}
		for range 2 {
			send(t, c, first)
			send(t, c, last)
			expect(t, c, mintws.Text("café")) // which the client joins
		}
		send(t, c, mintws.Close(0, ""))
		finish(t, c, 0, "")
		if sum := <-done; sum.MessagesOut != 2 || sum.BytesOut != 10 || sum.Code != mintws.CodeNoStatus || sum.Err != nil {
			t.Errorf("summary %+v", sum)
		}
	}
}

// TestProtocolErrors sends illegal bytes after a legal message, and more than fits into any buffer after them. The
// answer to the message and the Close arrive nevertheless.
func TestProtocolErrors(t *testing.T) {
	noise := strings.Repeat("noise", 1<<19)
	tests := []struct {
		name  string
		bytes string
		code  mintws.CloseCode
		want  string // in the reason
	}{
		{"unmasked", "\x81\x01a", 1002, "unmasked"},
		{"reserved bit", "\xc1\x80", 1002, "reserved bit"},
		{"reserved opcode", "\x83\x80", 1002, "opcode"},
		{"not UTF-8", "\x81\x81\x00\x00\x00\x00\xff", 1007, "UTF-8"},
		{"too big", "\x82\xfe\x10\x00", 1009, "limit"},
		{"close code", "\x88\x82\x00\x00\x00\x00\x03\xed", 1002, "Close"},
	}
	_, addr, done := startEcho(t, options{Accept: mintws.AcceptOptions{Limits: mintws.Limits{MaxMessage: 1000}}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, addr)
			send(t, c, mintws.Text("before"))
			if _, err := io.WriteString(c.Conn, tt.bytes+noise); err != nil {
				t.Fatal(err)
			}
			expect(t, c, mintws.Text("before"))
			finish(t, c, tt.code, tt.want)
			var pe *mintws.ProtocolError
			if sum := <-done; !errors.As(sum.Err, &pe) || sum.Code != tt.code || sum.MessagesOut != 1 {
				t.Errorf("summary %+v", sum)
			}
		})
	}
}

// TestEnds has the ways in which a connection ends without a closing handshake.
func TestEnds(t *testing.T) {
	t.Run("EOF", func(t *testing.T) {
		_, addr, done := startEcho(t, options{})
		c := dial(t, addr)
		send(t, c, mintws.Text("x"))
		expect(t, c, mintws.Text("x"))
		c.Conn.Close()
		var ce *mintws.CloseError
		if sum := <-done; !errors.As(sum.Err, &ce) || ce.Code != 1006 || sum.Code != 1006 {
			t.Errorf("summary %+v", sum)
		}
	})
	t.Run("idle", func(t *testing.T) {
		_, addr, done := startEcho(t, options{Idle: time.Millisecond})
		finish(t, dial(t, addr), 1001, "idle for 1ms")
		if sum := <-done; sum.Err != nil || sum.Code != 1001 {
			t.Errorf("summary %+v", sum)
		}
	})
	t.Run("no answer to Close", func(t *testing.T) {
		_, addr, done := startEcho(t, options{Idle: time.Millisecond, CloseTimeout: time.Millisecond})
		c := dial(t, addr)
		expect(t, c, mintws.Close(1001, "idle for 1ms"))
		if sum := <-done; sum.Err == nil || !strings.Contains(sum.Err.Error(), "did not answer our Close") {
			t.Errorf("summary %+v", sum)
		}
	})
	t.Run("peer does not read", func(t *testing.T) {
		_, addr, done := startEcho(t, options{WriteTimeout: 50 * time.Millisecond})
		c := dial(t, addr)
		message := mintws.Binary(make([]byte, 1<<20))
		for len(done) == 0 {
			if err := c.Send(message); err != nil {
				break // the server has dropped us
			}
		}
		if sum := <-done; sum.Err == nil || sum.Code != 1006 || sum.MessagesIn <= sum.MessagesOut {
			t.Errorf("summary %+v", sum)
		}
	})
}

// TestTLS makes a certificate of our own do for a client that has been given it.
func TestTLS(t *testing.T) {
	cert, err := selfSigned()
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewUnstartedServer(newEchoServer(options{}))
	ts.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	ts.StartTLS()
	defer ts.Close()
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	_, port, err := net.SplitHostPort(ts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", port), &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c, err := openClient(conn, "/path", "Origin: https://localhost")
	if err != nil {
		t.Fatal(err)
	}
	send(t, c, mintws.Text("secret"))
	expect(t, c, mintws.Text("secret"))
	send(t, c, mintws.Close(1000, ""))
	finish(t, c, 1000, "")
}

func TestLog(t *testing.T) {
	var b strings.Builder
	log := logSummaries(slog.New(slog.NewTextHandler(&b, nil)))
	log(summary{Remote: "192.0.2.1:5", Path: "/a b", Status: 101, Subprotocol: "s", MessagesIn: 3, MessagesOut: 2,
		BytesIn: 30, BytesOut: 20, Code: 1000, Duration: time.Second})
	log(summary{Path: strings.Repeat("x", 1000), Status: 403, Err: errors.New("why\n")})
	log(summary{Status: 101, Code: 1006, Err: io.ErrUnexpectedEOF})
	want := "level=INFO msg=closed remote=192.0.2.1:5 path=\"/a b\" subprotocol=s in=3 out=2 bytesIn=30 bytesOut=20 code=1000 duration=1s\n" +
		"level=WARN msg=refused remote=\"\" path=" + strings.Repeat("x", 200) + "... status=403 duration=0s error=\"why\\n\"\n" +
		"level=WARN msg=failed remote=\"\" path=\"\" subprotocol=\"\" in=0 out=0 bytesIn=0 bytesOut=0 code=1006 duration=0s error=\"unexpected EOF\"\n"
	if got := regexp.MustCompile(`(?m)^time=\S+ `).ReplaceAllString(b.String(), ""); got != want {
		t.Errorf("log is\n%s, want\n%s", got, want)
	}
}
