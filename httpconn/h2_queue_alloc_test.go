//go:build !race

// The race detector allocates as well.

package httpconn

import (
	"runtime"
	"testing"
)

// TestQueueAllocates holds what is allocated for each byte that waits for a window: it is copied once, and little is added.
func TestQueueAllocates(t *testing.T) {
	for _, tc := range []struct {
		message, step, keep int
		most                float64
	}{
		{16 << 10, 16 << 10, 0, 1.3},
		{16 << 10, 16 << 10, 64 << 10, 1.1},
		{16 << 10, 32 << 10, 64 << 10, 1.1},
		{16 << 10, 32 << 10, 1 << 20, 1.1},
		{1 << 20, 16 << 10, 0, 1.1},
		{1 << 20, 16 << 10, 64 << 10, 1.1},
		{1 << 20, 32 << 10, 1 << 20, 1.1},
		{20_000, 20_000, 60_000, 1.3},
		{1000, 1000, 64 << 10, 1.5},
	} {
		s, ids := h2SlowBegin(t, 1, 64<<10, 64<<10)
		p := make([]byte, tc.message)
		run := func() {
			for sent := 0; sent < 8<<20; sent += len(p) {
				s.long(t, ids[0], p, tc.step, tc.keep)
			}
		}
		run() // fills the window
		from := s.sent
		n := allocated(run)
		if got := float64(n) / float64(s.sent-from); got > tc.most {
			t.Errorf("messages of %d, credit of %d, %d queued before them: %.2f bytes allocated a byte, at most %v",
				tc.message, tc.step, tc.keep, got, tc.most)
		}
	}
	for _, tc := range []struct {
		streams, message int
		most             float64
	}{
		{100, 1000, 1.25},
		{10_000, 1000, 1.25},
		{10_000, 100, 2.8},
		{100, 16 << 10, 1.1},
	} {
		s, ids := h2SlowBegin(t, tc.streams, maxWindow>>1, 0)
		p := make([]byte, tc.message)
		run := func() {
			for range max(4*tc.streams, 8<<20/tc.message) {
				s.next(t, ids, p, 64<<10)
			}
		}
		run()
		from := s.sent
		n := allocated(run)
		if got := float64(n) / float64(s.sent-from); got > tc.most {
			t.Errorf("messages of %d on %d streams: %.2f bytes allocated a byte, at most %v", tc.message, tc.streams, got, tc.most)
		}
	}
}

// TestQueueLetsGo: what is sent is not kept, however long something waits.
func TestQueueLetsGo(t *testing.T) {
	heap := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	s, ids := h2SlowBegin(t, 2, 0, maxWindow)
	p := make([]byte, 1<<20)
	first := s.c
	before := heap()
	s.send(t, ids[1], p[:1000]) // which is never sent
	for range 64 {
		s.send(t, ids[0], p)
		s.credit(t, ids[0], len(p)-1)
		s.credit(t, ids[0], 1)
	}
	s.send(t, ids[0], p)
	s.credit(t, ids[0], len(p)-1)
	if n := heap() - before; n > 128<<10 || s.c.Buffered(0) != 1001 {
		t.Errorf("%d bytes wait, and %d are kept", s.c.Buffered(0), n)
	}
	s.credit(t, ids[0], 1)
	s.credit(t, ids[1], 1000)
	if n := heap() - before; n > 64<<10 || s.c.Buffered(0) != 0 {
		t.Errorf("%d bytes wait, and %d are kept", s.c.Buffered(0), n)
	}
	if first.Buffered(0) != 0 {
		t.Error("an old value has changed")
	}
}
