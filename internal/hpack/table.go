package hpack

import "sync/atomic"

// DefaultMaxSize is the maximum size of a table before any SETTINGS_HEADER_TABLE_SIZE (RFC 9113 section 6.5.2).
const DefaultMaxSize = 4096

// Table is a decoder's dynamic table (RFC 7541 section 2.3.2), an immutable value of three words. The zero Table is empty and
// has the default maximum size.
//
// Its entries are a window of an append-only store that values share. The newest value extends the store in place, an
// older one copies; eviction moves the start of the window. Nothing that a value holds is ever written again, which is
// why the store is not a ring.
type Table struct {
	s      *store
	lo, hi uint32 // s.ents[lo:hi] are the entries, the oldest first
	// Both XOR DefaultMaxSize, so that zero is the default.
	xmax   uint32 // the maximum that the encoder chose with its last table size update
	xlimit uint32 // the maximum that we announced, which it may choose up to
}

// store is the memory that values share. Entries below tail belong to some value and are never written again; the one who
// moves tail from a to a+1 owns ents[a].
type store struct {
	tail  atomic.Uint32
	ents  []entry
	start uint64 // what entry.end counts from
	// owed: we lowered the maximum below the one in use, so the next block must begin with an update to low at the most.
	owed bool
	low  uint32
}

// entry is one field, and a running total of sizes up to and with it. The total goes on from one store to the next, so that
// entries are moved as they are.
type entry struct {
	name, value string
	end         uint64
}

const (
	minEntries = 8 // as many as a usual response head inserts
	// A store is left behind before it holds more than this many times the table's maximum, evicted entries included. It
	// bounds what a table keeps alive, and leaves three maximums of insertions between two copies.
	maxDead = 4
)

// Len returns the number of entries.
func (t Table) Len() int { return int(t.hi - t.lo) }

// Size returns the size of the table (RFC 7541 section 4.1).
func (t Table) Size() int {
	if t.lo == t.hi {
		return 0
	}
	return int(t.s.total(t.hi) - t.before())
}

// MaxSize returns the maximum size in use, the one that the encoder chose.
func (t Table) MaxSize() int { return int(t.max()) }

func (t Table) max() uint32   { return t.xmax ^ DefaultMaxSize }
func (t Table) limit() uint32 { return t.xlimit ^ DefaultMaxSize }

// before returns the running total below the first entry.
func (t Table) before() uint64 { return t.s.total(t.lo) }

// total returns the running total of the first n entries.
func (s *store) total(n uint32) uint64 {
	if n == 0 {
		return s.start
	}
	return s.ents[n-1].end
}

// entries returns the entries, the oldest first.
func (t Table) entries() []entry {
	if t.s == nil {
		return nil
	}
	return t.s.ents[t.lo:t.hi]
}

// lookup returns the field of an index: 1 to 61 are the static table, the newest dynamic entry is 62 (RFC 7541 section
// 2.3.3). ok is false where there is none.
func (t *Table) lookup(index uint64) (name, value string, ok bool) {
	if index <= staticLen {
		f := &static[index]
		return f.Name, f.Value, index > 0
	}
	d := index - staticLen
	if d > uint64(t.hi-t.lo) {
		return "", "", false
	}
	e := &t.s.ents[uint64(t.hi)-d]
	return e.name, e.value, true
}

// WithMaxSize returns t with another maximum announced. It is for when the peer acknowledged the SETTINGS frame: from
// there on the encoder may choose a size up to n. If it uses more, its next block must say first that it no longer
// does, and if several changes come before that block, the lowest counts (section 4.2).
func (t Table) WithMaxSize(n uint32) Table {
	t.xlimit = n ^ DefaultMaxSize
	if low, owed := t.owed(); n < t.max() && (!owed || n < low) {
		t = t.moved(0)
		t.s.owed, t.s.low = true, n
	}
	return t
}

// owed reports whether the next block must begin with a table size update, and to what at the most.
func (t Table) owed() (low uint32, ok bool) {
	if t.s == nil {
		return 0, false
	}
	return t.s.low, t.s.owed
}

// settled returns t in a store that owes nothing.
func (t Table) settled() Table {
	if t.s == nil || !t.s.owed {
		return t
	}
	return t.moved(0)
}

// resized returns t after a table size update (sections 4.3 and 6.3).
func (t Table) resized(n uint32) Table {
	t.xmax = n ^ DefaultMaxSize
	t = t.evicted(uint64(n))
	if t.lo == t.hi {
		return t.cleared() // do not keep the old entries alive
	}
	return t
}

// evicted returns t without as many of the oldest entries as it takes for the rest to have at most the given size.
func (t Table) evicted(size uint64) Table {
	if t.lo == t.hi {
		return t
	}
	end := t.s.total(t.hi)
	for before := t.before(); t.lo < t.hi && end-before > size; t.lo++ {
		before = t.s.ents[t.lo].end
	}
	return t
}

// inserted returns t with one more entry (section 4.4).
func (t Table) inserted(name, value string) Table {
	size, most := uint64(len(name)+len(value)+overhead), uint64(t.max())
	if size > most {
		return t.cleared() // "not an error": it empties the table
	}
	t = t.evicted(most - size) // before the entry is added
	if s := t.s; s != nil && int(t.hi) < len(s.ents) {
		end := s.total(t.hi) + size
		if end-s.start <= maxDead*most && s.tail.CompareAndSwap(t.hi, t.hi+1) {
			s.ents[t.hi] = entry{name, value, end}
			t.hi++
			return t
		}
	}
	t = t.moved(1)
	t.s.ents[t.hi] = entry{name, value, t.s.total(t.hi) + size}
	t.hi++
	return t
}

// cleared returns t without its entries.
func (t Table) cleared() Table {
	t.s, t.lo, t.hi = nil, 0, 0
	return t
}

// moved returns t in a store of its own, with room for as many entries again, the first of them claimed if claim is 1.
// The new store owes nothing.
func (t Table) moved(claim uint32) Table {
	live := t.entries()
	s := &store{ents: make([]entry, max(minEntries, 2*len(live)))}
	if len(live) > 0 {
		s.start = t.before()
		copy(s.ents, live)
	}
	t.s, t.lo, t.hi = s, 0, uint32(len(live))
	s.tail.Store(t.hi + claim)
	return t
}

// Equal reports whether both tables hold the same, and will accept the same.
func (t Table) Equal(x Table) bool {
	tLow, tOwed := t.owed()
	xLow, xOwed := x.owed()
	if t.Len() != x.Len() || t.xmax != x.xmax || t.xlimit != x.xlimit || tLow != xLow || tOwed != xOwed {
		return false
	}
	mine, other := t.entries(), x.entries()
	for i := range mine {
		if mine[i].name != other[i].name || mine[i].value != other[i].value {
			return false
		}
	}
	return true
}
