package httpconn

import (
	"cmp"
	"slices"
	"sync/atomic"
)

// ledger is the table of the streams of an HTTP/2 connection, as a value. Changing one stream costs the same with one
// stream and with ten thousand, allocates next to nothing, and leaves older ledgers as they were.
//
// A root holds an immutable checkpoint, an append-only log of what changed since, and a table that is the checkpoint with
// the whole log applied. A ledger is a root, how much of its log counts, and its version: how many calls have changed the
// table before. Whoever moves the root's version from that one to the next holds the claim, and may edit the table and append
// to the log until its call returns. Whoever loses that race, or comes with an older version, builds a root of its own from
// what is never written again. Nobody waits.
//
// Nobody else has the ledger of the next version before that call returns. So the claim ends by itself, and there is one
// atomic instruction in a call.
//
// Invariant: if a ledger has the version of its root, and no call on it is under way, table == replay(checkpoint, log[:n]).
type ledger struct {
	r       *ledgerRoot
	n       int32 // how much of r.log counts
	version uint32
}

type ledgerRoot struct {
	version    atomic.Uint32
	began      int32 // length of the log when the call began, or -1 if that began in another root; only for the holder
	own        int32 // where in the log this call's last change of one window is, or -1; only for the holder
	checkpoint []stream
	log        []entry  // see h2_log.go
	table      []stream // direct-mapped by slotOf; only for the holder of the claim
	tunnels    []uint32 // for each place of table: the stream, if it is a tunnel that we have not ended
	kept       int      // how many streams in table are kept; only for the holder
	pairs      int      // pairs of them that would collide in a table of half the size; only for the holder
}

const minStreams = 4 // slots of the smallest table: most connections carry one WebSocket

// slotOf returns the place of stream id, which is odd, in a table of n slots. Requests choose their identifiers so that two
// live streams never have the same place.
func slotOf(id StreamID, n int) int { return int(id>>1) & (n - 1) }

// newRoot returns a root, without a checkpoint or a log, for a table that nobody else knows of.
func newRoot(table []stream) *ledgerRoot {
	r := &ledgerRoot{table: table, tunnels: make([]uint32, len(table)), began: -1, own: -1}
	for i := range table {
		if s := &table[i]; s.flags&streamSendMask == streamTunnel {
			r.tunnels[i] = uint32(s.id)
		}
		if half := len(table) / 2; table[i].kept() {
			r.kept++
			if i < half && table[i+half].kept() {
				r.pairs++
			}
		}
	}
	return r
}

// size returns how many places l's table has.
func (l ledger) size() int {
	if l.r == nil {
		return minStreams
	}
	return len(l.r.table)
}

// begin makes the table the checkpoint of a new log.
func (r *ledgerRoot) begin() {
	r.checkpoint = slices.Clone(r.table)
	r.log = make([]entry, logSize(len(r.table)))
}

// claim makes l's table editable until release. Every call that changes a Conn claims at most once.
func (l *ledger) claim() {
	if l.r != nil && l.r.version.CompareAndSwap(l.version, l.version+1) {
		l.version++
		l.r.began, l.r.own = l.n, -1
		return
	}
	l.fork()
}

// fork goes on in a new root because others have gone on in the old one, or because there is none. Checkpoints are never
// written, so the new root can share it; to copy a short log is less work than to copy the table.
func (l *ledger) fork() {
	if l.r == nil {
		l.rebase(make([]stream, minStreams))
		return
	}
	r := newRoot(l.replay())
	if old := l.r; int(l.n) <= len(old.log)/2 {
		r.checkpoint, r.log = old.checkpoint, make([]entry, len(old.log))
		copy(r.log, old.log[:l.n])
		l.r, l.version = r, 0
		return
	}
	r.begin()
	l.r, l.n, l.version = r, 0, 0
}

// release ends the claim. If nothing was changed, the ledger is as good as before for those who have kept it: the version is
// that from before the call.
func (l *ledger) release() {
	if l.n == l.r.began {
		l.version--
		l.r.version.Store(l.version)
	}
}

// replay builds the table from what is never written again.
func (l *ledger) replay() []stream {
	table := slices.Clone(l.r.checkpoint)
	for log := l.r.log[:l.n]; len(log) > 0; {
		s := &table[slotOf(log[0].stream(), len(table))]
		log = log[s.apply(log):]
	}
	return table
}

// tunnel reports whether stream id is a tunnel that we have not ended. It needs no claim, and true is certain while false is
// only a hint: it may be that l is not the newest ledger.
//
// Whoever goes on from l changes the root's version before it writes to tunnels, and what it has written to never has the
// same version again.
func (l ledger) tunnel(id StreamID) bool {
	if l.r == nil || l.r.version.Load() != l.version {
		return false
	}
	open := atomic.LoadUint32(&l.r.tunnels[slotOf(id, len(l.r.tunnels))]) == uint32(id)
	return open && id != 0 && l.r.version.Load() == l.version
}

// find returns the stream with the given identifier, or the zero stream if it is not in the table. It needs the claim.
func (l *ledger) find(id StreamID) stream {
	if s := l.r.table[slotOf(id, len(l.r.table))]; s.id == id {
		return s
	}
	return stream{}
}

// at is find without a copy, and nil if the stream is not in the table. A change of what it points to must be logged before
// anything else is done with the ledger.
func (l *ledger) at(id StreamID) *stream {
	if s := &l.r.table[slotOf(id, len(l.r.table))]; s.id == id && id != 0 {
		return s
	}
	return nil
}

