package inflate

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"sync"
	"testing"
)

// TestReplay replays a connection from old values in eight goroutines at once, each in pieces of its own.
func TestReplay(t *testing.T) {
	texts := make([][]byte, 40)
	for i := range texts {
		texts[i] = jsonText(i, 100+i*i*4)
	}
	messages := deflated(t, 6, texts...)
	states := []State{{}}
	for _, m := range messages {
		next, _ := must(t, states[len(states)-1], m)
		states = append(states, next)
	}
	var middle []State // within the messages
	for i, m := range messages {
		s, _, _, err := states[i].Append(nil, m[:len(m)/2], -1)
		if err != nil {
			t.Fatal(err)
		}
		middle = append(middle, s)
	}
	var wg sync.WaitGroup
	for g := range uint64(8) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(g, 9))
			for range 3 {
				for i, m := range messages {
					next, out, err := pieces(t, states[i], m, randomCuts(rng, len(m)), noLimit)
					if err != nil || !bytes.Equal(out, texts[i]) || !next.Equal(states[i+1]) {
						t.Errorf("message %d: other text or State, %v", i, err)
						return
					}
					next, out, _, err = middle[i].Finish(nil, m[len(m)/2:], -1)
					if err != nil || !bytes.HasSuffix(texts[i], out) || !next.Equal(states[i+1]) {
						t.Errorf("second half of message %d: other text or State, %v", i, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestForks builds a tree of values from random older ones, and compares each window with what it must be.
func TestForks(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	start, err := New(9, true)
	if err != nil {
		t.Fatal(err)
	}
	states, want := []State{start}, [][]byte{nil}
	for i := range 2000 {
		j := len(states) - 1
		if rng.IntN(4) == 0 {
			j = rng.IntN(len(states))
		}
		text := bytes.Repeat([]byte{byte(i)}, rng.IntN(1<<rng.IntN(11)))
		message := new(stream).block(false, 0).bytes(byte(len(text)), byte(len(text)>>8), ^byte(len(text)), ^byte(len(text)>>8))
		next, out := must(t, states[j], message.bytes(text...).tail())
		if !bytes.Equal(out, text) {
			t.Fatal("other text")
		}
		window := append(bytes.Clone(want[j]), text...)
		states, want = append(states, next), append(want, window[max(0, len(window)-512):])
	}
	for i, s := range states {
		if !bytes.Equal(s.Window(), want[i]) {
			t.Fatalf("value %d has another window", i)
		}
	}
}

// TestDst: nothing before len(dst) is written, nothing of dst and src is kept, nothing beyond the limit is written.
func TestDst(t *testing.T) {
	text := jsonText(7, 3000)
	message := deflated(t, 6, text)[0]
	for _, room := range []int{0, 1, 100, 2990, 3000, 3007, 3008, 5000} {
		for _, limit := range []int{-1, 0, 1, 500, 2999, 3000, 4000} {
			dst := bytes.Repeat([]byte{0xee}, 50+room)
			src := bytes.Clone(message)
			s, out, n, err := State{}.Finish(dst[:50], src, limit)
			if (err == ErrLimit) != (limit >= 0 && limit < len(text)) || err != nil && err != ErrLimit {
				t.Fatalf("room %d, limit %d: %v", room, limit, err)
			}
			if !bytes.Equal(out[:50], bytes.Repeat([]byte{0xee}, 50)) || !bytes.HasPrefix(text, out[50:]) {
				t.Fatalf("room %d, limit %d: other text", room, limit)
			}
			if limit >= 0 && limit < room && !bytes.Equal(dst[50+limit:], bytes.Repeat([]byte{0xee}, room-limit)) {
				t.Fatalf("room %d, limit %d: written beyond the limit", room, limit)
			}
			if room >= len(text) && &out[0] != &dst[0] {
				t.Fatalf("room %d, limit %d: dst was enough", room, limit)
			}
			got := len(out) - 50
			for i := range out {
				out[i] ^= 0x55
			}
			rest := bytes.Clone(src[n:])
			for i := range src {
				src[i] ^= 0x55
			}
			if err == nil {
				continue
			}
			s, out, _, err = s.Finish(nil, rest, -1)
			if err != nil || !bytes.Equal(out, text[got:]) || !bytes.Equal(s.Window(), text) {
				t.Fatalf("room %d, limit %d: the rest: %v", room, limit, err)
			}
		}
	}
}

// TestIdle: between messages a State holds its window and nothing else.
func TestIdle(t *testing.T) {
	for _, windowBits := range []int{8, 12, 15} {
		s, err := New(windowBits, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range deflated(t, flate.HuffmanOnly, bytes.Split(jsonText(1, 5000), []byte("},"))...) {
			if s, _ = must(t, s, m); s.tab != nil || s.hdr != nil || s.hold != 0 || !Resume(windowBits, true, s.Win()).Equal(s) {
				t.Fatal("an idle State holds more than its window")
			}
		}
	}
}
