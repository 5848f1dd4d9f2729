package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// runner runs benchmarks and copies what they say to raw.
type runner struct {
	raw  io.Writer
	log  io.Writer // the progress
	line bool      // the progress is one line that is written again and again

	settings    map[string]string // those that raw has
	began       time.Time
	done, total int // benchmarks
}

// once is how long a benchmark is run when it is only looked whether it runs: for one operation.
const once = "1x"

// list runs all benchmarks that match once, as a round of its own whose results are not copied to raw unless keep says so: it
// tells which rows there are, and that they run.
func (r *runner) list(list []suite, bench string, keep bool) (jobs []job, err error) {
	r.began = time.Now()
	if keep {
		if err = r.beginRound(1, 1); err != nil {
			return nil, err
		}
	}
	at := make(map[string]int)
	for _, s := range list {
		err = r.run(s, bench, once, 0, func(one sample, line string) error {
			r.done++
			r.progress(fmt.Sprintf("a first look, %d benchmarks", r.done), one.row)
			i, ok := at[one.row]
			if !ok {
				i = len(jobs)
				at[one.row], jobs = i, append(jobs, job{suite: s, row: one.row})
				if _, printErr := fmt.Fprintf(r.raw, "%s%s\n", rowMark, one.row); printErr != nil {
					return printErr
				}
			}
			jobs[i].libs++
			if !keep {
				return nil
			}
			_, printErr := fmt.Fprintln(r.raw, line)
			return printErr
		})
		if err != nil {
			return nil, err
		}
	}
	r.say(fmt.Sprintf("%d benchmarks in %d rows, each run once in %s", r.done, len(jobs), time.Since(r.began).Round(time.Second)))
	return jobs, nil
}

// rounds runs all jobs in n rounds, each in an order of its own. An operation's time is measured for that long.
func (r *runner) rounds(jobs []job, n int, each time.Duration, rng *rand.Rand) error {
	r.began, r.done, r.total = time.Now(), 0, 0
	for _, j := range jobs {
		r.total += j.rounds(n) * j.libs
	}
	for i := range allRounds(n) {
		now := inOrder(jobs, i, n, rng)
		if len(now) == 0 {
			return nil
		}
		if err := r.beginRound(i+1, allRounds(n)); err != nil {
			return err
		}
		began, before := time.Now(), r.done
		for _, j := range now {
			if err := r.row(j, each, rng.Uint64(), fmt.Sprintf("round %d of %d", i+1, allRounds(n))); err != nil {
				return err
			}
		}
		r.say(fmt.Sprintf("round %d of %d: %d benchmarks in %.0f s, %s", i+1, allRounds(n), r.done-before,
			time.Since(began).Seconds(), r.left()))
	}
	return nil
}

// row runs the libraries of one row, in the order that comes of a number.
func (r *runner) row(j job, each time.Duration, order uint64, what string) error {
	if slices.Contains(overLoopback, group(j.row)) {
		each *= longer
	}
	return r.run(j.suite, j.pattern(), each.String(), order|1, func(one sample, line string) error {
		if one.row != j.row {
			return fmt.Errorf("%s was to be run, and %s was", j.row, one.row)
		}
		r.done++
		r.progress(fmt.Sprintf("%s, %d of %d benchmarks, %s", what, r.done, r.total, r.left()), one.row)
		_, err := fmt.Fprintln(r.raw, line)
		return err
	})
}

// run runs some benchmarks of a suite, and hands over each result with its line. One that fails is named in the error.
func (r *runner) run(s suite, bench, time string, order uint64, result func(sample, string) error) error {
	cmd := s.command(bench, time, order)
	var said head
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err = cmd.Start(); err != nil {
		return err
	}
	failed, followErr := r.follow(out, s.prefix, result)
	if followErr != nil {
		cmd.Process.Kill()
	}
	err = errors.Join(followErr, cmd.Wait())
	if err != nil || failed != "" {
		return fmt.Errorf("%s failed: %w\n%s", orUnknown(failed), err, said.text)
	}
	return nil
}

// follow reads the output of benchmarks, and reports the one that failed, or that was under way when it ended.
func (r *runner) follow(out io.Reader, prefix string, result func(sample, string) error) (failed string, err error) {
	underWay := ""
	s := bufio.NewScanner(out)
	for s.Scan() {
		line := s.Text()
		if rest, ok := strings.CutPrefix(line, "Benchmark"); ok {
			line = "Benchmark" + prefix + rest
		}
		if err = r.setting(line); err != nil {
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
			underWay = ""
			if err = result(one, line); err != nil {
				return "", err
			}
		case strings.HasPrefix(line, "Benchmark"):
			underWay, _, _ = strings.Cut(line, " ")
		}
	}
	if failed == "" {
		failed = strings.TrimSpace(underWay)
	}
	return failed, s.Err()
}

// setting copies a setting that has changed.
func (r *runner) setting(line string) error {
	m := configLine.FindStringSubmatch(line)
	if m == nil || r.settings[m[1]] == m[2] {
		return nil
	}
	if r.settings == nil {
		r.settings = make(map[string]string)
	}
	r.settings[m[1]] = m[2]
	_, err := fmt.Fprintln(r.raw, line)
	return err
}

// beginRound marks where a round begins, in words that benchstat does not mind.
func (r *runner) beginRound(i, n int) error {
	_, err := fmt.Fprintf(r.raw, "%s%d of %d\n", roundMark, i, n)
	return err
}

// left is how long it takes until the end, by how long it took so far.
func (r *runner) left() string {
	left := time.Since(r.began) / time.Duration(max(1, r.done)) * time.Duration(r.total-r.done)
	return fmt.Sprintf("about %.0f min left", left.Minutes())
}

// progress says how far it is.
func (r *runner) progress(what, row string) {
	if r.line {
		fmt.Fprintf(r.log, "\r\x1b[K%s: %s", what, row)
	}
}

// say says something that stays.
func (r *runner) say(s string) {
	if r.line {
		fmt.Fprint(r.log, "\r\x1b[K")
	}
	fmt.Fprintln(r.log, s)
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
