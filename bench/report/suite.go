package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// suite is the benchmarks of one package.
type suite struct {
	dir      string // from the folder of the benchmarks
	tags     string // of the build
	prefix   string // for the names of its benchmarks, where another suite has the same
	shuffles bool   // it knows the flag -order
	binary   string // where it is compiled
}

// suites are all that the report runs.
var suites = []suite{
	{dir: ".", shuffles: true},
	{dir: "../internal/utf8dfa"},
	{dir: "../internal/utf8dfa", tags: "purego", prefix: "Portable"},
}

// build compiles the suites into folder to. dir is the folder of the benchmarks.
func build(dir, to string) (list []suite, err error) {
	for i, s := range suites {
		s.dir = filepath.Join(dir, s.dir)
		if s.binary, err = filepath.Abs(filepath.Join(to, fmt.Sprintf("%d.test", i))); err != nil {
			return nil, err
		}
		cmd := exec.Command("go", "test", "-c", "-tags", s.tags, "-o", s.binary, ".")
		cmd.Dir = s.dir
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err = cmd.Run(); err != nil {
			return nil, fmt.Errorf("go test -c in %s: %w", s.dir, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// command is one run of the suite.
func (s suite) command(bench, time string, order uint64) *exec.Cmd {
	cmd := exec.Command(s.binary, "-test.run=^$", "-test.bench="+bench, "-test.benchtime="+time, "-test.timeout=10m")
	if s.shuffles && order != 0 {
		cmd.Args = append(cmd.Args, "-order="+strconv.FormatUint(order, 10))
	}
	cmd.Dir = s.dir
	return cmd
}
