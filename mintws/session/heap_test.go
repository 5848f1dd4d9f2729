package session_test

import (
	"runtime"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestIdleHeap: what an idle connection holds, with its time and with what belongs to its socket.
func TestIdleHeap(t *testing.T) {
	type connection struct {
		s session.Session
		_ session.Pending
	}
	const n = 5000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for _, tt := range []struct {
		name string
		most uint64
		open func() session.Session
	}{
		{"server", 450, func() session.Session { return server(t, mintws.Options{}) }},
		{"HTTP/1.1", 450, func() session.Session { return opened(t, httpconn.HTTP1, wstest.Options{}, mintws.Options{}) }},
	} {
		before := heap()
		all := make([]connection, 0, n)
		for range n {
			all = append(all, connection{s: tt.open()})
		}
		each := (heap() - before) / n
		runtime.KeepAlive(all)
		if t.Logf("%s: %d bytes", tt.name, each); each > tt.most {
			t.Errorf("%s: %d bytes of heap for an idle connection, want %d at most", tt.name, each, tt.most)
		}
	}
}
