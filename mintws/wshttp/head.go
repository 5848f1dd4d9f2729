package wshttp

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/mintws/mintws/internal/badbyte"
)

// framing are fields that say how the message is delimited or what becomes of the connection. On a head that opens a
// WebSocket only the handshake decides these.
var framing = []string{"Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Trailer", "Te", "Keep-Alive"}

// handshake is how the names of RFC 6455 section 11.3 begin, as net/http spells them.
const handshake = "Sec-Websocket-"

// merged returns the fields of header, and those of others where header has none. Others cannot say how the message is framed,
// nor what was agreed: the WebSocket knows nothing of a subprotocol or an extension that somebody else has put there.
func merged(others, header http.Header) http.Header {
	own, more := canonical(header), canonical(others)
	for name, values := range more {
		_, ok := own[name]
		if !ok && !slices.Contains(framing, name) && !strings.HasPrefix(name, http.TrailerPrefix) && !strings.HasPrefix(name, handshake) {
			own[name] = values
		}
	}
	return own
}

// canonical returns the fields of h with their names as net/http spells them. Those of one field under several spellings are
// in the order of the spellings, so that the same fields make the same head.
func canonical(h http.Header) http.Header {
	c := make(http.Header, len(h))
	for _, spelled := range slices.Sorted(maps.Keys(h)) {
		name := http.CanonicalHeaderKey(spelled)
		c[name] = append(c[name], h[spelled]...)
	}
	return c
}

// check reports a field that cannot be sent. It does not show what the field holds, which may be a cookie.
func check(header http.Header) error {
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if fault := badbyte.InToken(name); fault != "" {
			return fmt.Errorf("a field name %s, want a token", fault)
		}
		for _, v := range header[name] {
			if fault := badbyte.InValue(v); fault != "" {
				return fmt.Errorf("value of field %s %s", name, fault)
			}
		}
	}
	return nil
}

// appendHead appends a response's head as HTTP/1.1 writes it, the fields sorted.
func appendHead(dst []byte, status int, header http.Header) []byte {
	dst = fmt.Appendf(dst, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, v := range header[name] {
			dst = fmt.Appendf(dst, "%s: %s\r\n", spelling(name), v)
		}
	}
	return append(dst, "\r\n"...)
}

// spelling writes WebSocket as RFC 6455 does. Case means nothing in a name, but there are clients that look for this one.
func spelling(name string) string {
	if rest, ok := strings.CutPrefix(name, handshake); ok {
		return "Sec-WebSocket-" + rest
	}
	return name
}
