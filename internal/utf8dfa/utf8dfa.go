// Package utf8dfa validates UTF-8 (RFC 3629) piece by piece. Its whole state is one byte, so it carries over reads and
// fragments at no cost, and it fails at the first byte that cannot continue any valid text.
package utf8dfa

import "encoding/binary"

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
	st := uint64(s)
	i := 0
	for {
		if st&63 == uint64(Start) {
			if i += asciiPrefix(p[i:]); i == len(p) {
				return Start, -1
			}
		}
		q := p[i:]
		if len(q) < 64 {
			break
		}
		q = q[:64] // trying for ASCII again sooner costs mixed text half of its speed
		was := st
		for j := 0; j < 64; j += 8 {
			b := q[j : j+8 : j+8]
			st = table[b[0]] >> (st & 63)
			st = table[b[1]] >> (st & 63)
			st = table[b[2]] >> (st & 63)
			st = table[b[3]] >> (st & 63)
			st = table[b[4]] >> (st & 63)
			st = table[b[5]] >> (st & 63)
			st = table[b[6]] >> (st & 63)
			st = table[b[7]] >> (st & 63)
		}
		if st&63 == reject { // it never leaves that state, so looking once in a while is enough
			return 0, i + firstBad(was, q)
		}
		i += 64
	}
	was := st
	for _, b := range p[i:] {
		st = table[b] >> (st & 63)
	}
	if st&63 == reject {
		return 0, i + firstBad(was, p[i:])
	}
	return State(st & 63), -1
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

// asciiPrefix returns how many bytes at the start of p are surely ASCII: a multiple of 8, or all of them.
func asciiPrefix(p []byte) int {
	if len(p) < 8 {
		return 0
	}
	n := 0
	for ; n <= len(p)-64; n += 64 {
		q := (*[64]byte)(p[n:])
		if binary.LittleEndian.Uint64(q[0:])&high != 0 {
			return n
		}
		w := binary.LittleEndian.Uint64(q[8:]) | binary.LittleEndian.Uint64(q[16:]) | binary.LittleEndian.Uint64(q[24:]) |
			binary.LittleEndian.Uint64(q[32:]) | binary.LittleEndian.Uint64(q[40:]) | binary.LittleEndian.Uint64(q[48:]) |
			binary.LittleEndian.Uint64(q[56:])
		if w&high != 0 {
			break
		}
	}
	for ; n <= len(p)-8; n += 8 {
		if binary.LittleEndian.Uint64(p[n:])&high != 0 {
			return n
		}
	}
	if binary.LittleEndian.Uint64(p[len(p)-8:])&high == 0 { // the rest, and some again that is
		return len(p)
	}
	return n
}
