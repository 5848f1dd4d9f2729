package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

const (
	idleConns = 1000
	// idleEnv is what a process of its own is told: a library's name, the server's address, how many connections to hold.
	idleEnv = "MINTWS_BENCH_IDLE"
)

// idleLibs are those that are measured here: mintws also in an event loop, where there is one.
var idleLibs = slices.Clone(loopLibs)

// BenchmarkIdle reports what a client connection costs that has echoed one message and now waits for the next: bytes of the
// heap, and of the memory of the process, in which goroutines' stacks count too. Each library has a process of its own, and
// the server is in another. There is a goroutine for each connection, in the library's call that reads; mintws, gobwas and
// the floor hold no buffer meanwhile. nbio, and mintws+poll, poll all of them on one goroutine.
func BenchmarkIdle(b *testing.B) {
	onLinux(b)
	s := newLoopServer(b)
	for _, lib := range idleLibs {
		b.Run("connections/lib="+lib.name, func(b *testing.B) {
			for range b.N {
				heap, rss, err := idleProcess(s, lib.name, idleConns)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(heap, "heap-B/conn")
				b.ReportMetric(rss, "rss-B/conn")
			}
		})
	}
}

// onLinux skips a test elsewhere: what is resident is in /proc only there.
func onLinux(t testing.TB) {
	if runtime.GOOS != "linux" {
		t.Skip("/proc/self/statm is a file of Linux")
	}
}

// idleProcess runs TestIdle in a process of its own, and returns what that has measured.
func idleProcess(s *loopServer, lib string, n int) (heap, rss float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.Command(self, "-test.run=^TestIdle$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", idleEnv, lib, s.addr(), n))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, out)
	}
	_, result, _ := strings.Cut(string(out), idleEnv)
	_, err = fmt.Sscan(result, &heap, &rss)
	return heap, rss, err
}

// measureIdle is what such a process does: it prints what the connections of which env tells take.
func measureIdle(t *testing.T, env string) {
	var name, addr string
	var n int
	if _, err := fmt.Sscan(env, &name, &addr, &n); err != nil {
		t.Fatalf("%s=%q: %v", idleEnv, env, err)
	}
	for _, lib := range idleLibs {
		if lib.name == name {
			heap, rss := idle(t, lib, addr, n)
			fmt.Println(idleEnv, heap, rss)
		}
	}
}

// idle opens n connections and returns what each takes of the heap and of the process's memory.
func idle(t *testing.T, lib loopLib, addr string, n int) (heap, rss float64) {
	var held []loopClient
	hold := func(n int) {
		for range n {
			c, err := lib.open(addr, "/echo")
			if err == nil {
				err = c.trips(1, fill(128))
			}
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, c)
			go c.wait()
		}
	}
	held = make([]loopClient, 0, n+idleWarm)
	hold(idleWarm) // what is made once
	heapBefore, rssBefore := memory(t)
	hold(n)
	heapAfter, rssAfter := memory(t)
	for _, c := range held {
		c.close()
	}
	return float64(heapAfter-heapBefore) / float64(n), float64(rssAfter-rssBefore) / float64(n)
}

// idleWarm is how many connections are open before the first measurement.
const idleWarm = 10

// memory returns the bytes of the heap in use and of the process's memory that is resident, once what is free was given back.
func memory(t *testing.T) (heap, rss int64) {
	time.Sleep(50 * time.Millisecond) // every goroutine has come to where it waits
	var m runtime.MemStats
	inUse(&m)
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(statm) // of proc(5): the second is resident pages
	if err != nil || len(fields) < 2 {
		t.Fatalf("%q: %v", statm, err)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return int64(m.HeapAlloc), pages * int64(os.Getpagesize())
}

// TestIdle: every client can be held and measured. It is also what runs in the processes of idleProcess.
func TestIdle(t *testing.T) {
	if env := os.Getenv(idleEnv); env != "" {
		measureIdle(t, env)
		return
	}
	onLinux(t)
	s := newLoopServer(t)
	for _, lib := range idleLibs {
		if _, _, err := idleProcess(s, lib.name, 5); err != nil {
			t.Errorf("%s: %v", lib.name, err)
		}
	}
}

// idlePair is what is kept of an HTTP/1.1 connection and its WebSocket, and idleState what is kept of an HTTP/2 connection.
type (
	idlePair struct {
		conn httpconn.Conn
		ws   mintws.WebSocket
	}
	idleState struct {
		conn httpconn.Conn
		ws   []mintws.WebSocket
	}
)

// BenchmarkIdleState reports what the library alone holds of an idle WebSocket, its share of the HTTP connection included:
// no socket, no buffer to read into. With takeover it has sent and received 64 messages of 1 KiB, with the default options.
func BenchmarkIdleState(b *testing.B) {
	const conns, few, streams = 5000, 1000, 10_000
	measure := func(name string, n int, open func(b *testing.B) any) {
		b.Run(name+"/lib=mintws", func(b *testing.B) {
			for range b.N {
				var before, after runtime.MemStats
				inUse(&before)
				held := open(b)
				inUse(&after)
				b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/float64(n), "heap-B/conn")
				runtime.KeepAlive(held)
			}
		})
	}
	http1 := func(b *testing.B, conns int, opt mintws.Options, extensions string, use func(*tunnels)) any {
		pairs := make([]idlePair, conns)
		for i := range pairs {
			m := openTunnels(b, httpconn.HTTP1, 1, opt, extensions)
			use(m)
			pairs[i] = idlePair{m.conn, m.ws[0]}
		}
		return pairs
	}
	measure("http1", conns, func(b *testing.B) any {
		return http1(b, conns, mintws.Options{}, "", func(*tunnels) {})
	})
	measure("http1-takeover", few, func(b *testing.B) any {
		deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
		if err != nil {
			b.Fatal(err)
		}
		messages := jsonMessages(1<<10, 64)
		wire, _ := deflateWire(b, deflateSetting{takeover: true, bits: 15}, messages)
		opt := mintws.Options{Extensions: []mintws.Extension{deflate}}
		return http1(b, few, opt, "Sec-WebSocket-Extensions: permessage-deflate\r\n", func(m *tunnels) {
			for i, p := range messages {
				m.send(0, p)
				m.receive(0, wire[i])
			}
		})
	})
	measure("http2", streams, func(b *testing.B) any {
		m := openTunnels(b, httpconn.HTTP2, streams, mintws.Options{}, "")
		return idleState{m.conn, m.ws}
	})
}
