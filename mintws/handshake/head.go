package handshake

import (
	"math"
	"net/http"
	"strings"

	"github.com/mintws/mintws/internal/pbuf"
	"github.com/mintws/mintws/mintws"
)

// Limits bounds the head of a request. In either field 0 means the default and a negative number no limit.
type Limits struct {
	// MaxHeaderBytes is the largest head, its request line included, in bytes. Default 16 KiB.
	MaxHeaderBytes int
	// MaxHeaderFields is the largest number of field lines. Default 128.
	MaxHeaderFields int
}

// Defaults of Limits.
const (
	DefaultMaxHeaderBytes  = 16 << 10 // other servers stop at 8 to 32 KiB, and a stranger can make us hold as much
	DefaultMaxHeaderFields = 128      // browsers send about 20
)

// Head is as much of a request's head as has come: a value, of which every method leaves the old one as it is. The zero Head is the
// beginning of a request, with the default limits. It takes 48 bytes, and has no buffer before a part of a head has come.
type Head struct {
	buf    pbuf.Buf // what came in earlier calls
	err    *mintws.HandshakeError
	bytes  limit
	fields limit
	parser
}

// limit is one of Limits: 0 stands for the default.
type limit int32

func makeLimit(n int) limit {
	if n < 0 || n > math.MaxInt32 {
		return math.MaxInt32
	}
	return limit(n)
}

func (l limit) or(def int) int {
	if l == 0 {
		return def
	}
	return int(l)
}

// New returns the beginning of a request's head with limits of its own.
func New(lim Limits) Head {
	return Head{bytes: makeLimit(lim.MaxHeaderBytes), fields: makeLimit(lim.MaxHeaderFields)}
}

// Feed takes what was read. It returns the next Head, and once the head is complete the request and what of data stands behind
// it: frames, if the request opens a WebSocket, else the next request. The next Head is then the beginning of that one.
//
// The request is the caller's, new in every call, with [http.NoBody], and shares no memory with data; rest is a part of data.
// Until the head is complete r is nil, and so is rest.
//
// The error is a [*mintws.HandshakeError] that says how to answer, see the package. It sticks: every later Head returns it again.
// No other error is returned.
func (h Head) Feed(data []byte) (next Head, r *http.Request, rest []byte, err error) {
	if h.err != nil {
		return h, nil, nil, h.err
	}
	fresh := Head{bytes: h.bytes, fields: h.fields}
	n, done, refusal := h.run(data)
	if refusal == nil && done {
		if r, refusal = request(h.text(data[:n]), int(h.parser.lines)); refusal == nil {
			return fresh, r, data[n:len(data):len(data)], nil
		}
	}
	if refusal != nil {
		fresh.err = refusal
		return fresh, nil, nil, refusal
	}
	h.buf = h.buf.Append(data, 0)
	return h, nil, nil, nil
}

// text is all that has come, of which last is the end.
func (h *Head) text(last []byte) string {
	if h.buf.Len() == 0 {
		return string(last)
	}
	var b strings.Builder
	b.Grow(h.buf.Len() + len(last))
	b.Write(h.buf.Bytes())
	b.Write(last)
	return b.String()
}

// Len is how many bytes of a head have come that is not complete yet. It is 0 between requests, and after an error.
func (h Head) Len() int { return h.buf.Len() }

// Equal reports whether both have taken the same bytes, with the same limits, or were refused for the same reason.
func (h Head) Equal(x Head) bool {
	if !h.buf.Equal(x.buf) || (h.err == nil) != (x.err == nil) {
		return false
	}
	if h.err != nil && (h.err.Status != x.err.Status || h.err.Error() != x.err.Error()) {
		return false
	}
	return h.bytes == x.bytes && h.fields == x.fields && h.parser == x.parser
}
