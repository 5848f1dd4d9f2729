package httpconn

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/pbuf"
	"github.com/mintws/mintws/internal/pmap"
)

// h2queues holds the bytes that flow control does not allow yet. Only streams that are blocked are in it, so it costs the
// others nothing. It is never written once a call has returned. nil is empty.
type h2queues struct {
	streams pmap.Map[*h2queue] // by id>>1, as identifiers are odd; what they point to is never written
	turns   idQueue            // streams whose own window is open, and that wait for the connection's
	bytes   int                // of all streams
}

// h2queue is what one stream has to send.
type h2queue struct {
	data     pbuf.Buf
	sent     int    // how much of data is sent
	end      bool   // END_STREAM follows
	trailers []byte // or the header block that ends the stream
	turn     bool   // it is in turns
}

func (q h2queue) unsent() []byte { return q.data.Bytes()[q.sent:] }

// idQueue is a persistent first-in, first-out queue of stream identifiers.
type idQueue struct {
	ids    pbuf.Buf // four bytes each
	popped int
}

func (q idQueue) push(id StreamID) idQueue {
	if dead := q.popped; dead > 4096 && dead > q.ids.Len()/2 {
		q = idQueue{ids: pbuf.Buf{}.Append(q.ids.Bytes()[dead:], 0)}
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(id))
	q.ids = q.ids.Append(b[:], 0)
	return q
}

func (q idQueue) pop() (StreamID, idQueue, bool) {
	if q.popped == q.ids.Len() {
		return 0, idQueue{}, false
	}
	id := StreamID(binary.BigEndian.Uint32(q.ids.Bytes()[q.popped:]))
	q.popped += 4
	return id, q, true
}

func (q idQueue) len() int { return (q.ids.Len() - q.popped) / 4 }

// only returns the identifiers for which keep is true.
func (q idQueue) only(keep func(StreamID) bool) (next idQueue) {
	for id, rest, ok := q.pop(); ok; id, rest, ok = rest.pop() {
		if keep(id) {
			next = next.push(id)
		}
	}
	return next
}

// add appends p to what stream id has to send. turn says that only the connection's window holds it up.
func (q *h2queues) add(id StreamID, p []byte, turn bool) *h2queues {
	next := q.copy()
	s, _ := next.get(id)
	s.data = s.data.Append(p, 0)
	next.bytes += len(p)
	if turn && !s.turn {
		s.turn, next.turns = true, next.turns.push(id)
	}
	next.set(id, s)
	return next
}

// finish makes stream id end after its bytes: with trailers if there are any, or else with END_STREAM.
func (q *h2queues) finish(id StreamID, trailers []byte) *h2queues {
	next := q.copy()
	s, _ := next.get(id)
	s.end, s.trailers = true, trailers
	next.set(id, s)
	return next
}

// ready gives stream id its turn, now that its window is open.
func (q *h2queues) ready(id StreamID) *h2queues {
	s, ok := q.get(id)
	if !ok || s.turn {
		return q
	}
	next := q.copy()
	s.turn, next.turns = true, next.turns.push(id)
	next.set(id, s)
	return next
}

// unblock gives a turn to each stream for which open is true, and returns how many had none before.
func (q *h2queues) unblock(open func(StreamID) bool) (next *h2queues, changed int) {
	next = q.copy()
	for k, s := range q.streams.All {
		if id := StreamID(2*k + 1); !s.turn && open(id) {
			c := *s
			c.turn, next.turns = true, next.turns.push(id)
			next.set(id, c)
			changed++
		}
	}
	return next, changed
}

// drop forgets what stream id has to send. If it has a turn, that is passed over when it comes.
func (q *h2queues) drop(id StreamID) *h2queues {
	s, ok := q.get(id)
	if !ok {
		return q
	}
	next := q.copy()
	next.bytes -= len(s.unsent())
	if next.streams = next.streams.Delete(uint32(id >> 1)); next.streams.Len() == 0 {
		return nil
	}
	if next.turns.len() > 2*next.streams.Len()+64 { // most of them are turns of streams that are gone
		next.turns = next.turns.only(func(id StreamID) bool { s, _ := next.get(id); return s.turn })
	}
	return next
}

