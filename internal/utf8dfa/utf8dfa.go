// Package utf8dfa validates UTF-8 (RFC 3629) piece by piece. Its whole state is one byte, so it carries over reads and
// fragments at no cost, and it fails at the first byte that cannot continue any valid text.
package utf8dfa

import (
	"encoding/binary"
	"math/bits"
)

// State is where the automaton stands between two pieces. The zero State, Start, is the beginning of a text and every
// place between two characters.
type State uint8

// Start is the state between two characters: text that ends here is complete.
const Start State = 0

// The states are bit offsets into a row of the table, so that one shift makes a transition: row >> state, of which the
// low six bits are the next state. Nine states of six bits fill 54 bits of a word.
const (
	reject = 6 * (iota + 1)
	tail1  // one continuation byte to come
	tail2  // two
	tail3  // three
	afterE0
	afterED
	afterF0
	afterF4
)

// table has for each byte a word with the next state for every state.
var table = build()

func build() (t [256]uint64) {
	type span struct {
		state, lo, hi int
		next          uint64
	}
	// RFC 3629 section 4, row by row. What is not listed rejects.
	spans := []span{
		{int(Start), 0x00, 0x7F, uint64(Start)},
		{int(Start), 0xC2, 0xDF, tail1},
		{int(Start), 0xE0, 0xE0, afterE0},
		{int(Start), 0xE1, 0xEC, tail2},
		{int(Start), 0xED, 0xED, afterED}, // no surrogates
		{int(Start), 0xEE, 0xEF, tail2},
		{int(Start), 0xF0, 0xF0, afterF0},
		{int(Start), 0xF1, 0xF3, tail3},
		{int(Start), 0xF4, 0xF4, afterF4}, // nothing above U+10FFFF
		{tail1, 0x80, 0xBF, uint64(Start)},
		{tail2, 0x80, 0xBF, tail1},
		{tail3, 0x80, 0xBF, tail2},
		{afterE0, 0xA0, 0xBF, tail1},
		{afterED, 0x80, 0x9F, tail1},
		{afterF0, 0x90, 0xBF, tail2},
		{afterF4, 0x80, 0x8F, tail2},
	}
	for b := range t {
		for s := 0; s <= afterF4; s += 6 {
			t[b] |= reject << s
		}
	}
	for _, sp := range spans {
		for b := sp.lo; b <= sp.hi; b++ {
			t[b] = t[b]&^(63<<sp.state) | sp.next<<sp.state
		}
	}
	return t
}

// Check runs p through the automaton from s. bad is the index of the first byte that cannot continue any valid text, or -1;
// where it is not -1, next means nothing.
func Check(s State, p []byte) (next State, bad int) {
	if vectors && len(p) >= minBlocks {
		return checkLong(s, p)
	}
	st, q := uint64(s), p
	for len(q) >= 64 {
		b := (*[64]byte)(q)
		if st&63 != uint64(Start) || !ascii64(b) {
			if st = block(st, b); st&63 == reject {
				return 0, firstBad(uint64(s), p)
			}
		}
		q = q[64:]
	}
	for ; len(q) >= 8; q = q[8:] {
		if st&63 != uint64(Start) || binary.LittleEndian.Uint64(q)&high != 0 {
			st = word(st, (*[8]byte)(q))
		}
	}
	if st&63 == uint64(Start) && len(p) >= 8 && binary.LittleEndian.Uint64(p[len(p)-8:])&high == 0 {
		return Start, -1 // the rest, and some again that is
	}
	for _, b := range q {
		st = table[b] >> (st & 63)
	}
	if st&63 == reject {
		return 0, firstBad(uint64(s), p)
	}
	return State(st & 63), -1
}

// word returns where the automaton is after eight bytes.
func word(st uint64, b *[8]byte) uint64 {
	st = table[b[0]] >> (st & 63)
	st = table[b[1]] >> (st & 63)
	st = table[b[2]] >> (st & 63)
	st = table[b[3]] >> (st & 63)
	st = table[b[4]] >> (st & 63)
	st = table[b[5]] >> (st & 63)
	st = table[b[6]] >> (st & 63)
	return table[b[7]] >> (st & 63)
}

// block returns where the automaton is after 64 bytes. It looks only at words that are not all ASCII. Which they are is known
// before it looks at the first, so that sparse text costs one mispredicted branch a block and not two a character.
func block(st uint64, b *[64]byte) uint64 {
	m := uint32(nonASCII(b))
	if m == 0xFF {
		for i := 0; i < 64; i += 8 {
			st = word(st, (*[8]byte)(b[i:]))
		}
		return st
	}
	if st&63 != uint64(Start) {
		m |= 1
	}
	m |= 0x100 // how the next block begins is not known here
	cut := uint64(0)
	for m != 0x100 {
		j := bits.TrailingZeros32(m)
		st = word(st, (*[8]byte)(b[8*j&63:]))
		cut |= (st&63 + 63) >> 6 &^ uint64(m>>(j+1)) // inside a character, and the next word is ASCII
		m &= m - 1
	}
	if cut&1 != 0 {
		return reject
	}
	return st
}

// nonASCII returns a bit for each word of eight bytes that is not all ASCII, the first in the lowest bit.
func nonASCII(b *[64]byte) uint8 {
	m := binary.LittleEndian.Uint64(b[0:])&high>>7 | binary.LittleEndian.Uint64(b[8:])&high>>6 |
		binary.LittleEndian.Uint64(b[16:])&high>>5 | binary.LittleEndian.Uint64(b[24:])&high>>4 |
		binary.LittleEndian.Uint64(b[32:])&high>>3 | binary.LittleEndian.Uint64(b[40:])&high>>2 |
		binary.LittleEndian.Uint64(b[48:])&high>>1 | binary.LittleEndian.Uint64(b[56:])&high
	m |= m >> 32
	m |= m >> 16
	return uint8(m | m>>8)
}

// ascii64 reports whether all the bytes are ASCII.
func ascii64(b *[64]byte) bool {
	return (binary.LittleEndian.Uint64(b[0:])|binary.LittleEndian.Uint64(b[8:])|
		binary.LittleEndian.Uint64(b[16:])|binary.LittleEndian.Uint64(b[24:])|
		binary.LittleEndian.Uint64(b[32:])|binary.LittleEndian.Uint64(b[40:])|
		binary.LittleEndian.Uint64(b[48:])|binary.LittleEndian.Uint64(b[56:]))&high == 0
}

// Valid reports whether p is whole, valid UTF-8.
func Valid(p []byte) bool {
	s, bad := Check(Start, p)
	return bad < 0 && s == Start
}

// firstBad returns the index of the byte that takes the automaton from st to reject.
func firstBad(st uint64, p []byte) int {
	for i, b := range p {
		if st = table[b] >> (st & 63); st&63 == reject {
			return i
		}
	}
	return len(p)
}

const high = 0x8080808080808080 // the bit that no ASCII byte has
