//go:build !race

package interop

// deflateMost is how many messages make a long exchange.
const deflateMost = 10_000
