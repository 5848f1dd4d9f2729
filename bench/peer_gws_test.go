package bench

import (
	"io"
	"testing"

	"github.com/lxzan/gws"

	"github.com/mintws/mintws/mintws"
)

// memGws returns gws's client, which validates text as it is asked to.
func memGws(b *testing.B) *gwsClient {
	b.Helper()
	c := &gwsClient{feed: newFeed(io.Discard, "")}
	conn, _, err := gws.NewClientFromConn(c, &gws.ClientOption{Addr: "ws://memory.invalid/", CheckUtf8Enabled: true}, c.feed)
	if err != nil {
		b.Fatal(err)
	}
	c.conn = conn
	return c
}

// encodeGws is encodeOurs for gws.
func encodeGws(b *testing.B, op mintws.Opcode, p []byte) {
	c := memGws(b)
	for b.Loop() {
		if err := c.conn.WriteMessage(gws.Opcode(op), p); err != nil {
			b.Fatal(err)
		}
	}
}

// decodeGws reads with gws's ReadLoop, which calls for each message, so that the benchmark's loop is below, where bytes come
// from. Its buffers come from a pool and go back there.
func decodeGws(b *testing.B, j decodeJob) {
	c, count, wrong, rounds := memGws(b), 0, 0, 0
	c.feed.read = j.read
	err := c.receive(func() []byte {
		if !b.Loop() {
			return nil
		}
		rounds++
		return j.wire
	}, func(p []byte) {
		if count++; len(p) != j.size {
			wrong++
		}
	})
	if err != nil || count != rounds*j.messages || wrong > 0 {
		b.Fatalf("%d messages of %d, %d of a wrong size, %v", count, rounds*j.messages, wrong, err)
	}
}
