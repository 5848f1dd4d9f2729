package bench

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
)

// h2Servers are the servers of both versions.
type h2Servers struct {
	h1 *loopServer
	h2 *h2Server
}

// newH2Servers starts both. Over HTTP/1.1 messages have n bytes, and window is the server's over HTTP/2.
func newH2Servers(b testing.TB, n, window int) h2Servers {
	s := h2Servers{newLoopServer(b), newH2Server(b, window)}
	s.h1.handle("/source", source(2, fill(n)))
	return s
}

// of returns the one that lib talks to.
func (s h2Servers) of(lib h2Lib) *loopServer {
	if lib.version == httpconn.HTTP1 {
		return s.h1
	}
	return &s.h2.loopServer
}

// upBytes is what n messages of size bytes are on the wire to the server.
func upBytes(n, size int) int64 {
	return int64(n) * int64(4+len(floorHeader(nil, 2, size))+size)
}

// BenchmarkH2Loopback is messages over HTTP/2 and loopback, down to a client that only reads, and up to a server that does. One
// operation is one message. Windows and all else are what each library has by default; the server is the same for all and has
// 4 MiB, or 64 KiB, which are full all the time. mintws+http1 is the same WebSocket over HTTP/1.1. Both ends are on one core, and
// CPU time is that of both.
func BenchmarkH2Loopback(b *testing.B) {
	onOneCore(b)
	for _, job := range []struct {
		way    string
		window int
		note   string
	}{{"down", h2ServerWindow, ""}, {"up", h2ServerWindow, ""}, {"up", h2SmallWindow, ",window=64KiB"}} {
		for _, size := range []size{sizes[3], sizes[5]} {
			s, p, up := newH2Servers(b, size.n, job.window), fill(size.n), job.way == "up"
			var runs []run
			for _, lib := range h2Libs {
				if lib.version == httpconn.HTTP1 && job.window == h2SmallWindow {
					continue
				}
				runs = append(runs, run{lib.name, func(b *testing.B) {
					c, err := lib.open(s.of(lib).addr(), up, 0)
					if err != nil {
						b.Fatal(err)
					}
					defer c.close()
					move := func(n int) {
						if up {
							if err = c.send(n, p); err == nil && !s.of(lib).await(upBytes(n, len(p))) {
								err = errLength
							}
						} else if err = c.ask(len(p), n); err == nil {
							err = c.receive(n)
						}
						if err != nil {
							b.Fatal(err)
						}
					}
					move(max(20, (1<<20)/len(p))) // buffers have grown
					b.ResetTimer()
					busy := cpuTime()
					move(b.N)
					b.StopTimer()
					moved := float64(b.N) * float64(len(p)) / (1 << 20)
					b.ReportMetric(float64(cpuTime()-busy)/moved, "cpu-ns/MiB")
				}})
			}
			versus(b, job.way+"/"+size.name+job.note, size.n, runs...)
		}
	}
}

const (
	distanceRate = 50e6 // bytes a second
	distanceSize = 1 << 20
	distanceWarm = 6  // messages until windows, and the way, are full
	distanceOp   = 12 // messages in an operation
)

