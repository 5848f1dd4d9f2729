// Package pbuf is a persistent byte buffer: an append-only value.
//
// A Buf is a pair of a shared store and a length. Appending to the newest value extends the store in place; appending
// to an older one, or losing a race with another goroutine, copies into a store of its own. What a Buf holds is never
// written again, so any value can be kept, forked and read from any goroutine.
package pbuf

import (
	"bytes"
	"math/bits"
	"sync/atomic"
)

// Buf is an immutable sequence of bytes. The zero Buf is empty.
type Buf struct {
	r *store
	n int
}

// store is the memory that values share. Bytes below tail belong to some value and are never written again; the one
// who moves tail from a to b owns b[a:b].
type store struct {
	tail atomic.Int64
	b    []byte // len == cap
}

const (
	minStore = 64      // one cache line
	maxHint  = 4 << 10 // however little has come, a first store may have this size
	trust    = 8       // no announced length makes a store larger than this many times what has come
	far      = 64      // an announced length is not yet looked at where it is more than this many times what has come
)

// Len returns the number of bytes.
func (b Buf) Len() int { return b.n }

// Bytes returns the content. It must not be written; its capacity is clipped.
func (b Buf) Bytes() []byte {
	if b.n == 0 {
		return nil
	}
	return b.r.b[:b.n:b.n]
}

// Append returns b followed by p. want is how long the buffer will become in all, 0 where that is not known: a hint that
// saves copies. It makes no store larger than eight times what has come, but for a first one of up to 4 KiB.
func (b Buf) Append(p []byte, want int) Buf {
	next, dst := b.Extend(len(p), want)
	copy(dst, p)
	return next
}

// Extend returns b made longer by n bytes, and those bytes for the caller to fill before it lets the new value go.
// want is as for Append.
func (b Buf) Extend(n, want int) (Buf, []byte) {
	if n == 0 {
		return b, nil
	}
	end := b.n + n
	if b.r != nil && end <= len(b.r.b) && b.r.tail.CompareAndSwap(int64(b.n), int64(end)) {
		return Buf{b.r, end}, b.r.b[b.n:end:end]
	}
	s := &store{b: make([]byte, grow(b.n, end, want))}
	s.tail.Store(int64(end))
	if b.n > 0 {
		copy(s.b, b.r.b[:b.n])
	}
	return Buf{s, end}, s.b[b.n:end:end]
}

// grow returns the size of a new store that holds end bytes, after one that held old. Where want is not known, or far away,
// it doubles, so that n bytes in small pieces cost O(n), to a power of two, as the sizes of messages often are.
//
// It trusts want up to eight times what is there, or 4 KiB, so that what was only announced costs at most seven times what
// came, or 4 KiB. On the way there sizes are an eighth of want, an eighth of that, and so on: when a store of an eighth is
// full, all of want is trusted. So there is one store of want bytes and a seventh of that in smaller ones, wherever the pieces
// end. (Eight times what is there would miss want by what the first read had of a header, and take a store of nearly its size.)
//
// A smaller number holds less for what never comes, but every store on the way is cleared, filled, copied and collected: with
// four times they were a third of want. A larger one hardly saves more.
func grow(old, end, want int) int {
	size := max(end, min(want, maxHint), minStore)
	if end > want || want/far > end {
		if old > 0 {
			size = max(size, 1<<bits.Len(uint(2*old-1)))
		}
		return size
	}
	step := want
	for step > trust*end {
		step = (step + trust - 1) / trust
	}
	return min(want, max(size, step))
}

// Equal reports whether both hold the same bytes.
func (b Buf) Equal(x Buf) bool { return bytes.Equal(b.Bytes(), x.Bytes()) }
