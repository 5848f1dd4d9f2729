//go:build (amd64 || arm64) && !purego && !race

package utf8dfa

// Whole blocks are validated by looking at each byte together with the three before it, for as many bytes at once as a
// register holds (Keiser and Lemire, "Validating UTF-8 in less than one instruction per byte", 2020). Three nibbles of two
// neighbours say which faults they may have; a fault is one on which all three tables agree. What remains are bytes
// that must continue because of what is two or three places before them, which the tables see as two continuations in a row.

// The faults, one bit each. Two that exclude each other share the bit 1<<6.
const (
	tooShort    = 1 << 0 // a lead, and what does not continue it
	tooLong     = 1 << 1 // ASCII, and a continuation
	overlong3   = 1 << 2 // E0 80..9F
	tooLarge    = 1 << 3 // F4 90..BF, F5 and above with 90..BF
	surrogate   = 1 << 4 // ED A0..BF
	overlong2   = 1 << 5 // C0, C1
	tooLarge80  = 1 << 6 // F5 and above with 80..8F
	overlong4   = 1 << 6 // F0 80..8F
	twoContinue = 1 << 7 // right if what is before them asks for it
	anyLow      = tooShort | tooLong | twoContinue
)

// tables is what the assembly reads, at these offsets.
type tables struct {
	firstHigh  [16]byte // 0: by the high nibble of the first of two neighbours
	firstLow   [16]byte // 16: by its low nibble
	secondHigh [16]byte // 32: by the high nibble of the second
	complete   [32]byte // 48: the largest bytes that a block may end with, if ASCII follows; its second half, for blocks of 16
}

var lookup = tables{
	firstHigh: [16]byte{
		tooLong, tooLong, tooLong, tooLong, tooLong, tooLong, tooLong, tooLong,
		twoContinue, twoContinue, twoContinue, twoContinue,
		tooShort | overlong2,
		tooShort,
		tooShort | overlong3 | surrogate,
		tooShort | tooLarge | tooLarge80 | overlong4,
	},
	firstLow: [16]byte{
		0x0: anyLow | overlong2 | overlong3 | overlong4,
		0x1: anyLow | overlong2,
		0x2: anyLow,
		0x3: anyLow,
		0x4: anyLow | tooLarge,
		0x5: anyLow | tooLarge | tooLarge80,
		0x6: anyLow | tooLarge | tooLarge80,
		0x7: anyLow | tooLarge | tooLarge80,
		0x8: anyLow | tooLarge | tooLarge80,
		0x9: anyLow | tooLarge | tooLarge80,
		0xA: anyLow | tooLarge | tooLarge80,
		0xB: anyLow | tooLarge | tooLarge80,
		0xC: anyLow | tooLarge | tooLarge80,
		0xD: anyLow | tooLarge | tooLarge80 | surrogate,
		0xE: anyLow | tooLarge | tooLarge80,
		0xF: anyLow | tooLarge | tooLarge80,
	},
	secondHigh: [16]byte{
		tooShort, tooShort, tooShort, tooShort, tooShort, tooShort, tooShort, tooShort,
		tooLong | twoContinue | overlong2 | overlong3 | overlong4 | tooLarge80,
		tooLong | twoContinue | overlong2 | overlong3 | tooLarge,
		tooLong | twoContinue | overlong2 | surrogate | tooLarge,
		tooLong | twoContinue | overlong2 | surrogate | tooLarge,
		tooShort, tooShort, tooShort, tooShort,
	},
	complete: [32]byte{
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xEF, 0xDF, 0xBF,
	},
}

// checkLong is Check for minBlocks bytes or more, where there are vectors. Their end, and the beginning if it is inside
// a character, are the automaton's; and so is finding the byte at fault, which ends the text.
func checkLong(s State, p []byte) (next State, bad int) {
	st, from := uint64(s), 0
	for st&63 != uint64(Start) && from < 3 { // a character has at most three bytes more, and rejecting is no end
		st = table[p[from]] >> (st & 63)
		from++
	}
	if st&63 == uint64(Start) && validBlocks(&p[from], len(p)-from, &lookup) {
		for _, b := range p[lastLead(p):] {
			st = table[b] >> (st & 63)
		}
		if st&63 != reject {
			return State(st & 63), -1
		}
	}
	return 0, firstBad(uint64(s), p)
}
