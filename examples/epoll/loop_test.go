//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// start runs an echo server in this process and returns its address.
func start(t *testing.T, timing session.Timing, buffer int) (addr string, l *loop) {
	t.Helper()
	e := &echo{}
	l, err := newLoop(e, timing)
	if err != nil {
		t.Fatal(err)
	}
	e.l = l
	url, err := l.listen("127.0.0.1", buffer)
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	if err = l.watch(int(r.Fd()), func() { stop.Store(true) }); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		var turnErr error
		for turnErr == nil && !stop.Load() {
			turnErr = l.turn()
		}
		done <- turnErr
	}()
	t.Cleanup(func() {
		w.Close()
		if turnErr := <-done; turnErr != nil {
			t.Error(turnErr)
		}
		r.Close()
	})
	return strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/"), l
}

func dialTCP(t *testing.T, addr string) net.Conn {
	t.Helper()
	sock, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	sock.SetDeadline(time.Now().Add(40 * time.Second))
	return sock
}

const (
	upgrade = "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	plain = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
)

// TestServer: what is refused and what is answered, with the input in one piece and byte by byte.
func TestServer(t *testing.T) {
	addr, _ := start(t, session.Timing{}, 0)
	frames := string(wstest.MaskedFrames(mintws.Text("hello"), mintws.Ping([]byte("p")), mintws.Close(mintws.CodeNormal, "")))
	open := "HTTP/1.1 101 Switching Protocols\r\n"
	for name, c := range map[string]struct {
		send  string
		heads []string // of the answers, in order
		tail  string
	}{
		"opens":              {send: upgrade + frames, heads: []string{open}, tail: "\x88\x02\x03\xe8"},
		"no WebSocket":       {send: plain + upgrade + frames, heads: []string{"HTTP/1.1 426 ", open}, tail: "\x88\x02\x03\xe8"},
		"no request":         {send: "nonsense\r\n\r\n", heads: []string{"HTTP/1.1 400 "}},
		"breaks the rules":   {send: upgrade + "\x81\x00", heads: []string{open}, tail: "\x88"},
		"gives up halfway":   {send: upgrade[:50]},
		"content is refused": {send: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", heads: []string{"HTTP/1.1 413 "}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{len(c.send), 1} {
				sock := dialTCP(t, addr)
				for p := []byte(c.send); len(p) > 0; p = p[min(size, len(p)):] {
					if _, err := sock.Write(p[:min(size, len(p))]); err != nil {
						break // a refusal may come before all is sent
					}
				}
				sock.(*net.TCPConn).CloseWrite()
				got, err := io.ReadAll(sock)
				if err != nil {
					t.Fatal(err)
				}
				for _, head := range c.heads {
					i := bytes.Index(got, []byte(head))
					if i < 0 {
						t.Fatalf("%q is missing in %q", head, got)
					}
					got = got[i+len(head):]
				}
				if !strings.Contains(string(got), c.tail) || len(c.heads) == 0 && len(got) > 0 {
					t.Errorf("%q, want it to contain %q", got, c.tail)
				}
			}
		})
	}
}

