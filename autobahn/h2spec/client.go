package h2spec

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

var (
	// summary is the last line of what h2specd has to say, and noise what its listeners write while they are closed.
	summary = regexp.MustCompile(`(?m)^\d+ tests, \d+ passed, \d+ skipped, \d+ failed$`)
	noise   = regexp.MustCompile(`(?m)^.*: use of closed network connection\n`)
)

// Client judges the output of h2specd, where nothing else tells whether cases failed. It shows those that did, with what was
// expected and what came, and closes with one line such as
//
//	h2spec client: 57 passed, 0 failed
//
// It reports whether all the cases passed. If they did not all run, it shows the whole output and returns an error.
func Client(w io.Writer, output string) (passed bool, err error) {
	output = noise.ReplaceAllString(output, "")
	all, good := ClientCases, 0
	if at := summary.FindStringIndex(output); at != nil {
		_, err = fmt.Sscanf(output[at[0]:], "%d tests, %d passed", &all, &good)
		if begin := strings.Index(output, "\nFailures:"); begin >= 0 {
			fmt.Fprint(w, output[begin+1:at[0]])
		}
		fmt.Fprintln(w, output[at[0]:at[1]])
	} else {
		fmt.Fprint(w, output)
		err = errors.New("the run was not completed")
	}
	fmt.Fprintf(w, "h2spec client: %d passed, %d failed\n", good, all-good) // a skipped case did not pass
	return good == all && all == ClientCases, err
}
