// Package bench compares mintws with other WebSocket libraries for Go: differential tests, which find out where two of them
// disagree about the same bytes, and side-by-side benchmarks. It is a module of its own, so that nobody who uses mintws
// inherits what it is compared with. Beside tests there is only the command report: see README.md.
package bench
