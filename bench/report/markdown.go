package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

// setup says on what, with what and when it was measured.
func setup(c map[string]string) string {
	s := fmt.Sprintf("%s, %s cores, %s/%s, %s, %s; mintws at %s",
		c["cpu"], c["cores"], c["goos"], c["goarch"], c["go"], c["date"], c["commit"])
	if c["versions"] != "" {
		s += "; " + c["versions"]
	}
	return s + "."
}

// markdown is report.md.
func markdown(res results, t *table, aims []aim) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Speed\n\nWritten by `go run ./report`; [README.md](README.md) says what is compared.\n\n%s\n\n",
		setup(res.config))
	fmt.Fprintf(&b, `Medians of %d rounds (%s a benchmark), and medians of the rounds' ratios. A ratio is the cost of mintws in that of the
other: below 1, mintws is ahead. Only ratios carry over to other machines, and those within 10%% of 1 mean little. Text is not
validated by coder, gorilla and xnet, nor by nbio where it sends: these are no best peer in rows of text (ascii, mixed, json,
english, german). An aim to be ahead, or not behind, is level within 5%%. 0 allocs/op beside some bytes means that there is less than
one allocation in an operation: B/op is what they come to.

![Ratios of all libraries to mintws](report.svg)

## Aims

`, len(res.rounds), res.config["time"])
	for _, a := range aims {
		fmt.Fprintf(&b, "%d. %s\n", a.number, a.title)
		for _, c := range a.checks {
			fmt.Fprintf(&b, "   - **%s**: %s", c.verdict, c.what)
			if c.figure != "" {
				fmt.Fprintf(&b, ": %s", c.figure)
			}
			b.WriteByte('\n')
		}
	}
	for _, rows := range t.groups() {
		fmt.Fprintf(&b, "\n## %s\n\n", title(rows[0].group))
		writeRows(&b, rows)
		writeMemory(&b, rows)
	}
	return b.Bytes()
}

