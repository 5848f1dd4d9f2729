package inflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"testing"
)

// deflated compresses the messages of one connection, each flushed and without its last four octets.
func deflated(tb testing.TB, level int, messages ...[]byte) [][]byte {
	tb.Helper()
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, level)
	if err != nil {
		tb.Fatal(err)
	}
	var all [][]byte
	for _, m := range messages {
		buf.Reset()
		if _, err := w.Write(m); err != nil {
			tb.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
		all = append(all, bytes.Clone(buf.Bytes()[:buf.Len()-4]))
	}
	return all
}

// jsonText returns size bytes such as a feed of events has; others for another seed.
func jsonText(seed, size int) []byte {
	b := []byte{'['}
	sides := []string{"buy", "sell"}
	for x := uint32(seed)*2654435761 + 1; len(b) < size; {
		x = x*1664525 + 1013904223
		b = fmt.Appendf(b, `{"id":%d,"symbol":"%c%c%c","price":%d.%02d,`, x>>4, 'A'+x>>8%26, 'A'+x>>12%26, 'A'+x>>16%26,
			x>>7%900, x>>11%100)
		b = fmt.Appendf(b, `"size":%d,"side":%q,"ts":"2026-03-%02dT%02d:%02d:00Z"},`, x>>20%50, sides[x>>31],
			x>>9%28+1, x>>14%24, x>>19%60)
	}
	return b[:size]
}

// BenchmarkMessage inflates whole messages into a buffer that has room.
func BenchmarkMessage(b *testing.B) {
	for _, size := range []int{128, 1 << 10, 8 << 10, 64 << 10} {
		for _, level := range []int{1, 6} {
			var texts [][]byte
			for i := range 64 {
				texts = append(texts, jsonText(i, size))
			}
			messages := deflated(b, level, texts...)
			name := fmt.Sprintf("%d/level%d", size, level)
			b.Run(name+"/ours", func(b *testing.B) { benchOurs(b, size, messages) })
			b.Run(name+"/compress-flate", func(b *testing.B) { benchStd(b, size, messages) })
		}
	}
}

func benchOurs(b *testing.B, size int, messages [][]byte) {
	dst := make([]byte, 0, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var s State
	for i := 0; b.Loop(); i++ {
		next, out, _, err := s.Finish(dst, messages[i%len(messages)], -1)
		if err != nil || len(out) != size {
			b.Fatal(len(out), err)
		}
		s = next
	}
}

// ring is the data of a connection without end: the messages, again and again. The first refers to no text before it.
type ring struct {
	messages [][]byte
	at       int
	rest     []byte
}

func (r *ring) next() {
	if len(r.rest) == 0 {
		r.rest, r.at = r.messages[r.at], (r.at+1)%len(r.messages)
	}
}

func (r *ring) Read(p []byte) (int, error) {
	r.next()
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *ring) ReadByte() (byte, error) {
	r.next()
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c, nil
}

func benchStd(b *testing.B, size int, messages [][]byte) {
	dst := make([]byte, size)
	var src ring
	for _, m := range messages {
		src.messages = append(src.messages, append(bytes.Clone(m), 0, 0, 0xff, 0xff))
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	r := flate.NewReader(&src)
	for b.Loop() {
		if _, err := io.ReadFull(r, dst); err != nil {
			b.Fatal(err)
		}
	}
}
