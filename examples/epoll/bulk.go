//go:build linux

package main

import (
	"bytes"
	"math/rand/v2"

	"github.com/mintws/mintws/mintws"
)

// bulk is what a connection does that carries large messages: it sends them in fragments as fast as the socket takes them, and
// compares what comes back with what went out. Neither takes memory for a whole message: nothing is encoded before there is room
// for it, and the Session delivers payload as it arrives.
type bulk struct {
	count, size int
	piece       int    // how much of a message goes into one frame
	random      []byte // message i is the size bytes from random[i] on

	sent, sentOf int // whole messages, and bytes of the next one
	got, gotOf   int // the same for what came back
	wrong        bool
	waiting      int // the most bytes that the socket did not take
}

func newBulk(count, size int) *bulk {
	b := &bulk{count: count, size: size, piece: 64 << 10, random: make([]byte, size+count)}
	rand.NewChaCha8([32]byte{1}).Read(b.random) //nolint:errcheck // it has none
	return b
}

// produce sends the next fragment. It is called as long as the socket keeps up.
func (b *bulk) produce(l *loop, c *conn) bool {
	if b.sent == b.count {
		return false
	}
	end := min(b.sentOf+b.piece, b.size)
	f := mintws.Binary(b.random[b.sent+b.sentOf : b.sent+end])
	if b.sentOf > 0 {
		f.Opcode = mintws.OpContinuation
	}
	if b.sentOf, f.More = end, end < b.size; !f.More {
		b.sent, b.sentOf = b.sent+1, 0
	}
	return l.send(c, f) == nil
}

// received compares a piece. How the pieces are cut is not up to us.
func (b *bulk) received(c *conn, f mintws.Frame) {
	b.waiting = max(b.waiting, c.pending.Len())
	begin := b.got + b.gotOf
	b.gotOf += len(f.Payload)
	if b.got == b.count || b.gotOf > b.size || f.More != (b.gotOf < b.size) || !bytes.Equal(f.Payload, b.random[begin:b.got+b.gotOf]) {
		b.wrong = true
	}
	if !f.More {
		b.got, b.gotOf = b.got+1, 0
	}
}

func (b *bulk) done() bool { return b.wrong || b.got == b.count }
