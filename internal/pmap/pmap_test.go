package pmap

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestForks grows a tree of maps from random older ones, and compares each with a plain map.
func TestForks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	values, want := []Map[int]{{}}, []map[uint32]int{{}}
	for i := range 4000 {
		j := len(values) - 1 - rng.IntN(min(len(values), 20))
		m, w := values[j], maps.Clone(want[j])
		key := uint32(rng.IntN(60))
		switch rng.IntN(12) {
		case 0:
			key = rng.Uint32()
		case 1:
			key = uint32(rng.IntN(70000))
		}
		if rng.IntN(2) == 0 {
			m, w[key] = m.Set(key, i), i
		} else {
			for k := range w { // one that is there, if there is one
				if rng.IntN(3) == 0 {
					key = k
				}
				break
			}
			m = m.Delete(key)
			delete(w, key)
		}
		values, want = append(values, m), append(want, w)
	}
	for i, m := range values {
		got := maps.Collect(m.All)
		if !maps.Equal(got, want[i]) || m.Len() != len(want[i]) {
			t.Fatalf("map %d holds %v (%d), want %v", i, got, m.Len(), want[i])
		}
		var keys []uint32
		for k, v := range m.All {
			keys = append(keys, k)
			if g, ok := m.Get(k); !ok || g != v {
				t.Fatalf("map %d: Get(%d) = %v, %v", i, k, g, ok)
			}
		}
		if !slices.IsSorted(keys) {
			t.Fatalf("map %d: keys out of order", i)
		}
		if _, ok := m.Get(123456789); ok {
			t.Fatalf("map %d has a key that was never set", i)
		}
		for range m.All { // stops when asked to
			break
		}
	}
}

// TestEmptiedHoldsNothing: what is deleted is let go.
func TestEmptiedHoldsNothing(t *testing.T) {
	var m Map[*int]
	for k := range uint32(1000) {
		m = m.Set(k*37, new(int))
	}
	for k := range uint32(1000) {
		m = m.Delete(k * 37)
	}
	if m.root != nil || m.Len() != 0 {
		t.Errorf("an emptied map holds %d", m.Len())
	}
}
