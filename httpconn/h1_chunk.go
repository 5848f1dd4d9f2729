package httpconn

import (
	"math"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/badbyte"
)

// chunkState says where in a chunk the next byte stands (RFC 9112 section 7.1).
type chunkState uint8

const (
	chunkSize     chunkState = iota // chunk-size, no digit yet or some
	chunkSpace                      // BWS before ';'
	chunkExt                        // BWS after ';', then the extension's name
	chunkName                       // the name
	chunkNameEnd                    // BWS after the name
	chunkValue                      // BWS after '=', then the value
	chunkToken                      // a value that is a token
	chunkQuoted                     // a value that is a quoted string
	chunkEscape                     // the character after '\' in one
	chunkValueEnd                   // after the closing quote
	chunkLF                         // LF of the chunk's head
	chunkData                       // content
	chunkDataCR                     // CR after the content
	chunkDataLF                     // LF after it
)

// h1HandleChunkHead takes bytes until content follows (chunkData) or the last chunk's head is complete (recvTrailers), and returns
// how many. With an error, n is the index of the byte that was refused.
func (c *Conn) h1HandleChunkHead(data []byte) (n int, e *ConnError) {
	h, lim := &c.h1, &c.set.limits
	for ; n < len(data); n++ {
		if h.chunkState == chunkData || h.recvState != recvChunked {
			return n, nil
		}
		b := data[n]
		ok, want := true, ""
		switch h.chunkState {
		case chunkSize:
			if d, isHex := unhex(b); isHex {
				if h.chunkDigits == 16 || c.recvRemaining > (math.MaxInt64-int64(d))/16 {
					return n, fault(http2.ErrCodeProtocol, ErrMalformed,
						"chunk size of more than 16 digits or larger than %d", int64(math.MaxInt64))
				}
				h.chunkDigits++
				c.recvRemaining = c.recvRemaining*16 + int64(d)
				continue
			}
			ok, want = h.chunkDigits > 0 && h.chunkHeadEnd(b, true), "a hexadecimal chunk size"
		case chunkDataCR:
			ok, want = b == '\r', "CR after the chunk's content"
			h.chunkState = chunkDataLF
		case chunkDataLF:
			ok, want = b == '\n', "LF after the chunk's content and CR"
			h.chunkState = chunkSize // chunkDigits and recvRemaining are 0
		case chunkLF:
			ok, want = b == '\n', "LF after the CR of a chunk's head"
			c.h1ChunkBegins()
		default:
			ok, want = h.chunkExtension(b), "a chunk extension"
		}
		if !ok {
			return n, fault(http2.ErrCodeProtocol, ErrMalformed, "byte %s, expected %s", badbyte.Show(b), want)
		}
		if h.chunkState > chunkSize && h.chunkState < chunkLF {
			// RFC 9112 7.1.1: a recipient ought to limit extensions. They may outweigh the content by as much as a head.
			if h.count = max(h.count, h.count+1); int64(h.count) > int64(lim.MaxHeaderBytes) { // max: it never overflows
				return n, fault(http2.ErrCodeEnhanceYourCalm, ErrHeaderTooLarge,
					"chunk extensions outweigh the content by more than the limit of %d bytes", lim.MaxHeaderBytes)
			}
		}
	}
	return n, nil
}

// h1ChunkBegins goes on after a complete chunk head.
func (c *Conn) h1ChunkBegins() {
	h := &c.h1
	h.count -= uint32(min(c.recvRemaining, int64(h.count)))
	h.chunkState, h.chunkDigits = chunkData, 0
	if c.recvRemaining == 0 { // the last chunk
		h.chunkState = chunkSize
		h.recvState = recvTrailers
	}
}

// chunkHeadEnd takes one byte of what may follow a complete size, name or value. space says whether BWS may.
func (h *h1) chunkHeadEnd(b byte, space bool) bool {
	switch {
	case b == '\r':
		h.chunkState = chunkLF
	case b == ';':
		h.chunkState = chunkExt
	case space && (b == ' ' || b == '\t'):
		h.chunkState = chunkSpace
	default:
		return false
	}
	return true
}

// chunkExtension takes one byte of *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ), RFC 9112 section 7.1.1.
func (h *h1) chunkExtension(b byte) bool {
	space := b == ' ' || b == '\t'
	switch h.chunkState {
	case chunkSpace:
		if b == ';' {
			h.chunkState = chunkExt
		}
		return space || b == ';'
	case chunkExt:
		if isToken[b] {
			h.chunkState = chunkName
		}
		return space || isToken[b]
	case chunkName, chunkNameEnd:
		switch {
		case h.chunkState == chunkName && isToken[b]:
		case space:
			h.chunkState = chunkNameEnd
		case b == '=':
			h.chunkState = chunkValue
		default:
			return (h.chunkState == chunkName || b == ';') && h.chunkHeadEnd(b, false)
		}
	case chunkValue:
		switch {
		case b == '"':
			h.chunkState = chunkQuoted
		case isToken[b]:
			h.chunkState = chunkToken
		default:
			return space
		}
	case chunkToken:
		return isToken[b] || h.chunkHeadEnd(b, true)
	case chunkQuoted:
		switch b {
		case '"':
			h.chunkState = chunkValueEnd
		case '\\':
			h.chunkState = chunkEscape
		default:
			return isText[b]
		}
	case chunkEscape:
		h.chunkState = chunkQuoted
		return isText[b]
	case chunkValueEnd:
		return h.chunkHeadEnd(b, true)
	}
	return true
}
