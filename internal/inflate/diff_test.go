package inflate

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"testing"
)

// TestLevels inflates what compress/flate makes of many texts by each of its methods, in one call and in pieces.
func TestLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, text := range corpus() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, 3, 6, flate.BestCompression} {
			message := deflated(t, level, text)[0]
			s, out := must(t, State{}, message)
			if !bytes.Equal(out, text) {
				t.Fatalf("%s, level %d: other text", name, level)
			}
			if !bytes.Equal(s.Window(), text[max(0, len(text)-32<<10):]) {
				t.Fatalf("%s, level %d: other window", name, level)
			}
			split, out, err := pieces(t, State{}, message, randomCuts(rng, len(message)), noLimit)
			if !bytes.Equal(out, text) || err != nil || !split.Equal(s) {
				t.Fatalf("%s, level %d, in pieces: other text or State, %v", name, level, err)
			}
		}
	}
}

// TestConnection: many messages that refer to the ones before, some of them flushed in the middle, cut anywhere, in calls
// with any limit. All States along the way are kept, and replayed at the end.
func TestConnection(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		level := []int{1, 6, 9, flate.HuffmanOnly, 2, 0}[seed]
		var buf bytes.Buffer
		w, err := flate.NewWriter(&buf, level)
		if err != nil {
			t.Fatal(err)
		}
		type step struct {
			s, next       State
			message, text []byte
		}
		var steps []step
		var s State
		var window []byte
		for i := range 60 {
			buf.Reset()
			var text []byte
			for range 1 + rng.IntN(3) {
				part := jsonText(rng.IntN(5), 1+rng.IntN(1<<rng.IntN(14)))
				text = append(text, part...)
				w.Write(part)
				w.Flush()
			}
			message := bytes.Clone(buf.Bytes()[:buf.Len()-4])
			limit := func() int { return rng.IntN(1 << rng.IntN(12)) }
			next, out, err := pieces(t, s, message, randomCuts(rng, len(message)), limit)
			if err != nil || !bytes.Equal(out, text) {
				t.Fatalf("seed %d, message %d: other text, %v", seed, i, err)
			}
			window = append(window, text...)
			window = window[max(0, len(window)-32<<10):]
			if !bytes.Equal(next.Window(), window) {
				t.Fatalf("seed %d, message %d: other window", seed, i)
			}
			steps = append(steps, step{s, next, message, text})
			s = next
		}
		for i, st := range steps {
			next, out := must(t, st.s, st.message)
			if !bytes.Equal(out, st.text) || !next.Equal(st.next) {
				t.Fatalf("seed %d, message %d, once more: other text or State", seed, i)
			}
		}
	}
}

// TestEverySplit cuts messages at every place, and stops the text at every place.
func TestEverySplit(t *testing.T) {
	messages := [][]byte{longCodes().tail(), deflated(t, 9, jsonText(3, 900))[0], deflated(t, 0, jsonText(4, 200))[0],
		deflated(t, 6, make([]byte, 1500))[0]}
	start, text := must(t, State{}, deflated(t, 6, jsonText(3, 100))[0])
	refers := deflated(t, 6, text, jsonText(3, 400))[1]
	for _, message := range append(messages, refers) {
		want, text := must(t, start, message)
		for i := range len(message) + 1 {
			s, out, err := pieces(t, start, message, []int{i}, noLimit)
			if !s.Equal(want) || !bytes.Equal(out, text) || err != nil {
				t.Fatalf("%x cut at %d: %v", message, i, err)
			}
			// Where it is cut, the State is that of a byte by byte walk.
			half, _, _, _ := start.Append(nil, message[:i], -1)
			walk := start
			for j := range i {
				walk, _, _, _ = walk.Append(nil, message[j:j+1], -1)
			}
			if !half.Equal(walk) || !walk.Equal(half) || half.Offset() != int64(i) {
				t.Fatalf("%x cut at %d: byte by byte the State is another", message, i)
			}
		}
		for i := range len(text) {
			first := true
			limit := func() int {
				if first {
					first = false
					return i
				}
				return -1
			}
			s, out, err := pieces(t, start, message, nil, limit)
			if !s.Equal(want) || !bytes.Equal(out, text) || err != nil {
				t.Fatalf("%x stopped at %d: %v", message, i, err)
			}
		}
		for _, limit := range []int{len(text), len(text) + 1} {
			if s, out, _, err := start.Finish(nil, message, limit); !s.Equal(want) || !bytes.Equal(out, text) || err != nil {
				t.Fatalf("%x with limit %d of %d: %v", message, limit, len(text), err)
			}
		}
	}
}

// TestEqual: States that differ in anything are not the same.
func TestEqual(t *testing.T) {
	narrow, _ := New(14, true)
	forgets, _ := New(15, false)
	states := []State{{}, narrow, forgets}
	for _, message := range [][]byte{
		longCodes().tail(), deflated(t, 9, jsonText(3, 400))[0], deflated(t, 0, []byte("stored"))[0]} {
		for s, i := (State{}), 0; i < len(message); i++ {
			s, _, _, _ = s.Append(nil, message[i:i+1], -1)
			states = append(states, s)
		}
	}
	for i, a := range states {
		for j, b := range states {
			same := a.off == b.off && a.hold == b.hold && i != 1 && i != 2 && j != 1 && j != 2
			if i == j && !a.Equal(b) || i != j && a.Equal(b) && !same {
				t.Fatalf("States %d and %d: Equal is %v", i, j, a.Equal(b))
			}
		}
	}
}
