package pbuf

import (
	"bytes"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
)

// TestForks builds a tree of values by appending to random older ones, and compares each with a plain copy of what it
// must hold.
func TestForks(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	bufs, want := []Buf{{}}, [][]byte{nil}
	for i := range 3000 {
		j := rng.IntN(len(bufs))
		p := bytes.Repeat([]byte{byte(i)}, rng.IntN(40))
		bufs = append(bufs, bufs[j].Append(p, rng.IntN(100)))
		want = append(want, append(bytes.Clone(want[j]), p...))
	}
	for i := range bufs {
		if !bytes.Equal(bufs[i].Bytes(), want[i]) || bufs[i].Len() != len(want[i]) {
			t.Fatalf("value %d holds %x, want %x", i, bufs[i].Bytes(), want[i])
		}
		if c := cap(bufs[i].Bytes()); c != len(want[i]) {
			t.Fatalf("value %d: capacity %d is not clipped to %d", i, c, len(want[i]))
		}
	}
}

// TestConcurrentForks appends to one value from many goroutines at once: one extends in place, the others copy.
func TestConcurrentForks(t *testing.T) {
	base := Buf{}.Append([]byte("base"), 4096)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			b, want := base, []byte("base")
			for i := range 200 {
				p := []byte{byte(g), byte(i)}
				b, want = b.Append(p, 0), append(want, p...)
				if !bytes.Equal(b.Bytes(), want) {
					t.Errorf("goroutine %d: % x, want % x", g, b.Bytes(), want)
					return
				}
			}
		})
	}
	wg.Wait()
	if string(base.Bytes()) != "base" {
		t.Fatalf("base changed to %q", base.Bytes())
	}
}

// TestCost: many small appends cost at most about twice the bytes, and a hint costs nothing that has not arrived.
func TestCost(t *testing.T) {
	piece := make([]byte, 1024)
	for _, want := range []int{0, 1 << 20, math.MaxInt} {
		total, last, b := 0, 0, Buf{}
		for range 1024 {
			b = b.Append(piece, want)
			if c := len(b.r.b); c != last {
				total, last = total+c, c
			}
		}
		if total > 2200<<10 {
			t.Errorf("1 MiB in pieces of 1 KiB with hint %d took %d bytes", want, total)
		}
	}
	total, last, b := 0, 0, Buf{}
	for range 64 {
		b = b.Append(bytes.Repeat(piece, 16), 1<<20)
		if c := len(b.r.b); c != last {
			total, last = total+c, c
		}
	}
	if total > 1232<<10 || last != 1<<20 {
		t.Errorf("1 MiB in pieces of 16 KiB with an exact hint took %d bytes, %d in the end", total, last)
	}
	for _, size := range []int{5000, 64 << 10, 100_000, 1 << 20, 16 << 20} {
		for _, read := range []int{64, 1000, 1460, 4 << 10, 16 << 10, 64 << 10} {
			for _, header := range []int{0, 1, 4, 10, 14} { // is in the first read, too
				total, last, b := 0, 0, Buf{}
				for n := read - header; b.Len() < size; n = read {
					b = b.Append(make([]byte, min(n, size-b.Len())), size)
					if c := len(b.r.b); c != last {
						total, last = total+c, c
					}
				}
				if total > size*6/5+8<<10 || last != size {
					t.Errorf("%d bytes in reads of %d after a header of %d took %d bytes, %d in the end", size, read, header, total, last)
				}
			}
		}
	}
	if b := (Buf{}).Append([]byte{1}, math.MaxInt); len(b.r.b) > maxHint {
		t.Errorf("one byte with the largest hint took %d bytes", len(b.r.b))
	}
	if b := (Buf{}).Append(piece, 1030); len(b.r.b) != 1030 {
		t.Errorf("an exact hint took %d bytes", len(b.r.b))
	}
}

// TestTrust: however pieces come and whatever is announced, no store exceeds eight times what has come, but for a first one
// of 4 KiB, nor what is announced.
func TestTrust(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		b, want := Buf{}, rng.IntN(1<<rng.IntN(24)+1)
		for range rng.IntN(20) {
			b = b.Append(make([]byte, 1+rng.IntN(1<<rng.IntN(14))), want)
			c := len(b.r.b)
			if c > max(8*b.Len(), maxHint) {
				t.Fatalf("a store of %d bytes for %d, with a hint of %d", c, b.Len(), want)
			}
			if b.Len() <= want && c > want {
				t.Fatalf("a store of %d bytes for %d, with only %d to come", c, b.Len(), want)
			}
		}
	}
}
