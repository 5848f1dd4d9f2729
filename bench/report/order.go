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

// Over loopback it depends on whose turn it is how long something takes: it is run for longer, and small messages in more rounds.
// Bytes that idle connections hold, and transfers that take as long as the distance lets them, vary little: a few rounds are enough.
var (
	overLoopback  = []string{"RoundTrip", "Pipelined", "Handshake", "ConnTrip", "ConnStream", "H2Loopback"}
	smallMessages = overLoopback[:3]
	varyLittle    = []string{"Idle", "IdleState", "DeflateIdle", "H2Distance"}
)

const (
	longer    = 5
	fewRounds = 5
)

// group is the benchmark function that a row is of.
func group(row string) string {
	name, _, _ := strings.Cut(row, "/")
	return name
}

// rounds is in how many of the rounds a row takes part.
func (j job) rounds(n int) int {
	switch name := group(j.row); {
	case slices.Contains(smallMessages, name):
		return allRounds(n)
	case slices.Contains(varyLittle, name):
		return min(n, fewRounds)
	}
	return n
}

// allRounds is how many rounds there are in all, the last of them of small messages over loopback alone: 20 for 14.
func allRounds(n int) int { return n * 10 / 7 }

// inOrder returns the rows of round i of n in an order of its own.
func inOrder(jobs []job, i, n int, rng *rand.Rand) []job {
	list := slices.DeleteFunc(slices.Clone(jobs), func(j job) bool { return i >= j.rounds(n) })
	rng.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list
}
