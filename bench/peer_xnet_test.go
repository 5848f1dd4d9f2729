package bench

import (
	"io"
	"testing"

	"golang.org/x/net/websocket"

	"github.com/mintws/mintws/mintws"
)

// memXnet returns x/net's client, and the connection below it.
func memXnet(b *testing.B, op mintws.Opcode) (*websocket.Conn, *feed) {
	b.Helper()
	config, err := websocket.NewConfig("ws://memory.invalid/", "http://memory.invalid/")
	if err != nil {
		b.Fatal(err)
	}
	below := newFeed(io.Discard, "")
	c, err := websocket.NewClient(config, below)
	if err != nil {
		b.Fatal(err)
	}
	c.PayloadType = byte(op)
	return c, below
}

// encodeXnet is encodeOurs for x/net, which does not validate text.
func encodeXnet(b *testing.B, op mintws.Opcode, p []byte) {
	c, _ := memXnet(b, op)
	for b.Loop() {
		if _, err := c.Write(p); err != nil {
			b.Fatal(err)
		}
	}
}

// decodeXnet reads with x/net's Read, which does not say where a message ends and does not validate text, into a buffer
// that is reused.
func decodeXnet(b *testing.B, j decodeJob) {
	c, below := memXnet(b, j.op)
	below.read = j.read
	buf := make([]byte, j.size)
	pull(b, j, &below.memConn, func() (int, error) { return io.ReadFull(c, buf) })
}
