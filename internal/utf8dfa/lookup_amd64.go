//go:build !purego && !race

package utf8dfa

// minBlocks is the length from which validBlocks is worth its call. Three bytes may be the automaton's before it.
const minBlocks = 48

// vectors says whether validBlocks may be called.
var vectors = hasAVX2()

// validBlocks reports whether n bytes from p on, 35 or more, are UTF-8 but for a character that they end in. It reads nothing else.
// The race detector does not see what it reads, so builds with it do without.
//
//go:noescape
func validBlocks(p *byte, n int, t *tables) bool

// hasAVX2 reports whether the processor has AVX2 and the system keeps its registers.
func hasAVX2() bool
