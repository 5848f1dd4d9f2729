package utf8dfa

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/mintws/mintws/internal/test/texts"
)

// TestEveryShortSequence compares with unicode/utf8 on every sequence of up to three bytes, and on every four-byte one
// whose first byte can begin four.
func TestEveryShortSequence(t *testing.T) {
	check := func(p []byte) {
		if got, want := Valid(p), utf8.Valid(p); got != want {
			t.Fatalf("Valid(% x) = %v, want %v", p, got, want)
		}
	}
	for a := range 256 {
		check([]byte{byte(a)})
		for b := range 256 {
			check([]byte{byte(a), byte(b)})
			for c := range 256 {
				check([]byte{byte(a), byte(b), byte(c)})
			}
		}
	}
	edges := []byte{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF}
	for a := 0xEE; a < 256; a++ {
		for b := range 256 {
			for _, c := range edges {
				for _, d := range edges {
					check([]byte{byte(a), byte(b), c, d})
				}
			}
		}
	}
}

// TestFirstBadByte: the automaton stops at the first byte after which no continuation can be valid.
func TestFirstBadByte(t *testing.T) {
	tests := []struct {
		in  string
		bad int
	}{
		{"\x80", 0},
		{"a\xC0\x80", 1},
		{"\xC1", 0},
		{"\xE0\x9F\x80", 1},         // overlong
		{"\xED\xA0\x80", 1},         // surrogate
		{"\xF0\x8F\x80\x80", 1},     // overlong
		{"\xF4\x90\x80\x80", 1},     // above U+10FFFF
		{"\xF5\x80\x80\x80", 0},     // above U+10FFFF
		{"\xE2\x82\x41", 2},         // cut short
		{"κόσμε\xED\xA0\x80ed", 11}, // Autobahn 6.4
		{"0123456789abcdef0123456789abcdef0123456789abcdef\xFFabc", 48},
	}
	for _, tt := range tests {
		if _, bad := Check(Start, []byte(tt.in)); bad != tt.bad {
			t.Errorf("Check(%q) fails at %d, want %d", tt.in, bad, tt.bad)
		}
	}
}

// TestPieces: any split gives the same answer.
func TestPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "hello, world, this is ascii", "é", "日本語", "😀", "\x80", "\xF4\x90", "\xE2"}
	for range 3000 {
		var p []byte
		for range rng.IntN(12) {
			i := rng.IntN(len(alphabet))
			if i >= 5 && rng.IntN(4) != 0 {
				i = 0
			}
			p = append(p, alphabet[i]...)
		}
		whole, bad := Check(Start, p)
		if ok := bad < 0 && whole == Start; ok != utf8.Valid(p) {
			t.Fatalf("Check(%q) = %v, %d", p, whole, bad)
		}
		for cut := range len(p) + 1 {
			s, b := Check(Start, p[:cut])
			if b < 0 {
				if s, b = Check(s, p[cut:]); b >= 0 {
					b += cut
				}
			}
			if b != bad || b < 0 && s != whole {
				t.Fatalf("Check(%q) cut at %d = %v, %d; whole %v, %d", p, cut, s, b, whole, bad)
			}
		}
	}
}

// TestEveryPlace puts a character, and a byte that is none, at every place of ASCII texts of every length that the loops
// tell apart.
func TestEveryPlace(t *testing.T) {
	for n := range 200 {
		ascii := bytes.Repeat([]byte("a"), n)
		if s, bad := Check(Start, ascii); s != Start || bad >= 0 {
			t.Fatalf("%d ASCII bytes: %v, %d", n, s, bad)
		}
		for at := range n {
			p := append(bytes.Clone(ascii[:at]), 0xFF)
			p = append(p, ascii[at+1:]...)
			if _, bad := Check(Start, p); bad != at {
				t.Fatalf("bad byte at %d of %d: found at %d", at, n, bad)
			}
			copy(p[at:], "\xE2\x82\xAC")
			if s, bad := Check(Start, p); bad >= 0 || (s == Start) != utf8.Valid(p) {
				t.Fatalf("character of three bytes at %d of %d: %v, %d", at, n, s, bad)
			}
		}
	}
}

// FuzzCheck repeats what it is given up to several blocks, cuts it, and compares with unicode/utf8 and the automaton taken
// byte by byte.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("κόσμε\xED\xA0\x80edited"), 3, uint8(1))
	f.Add([]byte("Größe, 日本語 and 😀 naïve"), 40, uint8(5))
	f.Add([]byte("only ASCII, for more than one block "), 33, uint8(9))
	f.Add([]byte("\xF0\x9F\x98"), 2, uint8(60))
	for _, text := range texts.Kinds {
		f.Add([]byte(text.Words), 64, uint8(2))
	}
	f.Fuzz(func(t *testing.T, p []byte, cut int, times uint8) {
		p = bytes.Repeat(p[:min(len(p), 1000)], int(times&63)+1)
		agree(t, p)
		if Valid(p) != utf8.Valid(p) {
			t.Fatalf("Valid(%q) = %v", p, Valid(p))
		}
		cut = min(max(cut, 0), len(p))
		whole, wholeBad := Check(Start, p)
		s, bad := Check(Start, p[:cut])
		if bad < 0 {
			if s, bad = Check(s, p[cut:]); bad >= 0 {
				bad += cut
			}
		}
		if bad != wholeBad || bad < 0 && s != whole {
			t.Fatalf("cut at %d of %q: %v, %d; whole %v, %d", cut, p, s, bad, whole, wholeBad)
		}
	})
}

// TestASCII: a byte that is not ASCII is seen at every place of every length.
func TestASCII(t *testing.T) {
	for n := 8; n <= short; n++ {
		p := bytes.Repeat([]byte{0x7F}, n)
		if !ascii(p) {
			t.Fatalf("%d bytes of ASCII are said not to be", n)
		}
		for i := range p {
			p[i] = 0x80
			if ascii(p) {
				t.Fatalf("byte %d of %d is not seen", i, n)
			}
			p[i] = 0
		}
	}
}
