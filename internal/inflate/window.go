package inflate

import "sync/atomic"

// store is the memory that States share for their windows. Bytes below tail belong to some State and are never written
// again; the one who moves tail from a to b owns b[a:b].
type store struct {
	tail atomic.Int64
	b    []byte // len == cap
}

// minStore is the smallest store, one cache line.
const minStore = 64

// remember adds text to the window, of which no more than a window is kept. It is for a State that nobody else has yet.
func (s *State) remember(text []byte) {
	size := s.size()
	if len(text) == 0 {
		return
	}
	if len(text) > size {
		text = text[len(text)-size:]
	}
	end := int(s.upto) + len(text)
	if s.win != nil && end <= len(s.win.b) && s.win.tail.CompareAndSwap(int64(s.upto), int64(end)) {
		copy(s.win.b[s.upto:], text)
		s.upto, s.have = uint32(end), uint16(min(int(s.have)+len(text), size))
		return
	}
	old := s.Window()
	old = old[max(0, len(old)+len(text)-size):]
	have := len(old) + len(text)
	// Twice what it holds: copying a window is paid for by as much text, and an idle connection holds little that it does
	// not use.
	w := &store{b: make([]byte, max(2*have, minStore))}
	w.tail.Store(int64(have))
	copy(w.b[copy(w.b, old):], text)
	s.win, s.upto, s.have = w, uint32(have), uint16(have)
}
