package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
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
	fmt.Fprintf(&b, "# Speed\n\nWritten by `go run ./report`; [README.md](README.md) says what is compared.\n\n%s\n\n%s\n",
		setup(res.config), howMeasured(res.config))
	b.WriteString(`A number is the median of the rounds, a ratio the median of the rounds' ratios: what mintws costs in what the other does, so that
below 1 mintws is ahead. In brackets is the middle half of the rounds. Only ratios carry over to other machines. Text is not
validated by coder, gorilla and xnet, nor by nbio where it sends: these are no best peer in rows of text (ascii, mixed, json,
english, german). 0 allocs/op beside some bytes means that there is less than one allocation in an operation: B/op is what they
come to.

A limit is met if three quarters of the rounds keep it, missed if three quarters do not, and level between. An aim to be ahead is
met if mintws is ahead in three quarters of the rounds, level if the median is at most 1.05, and missed otherwise. Of several
numbers in a line the worst decides.

![Ratios of all libraries to mintws](report.svg)

`)
	writeBehind(&b, t, aims)
	b.WriteString("\nThe reasons are in [README.md](README.md#where-mintws-is-behind).\n\n## Aims\n\n")
	for i, a := range aims {
		fmt.Fprintf(&b, "%d. %s\n", i+1, a.title)
		for _, c := range a.checks {
			fmt.Fprintf(&b, "   - %s\n", c)
		}
	}
	for _, rows := range t.groups() {
		fmt.Fprintf(&b, "\n## %s\n\n", title(rows[0].group))
		if strings.HasPrefix(rows[0].unit, ratioUnit) {
			writeLengths(&b, rows)
			continue
		}
		writeRows(&b, rows)
		writeMemory(&b, rows)
	}
	return b.Bytes()
}

// howMeasured says how often, in which order and how long.
func howMeasured(c map[string]string) string {
	if c["rounds"] == "" {
		return "**Each benchmark was run once, to see whether it works: the numbers mean nothing.**\n"
	}
	n, _ := strconv.Atoi(c["rounds"])
	return fmt.Sprintf(`%d rounds; %d for small messages over loopback, %d for the memory of idle connections and for distances, which vary little. In
each round the rows come in a new random order, and the libraries of a row one after the other in a random order, in a process of
their own (seed %s; %s for each benchmark, over loopback %d times that). The run took %s.
`, n, allRounds(n), min(n, fewRounds), c["seed"], c["time"], longer, cmp.Or(c["took"], "an unknown time"))
}

// ratioUnit begins the units of validation's ratios, one for each length of text.
const ratioUnit = "of-std-at-"

// ratioOf is the length that a unit is of.
func ratioOf(unit string) string {
	return strings.TrimLeft(strings.TrimPrefix(unit, ratioUnit), "0") + " B"
}

// writeLengths writes a table with a column for each length of text.
func writeLengths(b *bytes.Buffer, rows []*row) {
	var units, names []string
	at := make(map[string]*row)
	for _, r := range rows {
		if !slices.Contains(units, r.unit) {
			units = append(units, r.unit)
		}
		if !slices.Contains(names, r.name) {
			names = append(names, r.name)
		}
		at[r.name+r.unit] = r
	}
	fmt.Fprintf(b, "| %s |", rows[0].group)
	for _, unit := range units {
		fmt.Fprintf(b, " %s |", ratioOf(unit))
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("--:|", len(units)))
	for _, name := range names {
		fmt.Fprintf(b, "| %s |", strings.TrimPrefix(name, rows[0].group+"/"))
		for _, unit := range units {
			v, _ := at[name+unit].of(ours)
			fmt.Fprintf(b, " %s |", factor(v))
		}
		b.WriteByte('\n')
	}
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

// shortRows are what the README shows, in this order but for those where mintws is behind, which come first.
var shortRows = []struct{ what, row, unit, lib string }{
	{"encode 16 B", "Encode/binary/16B", "ns/op", ours},
	{"encode 1 KiB", "Encode/binary/1KiB", "ns/op", ours},
	{"encode 1 KiB of text, mixed scripts", "Encode/mixed/1KiB", "ns/op", ours},
	{"decode 16 B", "Decode/binary/16B", "ns/op", ours},
	{"decode 1 KiB", "Decode/binary/1KiB", "ns/op", ours},
	{"decode 1 KiB of JSON with an é in 100 bytes", "Decode/json/1KiB", "ns/op", ours},
	{"decode 16 KiB as a server", "DecodeServer/binary/16KiB", "ns/op", ours},
	{"decode 16 frames of 20 B in one read", "DecodeBatch/16x20B/Client", "ns/op", ours},
	{"decode 1 MiB in reads of 16 KiB, new memory for each", "DecodeReads/1MiB/16KiB/Client", "ns/op", ours},
	{"decode 4 of 1 MiB in reads of 16 KiB, memory used again", "DecodeStream/1MiB/16KiB/Client/heap=0", "ns/op", "mintws+joiner"},
	{"encode 128 B of JSON, deflate without context", "DeflateEncode/128B/none", "ns/op", ours},
	{"encode 1 KiB of JSON, deflate with 4 KiB of context", "DeflateEncode/1KiB/window=4KiB", "ns/op", ours},
	{"encode 1 KiB of JSON, deflate with 32 KiB of context", "DeflateEncode/1KiB/window=32KiB", "ns/op", ours},
	{"decode 1 KiB of JSON, deflate with 32 KiB of context", "DeflateDecode/1KiB/window=32KiB", "ns/op", ours},
	{"round trips of 128 B over loopback, a second", "RoundTrip/128B", "msg/s", ours},
	{"messages of 64 B over loopback, one a write, a second", "Pipelined/64B/one", "msg/s", ours},
	{"messages of 64 B over loopback, 32 a write, a second", "Pipelined/64B/batch", "msg/s", ours},
	{"handshakes over loopback, a second", "Handshake/loopback", "handshake/s", ours},
	{"idle connection, bytes of heap", "Idle/connections", "heap-B/conn", ours},
}

// short is the table for the README: the best peer of each row, not all of them.
func short(res results, t *table) string {
	type line struct {
		text  string
		ratio float64
	}
	var behind, rest []line
	for _, s := range shortRows {
		r := t.find[s.row+" "+s.unit]
		v, ok := r.of(s.lib)
		if !ok {
			continue
		}
		other, ratio, bound := "–", "–", "–"
		best := r.best(r.rival)
		if x, found := r.of(best); found {
			other = amount(x, s.unit) + " " + best
		}
		q, compared := r.ratio(s.lib, best)
		if compared {
			ratio = factor(q)
		}
		if x, found := r.ratio(s.lib, "floor"); found {
			bound = factor(x)
		}
		l := line{fmt.Sprintf("| %s | %s | %s | %s | %s |\n", s.what, amount(v, s.unit), other, ratio, bound), q}
		if compared && q > 1+noise {
			behind = append(behind, l)
		} else {
			rest = append(rest, l)
		}
	}
	slices.SortStableFunc(behind, func(a, b line) int { return cmp.Compare(b.ratio, a.ratio) })
	var b strings.Builder
	b.WriteString("| | mintws | best of the others | mintws / it | mintws / floor |\n|---|--:|--:|--:|--:|\n")
	for _, l := range append(behind, rest...) {
		b.WriteString(l.text)
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
