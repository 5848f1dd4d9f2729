// Package utf8dfa validates UTF-8 (RFC 3629) piece by piece. Its whole state is one byte, so it carries over reads and
// fragments at no cost, and it fails at the first byte that cannot continue any valid text.
//
// It takes about a cycle for a byte of any text. What it need not look at is left to what is faster: long pieces to vectors, where
// there are any (lookup.go); ASCII to a loop over words; long text that is mostly ASCII to utf8.Valid.
package utf8dfa

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
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
		if len(p) <= short && s == Start && ascii(p) {
			return Start, -1
		}
		return checkLong(s, p)
	}
	st, q := uint64(s), p[:len(p):len(p)]
	for len(q) > 64 { // not >=: what is cut off is never all, which is faster
		b := (*[64]byte)(q)
		if st&63 == uint64(Start) {
			if ascii64(b) {
				q = q[64:]
				continue
			}
			if len(q) >= long && sparse(b) {
				n := lastLead(q[:min(len(q), 16<<10)])
				if !utf8.Valid(q[:n]) {
					return 0, firstBad(uint64(s), p)
				}
				q = q[n:]
				continue
			}
		}
		for w := b[:]; len(w) >= 8; w = w[8:] {
			st = table[w[0]] >> (st & 63)
			st = table[w[1]] >> (st & 63)
			st = table[w[2]] >> (st & 63)
			st = table[w[3]] >> (st & 63)
			st = table[w[4]] >> (st & 63)
			st = table[w[5]] >> (st & 63)
			st = table[w[6]] >> (st & 63)
			st = table[w[7]] >> (st & 63)
		}
		if st&63 == reject { // it never leaves that state, so looking once in a while is enough
			return 0, firstBad(uint64(s), p)
		}
		q = q[64:]
	}
	if len(q) == 64 && st&63 == uint64(Start) && ascii64((*[64]byte)(q)) {
		return Start, -1
	}
	for ; len(q) >= 8; q = q[8:] {
		if st&63 != uint64(Start) || binary.LittleEndian.Uint64(q)&high != 0 {
			st = word(st, (*[8]byte)(q))
		}
	}
	if st&63 == uint64(Start) && len(p) >= 8 && binary.LittleEndian.Uint64(p[len(p)-8:])&high == 0 {
		return Start, -1 // the rest, and some again that is
	}
	if len(q) >= 4 {
		st = table[q[0]] >> (st & 63)
		st = table[q[1]] >> (st & 63)
		st = table[q[2]] >> (st & 63)
		st = table[q[3]] >> (st & 63)
		q = q[4:]
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

// ascii64 reports whether all the bytes are ASCII.
func ascii64(b *[64]byte) bool {
	return (binary.LittleEndian.Uint64(b[0:])|binary.LittleEndian.Uint64(b[8:])|
		binary.LittleEndian.Uint64(b[16:])|binary.LittleEndian.Uint64(b[24:])|
		binary.LittleEndian.Uint64(b[32:])|binary.LittleEndian.Uint64(b[40:])|
		binary.LittleEndian.Uint64(b[48:])|binary.LittleEndian.Uint64(b[56:]))&high == 0
}

// short is up to where a loop over the words of ASCII is faster than a call of validBlocks.
const short = 256

// ascii reports whether p, which has eight bytes or more, is all ASCII.
func ascii(p []byte) bool {
	q := p
	for len(q) > 64 {
		if !ascii64((*[64]byte)(q)) {
			return false
		}
		q = q[64:]
	}
	if len(p) >= 64 {
		return ascii64((*[64]byte)(p[len(p)-64:]))
	}
	w := binary.LittleEndian.Uint64(p[len(p)-8:])
	for ; len(q) > 8; q = q[8:] {
		w |= binary.LittleEndian.Uint64(q)
	}
	return w&high == 0
}

// sparse reports whether at most two words of eight bytes are not all ASCII.
func sparse(b *[64]byte) bool {
	m := binary.LittleEndian.Uint64(b[0:])&high>>7 | binary.LittleEndian.Uint64(b[8:])&high>>6 |
		binary.LittleEndian.Uint64(b[16:])&high>>5 | binary.LittleEndian.Uint64(b[24:])&high>>4 |
		binary.LittleEndian.Uint64(b[32:])&high>>3 | binary.LittleEndian.Uint64(b[40:])&high>>2 |
		binary.LittleEndian.Uint64(b[48:])&high>>1 | binary.LittleEndian.Uint64(b[56:])&high
	m |= m >> 32
	m |= m >> 16
	return bits.OnesCount8(uint8(m|m>>8)) <= 2
}

// lastLead returns where the last character of p begins, if it may not be complete, else len(p). p has three bytes or more.
func lastLead(p []byte) int {
	n := len(p)
	switch {
	case p[n-1] < 0x80:
		return n
	case p[n-1] >= 0xC0:
		return n - 1
	case p[n-2] >= 0xE0:
		return n - 2
	case p[n-3] >= 0xF0:
		return n - 3
	}
	return n
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

// long is the length from which sparse text is left to utf8.Valid: its branches are easy to predict there, and the automaton
// has none to gain by.
const long = 512

const high = 0x8080808080808080 // the bit that no ASCII byte has
