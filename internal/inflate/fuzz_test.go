package inflate

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// seeds are messages of every kind, whole and broken.
func seeds(tb testing.TB) [][]byte {
	all := [][]byte{
		{}, {0}, {6},
		[]byte("\xf2\x48\xcd\xc9\xc9\x07\x00"), []byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), []byte("\xf2\x00\x11\x00\x00"),
		[]byte("\x00\x05\x00\xfa\xffHello\x00"), longCodes().tail(),
		new(stream).block(false, 1).fixed('a').fixed(284).bits(31, 5).code(0, 5).fixed(256).tail(),
		new(stream).dynamic(false, lengths(258, 'a', 2, endBlock, 2, 257, 1), lengths(1, 0, 1)).
			code(2, 2).code(0, 1).code(0, 1).code(3, 2).tail(),
		new(stream).block(false, 1).fixed('a').fixed(286).b,
	}
	for level := range 10 {
		all = append(all, deflated(tb, level, jsonText(level, 20+100*level))[0])
	}
	return all
}

// FuzzInflate inflates a message after some text, with this package, with compress/flate and with the oracle of the tests.
// All must give the same text or refuse, the oracle for the same reason.
//
// The exceptions to agreement with compress/flate, by name:
//   - ErrTruncated and ErrTail: the other is given the octets that the sender left out, and takes them for what fits.
//   - ErrCodes with a single code for literals and lengths: the other takes it, if it is of one bit.
//   - More than 30 distance codes: the other refuses the header, here as in RFC 1951 section 3.2.7 there may be 32.
func FuzzInflate(f *testing.F) {
	for _, m := range seeds(f) {
		f.Add([]byte("some Hello text"), m)
		f.Add([]byte{}, m)
	}
	f.Fuzz(func(t *testing.T, window, message []byte) {
		if len(window) > 2000 || len(message) > 2000 {
			return
		}
		var start State
		start.remember(window)
		next, out, _, err := start.Finish(nil, message, -1)
		o := &oracle{src: message, text: bytes.Clone(window), from: len(window), size: 1 << 15}
		slow := o.run()
		want := o.text[o.from:]
		if !bytes.Equal(out, want) || !errors.Is(err, slow) || (err == nil) != (slow == nil) {
			t.Fatalf("%x:\n%q, %v\nthe oracle:\n%q, %v", message, out, err, want, slow)
		}
		if err == nil || errors.Is(err, ErrTail) {
			all := append(bytes.Clone(window), out...)
			if !bytes.Equal(next.Window(), all[max(0, len(all)-32<<10):]) || !next.Idle() {
				t.Fatalf("%x: window %q after %q", message, next.Window(), out)
			}
		} else if next != start {
			t.Fatalf("%x: %v, and the State is another", message, err)
		}
		other, otherErr := inflateOther(window, message)
		switch {
		case errors.Is(err, ErrTruncated), errors.Is(err, ErrTail):
		case err != nil && otherErr == nil:
			if !errors.Is(err, ErrCodes) || o.singles == 0 {
				t.Fatalf("%x: only we refuse: %v", message, err)
			}
		case err == nil && otherErr != nil:
			if o.manies == 0 {
				t.Fatalf("%x: only the other refuses: %v", message, otherErr)
			}
		case err == nil && !bytes.Equal(out, other):
			t.Fatalf("%x:\n%q\nthe other:\n%q", message, out, other)
		}
	})
}

// FuzzSplits cuts a message in pieces, with small limits and a small window, and compares text, error and State with those
// of one call.
func FuzzSplits(f *testing.F) {
	for i, m := range seeds(f) {
		f.Add(uint64(i), uint8(i), []byte("some Hello text"), m)
	}
	f.Fuzz(func(t *testing.T, seed uint64, windowBits uint8, window, message []byte) {
		if len(window) > 2000 || len(message) > 2000 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		start, err := New(MinWindowBits+int(windowBits%8), windowBits < 128)
		if err != nil {
			t.Fatal(err)
		}
		start.remember(window)
		want, out, _, err := start.Finish(nil, message, -1)
		slowText, slow := inflateSlowly(start.Window(), message, start.WindowBits())
		if !bytes.Equal(out, slowText) || !errors.Is(err, slow) {
			t.Fatalf("%x:\n%q, %v\nthe oracle:\n%q, %v", message, out, err, slowText, slow)
		}
		next, text, split := pieces(t, start, message, randomCuts(rng, len(message)), func() int {
			return rng.IntN(1+len(out)) | 1
		})
		if !bytes.Equal(text, out) || describe(split) != describe(err) {
			t.Fatalf("%x:\n%q, %v\nin one:\n%q, %v", message, text, split, out, err)
		}
		if (err == nil || errors.Is(err, ErrTail)) && !next.Equal(want) {
			t.Fatalf("%x: another State", message)
		}
	})
}
