//go:build !purego && !race

package utf8dfa

// minBlocks is the length from which validBlocks is used. Every arm64 processor has what it needs.
const (
	vectors   = true
	minBlocks = 48
)

// validBlocks reports whether n bytes from p on, 19 or more, are UTF-8 but for a character that they end in. It reads nothing
// else. The race detector does not see what it reads, so builds with it do without.
//
//go:noescape
func validBlocks(p *byte, n int, t *tables) bool
