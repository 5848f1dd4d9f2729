// Package respond writes the head of an HTTP/1.1 response (RFC 9112 section 4).
package respond

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mintws/mintws/internal/badbyte"
)

// Canonical returns the fields of h with their names as net/http spells them. Those of one field under several spellings are
// in the order of the spellings, so that the same fields make the same head. It is a copy.
func Canonical(h http.Header) http.Header {
	c := make(http.Header, len(h))
	for _, spelled := range slices.Sorted(maps.Keys(h)) {
		name := http.CanonicalHeaderKey(spelled)
		if have, ok := c[name]; ok {
			c[name] = append(have, h[spelled]...)
			continue
		}
		c[name] = slices.Clone(h[spelled])
	}
	return c
}

// Check reports a field that cannot be sent. It does not show what the field holds, which may be a cookie.
func Check(h http.Header) error {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if fault := badbyte.InToken(name); fault != "" {
			return fmt.Errorf("a field name %s, want a token", fault)
		}
		for _, v := range h[name] {
			if fault := badbyte.InValue(v); fault != "" {
				return fmt.Errorf("value of field %s %s", name, fault)
			}
		}
	}
	return nil
}

// Append appends the head, the fields sorted. They must have passed Check.
func Append(dst []byte, status int, h http.Header) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, http.StatusText(status)...)
	dst = append(dst, "\r\n"...)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		spelled := spelling(name)
		for _, v := range h[name] {
			dst = append(dst, spelled...)
			dst = append(dst, ": "...)
			dst = append(dst, v...)
			dst = append(dst, "\r\n"...)
		}
	}
	return append(dst, "\r\n"...)
}

// Handshake is how the names of RFC 6455 section 11.3 begin, as net/http spells them.
const Handshake = "Sec-Websocket-"

// spelling writes WebSocket as RFC 6455 does. Case does not matter in a name, but some clients look for this spelling.
func spelling(name string) string {
	if rest, ok := strings.CutPrefix(name, Handshake); ok {
		return "Sec-WebSocket-" + rest
	}
	return name
}
