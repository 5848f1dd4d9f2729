package httpconn

import "sync/atomic"

// queueRoot is what values of h2queues share. Its log tells all that was done since there was nothing in the queues: it
// begins with what leads to the queues as they were when it was begun. Whoever moves tok from its own length to busy holds
// the claim, and may change live and append to the log. Whoever loses that race, or comes with an older length, replays what
// counts for it and goes on in a root of its own. Nobody waits.
//
// Invariant: tok is busy, or live is what log[:tok] leads to.
type queueRoot struct {
	tok    atomic.Int64
	log    []queueOp
	live   *queueState // only for the holder of the claim
	pushed int         // bytes that the log holds; only for the holder
	begun  int         // of how many streams the log told when it was begun
}

// queueOp is a change of the queues. It has queueOpSize bytes, fewer where pointers have 32 bits.
type queueOp struct {
	data []byte // what is pushed, never written again; or trailers
	id   StreamID
	n    uint16 // how much is sent, at most a quantum
	kind queueKind
	turn bool // the stream comes into turn after it, if it is not
}

type queueKind uint8

const (
	queuePush queueKind = iota // data is to be sent
	queueEnd                   // nothing follows but trailers, if there are any
	queueTurn                  // the stream comes into turn
	queueSent                  // n bytes are sent, of the stream whose turn it is; 0 if that only loses its turn
	queueDrop                  // what the stream has to send is forgotten
)

const (
	busy        = -1
	queueOpSize = 32
	minQueueLog = 15       // changes after those with which a log begins
	maxSent     = 16 << 10 // bytes that a log holds although they are sent, beside as many as wait
)

// newQueues returns queues, claimed, whose root nobody else knows of.
func newQueues(live *queueState) h2queues {
	n := live.record(nil)
	r := &queueRoot{log: make([]queueOp, n+max(minQueueLog, 3*n)), live: live, pushed: live.bytes, begun: len(live.streams)}
	live.record(r.log)
	r.tok.Store(busy)
	return h2queues{r: r, n: n}
}

// record writes to log, which may be nil, what leads to s, and returns how many changes that are.
func (s *queueState) record(log []queueOp) (n int) {
	put := func(op queueOp) {
		if log != nil {
			log[n] = op
		}
		n++
	}
	queue := func(q *streamQueue) {
		put(queueOp{kind: queuePush, id: q.id, turn: q.turn, data: q.head})
		for _, p := range q.rest {
			put(queueOp{kind: queuePush, id: q.id, turn: q.turn, data: p})
		}
		if q.end {
			put(queueOp{kind: queueEnd, id: q.id, data: q.trailers})
		}
	}
	for q := s.first; q != nil; q = q.next {
		queue(q)
	}
	for _, q := range s.streams {
		if !q.turn {
			queue(q)
		}
	}
	return n
}

// edit returns queues to be changed by do until done. q may be nil.
func (q *h2queues) edit() h2queues {
	switch {
	case q == nil:
		return newQueues(newQueueState(0))
	case q.r.tok.CompareAndSwap(int64(q.n), busy):
		return *q
	}
	live := q.replay()
	live.clip()
	return newQueues(live)
}

// do does op. It needs the claim, which afterwards is on q.r; that may be another root.
func (q *h2queues) do(op queueOp) {
	r := q.r
	// A new log costs its own size, so it must be worth it.
	worth := r.live.bytes + maxSent + 4*queueOpSize*len(r.log)
	if sent := r.pushed - r.live.bytes; q.n == len(r.log) || sent > worth {
		// The old root stays busy for ever, and older values replay what they need of it.
		*q = newQueues(r.live)
		r.live = nil
		r = q.r
	}
	if op.kind == queuePush {
		r.pushed += len(op.data)
	}
	r.log[q.n] = op
	q.n++
	r.live.apply(&op)
}

// done ends the claim and returns the queues as they are now.
func (q *h2queues) done() *h2queues {
	next := h2queues{q.r, q.n, q.r.live.bytes}
	empty := len(q.r.live.streams) == 0
	q.r.tok.Store(int64(q.n))
	if empty {
		return nil
	}
	return &next
}

// replay returns what the log leads to, from what is never written again.
func (q *h2queues) replay() *queueState {
	s := newQueueState(q.r.begun)
	for i := range q.r.log[:q.n] {
		s.apply(&q.r.log[i])
	}
	return s
}

// of returns how many bytes stream id has to send.
func (q *h2queues) of(id StreamID) (n int) {
	if q.r.tok.CompareAndSwap(int64(q.n), busy) {
		if s := q.r.live.streams[id]; s != nil {
			n = s.bytes
		}
		q.r.tok.Store(int64(q.n))
		return n
	}
	for i := range q.r.log[:q.n] {
		op := &q.r.log[i]
		switch {
		case op.id != id:
		case op.kind == queuePush:
			n += len(op.data)
		case op.kind == queueDrop:
			n = 0
		default:
			n -= int(op.n)
		}
	}
	return n
}
