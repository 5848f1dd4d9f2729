package inflate

import (
	"encoding/binary"
	"math/bits"
)

// tables decode the codes of one block. Once a State has them they are never written again.
//
// A table has two levels: the first is indexed by the next bits of the data, as many as the longest code has but at most
// ten (eight for distances); a code longer than that goes on in a second table behind it.
type tables struct {
	lit      [litSize]entry
	dist     [distSize]entry
	litBits  uint8 // of the first level
	distBits uint8
	fixed    bool
	lens     codeLens // for equal; only set in those that a State has
}

// Sizes are powers of two, so that an index is masked instead of checked. No set of 288 codes of at most 15 bits takes more
// than 1334 entries with a first level of ten bits, no set of 32 more than 402 with one of eight.
const (
	litFirst  = 10
	distFirst = 8
	litSize   = 2048
	distSize  = 512
	maxCode   = 15 // bits; code lengths are coded as 0 to 15 (RFC 1951 section 3.2.7)
)

// codeLens has the lengths of the codes for literals and lengths, then those for distances.
type codeLens [maxLit + maxDist]uint8

const (
	maxLit   = 288 // RFC 1951 section 3.2.6: 286 and 287 take part in the construction of the fixed code
	maxDist  = 32  // and so do 30 and 31
	endBlock = 256
)

// entry is what a code stands for.
//
//	 0-5   how many bits it takes, extra bits included; in an entry for a second table, the bits of the first level
//	 8-11  how many bits the code takes alone, in a second table without those of the first; or the bits of a second table
//	13     end of block
//	14     the code goes on in a second table
//	15     none of a literal, a length and a distance
//	16-30  the literal, or the least length or distance, or where the second table begins, or an invalid symbol
//	31     literal
type entry uint32

const (
	isEnd     entry = 1 << 13
	isSecond  entry = 1 << 14
	isSpecial entry = 1 << 15
	isLiteral entry = 1 << 31

	noSymbol = 1<<15 - 1 // the value of an entry that no code leads to
)

func (e entry) take() uint  { return uint(e & 63) }
func (e entry) code() uint  { return uint(e >> 8 & 15) }
func (e entry) value() uint { return uint(e >> 16 & (1<<15 - 1)) }

// extra returns the value with the extra bits added, which follow the code in hold.
func (e entry) extra(hold uint64) uint {
	return e.value() + uint(hold&(1<<e.take()-1)>>e.code())
}

// litEntries and distEntries are the entries of the symbols, without their codes.
var litEntries, distEntries = symbolEntries()

// symbolEntries writes down the two tables of RFC 1951 section 3.2.5.
func symbolEntries() (lit [maxLit]entry, dist [maxDist]entry) {
	for i := range endBlock {
		lit[i] = isLiteral | entry(i)<<16
	}
	lit[endBlock] = isSpecial | isEnd
	length := 3
	for i := 257; i < 285; i++ {
		extra := max(0, (i-261)/4)
		lit[i] = entry(length)<<16 | entry(extra)
		length += 1 << extra
	}
	lit[285] = 258 << 16
	lit[286], lit[287] = isSpecial|286<<16, isSpecial|287<<16 // never occur (section 3.2.6)
	far := 1
	for i := range 30 {
		extra := max(0, (i-2)/2)
		dist[i] = entry(far)<<16 | entry(extra)
		far += 1 << extra
	}
	dist[30], dist[31] = isSpecial|30<<16, isSpecial|31<<16 // never occur (section 3.2.6)
	return lit, dist
}

// fixed has the codes of RFC 1951 section 3.2.6.
var fixed = fixedTables()

func fixedTables() *tables {
	var lens codeLens
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		case i < maxLit:
			lens[i] = 8
		default:
			lens[i] = 5
		}
	}
	t := &tables{fixed: true}
	t.litBits, _ = build(t.lit[:], lens[:maxLit], litEntries[:], litFirst)
	t.distBits, _ = build(t.dist[:], lens[maxLit:], distEntries[:], distFirst)
	return t
}

func (t *tables) equal(x *tables) bool {
	if t == nil || x == nil || t.fixed || x.fixed {
		return t == x
	}
	return t.lens == x.lens
}

