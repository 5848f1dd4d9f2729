package utf8dfa

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

// agree compares Check with the automaton taken byte by byte, and with unicode/utf8, from every state that p may begin in.
func agree(t *testing.T, p []byte) {
	t.Helper()
	for s := Start; s <= afterF4; s += 6 {
		if s == reject {
			continue
		}
		want, wantBad := s, -1
		for i, b := range p {
			if want = State(table[b] >> want & 63); want == reject {
				wantBad = i
				break
			}
		}
		got, bad := Check(s, p)
		if bad != wantBad || bad < 0 && got != want {
			t.Fatalf("Check from %d of %d bytes, % x = %d, %d, want %d, %d", s, len(p), p, got, bad, want, wantBad)
		}
		if s == Start && (bad < 0 && got == Start) != utf8.Valid(p) {
			t.Fatalf("Check of %d bytes, % x = %d, %d, utf8.Valid says otherwise", len(p), p, got, bad)
		}
	}
}

// TestEverySequenceAcrossBlocks puts every sequence of two bytes, and those of three and four that a lead for so many begins and
// that end at the edges of what a table tells apart, among others, and around the end of a block.
func TestEverySequenceAcrossBlocks(t *testing.T) {
	edges := []byte{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xFF}
	rng := rand.New(rand.NewPCG(5, 6))
	backgrounds := [][]byte{bytes.Repeat([]byte("a"), 256), bytes.Repeat([]byte("é"), 128)}
	check := func(seq ...byte) {
		p := bytes.Clone(backgrounds[rng.IntN(2)][:64+rng.IntN(190)])
		at := 2 * rng.IntN((len(p)-4)/2)
		if rng.IntN(2) == 0 {
			at = 32*(1+rng.IntN(len(p)/32-1)) - rng.IntN(5)
		}
		copy(p[at:], seq)
		want := 0
		for i, st := 0, uint64(Start); ; i++ {
			if i == len(p) {
				want = -1
				break
			}
			if st = table[p[i]] >> (st & 63); st&63 == reject {
				want = i
				break
			}
		}
		if s, bad := Check(Start, p); bad != want || (bad < 0 && s == Start) != utf8.Valid(p) {
			t.Fatalf("% x at %d of %d bytes: %d, %d, want %d", seq, at, len(p), s, bad, want)
		}
	}
	for a := range 256 {
		for b := range 256 {
			check(byte(a), byte(b))
			if a < 0xE0 {
				continue
			}
			for _, c := range edges {
				check(byte(a), byte(b), c)
				for _, d := range edges {
					check(byte(a), byte(b), c, d)
				}
			}
		}
	}
}

// TestEveryOffset puts each of some sequences, good and bad, at every offset of pieces of every length that the loops over
// blocks tell apart, among ASCII and among characters of two, three and four bytes, in every state.
func TestEveryOffset(t *testing.T) {
	sequences := []string{
		"a", "é", "€", "😀", "\U0010FFFF", "\uFFFF", "\uD7FF", "\uE000", "\U00010000", "\u0800",
		"\x80", "\xBF\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xEF\xBF",
		"\xF0\x8F\xBF\xBF", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "\xE2\xE2\x82\xAC",
		"\xF0\x9F\x98\x80\x80", "\xE2\x82\xAC\x80", "\xC3\xA9\xA9",
	}
	lengths := []int{47, 48, 64, 65, 97, 128, 161, 259}
	if testing.Short() { // an emulated processor is slow
		lengths = []int{48, 65, 161}
	}
	for _, fill := range []string{"a", "é", "€", "😀", "\x80"} {
		whole := []byte(fill)
		for _, n := range lengths {
			background := bytes.Repeat(whole, n/len(whole)+1)[:n]
			for _, seq := range sequences {
				for at := range n {
					p := bytes.Clone(background)
					copy(p[at:], seq)
					agree(t, p)
				}
			}
		}
	}
}

// TestLongSparse goes through what long sparse text is cut into: a fault, and a character, at every offset around the cut.
func TestLongSparse(t *testing.T) {
	p := bytes.Repeat([]byte("sparse text has few of them: é. And then it goes on for long, as texts in English and German do, "), 400)
	p = p[:len(p)/2]
	agree(t, p)
	for at := 16<<10 - 70; at < 16<<10+140; at++ {
		for _, seq := range []string{"é", "€", "😀", "\xE2\x82", "\xF0\x9F\x98", "\xFF"} {
			q := bytes.Clone(p)
			copy(q[at:], seq)
			agree(t, q)
		}
	}
}

// TestCheckAllocatesNothing, at any length.
func TestCheckAllocatesNothing(t *testing.T) {
	for _, n := range []int{16, 100, 5000} {
		p := bytes.Repeat([]byte("é"), n/2)
		if got := testing.AllocsPerRun(100, func() { Check(Start, p) }); got != 0 {
			t.Errorf("Check of %d bytes allocates %v times", n, got)
		}
	}
}
