package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// aim is something to be reached, in parts.
type aim struct {
	number int
	title  string
	checks []check
}

// check is a part of an aim, with what was measured.
type check struct {
	what, figure string
	verdict      verdict
}

// verdict is what became of it.
type verdict string

const (
	met         verdict = "met"
	level       verdict = "level" // where it should be ahead, or not behind, and the difference is noise
	missed      verdict = "missed"
	notMeasured verdict = "not measured"
	stated      verdict = "measured"
)

// measured is a number with what it is of.
type measured struct {
	label string
	s     series
}

// atMost holds every number against a limit. If one is missing, nothing is said of the others.
func atMost(what string, limit float64, format func(float64) string, list []measured) check {
	c := check{what: what, verdict: met}
	var figures []string
	for _, m := range list {
		if len(m.s) == 0 {
			return check{what: what, figure: "no " + m.label, verdict: notMeasured}
		}
		v := m.s.median()
		if v > limit {
			c.verdict = missed
		}
		figures = append(figures, strings.TrimSpace(m.label+" "+format(v)))
	}
	c.figure = strings.Join(figures, ", ")
	return c
}

// noise is what makes no difference between two ratios.
const noise = 0.05

// before is atMost for ratios that should be no more than 1. Slightly more is level.
func before(what string, list []measured) check {
	c := atMost(what, 1, factor, list)
	if c.verdict == missed && atMost(what, 1+noise, factor, list).verdict == met {
		c.verdict = level
	}
	return c
}

// state says what was measured where nothing is asked for.
func state(what string, list []measured) check {
	c := atMost(what, 0, factor, list)
	if c.verdict == missed {
		c.verdict = stated
	}
	return c
}

// judge holds the results against the aims. assembly says whether there is any in the library.
func judge(t *table, assembly bool) []aim {
	aims := []aim{
		{1, "Encode into memory that is reused", judgeEncode(t, assembly)},
		{2, "Decode whole binary frames", judgeDecode(t)},
		{3, "One frame over many reads", judgeReads(t)},
		{4, "Text", judgeText(t)},
		{5, "HTTP/2", judgeH2(t)},
		{6, "Loopback", judgeLoopback(t)},
		{7, "Idle connections", judgeIdle(t)},
		{8, "permessage-deflate", judgeDeflate(t)},
		{9, "The price of immutability", judgePrice(t)},
	}
	return append(aims, aim{10, "What falls short", shortfalls(aims)})
}

// shortfalls lists what was missed.
func shortfalls(aims []aim) (list []check) {
	for _, a := range aims {
		for _, c := range a.checks {
			if c.verdict == missed {
				list = append(list, check{what: fmt.Sprintf("%d, %s", a.number, c.what), verdict: missed})
			}
		}
	}
	if len(list) > 0 {
		list = append(list, check{what: "the reasons are in README.md", verdict: stated})
	}
	return list
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

// cost is what lib needed for a row, nil where it was not measured.
func (t *table) cost(name, unit, lib string) series {
	r := t.find[name+" "+unit]
	if r == nil || r.cells[lib] == nil {
		return nil
	}
	return r.cells[lib].values
}

// time is cost in time.
func (t *table) time(name, lib string) series { return t.cost(name, "ns/op", lib) }

// ahead is the ratio of ours to the best of the peers that which says, for several rows.
func (t *table) ahead(prefix string, names []string, which func(lib string) bool) (list []measured) {
	for _, name := range names {
		r := t.find[prefix+name+" ns/op"]
		m := measured{label: name}
		if best := r.best(which); best != "" {
			m.label += " (" + best + ")"
			m.s = t.time(r.name, ours).over(t.time(r.name, best))
		}
		list = append(list, m)
	}
	return list
}

// versus is the ratio of ours to lib, for several rows.
func (t *table) versus(prefix string, names []string, lib string) (list []measured) {
	for _, name := range names {
		list = append(list, measured{name, t.time(prefix+name, ours).over(t.time(prefix+name, lib))})
	}
	return list
}

// free is how much ours allocates in several rows.
func (t *table) free(names ...string) check {
	var list []measured
	for _, name := range names {
		m := measured{label: name}
		if r := t.find[name+" ns/op"]; r != nil && r.cells[ours] != nil {
			m.s = r.cells[ours].allocs
		}
		list = append(list, m)
	}
	c := atMost("0 allocations", 0, factor, list)
	if c.verdict == met {
		c.figure = ""
	}
	return c
}

// under puts a prefix before each name.
func under(prefix string, names []string) (list []string) {
	for _, name := range names {
		list = append(list, prefix+name)
	}
	return list
}
