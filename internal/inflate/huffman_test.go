package inflate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// randomSet returns the lengths of a complete set of n codes, two or more, in random order.
func randomSet(rng *rand.Rand, n, size int, longest uint8) []uint8 {
	lens := []uint8{1, 1}
	deep := rng.IntN(3) == 0
	for len(lens) < n { // split a code into two
		i := rng.IntN(len(lens))
		if deep {
			i = len(lens) - 1 - rng.IntN(min(3, len(lens)))
		}
		if lens[i] < longest {
			lens[i]++
			lens = append(lens, lens[i])
		} else if deep = false; !slices.ContainsFunc(lens, func(l uint8) bool { return l < longest }) {
			break
		}
	}
	lens = append(lens, make([]uint8, size-len(lens))...)
	rng.Shuffle(len(lens), func(i, j int) { lens[i], lens[j] = lens[j], lens[i] })
	return lens
}

// TestTables looks every sequence of 15 bits up in the tables of random sets of codes.
func TestTables(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	symbols := make([]entry, maxLit)
	for i := range symbols {
		symbols[i] = entry(i) << 16
	}
	check := func(table []entry, lens []uint8, first int) {
		for i := range table {
			table[i] = isSpecial | noSymbol<<16
		}
		level, free := build(table, lens, symbols, first)
		if free != 0 || int(level) > first {
			t.Fatalf("%v: %d, %d", lens, level, free)
		}
		codes := canonical(lens)
		for symbol, n := range lens {
			if n == 0 {
				continue
			}
			var s stream
			s.code(codes[symbol], uint(n)).bits(0, 16)
			bits := uint64(s.b[0]) | uint64(s.b[1])<<8
			for rest := range uint64(1) << (maxCode - n) {
				e, skip := lookup(table, level, bits|rest<<n)
				if int(e.value()) != symbol || skip+e.code() != uint(n) || skip+e.take() != uint(n) {
					t.Fatalf("%v: symbol %d is decoded as %d of %d bits", lens, symbol, e.value(), skip+e.code())
				}
			}
		}
	}
	for range 300 {
		check(make([]entry, litSize), randomSet(rng, 2+rng.IntN(285), 286, maxCode), litFirst)
		check(make([]entry, distSize), randomSet(rng, 2+rng.IntN(29), 30, maxCode), distFirst)
		check(make([]entry, 1<<precodeBits), randomSet(rng, 2+rng.IntN(17), 19, precodeBits), precodeBits)
	}
}

// TestTableSizes counts, for every complete set of codes that there can be, how many entries its second tables take.
func TestTableSizes(t *testing.T) {
	for _, c := range []struct{ symbols, first, size int }{{maxLit, litFirst, litSize}, {maxDist, distFirst, distSize}} {
		if got := 1<<c.first + worst(c.symbols, c.first); got > c.size {
			t.Errorf("%d symbols can take %d entries, and there are %d", c.symbols, got, c.size)
		} else {
			t.Logf("%d symbols take at most %d entries", c.symbols, got)
		}
	}
}

// worst returns the most entries that second tables take. A second table of width w that begins with codes of n bits has a
// shape of its own: a tree in which the first leaf is not above n and the last at first+w. Each shape costs some symbols
// and gives 1<<w entries; lengths do not fall from one table to the next.
func worst(symbols, first int) int {
	const none = -1 << 30
	// best[n][k]: the most entries with k symbols in tables whose last code so far has n bits.
	best := make([][]int, maxCode+1)
	for n := range best {
		best[n] = slices.Repeat([]int{none}, symbols+1)
	}
	best[first+1][0] = 0
	for n := first + 1; n <= maxCode; n++ {
		for k := range symbols + 1 {
			if best[n][k] == none {
				continue
			}
			if n < maxCode {
				best[n+1][k] = max(best[n+1][k], best[n][k])
			}
			// From n on: leaves of every depth, the fewest symbols for a width to be reached.
			for last := n; last <= maxCode; last++ {
				// All leaves at n but one node, which is split down to last.
				cost := 1<<(n-first) + last - n
				if k+cost <= symbols {
					best[last][k+cost] = max(best[last][k+cost], best[n][k]+1<<(last-first))
				}
			}
		}
	}
	most := 0
	for n := range best {
		most = max(most, slices.Max(best[n]))
	}
	return most
}
