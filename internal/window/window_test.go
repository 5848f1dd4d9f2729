package window

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"
)

// TestForks builds windows from random older ones and compares each with a plain copy of what it must hold.
func TestForks(t *testing.T) {
	for _, size := range []int{1, 256, 4096, Max} {
		rng := rand.New(rand.NewPCG(9, uint64(size)))
		values, want := []Window{{}}, [][]byte{nil}
		for i := range 2000 {
			j := len(values) - 1 - rng.IntN(min(len(values), 3))
			p := bytes.Repeat([]byte{byte(i)}, rng.IntN(size/8+2))
			if rng.IntN(100) == 0 {
				p = bytes.Repeat([]byte{byte(i), 7}, size)
			}
			w := values[j].Append(p, size)
			if ref, n := w.Pack(); Unpack(ref, n) != w {
				t.Fatal("Pack and Unpack do not match")
			}
			all := append(bytes.Clone(want[j]), p...)
			values, want = append(values, w), append(want, all[max(0, len(all)-size):])
			if held := cap(w.storage()); held > max(minStore, size+size/2) {
				t.Fatalf("a window of %d holds %d bytes", size, held)
			}
		}
		for i := range values {
			if b := values[i].Bytes(); !bytes.Equal(b, want[i]) || cap(b) != len(b) {
				t.Fatalf("size %d, value %d: %d bytes, want %d", size, i, len(b), len(want[i]))
			}
		}
	}
}

func (w Window) storage() []byte {
	if w.s == nil {
		return nil
	}
	return w.s.b
}

// TestStores: the newest value rarely needs a new store, and holds little that it does not use.
func TestStores(t *testing.T) {
	for _, size := range []int{256, 4096, Max} {
		for _, piece := range []int{1, 50, 1000, 40000} {
			var w Window
			seen, stores := 0, 0
			for range 10 + 20*size/piece {
				before := w.s
				w = w.Append(make([]byte, piece), size)
				if seen += piece; w.s != before {
					stores++
				}
				if held := len(w.storage()); held > max(minStore, 2*seen) {
					t.Fatalf("after %d bytes a window of %d holds %d", seen, size, held)
				}
			}
			if most := 10 + seen/(size/2); stores > most {
				t.Errorf("%d stores for %d bytes with a window of %d, at most %d are allowed", stores, seen, size, most)
			}
		}
	}
}

func TestConcurrentForks(t *testing.T) {
	base := Window{}.Append([]byte("base"), 64)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			w, want := base, []byte("base")
			for i := range 200 {
				p := []byte{byte(g), byte(i)}
				w, want = w.Append(p, 64), append(want, p...)
				if !bytes.Equal(w.Bytes(), want[max(0, len(want)-64):]) {
					t.Errorf("goroutine %d holds another text", g)
					return
				}
			}
		})
	}
	wg.Wait()
}
