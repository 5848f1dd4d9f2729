package main

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// job is a row: what several libraries do, which are run one after the other in one process.
type job struct {
	suite suite
	row   string
	libs  int
}

// pattern is for go test -bench, and matches the row alone.
func (j job) pattern() string {
	parts := strings.Split("Benchmark"+strings.TrimPrefix(j.row, j.suite.prefix), "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// Over loopback it depends on whose turn it is how long something takes: it is run for longer, and in half as many rounds more.
// Bytes that idle connections hold are not a matter of chance: a few rounds are enough.
var (
	overLoopback = []string{"RoundTrip", "Pipelined", "Handshake", "ConnTrip", "ConnStream", "H2Loopback"}
	ofMemory     = []string{"Idle", "IdleState", "DeflateIdle"}
)

const (
	longer    = 5
	fewRounds = 3
)

// group is the benchmark function that a row is of.
func group(row string) string {
	name, _, _ := strings.Cut(row, "/")
	return name
}

// rounds is in how many of the rounds a row takes part.
func (j job) rounds(n int) int {
	switch name := group(j.row); {
	case slices.Contains(overLoopback, name):
		return allRounds(n)
	case slices.Contains(ofMemory, name):
		return min(n, fewRounds)
	}
	return n
}

// allRounds is how many rounds there are in all, the last of them over loopback alone.
func allRounds(n int) int { return n + n/2 }

// inOrder returns the rows of round i of n in an order of its own.
func inOrder(jobs []job, i, n int, rng *rand.Rand) []job {
	list := slices.DeleteFunc(slices.Clone(jobs), func(j job) bool { return i >= j.rounds(n) })
	rng.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list
}
