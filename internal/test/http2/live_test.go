package http2_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/echo"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"
)

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

// TestHTTP2Live: many WebSockets on one connection to net/http's server, messages of all sizes on all of them, so that flow
// control works in both directions, and an orderly end of each.
func TestHTTP2Live(t *testing.T) {
	addr := startEcho(t)
	sock, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	if err = sock.SetDeadline(time.Now().Add(h2test.Patience)); err != nil {
		t.Fatal(err)
	}
	l, err := h2test.NewLoop(sock, httpconn.Config{StreamWindow: 20_000, ConnWindow: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	until := func(what string, done func() bool) {
		t.Helper()
		if err = l.Until(what, done); err != nil {
			t.Fatal(err)
		}
	}
	send := func(id httpconn.StreamID, f mintws.Frame) {
		if err = l.Send(id, f); err != nil {
			t.Fatal(err)
		}
	}
	until("settings", l.Ready)
	const streams = 20
	sizes := []int{0, 1, 125, 126, 65535, 65536, 300_000}
	got := map[httpconn.StreamID]int{}
	closed := 0
	l.Frame = func(id httpconn.StreamID, f mintws.Frame) error {
		if f.Opcode == mintws.OpClose {
			closed++
			return nil
		}
		want := bytes.Repeat([]byte{byte(id)}, sizes[got[id]])
		if f.Opcode != mintws.OpBinary || !bytes.Equal(f.Payload, want) {
			return fmt.Errorf("stream %d: %v frame of %d bytes, want %d", id, f.Opcode, len(f.Payload), len(want))
		}
		if got[id]++; got[id] < len(sizes) {
			return l.Send(id, mintws.Binary(bytes.Repeat([]byte{byte(id)}, sizes[got[id]])))
		}
		return l.Send(id, mintws.Close(1000, fmt.Sprint("stream ", id)))
	}
	for range streams {
		if _, err = l.Upgrade("ws://"+addr+"/", mintws.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	until("open", func() bool {
		for _, ws := range l.WS {
			if ws.State() != mintws.Open {
				return false
			}
		}
		return true
	})
	for id := range l.WS {
		send(id, mintws.Binary(nil))
	}
	until("closed", func() bool { return closed == streams })
	until("streams over", func() bool { return l.Conn.Slots() >= 250 })
	for id, ws := range l.WS {
		if ws.State() != mintws.Closed || l.Errs[id] != nil {
			t.Errorf("stream %d: %v, %v", id, ws.State(), l.Errs[id])
		}
	}
	if n := l.Conn.Buffered(0); n != 0 {
		t.Errorf("%d bytes are still queued", n)
	}
}
