package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lesismal/nbio/logging"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

func TestMain(m *testing.M) {
	logging.SetLevel(logging.LevelNone)
	os.Exit(m.Run())
}

// TestBoth: the server and its clients, with small messages and with large ones.
func TestBoth(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, args := range []string{"-n=50", "-n=1 -messages=0", "-n=4 -messages=3 -size=4000000"} {
		var w bytes.Buffer
		err := run(ctx, strings.Fields(args), &w)
		if err != nil || !regexp.MustCompile(`^\d+ clients, \d+ messages of \d+ B each, there and back: [\d.]+m?s\n$`).MatchString(w.String()) {
			t.Errorf("%s: %v, printed %q", args, err, w.String())
		}
	}
}

// TestListen: the server alone, and clients of its own process that do not know it.
func TestListen(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"-listen", "127.0.0.1:0"}, w) }()
	url, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err = run(ctx, []string{"-n=20", strings.TrimSpace(url)}, io.Discard); err != nil {
		t.Error(err)
	}
	cancel()
	if err = <-done; err != nil {
		t.Error(err)
	}
}

// TestClient: what servers do that do not simply echo.
func TestClient(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, c := range map[string]struct {
		how  wstest.Behavior
		url  string
		want string // in the error; "" for none
	}{
		"echoes":       {},
		"no WebSocket": {url: "http://127.0.0.1:80/", want: "the form is"},
		"refuses TCP":  {url: "ws://" + closed.Addr().String(), want: "no answer to the opening handshake"},
		"refuses":      {how: wstest.Behavior{Refuse: 503}, want: "status 503"},
		"vanishes":     {how: wstest.Behavior{Fault: wstest.FaultVanish, After: 1}, want: "1006"},
		"closes":       {how: wstest.Behavior{Fault: wstest.FaultClose, Code: mintws.CodeNormal, After: 1}, want: "messages came back"},
		"goes silent":  {how: wstest.Behavior{Fault: wstest.FaultSilence, After: 1}, want: "a sign of life after a Ping has not come"},
		"says something else": {how: wstest.Behavior{Reply: func(mintws.Frame) []mintws.Frame { return []mintws.Frame{mintws.Text("what?")} }},
			want: "only 1 of 10 messages came back"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.url == "" {
				server := wstest.NewServer(wstest.Options{Behavior: c.how})
				defer server.Close()
				c.url = server.URL
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			gotErr := run(ctx, []string{"-n=3", "-ping=300ms", "-pong=2s", c.url}, io.Discard)
			if c.want == "" && gotErr != nil || c.want != "" && (gotErr == nil || !strings.Contains(gotErr.Error(), c.want)) {
				t.Errorf("error %v, want one with %q", gotErr, c.want)
			}
		})
	}
}

const (
	upgrade = "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	plain = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
)

// dialServer returns a connection to a server of its own.
func dialServer(t *testing.T) *net.TCPConn {
	t.Helper()
	h, err := serve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.stop)
	sock, err := net.Dial("tcp", h.engine.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	sock.SetDeadline(time.Now().Add(40 * time.Second))
	return sock.(*net.TCPConn)
}

// TestServer: requests in one piece and byte by byte, refused and not.
func TestServer(t *testing.T) {
	frames := string(wstest.MaskedFrames(mintws.Text("hello")))
	for name, c := range map[string]struct {
		send string
		want []string // what the answer has, in order
	}{
		"opens":         {upgrade + frames, []string{"HTTP/1.1 101 ", "\r\n\r\n"}},
		"no WebSocket":  {plain + upgrade + frames, []string{"HTTP/1.1 426 ", "HTTP/1.1 101 ", "\r\n\r\n"}},
		"no request":    {"nonsense\r\n\r\n", []string{"HTTP/1.1 400 "}},
		"breaks a rule": {upgrade + "\x81\x00", []string{"HTTP/1.1 101 ", "\r\n\r\n", "\x88"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{len(c.send), 1} {
				sock := dialServer(t)
				go func() {
					for p := []byte(c.send); len(p) > 0; p = p[min(size, len(p)):] {
						if _, err := sock.Write(p[:min(size, len(p))]); err != nil {
							return // a refusal may come before all is sent
						}
					}
				}()
				r := bufio.NewReader(sock)
				var got []byte
				for _, want := range c.want {
					i := -1
					for ; i < 0; i = bytes.Index(got, []byte(want)) {
						b, err := r.ReadByte()
						if err != nil {
							t.Fatalf("%q, %v, want %q", got, err, want)
						}
						got = append(got, b)
					}
					got = got[i+len(want):]
				}
			}
		})
	}
}

// TestStopsReading: a peer that asks and never reads is not read from any more, and all that was read comes back once it does read.
func TestStopsReading(t *testing.T) {
	sock := dialServer(t)
	sock.SetWriteBuffer(16 << 10)
	sock.SetReadBuffer(16 << 10)
	sock.Write([]byte(upgrade))
	r := bufio.NewReader(sock)
	if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 101 {
		t.Fatal(resp, err)
	}
	message := wstest.MaskedFrames(mintws.Binary(make([]byte, 1000)))
	batch := bytes.Repeat(message, 100)
	sent := 0
	for {
		sock.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)) // when it stands still that long, all buffers are full
		n, err := sock.Write(batch)
		if sent += n; err != nil {
			break
		}
		if sent > 64<<20 {
			t.Fatal("it reads for ever")
		}
	}
	answer := wstest.Frames(mintws.Binary(make([]byte, 1000)))
	got, err := io.CopyN(io.Discard, r, int64(sent/len(message)*len(answer)))
	if err != nil {
		t.Errorf("sent %d bytes, %d came back: %v", sent, got, err)
	}
}
