package httpconn

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// h2Tunnels returns a connection with n WebSockets open, on which windows do not matter.
func h2Tunnels(b testing.TB, n int) (Conn, []StreamID) {
	b.Helper()
	c := h2Fed(b, h2Started(b, Config{StreamWindow: maxWindow, ConnWindow: maxWindow}),
		fSettings(setWindow, maxWindow)+fWindow(0, maxWindow-65535))
	ids := make([]StreamID, n)
	var out Output
	for i := range ids {
		var err error
		if c, ids[i], err = c.Request(&out, h2Ext); err != nil {
			b.Fatal(err)
		}
		c = h2Fed(b, c, f200(uint32(ids[i])))
		out.Reset()
	}
	return c, ids
}

var h2Sizes = []int{1, 100, 10_000}

// BenchmarkH2Receive is DATA frames of 32 bytes, one a call and 32 a call, each of another stream in turn.
func BenchmarkH2Receive(b *testing.B) {
	for _, n := range h2Sizes {
		for _, perCall := range []int{1, 32} {
			b.Run(fmt.Sprintf("streams=%d/frames=%d", n, perCall), func(b *testing.B) {
				c, ids := h2Tunnels(b, n)
				var reads [][]byte
				for i := 0; i < max(n, perCall); i += perCall {
					var read string
					for k := range perCall {
						read += fData(uint32(ids[(i+k)%n]), false, "0123456789abcdef0123456789abcdef")
					}
					reads = append(reads, []byte(read))
				}
				var out Output
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i += perCall {
					out.Events, out.Send = out.Events[:0], out.Send[:0]
					var err error
					if c, err = c.Stream(&out, reads[i/perCall%len(reads)]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkH2ReceiveCredit is DATA frames in reads of 64 KiB, in turn on 100 streams whose windows are those of a Config, so that
// there is credit to give. B/s is of content.
func BenchmarkH2ReceiveCredit(b *testing.B) {
	for _, window := range []struct {
		name string
		cfg  Config
	}{{"default", Config{}}, {"64KiB", Config{StreamWindow: 64 << 10, ConnWindow: 1 << 20}}, {"manual", Config{ManualCredit: true}}} {
		for _, size := range []int{32, 1 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("window=%s/frame=%d", window.name, size), func(b *testing.B) {
				const streams = 100
				c := h2Started(b, window.cfg)
				var frames []string
				for i := range streams {
					c = h2Fed(b, h2Requests(b, c, h2Ext), f200(uint32(2*i+1)))
					frames = append(frames, fData(uint32(2*i+1), false, strings.Repeat("x", size)))
				}
				perRead := 64 << 10 / size
				var reads [][]byte
				for i := 0; i < max(streams, perRead); i += perRead {
					var read []byte
					for k := range perRead {
						read = append(read, frames[(i+k)%streams]...)
					}
					reads = append(reads, read)
				}
				var out Output
				sent := 0
				b.SetBytes(int64(size))
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i += perRead {
					out.Events, out.Send = out.Events[:0], out.Send[:0]
					var err error
					if c, err = c.Stream(&out, reads[i/perRead%len(reads)]); err != nil {
						b.Fatal(err)
					}
					if c.set.manualCredit {
						for k := range out.Events {
							if c, err = c.Consume(&out, out.Events[k].StreamID, size); err != nil {
								b.Fatal(err)
							}
						}
					}
					sent += len(out.Send)
				}
				b.ReportMetric(float64(sent)/float64(max(b.N, perRead)), "sent-B/op")
			})
		}
	}
}

// BenchmarkH2Send is messages of 32 bytes that the windows allow, each on another stream in turn.
func BenchmarkH2Send(b *testing.B) {
	p := []byte("0123456789abcdef0123456789abcdef")
	for _, n := range h2Sizes {
		b.Run(fmt.Sprintf("streams=%d", n), func(b *testing.B) {
			start, ids := h2Tunnels(b, n)
			c, left := start, maxWindow
			var out Output
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if left -= len(p); left < len(p) {
					c, left = start, maxWindow
				}
				out.Send = out.Send[:0]
				id := ids[i%n]
				mark, err := c.BeginData(&out, id, len(p))
				if err != nil {
					b.Fatal(err)
				}
				out.Send = append(out.Send, p...)
				if c, err = c.EndData(&out, id, mark, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkH2Floor is the same frames without a connection: 32 in a read, and one written at a time. Framer is x/net's, with
// neither streams nor windows; header is the nine bytes alone.
func BenchmarkH2Floor(b *testing.B) {
	const p = "0123456789abcdef0123456789abcdef"
	var read string
	for i := range uint32(32) {
		read += fData(2*i+1, false, p)
	}
	b.Run("receive/Framer", func(b *testing.B) {
		r := bytes.NewReader(nil)
		fr := http2.NewFramer(nil, r)
		fr.SetReuseFrames()
		data := []byte(read)
		b.ReportAllocs()
		for i := range b.N {
			if i%32 == 0 {
				r.Reset(data)
			}
			if _, err := fr.ReadFrame(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("receive/header", func(b *testing.B) {
		data, at, sum := []byte(read), 0, 0
		for range b.N {
			f := parseFrameHead(data[at:])
			sum += int(f.id) + int(f.kind)
			if at += frameHeadLen + f.length; at == len(data) {
				at = 0
			}
		}
		if sum == 0 {
			b.Fatal("nothing parsed")
		}
	})
	b.Run("send/Framer", func(b *testing.B) {
		fr := http2.NewFramer(io.Discard, nil)
		data := []byte(p)
		b.ReportAllocs()
		for i := range b.N {
			if err := fr.WriteData(uint32(2*(i%32)+1), false, data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("send/header", func(b *testing.B) {
		var send []byte
		for i := range b.N {
			send = append(send[:0], 0, 0, 0, 0, 0, 0, 0, 0, 0)
			send = append(send, p...)
			putFrameHead(send, len(p), http2.FrameData, 0, StreamID(2*(i%32)+1))
		}
		if binary.BigEndian.Uint32(send)>>8 != uint32(len(p)) {
			b.Fatal("nothing written")
		}
	})
}

// BenchmarkH2Queue is streams that wait: one gets credit, sends what it has and waits again. With "turns" all wait for the
// connection's window; with "window" each for its own, so that the others cannot be served.
func BenchmarkH2Queue(b *testing.B) {
	for _, kind := range []string{"turns", "window"} {
		for _, n := range []int{10, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/streams=%d", kind, n), func(b *testing.B) {
				c, ids := h2Tunnels(b, n)
				if kind == "turns" {
					c.h2.sendWindow = 0
				} else {
					c = h2Fed(b, c, fSettings(setWindow, 0))
				}
				var out Output
				for _, id := range ids {
					c = h2Must(b)(c.SendData(&out, id, make([]byte, 1000), false))
				}
				p, update := make([]byte, 1000), []byte(fWindow(0, 1000))
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					out.Reset()
					id := ids[i%n]
					if kind == "window" {
						binary.BigEndian.PutUint32(update[5:], uint32(id))
						if c.h2.sendWindow < 1000 {
							c = h2Fed(b, c, fWindow(0, maxWindow-uint32(c.h2.sendWindow)))
						}
					}
					c = h2Must(b)(c.Stream(&out, update))
					c = h2Must(b)(c.SendData(&out, id, p, false))
				}
			})
		}
	}
}

// BenchmarkH2Fork goes on from a value that is not the newest.
func BenchmarkH2Fork(b *testing.B) {
	for _, n := range h2Sizes {
		b.Run(fmt.Sprintf("streams=%d", n), func(b *testing.B) {
			c, _ := h2Tunnels(b, n)
			frame := []byte(fData(1, false, "x"))
			var out Output
			h2Must(b)(c.Stream(&out, frame)) // the newest value is dropped
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				out.Events = out.Events[:0]
				h2Must(b)(c.Stream(&out, frame))
			}
		})
	}
}

// BenchmarkH2Memory reports what an open stream costs while nothing happens on it.
func BenchmarkH2Memory(b *testing.B) {
	const n = 10_000
	var before, after runtime.MemStats
	for range b.N {
		runtime.GC()
		runtime.ReadMemStats(&before)
		c, _ := h2Tunnels(b, n)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/n, "B/stream")
		runtime.KeepAlive(c)
	}
}
