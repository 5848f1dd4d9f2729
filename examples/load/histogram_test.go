package main

import (
	"testing"
	"time"
)

// TestHistogram: every quantile is at least what it should be, and at most a 32nd (and a microsecond) more.
func TestHistogram(t *testing.T) {
	for _, unit := range []time.Duration{time.Microsecond, 37 * time.Microsecond, time.Millisecond, 70 * time.Millisecond} {
		var one, other, h histogram
		for i := 1; i <= 1000; i++ {
			if i%3 == 0 {
				one.add(time.Duration(i) * unit)
			} else {
				other.add(time.Duration(i) * unit)
			}
		}
		h.merge(&one)
		h.merge(&other)
		for _, q := range []float64{0.001, 0.5, 0.9, 0.99, 0.999} {
			exact := time.Duration(q*1000) * unit
			if got := h.quantile(q); got < exact || got > exact+exact/32+2*unit+time.Microsecond {
				t.Errorf("%v: %v of 1000 is %v, want %v", unit, q, got, exact)
			}
		}
		if h.n != 1000 || h.quantile(1) != 1000*unit || h.longest != 1000*unit {
			t.Errorf("%v: %d, the longest %v, or %v", unit, h.n, h.longest, h.quantile(1))
		}
	}
	var h histogram
	if h.quantile(0.5) != 0 {
		t.Errorf("of nothing: %v", h.quantile(0.5))
	}
	h.add(time.Hour)
	h.add(-time.Hour)
	if h.longest != time.Hour || h.quantile(1) != time.Hour {
		t.Errorf("an hour is %v, %v", h.longest, h.quantile(1))
	}
}
