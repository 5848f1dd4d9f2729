package bench

import (
	"io"
	"testing"

	"github.com/lesismal/nbio/nbhttp"
	nbio "github.com/lesismal/nbio/nbhttp/websocket"

	"github.com/mintws/mintws/mintws"
)

// memNbio returns nbio's client on a connection in memory: it is fed with Parse and calls got for each message, on the same
// goroutine. Buffers go back to its pool.
func memNbio(got func(p []byte)) *nbio.Conn {
	engine := nbhttp.NewEngine(nbhttp.Config{}) // it is not started: there is nothing to poll
	opt := nbio.NewOptions()
	opt.Engine, opt.KeepaliveTime = engine, 0
	c := nbio.NewClientConn(opt, &memConn{out: io.Discard}, "", false, false)
	c.Execute = func(f func()) bool {
		f()
		return true
	}
	c.OnMessagePtr(func(_ *nbio.Conn, _ nbio.MessageType, p *[]byte) {
		got(*p)
		engine.BodyAllocator.Free(p)
	})
	return c
}

// encodeNbio is encodeOurs for nbio, which does not validate text that it sends.
func encodeNbio(b *testing.B, op mintws.Opcode, p []byte) {
	c := memNbio(nil)
	for b.Loop() {
		if err := c.WriteMessage(nbio.MessageType(op), p); err != nil {
			b.Fatal(err)
		}
	}
}

// fragmentsNbio is fragmentsOurs for nbio.
func fragmentsNbio(b *testing.B, op mintws.Opcode, p []byte, n int) {
	c := memNbio(nil)
	for b.Loop() {
		for i, piece := range pieces(p, n) {
			if err := c.WriteFrame(nbio.MessageType(op), i == 0, i == n-1, piece); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// decodeNbio reads into a buffer and gives that to nbio's Parse. It validates text.
func decodeNbio(b *testing.B, j decodeJob) {
	count, wrong, rounds := 0, 0, 0
	c := memNbio(func(p []byte) {
		if count++; len(p) != j.size {
			wrong++
		}
	})
	buf := make([]byte, j.read)
	for b.Loop() {
		rounds++
		for wire := j.wire; len(wire) > 0; {
			n := received(buf, wire)
			if err := c.Parse(buf[:n]); err != nil {
				b.Fatal(err)
			}
			wire = wire[n:]
		}
	}
	if count != rounds*j.messages || wrong > 0 {
		b.Fatalf("%d messages of %d, %d of a wrong size", count, rounds*j.messages, wrong)
	}
}
