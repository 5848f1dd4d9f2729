package httpconn

import (
	"cmp"
	"slices"
	"sync/atomic"
)

// ledger is the table of the streams of an HTTP/2 connection, as a value: changing one stream costs the same with one stream
// and with ten thousand, allocates next to nothing, and older ledgers stay what they were.
//
// A root holds an immutable checkpoint, an append-only log of the streams' later states, and a table that is the checkpoint
// with the whole log applied. A ledger is a root and how much of its log counts. Whoever moves tok from that length to busy
// holds the claim: it may edit the table and append to the log. Losing that race, or coming with an older length, means to
// build a root of one's own from what is never written again. Nobody waits.
//
// Invariant: tok is busy, or table == replay(checkpoint, log[:tok]).
type ledger struct {
	r *ledgerRoot
	n int // how much of r.log counts
}

type ledgerRoot struct {
	tok        atomic.Int64
	checkpoint []stream
	log        []stream // each entry is the new state of the stream that it names
	table      []stream // direct-mapped by slotOf; only for the holder of the claim
	first      int      // how long the log was when the claim was made; only for its holder
}

const (
	busy       = -1
	minStreams = 4  // slots of the smallest table: most connections carry one WebSocket
	minLog     = 64 // entries of the smallest log; others have as many as the table: a change pays for one slot's copy
)

// slotOf returns the place of stream id, which is odd, in a table of n slots. The caller chooses the identifiers, so that
// two live streams never have the same place.
func slotOf(id StreamID, n int) int { return int(id>>1) & (n - 1) }

func newRoot(table []stream) *ledgerRoot {
	return &ledgerRoot{checkpoint: slices.Clone(table), log: make([]stream, max(minLog, len(table))), table: table}
}

// claim makes l's table editable until release. Every call that changes a Conn claims at most once.
func (l *ledger) claim() {
	if l.r == nil {
		l.rebase(make([]stream, minStreams))
		return
	}
	if l.r.tok.CompareAndSwap(int64(l.n), busy) {
		l.r.first = l.n
		return
	}
	l.rebase(l.replay())
}

// release ends the claim: the table is that of l as it is now.
func (l *ledger) release() { l.r.tok.Store(int64(l.n)) }

// replay builds the table from what is never written again.
func (l *ledger) replay() []stream {
	table := slices.Clone(l.r.checkpoint)
	for _, s := range l.r.log[:l.n] {
		table[slotOf(s.id, len(table))] = s
	}
	return table
}

// find returns the stream with the given identifier, or the zero stream where the table does not know it. It needs the
// claim.
func (l *ledger) find(id StreamID) stream {
	if s := l.r.table[slotOf(id, len(l.r.table))]; s.id == id {
		return s
	}
	return stream{}
}

// at is find without a copy: nil where the table does not know the stream. Who changes what it points to must note that
// before anything else is done with the ledger.
func (l *ledger) at(id StreamID) *stream {
	if s := &l.r.table[slotOf(id, len(l.r.table))]; s.id == id && id != 0 {
		return s
	}
	return nil
}

// put stores the new state of a stream. It needs the claim. The claim is on l.r afterwards, which can be another root.
func (l *ledger) put(s stream) {
	p := &l.r.table[slotOf(s.id, len(l.r.table))]
	*p = s
	l.note(p)
}

// note logs the state of a stream that was changed in the table. It needs the claim, as put does.
func (l *ledger) note(s *stream) {
	switch n := l.n; {
	case n > l.r.first && l.r.log[n-1].id == s.id: // this call's own entry, which no other ledger counts yet
		l.r.log[n-1] = *s
	case n < len(l.r.log):
		l.r.log[n] = *s
		l.n++
	default:
		l.rebase(l.r.table) // the old root stays busy for ever: older ledgers replay what they need of it
	}
}

// rebase goes on in a new root with the given table.
func (l *ledger) rebase(table []stream) {
	l.r = newRoot(table)
	l.r.tok.Store(busy)
	l.n = 0
}

// free reports whether the place of stream id is free for a new stream.
func (l *ledger) free(id StreamID) bool {
	s := l.r.table[slotOf(id, len(l.r.table))]
	return !s.live()
}

// grow doubles the table until n live streams fill at most half of it.
func (l *ledger) grow(n int) {
	size := len(l.r.table)
	if 2*n <= size {
		return
	}
	for 2*n > size {
		size *= 2
	}
	table := make([]stream, size)
	for _, s := range l.r.table {
		if s.live() {
			table[slotOf(s.id, size)] = s
		}
	}
	l.rebase(table)
}

// get is find for those who hold no claim and want to change nothing.
func (l ledger) get(id StreamID) (s stream) {
	switch {
	case l.r == nil:
		return s
	case l.r.tok.CompareAndSwap(int64(l.n), busy):
		s = l.find(id)
		l.release()
		return s
	}
	slot := slotOf(id, len(l.r.checkpoint))
	s = l.r.checkpoint[slot]
	for i := l.n - 1; i >= 0; i-- {
		if e := l.r.log[i]; slotOf(e.id, len(l.r.checkpoint)) == slot {
			s = e
			break
		}
	}
	if s.id != id {
		return stream{}
	}
	return s
}

// snapshot returns a table for reading: the caller's own.
func (l ledger) snapshot() []stream {
	switch {
	case l.r == nil:
		return make([]stream, minStreams)
	case l.r.tok.CompareAndSwap(int64(l.n), busy):
		defer l.release()
		return slices.Clone(l.r.table)
	}
	return l.replay()
}

// equal compares also what is remembered of closed streams, and the size of the table: late frames are judged by the one,
// and the identifiers of later requests depend on the other.
func (l ledger) equal(x ledger) bool { return slices.Equal(l.snapshot(), x.snapshot()) }

// liveIn returns the live streams of a table in the order of their identifiers.
func liveIn(table []stream) (live []stream) {
	for _, s := range table {
		if s.live() {
			live = append(live, s)
		}
	}
	slices.SortFunc(live, func(a, b stream) int { return cmp.Compare(a.id, b.id) })
	return live
}
