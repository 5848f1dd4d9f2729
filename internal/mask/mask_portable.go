//go:build (!amd64 && !arm64) || purego || race

package mask

// minBlocks is the length from which the loop of 64 bytes at a time is worth its call.
const minBlocks = 64

// copyLong is Copy for minBlocks bytes or more.
func copyLong(dst, src []byte, k Key) { copyWords(dst, src, k) }
