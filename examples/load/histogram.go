package main

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets of which none is wider than a 32nd of what is in it, from 1 µs to four minutes. So it needs 3 KiB
// for any number of them, and what it says is at most 3 % too much.
type histogram struct {
	counts  [768]uint32
	n       int
	longest time.Duration
}

// add counts d.
func (h *histogram) add(d time.Duration) {
	v := uint64(max(d, 0) / time.Microsecond)
	shift := max(bits.Len64(v), 6) - 6 // what is left of v has six bits: the first says nothing, five are the bucket
	h.counts[min(shift*32+int(v>>shift), len(h.counts)-1)]++
	h.n++
	h.longest = max(h.longest, d)
}

// merge adds what x has counted.
func (h *histogram) merge(x *histogram) {
	for i, n := range x.counts {
		h.counts[i] += n
	}
	h.n += x.n
	h.longest = max(h.longest, x.longest)
}

// quantile returns a duration that the share q of all does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	left := int(q * float64(h.n))
	for i, n := range h.counts[:len(h.counts)-1] {
		if left -= int(n); left < 0 {
			shift := max(i/32-1, 0)
			above := time.Duration(i-shift*32+1) << shift * time.Microsecond
			return min(above, h.longest)
		}
	}
	return h.longest // the last bucket has no end
}
