package httpconn

import (
	"math"

	"golang.org/x/net/http2"
)

// The fields that decide where a response ends, read as they arrive (RFC 9112 section 6).

const (
	nameLength    = "content-length"
	nameCoding    = "transfer-encoding"
	codingChunked = "chunked"

	isLength = 1 << 0 // bits of h1head.names
	isCoding = 1 << 1
)

// matchName compares one byte of a field name with those that frame the message.
func (h *h1head) matchName(b byte) {
	if h.names == 0 {
		return
	}
	b |= 0x20 // lower case: no other token character becomes a letter by this
	if int(h.pos) >= len(nameLength) || nameLength[h.pos] != b {
		h.names &^= isLength
	}
	if int(h.pos) >= len(nameCoding) || nameCoding[h.pos] != b {
		h.names &^= isCoding
	}
	h.pos++
}

// colon ends a field name.
func (h *h1head) colon() *ConnError {
	length := h.names&isLength != 0 && int(h.pos) == len(nameLength)
	coding := h.names&isCoding != 0 && int(h.pos) == len(nameCoding)
	h.pos = 0
	h.state = headValue
	if !length && !coding {
		return nil
	}
	name, other := "Transfer-Encoding", "Content-Length"
	if length {
		name, other = other, name
	}
	switch {
	case h.trailer: // RFC 9110 6.5.1
		return fault(http2.ErrCodeProtocol, ErrMalformed, "%s in a trailer section, where it is forbidden", name)
	case length && h.chunked, coding && h.length >= 0: // RFC 9112 6.3 rule 3: ought to be handled as an error
		return fault(http2.ErrCodeProtocol, ErrMalformed,
			"%s in a response that also has %s", name, other)
	case length:
		h.lengthSoFar = 0
		h.state = headLenStart
	case h.chunked: // RFC 9112 6.1: not more than once
		return fault(http2.ErrCodeProtocol, ErrMalformed, "%s appears twice", name)
	case h.minor == '0': // RFC 9112 6.1: faulty framing
		return fault(http2.ErrCodeProtocol, ErrMalformed, "%s in an HTTP/1.0 response", name)
	default:
		h.state = headCodingPre
	}
	return nil
}

// framing reads the value of Content-Length (RFC 9110 section 8.6: 1*DIGIT) or Transfer-Encoding. Of the latter only
// "chunked" is accepted: we offered no other coding with TE, and without chunks a response would run to the end of the
// connection.
func (h *h1head) framing(b byte) *ConnError {
	space := b == ' ' || b == '\t'
	switch {
	case h.state == headLenStart || h.state == headCodingPre:
		switch {
		case space:
		case b == '\r': // the value may come after a fold: see endValue
			h.endLine()
		default:
			h.state++
			return h.framing(b)
		}
		return nil
	case h.state == headLenDigits && '0' <= b && b <= '9':
		d := int64(b - '0')
		if h.lengthSoFar > (math.MaxInt64-d)/10 {
			return fault(http2.ErrCodeProtocol, ErrMalformed, "Content-Length larger than %d", int64(math.MaxInt64))
		}
		h.lengthSoFar = h.lengthSoFar*10 + d
		h.pos = 1
		if h.length >= 0 && !decimalPrefix(h.lengthSoFar, h.length) { // RFC 9110 8.6: identical ones may be accepted as one
			return fault(http2.ErrCodeProtocol, ErrMalformed,
				"Content-Length differs from the one before it, which was %d", h.length)
		}
		return nil
	case h.state == headLenDigits && h.pos == 1 && (space || b == '\r'):
		if h.length > h.lengthSoFar {
			return fault(http2.ErrCodeProtocol, ErrMalformed,
				"Content-Length %d differs from the one before it, which was %d", h.lengthSoFar, h.length)
		}
		h.length = h.lengthSoFar
		h.state = headLenEnd
		return h.framing(b)
	case h.state == headCoding && int(h.pos) < len(codingChunked) && b|0x20 == codingChunked[h.pos]:
		h.pos++
		return nil
	case h.state == headCoding && int(h.pos) == len(codingChunked) && (space || b == '\r'):
		h.chunked = true
		h.state = headCodingEnd
		return h.framing(b)
	case space && (h.state == headLenEnd || h.state == headCodingEnd):
		return nil
	case b == '\r' && (h.state == headLenEnd || h.state == headCodingEnd):
		h.endLine()
		return nil
	case h.state == headLenDigits || h.state == headLenEnd:
		return badByte(b, "in Content-Length, expected one decimal number")
	}
	return badByte(b, "in Transfer-Encoding, expected chunked and nothing else")
}

// endValue judges a value that is complete, since no fold follows its line.
func (h *h1head) endValue() *ConnError {
	switch h.value {
	case headLenStart:
		return fault(http2.ErrCodeProtocol, ErrMalformed, "Content-Length is empty, expected one decimal number")
	case headCodingPre:
		return fault(http2.ErrCodeProtocol, ErrMalformed, "Transfer-Encoding is empty, expected chunked")
	}
	return nil
}

// decimalPrefix reports whether n, in decimal, begins with the digits of num, not counting leading zeros.
func decimalPrefix(num, n int64) bool {
	for n > num {
		n /= 10
	}
	return n == num
}
