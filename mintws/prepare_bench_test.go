package mintws

import (
	"fmt"
	"testing"
)

// BenchmarkPrepared sends one message to a thousand WebSockets, a new message each round: prepared, so that it is compressed
// once, and encoded for each. An operation is one round; wire-B is the size of the last frame.
func BenchmarkPrepared(b *testing.B) {
	const receivers = 1000
	for _, n := range []int{128, 1 << 10, 16 << 10} {
		for _, kind := range []string{"plain", "takeover", "no-takeover"} {
			opt := DeflateOptions{SendNoTakeover: kind == "no-takeover"}
			one := opened(Server)(b)
			if kind != "plain" {
				_, one = deflated(b, opt, opt, Options{})
			}
			values := make([]WebSocket, receivers)
			text := jsonLike(n + 26)
			for _, prepared := range []bool{true, false} {
				b.Run(fmt.Sprintf("size=%d/%s/prepared=%v", n, kind, prepared), func(b *testing.B) {
					for i := range values {
						values[i] = one
					}
					var dst []byte
					round := 0
					b.SetBytes(int64(n * receivers))
					b.ReportAllocs()
					for b.Loop() {
						msg := Text(text[round%26:][:n])
						round++
						if !prepared {
							for i, ws := range values {
								values[i], dst, _ = ws.AppendEncode(dst[:0], msg)
							}
							continue
						}
						p, err := Prepare(msg)
						if err != nil {
							b.Fatal(err)
						}
						for i, ws := range values {
							values[i], dst, _ = ws.AppendPrepared(dst[:0], p)
						}
					}
					b.ReportMetric(float64(len(dst)), "wire-B")
				})
			}
		}
	}
}
