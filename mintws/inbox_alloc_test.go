//go:build !race

// The race detector makes sync.Pool drop what it holds, so allocations are counted without it.

package mintws

import (
	"fmt"
	"runtime/debug"
	"testing"
)

// TestInboxAllocs: after the first reads an Inbox has what reads of that kind need, and allocates nothing, with Max as without:
// many messages in one read, masked, inflated or both, of one size or of many.
func TestInboxAllocs(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which empties the pools
	for _, role := range []Role{Client, Server} {
		for _, compressed := range []bool{false, true} {
			for _, sizes := range [][]int{{30}, {700}, {5000}, {100, 40_000, 3}, {100_000, 10}} {
				for _, callMax := range []int{0, 150_000} {
					t.Run(fmt.Sprintf("%v/compressed=%v/%v/Max=%d", role, compressed, sizes, callMax), func(t *testing.T) {
						opt := Options{}
						if compressed {
							opt.Transforms = []Transform{mustDeflate(t, DeflateOptions{}).(deflateExtension).transform(15, 15, true, true)}
						}
						ws, err := NewWebSocket(role, opt)
						if err != nil {
							t.Fatal(err)
						}
						peer, err := NewWebSocket(1-role, opt)
						if err != nil {
							t.Fatal(err)
						}
						var wire []byte
						for total := 0; total < 300_000; {
							for _, n := range sizes {
								if _, wire, err = peer.AppendEncode(wire, Binary(jsonLike(n))); err != nil {
									t.Fatal(err)
								}
								total += n
							}
						}
						in := Inbox{Max: callMax}
						read := func() {
							for data := wire; len(data) > 0; data = in.Rest {
								in.Reset()
								if ws, err = ws.AppendDecode(&in, data); err != nil {
									t.Fatal(err)
								}
							}
						}
						for range 3 {
							read()
						}
						if n := testing.AllocsPerRun(5, read); n > 0 {
							t.Errorf("%v allocations", n)
						}
					})
				}
			}
		}
	}
}
