package inflate

import (
	"errors"
	"fmt"
)

// ErrLimit: there is more text than the caller's limit. It is returned unwrapped, and is the only error that is not about
// the data.
var ErrLimit = errors.New("inflate: text exceeds the limit")

// ErrWindowBits is for [New].
var ErrWindowBits = errors.New("inflate: window bits must be 8 to 15")

// What can be wrong with the data. They are wrapped in an [*Error].
var (
	ErrBlockType = errors.New("inflate: reserved block type")                    // RFC 1951 section 3.2.3
	ErrStored    = errors.New("inflate: LEN and NLEN disagree")                  // section 3.2.4
	ErrSymbol    = errors.New("inflate: code of no symbol")                      // sections 3.2.5 and 3.2.6
	ErrDistance  = errors.New("inflate: distance reaches beyond the window")     // section 3.2.5
	ErrHeader    = errors.New("inflate: invalid header of a dynamic block")      // section 3.2.7
	ErrCodes     = errors.New("inflate: code lengths that make no set of codes") // sections 3.2.2 and 3.2.7

	ErrTruncated = errors.New("inflate: message ends inside a block")                       // RFC 7692 section 7.2.2
	ErrTail      = errors.New("inflate: message does not end with a stored block's header") // RFC 7692 section 7.2.1
)

// Error says what was wrong with a message, and where.
type Error struct {
	// Offset into the compressed message: the byte with the last bit of what is at fault; the length, where it ends too
	// early.
	Offset int64
	Reason string // what was seen and what was expected
	Err    error  // the sentinel
}

// Error returns the sentinel's text, what was seen, and the offset.
func (e *Error) Error() string {
	return fmt.Sprintf("%v: %s (byte %d of the message)", e.Err, e.Reason, e.Offset)
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }
