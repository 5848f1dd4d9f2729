package main

import (
	"net"
	"time"
)

// outbox is what one socket is to be sent. One batch is being written, by a goroutine that ends with it; the next collects
// meanwhile.
type outbox struct {
	sock    net.Conn
	next    []byte
	writing int    // bytes of the batch that is being written
	spare   []byte // memory of the last batch
	keep    int    // how much of that an idle outbox may have
}

func (b *outbox) idle() bool { return len(b.next) == 0 && b.writing == 0 }

// flush begins to write what has collected, unless a batch is being written. When that is done, loop runs done.
func (r *relay) flush(b *outbox, done func(error)) {
	if b.writing > 0 || len(b.next) == 0 {
		return
	}
	batch := b.next
	b.next, b.spare, b.writing = b.spare[:0], nil, len(batch)
	r.pumps.Go(func() {
		b.sock.SetWriteDeadline(time.Now().Add(time.Minute)) // a peer that takes less is gone
		_, err := b.sock.Write(batch)
		r.hand(func() {
			b.writing = 0
			if len(b.next) > 0 || cap(batch) <= b.keep {
				b.spare = batch
			}
			done(err)
		})
	})
}

// read reads from a socket until it fails or again is closed. What it has read, and before that what had been read already,
// loop passes to got, which sends to again when there may be more.
func (r *relay) read(sock net.Conn, size int, first []byte, again <-chan struct{}, got func([]byte, error)) {
	if len(first) > 0 {
		if !r.hand(func() { got(first, nil) }) || !r.wait(again) {
			return
		}
	}
	buf := make([]byte, size)
	for {
		n, err := sock.Read(buf)
		if !r.hand(func() { got(buf[:n], err) }) || err != nil || !r.wait(again) {
			return
		}
	}
}

// hand makes loop run do, and reports whether it will.
func (r *relay) hand(do func()) bool {
	select {
	case r.todo <- do:
		return true
	case <-r.done:
		return false
	}
}

// wait reports whether to read on.
func (r *relay) wait(again <-chan struct{}) bool {
	select {
	case _, ok := <-again:
		return ok
	case <-r.done:
		return false
	}
}
