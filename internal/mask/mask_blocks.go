//go:build (amd64 || arm64) && !purego && !race

package mask

// minBlocks is the length from which copyBlocks is worth its call.
const minBlocks = 48

// copyLong is Copy for minBlocks bytes or more.
func copyLong(dst, src []byte, k Key) { copyBlocks(&dst[0], &src[0], len(src), k) }

// copyBlocks is copyWords with SSE2 or NEON, which every processor of these kinds has: nothing has to be asked for. n must be 16
// or more.
// The race detector does not see what it reads and writes, so builds with it do without.
//
//go:noescape
func copyBlocks(dst, src *byte, n int, k Key)