// writeRows writes a table with a column for each library, and then what mintws costs in what others do.
func writeRows(b *bytes.Buffer, rows []*row) {
	libs, bound := libsOf(rows), besideOf(rows)
	peers := slices.ContainsFunc(libs, peer)
	head, line := "| "+rows[0].group+" | "+strings.Join(libs, " | ")+" |", "|---|"+strings.Repeat("--:|", len(libs))
	if bound != "" {
		head, line = head+" mintws / "+bound+" |", line+"--:|"
	}
	if peers {
		head, line = head+" mintws / best peer |", line+"--:|"
	}
	fmt.Fprintf(b, "%s\n%s\n", head, line)
	for _, r := range rows {
		fmt.Fprintf(b, "| %s |", label(r))
		for _, lib := range libs {
			cell := "–"
			if v, ok := r.of(lib); ok {
				cell = amount(v, r.unit)
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		if bound != "" {
			fmt.Fprintf(b, " %s |", against(r, bound, false))
		}
		if peers {
			fmt.Fprintf(b, " %s |", against(r, r.best(r.rival), true))
		}
		b.WriteByte('\n')
	}
}

// label is what is left of a row's name within its group, with the unit unless that is time.
func label(r *row) string {
	s := strings.TrimPrefix(strings.TrimPrefix(r.name, r.group), "/")
	if r.unit != "ns/op" {
		s = strings.TrimPrefix(s+", "+r.unit, ", ")
	}
	return s
}

// against is the ratio of ours to lib, which it may name.
func against(r *row, lib string, name bool) string {
	x, ok := r.ratio(ours, lib)
	switch {
	case !ok:
		return "–"
	case name:
		return factor(x) + " " + lib
	}
	return factor(x)
}

// writeMemory writes what was allocated in an operation, in the rows where anything was.
func writeMemory(b *bytes.Buffer, rows []*row) {
	var counted []*row
	for _, r := range rows {
		if slices.ContainsFunc(r.libs, func(lib string) bool { return r.cells[lib].bytes.median() > 0 }) {
			counted = append(counted, r)
		}
	}
	if len(counted) == 0 {
		return
	}
	libs := libsOf(counted)
	fmt.Fprintf(b, "\n| allocs/op, B/op | %s |\n|---|%s\n", strings.Join(libs, " | "), strings.Repeat("--:|", len(libs)))
	for _, r := range counted {
		fmt.Fprintf(b, "| %s |", strings.TrimPrefix(strings.TrimPrefix(r.name, r.group), "/"))
		for _, lib := range libs {
			cell := "–"
			if c := r.cells[lib]; c != nil && len(c.allocs) > 0 {
				if cell = "0"; c.bytes.median() > 0 {
					cell = fmt.Sprintf("%.0f, %s", c.allocs.median(), amount(c.bytes.median(), "B"))
				}
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		b.WriteByte('\n')
	}
}

// shortRows are what the README shows.
var shortRows = []struct{ what, row, unit string }{
	{"encode 16 B", "Encode/binary/16B", "ns/op"},
	{"encode 1 KiB", "Encode/binary/1KiB", "ns/op"},
	{"encode 64 KiB", "Encode/binary/64KiB", "ns/op"},
	{"encode 1 KiB of text, mixed scripts", "Encode/mixed/1KiB", "ns/op"},
	{"decode 16 B", "Decode/binary/16B", "ns/op"},
	{"decode 1 KiB", "Decode/binary/1KiB", "ns/op"},
	{"decode 64 KiB", "Decode/binary/64KiB", "ns/op"},
	{"decode 1 KiB of text, mixed scripts", "Decode/mixed/1KiB", "ns/op"},
	{"decode 16 frames of 20 B in one read", "DecodeBatch/16x20B/Client", "ns/op"},
	{"decode 1 MiB in reads of 16 KiB", "DecodeReads/1MiB/16KiB/Client", "ns/op"},
	{"encode 1 KiB of JSON, deflate with 4 KiB of context", "DeflateEncode/1KiB/window=4KiB", "ns/op"},
	{"decode 1 KiB of JSON, deflate with 32 KiB of context", "DeflateDecode/1KiB/window=32KiB", "ns/op"},
	{"round trips of 128 B over loopback, a second", "RoundTrip/128B", "msg/s"},
	{"messages of 64 B over loopback, one a write, a second", "Pipelined/64B/one", "msg/s"},
	{"the same, 32 a write", "Pipelined/64B/batch", "msg/s"},
	{"handshakes over loopback, a second", "Handshake/loopback", "handshake/s"},
	{"idle connection, bytes of heap", "Idle/connections", "heap-B/conn"},
}

// short is the table for the README: the best peer of each row, not all of them.
func short(res results, t *table) string {
	var b strings.Builder
	b.WriteString("| | mintws | best of the others | mintws / it | mintws / floor |\n|---|--:|--:|--:|--:|\n")
	for _, s := range shortRows {
		r := t.find[s.row+" "+s.unit]
		v, ok := r.of(ours)
		if !ok {
			continue
		}
		other := "–"
		best := r.best(r.rival)
		if x, found := r.of(best); found {
			other = amount(x, s.unit) + " " + best
		}
		ratio, _, _ := strings.Cut(against(r, best, true), " ")
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", s.what, amount(v, s.unit), other, ratio, against(r, "floor", false))
	}
	fmt.Fprintf(&b, "\n%s\n", setup(res.config))
	return b.String()
}

const begin, end = "<!-- begin of the table that bench/report writes -->\n", "<!-- end -->\n"

// replaceShort puts s into file where the marks are.
func replaceShort(file, s string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return fmt.Errorf("%s has no place for the table: it goes between %q and %q", file, begin, end)
	}
	return os.WriteFile(file, []byte(before+begin+s+end+after), 0o644)
}
