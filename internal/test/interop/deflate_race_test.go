//go:build race

package interop

// deflateMost is how many messages make a long exchange. With the race detector each takes several times as long.
const deflateMost = 1000
