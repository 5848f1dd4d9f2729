package h2spec

import (
	_ "embed" // for the list
	"fmt"
	"io"
	"os"
)

// netHTTP is the list of the cases that net/http does not pass.
//
//go:embed nethttp.txt
var netHTTP string

// Server judges the JUnit report that h2spec writes of a run against our server. Below the WebSockets the server is net/http:
// the cases that net/http does not pass, by the list in nethttp.txt, may fail. It names the cases that did not pass, each with
// its reason in the list, or with what was expected and what came, and closes with one line such as
//
//	h2spec server clear: 140 passed, 0 failed, 5 by net/http
//
// Transport is what the server was asked over, clear or tls. Server reports whether all the cases passed that are not on the
// list. An error says that they did not all run, or that the report cannot be read.
func Server(w io.Writer, report, transport string) (passed bool, err error) {
	b, err := os.ReadFile(report)
	if err != nil {
		return false, err
	}
	return judge(w, b, netHTTP, transport, ServerCases)
}

// judge is Server with the list and the number of cases as arguments.
func judge(w io.Writer, report []byte, list, transport string, want int) (passed bool, err error) {
	cases, err := parseCases(report)
	if err != nil {
		return false, err
	}
	known, err := parseKnown(list)
	if err == nil {
		err = known.check(cases)
	}
	if err != nil {
		return false, fmt.Errorf("nethttp.txt: %w", err)
	}
	good, failed, excused := tell(w, cases, known, transport)
	fmt.Fprintf(w, "h2spec server %s: %d passed, %d failed, %d by net/http\n", transport, good, failed, excused)
	if len(cases) != want {
		return false, fmt.Errorf("%d cases were run over %s, want %d", len(cases), transport, want)
	}
	return failed == 0, nil
}

// tell names each case that did not pass, with what was expected and what came where the list has no reason for it.
func tell(w io.Writer, cases []testCase, known knownCases, transport string) (passed, failed, excused int) {
	for _, c := range cases {
		k, ok := known[c.number]
		ok = ok && k.over(transport)
		switch {
		case c.passed && ok && k.always:
			fmt.Fprintf(w, "%-16s passes, although the list says that net/http fails it\n", c.number)
			passed++
		case c.passed:
			passed++
		case ok:
			fmt.Fprintf(w, "%-16s net/http: %s\n", c.number, k.reason)
			excused++
		default:
			fmt.Fprintf(w, "%-16s FAILED: %s\n", c.number, c.title)
			for _, e := range c.expected {
				fmt.Fprintf(w, "%16s expected  %s\n", "", e)
			}
			fmt.Fprintf(w, "%16s came      %s\n", "", c.came)
			failed++
		}
	}
	return passed, failed, excused
}
