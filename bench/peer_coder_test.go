package bench

import (
	"context"
	"io"
	"testing"

	"github.com/coder/websocket"

	"github.com/mintws/mintws/mintws"
)

// memCoder returns coder's client without compression, and the connection below it.
func memCoder(b *testing.B) *coderClient {
	b.Helper()
	c := openCoder(b, deflateSetting{off: true}, io.Discard).(*coderClient)
	c.conn.SetReadLimit(-1)
	return c
}

// coderType is the type of a message.
func coderType(op mintws.Opcode) websocket.MessageType {
	if op == mintws.OpText {
		return websocket.MessageText
	}
	return websocket.MessageBinary
}

// encodeCoder is encodeOurs for coder, which does not validate text.
func encodeCoder(b *testing.B, op mintws.Opcode, p []byte) {
	c, ctx := memCoder(b), context.Background()
	for b.Loop() {
		if err := c.conn.Write(ctx, coderType(op), p); err != nil {
			b.Fatal(err)
		}
	}
}

// fragmentsCoder is fragmentsOurs for coder, which ends a message with an empty fragment.
func fragmentsCoder(b *testing.B, op mintws.Opcode, p []byte, n int) {
	c, ctx := memCoder(b), context.Background()
	for b.Loop() {
		w, err := c.conn.Writer(ctx, coderType(op))
		if err != nil {
			b.Fatal(err)
		}
		for _, piece := range pieces(p, n) {
			if _, err = w.Write(piece); err != nil {
				b.Fatal(err)
			}
		}
		if err = w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// decodeCoder reads with coder's Reader into a buffer that is reused. It does not validate text.
func decodeCoder(b *testing.B, j decodeJob) {
	c, ctx, buf := memCoder(b), context.Background(), make([]byte, j.size+1)
	c.feed.read = j.read
	pull(b, j, &c.feed.memConn, func() (int, error) {
		_, r, err := c.conn.Reader(ctx)
		if err != nil {
			return 0, err
		}
		return readAll(r, buf)
	})
}
