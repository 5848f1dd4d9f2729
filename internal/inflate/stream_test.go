package inflate

import "slices"

// stream writes DEFLATE by hand.
type stream struct {
	b []byte
	n uint // bits used of the last byte, 0 if it is full
}

// bits appends n bits of v, the lowest first, as RFC 1951 section 3.1.1 has numbers.
func (s *stream) bits(v, n uint) *stream {
	for i := range n {
		if s.n == 0 {
			s.b = append(s.b, 0)
		}
		s.b[len(s.b)-1] |= byte(v>>i&1) << s.n
		s.n = (s.n + 1) % 8
	}
	return s
}

// code appends a Huffman code of n bits, the highest first.
func (s *stream) code(v, n uint) *stream {
	for i := range n {
		s.bits(v>>(n-1-i), 1)
	}
	return s
}

// bytes appends whole bytes after a pad of zeros.
func (s *stream) bytes(b ...byte) *stream {
	s.b, s.n = append(s.b, b...), 0
	return s
}

// block appends the header of a block.
func (s *stream) block(final bool, kind uint) *stream {
	if final {
		return s.bits(1, 1).bits(kind, 2)
	}
	return s.bits(0, 1).bits(kind, 2)
}

// fixed appends a symbol below 288 with its fixed code (RFC 1951 section 3.2.6).
func (s *stream) fixed(symbol uint) *stream {
	switch {
	case symbol < 144:
		return s.code(0x30+symbol, 8)
	case symbol < 256:
		return s.code(0x190+symbol-144, 9)
	case symbol < 280:
		return s.code(symbol-256, 7)
	}
	return s.code(0xc0+symbol-280, 8)
}

// tail appends the header of an empty stored block, with which a message ends.
func (s *stream) tail() []byte { return s.block(false, 0).b }

// precode appends the beginning of a dynamic block's header and the code lengths for the code lengths, all 19 of them.
func (s *stream) precode(lits, dists int, lens map[int]uint) *stream {
	s.bits(uint(lits-257), 5).bits(uint(dists-1), 5).bits(15, 4)
	for _, symbol := range precodeOrder {
		s.bits(lens[int(symbol)], 3)
	}
	return s
}

// dynamic appends the header of a dynamic block in the simplest way: each code length is a four-bit number.
func (s *stream) dynamic(final bool, lits, dists []uint8) *stream {
	flat := map[int]uint{}
	for i := range 16 {
		flat[i] = 4
	}
	s.block(final, 2).precode(len(lits), len(dists), flat)
	for _, n := range slices.Concat(lits, dists) {
		s.code(uint(n), 4)
	}
	return s
}

// canonical returns the codes for the lengths, as RFC 1951 section 3.2.2 tells to count them.
func canonical(lens []uint8) []uint {
	codes := make([]uint, len(lens))
	code := uint(0)
	for n := uint8(1); n <= maxCode; n++ {
		code <<= 1
		for sym, l := range lens {
			if l == n {
				codes[sym] = code
				code++
			}
		}
	}
	return codes
}

// lengths returns n code lengths, all 0 but those given as symbol, length, symbol, length...
func lengths(n int, pairs ...int) []uint8 {
	lens := make([]uint8, n)
	for i := 0; i < len(pairs); i += 2 {
		lens[pairs[i]] = uint8(pairs[i+1])
	}
	return lens
}
