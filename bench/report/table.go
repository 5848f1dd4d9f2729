package main

import (
	"cmp"
	"slices"
	"strings"
)

// ours is the library that all others are compared with.
const ours = "mintws"

// table is the results of all rounds by what was done and by whom.
type table struct {
	rows []*row
	find map[string]*row
}

// row is one kind of work, in one unit.
type row struct {
	group string // the benchmark function
	name  string // with the group, without the library
	unit  string
	libs  []string
	cells map[string]*cell
}

// cell is what one library needed for a row: one number for each round in which there was one. What was allocated in an
// operation is in the first row of a benchmark alone, whatever its unit is.
type cell struct {
	values, bytes, allocs series
}

// newTable sorts the results into rows, in the order in which they are named or else come.
func newTable(res results) *table {
	t := &table{find: make(map[string]*row)}
	for i, round := range res.rounds {
		for _, s := range round {
			for j, unit := range units(s.values) {
				c := t.row(s.row, unit).cell(s.lib)
				c.values[i] = s.values[unit]
				if n, ok := s.values["allocs/op"]; ok && j == 0 && !strings.HasSuffix(unit, "/conn") {
					c.allocs[i], c.bytes[i] = n, s.values["B/op"]
				}
			}
		}
	}
	at := make(map[string]int)
	for i, name := range res.order {
		at[name] = i
	}
	slices.SortStableFunc(t.rows, func(a, b *row) int { return cmp.Compare(at[a.name], at[b.name]) })
	for _, r := range t.rows {
		slices.SortStableFunc(r.libs, byLib)
	}
	return t
}

// units says which numbers of a benchmark make a row. Time and memory of an operation are left out where the benchmark
// counted something else by the second or by the connection.
func units(values map[string]float64) (list []string) {
	own := false
	for unit := range values {
		switch unit {
		case "ns/op", "B/op", "allocs/op", "MB/s":
		default:
			list = append(list, unit)
			own = own || strings.HasSuffix(unit, "/s") || strings.HasSuffix(unit, "/conn")
		}
	}
	if _, ok := values["ns/op"]; ok && !own {
		list = append(list, "ns/op")
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(order(a == "ns/op"), order(b == "ns/op")), strings.Compare(a, b))
	})
	return list
}

// order puts what is true first.
func order(first bool) int {
	if first {
		return 0
	}
	return 1
}

func (t *table) row(name, unit string) *row {
	key := name + " " + unit
	r := t.find[key]
	if r == nil {
		group, _, _ := strings.Cut(name, "/")
		r = &row{group: group, name: name, unit: unit, cells: make(map[string]*cell)}
		t.rows, t.find[key] = append(t.rows, r), r
	}
	return r
}

func (r *row) cell(lib string) *cell {
	c := r.cells[lib]
	if c == nil {
		c = &cell{make(series), make(series), make(series)}
		r.cells[lib] = c
		r.libs = append(r.libs, lib)
	}
	return c
}

// libsOf are the libraries in any of the rows.
func libsOf(rows []*row) (libs []string) {
	for _, r := range rows {
		for _, lib := range r.libs {
			if !slices.Contains(libs, lib) {
				libs = append(libs, lib)
			}
		}
	}
	slices.SortStableFunc(libs, byLib)
	return libs
}

// byLib is the order of columns: ours, then what is no library but a bound, then the peers.
func byLib(a, b string) int {
	rank := func(lib string) int {
		switch {
		case lib == ours:
			return 0
		case strings.HasPrefix(lib, ours):
			return 1
		case slices.Contains(beside, lib):
			return 2
		case !peer(lib):
			return 3
		}
		return 4
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
}

// beside is what the ratio of a table's last column but one is to: the bound, or else what does a part of the work.
var beside = []string{"floor", "framer", "klauspost"}

// others are further ways to do the work, or a part of it, that are no library for WebSockets.
var others = []string{"append", "utf8.Valid", "mutable"}

// peer reports whether lib is a library for WebSockets, of others. A name may have a variant after a plus sign.
func peer(lib string) bool {
	name, _, _ := strings.Cut(lib, "+")
	return name != ours && !slices.Contains(beside, name) && !slices.Contains(others, name)
}

// besideOf is the one of beside that is in the most rows.
func besideOf(rows []*row) (most string) {
	times := make(map[string]int)
	for _, r := range rows {
		for _, lib := range beside {
			if r.cells[lib] != nil {
				if times[lib]++; times[lib] > times[most] {
					most = lib
				}
			}
		}
	}
	return most
}

// rival reports whether lib is a peer that does the whole of r's work. Text is validated by mintws, by gws, which is asked to,
// and by the users of gobwas and wsutil; by nbio where it is received; by the others not at all.
func (r *row) rival(lib string) bool {
	name, _, _ := strings.Cut(lib, "+")
	if !peer(lib) || !r.text() {
		return peer(lib)
	}
	return name == "gobwas" || name == "wsutil" || name == "gws" || name == "nbio" && !strings.HasPrefix(r.group, "Encode")
}

// text reports whether r's messages are text.
func (r *row) text() bool {
	parts := strings.FieldsFunc(r.name, func(c rune) bool { return c == '/' || c == '-' })
	return slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(contents, part) })
}

// contents are the kinds of text in the names of benchmarks.
var contents = []string{"ascii", "mixed", "json", "english", "german"}

// more reports whether more of a unit is better.
func more(unit string) bool { return strings.HasSuffix(unit, "/s") || unit == "share" }

// of returns the median of lib, and whether it took part.
func (r *row) of(lib string) (float64, bool) {
	if r == nil || r.cells[lib] == nil {
		return 0, false
	}
	return r.cells[lib].values.median(), true
}

// ratio returns the median of the rounds' ratios of what a costs to what b costs: below 1, a is ahead.
func (r *row) ratio(a, b string) (float64, bool) {
	q := r.quotient(a, b)
	return q.median(), len(q) > 0
}

// quotient is what a costs in what b costs, round by round.
func (r *row) quotient(a, b string) series {
	if r == nil || r.cells[a] == nil || r.cells[b] == nil {
		return nil
	}
	x, y := r.cells[a].values, r.cells[b].values
	if more(r.unit) {
		x, y = y, x
	}
	return x.over(y)
}

// best returns the peer that is ahead of the others, among those that which says, or "".
func (r *row) best(which func(lib string) bool) (best string) {
	if r == nil {
		return ""
	}
	for _, lib := range r.libs {
		if !which(lib) {
			continue
		}
		if best != "" {
			x, _ := r.of(lib)
			y, _ := r.of(best)
			if x == y || (x > y) != more(r.unit) {
				continue
			}
		}
		best = lib
	}
	return best
}

// median of no values is 0.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}
