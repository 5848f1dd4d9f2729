package mintws

import (
	"fmt"
	"strings"
	"testing"
)

// jsonLike returns a message of n bytes that looks like a market feed.
func jsonLike(n int) []byte {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"id":%d,"symbol":"SYM%d","price":%d.%02d,"side":"%s"},`, 1000+i, i*7%23, 100+i*13%900, i*37%100, [2]string{"buy", "sell"}[i%2])
	}
	return []byte(b.String()[:n])
}

// BenchmarkDeflate sends and receives JSON-like messages with permessage-deflate. wire-B is the size of a frame.
func BenchmarkDeflate(b *testing.B) {
	for _, n := range []int{128, 1 << 10, 16 << 10} {
		for _, takeover := range []bool{true, false} {
			opt := DeflateOptions{SendNoTakeover: !takeover, ReceiveNoTakeover: !takeover}
			name := fmt.Sprintf("size=%d/takeover=%v", n, takeover)
			msg := Text(jsonLike(n))
			b.Run(name+"/encode", func(b *testing.B) {
				c, _ := deflated(b, opt, opt, Options{})
				var dst []byte
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					c, dst, _ = c.AppendEncode(dst[:0], msg)
				}
				b.ReportMetric(float64(len(dst)), "wire-B")
			})
			b.Run(name+"/decode", func(b *testing.B) {
				c, s := deflated(b, opt, opt, Options{})
				s, first, _ := s.Encode(msg)
				_, wire, _ := s.Encode(msg)
				c, _, err := c.Decode(first)
				if err != nil {
					b.Fatal(err)
				}
				var in Inbox
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					in.Reset()
					if c, err = c.AppendDecode(&in, wire); err != nil || len(in.Frames) != 1 {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
