//go:build !race

// The race detector makes sync.Pool drop what it holds, so allocations are counted without it.

package mintws

import "testing"

// TestSteadyStateAllocatesNothing: encoding into a buffer with room, and decoding whole frames into a reused Inbox.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, n := range []int{16, 128, 1 << 10, 16 << 10, 64 << 10} {
		for _, f := range []Frame{Binary(zeros(n)), Text(zeros(n)), {Opcode: OpBinary, More: true, Payload: zeros(n)}} {
			for _, role := range []Role{Client, Server} {
				ws := opened(role)(t)
				dst := make([]byte, 0, n+maxHeaderLen)
				if a := testing.AllocsPerRun(100, func() { _, _, _ = ws.AppendEncode(dst, f) }); a != 0 {
					t.Errorf("%v encodes %v of %d bytes with %v allocations", role, f.Opcode, n, a)
				}
				if f.More {
					continue
				}
				_, p, err := ws.Encode(f)
				if err != nil {
					t.Fatal(err)
				}
				peer := opened(1 - role)(t)
				var in Inbox
				decode := func() {
					in.Reset()
					next, e := peer.AppendDecode(&in, p)
					if peer = next; e != nil || len(in.Frames) != 1 {
						t.Fatal(e)
					}
				}
				decode() // in grows to its size
				if a := testing.AllocsPerRun(100, decode); a != 0 {
					t.Errorf("%v decodes %v of %d bytes with %v allocations", 1-role, f.Opcode, n, a)
				}
			}
		}
	}
}
