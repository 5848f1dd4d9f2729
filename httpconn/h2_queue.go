package httpconn

import (
	"slices"

	"golang.org/x/net/http2"
)

// h2queues holds the bytes that flow control does not allow yet. Only streams that are blocked are in it, so it costs the
// others nothing. nil is empty.
//
// Like the ledger it is a value over a root that many share: a log of what was done, and the queues that this led to, which
// only the newest value edits. See h2_queue_log.go for who is the newest, and h2_queue_state.go for the queues.
type h2queues struct {
	r     *queueRoot
	n     int // how much of r.log counts
	bytes int // of all streams
}

// add appends p, which is copied, to what stream id has to send. turn says that only the connection's window holds it up.
func (q *h2queues) add(id StreamID, p []byte, turn bool) *h2queues {
	e := q.edit()
	for len(p) > 0 {
		data := e.r.live.store(id, p)
		e.do(queueOp{kind: queuePush, id: id, turn: turn, data: data})
		p = p[len(data):]
	}
	return e.done()
}

// finish makes stream id end after its bytes: with trailers if there are any, or else with END_STREAM.
func (q *h2queues) finish(id StreamID, trailers []byte) *h2queues {
	e := q.edit()
	e.do(queueOp{kind: queueEnd, id: id, data: trailers})
	return e.done()
}

// ready gives stream id its turn, now that its window is open.
func (q *h2queues) ready(id StreamID) *h2queues {
	e := q.edit()
	if s := e.r.live.streams[id]; s != nil && !s.turn {
		e.do(queueOp{kind: queueTurn, id: id})
	}
	return e.done()
}

// unblock gives a turn to each stream for which open is true, and returns how many streams it looked at.
func (q *h2queues) unblock(open func(StreamID) bool) (next *h2queues, looked int) {
	e := q.edit()
	var ids []StreamID
	for id, s := range e.r.live.streams {
		if looked++; !s.turn && open(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		e.do(queueOp{kind: queueTurn, id: id})
	}
	return e.done(), looked
}

// drop forgets what stream id has to send.
func (q *h2queues) drop(id StreamID) *h2queues {
	if q == nil {
		return nil
	}
	e := q.edit()
	if e.r.live.streams[id] != nil {
		e.do(queueOp{kind: queueDrop, id: id})
	}
	return e.done()
}

// buffered returns how many bytes stream id has to send; 0 is all streams.
func (q *h2queues) buffered(id StreamID) int {
	switch {
	case q == nil:
		return 0
	case id == 0:
		return q.bytes
	}
	return q.of(id)
}

func (q *h2queues) equal(x *h2queues) bool {
	if q == nil || x == nil {
		return q == x
	}
	return q.bytes == x.bytes && q.replay().equal(x.replay())
}

// quantum is how much one stream sends before the next one has its turn, in bytes.
const quantum = 16 << 10

// h2SendQueued sends what the windows allow now: a quantum from each stream, in turn.
func (c *Conn) h2SendQueued(out *Output) {
	h := &c.h2
	if h.queues == nil || h.sendWindow <= 0 {
		return
	}
	e := h.queues.edit()
	for h.sendWindow > 0 {
		q := e.r.live.first
		if q == nil {
			break
		}
		id, st := q.id, h.streams.find(q.id)
		n := int(min(int64(q.bytes), quantum, int64(h.rare.peerMaxFrame), c.h2StreamSendWindow(&st), int64(h.sendWindow)))
		if n <= 0 { // the initial window has become smaller since
			h.charge(1)
			e.do(queueOp{kind: queueSent, id: id})
			continue
		}
		drained, end, trailers := n == q.bytes, q.end, q.trailers
		flags := http2.Flags(0)
		if drained && end && trailers == nil {
			flags = http2.FlagDataEndStream
		}
		out.Send = q.appendTo(appendFrameHead(out.Send, n, http2.FrameData, flags, id), n)
		h.repay(int32(n))
		st.sendCredit -= int32(n)
		h.sendWindow -= int32(n)
		e.do(queueOp{kind: queueSent, id: id, n: uint16(n), turn: !drained && c.h2StreamSendWindow(&st) > 0})
		if !drained {
			h.streams.putSend(st)
			continue
		}
		if trailers != nil {
			c.h2SendBlock(out, trailers, id, true)
		}
		st.flags &^= streamQueued
		h.streams.putSend(st)
		if !st.live() {
			c.editRare().liveStreams--
		}
		out.Events = append(out.Events, Event{Kind: EventDrained, StreamID: id, Tag: st.tag})
	}
	h.queues = e.done()
}
