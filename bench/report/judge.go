package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// aim is something to be reached, in parts.
type aim struct {
	title  string
	checks []check
}

// check is a part of an aim, with what was measured.
type check struct {
	what, figure string
	verdict      verdict
}

// String is a line of the report.
func (c check) String() string {
	s := fmt.Sprintf("**%s**: %s", c.verdict, c.what)
	if c.figure != "" {
		s += ": " + c.figure
	}
	return s
}

// verdict is what became of it.
type verdict string

const (
	met    verdict = "met"
	level  verdict = "level" // the rounds disagree or, where mintws should be ahead, the difference is too small to tell
	missed verdict = "missed"
	notRun verdict = "not run"
	stated verdict = "measured" // nothing was asked for
)

// measured is a number with what it is of.
type measured struct {
	label string
	s     series
}

// in formats m: the median and, where it shows, the middle half of the rounds.
func (m measured) in(format func(float64) string) string {
	low, high := m.s.spread()
	text := format(m.s.median())
	if a, b := format(low), format(high); a != text || b != text {
		text += fmt.Sprintf(" [%s–%s]", a, b)
	}
	return strings.TrimSpace(m.label + " " + text)
}

// most is how many numbers a line has. Where there are more, it has the best and the worst.
const most = 6

// figures formats the numbers. worse compares two of them.
func figures(list []measured, format func(float64) string, worse func(a, b float64) int) string {
	if len(list) > most {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b measured) int { return worse(a.s.median(), b.s.median()) })
		return fmt.Sprintf("the worst of %d is %s, the best %s", len(list), list[len(list)-1].in(format), list[0].in(format))
	}
	var texts []string
	for _, m := range list {
		texts = append(texts, m.in(format))
	}
	return strings.Join(texts, ", ")
}

// assess judges every number by itself, and returns the worst verdict. If one was not measured, nothing is said of the others.
func assess(what string, list []measured, format func(float64) string, worse func(a, b float64) int,
	one func(s series) verdict) check {
	c := check{what: what, verdict: met}
	for _, m := range list {
		if len(m.s) == 0 {
			return check{what: what, figure: strings.TrimSpace("no figure " + m.label), verdict: notRun}
		}
		switch v := one(m.s); {
		case v == missed, v == level && c.verdict == met:
			c.verdict = v
		}
	}
	if len(list) == 0 {
		return check{what: what, verdict: notRun}
	}
	c.figure = figures(list, format, worse)
	return c
}

// atMost holds every number against a limit: it is met where three quarters of the rounds keep it, and missed where three
// quarters do not.
func atMost(what string, limit float64, format func(float64) string, list []measured) check {
	return assess(what, list, format, cmp.Compare[float64], func(s series) verdict {
		low, high := s.spread()
		return between(high <= limit, low > limit)
	})
}

// atLeast is atMost the other way round.
func atLeast(what string, limit float64, format func(float64) string, list []measured) check {
	worse := func(a, b float64) int { return cmp.Compare(b, a) }
	return assess(what, list, format, worse, func(s series) verdict {
		low, high := s.spread()
		return between(low >= limit, high < limit)
	})
}

func between(isMet, isMissed bool) verdict {
	switch {
	case isMet:
		return met
	case isMissed:
		return missed
	}
	return level
}

// noise is what makes no difference between two ratios.
const noise = 0.05

// before is for ratios that should be below 1: met where three quarters of the rounds are, level where the median is no more
// than noise above.
func before(what string, list []measured) check {
	return assess(what, list, factor, cmp.Compare[float64], func(s series) verdict {
		_, high := s.spread()
		return between(high <= 1, s.median() > 1+noise)
	})
}

// state says what was measured where nothing is asked for.
func state(what string, format func(float64) string, list []measured) check {
	c := assess(what, list, format, cmp.Compare[float64], func(series) verdict { return met })
	if c.verdict == met {
		c.verdict = stated
	}
	return c
}

// judge holds the results against the aims. assembly says whether there is any in the library, scale is the page about a
// million WebSockets.
func judge(t *table, assembly bool, scale string) []aim {
	return []aim{
		{"Encode into memory that is reused", judgeEncode(t, assembly)},
		{"Decode whole binary frames", judgeDecode(t)},
		{"Messages that several reads bring", judgeReads(t)},
		{"Text", judgeText(t)},
		{"Small messages over HTTP/2, in memory", judgeH2(t)},
		{"Large messages over HTTP/2, and distance", judgeBulk(t)},
		{"Small messages over loopback", judgeLoopback(t)},
		{"Memory of idle connections", judgeIdle(t)},
		{"permessage-deflate", judgeDeflate(t)},
		{"The price of immutability", judgePrice(t)},
		{"Scale", judgeScale(scale)},
	}
}

// assembly reports whether there is any in the repository at root.
func assembly(root string) bool {
	for _, pattern := range []string{"mintws/*.s", "internal/*/*.s"} {
		if found, err := filepath.Glob(filepath.Join(root, pattern)); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}
