// Command report judges an Autobahn report: it prints a table by section, names each case that is not OK with what was
// expected and what came, and closes with one line such as
//
//	autobahn client http/1.1: 301 passed, 0 failed, 0 non-strict
//
// The exit code is 0 only if no case failed and their number is what -want says; with -strict, no case may be non-strict
// either. It is 1 otherwise, and 2 for a usage error. A report that cannot be read has no last line.
package main

import (
	"errors"
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
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", "", "the report's `directory`, which holds index.json")
	agent := flags.String("agent", "", "the agent's `name`; may be left out where the report has one agent")
	role := flags.String("role", "client", "for the last line: the `side` that was tested, client or server")
	transport := flags.String("transport", "http/1.1", "for the last line: what the WebSockets ran `over`")
	want := flags.Int("want", 0, "fail unless there are this many `cases` (0: any number but none)")
	strict := flags.Bool("strict", false, "fail on non-strict cases too")
	err := flags.Parse(args)
	if err == flag.ErrHelp {
		return 0
	}
	if err == nil && (*dir == "" || flags.NArg() > 0) {
		fmt.Fprintln(stderr, "report: give -dir, and no arguments")
		err = errors.New("usage")
	}
	if err != nil {
		return 2
	}

	cases, err := load(*dir, *agent)
	if err != nil {
		fmt.Fprintf(stderr, "report: %v\n", err)
		return 1
	}
	writeTable(stdout, cases)
	writeProblems(stdout, *dir, cases)

	n := count(cases)
	code := 0
	if n[failed] > 0 || *strict && n[nonStrict] > 0 {
		code = 1
	}
	if len(cases) == 0 {
		fmt.Fprintln(stderr, "report: no case was run")
		code = 1
	} else if *want != 0 && len(cases) != *want {
		fmt.Fprintf(stderr, "report: %d cases were run, %d wanted\n", len(cases), *want)
		code = 1
	}
	fmt.Fprintf(stdout, "autobahn %s %s: %d passed, %d failed, %d non-strict\n",
		*role, *transport, n[passed], n[failed], n[nonStrict])
	return code
}
