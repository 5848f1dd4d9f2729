package mintws

import "math"

// Limits bounds what a peer can make a WebSocket hold, in either role. In every field 0 means the default and a negative
// number no limit. Those of the connection below it are in package httpconn.
type Limits struct {
	// MaxFrame is the largest payload of one frame, in bytes as they are on the wire. Default 16 MiB.
	MaxFrame int64
	// MaxMessage is the largest payload of one message, all its fragments together, also after inflating. Default 16 MiB.
	MaxMessage int64
	// MaxFragments is the largest number of frames of one message. Default 262,144.
	MaxFragments int
}

// Defaults of Limits.
const (
	DefaultMaxFrame     = 16 << 20 // room for the 16 MiB messages that browsers and testsuites send
	DefaultMaxMessage   = 16 << 20 // the same
	DefaultMaxFragments = 1 << 18  // 16 MiB in fragments of 64 bytes, the smallest that the Autobahn testsuite sends
)

// WithDefaults returns l with every zero field replaced by its default and every negative one by the largest number.
func (l Limits) WithDefaults() Limits {
	setLimit(&l.MaxFrame, DefaultMaxFrame, math.MaxInt64)
	setLimit(&l.MaxMessage, DefaultMaxMessage, math.MaxInt64)
	setLimit(&l.MaxFragments, DefaultMaxFragments, math.MaxInt)
	return l
}

// setLimit replaces 0 by def, and a negative number by none, the largest one of its type. int has fewer bits on some
// machines.
func setLimit[T int | int64](p *T, def, none T) {
	switch {
	case *p == 0:
		*p = def
	case *p < 0:
		*p = none
	}
}
