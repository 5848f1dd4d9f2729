package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// playEnv makes this test binary play one of benchmarks: it prints a script and ends, with a panic if the script says so.
const playEnv = "MINTWS_REPORT_PLAY"

func TestMain(m *testing.M) {
	script := os.Getenv(playEnv)
	if script == "" {
		os.Exit(m.Run())
	}
	fmt.Print(script)
	switch {
	case strings.Contains(script, "--- FAIL"):
		os.Exit(1)
	case !strings.HasSuffix(script, "PASS\n"):
		panic("out of order")
	}
}

// TestRound: results are copied, and what fails is named.
func TestRound(t *testing.T) {
	for _, c := range []struct {
		script, want string // "" for no error
	}{
		{"goos: linux\nBenchmarkX/lib=gws-2 \t1\t3 ns/op\nPASS\n", ""},
		{"goos: linux\nBenchmarkX/lib=gws-2 \t1\t3 ns/op\n--- FAIL: BenchmarkX/lib=nbio-2\n    why\nFAIL\n", "BenchmarkX/lib=nbio-2"},
		{"goos: linux\nBenchmarkX/lib=gws-2 \t1\t3 ns/op\nBenchmarkX/lib=coder-2 \t", "BenchmarkX/lib=coder-2"},
		{"goos: linux\nBenchmarkX/lib=coder-2 \t", "out of order"},
	} {
		t.Setenv(playEnv, c.script)
		var raw, log strings.Builder
		r := runner{binary: os.Args[0], dir: ".", bench: "X", time: time.Millisecond, log: &log, line: true}
		err := r.round(&raw, "round 1 of 1")
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.script, err)
		}
		if strings.TrimSpace(raw.String()) != strings.TrimSpace(c.script) {
			t.Errorf("%q was kept as %q", c.script, raw.String())
		}
		if c.want == "" && !strings.Contains(log.String(), "round 1 of 1: 1 X") {
			t.Errorf("progress: %q", log.String())
		}
	}
}

// TestParts: where all benchmarks are run, those over loopback are run by themselves, and all results are kept.
func TestParts(t *testing.T) {
	const script = "BenchmarkX/lib=gws-2 \t1\t3 ns/op\nPASS\n"
	t.Setenv(playEnv, script)
	var raw, log strings.Builder
	r := runner{binary: os.Args[0], dir: ".", bench: all, time: time.Millisecond, log: &log}
	if err := r.round(&raw, "round 1 of 1"); err != nil || raw.String() != script+script {
		t.Errorf("%q, %v", raw.String(), err)
	}
	if !strings.Contains(log.String(), "round 1 of 1, loopback: 1 ") {
		t.Errorf("progress: %q", log.String())
	}
	t.Setenv(playEnv, "--- FAIL: BenchmarkX\n")
	if err := r.round(&raw, "round 1 of 1"); err == nil || strings.Contains(err.Error(), "loopback") {
		t.Errorf("the first part failed, and the second was run: %v", err)
	}
}

// TestReport writes all files from existing results.
func TestReport(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "raw.txt")
	if err := os.WriteFile(from, []byte(sampleText), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "new")
	if err := report(options{from: from, out: out, dir: "..", log: io.Discard}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"report.md", "report.svg"} {
		if text, err := os.ReadFile(filepath.Join(out, name)); err != nil || len(text) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(from, []byte("goos: linux\nPASS\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := report(options{from: from, out: out, dir: "..", run: "Nothing", log: io.Discard}); err == nil {
		t.Error("a report of no results")
	}
}
