package hpack

import (
	"errors"
	"fmt"
)

// What can be wrong with a header block. They are wrapped in an [Error].
var (
	// ErrTooLarge: the fields exceed the caller's Limits. It is the only error that comes with the next Table.
	ErrTooLarge = errors.New("hpack: header list exceeds the limit")

	ErrTruncated     = errors.New("hpack: header block ends inside a field")         // RFC 7541 section 6
	ErrInteger       = errors.New("hpack: integer exceeds 32 bits or 5 extra bytes") // section 5.1
	ErrHuffman       = errors.New("hpack: invalid Huffman code or padding")          // section 5.2
	ErrIndex         = errors.New("hpack: index of no entry")                        // sections 2.3.3 and 6.1
	ErrTableSize     = errors.New("hpack: table size update above the maximum")      // section 6.3
	ErrUpdatePlace   = errors.New("hpack: table size update out of place")           // section 4.2
	ErrUpdateMissing = errors.New("hpack: expected table size update is missing")    // section 4.2
)

// Error says what was wrong with a header block, and where.
type Error struct {
	Offset int    // into the block: where the representation, integer or string at fault begins
	Reason string // what was seen and what was expected
	Err    error  // the sentinel
}

// Error returns the sentinel's text, what was seen, and the offset.
func (e *Error) Error() string {
	return fmt.Sprintf("%v: %s (byte %d of the block)", e.Err, e.Reason, e.Offset)
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

func fault(offset int, err error, format string, args ...any) *Error {
	return &Error{Offset: offset, Reason: fmt.Sprintf(format, args...), Err: err}
}
