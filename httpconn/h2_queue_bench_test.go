package httpconn

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"golang.org/x/net/http2"
)

// h2Slow is a client that sends messages to a server that gives credit only as it consumes. Nothing of it allocates, but for
// the Conn.
type h2Slow struct {
	c      Conn
	out    Output
	owed   int // bytes that came, and that the server has not given credit for
	sent   int // bytes that came in all
	turn   int // messages that next sent
	update []byte
}

// h2SlowBegin returns one with n tunnels, each with the given window, and so the connection.
func h2SlowBegin(t testing.TB, n, window, connWindow int) (*h2Slow, []StreamID) {
	t.Helper()
	c, ids := h2Tunnels(t, n)
	c = h2Fed(t, c, fSettings(setWindow, uint32(window)))
	c.h2.sendWindow = int32(connWindow)
	return &h2Slow{c: c, update: []byte(fWindow(0, 1) + fWindow(0, 1))}, ids
}

// send gives the client a message.
func (s *h2Slow) send(t testing.TB, id StreamID, p []byte) {
	mark, err := s.c.BeginData(&s.out, id, len(p))
	if err != nil {
		t.Fatal(err)
	}
	s.out.Send = append(s.out.Send, p...)
	if s.c, err = s.c.EndData(&s.out, id, mark, false); err != nil {
		t.Fatal(err)
	}
	s.read()
}

// read is what the server reads.
func (s *h2Slow) read() {
	for b := s.out.Send; len(b) > 0; {
		f := parseFrameHead(b)
		if f.kind == http2.FrameData {
			s.owed += f.length
			s.sent += f.length
		}
		b = b[frameHeadLen+f.length:]
	}
	s.out.Reset()
}

// credit gives the client n more on the connection, and on the stream if there is one.
func (s *h2Slow) credit(t testing.TB, id StreamID, n int) {
	s.owed -= n
	frames := s.update
	if id == 0 {
		frames = frames[len(frames)/2:]
	}
	for b := frames; len(b) > 0; b = b[frameHeadLen+4:] {
		binary.BigEndian.PutUint32(b[5:], uint32(id))
		binary.BigEndian.PutUint32(b[frameHeadLen:], uint32(n))
		id = 0
	}
	var err error
	if s.c, err = s.c.Stream(&s.out, frames); err != nil {
		t.Fatal(err)
	}
	s.read()
}

// long sends one message on one stream, and lets the server consume it in steps until at most keep bytes are queued.
func (s *h2Slow) long(t testing.TB, id StreamID, p []byte, step, keep int) {
	s.send(t, id, p)
	for s.c.Buffered(id) > keep && s.owed >= step {
		s.credit(t, id, step)
	}
}

// next sends a message on one of the streams in turn, while the connection's window is full. Once more waits than a message
// for each stream, the connection is given credit, in steps.
func (s *h2Slow) next(t testing.TB, ids []StreamID, p []byte, step int) {
	s.send(t, ids[s.turn%len(ids)], p)
	s.turn++
	for s.c.Buffered(0) > len(ids)*len(p)+step {
		s.credit(t, 0, step)
	}
}

// allocated returns how many bytes do allocates.
func allocated(do func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// reportPerByte adds what is allocated for each byte sent to a benchmark.
func reportPerByte(b *testing.B, s *h2Slow, do func()) {
	b.ReportAllocs()
	b.ResetTimer()
	from := s.sent
	n := allocated(do)
	b.StopTimer()
	b.ReportMetric(float64(n)/float64(s.sent-from), "alloc-B/B")
}

// BenchmarkQueueLong is messages on one stream whose window of 64 KiB is smaller than what is sent, or always full: keep is
// how much is still queued when the next message comes.
func BenchmarkQueueLong(b *testing.B) {
	for _, size := range []int{16 << 10, 1 << 20} {
		for _, step := range []int{16 << 10, 32 << 10} {
			for _, keep := range []int{0, 64 << 10} {
				b.Run(fmt.Sprintf("message=%dKiB/credit=%dKiB/keep=%dKiB", size>>10, step>>10, keep>>10), func(b *testing.B) {
					s, ids := h2SlowBegin(b, 1, 64<<10, 64<<10)
					p := make([]byte, size)
					for range 16 { // fill the window
						s.long(b, ids[0], p, step, keep)
					}
					b.SetBytes(int64(size))
					reportPerByte(b, s, func() {
						for range b.N {
							s.long(b, ids[0], p, step, keep)
						}
					})
				})
			}
		}
	}
}

// BenchmarkQueueMany is a connection whose window is full: on each of its streams a message waits, and another comes before
// that is sent.
func BenchmarkQueueMany(b *testing.B) {
	for _, tc := range []struct{ streams, size int }{{100, 1000}, {100, 16 << 10}, {10_000, 100}, {10_000, 1000}} {
		for _, step := range []int{4 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("streams=%d/message=%d/credit=%dKiB", tc.streams, tc.size, step>>10), func(b *testing.B) {
				s, ids := h2SlowBegin(b, tc.streams, maxWindow>>1, 0)
				p := make([]byte, tc.size)
				for range 2 * tc.streams {
					s.next(b, ids, p, step)
				}
				b.SetBytes(int64(tc.size))
				reportPerByte(b, s, func() {
					for range b.N {
						s.next(b, ids, p, step)
					}
				})
			})
		}
	}
}

// BenchmarkQueueFork goes on from a value that is not the newest, while a message waits on each stream.
func BenchmarkQueueFork(b *testing.B) {
	for _, n := range h2Sizes {
		b.Run(fmt.Sprintf("streams=%d", n), func(b *testing.B) {
			s, ids := h2SlowBegin(b, n, maxWindow>>1, 0)
			for range 3 * n {
				s.next(b, ids, make([]byte, 100), 100)
			}
			c := s.c
			s.next(b, ids, make([]byte, 100), 100) // the newest value is dropped
			p := make([]byte, 100)
			var out Output
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				h2Must(b)(c.SendData(&out, ids[0], p, false))
			}
		})
	}
}
