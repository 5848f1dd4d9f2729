package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// series is one number for each round. What is computed from several is computed round by round, as a busy minute falls on
// all of a round, and the median is taken last.
type series map[int]float64

// both applies f to the rounds that a and b have in common.
func both(a, b series, f func(x, y float64) float64) series {
	s := make(series)
	for round, x := range a {
		if y, ok := b[round]; ok {
			s[round] = f(x, y)
		}
	}
	return s
}

func (s series) plus(t series) series { return both(s, t, func(x, y float64) float64 { return x + y }) }

func (s series) minus(t series) series {
	return both(s, t, func(x, y float64) float64 { return x - y })
}

// over is s divided by t.
func (s series) over(t series) series {
	q := both(s, t, func(x, y float64) float64 { return x / y })
	for round, y := range t {
		if y == 0 {
			delete(q, round)
		}
	}
	return q
}

// times is s multiplied by x.
func (s series) times(x float64) series {
	return both(s, s, func(y, _ float64) float64 { return x * y })
}

// median is 0 of nothing.
func (s series) median() float64 {
	var values []float64
	for _, v := range s {
		values = append(values, v)
	}
	return median(values)
}

// spread is the middle half of the values: a quarter of them, rounded down, is below low, and as many above high.
func (s series) spread() (low, high float64) {
	values := slices.Sorted(maps.Values(s))
	if len(values) == 0 {
		return 0, 0
	}
	quarter := (len(values) - 1) / 4
	return values[quarter], values[len(values)-1-quarter]
}

// duration formats nanoseconds with three digits.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return digits(ns) + " ns"
	case ns < 1e6:
		return digits(ns/1e3) + " µs"
	case ns < 1e9:
		return digits(ns/1e6) + " ms"
	}
	return digits(ns/1e9) + " s"
}

// amount formats v of a unit with three digits.
func amount(v float64, unit string) string {
	switch {
	case unit == "ns/op" || strings.HasPrefix(unit, "cpu-ns/"):
		return duration(v)
	case unit == "share":
		return fmt.Sprintf("%.2f", v)
	case v < 1e4:
		return fmt.Sprintf("%.0f", v)
	case v < 1e6:
		return digits(v/1e3) + "k"
	}
	return digits(v/1e6) + "M"
}

// factor formats a ratio.
func factor(x float64) string {
	switch {
	case x > 0 && x < 0.1:
		return fmt.Sprintf("%.3f", x)
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// digits formats v, which is less than 1000 or hardly more, with three digits.
func digits(v float64) string {
	switch {
	case v < 10:
		return strings.TrimSuffix(fmt.Sprintf("%.2f", v), ".00")
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
