package inflate

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// must inflates a whole message.
func must(tb testing.TB, s State, message []byte) (State, []byte) {
	tb.Helper()
	next, out, n, err := s.Finish(nil, message, -1)
	if err != nil || n != len(message) || !next.Idle() {
		tb.Fatalf("%x: %d bytes taken, idle %v: %v", message, n, next.Idle(), err)
	}
	return next, out
}

// whole inflates a message in one call.
func whole(s State, message []byte) (State, []byte, error) {
	next, out, _, err := s.Finish(nil, message, -1)
	return next, out, err
}

// pieces inflates a message cut at the given places, with a limit for each call that limit returns. After every call the
// input is overwritten.
func pieces(tb testing.TB, s State, message []byte, cuts []int, limit func() int) (State, []byte, error) {
	tb.Helper()
	var text []byte
	from := 0
	for i := 0; i <= len(cuts); i++ {
		to, last := len(message), i == len(cuts)
		if !last {
			to = cuts[i]
		}
		piece := bytes.Clone(message[from:to])
		from = to
		for {
			call, lim := s.Append, limit()
			if last {
				call = s.Finish
			}
			src := bytes.Clone(piece)
			head := append(make([]byte, 0, 3+lim%9), "dst"...) // now and then there is room
			next, out, n, err := call(head, src, lim)
			for i := range src {
				src[i] ^= 0xa5
			}
			if string(out[:3]) != "dst" || lim >= 0 && len(out)-3 > lim || n < 0 || n > len(piece) {
				tb.Fatalf("%d bytes taken of %d, limit %d, out %q", n, len(piece), lim, out)
			}
			text = append(text, out[3:]...)
			var fault *Error
			if errors.As(err, &fault) && fault.Err != ErrTail && next != s {
				tb.Fatalf("%v, and the State is another", err)
			}
			s, piece = next, piece[n:]
			if err == ErrLimit {
				if lim >= 0 && len(out)-3 != lim {
					tb.Fatalf("stopped at %d of %d", len(out)-3, lim)
				}
				continue
			}
			if err != nil {
				return s, text, err
			}
			if len(piece) > 0 {
				tb.Fatalf("%d bytes not taken", len(piece))
			}
			break
		}
	}
	return s, text, nil
}

func noLimit() int { return -1 }

func everyByte(n int) []int {
	var cuts []int
	for i := 1; i < n; i++ {
		cuts = append(cuts, i)
	}
	return cuts
}

func randomCuts(rng *rand.Rand, n int) []int {
	var cuts []int
	most := 1 + rng.IntN(1+n)
	for at := 0; at < n; at += 1 + rng.IntN(most) {
		cuts = append(cuts, at)
	}
	return cuts
}

func describe(err error) string {
	if err == nil {
		return "nil"
	}
	return err.Error()
}

// corpus returns texts of many kinds.
func corpus() map[string][]byte {
	rng := rand.New(rand.NewPCG(5, 6))
	random := func(n, symbols int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.IntN(symbols))
		}
		return b
	}
	skewed := make([]byte, 20000) // codes of very different lengths
	for i := range skewed {
		for skewed[i] < 40 && rng.IntN(2) == 0 {
			skewed[i]++
		}
	}
	var far []byte
	block := random(1000, 256)
	for range 70 {
		far = append(append(far, block...), random(31<<10, 3)...)
		if len(far) > 150<<10 {
			break
		}
	}
	return map[string][]byte{
		"empty":    {},
		"one byte": {'x'},
		"hello":    []byte("Hello"),
		"zeros":    make([]byte, 100000),
		"period 7": []byte(strings.Repeat("abcdefg", 9999)),
		"json":     jsonText(1, 50000),
		"short":    jsonText(2, 300),
		"random":   random(70000, 256),
		"binary":   random(30000, 2),
		"skewed":   skewed,
		"far":      far,
		"lines":    []byte(strings.Repeat("the quick brown fox jumps over the lazy dog\n", 50)),
	}
}