func (q *h2queues) get(id StreamID) (h2queue, bool) {
	if q == nil {
		return h2queue{}, false
	}
	s, ok := q.streams.Get(uint32(id >> 1))
	if !ok || id&1 == 0 {
		return h2queue{}, false
	}
	return *s, true
}

// set stores what stream id has to send. q is not shared yet.
func (q *h2queues) set(id StreamID, s h2queue) { q.streams = q.streams.Set(uint32(id>>1), &s) }

func (q *h2queues) copy() *h2queues {
	next := new(h2queues)
	if q != nil {
		*next = *q
	}
	return next
}

// buffered returns how many bytes stream id has to send; 0 is all streams.
func (q *h2queues) buffered(id StreamID) int {
	if id == 0 {
		if q == nil {
			return 0
		}
		return q.bytes
	}
	s, _ := q.get(id)
	return len(s.unsent())
}

func (q *h2queues) equal(x *h2queues) bool {
	if q == nil || x == nil {
		return q == x
	}
	if q.bytes != x.bytes || q.streams.Len() != x.streams.Len() ||
		!bytes.Equal(q.turns.ids.Bytes()[q.turns.popped:], x.turns.ids.Bytes()[x.turns.popped:]) {
		return false
	}
	for id, a := range q.streams.All {
		b, ok := x.streams.Get(id)
		same := ok && a.end == b.end && a.turn == b.turn
		if !same || !bytes.Equal(a.unsent(), b.unsent()) || !bytes.Equal(a.trailers, b.trailers) {
			return false
		}
	}
	return true
}

// quantum is how much one stream sends before the next one has its turn, in bytes.
const quantum = 16 << 10

// h2SendQueued sends what the windows allow now: a quantum from each stream, in turn.
func (c *Conn) h2SendQueued(out *Output) {
	h := &c.h2
	if h.queues == nil || h.sendWindow <= 0 || h.queues.turns.len() == 0 {
		return
	}
	q := h.queues.copy()
	for h.sendWindow > 0 {
		id, turns, ok := q.turns.pop()
		if q.turns = turns; !ok {
			break
		}
		s, ok := q.get(id)
		if !ok || !s.turn { // it was dropped
			h.charge(1)
			continue
		}
		st := h.streams.find(id)
		n := int(min(int64(len(s.unsent())), quantum, int64(h.rare.peerMaxFrame), c.h2StreamSendWindow(&st), int64(h.sendWindow)))
		if n <= 0 { // the initial window has become smaller since
			h.charge(1 + requeued)
			s.turn = false
			q.set(id, s)
			continue
		}
		drained := n == len(s.unsent())
		flags := http2.Flags(0)
		if drained && s.end && s.trailers == nil {
			flags = http2.FlagDataEndStream
		}
		out.Send = append(appendFrameHead(out.Send, n, http2.FrameData, flags, id), s.unsent()[:n]...)
		h.repay(int32(n))
		st.sendCredit -= int32(n)
		h.sendWindow -= int32(n)
		q.bytes -= n
		if !drained {
			if s.sent += n; s.sent > s.data.Len()/2 && s.sent > quantum {
				s.data, s.sent = pbuf.Buf{}.Append(s.unsent(), 0), 0
			}
			if s.turn = c.h2StreamSendWindow(&st) > 0; s.turn {
				q.turns = q.turns.push(id)
			}
			q.set(id, s)
			h.streams.put(st)
			continue
		}
		q.streams = q.streams.Delete(uint32(id >> 1))
		if s.trailers != nil {
			c.h2SendBlock(out, s.trailers, id, true)
		}
		st.flags &^= streamQueued
		h.streams.put(st)
		if !st.live() {
			c.editRare().liveStreams--
		}
		out.Events = append(out.Events, Event{Kind: EventDrained, StreamID: id, Tag: st.tag})
	}
	if h.queues = q; q.streams.Len() == 0 {
		h.queues = nil
	}
}
