package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// versusBest is the ratio to the best peer.
func (r *row) versusBest() series { return r.quotient(ours, r.best(r.rival)) }

// behind reports whether the best peer of a row is ahead of mintws, by more than noise and in three quarters of the rounds.
func (r *row) behind() bool {
	q := r.versusBest()
	low, _ := q.spread()
	return len(q) > 0 && low > 1 && q.median() > 1+noise
}

// writeBehind writes what falls short: aims that were missed, and rows in which a peer is ahead, the worst first.
func writeBehind(b *bytes.Buffer, t *table, aims []aim) {
	b.WriteString("## Where mintws is behind\n\nAims that were missed:\n\n")
	writeChecks(b, aims, missed)
	b.WriteString("\nAims of which nothing was measured in this run:\n\n")
	writeChecks(b, aims, notRun)
	var rows []*row
	for _, r := range t.rows {
		if r.behind() {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(x, y *row) int {
		return cmp.Compare(y.versusBest().median(), x.versusBest().median())
	})
	fmt.Fprintf(b, "\nRows in which a peer is ahead by more than 5%%, in three quarters of the rounds: %d of %d that have a peer.\n",
		len(rows), len(slices.DeleteFunc(slices.Clone(t.rows), func(r *row) bool { return r.versusBest() == nil })))
	if len(rows) == 0 {
		return
	}
	b.WriteString("\n| | mintws | best peer | mintws / it |\n|---|--:|--:|--:|\n")
	for _, r := range rows {
		best := r.best(r.rival)
		x, _ := r.of(ours)
		y, _ := r.of(best)
		fmt.Fprintf(b, "| %s %s | %s | %s %s | %s |\n", r.group, label(r), amount(x, r.unit), amount(y, r.unit), best,
			measured{s: r.quotient(ours, best)}.in(factor))
	}
}

// writeChecks lists what has a verdict.
func writeChecks(b *bytes.Buffer, aims []aim, v verdict) {
	none := true
	for _, a := range aims {
		for _, c := range a.checks {
			if c.verdict == v {
				fmt.Fprintf(b, "- %s: %s\n", a.title, strings.TrimPrefix(c.String(), "**"+string(v)+"**: "))
				none = false
			}
		}
	}
	if none {
		b.WriteString("- none\n")
	}
}
