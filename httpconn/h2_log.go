package httpconn

// entry is a place in a ledger's log. What changes with every DATA frame, a stream's counters, takes one; the whole state of
// a stream, which changes a few times in its life, takes wholeLen, the counters first.
type entry [4]uint32

const (
	// The identifiers of streams are odd and have 31 bits (RFC 9113 section 5.1.1), so the first word of an entry tells
	// what it is: counters alone; with entryWhole the beginning of a whole state; with entryWhole and even the rest of one.
	entryWhole = 1 << 31

	wholeLen = 4
	minLog   = 128 // entries of the smallest log
)

// logSize returns how long the log of a table is: so long that its copy, at the end of the log, costs little for each change
// that made it necessary, and no longer, since who goes on from an old value replays it.
func logSize(slots int) int { return max(minLog, 2*slots) }

func (e *entry) stream() StreamID { return StreamID(e[0] &^ entryWhole) }

// len returns how many entries the change takes that begins with e.
func (e *entry) len() int {
	if e[0]&entryWhole != 0 {
		return wholeLen
	}
	return 1
}

// record writes the whole state of s.
func (s *stream) record(log *[wholeLen]entry) {
	log[0] = entry{uint32(s.id) | entryWhole, uint32(s.recv), uint32(s.owed), uint32(s.send)}
	log[1] = entry{entryWhole, uint32(s.flags) | uint32(s.info)<<16, uint32(s.tag), uint32(s.tag >> 32)}
	log[2] = entry{entryWhole, 0, uint32(s.left), uint32(s.left >> 32)}
	log[3] = entry{entryWhole, 0, uint32(s.unsent), uint32(s.unsent >> 32)}
}

// apply makes s what the first change in the log says, and returns how many entries that took.
func (s *stream) apply(log []entry) int {
	e := &log[0]
	s.recv, s.owed, s.send = int32(e[1]), int32(e[2]), int32(e[3])
	if e[0]&entryWhole == 0 {
		return 1
	}
	s.id = e.stream()
	s.flags, s.info = streamFlags(log[1][1]), uint16(log[1][1]>>16)
	s.tag = uint64(log[1][2]) | uint64(log[1][3])<<32
	s.left = int64(uint64(log[2][2]) | uint64(log[2][3])<<32)
	s.unsent = int64(uint64(log[3][2]) | uint64(log[3][3])<<32)
	return wholeLen
}
