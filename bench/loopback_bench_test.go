package bench

import (
	"runtime"
	"testing"
)

// onOneCore puts both ends of a connection on one core until the test ends: across two, what is measured is how long the
// other one takes to wake up.
func onOneCore(t testing.TB) {
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// perSecond reports how many of unit were done in a second.
func perSecond(b *testing.B, n int, unit string) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), unit)
}

// BenchmarkRoundTrip sends a message and waits for its echo, over loopback and with both ends on one core. A message here
// is a round trip.
func BenchmarkRoundTrip(b *testing.B) {
	onOneCore(b)
	p := fill(128)
	versus(b, "128B", 2*len(p), runsOf(append(loopLibs, codecLib), newLoopServer(b), "/echo", func(b *testing.B, c loopClient) {
		if err := c.trips(100, p); err != nil { // buffers have grown
			b.Fatal(err)
		}
		b.ResetTimer()
		if err := c.trips(b.N, p); err != nil {
			b.Fatal(err)
		}
		perSecond(b, b.N, "msg/s")
	})...)
}

const (
	// pipelineBurst is how many messages are sent before what the server has read is waited for, in every library alike:
	// less than a new socket takes in, so that none is stopped by it, nor goes on by queueing in memory.
	pipelineBurst = 512
	// pipelineBatch is how many messages go into one write.
	pipelineBatch = 32
	// pipelineSize is what a message is, and wireSize what it is on the wire.
	pipelineSize = 64
	wireSize     = 2 + 4 + pipelineSize // RFC 6455 section 5.2
)

// BenchmarkPipelined sends messages to a server that only reads, without waiting for anything, both ends on one core. One
// operation is one message. one is a write for each of them; batch is one for 32: the libraries whose interface has that, and the
// others with a connection that collects what they write.
func BenchmarkPipelined(b *testing.B) {
	onOneCore(b)
	s, p := newLoopServer(b), fill(pipelineSize)
	pipelined := func(b *testing.B, send func(n int) error) {
		for left := b.N; left > 0; left -= pipelineBurst {
			n := min(left, pipelineBurst)
			if err := send(n); err != nil {
				b.Fatal(err)
			}
			if !s.await(int64(n) * wireSize) {
				b.Fatal("what came is not what was sent")
			}
		}
		perSecond(b, b.N, "msg/s")
	}
	versus(b, "64B/one", pipelineSize, runsOf(append(loopLibs, codecLib), s, "/drain", func(b *testing.B, c loopClient) {
		b.ResetTimer()
		pipelined(b, func(n int) error { return c.send(n, p) })
	})...)
	versus(b, "64B/batch", pipelineSize, runsOf(batchLibs(), s, "/drain", func(b *testing.B, c loopClient) {
		m := c.(batcher)
		b.ResetTimer()
		pipelined(b, func(n int) (err error) {
			for ; n > 0 && err == nil; n -= pipelineBatch {
				err = m.sendBatch(min(n, pipelineBatch), p)
			}
			return err
		})
	})...)
}

// TestLoopback: every client that is measured gets each message's echo, and sends what was asked of it and nothing else.
func TestLoopback(t *testing.T) {
	s := newLoopServer(t)
	for _, lib := range append(append(bufferedLibs, loopLibs...), codecLib) {
		t.Run(lib.name, func(t *testing.T) {
			c, err := lib.open(s.addr(), "/echo")
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			for _, n := range []int{1, 125, 126, 1000} {
				if err = c.trips(3, fill(n)); err != nil {
					t.Errorf("echo of %d bytes: %v", n, err)
				}
			}
			c, err = lib.open(s.addr(), "/drain")
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			if err = c.send(10, fill(pipelineSize)); err != nil || !s.await(10*wireSize) {
				t.Errorf("10 messages: %v", err)
			}
			if m, ok := c.(batcher); ok {
				if err = m.sendBatch(pipelineBatch, fill(pipelineSize)); err != nil || !s.await(pipelineBatch*wireSize) {
					t.Errorf("a batch: %v", err)
				}
			}
		})
	}
}
