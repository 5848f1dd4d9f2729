package httpconn

import (
	"fmt"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/badbyte"
	"github.com/mintws/mintws/internal/pbuf"
)

// h1head reads one response head or trailer section byte by byte. So input is refused at the first byte that makes it
// illegal, and no byte is judged twice, however the input is split. The fields that decide the length of the message are
// interpreted on the way; the others are only checked. All are collected once the section is complete.
type h1head struct {
	buf         pbuf.Buf // what arrived in earlier calls; empty if the section is still within one
	line        int      // where the current field line starts
	fields      int      // field lines so far, with the current one; folds do not count
	length      int64    // Content-Length, -1 if there was none
	lengthSoFar int64    // the digits of the Content-Length being read
	status      uint16   // digits so far
	state       headState
	value       headState // the state in which the line of the current value ended: a fold goes on in it
	pos         uint8     // position in the text to match: the version, the name of a framing field, "chunked"
	names       uint8     // the framing fields whose names match the current one so far
	req         reqFlags  // of the request that this answers
	minor       byte      // of the HTTP-version: '0', or '1' for 1 and above
	chunked     bool      // there was Transfer-Encoding: chunked
	trailer     bool      // a trailer section
	full        bool      // no more 1xx are allowed
}

type headState uint8

const (
	headStart     headState = iota // inside "HTTP/1."
	headMinor                      // the minor version
	headSpace                      // SP after the version
	headStatus                     // the status code's digits
	headAfterCode                  // SP or CR after them
	headReason                     // the reason phrase
	headLineLF                     // LF of the status line or a field line
	headField                      // first byte of a field line, or the CR of the empty line
	headName                       // the rest of the field name
	headValue                      // a field value
	headLenStart                   // Content-Length: before its first digit
	headLenDigits                  // Content-Length: digits
	headLenEnd                     // Content-Length: white space after them
	headCodingPre                  // Transfer-Encoding: before its first letter
	headCoding                     // Transfer-Encoding: inside "chunked"
	headCodingEnd                  // Transfer-Encoding: white space after it
	headLastLF                     // LF of the empty line
)

const versionPrefix = "HTTP/1."

func newHead(r *h1req, full bool) h1head { return h1head{length: -1, req: r.flags, full: full} }

func newTrailers() h1head { return h1head{length: -1, trailer: true, state: headField} }

// run consumes data until the section is complete or a byte is refused. n is the number of bytes consumed; with an
// error it is the index of the byte that was refused.
func (h *h1head) run(lim *Limits, data []byte) (n int, done bool, e *ConnError) {
	end := len(data)
	if room := lim.MaxHeaderBytes - h.buf.Len(); room < end {
		end = max(room, 0)
	}
	for ; n < end; n++ {
		b := data[n]
		switch h.state {
		case headValue: // most bytes are here
			for isText[b] && n+1 < end {
				n++
				b = data[n]
			}
			switch {
			case b == '\r':
				h.endLine()
			case !isText[b]:
				return n, false, badByte(b, "in the value of "+h.fieldName(data[:n])+", expected text or CR LF")
			}
		case headName:
			switch {
			case isToken[b]:
				h.matchName(b)
			case b == ':':
				if e := h.colon(); e != nil {
					return n, false, e
				}
			default: // RFC 9112 5.1: no whitespace between the name and the colon
				return n, false, badByte(b, "in field name "+h.fieldName(data[:n])+", expected a token character or ':'")
			}
		case headField:
			if e := h.lineStart(lim, b, h.buf.Len()+n); e != nil {
				return n, false, e
			}
		case headLineLF, headLastLF:
			if b != '\n' { // RFC 9112 2.2: a bare CR is invalid
				return n, false, badByte(b, "after CR, expected LF")
			}
			if h.state == headLastLF {
				return n + 1, true, nil
			}
			h.state = headField
		case headReason, headAfterCode:
			switch {
			case b == '\r':
				h.endLine()
			case h.state == headReason && isText[b], b == ' ':
				h.state = headReason
			default:
				return n, false, badByte(b, "in the status line after the code, expected a reason phrase or CR LF")
			}
		case headStart, headMinor, headSpace, headStatus:
			if e := h.statusLine(b); e != nil {
				return n, false, e
			}
		default:
			if e := h.framing(b); e != nil {
				return n, false, e
			}
		}
	}
	if end < len(data) {
		return n, false, fault(http2.ErrCodeEnhanceYourCalm, ErrHeaderTooLarge,
			"%s is longer than the limit of %d bytes", h.section(), lim.MaxHeaderBytes)
	}
	return n, false, nil
}