// build makes the table of the canonical codes with these lengths (RFC 1951 section 3.2.2), its first level of at most
// first bits. It returns the bits of the first level, and the sum of what the codes leave free: 0 for a complete set;
// negative, and then there is no table, if it is over-subscribed. Free codes lead to an invalid entry if there is at most
// one code, of one bit.
func build(t []entry, lens []uint8, symbols []entry, first int) (level uint8, free int) {
	var count, at [maxCode + 2]uint16
	// The symbols that have codes; often most have none.
	var used [512]uint16
	n := 0
	for sym, rest := 0, lens; len(rest) > 0; {
		if len(rest) >= 8 && binary.LittleEndian.Uint64(rest) == 0 {
			sym, rest = sym+8, rest[8:]
			continue
		}
		few := rest[:min(8, len(rest))]
		for _, l := range few {
			used[n&511] = uint16(sym)
			sym++
			if l != 0 {
				n++
			}
		}
		rest = rest[len(few):]
	}
	symbolsUsed := used[:n&511]
	for _, sym := range symbolsUsed {
		count[lens[sym]&15]++
	}
	longest := 0
	free = 1 << maxCode
	for n := 1; n <= maxCode; n++ {
		free -= int(count[n]) << (maxCode - n)
		at[n+1] = at[n] + count[n]
		if count[n] > 0 {
			longest = n
		}
	}
	if free != 0 {
		t[0] = isSpecial | noSymbol<<16 // takes no bit: there is no code, so whatever comes is wrong
		t[1] = t[0] | 1<<8 | 1
		if longest == 1 {
			t[0] = coded(symbols[used[0]], 1)
		}
		return uint8(longest), free
	}
	// Symbols by length, then by value: the order of their codes.
	var sorted [512]uint16
	for _, sym := range symbolsUsed {
		n := lens[sym] & 15
		sorted[at[n]&511] = sym
		at[n]++
	}
	level = uint8(min(longest, first))
	fill(t, sorted[:], &count, symbols, int(level), longest)
	return level, 0
}

// coded returns the entry of a symbol whose code has n bits.
func coded(e entry, n int) entry { return e + entry(n)<<8 + entry(n) }

// fill writes the table of a complete set. Codes come in the data with their first bit lowest, so they are counted up from
// their other end: code has the bits in the order of the data.
func fill(t []entry, sorted []uint16, count *[maxCode + 2]uint16, symbols []entry, level, longest int) {
	code := 0
	for n := 1; n <= level; n++ {
		// What the table says for n-1 bits holds whatever comes next. Where it says nothing yet, longer codes will.
		copy(t[1<<(n-1):1<<n], t[:1<<(n-1)])
		for range count[n] {
			t[code] = coded(symbols[sorted[0]], n)
			sorted = sorted[1:]
			code = following(code, n)
		}
	}
	if longest == level {
		return
	}
	next, start, width, prefix := 1<<level, 0, 0, -1
	for n := level + 1; n <= longest; n++ {
		for left := int(count[n]); left > 0; left-- {
			if p := code & (1<<level - 1); p != prefix {
				// A second table, as wide as the codes that share this prefix need: codes are in order of length, and the
				// set is complete, so they end where they fill it.
				prefix, start, width = p, next, n-level
				for room := left; room < 1<<width; {
					width++
					room = 2*room + int(count[level+width])
				}
				next += 1 << width
				t[p] = isSpecial | isSecond | entry(start)<<16 | entry(width)<<8 | entry(level)
			}
			e := coded(symbols[sorted[0]], n-level)
			sorted = sorted[1:]
			for i := code >> level; i < 1<<width; i += 1 << (n - level) {
				t[start+i] = e
			}
			code = following(code, n)
		}
	}
}

// following returns the code after code, of n bits, the first bit lowest: one more, seen from the other end. After the last
// one comes 0.
func following(code, n int) int {
	carry := bits.Len(uint(code ^ (1<<n - 1)))
	if carry == 0 {
		return 0
	}
	return code&(1<<(carry-1)-1) | 1<<(carry-1)
}
