package hpack

import (
	"io"

	xhpack "golang.org/x/net/http2/hpack"
)

// literal is a string as it is in the block (RFC 7541 section 5.2): not decoded, and nothing allocated for it.
type literal struct {
	b       []byte
	at      int
	huffman bool
}

// literal reads the string literal at d.i. Its length is checked against what has arrived.
func (d *decoder) literal() (literal, *Error) {
	at := d.i
	if at >= len(d.p) {
		return literal{}, fault(at, ErrTruncated, "no byte left where a string begins")
	}
	huffman := d.p[at]&0x80 != 0
	n, err := d.integer(0x7f)
	if err != nil {
		return literal{}, err
	}
	if left := len(d.p) - d.i; n > uint64(left) {
		return literal{}, fault(at, ErrTruncated, "string of %d bytes, %d are left", n, left)
	}
	s := literal{b: d.p[d.i : d.i+int(n)], at: at, huffman: huffman}
	d.i += int(n)
	return s, nil
}

// atMost returns a length that the decoded string cannot exceed: the shortest Huffman codes have 5 bits.
func (s literal) atMost() int {
	if s.huffman {
		return len(s.b)/5*8 + 8
	}
	return len(s.b)
}

// size returns the length of the decoded string. It allocates nothing, and refuses what text refuses.
func (s literal) size() (int, *Error) {
	if !s.huffman {
		return len(s.b), nil
	}
	n, err := xhpack.HuffmanDecode(io.Discard, s.b)
	if err != nil {
		return 0, s.invalid()
	}
	return n, nil
}

// text returns the decoded string.
//
// Section 5.2 has three rules for the end of a Huffman string: the padding is shorter than 8 bits, it is the beginning of the
// EOS symbol, and EOS itself is nowhere. HuffmanDecode enforces them all; TestHuffmanRules holds it to that.
func (s literal) text() (string, *Error) {
	if !s.huffman {
		return string(s.b), nil
	}
	text, err := xhpack.HuffmanDecodeToString(s.b)
	if err != nil {
		return "", s.invalid()
	}
	return text, nil
}

func (s literal) invalid() *Error {
	const most = 16 // bytes shown; as a string, so that the block does not escape to the heap
	if len(s.b) > most {
		return fault(s.at, ErrHuffman, "string of %d bytes % x...", len(s.b), string(s.b[:most]))
	}
	return fault(s.at, ErrHuffman, "string of %d bytes % x", len(s.b), string(s.b))
}

// appendString appends s as a string literal, in Huffman code where that is shorter.
func appendString(dst []byte, s string) []byte {
	if n := xhpack.HuffmanEncodeLength(s); n < uint64(len(s)) {
		return xhpack.AppendHuffmanString(appendInteger(dst, 0x80, 0x7f, n), s)
	}
	return append(appendInteger(dst, 0, 0x7f, uint64(len(s))), s...)
}
