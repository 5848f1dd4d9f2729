package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// sections names the parts of the suite. It has no section 8 and no section 11.
var sections = map[string]string{
	"1":  "framing",
	"2":  "ping and pong",
	"3":  "reserved bits",
	"4":  "opcodes",
	"5":  "fragmentation",
	"6":  "UTF-8",
	"7":  "close",
	"9":  "limits and speed",
	"10": "miscellaneous",
	"12": "deflate, payloads",
	"13": "deflate, parameters",
}

// row is one line of the table.
type row struct {
	ok, nonStrict, failed, unclean, informational, unimplemented int

	slowest result
}

// add counts r in the one column that it belongs to.
func (w *row) add(r result) {
	switch r.word() {
	case wordOK:
		w.ok++
	case wordInformational:
		w.informational++
	case wordNonStrict:
		w.nonStrict++
	case wordUnclean:
		w.unclean++
	case wordUnimplemented:
		w.unimplemented++
	default:
		w.failed++
	}
	if w.slowest.ID == "" || r.Duration > w.slowest.Duration {
		w.slowest = r
	}
}

// writeTable writes one line for each section and one for all.
func writeTable(w io.Writer, cases []result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "section\t\tok\tnon-strict\tfailed\tunclean\tinformational\tunimplemented\tslowest")
	line := func(section, name string, r row) {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s, %d.%03d s\n", section, name, r.ok, r.nonStrict, r.failed, r.unclean,
			r.informational, r.unimplemented, r.slowest.ID, r.slowest.Duration/1000, r.slowest.Duration%1000)
	}
	var section string
	var part, all row
	for i, r := range cases {
		section, _, _ = strings.Cut(r.ID, ".")
		part.add(r)
		all.add(r)
		if i+1 == len(cases) || !strings.HasPrefix(cases[i+1].ID, section+".") {
			line(section, sections[section], part)
			part = row{}
		}
	}
	if len(cases) > 0 {
		line("all", "", all)
	}
	_ = t.Flush() // a failed write to stdout has nowhere to go
}

// writeProblems names the informational cases in one line, and says of each case that did not pass what the suite expected
// and what came.
func writeProblems(w io.Writer, dir string, cases []result) {
	var informational []string
	for _, r := range cases {
		if r.word() == wordInformational {
			informational = append(informational, r.ID)
		}
	}
	if informational != nil {
		fmt.Fprintf(w, "informational: %s\n", strings.Join(informational, ", "))
	}
	for _, r := range cases {
		if r.outcome() != passed {
			writeProblem(w, dir, r)
		}
	}
}

// writeProblem writes one case that did not pass.
func writeProblem(w io.Writer, dir string, r result) {
	code := "none"
	if r.CloseCode != nil {
		code = fmt.Sprint(*r.CloseCode)
	}
	fmt.Fprintf(w, "\ncase %s: %s, close %s, close code received: %s\n", r.ID, orNothing(r.Behavior), orNothing(r.BehaviorClose), code)
	d, err := loadDetail(dir, r)
	if err != nil {
		fmt.Fprintf(w, "  no details: %v\n", err)
		return
	}
	fmt.Fprintf(w, "  expectation: %s\n", oneLine(d.Expectation, 400))
	words := make([]string, 0, len(d.Expected))
	for word := range d.Expected {
		words = append(words, word)
	}
	slices.Sort(words)
	for _, word := range words {
		fmt.Fprintf(w, "  %s would be: %s\n", word, events(d.Expected[word]))
	}
	fmt.Fprintf(w, "  received: %s (%s)\n", events(d.Received), oneLine(d.Result, 200))
	fmt.Fprintf(w, "  close expected: %s\n", d.ExpectedClose)
	fmt.Fprintf(w, "  close received: code %s, reason %q (%s)\n", code, oneLine(d.CloseReason, 130), oneLine(d.ResultClose, 200))
	if d.NotClean != "" {
		fmt.Fprintf(w, "  not clean: %s\n", oneLine(d.NotClean, 200))
	}
}

// String says it in words.
func (c closeWish) String() string {
	side := "by the side under test"
	if c.ClosedByMe {
		side = "by the test suite"
	}
	if c.RequireClean {
		side += ", cleanly"
	}
	return fmt.Sprintf("%s, codes %v or none", side, c.Codes)
}

// events writes a list of messages on one line.
func events(list []any) string {
	if len(list) == 0 {
		return "nothing"
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err.Error()
	}
	return oneLine(string(text), 200)
}

// oneLine returns s with its white space made single blanks, cut to n bytes at most.
func oneLine(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

func orNothing(s string) string {
	if s == "" {
		return "(nothing)"
	}
	return s
}
