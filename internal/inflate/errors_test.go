package inflate

import (
	"bytes"
	"errors"
	"testing"
)

// TestErrors has every fault: its sentinel, its place, the text before it. Any split gives the same, and the State stays.
func TestErrors(t *testing.T) {
	flat := map[int]uint{0: 2, 1: 2, 8: 2, 18: 2} // codes 00, 01, 10 and 11
	full := lengths(257, 'a', 1, endBlock, 1)
	few := func(n int, pairs ...int) []byte { return new(stream).dynamic(false, full, lengths(n, pairs...)).b }
	many := func(n int, pairs ...int) []byte {
		return new(stream).dynamic(false, lengths(n, pairs...), lengths(1)).b
	}
	fix := func() *stream { return new(stream).block(false, 1).fixed('a') }
	one := func() *stream {
		return new(stream).dynamic(false, lengths(258, 'a', 2, endBlock, 2, 257, 1), lengths(1, 0, 1)).code(2, 2)
	}
	none := new(stream).dynamic(false, lengths(258, 'a', 2, endBlock, 2, 257, 1), lengths(1)).code(2, 2).code(0, 1)
	for _, c := range []struct {
		what    string
		message []byte
		at      int // -1: the last byte
		err     error
		text    string
	}{
		{"block type 3", []byte{6, 1, 2, 3}, 0, ErrBlockType, ""},
		{"block type 3 across bytes", fix().fixed(257).code(0, 5).fixed(256).block(false, 3).b, -1, ErrBlockType, "aaaa"},
		{"NLEN, first byte", []byte{0, 5, 0, 0xfb, 0xff, 1}, 3, ErrStored, ""},
		{"NLEN, second byte", []byte{0, 5, 0, 0xfa, 0xfe, 1}, 4, ErrStored, ""},
		{"literal and length symbol 286", fix().fixed(286).b, -1, ErrSymbol, "a"},
		{"literal and length symbol 287", fix().fixed(287).b, -1, ErrSymbol, "a"},
		{"distance symbol 30", fix().fixed(257).code(30, 5).b, -1, ErrSymbol, "a"},
		{"distance symbol 31", fix().fixed(257).code(31, 5).b, -1, ErrSymbol, "a"},
		{"distance symbol 31 of a dynamic block", new(stream).dynamic(false, lengths(258, 'a', 2, endBlock, 2, 257, 1),
			lengths(32, 31, 1)).code(2, 2).code(0, 1).code(0, 1).b, -1, ErrSymbol, "a"},
		{"the other distance where there is one", one().code(0, 1).code(1, 1).b, -1, ErrSymbol, "a"},
		{"a length where there are no distances", none.b, -1, ErrSymbol, "a"},
		{"distance 2 after one byte", fix().fixed(257).code(1, 5).b, -1, ErrDistance, "a"},
		{"distance 1 after nothing", new(stream).block(false, 1).fixed(257).code(0, 5).b, -1, ErrDistance, ""},
		{"distance 32768", fix().fixed(257).code(29, 5).bits(8191, 13).b, -1, ErrDistance, "a"},
		{"287 literals and lengths", new(stream).block(false, 2).bits(30, 5).bytes(0, 0).b, 0, ErrHeader, ""},
		{"288 literals and lengths", new(stream).block(false, 2).bits(31, 5).bytes(0, 0).b, 0, ErrHeader, ""},
		{"too few codes for the code lengths", new(stream).block(false, 2).precode(257, 1, map[int]uint{0: 2, 1: 2}).b,
			-1, ErrCodes, ""},
		{"one code for the code lengths", new(stream).block(false, 2).precode(257, 1, map[int]uint{8: 1}).b,
			-1, ErrCodes, ""},
		{"no code for the code lengths", new(stream).block(false, 2).precode(257, 1, nil).b, -1, ErrCodes, ""},
		{"too many codes for the code lengths", new(stream).block(false, 2).precode(257, 1, map[int]uint{0: 1, 1: 1, 2: 7}).b,
			-1, ErrCodes, ""},
		{"repetition at the beginning", new(stream).block(false, 2).precode(257, 1, map[int]uint{16: 1, 8: 1}).code(1, 1).b,
			-1, ErrHeader, ""},
		{"repetition beyond the end", new(stream).block(false, 2).precode(257, 1, flat).code(3, 2).bits(127, 7).
			code(3, 2).bits(110, 7).b, -1, ErrHeader, ""},
		{"no end of block", many(257, 'a', 1, 'b', 1), -1, ErrHeader, ""},
		{"too few literals and lengths", many(257, 'a', 1, endBlock, 2), -1, ErrCodes, ""},
		{"end of block alone", many(257, endBlock, 1), -1, ErrCodes, ""},
		{"too many literals and lengths", many(257, 'a', 1, 'b', 1, endBlock, 2), -1, ErrCodes, ""},
		{"too few distances", few(2, 0, 1, 1, 2), -1, ErrCodes, ""},
		{"one distance of two bits", few(2, 1, 2), -1, ErrCodes, ""},
		{"too many distances", few(3, 0, 1, 1, 1, 2, 15), -1, ErrCodes, ""},
	} {
		if c.at < 0 {
			c.at += len(c.message)
		}
		start, _ := must(t, State{}, []byte{0})
		next, out, n, err := start.Append([]byte("x"), c.message, -1)
		var fault *Error
		if !errors.As(err, &fault) || !errors.Is(err, c.err) || fault.Offset != int64(c.at) || next != start ||
			n != len(c.message) {
			t.Errorf("%s: want byte %d, %v\n got %v", c.what, c.at, c.err, err)
			continue
		}
		if string(out) != "x"+c.text {
			t.Errorf("%s: text %q before the fault, want %q", c.what, out[1:], c.text)
		}
		// The byte with the fault is what makes it one.
		if _, _, _, err = start.Append(nil, c.message[:c.at], -1); err != nil {
			t.Errorf("%s: without the byte at fault: %v", c.what, err)
		}
		if _, _, _, err = start.Append(nil, c.message[:c.at+1], -1); describe(err) != fault.Error() {
			t.Errorf("%s: with the byte at fault: %v", c.what, err)
		}
		_, text, err := pieces(t, start, c.message, everyByte(len(c.message)), noLimit)
		if string(text) != c.text || describe(err) != fault.Error() {
			t.Errorf("%s, byte by byte: %q, %v\nin one: %v", c.what, text, err, fault)
		}
		if _, err := inflateSlowly(nil, c.message, 15); err != c.err {
			t.Errorf("%s: the oracle says %v", c.what, err)
		}
	}
}

