package httpconn

import (
	"net/http"
	"net/textproto"
	"strings"
)

// collectFields makes the Header of a field section that h1head has found well formed: n lines "name:value CR LF", then
// an empty one. It copies.
func collectFields(section []byte, n int) http.Header {
	header := make(http.Header, n)
	values := make([]string, n) // one allocation for the usual case of one value a name
	text := string(section)
	for ; n > 0; n-- {
		line, rest, _ := strings.Cut(text, "\r\n")
		text = rest
		name, value, _ := strings.Cut(line, ":")
		name = textproto.CanonicalMIMEHeaderKey(name)
		value = strings.Trim(value, " \t") // RFC 9112 5.1: OWS around the value is not part of it
		if have, ok := header[name]; ok {
			header[name] = append(have, value)
			continue
		}
		values[0] = value
		header[name] = values[:1:1]
		values = values[1:]
	}
	return header
}
