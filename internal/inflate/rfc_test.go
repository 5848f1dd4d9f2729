package inflate

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unsafe"
)

// TestRFC7692 has the examples of RFC 7692 section 7.2.3. Fragments are one message here.
func TestRFC7692(t *testing.T) {
	for _, c := range []struct {
		what     string
		messages []string
	}{
		{"7.2.3.1, one fixed block", []string{"\xf2\x48\xcd\xc9\xc9\x07\x00"}},
		{"7.2.3.2, with takeover the second is shorter", []string{"\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00"}},
		{"7.2.3.3, a stored block", []string{"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"}},
		{"7.2.3.4, BFINAL", []string{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"}},
		{"7.2.3.5, two blocks", []string{"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"}},
	} {
		var s State
		for _, m := range c.messages {
			var out []byte
			if s, out = must(t, s, []byte(m)); string(out) != "Hello" {
				t.Errorf("%s: %q", c.what, out)
			}
		}
	}
	// 7.2.3.6: an empty message.
	if _, out := must(t, State{}, []byte{0}); len(out) != 0 {
		t.Errorf("7.2.3.6: %q", out)
	}
}

// TestHandMade has every kind of block, written bit by bit.
func TestHandMade(t *testing.T) {
	// Four literals and lengths, two distances: codes 0, 10, 110, 111 and 0, 1.
	lits, dists := lengths(258, 'a', 1, 'b', 2, endBlock, 3, 257, 3), lengths(2, 0, 1, 1, 1)
	for _, c := range []struct {
		what    string
		message []byte
		want    string
	}{
		{"fixed, literals of 8 and 9 bits", new(stream).block(false, 1).fixed('a').fixed(143).fixed(144).fixed(255).
			fixed(256).tail(), "a\x8f\x90\xff"},
		{"fixed, run of 258 at distance 1", new(stream).block(false, 1).fixed('a').fixed(285).code(0, 5).fixed(256).tail(),
			strings.Repeat("a", 259)},
		{"fixed, length 258 in the long way, 284 and 31", new(stream).block(false, 1).fixed('a').fixed(284).bits(31, 5).
			code(0, 5).fixed(256).tail(), strings.Repeat("a", 259)},
		{"fixed, overlap", new(stream).block(false, 1).fixed('a').fixed('b').fixed('c').fixed(261).
			code(2, 5).fixed(256).tail(), "abcabcabca"},
		{"dynamic", new(stream).dynamic(false, lits, dists).code(0, 1).code(2, 2).code(7, 3).
			code(1, 1).code(6, 3).tail(), "ababa"},
		{"dynamic, no distance", new(stream).dynamic(false, lengths(257, 'a', 1, endBlock, 1), lengths(1)).
			code(0, 1).code(0, 1).code(1, 1).tail(), "aa"},
		{"dynamic, no distance in 32", new(stream).dynamic(false, lengths(257, 'a', 1, endBlock, 1), lengths(32)).
			code(0, 1).code(1, 1).tail(), "a"},
		{"dynamic, one distance of one bit", new(stream).dynamic(false, lits, lengths(1, 0, 1)).
			code(0, 1).code(7, 3).code(0, 1).code(6, 3).tail(), "aaaa"},
		{"dynamic, codes of 15 bits", longCodes().tail(), "\x00\x0d\x0e\x0f\x0e"},
		{"stored, empty ones", []byte("\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff\x00"), ""},
		{"stored after a fixed one", new(stream).block(false, 1).fixed('a').fixed(256).block(false, 0).
			bytes(2, 0, 0xfd, 0xff, 'b', 'c').tail(), "abc"},
		{"the bits before LEN may be anything", []byte("\xf8\x01\x00\xfe\xffx\xf8"), "x"},
		{"a final block in the middle, bits set behind it", new(stream).block(true, 1).fixed('a').fixed(256).bits(0x3f, 6).
			block(true, 1).fixed('b').fixed(258).code(1, 5).fixed(256).bytes(0).b, "ab" + "abab"},
		{"a final empty block at the end", []byte{1}, ""},
	} {
		out, err := inflateSlowly(nil, c.message, 15)
		if string(out) != c.want || err != nil {
			t.Errorf("%s: the oracle says %q, %v", c.what, out, err)
		}
		if _, out = must(t, State{}, c.message); string(out) != c.want {
			t.Errorf("%s: %q, want %q", c.what, out, c.want)
		}
		s, out, err := pieces(t, State{}, c.message, everyByte(len(c.message)), noLimit)
		if string(out) != c.want || !s.Idle() {
			t.Errorf("%s, byte by byte: %q, %v", c.what, out, err)
		}
	}
}

// longCodes returns a block whose codes have 1 to 15 bits: literal n-1 has n of them, but four have 15.
func longCodes() *stream {
	lits := lengths(257, endBlock, 15)
	for i := range 13 {
		lits[i] = uint8(i + 1)
	}
	lits[13], lits[14], lits[15] = 15, 15, 15
	codes := canonical(lits)
	s := new(stream).dynamic(false, lits, lengths(1))
	for _, symbol := range []int{0, 13, 14, 15, 14, 256} {
		s.code(codes[symbol], uint(lits[symbol]))
	}
	return s
}

// TestLongestElement: a length of 15 bits and 5 extra ones, a distance of 15 and 13.
func TestLongestElement(t *testing.T) {
	lits, dists := lengths(286, endBlock, 15, 284, 15), lengths(30, 28, 15, 29, 15)
	for i := range 14 {
		lits[i], dists[i] = uint8(i+1), uint8(i+1)
	}
	litCodes, distCodes := canonical(lits), canonical(dists)
	s := new(stream).dynamic(false, lits, dists)
	for i := range 32 << 10 {
		symbol := uint(i % 14)
		s.code(litCodes[symbol], symbol+1)
	}
	for i := range 40 {
		s.code(litCodes[284], 15).bits(30, 5).code(distCodes[29], 15).bits(8191-uint(i), 13)
	}
	message := s.code(litCodes[256], 15).tail()
	want, err := inflateSlowly(nil, message, 15)
	if err != nil || len(want) != 32<<10+40*257 {
		t.Fatal(len(want), err)
	}
	if _, out := must(t, State{}, message); !bytes.Equal(out, want) {
		t.Error("other text")
	}
	if _, out, err := pieces(t, State{}, message, everyByte(len(message)), noLimit); !bytes.Equal(out, want) || err != nil {
		t.Error("byte by byte: other text", err)
	}
}

// TestZero: the zero State is what New makes of the defaults, and small.
func TestZero(t *testing.T) {
	if s, err := New(15, true); s != (State{}) || err != nil {
		t.Error(s, err)
	}
	if n := unsafe.Sizeof(State{}); n > 64 || n != 64 && unsafe.Sizeof(uintptr(0)) == 8 { // pointers may have 32 bits
		t.Errorf("a State has %d bytes", n)
	}
	if n := unsafe.Sizeof(tables{}); n > 11<<10 {
		t.Errorf("the tables have %d bytes", n)
	}
	if n := unsafe.Sizeof(header{}); n > 352 {
		t.Errorf("a header has %d bytes", n)
	}
	for _, n := range []int{-1, 0, 7, 16, 1 << 20} {
		if s, err := New(n, true); !errors.Is(err, ErrWindowBits) || s != (State{}) {
			t.Errorf("%d window bits: %v, %v", n, s, err)
		}
	}
	next, out, n, err := State{}.Append(nil, nil, 0)
	if !next.Equal(State{}) || out != nil || n != 0 || err != nil {
		t.Error(next, out, n, err)
	}
}
