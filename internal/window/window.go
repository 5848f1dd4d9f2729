// Package window keeps the last bytes of a text as an immutable value: the window that the back-references of DEFLATE
// reach into.
package window

import "sync/atomic"

// Window is the end of a text. The zero Window is empty. It is compared by its Bytes.
//
// The bytes are a part of an append-only store that values share: the newest value extends it in place, an older one
// copies; when the store is full, what is still in reach moves to a new one. What a value holds is never written again.
type Window struct {
	s    *store
	end  uint32 // where the text ends in the store
	have uint16 // how much of it is in reach
}

// store is memory that windows share. Bytes below tail belong to some value; the one who moves tail from a to b owns b[a:b].
type store struct {
	tail atomic.Int64
	b    []byte // len == cap
}

const (
	// Max is the largest size of a window.
	Max = 1 << 15

	minStore = 64 // one cache line
)

// Bytes returns what is in reach. It must not be written; its capacity is clipped.
func (w Window) Bytes() []byte {
	if w.s == nil {
		return nil
	}
	return w.s.b[w.end-uint32(w.have) : w.end : w.end]
}

// Append returns the window of size bytes, Max at most, after text was added.
func (w Window) Append(text []byte, size int) Window {
	if len(text) == 0 || size == 0 {
		return w
	}
	if len(text) > size {
		text = text[len(text)-size:]
	}
	end := int(w.end) + len(text)
	if w.s != nil && end <= len(w.s.b) && w.s.tail.CompareAndSwap(int64(w.end), int64(end)) {
		copy(w.s.b[w.end:], text)
		return Window{w.s, uint32(end), uint16(min(int(w.have)+len(text), size))}
	}
	old := w.Bytes()
	old = old[max(0, len(old)+len(text)-size):]
	have := len(old) + len(text)
	// Twice what it holds, but never more than one and a half windows: copying a window is paid for by half as much
	// text, and an idle connection holds little that it does not use.
	s := &store{b: make([]byte, max(have+min(have, size/2), minStore))}
	s.tail.Store(int64(have))
	copy(s.b[copy(s.b, old):], text)
	return Window{s, uint32(have), uint16(have)}
}

// Pack returns w as a reference and a number, which fit where a Window does not, without allocating.
func (w Window) Pack() (ref any, n uint64) {
	if w.s == nil {
		return nil, 0
	}
	return w.s, uint64(w.end)<<16 | uint64(w.have)
}

// Unpack returns the Window that Pack took apart.
func Unpack(ref any, n uint64) Window {
	s, _ := ref.(*store)
	return Window{s, uint32(n >> 16), uint16(n)}
}
