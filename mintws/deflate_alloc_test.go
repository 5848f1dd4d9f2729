//go:build !race

// The race detector makes sync.Pool drop what it holds, so allocations are counted without it.

package mintws

import (
	"fmt"
	"runtime/debug"
	"testing"
)

// TestDeflateAllocs: in the steady state, a message without takeover allocates nothing. With takeover there is one store,
// of one and a half windows, for every half window of text, and none for a message's own sake. A larger message has one.
func TestDeflateAllocs(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which empties the pools
	const messages = 100
	for _, n := range []int{16, 128, 1 << 10, 16 << 10} {
		for _, takeover := range []bool{false, true} {
			t.Run(fmt.Sprintf("size=%d/takeover=%v", n, takeover), func(t *testing.T) {
				opt := DeflateOptions{Threshold: -1, SendNoTakeover: !takeover, ReceiveNoTakeover: !takeover}
				c, s := deflated(t, opt, opt, Options{})
				text := Text(jsonLike(n))
				dst := make([]byte, 0, 2*n+100)
				wires := make([][]byte, messages)
				s, first, err := s.Encode(text)
				if err != nil {
					t.Fatal(err)
				}
				encode := func() {
					for range messages {
						if s, dst, err = s.AppendEncode(dst[:0], text); err != nil {
							t.Fatal(err)
						}
					}
				}
				for i := range wires {
					var next WebSocket
					if next, wires[i], err = s.Encode(text); err != nil {
						t.Fatal(err)
					}
					s = next
				}
				in := Inbox{Buf: make([]byte, 0, 2*n+100)}
				if c, err = c.AppendDecode(&in, first); err != nil {
					t.Fatal(err)
				}
				at := c
				decode := func() {
					c = at
					for _, p := range wires {
						in.Reset()
						if c, err = c.AppendDecode(&in, p); err != nil || len(in.Frames) != 1 {
							t.Fatal(err)
						}
					}
				}
				// A store is two objects, and the states that refer to it are one. The first stores are smaller, and
				// double.
				sent, received := 0.0, 0.0
				if takeover {
					sent = 3 * float64(min(messages, messages*n/(DefaultDeflateSendWindow/2)+1))
					received = 3 * float64(min(messages, messages*n/(1<<14)+8))
				}
				if a := testing.AllocsPerRun(5, encode); a > sent {
					t.Errorf("%d messages are sent with %v allocations, want at most %v", messages, a, sent)
				}
				if a := testing.AllocsPerRun(5, decode); a > received {
					t.Errorf("%d messages are received with %v allocations, want at most %v", messages, a, received)
				}
			})
		}
	}
}
