// Command report runs the benchmarks of the folder above it in rounds, each through all of them and in an order of its own, so
// that a busy minute falls on every library alike, and writes what came out: report.md with tables and the aims, report.svg with
// the ratios, and report.txt with the raw results, which benchstat reads.
//
//	go run ./report                    # about 17 minutes
//	go run ./report -run Encode        # some of the benchmarks
//	go run ./report -from report.txt   # the report alone, from existing results
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// options are what the command line says.
type options struct {
	rounds         int
	seed           uint64
	time           time.Duration
	run, out       string
	from, readme   string
	short          bool
	log            io.Writer
	logIsATerminal bool
	dir            string
}

func main() {
	o := options{log: os.Stderr, dir: "."}
	flag.IntVar(&o.rounds, "rounds", 14, "how often each benchmark is run; small messages over loopback 10 times for each 7")
	flag.DurationVar(&o.time, "time", 20*time.Millisecond, "how long each benchmark is run in a round; over loopback five times as long")
	flag.StringVar(&o.run, "run", ".", "the benchmarks to run, a regular expression as go test -bench has it")
	flag.StringVar(&o.out, "out", ".", "the folder to write to")
	flag.StringVar(&o.from, "from", "", "a file of raw results to take instead of running anything")
	flag.StringVar(&o.readme, "readme", "", "a file in which the short table is to be replaced")
	flag.Uint64Var(&o.seed, "seed", 0, "what the random order of a run comes of; 0 for another one each time")
	flag.BoolVar(&o.short, "short", false, "each benchmark once: to see whether it works")
	flag.Parse()
	if info, err := os.Stderr.Stat(); err == nil {
		o.logIsATerminal = info.Mode()&os.ModeCharDevice != 0
	}
	for o.seed == 0 {
		o.seed = rand.Uint64()
	}
	if err := report(o); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// report gets the results and writes the files.
func report(o options) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	raw, err := measure(o)
	if err != nil {
		return err
	}
	res, err := parse(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	t := newTable(res)
	if len(t.rows) == 0 {
		return fmt.Errorf("no benchmark matches %q", o.run)
	}
	aims := judge(t, assembly(filepath.Join(o.dir, "..")), scaleText(o.dir))
	files := map[string][]byte{"report.md": markdown(res, t, aims), "report.svg": plot(res, t)}
	for name, content := range files {
		if err = os.WriteFile(filepath.Join(o.out, name), content, 0o644); err != nil {
			return err
		}
	}
	if o.readme != "" {
		return replaceShort(o.readme, short(res, t))
	}
	return nil
}

// scaleText is the page with the figures that a run of this length cannot have, or "".
func scaleText(dir string) string {
	page, err := os.ReadFile(filepath.Join(dir, scalePage))
	if err != nil {
		return ""
	}
	return string(page)
}

// measure returns raw results: those of a file, or new ones, which it writes to report.txt as they come.
func measure(o options) (raw []byte, err error) {
	if o.from != "" {
		return os.ReadFile(o.from)
	}
	temp, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	list, err := build(o.dir, temp)
	if err != nil {
		return nil, err
	}
	file, err := os.Create(filepath.Join(o.out, "report.txt"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all bytes.Buffer
	w := io.MultiWriter(file, &all)
	began := time.Now()
	if err = writeConfig(w, o.dir, began, o); err != nil {
		return nil, err
	}
	r := runner{raw: w, log: o.log, line: o.logIsATerminal}
	jobs, err := r.list(list, o.run, o.short)
	if err == nil && !o.short {
		err = r.rounds(jobs, o.rounds, o.time, rand.New(rand.NewPCG(o.seed, 0)))
	}
	if err != nil {
		return nil, err
	}
	took := time.Since(began).Round(time.Second)
	r.say(fmt.Sprintf("it took %s", took))
	if _, err = fmt.Fprintf(w, "took: %s\n", took); err != nil {
		return nil, err
	}
	return all.Bytes(), file.Close()
}
