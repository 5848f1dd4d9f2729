package main

import (
	"cmp"
	"fmt"
	"io"
	"time"
)

// report prints the table, and returns an error where anything was lost.
func (t *test) report(w io.Writer, conns []*conn) error {
	var latency, late histogram
	var unsent, lost, other, dialed int
	var first error
	took := t.due(int(t.sent.Load())) // or longer, where the last answers were late
	for _, c := range conns {
		if c == nil {
			continue // it could not be dialed, and the error says so
		}
		dialed++
		latency.merge(&c.latency)
		late.merge(&c.late)
		took = max(took, c.last)
		unsent, lost, other = unsent+c.unsent, lost+c.lost, other+c.other
		first = cmp.Or(first, c.err)
	}
	if dialed == 0 {
		return nil
	}
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-28s "+format+"\n", append([]any{name}, args...)...)
	}
	row("connections", "%d, %v", dialed, t.version)
	row("WebSockets opened", "%d", t.opened.Load())
	row("WebSockets that failed", "%d", t.failed.Load())
	row("messages sent", "%d", t.sent.Load())
	row("messages back", "%d", t.back.Load())
	row("messages lost", "%d", lost)
	row("due, but never sent", "%d", unsent)
	row("too late, or no answers", "%d", other)
	row("rate", "%.0f/s of %.0f/s", float64(t.back.Load())/took.Seconds(), t.rate)
	row("", "%9s %9s %9s %9s %9s", "50 %", "90 %", "99 %", "99.9 %", "longest")
	for _, h := range []struct {
		name string
		*histogram
	}{{"back after it was due", &latency}, {"sent after it was due", &late}} {
		row(h.name, "%9v %9v %9v %9v %9v", short(h.quantile(0.5)), short(h.quantile(0.9)), short(h.quantile(0.99)), short(h.quantile(0.999)), short(h.longest))
	}
	if failed := t.failed.Load(); failed > 0 || lost+unsent > 0 {
		return fmt.Errorf("%d WebSockets failed, %d messages did not come back, %d were never sent: %w", failed, lost, unsent, cmp.Or(first, errClosed))
	}
	return nil
}

// short is d to three digits.
func short(d time.Duration) time.Duration {
	for unit := time.Microsecond; unit < time.Second; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
	return d.Round(time.Second)
}
