package httpconn

import (
	"net/http"
	"net/textproto"
	"strings"
)

// collectFields makes the Header of a field section that h1head has found well formed: n lines "name:value CR LF", each
// followed by those that it is folded over, then an empty one. It copies.
func collectFields(section []byte, n int) http.Header {
	header := make(http.Header, n)
	values := make([]string, n) // one allocation for the usual case of one value a name
	text := string(section)
	for ; n > 0; n-- {
		line, rest, _ := strings.Cut(text, "\r\n")
		text = rest
		name, value, _ := strings.Cut(line, ":")
		name = textproto.CanonicalMIMEHeaderKey(name)
		value = trimOWS(value) // RFC 9112 5.1: OWS around the value is not part of it
		if text[0] == ' ' || text[0] == '\t' {
			value, text = unfold(value, text)
		}
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

// unfold goes on with a value in the lines of text that begin with white space, and returns it with the text after them.
// RFC 9112 5.2: each obs-fold, with the white space around it, is replaced by SP.
func unfold(value, text string) (string, string) {
	var b strings.Builder
	b.WriteString(value)
	for text[0] == ' ' || text[0] == '\t' {
		line, rest, _ := strings.Cut(text, "\r\n")
		text = rest
		b.WriteByte(' ')
		b.WriteString(trimOWS(line))
	}
	return trimOWS(b.String()), text
}

func trimOWS(s string) string { return strings.Trim(s, " \t") }
