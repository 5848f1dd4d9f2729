// Command h2spec judges a run of the program h2spec against our server, from the JUnit report that it writes. Below the
// WebSockets the server is net/http, and a list names the cases that net/http does not pass, each with the reason: these may
// fail, and no others. It closes with one line such as
//
//	h2spec server clear: 140 passed, 0 failed, 5 by net/http
//
// The exit code is 0 only if no other case failed or was skipped and their number is what -want says. It is 1 otherwise, and 2
// for a usage error. A report or a list that cannot be read has no last line.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("h2spec", flag.ContinueOnError)
	flags.SetOutput(stderr)
	report := flags.String("junit", "", "the report's `file`")
	list := flags.String("known", "", "the `file` with the list of cases that may fail")
	transport := flags.String("transport", "clear", "what the server was asked over: `clear` or tls")
	want := flags.Int("want", 0, "fail unless there are this many `cases` (0: any number but none)")
	err := flags.Parse(args)
	if err == flag.ErrHelp {
		return 0
	}
	if err == nil && (*report == "" || *list == "" || flags.NArg() > 0 || *transport != "clear" && *transport != "tls") {
		err = fmt.Errorf("give -junit, -known, clear or tls, and no arguments")
		fmt.Fprintln(stderr, "h2spec:", err)
	}
	if err != nil {
		return 2
	}
	cases, err := loadCases(*report)
	if err != nil {
		fmt.Fprintln(stderr, "h2spec:", err)
		return 1
	}
	known, err := loadKnown(*list)
	if err == nil {
		err = known.check(cases)
	}
	if err != nil {
		fmt.Fprintf(stderr, "h2spec: %s: %v\n", *list, err)
		return 1
	}
	passed, failed, excused := tell(stdout, cases, known, *transport)
	fmt.Fprintf(stdout, "h2spec server %s: %d passed, %d failed, %d by net/http\n", *transport, passed, failed, excused)
	if len(cases) == 0 || *want != 0 && len(cases) != *want {
		fmt.Fprintf(stderr, "h2spec: %d cases were run, want %d\n", len(cases), *want)
		return 1
	}
	return min(failed, 1)
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
