package mintws_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/echo"
	"github.com/mintws/mintws/mintws"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"
)

// loop drives one connection with many WebSockets on one goroutine, as a program would.
type loop struct {
	t     testing.TB
	sock  net.Conn
	conn  httpconn.Conn
	out   httpconn.Output
	in    mintws.Inbox
	buf   []byte
	ws    map[httpconn.StreamID]mintws.WebSocket
	frame func(id httpconn.StreamID, f mintws.Frame) // called for each frame received
	event func(ev httpconn.Event)                    // called for each event of no WebSocket
	errs  map[httpconn.StreamID]error
}

func newLoop(t testing.TB, sock net.Conn, cfg httpconn.Config) *loop {
	l := &loop{t: t, sock: sock, buf: make([]byte, 16<<10), ws: map[httpconn.StreamID]mintws.WebSocket{},
		errs: map[httpconn.StreamID]error{}}
	l.frame, l.event = func(httpconn.StreamID, mintws.Frame) {}, func(httpconn.Event) {}
	var err error
	if l.conn, err = httpconn.New(httpconn.HTTP2, cfg, &l.out); err != nil {
		t.Fatal(err)
	}
	if err = sock.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return l
}

// turn writes what is to be written and handles one read.
func (l *loop) turn() {
	l.t.Helper()
	if _, err := l.sock.Write(l.out.Send); err != nil {
		l.t.Fatal(err)
	}
	l.out.Reset()
	n, err := l.sock.Read(l.buf)
	if err != nil {
		l.t.Fatal(err)
	}
	l.conn, err = l.conn.Stream(&l.out, l.buf[:n])
	for _, ev := range l.out.Events {
		ws, ok := l.ws[ev.StreamID]
		if !ok {
			l.event(ev)
			continue
		}
		l.in.Reset()
		var e error
		if l.conn, ws, e = mintws.Receive(l.conn, &l.out, ws, &l.in, ev); e != nil {
			l.errs[ev.StreamID] = e
		}
		l.ws[ev.StreamID] = ws
		for _, f := range l.in.Frames {
			l.frame(ev.StreamID, f)
		}
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *loop) until(what string, done func() bool) {
	l.t.Helper()
	for i := 0; !done(); i++ {
		if i > 1_000_000 {
			l.t.Fatalf("no end in sight: %s", what)
		}
		l.turn()
	}
}

func (l *loop) upgrade(url string, opt mintws.Options) httpconn.StreamID {
	l.t.Helper()
	var ws mintws.WebSocket
	var err error
	if l.conn, ws, err = mintws.Upgrade(l.conn, &l.out, url, opt); err != nil {
		l.t.Fatal(err)
	}
	l.ws[ws.StreamID()] = ws
	return ws.StreamID()
}

func (l *loop) send(id httpconn.StreamID, f mintws.Frame) {
	l.t.Helper()
	var err error
	ws := l.ws[id]
	if l.conn, ws, err = mintws.Send(l.conn, &l.out, ws, f); err != nil {
		l.t.Fatal(err)
	}
	l.ws[id] = ws
}

// startEcho returns the address of an echo server that speaks HTTP/1.1 and, to those who know beforehand, HTTP/2.
func startEcho(t testing.TB) string {
	t.Helper()
	ts := httptest.NewUnstartedServer(echo.New(echo.Options{}))
	ts.Config.Protocols = new(http.Protocols)
	ts.Config.Protocols.SetHTTP1(true)
	ts.Config.Protocols.SetUnencryptedHTTP2(true)
	ts.Start()
	t.Cleanup(ts.Close)
	return ts.Listener.Addr().String()
}

func dialEcho(t testing.TB) (net.Conn, string) {
	t.Helper()
	addr := startEcho(t)
	sock, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	return sock, "ws://" + addr + "/"
}

// TestHTTP2Live: many WebSockets on one connection to net/http's server, messages of all sizes on all of them, so that flow control
// works in both directions, and an orderly end of each.
func TestHTTP2Live(t *testing.T) {
	sock, url := dialEcho(t)
	l := newLoop(t, sock, httpconn.Config{StreamWindow: 20_000, ConnWindow: 100_000})
	l.until("settings", func() bool { return l.conn.Slots() > 0 })
	const streams = 20
	sizes := []int{0, 1, 125, 126, 65535, 65536, 300_000}
	got := map[httpconn.StreamID]int{}
	closed := 0
	l.frame = func(id httpconn.StreamID, f mintws.Frame) {
		if f.Opcode == mintws.OpClose {
			closed++
			return
		}
		want := bytes.Repeat([]byte{byte(id)}, sizes[got[id]])
		if f.Opcode != mintws.OpBinary || !bytes.Equal(f.Payload, want) {
			t.Fatalf("stream %d: %v frame of %d bytes, want %d", id, f.Opcode, len(f.Payload), len(want))
		}
		if got[id]++; got[id] < len(sizes) {
			l.send(id, mintws.Binary(bytes.Repeat([]byte{byte(id)}, sizes[got[id]])))
			return
		}
		l.send(id, mintws.Close(1000, fmt.Sprint("stream ", id)))
	}
	for range streams {
		l.upgrade(url, mintws.Options{})
	}
	l.until("open", func() bool {
		for _, ws := range l.ws {
			if ws.State() != mintws.Open {
				return false
			}
		}
		return true
	})
	for id := range l.ws {
		l.send(id, mintws.Binary(nil))
	}
	l.until("closed", func() bool { return closed == streams })
	l.until("streams over", func() bool { return l.conn.Slots() >= 250 })
	for id, ws := range l.ws {
		if ws.State() != mintws.Closed || l.errs[id] != nil {
			t.Errorf("stream %d: %v, %v", id, ws.State(), l.errs[id])
		}
	}
	if n := l.conn.Buffered(0); n != 0 {
		t.Errorf("%d bytes are still queued", n)
	}
}