// TestServerEchoes: a message comes back, also one that came with the request.
func TestServerEchoes(t *testing.T) {
	addr, _ := start(t, session.Timing{}, 0)
	sock := dialTCP(t, addr)
	said := wstest.MaskedFrames(mintws.Text("with the request"))
	if _, err := sock.Write(append([]byte(upgrade), said...)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(sock)
	if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 101 {
		t.Fatal(resp, err)
	}
	for _, text := range []string{"with the request", "later"} {
		if text == "later" {
			sock.Write(wstest.MaskedFrames(mintws.Text(text)))
		}
		want := wstest.Frames(mintws.Text(text))
		got := make([]byte, len(want))
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

// TestStopsReading: a peer that asks and never reads is not read from any more, and all that was read comes back once it does read.
func TestStopsReading(t *testing.T) {
	addr, _ := start(t, session.Timing{}, 16<<10)
	sock := dialTCP(t, addr).(*net.TCPConn)
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
	if sent > 8<<20 {
		t.Errorf("it has read %d bytes, the answers to which were not taken", sent)
	}
	answer := wstest.Frames(mintws.Binary(make([]byte, 1000)))
	got, err := io.CopyN(io.Discard, r, int64(sent/len(message)*len(answer)))
	if err != nil {
		t.Errorf("%d bytes came back: %v", got, err)
	}
}

// TestClient: with the servers of others, whatever happens to them.
func TestClient(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	slow, err := net.Listen("tcp", "127.0.0.1:0") // connections wait in its queue
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slow.Close() })
	for name, c := range map[string]struct {
		how  wstest.Behavior
		url  string
		ping time.Duration
		n    int
		want string // in the error; "" for none
	}{
		"echoes":           {ping: time.Hour, n: 20},
		"pings meanwhile":  {ping: time.Millisecond, n: 3},
		"no address":       {url: "ws://localhost:80/", n: 1, want: "the form is"},
		"refuses TCP":      {url: "ws://" + closed.Addr().String(), n: 3, want: "connection refused"},
		"does not answer":  {url: "ws://" + slow.Addr().String(), n: 3, want: "the answer to the opening handshake has not come"},
		"refuses":          {how: wstest.Behavior{Refuse: 503}, n: 3, want: "status 503"},
		"vanishes":         {how: wstest.Behavior{Fault: wstest.FaultVanish, After: 1}, n: 3, want: "1006"},
		"closes":           {how: wstest.Behavior{Fault: wstest.FaultClose, Code: mintws.CodeGoingAway, After: 1}, n: 3, want: "closed by the server"},
		"goes silent":      {how: wstest.Behavior{Fault: wstest.FaultSilence, After: 1}, ping: time.Millisecond, n: 3, want: "a sign of life after a Ping has not come"},
		"breaks the rules": {how: wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte("\x83\x00")}, n: 3, want: mintws.ErrReservedOpcode.Error()},
		"says something else": {how: wstest.Behavior{Reply: func(mintws.Frame) []mintws.Frame { return []mintws.Frame{mintws.Text("what?")} }}, n: 3,
			want: "0 greetings"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.url == "" {
				server := wstest.NewServer(wstest.Options{Behavior: c.how})
				defer server.Close()
				c.url = server.URL
			}
			var w bytes.Buffer
			o := options{n: c.n, messages: 3, size: 300 << 10, idle: time.Second,
				timing: session.Timing{Open: 3 * time.Second, Ping: c.ping, Pong: 2 * time.Second}, timeout: 20 * time.Second, url: c.url}
			if strings.Contains(c.want, "0 ") {
				o.timeout = time.Second // it waits for the others until then
			}
			gotErr := talk(&w, o)
			switch {
			case c.want == "" && (gotErr != nil || !strings.HasSuffix(w.String(), "all are closed, none was lost\n")):
				t.Errorf("%v, printed\n%s", gotErr, w.String())
			case c.want != "" && (gotErr == nil || !strings.Contains(gotErr.Error(), c.want)):
				t.Errorf("error %v, want one with %q", gotErr, c.want)
			}
		})
	}
}

// TestWholeMessages: messages that are encoded whole pass as well, whatever the sockets' buffers.
func TestWholeMessages(t *testing.T) {
	addr, _ := start(t, session.Timing{}, 4<<10)
	now := time.Now()
	p := &client{w: io.Discard, began: now, limit: now.Add(30 * time.Second), shown: now}
	var err error
	if p.l, err = newLoop(p, session.Timing{}); err != nil {
		t.Fatal(err)
	}
	c, err := p.l.dial("ws://"+addr, 4<<10, mintws.Options{Delivery: mintws.DeliverPayload})
	if err != nil {
		t.Fatal(err)
	}
	b := newBulk(4, 4<<20)
	b.piece = b.size
	c.user = b
	if err = p.until("sending", b.done); err != nil || b.wrong {
		t.Fatal(err, b.wrong)
	}
	if b.waiting < b.size/2 || b.waiting > b.size+64<<10 {
		t.Errorf("%d bytes waited", b.waiting)
	}
}

