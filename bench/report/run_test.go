package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// playEnv makes this test binary play one of benchmarks: it prints a script and ends, with a panic if the script says so.
const playEnv = "MINTWS_REPORT_PLAY"

func TestMain(m *testing.M) {
	flag.Parse()
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

// self is this test binary with the benchmarks below, which are those of a suite that shuffles.
func self() suite { return suite{dir: ".", binary: os.Args[0], shuffles: true, prefix: "Self"} }

var playOrder = flag.Uint64("order", 0, "what a suite is told")

// play runs one benchmark for each name.
func play(b *testing.B, names ...string) {
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
			}
			b.ReportMetric(float64(min(1, *playOrder)), "told")
		})
	}
}

func BenchmarkWork(b *testing.B) {
	play(b, "a/lib=mintws", "a/lib=gws", "a+(b)/lib=mintws", "aa/lib=mintws", "c-2/lib=gws")
}
func BenchmarkRoundTrip(b *testing.B) { play(b, "64B/lib=mintws") }
func BenchmarkIdle(b *testing.B)      { play(b, "x/lib=mintws") }

// TestRow: results are copied, a setting once, and what fails is named.
func TestRow(t *testing.T) {
	for _, c := range []struct {
		script, want string // "" for no error
	}{
		{"goos: linux\nBenchmarkX/lib=gws-2 \t1\t3 ns/op\n", ""},
		{"goos: linux\nBenchmarkX/lib=gws-2 \t1\t3 ns/op\n--- FAIL: BenchmarkX/lib=nbio-2\n    why\nFAIL\n", "BenchmarkX/lib=nbio-2"},
		{"goos: linux\nBenchmarkX/lib=gws-2 \t1\t3 ns/op\nBenchmarkX/lib=coder-2 \t", "BenchmarkX/lib=coder-2"},
		{"goos: linux\nBenchmarkX/lib=coder-2 \t", "out of order"},
		{"goos: linux\nBenchmarkY/lib=gws-2 \t1\t3 ns/op\n", "X was to be run, and Y was"},
	} {
		play := c.script
		if c.want == "" {
			play += "PASS\n"
		}
		t.Setenv(playEnv, play)
		var raw, log strings.Builder
		r := runner{raw: &raw, log: &log, line: true, total: 2, began: time.Now()}
		j := job{suite: suite{dir: ".", binary: os.Args[0]}, row: "X", libs: 1}
		err := r.row(j, time.Millisecond, 1, "round 1 of 1")
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.script, err)
		}
		if c.want != "" {
			continue
		}
		if err = r.row(j, time.Millisecond, 1, "round 1 of 1"); err != nil {
			t.Error(err)
		}
		if want := c.script + strings.TrimPrefix(c.script, "goos: linux\n"); raw.String() != want {
			t.Errorf("%q was kept as %q", c.script, raw.String())
		}
		if !strings.Contains(log.String(), "round 1 of 1, 1 of 2 benchmarks, about 0 min left: X") {
			t.Errorf("progress: %q", log.String())
		}
	}
}

// playRounds runs the benchmarks above in rounds and parses what comes.
func playRounds(t *testing.T, n int, seed uint64) results {
	t.Helper()
	var raw strings.Builder
	r := runner{raw: &raw, log: io.Discard}
	jobs, err := r.list([]suite{self()}, "^Benchmark(Work|RoundTrip|Idle)$", false)
	if err != nil {
		t.Fatal(err)
	}
	if err = r.rounds(jobs, n, time.Microsecond, rand.New(rand.NewPCG(seed, 0))); err != nil {
		t.Fatal(err)
	}
	res, err := parse(strings.NewReader(raw.String()))
	if err != nil {
		t.Fatalf("%v in %s", err, raw.String())
	}
	return res
}

// TestRounds: each row is run in as many rounds as it should be, by its exact name, and its suite is told to shuffle.
func TestRounds(t *testing.T) {
	res := playRounds(t, 4, 1)
	if len(res.rounds) != 4 { // with the prefix nothing is over loopback any more
		t.Fatalf("%d rounds of 4", len(res.rounds))
	}
	want := []string{"SelfWork/a", "SelfWork/a+(b)", "SelfWork/aa", "SelfWork/c-2", "SelfRoundTrip/64B", "SelfIdle/x"}
	var rows []string
	for _, r := range newTable(res).rows {
		if r.unit == "told" {
			rows = append(rows, r.name)
		}
	}
	if !slices.Equal(rows, want) {
		t.Errorf("the rows are %q, not in the order of the source", rows)
	}
	times := make(map[string]int)
	for _, round := range res.rounds {
		for _, s := range round {
			times[s.row+" "+s.lib]++
			if s.values["told"] != 1 {
				t.Errorf("%s was told nothing of an order", s.row)
			}
		}
	}
	for name, want := range map[string]int{
		"SelfWork/a mintws": 4, "SelfWork/a gws": 4, "SelfWork/a+(b) mintws": 4, "SelfWork/aa mintws": 4, "SelfWork/c-2 gws": 4,
		"SelfRoundTrip/64B mintws": 4, "SelfIdle/x mintws": 4,
	} {
		if times[name] != want {
			t.Errorf("%s took part in %d rounds, want %d: %v", name, times[name], want, times)
		}
	}
}

// TestRoundsOf: what goes over loopback is in more rounds, and what counts memory in few.
func TestRoundsOf(t *testing.T) {
	for row, want := range map[string]int{"Encode/binary/16B": 14, "RoundTrip/128B": 20, "ConnTrip/128B": 14,
		"Idle/connections": 5, "H2Distance/down/rtt=10ms": 5} {
		if got := (job{row: row}).rounds(14); got != want {
			t.Errorf("%s: %d", row, got)
		}
		times := 0
		for i := range allRounds(14) {
			times += len(inOrder([]job{{row: row}}, i, 14, rand.New(rand.NewPCG(1, 1))))
		}
		if times != want {
			t.Errorf("%s is in %d rounds", row, times)
		}
	}
}

// TestOrder: each round has an order of its own, and a seed says which.
func TestOrder(t *testing.T) {
	var jobs []job
	for i := range 20 {
		jobs = append(jobs, job{row: fmt.Sprint(i)})
	}
	orders := func(seed uint64) (list []string) {
		rng := rand.New(rand.NewPCG(seed, 0))
		for i := range 3 {
			list = append(list, fmt.Sprint(inOrder(jobs, i, 3, rng)))
		}
		return list
	}
	first := orders(1)
	if first[0] == first[1] || first[1] == first[2] || slices.Contains(first, fmt.Sprint(jobs)) {
		t.Errorf("rounds have one order: %v", first)
	}
	if !slices.Equal(first, orders(1)) || slices.Equal(first, orders(2)) {
		t.Error("the order is not that of the seed")
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
