package deflate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// shortest returns the least sum of frequencies times code lengths that a prefix code can have with none longer than most:
// each symbol is most coins, worth its frequency, of the denominations 1/2 to 1/2^most, and 2(n-1) halves have to be paid
// at the lowest price (the coin collector's problem).
func shortest(freq []uint16, most int) (sum int) {
	var coins []int
	for _, f := range freq {
		if f > 0 {
			coins = append(coins, int(f))
		}
	}
	slices.Sort(coins)
	if len(coins) < 2 {
		return 0
	}
	list := coins
	for range most - 1 {
		merged := slices.Clone(coins)
		for i := 0; i+1 < len(list); i += 2 {
			merged = append(merged, list[i]+list[i+1])
		}
		slices.Sort(merged)
		list = merged
	}
	for _, x := range list[:2*len(coins)-2] {
		sum += x
	}
	return sum
}

// TestLengths: the lengths are those of a complete prefix code, none is longer than allowed, and no code is shorter as a
// whole; where the limit makes a difference, none is by more than 8 %.
func TestLengths(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var h builder
	cut := 0
	for round := range 1000 {
		n, most := 2+rng.IntN(numLit-1), maxBits
		if round%3 == 0 {
			n, most = 2+rng.IntN(numMeta-1), maxMetaBits
		}
		freq := make([]uint16, n)
		a, b := 1, 1
		for i := range freq {
			switch round % 5 {
			case 0:
				freq[i] = uint16(rng.IntN(3))
			case 1: // Fibonacci numbers make the deepest trees
				if freq[i] = uint16(min(a, 1<<15-1)); rng.IntN(3) > 0 {
					a, b = b, min(a+b, 1<<15)
				}
			case 2:
				freq[i] = uint16(rng.IntN(1 << 15))
			case 3:
				freq[i] = uint16(1 << rng.IntN(15))
			default:
				freq[i] = uint16(rng.IntN(2) * rng.IntN(500))
			}
		}
		rng.Shuffle(n, func(i, j int) { freq[i], freq[j] = freq[j], freq[i] })
		lens := slices.Repeat([]uint8{77}, n)
		h.lengths(freq, most, lens)
		used, sum, space := 0, 0, 0
		for i, f := range freq {
			if (f > 0) != (lens[i] > 0) || int(lens[i]) > most {
				t.Fatalf("round %d: frequency %d has length %d", round, f, lens[i])
			}
			if f > 0 {
				used, sum, space = used+1, sum+int(f)*int(lens[i]), space+1<<(most-int(lens[i]))
			}
		}
		switch best, free := shortest(freq, most), shortest(freq, 40); {
		case used == 0:
		case used == 1:
			if space != 1<<(most-1) {
				t.Fatalf("round %d: a single code is not of one bit", round)
			}
		case space != 1<<most:
			t.Fatalf("round %d: the code is not complete: %d of %d", round, space, 1<<most)
		case best == free && sum != best, sum < best, sum > best+best/12:
			t.Fatalf("round %d: %d bits, the shortest code has %d, without a limit %d", round, sum, best, free)
		case best > free:
			cut++
		}
		codes := make([]code, n)
		assign(lens, codes)
		for i := range codes { // none is the beginning of another
			for j := range codes {
				if i != j && lens[i] > 0 && lens[j] >= lens[i] && codes[j].bits()&(1<<lens[i]-1) == codes[i].bits() {
					t.Fatalf("round %d: codes %v and %v", round, codes[i], codes[j])
				}
			}
		}
	}
	if cut < 30 {
		t.Errorf("only %d trees were too deep", cut)
	}
}

// TestTables holds the tables against rows of those in RFC 1951 section 3.2.5.
func TestTables(t *testing.T) {
	for _, tt := range []struct{ length, code, extra, base int }{
		{3, 257, 0, 3}, {10, 264, 0, 10}, {11, 265, 1, 11}, {12, 265, 1, 11}, {13, 266, 1, 13}, {18, 268, 1, 17}, {19, 269, 2, 19},
		{66, 276, 3, 59}, {114, 279, 4, 99}, {115, 280, 4, 115}, {130, 280, 4, 115}, {131, 281, 5, 131}, {257, 284, 5, 227}, {258, 285, 0, 258},
	} {
		c := lengthCodes[tt.length-3]
		if int(c)+257 != tt.code || int(lengthExtra[c]) != tt.extra || int(lengthBase[c])+3 != tt.base {
			t.Errorf("length %d: code %d, %d bits from %d, want %v", tt.length, int(c)+257, lengthExtra[c], lengthBase[c]+3, tt)
		}
	}
	for _, tt := range []struct{ distance, code, extra, base int }{
		{1, 0, 0, 1}, {4, 3, 0, 4}, {5, 4, 1, 5}, {6, 4, 1, 5}, {7, 5, 1, 7}, {32, 9, 3, 25}, {33, 10, 4, 33}, {4096, 23, 10, 3073},
		{4097, 24, 11, 4097}, {24576, 28, 13, 16385}, {24577, 29, 13, 24577}, {32768, 29, 13, 24577},
	} {
		c := distanceCode(uint16(tt.distance - 1))
		if int(c) != tt.code || int(distanceExtra[c]) != tt.extra || int(distanceBase[c])+1 != tt.base {
			t.Errorf("distance %d: code %d, %d bits from %d, want %v", tt.distance, c, distanceExtra[c], distanceBase[c]+1, tt)
		}
	}
}
