package httpconn

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// queueOracle is what must be in queues, in the plainest form.
type queueOracle struct {
	streams map[StreamID]queueOracleStream
	turns   []StreamID
}

type queueOracleStream struct {
	bytes    []byte
	end      bool
	trailers []byte
}

// queueModel is queues and what must be in them.
type queueModel struct {
	q    *h2queues
	want queueOracle
}

// step does one call's worth of changes to both.
func (m queueModel) step(rng *rand.Rand) queueModel {
	w := &m.want
	w.streams, w.turns = maps.Clone(w.streams), slices.Clone(w.turns)
	if w.streams == nil {
		w.streams = map[StreamID]queueOracleStream{}
	}
	id := StreamID(2*rng.IntN(12) + 1)
	s, queued := w.streams[id]
	turn := slices.Contains(w.turns, id)
	switch k := rng.IntN(20); {
	case k < 8:
		n := 1 + rng.IntN(40)
		if rng.IntN(8) == 0 {
			n = 1 + rng.IntN(3*maxPiece)
		}
		p := bytes.Repeat([]byte{byte(rng.Int())}, n)
		mayGo := rng.IntN(2) == 0
		m.q = m.q.add(id, p, mayGo)
		s.bytes = slices.Concat(s.bytes, p)
		w.streams[id] = s
		if mayGo && !turn {
			w.turns = append(w.turns, id)
		}
		for i := range p { // it must have been copied
			p[i]++
		}
	case k == 8 && queued:
		if s.end = true; rng.IntN(2) == 0 {
			s.trailers = []byte("trailers")
		}
		m.q = m.q.finish(id, s.trailers)
		w.streams[id] = s
	case k < 11 && queued:
		m.q = m.q.ready(id)
		if !turn {
			w.turns = append(w.turns, id)
		}
	case k == 11:
		var looked int
		open := func(id StreamID) bool { return id%4 == 1 }
		m.q, looked = m.q.unblock(open)
		if looked != len(w.streams) {
			panic("unblock did not look at all")
		}
		for _, id := range slices.Sorted(maps.Keys(w.streams)) {
			if open(id) && !slices.Contains(w.turns, id) {
				w.turns = append(w.turns, id)
			}
		}
	case k == 12:
		m.q = m.q.drop(id)
		delete(w.streams, id)
		w.turns = slices.DeleteFunc(w.turns, func(x StreamID) bool { return x == id })
	case m.q != nil: // send, as h2SendQueued does
		e := m.q.edit()
		for range 1 + rng.IntN(4) {
			q := e.r.live.first
			if q == nil {
				break
			}
			id := q.id
			n := min(q.bytes, rng.IntN(quantum+1))
			if rng.IntN(2) == 0 {
				n = min(q.bytes, quantum)
			}
			again := n < q.bytes && rng.IntN(2) == 0
			s := w.streams[id]
			if id != w.turns[0] || !bytes.Equal(q.appendTo(nil, n), s.bytes[:n]) ||
				q.end != s.end || !bytes.Equal(q.trailers, s.trailers) {
				panic("not what is to be sent next")
			}
			e.do(queueOp{kind: queueSent, id: id, n: uint16(n), turn: again})
			w.turns = slices.Delete(w.turns, 0, 1)
			if again {
				w.turns = append(w.turns, id)
			}
			if s.bytes = s.bytes[n:]; len(s.bytes) == 0 {
				delete(w.streams, id)
			} else {
				w.streams[id] = s
			}
		}
		m.q = e.done()
	}
	return m
}

// check compares the queues with the oracle, in every way of reading them.
func (m queueModel) check(t *testing.T) {
	t.Helper()
	total := 0
	for id := StreamID(1); id < 30; id += 2 {
		n := len(m.want.streams[id].bytes)
		if total += n; m.q.buffered(id) != n {
			t.Fatalf("stream %d: %d bytes, want %d", id, m.q.buffered(id), n)
		}
	}
	if m.q.buffered(0) != total || (m.q == nil) != (len(m.want.streams) == 0) {
		t.Fatalf("%d bytes, want %d of %d streams", m.q.buffered(0), total, len(m.want.streams))
	}
	if m.q == nil {
		return
	}
	s := m.q.replay()
	m.compare(t, s)
	if m.q.r.tok.CompareAndSwap(int64(m.q.n), busy) { // it is the newest
		m.compare(t, m.q.r.live)
		if kept, most := m.kept(); kept > most {
			t.Fatalf("%d bytes kept for %d that wait, and %d changes; at most %d", kept, total, len(m.q.r.log), most)
		}
		m.q.r.tok.Store(int64(m.q.n))
	}
	if !m.q.equal(m.q) || m.q.equal(m.q.add(31, []byte("x"), false)) || m.q.equal(m.q.drop(m.one())) {
		t.Fatal("Equal")
	}
}

func (m queueModel) compare(t *testing.T, s *queueState) {
	t.Helper()
	if s.bytes != m.q.bytes || len(s.streams) != len(m.want.streams) {
		t.Fatalf("%d bytes of %d streams, want %d", s.bytes, len(s.streams), len(m.want.streams))
	}
	for id, w := range m.want.streams {
		q := s.streams[id]
		if q == nil || q.id != id || q.turn != slices.Contains(m.want.turns, id) ||
			q.end != w.end || !bytes.Equal(q.trailers, w.trailers) ||
			q.bytes != len(w.bytes) || !bytes.Equal(q.appendTo(nil, q.bytes), w.bytes) {
			t.Fatalf("stream %d: %+v, want %+v", id, q, w)
		}
	}
	var turns []StreamID
	var prev *streamQueue
	for q := s.first; q != nil; prev, q = q, q.next {
		if turns = append(turns, q.id); q.prev != prev {
			t.Fatalf("before stream %d stands another", q.id)
		}
	}
	if s.last != prev || !slices.Equal(turns, m.want.turns) {
		t.Fatalf("turns %v, want %v", turns, m.want.turns)
	}
}

func (m queueModel) one() StreamID { return slices.Min(slices.Collect(maps.Keys(m.want.streams))) }

// kept returns how many bytes of content m's root holds, and may hold: as much as waits, as much again that is sent, and what
// a log may hold; and beside each that is free behind it.
func (m queueModel) kept() (n, most int) {
	pieces := map[*byte]int{} // by where their memory ends, as pieces may share it
	for _, op := range m.q.r.log[:m.q.n] {
		if p := op.data; op.kind == queuePush {
			end := &p[:cap(p)][cap(p)-1]
			pieces[end] = max(pieces[end], cap(p))
		}
	}
	for _, size := range pieces {
		n += size
	}
	log := len(m.q.r.log) * queueOpSize
	return n, 4*(m.q.bytes+maxSent/2+2*log) + 2*maxPiece
}

// TestQueueModel goes on from random queues, new and old, and compares each with a plain map and a plain list.
func TestQueueModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	models := []queueModel{{}}
	for range 3000 {
		m := models[len(models)-1]
		if rng.IntN(8) == 0 {
			m = models[max(0, len(models)-1-rng.IntN(100))]
		}
		next := m.step(rng)
		next.check(t)
		m.check(t)
		models = append(models, next)
	}
	for _, m := range models {
		m.check(t)
	}
}

// TestQueueRace does the same from 8 goroutines, on values that they share.
func TestQueueRace(t *testing.T) { raceModels(t, queueModel{}, 100, 200) }