// statusLine reads the status line up to the status code (RFC 9112 section 4).
func (h *h1head) statusLine(b byte) *ConnError {
	switch h.state {
	case headStart:
		if b != versionPrefix[h.pos] {
			return badByte(b, fmt.Sprintf("%s, expected a status line: %q", h.opening(b), versionPrefix))
		}
		if h.pos++; int(h.pos) == len(versionPrefix) {
			h.state = headMinor
		}
	case headMinor:
		if b < '0' || b > '9' {
			return badByte(b, "as the minor version, expected HTTP/1.0 to HTTP/1.9")
		}
		h.minor = min(b, '1') // RFC 9110 6.2: process a higher one as the highest that we implement
		h.state = headSpace
	case headSpace:
		if b != ' ' {
			return badByte(b, "after the HTTP version, expected a space")
		}
		h.pos = 0
		h.state = headStatus
	case headStatus: // RFC 9110 15: three digits; it is up to the caller to treat 600 to 999 as 5xx
		if b < '0' || b > '9' || h.pos == 0 && b == '0' {
			return badByte(b, "in the status code, expected 100 to 999")
		}
		if h.pos == 0 && b == '1' && h.minor == '0' { // RFC 9110 15.2: HTTP/1.0 has no 1xx
			return badByte(b, "as the first digit of the status code of an HTTP/1.0 response, expected 2 to 9")
		}
		h.status = h.status*10 + uint16(b-'0')
		if h.pos++; h.pos == 3 {
			h.state = headAfterCode
			return h.statusAllowed()
		}
	}
	return nil
}

// opening says where byte b stands, which does not belong to "HTTP/1.", and which protocol begins with such a byte.
func (h *h1head) opening(b byte) string {
	switch {
	case h.pos > 0:
		return fmt.Sprintf("after %q", versionPrefix[:h.pos])
	case b == 0x15 || b == 0x16: // alert and handshake, RFC 8446 section 5.1
		return "where a response should begin (the server seems to speak TLS)"
	case b == 0: // the length of a SETTINGS frame, RFC 9113 section 3.4
		return "where a response should begin (the server seems to speak HTTP/2)"
	}
	return "where a response should begin"
}

func (h *h1head) statusAllowed() *ConnError {
	switch {
	case h.status == 101 && h.req&reqUpgrade == 0: // RFC 9110 7.8
		return fault(http2.ErrCodeProtocol, ErrMalformed, "status 101 to a request that did not ask for an upgrade")
	case h.status < 200 && h.status != 101 && h.full:
		return fault(http2.ErrCodeEnhanceYourCalm, ErrTooManyInformational,
			"status %d is one 1xx response more than the limit", h.status)
	}
	return nil
}

// endLine takes the CR of a line. Whether the value ends there, the next line's first byte decides.
func (h *h1head) endLine() {
	h.value = h.state
	h.state = headLineLF
}

// lineStart reads the first byte of a line of the field section, at offset at (RFC 9112 section 5).
func (h *h1head) lineStart(lim *Limits, b byte, at int) *ConnError {
	if b == ' ' || b == '\t' {
		if h.fields == 0 { // RFC 9112 2.2; nor is there anything to continue in trailers
			return badByte(b, "at the start of the first field line, expected a field name or CR LF")
		}
		h.state = h.value // RFC 9112 5.2: a user agent must replace obs-fold by SP before it interprets the value
		return nil
	}
	if e := h.endValue(); e != nil {
		return e
	}
	switch {
	case b == '\r':
		h.state = headLastLF
	case isToken[b]:
		if h.fields >= lim.MaxHeaderFields {
			return fault(http2.ErrCodeEnhanceYourCalm, ErrHeaderTooLarge, "%s has more fields than the limit of %d",
				h.section(), lim.MaxHeaderFields)
		}
		h.fields++
		h.line = at
		h.state = headName
		h.pos = 0
		h.names = isLength | isCoding
		switch {
		case h.req&reqConnect != 0 && h.status/100 == 2: // RFC 9110 9.3.6: a client must ignore both in a 2xx to CONNECT
			h.names = 0
		case h.status < 200 && !h.trailer || h.status == 204: // RFC 9112 6.3 rule 1: the empty line ends them whatever these say
			h.names = 0
		}
		h.matchName(b)
	default:
		return badByte(b, "at the start of a field line, expected a field name or CR LF")
	}
	return nil
}

// section names what is being read.
func (h *h1head) section() string {
	if h.trailer {
		return "trailer section"
	}
	return "response head"
}

// badByte is the error for byte b.
func badByte(b byte, where string) *ConnError {
	return fault(http2.ErrCodeProtocol, ErrMalformed, "byte %s %s", badbyte.Show(b), where)
}

// fieldName returns the quoted name of the field on the current line. before is what of this call's input comes before the
// byte at fault.
func (h *h1head) fieldName(before []byte) string {
	line := append(h.buf.Bytes(), before...)[h.line:] // Bytes is clipped, so this copies, or buf is empty
	for i, b := range line {
		if b == ':' {
			return quote(line[:i])
		}
	}
	return quote(line)
}

func (h *h1head) equal(x *h1head) bool {
	if h == nil || x == nil {
		return h == x
	}
	a, b := *h, *x
	a.buf, b.buf = pbuf.Buf{}, pbuf.Buf{}
	return h.buf.Equal(x.buf) && a == b
}
