package mintws

import (
	"math"
	"testing"
)

// TestLimitsDefaults: 0 is the default, and no limit is 2^63-1 bytes even if an int has 32 bits.
func TestLimitsDefaults(t *testing.T) {
	for _, c := range []struct{ limits, want Limits }{
		{Limits{}, Limits{DefaultMaxFrame, DefaultMaxMessage, DefaultMaxFragments}},
		{Limits{-1, -2, -3}, Limits{math.MaxInt64, math.MaxInt64, math.MaxInt}},
		{Limits{5, 6, 7}, Limits{5, 6, 7}},
	} {
		if got := c.limits.WithDefaults(); got != c.want || got.WithDefaults() != got {
			t.Errorf("%+v becomes %+v, want %+v", c.limits, got, c.want)
		}
	}
}
