//go:build !race

// The race detector makes sync.Pool drop what it holds, so allocations are counted without it.

package mintws

import (
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// TestPreparedAllocs: once a message was compressed, sending it allocates nothing. With context takeover it allocates no
// more than Encode does to keep the message, and nothing if only the end of that message is kept.
func TestPreparedAllocs(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which empties the pools
	for _, n := range []int{16, 128, 1 << 10, 16 << 10} {
		p := mustPrepare(t, Text(jsonLike(n)))
		for _, takeover := range []bool{false, true} {
			opt := DeflateOptions{Threshold: -1, SendNoTakeover: !takeover, ReceiveNoTakeover: !takeover}
			c, s := deflated(t, opt, opt, Options{})
			for _, ws := range []WebSocket{c, s, opened(Client)(t), opened(Server)(t)} {
				t.Run(fmt.Sprintf("size=%d/takeover=%v/%v/deflate=%v", n, takeover, ws.cfg.role, len(ws.cfg.transforms)), func(t *testing.T) {
					dst := make([]byte, 0, n+maxHeaderLen)
					var err error
					send := func() {
						for range 100 {
							if ws, dst, err = ws.AppendPrepared(dst[:0], p); err != nil {
								t.Fatal(err)
							}
						}
					}
					send()
					limit := 0.0
					if takeover && len(ws.cfg.transforms) > 0 && n < DefaultDeflateSendWindow { // see TestDeflateAllocs
						limit = 3 * float64(100*n/(DefaultDeflateSendWindow/2)+1)
					}
					if a := testing.AllocsPerRun(5, send); a > limit {
						t.Errorf("sent 100 times with %v allocations, want at most %v", a, limit)
					}
				})
			}
		}
	}
	one := new(client)
	one.conn, one.ws = openPair(t, Options{}, "")
	two, s := newH2Client(t, Options{})
	s.respond(t, two.ws.StreamID(), false, ":status", "200")
	two.read(s.take())
	p := mustPrepare(t, Text("a short message"))
	for name, cl := range map[string]*client{"HTTP/1.1": one, "HTTP/2": two} {
		out := httpconn.Output{Send: make([]byte, 0, 1000)}
		c, ws := cl.conn, cl.ws
		var err error
		send := func() {
			out.Reset()
			if c, ws, err = SendPrepared(c, &out, ws, p); err != nil {
				t.Fatal(err)
			}
		}
		if a := testing.AllocsPerRun(100, send); a != 0 {
			t.Errorf("%s: sent with %v allocations", name, a)
		}
	}
}
