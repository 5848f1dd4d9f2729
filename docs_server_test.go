package readme

import (
	"bufio"
	"context"
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

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/wshttp"
)

// snippet: answers
// served is one connection of a server, from its first byte on. The zero served is a new one.
type served struct {
	head   handshake.Head
	ws     mintws.WebSocket
	unsent []byte // to be written
	over   bool   // read no more: write what is unsent, and close
}

// turn takes what was read. The Inbox is the loop's, and serves all connections.
func (s *served) turn(in *mintws.Inbox, data []byte, opt mintws.AcceptOptions) {
	for s.ws.State() == mintws.Invalid && !s.over { // requests come before the WebSocket: a browser may ask for an icon first
		var r *http.Request
		var status int
		var header http.Header
		var err error
		if s.head, r, data, err = s.head.Feed(data); err == nil && r == nil {
			return
		}
		if err == nil {
			s.ws, status, header, err = mintws.Accept(r, opt)
		}
		if err == nil {
			s.unsent, err = handshake.AppendAnswer(s.unsent, status, header)
		}
		if err != nil {
			var again bool
			s.unsent, again = handshake.AppendRefusal(s.unsent, r, err)
			s.over = !again
		}
	}
	in.Reset()
	var failure error
	s.ws, failure = s.ws.AppendDecode(in, data)
	for _, f := range in.Frames {
		reply, ok := s.ws.Reply(f) // to a Ping or a Close
		if !f.Opcode.IsControl() {
			reply, ok = f, true // this one says the same again
		}
		if ok {
			s.ws, s.unsent, _ = s.ws.AppendEncode(s.unsent, reply) // refused after a Close: nothing is lost
		}
	}
	if f, ok := mintws.CloseFrame(failure); ok {
		s.ws, s.unsent, _ = s.ws.AppendEncode(s.unsent, f)
	}
	s.over = s.over || s.ws.State() != mintws.Open
}

// end

// snippet: serve
// serveConn is a whole server on one connection, a *net.TCPConn or a *tls.Conn.
func serveConn(sock wshttp.Stream, opt mintws.AcceptOptions) {
	var s served
	var in mintws.Inbox
	buf := make([]byte, 4096)
	sock.SetReadDeadline(time.Now().Add(10 * time.Second)) // for all of the handshake
	for !s.over {
		n, err := sock.Read(buf)
		s.turn(&in, buf[:n], opt)
		sock.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if _, lost := sock.Write(s.unsent); err != nil || lost != nil {
			break
		}
		s.unsent = s.unsent[:0]
		if s.ws.State() == mintws.Open {
			sock.SetReadDeadline(time.Now().Add(time.Minute))
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

// TestServed: the server of the page with our own client, and cut at every byte.
func TestServed(t *testing.T) {
	address := rawServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	b, err := Open(ctx, "ws://"+address+"/chat", mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.SetDeadline(time.Now().Add(20 * time.Second))
	for _, f := range []mintws.Frame{mintws.Text("hello"), mintws.Ping(nil), mintws.Binary(make([]byte, 1<<20)), mintws.Close(mintws.CodeNormal, "")} {
		if err = b.Write(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{5, 1 << 20} {
		if f, ok, readErr := b.Read(); readErr != nil || !ok || len(f.Payload) != want {
			t.Fatal(f, ok, readErr)
		}
	}
	if f, ok, readErr := b.Read(); readErr != nil || ok {
		t.Error(f, ok, readErr)
	}

	const plain = "GET /favicon.ico HTTP/1.1\r\nHost: a\r\n\r\n"
	text := plain + "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Version: 13\r\n\r\n\x81\x82\x00\x00\x00\x00hi\x89\x80\x00\x00\x00\x00\xff"
	var in mintws.Inbox
	want := ""
	for i := range len(text) + 1 {
		var s served
		s.turn(&in, []byte(text[:i]), mintws.AcceptOptions{})
		s.turn(&in, []byte(text[i:]), mintws.AcceptOptions{})
		got := string(s.unsent)
		if i == 0 {
			want = got
			if !strings.HasPrefix(got, "HTTP/1.1 426 ") || !strings.Contains(got, "HTTP/1.1 101 ") ||
				!strings.Contains(got, "\r\n\r\n\x81\x02hi\x8a\x00\x88") || !s.over {
				t.Fatalf("%q", got)
			}
		}
		if got != want || !s.over {
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
	curl, err := exec.LookPath("curl")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
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
