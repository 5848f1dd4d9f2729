package handshake_test

import (
	"bufio"
	"bytes"
	"math"
	"net/http"
	"runtime"
	"slices"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// browser is what a browser sends, about.
const browser = "GET /chat?room=7 HTTP/1.1\r\nHost: chat.example.org\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
	"Upgrade: websocket\r\nOrigin: https://chat.example.org\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Accept-Language: de-DE,de;q=0.9,en;q=0.8\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"

// allocated is what a call of f allocates, in bytes and in times: the least of several, as other goroutines allocate too.
func allocated(f func()) (size, times uint64) {
	size, times = math.MaxUint64, math.MaxUint64
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		size, times = min(size, after.TotalAlloc-before.TotalAlloc), min(times, after.Mallocs-before.Mallocs)
	}
	return size, times
}

// TestLinearWork: a head in single bytes allocates in proportion to its size, a few times in all; twice the size is no more than
// about twice the memory. Whatever is copied is copied into what was allocated.
func TestLinearWork(t *testing.T) {
	single := func(size int) (uint64, uint64) {
		head := []byte("GET / HTTP/1.1\r\nHost: a\r\nx: ")
		head = append(head, bytes.Repeat([]byte("y"), size-len(head)-4)...)
		head = append(head, "\r\n\r\n"...)
		start := handshake.New(handshake.Limits{MaxHeaderBytes: -1})
		return allocated(func() {
			h := start
			var r *http.Request
			for i := range head {
				var err error
				if h, r, _, err = h.Feed(head[i : i+1]); err != nil {
					t.Fatal(err)
				}
			}
			if r == nil {
				t.Fatal("no request")
			}
		})
	}
	small, smallTimes := single(8 << 10)
	large, largeTimes := single(128 << 10)
	t.Logf("8 KiB: %d B in %d; 128 KiB: %d B in %d", small, smallTimes, large, largeTimes)
	if large > 5*128<<10 || large > 20*small {
		t.Errorf("8 KiB in single bytes allocate %d bytes, 128 KiB %d", small, large)
	}
	if largeTimes > smallTimes+8 { // the buffer doubles four times more
		t.Errorf("8 KiB in single bytes allocate %d times, 128 KiB %d times", smallTimes, largeTimes)
	}
}

// BenchmarkHead reads the head that a browser sends: whole, in pieces, and as net/http's server does it.
func BenchmarkHead(b *testing.B) {
	head := []byte(browser)
	pieces := func(size int) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(head)))
			for b.Loop() {
				var h handshake.Head
				var r *http.Request
				var err error
				for piece := range slices.Chunk(head, size) {
					if h, r, _, err = h.Feed(piece); err != nil {
						b.Fatal(err)
					}
				}
				if r == nil {
					b.Fatal("no request")
				}
			}
		}
	}
	b.Run("whole", pieces(len(head)))
	b.Run("64B", pieces(64))
	b.Run("1B", pieces(1))
	b.Run("nethttp", func(b *testing.B) { // its buffer is used again, as by a server that pools it
		b.ReportAllocs()
		b.SetBytes(int64(len(head)))
		in := bytes.NewReader(head)
		br := bufio.NewReader(in)
		for b.Loop() {
			in.Reset(head)
			br.Reset(in)
			if _, err := http.ReadRequest(br); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkHandshake is all of it: the request, the judgement, the answer.
func BenchmarkHandshake(b *testing.B) {
	head := []byte(browser)
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		_, r, _, err := handshake.Head{}.Feed(head)
		if err != nil {
			b.Fatal(err)
		}
		_, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if out, err = handshake.AppendAnswer(out[:0], status, header); err != nil {
			b.Fatal(err)
		}
	}
}