// TestEnds cuts messages at every byte: only the whole one is one.
func TestEnds(t *testing.T) {
	stored := append([]byte("\x00\x09\x00\xf6\xff12345"), 0, 0, 0xff, 0xff, 0) // ends in what looks like a tail
	fixedBlock := new(stream).block(false, 1).fixed('a').fixed('b').fixed(285).code(0, 5).fixed(256).tail()
	long := longCodes().tail()
	for _, message := range [][]byte{stored, fixedBlock, long, deflated(t, 9, jsonText(1, 2000))[0]} {
		for i := range message {
			next, out, n, err := State{}.Finish(nil, message[:i], -1)
			var fault *Error
			_, want := inflateSlowly(nil, message[:i], 15)
			// 00 is a message, and for the last byte the padding before it may do.
			if want == nil && i < len(message)-1 && (i != 1 || message[0] != 0) {
				t.Fatalf("%d of %d bytes of %x: the oracle takes them", i, len(message), message)
			}
			if !errors.Is(err, want) || want != nil && (!errors.As(err, &fault) || fault.Offset != int64(i)) || n != i {
				t.Fatalf("%d of %d bytes: %v", i, len(message), err)
			}
			if want == ErrTruncated && next != (State{}) || want == nil && i > 1 && len(out) == 0 {
				t.Fatalf("%d of %d bytes: %q", i, len(message), out)
			}
		}
	}
}