// crosstalk is a handler that, when a message comes back, says it on the other connections too, in the wrong way and in the right one.
type crosstalk struct {
	l     *loop
	conns []*conn
	got   []string
	err   error
}

func (h *crosstalk) opened(*conn)        {}
func (h *crosstalk) closed(*conn, error) {}

func (h *crosstalk) produce(c *conn) bool {
	if c.user == nil && (c == h.conns[0] || len(h.got) > 0) {
		c.user = true
		return h.l.send(c, mintws.Text(hello(c))) == nil
	}
	return false
}

func (h *crosstalk) received(c *conn, f mintws.Frame) {
	h.got = append(h.got, string(f.Payload))
	for _, other := range h.conns {
		if other != c {
			h.err = h.l.send(other, mintws.Text("secret"))
			h.l.wake(other)
		}
	}
}

// TestTurns: one connection makes another one speak, and what is sent in the wrong turn does not get into another one's bytes.
func TestTurns(t *testing.T) {
	h := &crosstalk{}
	l, err := newLoop(h, session.Timing{})
	if err != nil {
		t.Fatal(err)
	}
	h.l = l
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	for range 2 {
		c, dialErr := l.dial(server.URL, 0, mintws.Options{})
		if dialErr != nil {
			t.Fatal(dialErr)
		}
		h.conns = append(h.conns, c)
	}
	for end := time.Now().Add(20 * time.Second); len(h.got) < 2 && time.Now().Before(end); {
		if err = l.turn(); err != nil {
			t.Fatal(err)
		}
	}
	if len(h.got) != 2 || h.got[0] != hello(h.conns[0]) || h.got[1] != hello(h.conns[1]) || h.err != errTurn {
		t.Errorf("%q came back, error %v", h.got, h.err)
	}
}

// TestNoDescriptor: a server that has no descriptor left turns connections away, and goes on when there are some again.
func TestNoDescriptor(t *testing.T) {
	cmd := exec.Command("sh", "-c", `ulimit -n 100 && exec "$0" -serve -n 1`, os.Args[0])
	cmd.Env = append(os.Environ(), "EPOLL_EXAMPLE_MAIN=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() //nolint:errcheck // it is killed
	defer stdin.Close()
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/\n")
	greeted := func(sock net.Conn) bool {
		sock.Write([]byte(upgrade))
		buf := make([]byte, 1000)
		n, readErr := sock.Read(buf)
		return readErr == nil && strings.HasPrefix(string(buf[:n]), "HTTP/1.1 101 ")
	}
	open := 0
	var socks []net.Conn
	for range 150 {
		sock := dialTCP(t, addr)
		socks = append(socks, sock)
		if greeted(sock) {
			open++
		}
	}
	if open < 50 || open > 100 {
		t.Errorf("%d connections with 100 descriptors", open)
	}
	for _, sock := range socks {
		sock.Close()
	}
	for tries := 0; ; tries++ { // it may not have seen yet that the others are gone
		if greeted(dialTCP(t, addr)) {
			break
		}
		if tries == 100 {
			t.Fatal("it does not recover")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestTakesNothing: a peer that does not take its answers is given up after the time in which it should have.
func TestTakesNothing(t *testing.T) {
	addr, _ := start(t, session.Timing{Ping: 300 * time.Millisecond, Pong: 300 * time.Millisecond}, 16<<10)
	sock := dialTCP(t, addr).(*net.TCPConn)
	sock.SetReadBuffer(16 << 10)
	sock.Write([]byte(upgrade))
	batch := bytes.Repeat(wstest.MaskedFrames(mintws.Binary(make([]byte, 1000))), 100)
	for { // until the server resets the connection, since it has not read all
		if _, err := sock.Write(batch); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the server waits for ever")
			}
			return
		}
	}
}
