package bench

import "testing"

// BenchmarkHandshake dials, upgrades and closes the socket, over loopback and with both ends on one core. The floor writes
// a request made beforehand and reads once, without a look at what came.
func BenchmarkHandshake(b *testing.B) {
	onOneCore(b)
	s := newLoopServer(b)
	var runs []run
	for _, lib := range loopLibs {
		runs = append(runs, run{lib.name, func(b *testing.B) {
			for range b.N {
				c, err := lib.open(s.addr(), "/echo")
				if err != nil {
					b.Fatal(err)
				}
				c.close()
			}
			perSecond(b, b.N, "handshake/s")
		}})
	}
	versus(b, "loopback", 0, runs...)
}
