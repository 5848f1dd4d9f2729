package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mintws/mintws/autobahn/progress"
)

// commandError is the exit code of a program that has already said what is wrong.
type commandError struct{ code int }

// Error says it in words.
func (e *commandError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// spec returns the file of the suite's specification.
func (r *runner) spec() string { return filepath.Join(r.work, "spec.json") }

// writeSpec writes the suite's specification for a server on port, and returns the number of cases.
func (r *runner) writeSpec(port int) (int, error) {
	var out bytes.Buffer
	cmd := r.command(r.python, "autobahn/wstest_spec.py", r.opt.role, r.spec(), url(port), r.out, agent,
		strings.Join(r.opt.cases, ","), strings.Join(r.opt.exclude, ","))
	cmd.Stdout, cmd.Stderr = &out, r.stderr
	err := r.call(cmd, "the list of cases")
	if code, ok := exitCode(err); ok && code != 0 {
		return 0, &commandError{code}
	}
	if err != nil {
		return 0, err
	}
	want, err := strconv.Atoi(strings.TrimSpace(out.String()))
	if err != nil || want < 1 {
		return 0, fmt.Errorf("the number of cases is %q", out.String())
	}
	return want, nil
}

// wstest returns the suite in one of its modes. Its second web server, for browsers, is switched off by -u 0.
func (r *runner) wstest(mode string) *exec.Cmd {
	return r.command(r.python, "-u", "autobahn/wstest_loopback.py", "-m", mode, "-s", r.spec(), "-u", "0")
}

// lineWriter passes the output of a program on, and shows it line by line to see.
type lineWriter struct {
	w    io.Writer
	see  func(line string)
	line []byte // not yet ended
}

// Write takes a part of the output.
func (l *lineWriter) Write(b []byte) (int, error) {
	for part := range bytes.Lines(b) {
		l.line = append(l.line, part...)
		if l.line[len(l.line)-1] == '\n' {
			l.see(string(l.line))
			l.line = l.line[:0]
		}
	}
	return l.w.Write(b)
}

// caseLog takes the output of the suite's fuzzing client, and tells how far it is.
type caseLog struct {
	lineWriter
	progress *progress.Progress
	begun    int    // cases
	id       string // of the last one begun
}

// newCaseLog returns a caseLog that writes to w, and the progress of want cases to stdout.
func newCaseLog(w, stdout io.Writer, want int) *caseLog {
	c := &caseLog{progress: progress.New(stdout)}
	c.lineWriter = lineWriter{w: w, see: c.see}
	c.progress.Start(want)
	return c
}

// see looks for the beginning of a case: with it the one before is done.
func (c *caseLog) see(line string) {
	rest, found := strings.CutPrefix(line, "Running test case ID ")
	if !found {
		return
	}
	if c.begun > 0 {
		c.progress.Done(c.begun)
	}
	c.begun++
	c.id, _, _ = strings.Cut(rest, " ")
}

// end says that there are no more. Completed is whether the last one came to its end.
func (c *caseLog) end(completed bool) {
	if completed && c.begun > 0 {
		c.progress.Done(c.begun)
	}
	c.progress.End()
}
