package httpconn

import (
	"bytes"
	"slices"
)

// queueState is what the streams of a connection have to send. Only apply changes it.
type queueState struct {
	streams     map[StreamID]*streamQueue
	first, last *streamQueue // those that only the connection's window holds up, in turn
	bytes       int          // of all streams
	free        *streamQueue // of streams that have nothing to send any more, to be used again
}

// streamQueue is what one stream has to send.
type streamQueue struct {
	id         StreamID
	turn       bool   // it stands in the list that first begins
	end        bool   // END_STREAM follows
	trailers   []byte // or the header block that ends the stream
	bytes      int
	head       []byte // the first bytes
	rest       [][]byte
	prev, next *streamQueue // in turn, or in free
}

const (
	minPiece    = 64      // less is not worth a change in the log of its own
	sharedPiece = 1 << 10 // a piece that is larger than what comes is at most as large as this
	maxPiece    = quantum // what is sent of a piece is kept until all of it is sent
)

// newQueueState returns queues without anything, with room for n streams.
func newQueueState(n int) *queueState {
	s := &queueState{streams: make(map[StreamID]*streamQueue, n)}
	room := make([]streamQueue, n)
	for i := range room {
		room[i].next, s.free = s.free, &room[i]
	}
	return s
}

// store copies the beginning of p, which stream id has to send, and returns the copy. It lies behind the last piece, if there
// is room, or else it begins a new one. That is so large that few bytes at a time share one, and no larger than what waits.
// The room behind it belongs to s.
func (s *queueState) store(id StreamID, p []byte) []byte {
	n, size := min(len(p), maxPiece), minPiece
	if q := s.streams[id]; q != nil {
		last := *q.tail()
		if room := cap(last) - len(last); room >= min(len(p), minPiece) {
			return append(last[len(last):], p[:min(len(p), room)]...)
		}
		size = max(size, min(q.bytes, 2*cap(last), sharedPiece))
	}
	if n >= size {
		return append([]byte(nil), p[:n]...) // which does not clear the memory first
	}
	return append(make([]byte, 0, size), p[:n]...)
}

// apply does op.
func (s *queueState) apply(op *queueOp) {
	q := s.streams[op.id]
	switch op.kind {
	case queuePush:
		if q == nil {
			q = s.open(op.id)
		}
		q.push(op.data)
		s.bytes += len(op.data)
		if op.turn && !q.turn {
			s.enter(q)
		}
	case queueEnd:
		q.end, q.trailers = true, op.data
	case queueTurn:
		s.enter(q)
	case queueSent:
		s.leave(q)
		q.take(int(op.n))
		s.bytes -= int(op.n)
		if q.bytes == 0 {
			s.close(q)
		} else if op.turn {
			s.enter(q)
		}
	case queueDrop:
		if q.turn {
			s.leave(q)
		}
		s.bytes -= q.bytes
		s.close(q)
	}
}

// open begins the queue of a stream that has none.
func (s *queueState) open(id StreamID) *streamQueue {
	q := s.free
	if q == nil {
		q = new(streamQueue)
	}
	s.free = q.next
	*q = streamQueue{id: id}
	s.streams[id] = q
	return q
}

func (s *queueState) close(q *streamQueue) {
	delete(s.streams, q.id)
	*q = streamQueue{next: s.free}
	s.free = q
}

// enter puts q behind all others in turn.
func (s *queueState) enter(q *streamQueue) {
	q.turn, q.prev, q.next = true, s.last, nil
	if s.last != nil {
		s.last.next = q
	} else {
		s.first = q
	}
	s.last = q
}

// leave takes q out of the turns.
func (s *queueState) leave(q *streamQueue) {
	if q.prev != nil {
		q.prev.next = q.next
	} else {
		s.first = q.next
	}
	if q.next != nil {
		q.next.prev = q.prev
	} else {
		s.last = q.prev
	}
	q.turn, q.prev, q.next = false, nil, nil
}

// tail returns the last piece.
func (q *streamQueue) tail() *[]byte {
	if n := len(q.rest); n > 0 {
		return &q.rest[n-1]
	}
	return &q.head
}

// push appends p, which may lie just behind the last piece and is then one with it.
func (q *streamQueue) push(p []byte) {
	t := q.tail()
	switch n := len(*t); {
	case q.bytes == 0:
		q.head = p
	case n < cap(*t) && &(*t)[:n+1][n] == &p[0]:
		*t = (*t)[:n+len(p)]
	default:
		q.rest = append(q.rest, p)
	}
	q.bytes += len(p)
}

// take removes the first n bytes.
func (q *streamQueue) take(n int) {
	for q.bytes -= n; n >= len(q.head) && len(q.rest) > 0; {
		n -= len(q.head)
		q.head, q.rest[0] = q.rest[0], nil
		q.rest = q.rest[1:]
	}
	q.head = q.head[n:]
}

// appendTo appends the first n bytes to dst.
func (q *streamQueue) appendTo(dst []byte, n int) []byte {
	k := min(n, len(q.head))
	dst = append(dst, q.head[:k]...)
	for _, p := range q.rest {
		if n -= k; n == 0 {
			break
		}
		k = min(n, len(p))
		dst = append(dst, p[:k]...)
	}
	return dst
}

// clip gives up the room behind the last pieces, which belongs to somebody else.
func (s *queueState) clip() {
	for _, q := range s.streams {
		t := q.tail()
		*t = slices.Clip(*t)
	}
}

func (s *queueState) equal(x *queueState) bool {
	if s.bytes != x.bytes || len(s.streams) != len(x.streams) {
		return false
	}
	a, b := s.first, x.first
	for ; a != nil && b != nil && a.id == b.id; a, b = a.next, b.next {
	}
	if a != b { // unless both are nil
		return false
	}
	for id, a := range s.streams {
		b := x.streams[id]
		if b == nil || a.turn != b.turn || a.end != b.end || !bytes.Equal(a.trailers, b.trailers) ||
			!bytes.Equal(a.appendTo(nil, a.bytes), b.appendTo(nil, b.bytes)) {
			return false
		}
	}
	return true
}
