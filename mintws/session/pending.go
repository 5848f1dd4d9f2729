package session

import (
	"io"

	"github.com/mintws/mintws/httpconn"
)

// Pending holds what one connection's socket, which does not block, has not taken yet. It is scratch space of the caller's,
// one for each connection: not a value, and not for several goroutines at once. The zero Pending is empty and ready; while
// it is empty it needs 24 bytes. Nothing that waits is moved when a part of it was written, so the work is in proportion to
// the bytes, however little the socket takes at a time.
//
// It counts two kinds of bytes separately, because they have to be stopped in different ways. What reading causes, such as Pongs,
// answers and on HTTP/2 acknowledgements, stops with reading: a peer that asks and never listens must not fill our memory. What the
// program says of its own accord stops by itself, and reading goes on: a peer that answers while it reads takes nothing more while
// nobody reads its answers. So, for each connection:
//
//   - after reading: out.WriteTo(socket) if Len is 0, then Caused(out);
//   - after saying something: the same, then Produced(out);
//   - when the socket is writable: WriteTo, or Next and Wrote; when Len is 0, no longer wait for that;
//   - wait for input as long as MayRead says so;
//   - say something as long as MayProduce says so.
type Pending struct {
	// High is how many bytes of a kind may wait before it has to stop; one call may exceed it by what it brings. 0 means 64
	// KiB.
	High int
	// Low is down to how many bytes they have to go before it may go on. 0 means half of High.
	Low int

	q *queue // nil while nothing waits
}

// defaultHigh is enough to keep a fast socket busy between two turns of a loop.
const defaultHigh = 64 << 10

// queue is what waits.
type queue struct {
	chunks   [][]byte // what is unwritten, in order; none is empty
	first    int      // of chunks, the first that is left
	written  int      // how much of that one was written
	spare    []byte   // the memory of a chunk that was written
	unsent   int      // bytes in chunks
	buffered int      // bytes that wait in the Conn
	caused   int      // how many of both reading has caused
	// A kind that has reached High has to stop until it is at Low.
	stopReading, stopProducing bool
}

const (
	minChunk = 4 << 10  // the least memory of a chunk
	maxChunk = 64 << 10 // and the most, but for what comes in one piece; enough for one write
	maxSpare = 1 << 20  // of what is kept to be used again
)

// Caused takes what is in out.Send, all of it because of what was read: the answers that [Session.Received] and
// [Session.Tick] gave, and frames that the program sent in reply to a frame. buffered is what waits in the Conn,
// [Session.Buffered] or Conn.Buffered(0), and 0 where there is no HTTP/2: it counts as well, and what moves from there to
// the socket is not counted twice.
func (p *Pending) Caused(out *httpconn.Output, buffered int) { p.take(out, buffered, true) }

// Produced takes what is in out.Send, which the program said of its own accord. For buffered see Caused.
func (p *Pending) Produced(out *httpconn.Output, buffered int) { p.take(out, buffered, false) }

func (p *Pending) take(out *httpconn.Output, buffered int, caused bool) {
	if p.q == nil {
		if len(out.Send) == 0 && buffered == 0 {
			return
		}
		p.q = new(queue)
	}
	before := p.Waiting()
	p.q.push(out)
	p.q.buffered = buffered
	if caused {
		p.q.caused += max(0, p.Waiting()-before)
	}
	p.judge()
}

