package handshake

import (
	"fmt"
	"net/http"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// line reads the first byte of a line of the field section (RFC 9112 section 5), at index n.
func (h *Head) line(b byte, n int) *mintws.HandshakeError {
	p := &h.parser
	switch {
	case b == '\r':
		if !p.hosts && p.minor != '0' { // section 3.2
			return malformed("Host is missing")
		}
		p.state = stLastLF
	case isToken[b]:
		if limit := h.fields.or(DefaultMaxHeaderFields); int(p.lines) >= limit { // RFC 6585 section 5
			return refuse(http.StatusRequestHeaderFieldsTooLarge, httpconn.ErrHeaderTooLarge,
				fmt.Sprintf("the request has more fields than %d", limit))
		}
		p.lines++
		p.state = stFieldName
		h.markHere(n)
		p.expect(framing)
		p.match(framing, b|0x20)
	case (b == ' ' || b == '\t') && p.lines == 0: // section 2.2
		return h.bad(b, n, "at the start of the first field line, want a field name")
	case b == ' ' || b == '\t': // section 5.2: a server must refuse an obs-fold, or replace it
		return h.bad(b, n, "at the start of a field line, which is folded, want a field name")
	default:
		return h.bad(b, n, "at the start of a field line, want a field name or CR LF")
	}
	return nil
}

// colon ends a field name.
func (h *Head) colon() *mintws.HandshakeError {
	p := &h.parser
	p.state = stValue
	switch p.matched(framing) {
	case fieldHost:
		if p.hosts { // RFC 9112 section 3.2
			return malformed("Host appears twice")
		}
		p.hosts, p.host, p.state = true, hostStart, stHostPre
	case fieldLength:
		if p.lengths { // section 6.3 rule 5 would allow the same number twice
			return malformed("Content-Length appears twice")
		}
		p.lengths, p.state = true, stLengthPre
	case fieldCoding:
		switch {
		case p.minor == '0': // section 6.1: faulty framing
			return malformed("Transfer-Encoding in a request of HTTP/1.0")
		case p.lengths: // section 6.3 rule 3: an attempt to smuggle a request, perhaps
			return malformed("both Content-Length and Transfer-Encoding")
		}
		return refuse(http.StatusLengthRequired, mintws.ErrBadRequest, "request has content (Transfer-Encoding), want none")
	}
	return nil
}

// framed reads one byte of the value of Host (RFC 9110 section 7.2) or Content-Length (section 8.6), at index n of data.
func (h *Head) framed(b byte, n int, data []byte) *mintws.HandshakeError {
	p := &h.parser
	space := b == ' ' || b == '\t'
	switch p.state {
	case stHostPre, stHost:
		switch {
		case space && p.state == stHostPre:
		case space || b == '\r':
			if fault := p.host.incomplete(); fault != "" {
				return h.bad(b, n, "in Host, which "+fault)
			}
			p.state = stHostPost
			return h.framed(b, n, data)
		default:
			if p.state == stHostPre {
				p.state = stHost
				h.markHere(n)
			}
			return h.hostByte(b, n, data, "in Host")
		}
	case stLengthPre, stLength:
		switch {
		case b == '0':
			p.state = stLength
		case '1' <= b && b <= '9': // RFC 9110 section 15.5.14
			return refuse(http.StatusRequestEntityTooLarge, mintws.ErrBadRequest, "request has content (Content-Length is not 0), want none")
		case space && p.state == stLengthPre:
		case (space || b == '\r') && p.state == stLength:
			p.state = stLengthPost
			return h.framed(b, n, data)
		default:
			return h.bad(b, n, "in Content-Length, want one decimal number")
		}
	case stHostPost, stLengthPost:
		switch {
		case space:
		case b == '\r':
			p.state = stLineLF
		default:
			return h.bad(b, n, "after the end of a value, want CR LF")
		}
	}
	return nil
}