// TestTail: a message without the header of the last stored block is a fault, but comes with the next State.
func TestTail(t *testing.T) {
	for _, c := range []struct {
		what, message, text string
	}{
		{"nothing", "", ""},
		{"the tail was not removed", "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff", "Hello"},
		{"a final block", "\xf3\x48\xcd\xc9\xc9\x07\x00", "Hello"},
	} {
		next, out, n, err := State{}.Finish(nil, []byte(c.message), -1)
		var fault *Error
		if !errors.Is(err, ErrTail) || !errors.As(err, &fault) || fault.Offset != int64(len(c.message)) ||
			n != len(c.message) {
			t.Errorf("%s: %v", c.what, err)
		}
		if string(out) != c.text || !next.Idle() || string(next.Window()) != c.text {
			t.Errorf("%s: %q, %v", c.what, out, next)
		}
		split, text, err := pieces(t, State{}, []byte(c.message), everyByte(len(c.message)), noLimit)
		if !errors.Is(err, ErrTail) || string(text) != c.text || !split.Equal(next) {
			t.Errorf("%s, byte by byte: %q, %v", c.what, text, err)
		}
		if _, out = must(t, next, new(stream).block(false, 1).fixed('x').fixed(256).tail()); string(out) != "x" {
			t.Errorf("%s, the next message: %q", c.what, out)
		}
	}
}

// TestWindowBits: a distance may be as large as the window, and no larger.
func TestWindowBits(t *testing.T) {
	for windowBits := MinWindowBits; windowBits <= MaxWindowBits; windowBits++ {
		size := 1 << windowBits
		text := jsonText(windowBits, size+100)
		first := deflated(t, 0, text)[0]
		s, err := New(windowBits, true)
		if err != nil {
			t.Fatal(err)
		}
		s, _ = must(t, s, first)
		if s.WindowBits() != windowBits || !bytes.Equal(s.Window(), text[100:]) || cap(s.Window()) != size {
			t.Errorf("%d bits: a window of %d bytes", windowBits, len(s.Window()))
		}
		extra := uint(windowBits - 2) // of the greatest distance that is this large
		farthest := func(dist int) []byte {
			base := size - 1<<extra + 1
			symbol := uint(2*(windowBits-1) + 1)
			if dist > size {
				base, symbol = size+1, symbol+1
				extra = uint(windowBits - 1)
			}
			return new(stream).block(false, 1).fixed(257).code(symbol, 5).bits(uint(dist-base), extra).fixed(256).tail()
		}
		if _, out := must(t, s, farthest(size)); !bytes.Equal(out, text[100:103]) {
			t.Errorf("%d bits, distance %d: %q, want %q", windowBits, size, out, text[100:103])
		}
		if windowBits == MaxWindowBits {
			continue // 32768 is the greatest distance there is
		}
		next, _, err := whole(s, farthest(size+1))
		if !errors.Is(err, ErrDistance) || next != s {
			t.Errorf("%d bits, distance %d: %v", windowBits, size+1, err)
		}
		// The same within one message, where that text is at hand.
		both := append(append(bytes.Clone(first), 0, 0, 0xff, 0xff), farthest(size+1)...)
		if _, _, err = whole(s.Reset(), both); !errors.Is(err, ErrDistance) {
			t.Errorf("%d bits, distance %d in one message: %v", windowBits, size+1, err)
		}
	}
}

// TestNoTakeover: without context takeover the text before the message is out of reach.
func TestNoTakeover(t *testing.T) {
	s, err := New(15, false)
	if err != nil {
		t.Fatal(err)
	}
	hello := []byte("\xf2\x48\xcd\xc9\xc9\x07\x00")
	next, out := must(t, s, hello)
	if string(out) != "Hello" || next != s {
		t.Errorf("%q, %v", out, next)
	}
	next, out, err = pieces(t, s, hello, everyByte(len(hello)), noLimit)
	if string(out) != "Hello" || next != s || err != nil {
		t.Errorf("%q, %v, %v", out, next, err)
	}
	if _, _, err = whole(next, []byte("\xf2\x00\x11\x00\x00")); !errors.Is(err, ErrDistance) {
		t.Error(err)
	}
	s, _ = must(t, State{}, hello)
	if s.Reset() != (State{}) {
		t.Error("Reset keeps something")
	}
}