// BenchmarkH2Distance is messages of 1 MiB through a link of 50 MB/s, with the server so far away. One operation is 12 of them,
// on one stream that has been busy for a while. share is of the rate that the link and the window, once a round trip, allow.
// The server's window is 4 MiB, which no row fills.
func BenchmarkH2Distance(b *testing.B) {
	s, p := newH2Servers(b, distanceSize, h2ServerWindow), fill(distanceSize)
	for _, c := range []struct {
		up     bool
		rtt    time.Duration
		window int // 0: what the library has by default
		libs   []string
	}{
		{false, 10 * time.Millisecond, 0, []string{"mintws", "xnet", "framer"}},
		{false, 50 * time.Millisecond, 0, []string{"mintws", "mintws+http1", "xnet", "framer"}},
		{false, 100 * time.Millisecond, 0, []string{"mintws", "xnet", "framer"}},
		{false, 50 * time.Millisecond, 1 << 20, []string{"mintws", "framer"}},
		{true, 10 * time.Millisecond, 0, []string{"mintws", "xnet", "framer"}},
		{true, 50 * time.Millisecond, 0, []string{"mintws", "mintws+http1", "xnet", "framer"}},
	} {
		way := "down"
		if c.up {
			way = "up"
		}
		name := fmt.Sprintf("%s/rtt=%v", way, c.rtt)
		if c.window > 0 {
			name += fmt.Sprintf(",window=%dMiB", c.window>>20)
		}
		var runs []run
		for _, name := range c.libs {
			lib := h2LibNamed(name)
			runs = append(runs, run{lib.name, func(b *testing.B) {
				far := newDistance(b, s.of(lib).addr(), c.rtt/2, distanceRate)
				client, err := lib.open(far.addr(), c.up, c.window)
				if err != nil {
					b.Fatal(err)
				}
				defer client.close()
				const messages = distanceOp
				total := distanceWarm + b.N*messages
				failed := make(chan error, 1)
				if c.up {
					go func() { failed <- client.send(total, p) }()
					s.of(lib).awaitSome(upBytes(distanceWarm, len(p)))
				} else {
					if err = client.ask(len(p), total); err == nil {
						err = client.receive(distanceWarm)
					}
				}
				b.ResetTimer()
				switch {
				case c.up:
					if !s.of(lib).await(upBytes(total, len(p))) {
						err = errLength
					}
				case err == nil:
					err = client.receive(total - distanceWarm)
				}
				b.StopTimer()
				if c.up && err == nil {
					err = <-failed
				}
				if err != nil {
					b.Fatal(err)
				}
				most := distanceRate
				if w := windowOf(lib, c.up, c.window); w > 0 {
					most = min(most, float64(w)/c.rtt.Seconds())
				}
				moved := float64(b.N) * messages * distanceSize
				b.ReportMetric(moved/b.Elapsed().Seconds()/most, "share")
			}})
		}
		versus(b, name, distanceOp*distanceSize, runs...)
	}
}

// h2LibNamed returns the library of that name.
func h2LibNamed(name string) h2Lib {
	for _, lib := range h2Libs {
		if lib.name == name {
			return lib
		}
	}
	panic(name)
}

// windowOf returns the window of a stream, 0 where there is none.
func windowOf(lib h2Lib, up bool, window int) int {
	switch {
	case lib.version == httpconn.HTTP1:
		return 0
	case up:
		return h2ServerWindow
	case lib.name == "xnet":
		return 4 << 20 // its own choice
	case window > 0:
		return window
	}
	return httpconn.DefaultStreamWindow
}

// TestH2Clients: each client that is measured gets as many messages as it asked for, on one stream after the other, and sends
// what it should, with windows that are smaller than what goes through them.
func TestH2Clients(t *testing.T) {
	for _, size := range []int{1, 1000, 70_000, 5 << 20} {
		s, p := newH2Servers(t, size, h2SmallWindow), fill(size)
		for _, lib := range h2Libs {
			c, err := lib.open(s.of(lib).addr(), false, 64<<10)
			if err != nil {
				t.Fatal(lib.name, err)
			}
			for range 2 {
				if err = c.ask(size, 3); err == nil {
					err = c.receive(1)
				}
				if err == nil {
					err = c.receive(2)
				}
				if err != nil {
					t.Errorf("%s, %d bytes down: %v", lib.name, size, err)
				}
			}
			c.close()

			var got bytes.Buffer
			s.h2.got = func(p []byte) { got.Write(p) }
			if c, err = lib.open(s.of(lib).addr(), true, 0); err != nil {
				t.Fatal(lib.name, err)
			}
			if err = c.send(3, p); err != nil || !s.of(lib).await(upBytes(3, size)) {
				t.Errorf("%s, %d bytes up: %v", lib.name, size, err)
			}
			c.close()
			if lib.version == httpconn.HTTP1 {
				continue
			}
			in := newInbound(&got)
			for range 3 {
				if op, buf, err := in.next(); err != nil || op != 2 || !bytes.Equal(buf[roomAhead:], p) {
					t.Errorf("%s, %d bytes up: %v, the server has got something else", lib.name, size, err)
				}
			}
		}
	}
}
