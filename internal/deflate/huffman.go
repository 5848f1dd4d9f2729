package deflate

import "math/bits"

// maxBits is the longest code of literals, lengths and distances; the codes of code lengths have maxMetaBits (RFC 1951
// section 3.2.7).
const (
	maxBits     = 15
	maxMetaBits = 7
)

// code is a Huffman code as it is written: its bits in reverse (RFC 1951 section 3.1.1) above its length.
type code uint32

func (c code) bits() uint64 { return uint64(c >> 8) }
func (c code) len() uint    { return uint(c & 0xff) }

// builder is scratch space for making codes.
type builder struct {
	leaves, spare [numLit]uint32 // the symbols that occur, by frequency: that is in the upper half
	nodes         [numLit]uint32 // the inner nodes of the tree: weights, later depths
	parent        [numLit]uint16
}

// lengths sets the code length of each symbol, 0 where it does not occur, so that the whole is shortest. Where that would
// take a code longer than most, the whole is at most 8 % longer than the shortest without one; see TestLengths. One
// symbol alone gets one bit (RFC 1951 section 3.2.7).
func (h *builder) lengths(freq []uint16, most int, lens []uint8) {
	n := 0
	high := uint16(0)
	for sym, f := range freq {
		lens[sym] = 0
		if f > 0 {
			h.leaves[n] = uint32(f)<<16 | uint32(sym)
			n++
			high |= f
		}
	}
	if n <= 1 {
		if n == 1 {
			lens[h.leaves[0]&0xffff] = 1
		}
		return
	}
	leaves := h.sort(n, high)
	var counts [maxBits + 1]int // how many symbols have codes of this length
	h.tree(leaves, most, &counts)
	i := 0
	for length := most; length > 0; length-- { // the rarest have the longest
		for range counts[length] {
			lens[leaves[i]&0xffff] = uint8(length)
			i++
		}
	}
}

// sort sorts the first n leaves by frequency, a byte of it at a time.
func (h *builder) sort(n int, high uint16) []uint32 {
	from, to := h.leaves[:n], h.spare[:n]
	if n <= 24 {
		for i, x := range from {
			j := i
			for ; j > 0 && from[j-1] > x; j-- {
				from[j] = from[j-1]
			}
			from[j] = x
		}
		return from
	}
	for shift := uint(16); shift < 32 && (shift == 16 || high > 0xff); shift += 8 {
		var at [256]uint16
		for _, x := range from {
			at[uint8(x>>shift)]++
		}
		sum := uint16(0)
		for i, c := range at {
			at[i] = sum
			sum += c
		}
		for _, x := range from {
			p := &at[uint8(x>>shift)]
			to[*p] = x
			*p++
		}
		from, to = to, from
	}
	return from
}

// tree builds Huffman's tree over two leaves or more, and counts how many of them are how deep; what is deeper than most
// is moved up.
func (h *builder) tree(leaves []uint32, most int, counts *[maxBits + 1]int) {
	last := len(leaves) - 2 // the root
	leaf, node := 0, 0
	take := func(parent int) uint32 {
		if leaf < len(leaves) && (node >= parent || leaves[leaf]>>16 <= h.nodes[node]) {
			leaf++
			return leaves[leaf-1] >> 16
		}
		h.parent[node] = uint16(parent)
		node++
		return h.nodes[node-1]
	}
	for i := 0; i <= last; i++ {
		w := take(i)
		h.nodes[i] = w + take(i)
	}
	// Of the places at each depth, those that are not inner nodes are leaves.
	h.nodes[last] = 0
	inner := [maxBits + 1]int{1}
	for i := last - 1; i >= 0; i-- {
		depth := h.nodes[h.parent[i]] + 1
		h.nodes[i] = depth
		if int(depth) < most {
			inner[depth]++
		}
	}
	total := 0
	for depth := 1; depth <= most; depth++ {
		counts[depth] = 2*inner[depth-1] - inner[depth]
		total += counts[depth]
	}
	// Cut off at the depth of most, the tree is still one, but of fewer leaves. Each of those that are missing takes the
	// place of a leaf, the lowest that can be moved down, together with that leaf.
	for missing := len(leaves) - total; missing > 0; missing-- {
		depth := most - 1
		for counts[depth] == 0 {
			depth--
		}
		counts[depth]--
		counts[depth+1] += 2
	}
}

// assign sets the codes that belong to the lengths (RFC 1951 section 3.2.2).
func assign(lens []uint8, codes []code) {
	var count, next [maxBits + 1]uint16
	for _, n := range lens {
		count[n]++
	}
	count[0] = 0
	for n := 1; n < len(next); n++ {
		next[n] = (next[n-1] + count[n-1]) << 1
	}
	for sym, n := range lens {
		if n > 0 {
			codes[sym] = code(bits.Reverse16(next[n])>>(16-n))<<8 | code(n)
			next[n]++
		}
	}
}