// put stores the new state of a stream. It needs the claim, which afterwards is on l.r; that may be another root.
func (l *ledger) put(s stream) {
	slot := slotOf(s.id, len(l.r.table))
	old := l.r.table[slot].kept()
	l.r.table[slot] = s
	var id uint32
	if s.flags&streamSendMask == streamTunnel {
		id = uint32(s.id)
	}
	if p := &l.r.tunnels[slot]; *p != id {
		atomic.StoreUint32(p, id)
	}
	l.r.own = -1
	change := 0
	switch now := s.kept(); {
	case now && !old:
		change = 1
	case old && !now:
		change = -1
	}
	if l.r.kept += change; l.r.table[slot^len(l.r.table)/2].kept() {
		l.r.pairs += change
	}
	if log := l.r.log[l.n:]; len(log) >= wholeLen {
		s.record((*[wholeLen]entry)(log))
		l.n += wholeLen
	} else {
		l.renew()
	}
	if change < 0 {
		l.shrink()
	}
}

// received logs that n was added to recvUncredited of a stream in the table, and that nothing else changed. Like put, it
// needs the claim.
func (l *ledger) received(s *stream, n int32) { l.change(uint32(s.id), n) }

// sent logs that n was taken from sendCredit, in the same way.
func (l *ledger) sent(s *stream, n int32) { l.change(uint32(s.id)&^entryReceived, n) }

// putSend is put for a copy of a stream in the table of which nothing but sendCredit and streamQueued has changed.
func (l *ledger) putSend(s stream) {
	if s.flags&streamSentEnd != 0 { // what is queued decides whether it is over
		l.put(s)
		return
	}
	p := l.at(s.id)
	id, n := uint32(s.id)&^entryReceived, p.sendCredit-s.sendCredit
	if p.flags != s.flags {
		id |= entryQueued
		l.r.own = -1 // such a change is one of its own
	}
	*p = s
	l.change(id, n)
}

func (l *ledger) change(id uint32, n int32) {
	r, at := l.r, l.n
	switch {
	case at > 0 && at-1 == r.own && r.log[at-1].id == id: // this call's own entry, which no other ledger counts yet
		r.log[at-1].n += n
	case int(at) < len(r.log):
		r.log[at] = entry{id, n}
		r.own = at
		l.n++
	default:
		l.renew()
	}
}

// renew goes on in a new root because the log is full. The new root takes the table over, and no ledger has the version that the
// old one is left with: older ledgers replay what they need of it.
func (l *ledger) renew() {
	r := &ledgerRoot{table: l.r.table, tunnels: l.r.tunnels, kept: l.r.kept, pairs: l.r.pairs, began: -1, own: -1}
	r.begin()
	l.r, l.n, l.version = r, 0, 0
}

// rebase goes on in a new root with the given table.
func (l *ledger) rebase(table []stream) {
	l.r, l.n, l.version = newRoot(table), 0, 0
	l.r.begin()
}

// free reports whether the place of stream id is free for a new stream.
func (l *ledger) free(id StreamID) bool {
	return !l.r.table[slotOf(id, len(l.r.table))].kept()
}

// grow doubles the table if one more stream would fill more than three quarters of it. So on average a request passes over
// at most three places that are taken before a free one.
func (l *ledger) grow() {
	size := len(l.r.table)
	if 4*(l.r.kept+1) <= 3*size {
		return
	}
	table := make([]stream, 2*size)
	for _, s := range l.r.table {
		if s.kept() {
			table[slotOf(s.id, 2*size)] = s
		}
	}
	l.rebase(table)
}

// shrink halves the table as long as few streams are kept and no two of them would collide; a stream cannot move, since its
// identifier decides its place. It costs less than it had cost to open the streams that are gone.
func (l *ledger) shrink() {
	for half := len(l.r.table) / 2; half >= minStreams && 4*l.r.kept <= half && l.r.pairs == 0; half /= 2 {
		table := slices.Clone(l.r.table[:half])
		for i, s := range l.r.table[half:] {
			if t := &table[i]; s.kept() || !t.kept() && s.id > t.id { // of two that are closed, remember the later one
				*t = s
			}
		}
		l.rebase(table)
	}
}

// get is find without a claim, for calls that change nothing.
func (l ledger) get(id StreamID) (s stream) {
	switch {
	case l.r == nil:
		return s
	case l.hold():
		s = l.find(id)
		l.r.version.Store(l.version)
		return s
	}
	slot := slotOf(id, len(l.r.checkpoint))
	s = l.r.checkpoint[slot]
	for log := l.r.log[:l.n]; len(log) > 0; {
		if slotOf(log[0].stream(), len(l.r.checkpoint)) == slot {
			log = log[s.apply(log):]
		} else {
			log = log[log[0].len():]
		}
	}
	if s.id != id {
		return stream{}
	}
	return s
}

// hold keeps others from editing l's table until the version is stored again, and reports whether that is the table of l.
func (l *ledger) hold() bool { return l.r.version.CompareAndSwap(l.version, l.version+1) }

// snapshot returns a copy of the table.
func (l ledger) snapshot() []stream {
	switch {
	case l.r == nil:
		return make([]stream, minStreams)
	case l.hold():
		defer l.r.version.Store(l.version)
		return slices.Clone(l.r.table)
	}
	return l.replay()
}

// equal also compares what is remembered of closed streams, by which late frames are judged, and the size of the table, on
// which the identifiers of later requests depend.
func (l ledger) equal(x ledger) bool { return slices.Equal(l.snapshot(), x.snapshot()) }

// liveIn returns the live streams of a table above stream id, in the order of their identifiers.
func liveIn(table []stream, id StreamID) (live []stream) {
	for _, s := range table {
		if s.id > id && s.live() {
			live = append(live, s)
		}
	}
	slices.SortFunc(live, func(a, b stream) int { return cmp.Compare(a.id, b.id) })
	return live
}
