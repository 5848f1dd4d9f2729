package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// runner runs the benchmarks of one test binary.
type runner struct {
	binary string
	dir    string // where the tests' files are
	bench  string // a regular expression
	time   time.Duration
	log    io.Writer // the progress
	line   bool      // the progress is one line that is written again and again
	total  int       // how many benchmarks there were in the last round
}

// build compiles the tests in dir.
func build(dir, binary string) error {
	cmd := exec.Command("go", "test", "-c", "-o", binary, ".")
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go test -c: %w", err)
	}
	return nil
}

const (
	all      = "."
	loopback = "^Benchmark(RoundTrip|Pipelined|Handshake|ConnTrip|ConnStream|H2Loopback)$"
	longer   = 5 // what goes through the kernel depends on whose turn it is, and takes that much longer to settle
)

// round runs all of them once, and copies what they print to raw. A benchmark that fails is named in the error.
func (r *runner) round(raw io.Writer, what string) error {
	if r.bench != all {
		return r.part(raw, what, r.time, "-test.bench="+r.bench)
	}
	if err := r.part(raw, what, r.time, "-test.bench=.", "-test.skip="+loopback); err != nil {
		return err
	}
	return r.part(raw, what+", loopback", longer*r.time, "-test.bench="+loopback)
}

// part runs some of them, for the given time each.
func (r *runner) part(raw io.Writer, what string, time time.Duration, which ...string) error {
	cmd := exec.Command(r.binary, append(which, "-test.run=^$", "-test.benchtime="+time.String(), "-test.timeout=30m")...)
	cmd.Dir = r.dir
	var said head
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err = cmd.Start(); err != nil {
		return err
	}
	failed, err := r.follow(out, raw, what)
	err = errors.Join(err, cmd.Wait())
	if err != nil || failed != "" {
		return fmt.Errorf("%s: %s failed: %w\n%s", what, orUnknown(failed), err, said.text)
	}
	return nil
}

// follow copies the output of the benchmarks, and reports the one that failed, or that was under way when it ended.
func (r *runner) follow(out io.Reader, raw io.Writer, what string) (failed string, err error) {
	n, underWay := 0, ""
	began := time.Now()
	s := bufio.NewScanner(out)
	for s.Scan() {
		line := s.Text()
		if _, err = fmt.Fprintln(raw, line); err != nil {
			return "", err
		}
		one, ok, err := parseLine(line)
		if err != nil {
			return "", err
		}
		name, fails := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: ")
		switch {
		case fails && failed == "":
			failed = name
		case ok:
			n++
			underWay = ""
			r.progress(what, n, one.row)
		case strings.HasPrefix(line, "Benchmark"):
			underWay, _, _ = strings.Cut(line, " ")
		}
	}
	if failed == "" {
		failed = strings.TrimSpace(underWay)
	}
	r.total = n
	r.end(what, n, time.Since(began))
	return failed, s.Err()
}

// progress says how far it is.
func (r *runner) progress(what string, n int, row string) {
	if !r.line {
		return
	}
	of := ""
	if r.total > 0 {
		of = fmt.Sprint("/", r.total)
	}
	fmt.Fprintf(r.log, "\r\x1b[K%s: %d%s %s", what, n, of, row)
}

// end says that a round is over.
func (r *runner) end(what string, n int, took time.Duration) {
	if r.line {
		fmt.Fprint(r.log, "\r\x1b[K")
	}
	fmt.Fprintf(r.log, "%s: %d benchmarks in %.0f s\n", what, n, took.Seconds())
}

func orUnknown(name string) string {
	if name == "" {
		return "a benchmark"
	}
	return name
}

// head keeps the first bytes of what is written: of a panic, they say the most.
type head struct{ text []byte }

// Write takes all and keeps what there is room for.
func (t *head) Write(p []byte) (int, error) {
	t.text = append(t.text, p[:min(len(p), 4096-len(t.text))]...)
	return len(p), nil
}
