package readme

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/installed"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wshttp"
)

// snippet: answers
// served is one connection of a server, from its first byte on. The zero served is a new one.
type served struct {
	head   handshake.Head
	ws     session.Session // once it is opened
	opened bool
	last   bool // the last answer was given, and it opened nothing
}

// turn takes what was read, and leaves in out what is to be written. The Output is the loop's, and serves all connections.
func (c *served) turn(out *session.Output, now time.Time, data []byte, opt mintws.AcceptOptions) {
	for !c.opened && !c.last { // requests come first, and not only for the WebSocket: a browser asks for an icon, too
		var r *http.Request
		var ws mintws.WebSocket
		var status int
		var header http.Header
		var err error
		if c.head, r, data, err = c.head.Feed(data); err == nil && r == nil {
			return
		}
		if err == nil {
			ws, status, header, err = mintws.Accept(r, opt)
		}
		if err == nil {
			out.Send, err = handshake.AppendAnswer(out.Send, status, header)
		}
		if err != nil {
			var again bool
			out.Send, again = handshake.AppendRefusal(out.Send, r, err)
			c.last = !again
			continue
		}
		c.opened, c.ws = true, session.New(httpconn.Conn{}, ws, timing, now)
	}
	c.ws, _ = c.ws.Received(out, now, data) // answers Ping and Close
	for _, f := range out.Frames {
		if !f.Opcode.IsControl() {
			c.ws, _ = c.ws.Send(out, now, f) // this server says the same again
		}
	}
}

// over reports whether nothing is read any more: write what is to be written, and close.
func (c *served) over() bool { return c.last || c.opened && c.ws.Over() }

// timing is one for all connections.
var timing = session.NewDeadlines(session.Timing{}, time.Now())

// end

// snippet: serve
// serveConn is a whole server on one connection, a *net.TCPConn or a *tls.Conn.
func serveConn(sock wshttp.Stream, opt mintws.AcceptOptions) {
	var c served
	var out session.Output
	buf := make([]byte, 4096)
	deadline := time.Now().Add(10 * time.Second) // of all requests, up to the one that opens the WebSocket
	for !c.over() {
		sock.SetReadDeadline(deadline)
		n, err := sock.Read(buf)
		now := time.Now()
		switch {
		case n > 0:
			c.turn(&out, now, buf[:n], opt)
		case c.opened && errors.Is(err, os.ErrDeadlineExceeded):
			c.ws, _ = c.ws.Tick(&out, now) // a Ping, or the end
		default:
			c.ws, _ = c.ws.EOF(&out, now)
			c.last = true
		}
		sock.SetWriteDeadline(now.Add(10 * time.Second))
		if _, err = out.WriteTo(sock); err != nil {
			break
		}
		if c.opened {
			deadline = c.ws.Deadline()
		}
	}
	wshttp.Linger(sock, time.Second) // so that our last bytes arrive
}

// end

// rawServer runs serveConn on a free port.
func rawServer(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, acceptErr := l.Accept()
			if acceptErr != nil {
				return
			}
			running.Go(func() { serveConn(c.(*net.TCPConn), mintws.AcceptOptions{}) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return l.Addr().String()
}

// TestServed: the server of the page with a client of ours, and cut at every byte.
func TestServed(t *testing.T) {
	address := rawServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := wsconn.Dial(ctx, "ws://"+address+"/chat", wsconn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, want := range []int{5, 1 << 20} {
		err = c.Write(ctx, mintws.OpBinary, make([]byte, want))
		if op, p, readErr := c.Read(ctx); err != nil || readErr != nil || op != mintws.OpBinary || len(p) != want {
			t.Fatal(err, op, len(p), readErr)
		}
	}
	if err = c.Close(mintws.CodeNormal, ""); err != nil {
		t.Error(err)
	}

	const plain = "GET /favicon.ico HTTP/1.1\r\nHost: a\r\n\r\n"
	text := plain + "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Version: 13\r\n\r\n\x81\x82\x00\x00\x00\x00hi"
	var out session.Output
	want := ""
	for i := range len(text) + 1 {
		var c served
		c.turn(&out, time.Now(), []byte(text[:i]), mintws.AcceptOptions{})
		c.turn(&out, time.Now(), []byte(text[i:]), mintws.AcceptOptions{})
		got := string(out.Take(nil))
		if i == 0 {
			want = got
			if !strings.HasPrefix(got, "HTTP/1.1 426 ") || !strings.Contains(got, "HTTP/1.1 101 ") ||
				!strings.HasSuffix(got, "\r\n\r\n\x81\x02hi") {
				t.Fatalf("%q", got)
			}
		}
		if got != want || c.over() {
			t.Fatalf("cut at %d: %q, want %q", i, got, want)
		}
	}
}

// TestServedRefuses: net/http's client and a plain socket get their 426, and the connection is used again.
func TestServedRefuses(t *testing.T) {
	address := rawServer(t)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	conns := 0
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conns++
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	for range 3 {
		resp, err := client.Get("http://" + address + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if resp.Body.Close(); err != nil || resp.StatusCode != 426 || resp.Header.Get("Upgrade") != "websocket" ||
			string(body) != "426 Upgrade Required: Upgrade is missing, want \"websocket\".\n" {
			t.Fatalf("%d %v %q %v", resp.StatusCode, resp.Header, body, err)
		}
	}
	if conns != 1 {
		t.Errorf("three requests took %d connections", conns)
	}
	resp, err := client.Post("http://"+address+"/", "text/plain", strings.NewReader(strings.Repeat("x", 100<<10)))
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != 413 || !resp.Close {
		t.Errorf("content: %d, close %v", resp.StatusCode, resp.Close)
	}

	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprint(c, "GET / HTTP/1.1\nHost: a\n\n")
	raw, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.ReadAll(raw.Body); err != nil || raw.StatusCode != 400 || !raw.Close {
		t.Errorf("bare LF: %d, close %v, %v", raw.StatusCode, raw.Close, err)
	}
}

// TestServedCurl: what a person sees who looks at the server with curl.
func TestServedCurl(t *testing.T) {
	curl := installed.Program(t, "curl")
	address := rawServer(t)
	for _, tt := range []struct {
		args []string
		want string // status, connections made, content
	}{
		{[]string{"http://" + address + "/", "http://" + address + "/again"}, "426 Upgrade Required: Upgrade is missing, want \"websocket\".\n426 1\n" +
			"426 Upgrade Required: Upgrade is missing, want \"websocket\".\n426 0\n"},
		{[]string{"--http1.0", "http://" + address + "/"}, "426 Upgrade Required: request is HTTP/1.0, which cannot be upgraded; want HTTP/1.1.\n426 1\n"},
		{[]string{"-d", "x", "http://" + address + "/"}, "413 Request Entity Too Large: request has content (Content-Length is not 0), want none.\n413 1\n"},
		{[]string{"-I", "-o", os.DevNull, "http://" + address + "/"}, "405 1\n"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		args := append([]string{"-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "-w", `%{http_code} %{num_connects}\n`}, tt.args...)
		out, runErr := exec.CommandContext(ctx, curl, args...).CombinedOutput()
		cancel()
		if runErr != nil || string(out) != tt.want {
			t.Errorf("curl %q: %v, %q; want %q", tt.args, runErr, out, tt.want)
		}
	}
}
