//go:build (!amd64 && !arm64) || purego || race

package utf8dfa

// Without vectors everything is the automaton's.
const (
	vectors   = false
	minBlocks = 0
)

func checkLong(s State, p []byte) (next State, bad int) { panic("utf8dfa: no vectors here") }
