package handshake

import (
	"net/http"

	"github.com/mintws/mintws/mintws"
)

// requestLine reads one byte of the request line (RFC 9112 section 3), at index n of data.
func (h *Head) requestLine(b byte, n int, data []byte) *mintws.HandshakeError {
	p := &h.parser
	switch p.state {
	case stStart, stMethod1:
		switch {
		case isToken[b]:
			p.expect(methods)
			p.match(methods, b)
			p.state = stMethod
		case b == '\r' && p.state == stStart:
			p.state = stEmptyLF // section 2.2: one empty line before the request line ought to be ignored
		case b == 0x16: // handshake, RFC 8446 section 5.1
			return h.bad(b, n, "where a request should begin (the client seems to speak TLS)")
		default:
			return h.bad(b, n, "where a request should begin, want a method")
		}
	case stMethod:
		switch {
		case isToken[b]:
			p.match(methods, b)
		case b == ' ':
			if p.method = int8(p.matched(methods)); p.method == methodConnect { // RFC 9110 section 9.3.6
				return refuse(http.StatusNotImplemented, mintws.ErrBadRequest, `method is "CONNECT", which only proxies implement`)
			}
			p.state = stTarget
		default:
			return h.bad(b, n, "in the method, want a token and a space")
		}
	case stTarget, stAsterisk, stScheme, stAuthority, stPath, stPercent1, stPercent2, stQuery:
		return h.target(b, n, data)
	case stName:
		if b != version[p.pos] {
			return h.bad(b, n, `in the version, want "HTTP/1.1"`)
		}
		if p.pos++; int(p.pos) == len(version) {
			p.state = stMajor
		}
	case stMajor:
		switch {
		case b == '1':
			p.state = stDot
		case '0' <= b && b <= '9': // RFC 9110 section 15.6.6
			return unsupported(b)
		default:
			return h.bad(b, n, `in the version, want "HTTP/1.1"`)
		}
	case stDot:
		if b != '.' {
			return h.bad(b, n, `in the version, want "HTTP/1.1"`)
		}
		p.state = stMinor
	case stMinor:
		if b < '0' || b > '9' {
			return h.bad(b, n, `in the version, want "HTTP/1.1"`)
		}
		p.minor = min(b, '1') // RFC 9110 section 6.2: a higher one is processed as the highest that we implement
		p.state = stVersionCR
	case stVersionCR:
		if b != '\r' {
			return h.bad(b, n, "after the version, want CR LF")
		}
		p.state = stLineLF
	}
	return nil
}

// unsupported is the refusal of a major version.
func unsupported(major byte) *mintws.HandshakeError {
	return refuse(http.StatusHTTPVersionNotSupported, mintws.ErrBadRequest, "request is HTTP/"+string(major)+", want HTTP/1.1")
}

// target reads one byte of the request target (RFC 9112 section 3.2), or the space behind it.
func (h *Head) target(b byte, n int, data []byte) *mintws.HandshakeError {
	p := &h.parser
	switch p.state {
	case stTarget:
		switch {
		case b == '/': // origin-form
			p.state = stPath
		case b == '*' && p.method == methodOptions: // asterisk-form, section 3.2.4
			p.state = stAsterisk
		case b == '*' && p.method == methodPRI: // RFC 9113 section 3.4
			return unsupported('2')
		default:
			p.expect(schemes)
			p.state = stScheme
			return h.target(b, n, data)
		}
	case stScheme: // absolute-form, section 3.2.2; RFC 6455 section 4.1: with the scheme http or https
		if b < ' ' || b >= 0x7f || !p.match(schemes, b|0x20) {
			return h.bad(b, n, `in the target, want one that begins with "/", "http://" or "https://"`)
		}
		if p.matched(schemes) >= 0 {
			p.state, p.host = stAuthority, hostStart
			h.markHere(n + 1)
		}
	case stAuthority:
		switch b {
		case '/', '?', ' ': // RFC 9110 section 4.2.1: an empty host is to be rejected
			if fault := p.host.incomplete(); fault != "" {
				return h.bad(b, n, "in the target, whose host "+fault)
			}
			p.state = stPath
			return h.target(b, n, data)
		}
		return h.hostByte(b, n, data, "in the target's host and port")
	case stPath, stQuery, stAsterisk:
		switch {
		case b == ' ':
			p.state, p.pos = stName, 0
		case p.state == stAsterisk:
			return h.bad(b, n, "after the target, want a space")
		case p.state == stQuery && isQuery[b]:
		case p.state == stQuery:
			return h.bad(b, n, "in the target, want a visible ASCII character that is not percent-encoded")
		case b == '?':
			p.state = stQuery
		case b == '%':
			p.state = stPercent1
		case !isPath[b]: // RFC 3986 section 3.3
			return h.bad(b, n, "in the target, want a character that is not percent-encoded")
		}
	case stPercent1, stPercent2:
		if !isHex(b) { // RFC 3986 section 2.1
			return h.bad(b, n, "in the target, want two hexadecimal digits after '%'")
		}
		if p.state++; p.state == stQuery {
			p.state = stPath
		}
	}
	return nil
}

// markHere puts the mark to index n of what is being read.
func (h *Head) markHere(n int) { h.mark = int32(h.buf.Len() + n) }

func isHex(b byte) bool { return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f' }
