package handshake

import (
	"fmt"
	"net/http"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/badbyte"
	"github.com/mintws/mintws/mintws"
)

// parser judges a head byte by byte, so that input is refused at the first byte that makes it illegal and no byte is judged
// twice, however the input is cut. What the head says is collected once it is complete; only what decides whether it is legal
// is understood on the way.
type parser struct {
	lines   int32 // field lines so far, the current one included
	mark    int32 // where the name on the current line starts, or the IP literal that is being read
	state   state
	host    hostState
	pos     uint8 // position in the word that is being matched
	words   uint8 // which of the words can still match
	method  int8  // index in methods, -1 for all others
	minor   byte  // of the version: '0', or '1' for all above
	hosts   bool  // a Host was there
	lengths bool  // a Content-Length was there
}

type state uint8

const (
	stStart      state = iota // first byte
	stEmptyLF                 // LF of the empty line before the request line
	stMethod1                 // first byte of the method
	stMethod                  // the rest of it
	stTarget                  // first byte of the target
	stAsterisk                // SP after asterisk-form
	stScheme                  // within "http://" or "https://"
	stAuthority               // the authority of absolute-form
	stPath                    // a path
	stPercent1                // the digits of a percent-encoded byte in a path
	stPercent2                //
	stQuery                   // a query
	stName                    // within "HTTP/"
	stMajor                   // major version
	stDot                     // "."
	stMinor                   // minor version
	stVersionCR               // CR of the request line
	stLineLF                  // LF of the request line or of a field line
	stField                   // first byte of a field line, or CR of the empty line
	stFieldName               // the rest of the field name
	stValue                   // a field value
	stHostPre                 // Host: white space before it
	stHost                    // Host: the value
	stHostPost                // Host: white space after it
	stLengthPre               // Content-Length: white space before it
	stLength                  // Content-Length: digits, all 0
	stLengthPost              // Content-Length: white space after it
	stLastLF                  // LF of the empty line
)

const version = "HTTP/"

// The words that are looked for. Those of the latter two are matched without regard to case.
var (
	methods = []string{"CONNECT", "OPTIONS", "PRI"}
	schemes = []string{"http://", "https://"}
	framing = []string{"host", "content-length", "transfer-encoding"}
)

const (
	methodConnect, methodOptions, methodPRI = 0, 1, 2
	fieldHost, fieldLength, fieldCoding     = 0, 1, 2
)

// isToken is tchar of RFC 9110 section 5.6.2, isText what may stand in a field value (section 5.5). isPath and isQuery are what
// may stand in a target: see the package.
var isToken, isText, isPath, isQuery [256]bool

func init() {
	for i := range 256 {
		b := byte(i)
		isToken[i] = badbyte.InToken(string([]byte{b})) == ""
		isText[i] = badbyte.InValue(string([]byte{b})) == ""
		isQuery[i] = b > ' ' && b < 0x7f && b != '"' && b != '<' && b != '>' && b != '#'
		isPath[i] = isQuery[i] && b != '\\' && b != '`' && b != '{' && b != '}'
	}
}

// expect starts to match words.
func (p *parser) expect(words []string) { p.words, p.pos = 1<<len(words)-1, 0 }

// match goes on with byte b, and reports whether a word can still match.
func (p *parser) match(words []string, b byte) bool {
	if p.words == 0 {
		return false
	}
	for i, w := range words {
		if int(p.pos) >= len(w) || w[p.pos] != b {
			p.words &^= 1 << i
		}
	}
	p.pos++
	return p.words != 0
}

// matched is the index of the word that has matched, -1 if there is none.
func (p *parser) matched(words []string) int {
	for i, w := range words {
		if p.words&(1<<i) != 0 && int(p.pos) == len(w) {
			return i
		}
	}
	return -1
}

// run consumes data until the head is complete or refused. n is the number of bytes consumed.
func (h *Head) run(data []byte) (n int, done bool, refusal *mintws.HandshakeError) {
	p, limit := &h.parser, h.bytes.or(DefaultMaxHeaderBytes)
	end := min(len(data), max(limit-h.buf.Len(), 0))
	for ; n < end; n++ {
		b := data[n]
		switch p.state {
		case stValue: // most bytes are here
			for isText[b] && n+1 < end {
				n++
				b = data[n]
			}
			if isText[b] {
				continue
			}
			if b != '\r' {
				return n, false, h.bad(b, n, "in the value of "+h.name(data[:n])+", want text or CR LF")
			}
			p.state = stLineLF
		case stFieldName:
			switch {
			case isToken[b]:
				p.match(framing, b|0x20) // among token characters only letters become letters
			case b == ':':
				if refusal = h.colon(); refusal != nil {
					return n, false, refusal
				}
			default: // RFC 9112 section 5.1: no white space before the colon
				return n, false, h.bad(b, n, "in field name "+h.name(data[:n])+", want a token character or ':'")
			}
		case stField:
			if refusal = h.line(b, n); refusal != nil {
				return n, false, refusal
			}
		case stLineLF, stEmptyLF, stLastLF:
			if b != '\n' { // RFC 9112 section 2.2: a bare CR is invalid
				return n, false, h.bad(b, n, "after CR, want LF")
			}
			switch p.state {
			case stLastLF:
				return n + 1, true, nil
			case stEmptyLF:
				p.state = stMethod1
			default:
				p.state = stField
			}
		case stHostPre, stHost, stHostPost, stLengthPre, stLength, stLengthPost:
			if refusal = h.framed(b, n, data); refusal != nil {
				return n, false, refusal
			}
		default:
			if refusal = h.requestLine(b, n, data); refusal != nil {
				return n, false, refusal
			}
		}
	}
	if end < len(data) {
		return n, false, h.tooLarge(limit)
	}
	return n, false, nil
}

// tooLarge is the refusal of a head that has more bytes than the limit.
func (h *Head) tooLarge(limit int) *mintws.HandshakeError {
	status, what := http.StatusRequestHeaderFieldsTooLarge, "head" // RFC 6585 section 5
	switch s := h.parser.state; {
	case s <= stMethod: // RFC 9112 section 3: longer than any that is implemented
		status, what = http.StatusNotImplemented, "method"
	case s <= stQuery: // the same: "MUST respond with a 414"
		status, what = http.StatusRequestURITooLong, "target"
	}
	return refuse(status, httpconn.ErrHeaderTooLarge, fmt.Sprintf("the %s makes the request's head longer than %d bytes", what, limit))
}

// bad is the refusal of byte b, at index n of what is being read.
func (h *Head) bad(b byte, n int, where string) *mintws.HandshakeError {
	return malformed(fmt.Sprintf("byte %s at index %d of the request, %s", badbyte.Show(b), h.buf.Len()+n, where))
}

func malformed(detail string) *mintws.HandshakeError {
	return refuse(http.StatusBadRequest, httpconn.ErrMalformed, detail)
}

func refuse(status int, err error, detail string) *mintws.HandshakeError {
	return &mintws.HandshakeError{Status: status, Err: err, Detail: detail, Server: true}
}

// since returns what has come from mark on, where before is the last part of it.
func (h *Head) since(before []byte) []byte {
	if h.buf.Len() == 0 {
		return before[h.mark:]
	}
	return append(h.buf.Bytes(), before...)[h.mark:] // Bytes is clipped: this copies
}

// name returns the name, quoted, of the field on the current line.
func (h *Head) name(before []byte) string {
	line := h.since(before)
	for i, b := range line {
		if b == ':' {
			line = line[:i]
			break
		}
	}
	return fmt.Sprintf("%.64q", line)
}
