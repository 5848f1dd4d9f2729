// Package hpack is HPACK (RFC 7541) without hidden state: the decoder's dynamic table is an immutable value, and the
// encoder has no state at all.
//
// [Table.AppendFields] decodes one whole header block, its CONTINUATION frames joined, and returns the next Table. The
// receiver stays valid: any table can be kept, forked, replayed and used from several goroutines at once.
// [AppendField] encodes one field by the static table alone, without indexing.
//
// A block that is only too large for the caller's [Limits] is not a broken one. It is decoded to its end, the next Table is
// returned, and the connection remains usable (RFC 9113 section 10.5.1): the error is [ErrTooLarge]. Every other error is
// a COMPRESSION_ERROR, after which a connection cannot go on (RFC 9113 section 4.3).
package hpack

import "math"

// Field is one header field. Its strings share no memory with the block that they came from.
type Field struct {
	Name, Value string
	// Sensitive: the field came as a literal never indexed, and whoever passes it on must send it so (RFC 7541 section
	// 7.1.3).
	Sensitive bool
}

// overhead is what an entry counts beyond its two strings, in a table as in a header list (RFC 7541 section 4.1, RFC 9113
// section 6.5.2).
const overhead = 32

// Size returns the size of the field by the measure of the standard: both strings, not compressed, and 32.
func (f Field) Size() int { return len(f.Name) + len(f.Value) + overhead }

// Limits bounds what one header block may decode to. In both fields 0 means the default and a negative number no limit.
type Limits struct {
	List   int // the sum of [Field.Size], which is what SETTINGS_MAX_HEADER_LIST_SIZE announces
	Fields int // the number of fields
}

// Defaults of Limits.
const (
	DefaultList   = 64 << 10 // servers themselves stop at 8 to 64 KiB
	DefaultFields = 256      // far above any real response
)

// resolved returns the limits as they apply.
func (l Limits) resolved() Limits {
	return Limits{List: limit(l.List, DefaultList), Fields: limit(l.Fields, DefaultFields)}
}

func limit(n, def int) int {
	switch {
	case n == 0:
		return def
	case n < 0:
		return math.MaxInt
	}
	return n
}
