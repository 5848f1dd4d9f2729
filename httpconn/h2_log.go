package httpconn

// entry is a place in a ledger's log. A change of one window of a stream, which comes with every DATA frame, takes one entry,
// also if bytes begin to wait for that window, or wait no more.
// A change of anything else, which comes a few times in a stream's life, logs its whole state and takes wholeLen entries. A
// log is read from its beginning.
type entry struct {
	id uint32 // with the bits below
	n  int32
}

const (
	// The identifiers of streams are odd and have 31 bits (RFC 9113 section 5.1.1), so two bits are free.
	entryReceived = 1                           // n was added to recvUncredited; without it, n was taken from sendCredit
	entryQueued   = 1 << 31                     // and streamQueued changed
	entryWhole    = entryQueued | entryReceived // a whole state begins

	wholeLen = 6
	minLog   = 256 // entries of the smallest log
)

// logSize returns how long the log of a table is. It is so long that the copy of the table that is due when the log is full
// costs 12 bytes for each change in it, and no longer, since going on from an old value means reading it.
func logSize(slots int) int { return max(minLog, 4*slots) }

func (e *entry) stream() StreamID { return StreamID(e.id&^entryQueued | 1) }

// len returns how many entries the change that begins with e takes.
func (e *entry) len() int {
	if e.id&entryWhole == entryWhole {
		return wholeLen
	}
	return 1
}

// record writes the whole state of s.
func (s *stream) record(log *[wholeLen]entry) {
	log[0] = entry{uint32(s.id) | entryWhole, s.recvUncredited}
	log[1] = entry{uint32(s.recvConsumed), s.sendCredit}
	log[2] = entry{uint32(s.flags), s.informational}
	log[3] = entryOf(s.tag)
	log[4] = entryOf(uint64(s.recvRemaining))
	log[5] = entryOf(uint64(s.sendRemaining))
}

func entryOf(v uint64) entry    { return entry{uint32(v), int32(v >> 32)} }
func (e *entry) uint64() uint64 { return uint64(e.id) | uint64(uint32(e.n))<<32 }

// apply applies the first change in the log, which must be one of s, and returns how many entries it takes.
func (s *stream) apply(log []entry) int {
	switch e := &log[0]; {
	case e.id&entryWhole == entryWhole:
		*s = stream{
			id: e.stream(), recvUncredited: e.n, recvConsumed: int32(log[1].id), sendCredit: log[1].n,
			flags: streamFlags(log[2].id), informational: log[2].n,
			tag: log[3].uint64(), recvRemaining: int64(log[4].uint64()), sendRemaining: int64(log[5].uint64())}
		return wholeLen
	case e.id&entryReceived != 0:
		s.recvUncredited += e.n
	case e.id&entryQueued != 0:
		s.flags ^= streamQueued
		fallthrough
	default:
		s.sendCredit -= e.n
	}
	return 1
}
