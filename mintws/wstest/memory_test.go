package wstest_test

import (
	"runtime"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestIdleMemory: of an idle WebSocket on HTTP/2 a Peer holds at most 500 bytes, after a message of any size: neither the request
// nor a buffer.
func TestIdleMemory(t *testing.T) {
	const n = 2000
	c := newClient(t, httpconn.HTTP2, wstest.Options{MaxStreams: n}, 0)
	for range n {
		c.send(c.open(mintws.Options{}), mintws.Binary(make([]byte, 1000)))
	}
	for _, ws := range c.ws {
		if ws.State() != mintws.Open {
			t.Fatal(ws.State(), ws.Err())
		}
	}
	if len(c.ws) != n || len(c.frames) != n {
		t.Fatalf("%d WebSockets, %d of them answered", len(c.ws), len(c.frames))
	}
	peer := c.peer
	c = nil
	with := heapInUse()
	runtime.KeepAlive(peer)
	peer = nil
	if each := (with - heapInUse()) / n; each > 500 || each < 100 {
		t.Errorf("%d bytes, want 100 to 500", each)
	}
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // what is in a sync.Pool survives one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
