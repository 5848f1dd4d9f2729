package httpconn

import (
	"fmt"
	"strconv"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"
)

// isToken is tchar of RFC 9110 section 5.6.2; isText is what may stand in a field value, a reason phrase or a quoted
// string: HTAB, SP, VCHAR and obs-text (section 5.5).
var isToken, isText [256]bool

func init() {
	for i := range 256 {
		isToken[i] = i < 0x80 && httpguts.IsTokenRune(rune(i))
		isText[i] = i == '\t' || i >= ' ' && i != 0x7f
	}
}

// fault makes the error for what the server did wrong. On HTTP/1.1 the offset is put in front of the reason later.
func fault(code http2.ErrCode, err error, format string, args ...any) *ConnError {
	return &ConnError{Code: code, Reason: fmt.Sprintf(format, args...), Err: err}
}

// quote puts the beginning of a text into quotation marks, for an error. It is only for what is no secret: names of fields,
// and what a server says about its protocol.
func quote[S ~string | ~[]byte](s S) string {
	const limit = 64
	if len(s) > limit {
		return fmt.Sprintf("%q...", string(s[:limit]))
	}
	return fmt.Sprintf("%q", string(s))
}

// unhex returns the value of a hexadecimal digit.
func unhex(b byte) (byte, bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
