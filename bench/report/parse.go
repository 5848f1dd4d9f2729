package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results is what benchmarks reported, in rounds, with the settings that stand above them.
type results struct {
	config map[string]string
	order  []string // the names of rows
	rounds [][]sample
}

// sample is what one benchmark reported in one round.
type sample struct {
	row, lib string             // BenchmarkEncode/binary/16B/lib=gws is row Encode/binary/16B of lib gws
	values   map[string]float64 // by unit
}

var (
	// configLine is a setting in the format that benchstat reads: the lines "goos: linux" and the like.
	configLine = regexp.MustCompile(`^([a-z][^\s:]*):\s*(.*)$`)
	// procs is the suffix that says how many threads run Go code at once.
	procs = regexp.MustCompile(`-\d+$`)
)

// What begins a line that says where a round begins, and one that names a row. Rounds have an order by chance, and the rows are named
// before them, in the order in which they are shown. benchstat ignores such lines.
const (
	roundMark = "--- round "
	rowMark   = "--- row "
)

// parse reads what runner wrote.
func parse(r io.Reader) (results, error) {
	res := results{config: make(map[string]string)}
	s := bufio.NewScanner(r)
	for s.Scan() {
		if name, ok := strings.CutPrefix(s.Text(), rowMark); ok {
			res.order = append(res.order, name)
			continue
		}
		if strings.HasPrefix(s.Text(), roundMark) {
			res.rounds = append(res.rounds, nil)
			continue
		}
		if m := configLine.FindStringSubmatch(s.Text()); m != nil {
			res.config[m[1]] = m[2]
			continue
		}
		one, ok, err := parseLine(s.Text())
		if err != nil {
			return res, err
		}
		if !ok {
			continue
		}
		if len(res.rounds) == 0 {
			return res, fmt.Errorf("a result before the first round: %s", s.Text())
		}
		last := len(res.rounds) - 1
		res.rounds[last] = append(res.rounds[last], one)
	}
	return res, s.Err()
}

// parseLine reads one line. ok is false where it is no result.
func parseLine(line string) (one sample, ok bool, err error) {
	fields := strings.Fields(line)
	if !strings.HasPrefix(line, "Benchmark") || len(fields) < 4 || len(fields)%2 != 0 {
		return one, false, nil
	}
	if _, err = strconv.Atoi(fields[1]); err != nil {
		return one, false, nil // something that the benchmark printed
	}
	one.row, one.lib = splitName(fields[0])
	one.values = make(map[string]float64)
	for pair := range slices.Chunk(fields[2:], 2) {
		v, err := strconv.ParseFloat(pair[0], 64)
		if err != nil {
			return one, false, fmt.Errorf("%s: %w", fields[0], err)
		}
		one.values[pair[1]] = v
	}
	return one, true, nil
}

// splitName splits the name of a benchmark. One that names no library is of ours alone.
func splitName(name string) (row, lib string) {
	name = procs.ReplaceAllString(strings.TrimPrefix(name, "Benchmark"), "")
	if row, lib, ok := strings.Cut(name, "/lib="); ok {
		return row, lib
	}
	return name, ours
}