// push takes the bytes of out.Send: the memory itself where they fill most of it, else a copy.
func (q *queue) push(out *httpconn.Output) {
	b := out.Send
	if len(b) == 0 {
		return
	}
	q.unsent += len(b)
	if last := len(q.chunks) - 1; last >= q.first && len(b) <= cap(q.chunks[last])-len(q.chunks[last]) {
		q.chunks[last] = append(q.chunks[last], b...)
		out.Send = b[:0]
		return
	}
	if len(q.chunks) == cap(q.chunks) && q.first > len(q.chunks)/2 { // so that each is moved at most once on the whole
		n := copy(q.chunks, q.chunks[q.first:])
		clear(q.chunks[n:])
		q.chunks, q.first = q.chunks[:n], 0
	}
	if len(b) >= minChunk && len(b) >= cap(b)/2 {
		q.chunks = append(q.chunks, b)
		out.Send, q.spare = q.spare[:0], nil
		return
	}
	chunk := q.spare
	if q.spare = nil; cap(chunk) < len(b) {
		chunk = make([]byte, 0, max(minChunk, min(2*q.unsent, maxChunk), len(b)))
	}
	q.chunks = append(q.chunks, append(chunk[:0], b...))
	out.Send = b[:0]
}

// Next returns bytes to be written: not all that wait, but those that lie together. They are valid until the next call and
// must not be changed. With Len 0 there are none.
func (p *Pending) Next() []byte {
	if p.q == nil || p.q.unsent == 0 {
		return nil
	}
	b := p.q.chunks[p.q.first]
	return b[p.q.written:len(b):len(b)]
}

// Wrote says that the socket took n bytes of those that Next returned.
func (p *Pending) Wrote(n int) {
	if n <= 0 || p.Len() == 0 {
		return
	}
	q := p.q
	chunk := q.chunks[q.first]
	n = min(n, len(chunk)-q.written)
	q.unsent -= n
	// What is written counts as caused first. So what was caused is never thought to be more than it is, which would stop
	// reading without need; and never less by more than what the program may have waiting, which is bounded as well.
	q.caused = max(0, q.caused-n)
	if q.written += n; q.written == len(chunk) {
		q.chunks[q.first], q.written = nil, 0
		if cap(chunk) > cap(q.spare) && cap(chunk) <= maxSpare {
			q.spare = chunk[:0]
		}
		q.first++
		if q.first == len(q.chunks) {
			q.chunks, q.first = q.chunks[:0], 0
		}
	}
	p.judge()
}

// WriteTo writes what waits to w, until all is written or w returns an error. What w took is not written again.
func (p *Pending) WriteTo(w io.Writer) (total int64, err error) {
	for b := p.Next(); len(b) > 0 && err == nil; b = p.Next() {
		var n int
		n, err = w.Write(b)
		n = max(0, min(n, len(b)))
		if n < len(b) && err == nil {
			err = io.ErrShortWrite
		}
		p.Wrote(n)
		total += int64(n)
	}
	return total, err
}

// Len returns how many bytes the socket has not taken.
func (p *Pending) Len() int {
	if p.q == nil {
		return 0
	}
	return p.q.unsent
}

// Waiting returns how many bytes wait: Len, and those that were buffered in the Conn at the last call of Caused or Produced.
func (p *Pending) Waiting() int {
	if p.q == nil {
		return 0
	}
	return p.q.unsent + p.q.buffered
}

// MayRead reports whether to read: not while what reading has caused waits to be written, from High bytes on until Low.
func (p *Pending) MayRead() bool { return p.q == nil || !p.q.stopReading }

// MayProduce reports whether the program may say something of its own accord: not while High bytes of whatever kind wait,
// until they are Low.
func (p *Pending) MayProduce() bool { return p.q == nil || !p.q.stopProducing }

// Reset drops what waits, as when the connection is lost.
func (p *Pending) Reset() { p.q = nil }

// judge sees which kinds have to stop, and lets go of the memory once nothing waits.
func (p *Pending) judge() {
	q := p.q
	waiting := p.Waiting()
	if waiting == 0 {
		p.q = nil
		return
	}
	high := p.High
	if high <= 0 {
		high = defaultHigh
	}
	low := p.Low
	if low <= 0 {
		low = high / 2
	}
	q.caused = min(q.caused, waiting) // what was buffered may be lost
	stop := func(was bool, n int) bool { return n >= high || was && n > low }
	q.stopReading = stop(q.stopReading, q.caused)
	q.stopProducing = stop(q.stopProducing, waiting)
}
