package httpconn

import (
	"net/http"
	"net/textproto"
	"strings"
)

// collectFields makes a Header of a field section that h1head has found well formed: n lines "name:value CR LF", each
// followed by the lines of its folds, then an empty line. It copies.
func collectFields(section []byte, n int) http.Header {
	header := make(http.Header, n)
	values := make([]string, n) // one allocation for all, as most names have one value
	text := string(section)
	for ; n > 0; n-- {
		line, rest, _ := strings.Cut(text, "\r\n")
		text = rest
		name, value, _ := strings.Cut(line, ":")
		name = canonicalName(name)
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

// canonicalName is textproto.CanonicalMIMEHeaderKey, without an allocation for what is in every answer to an upgrade.
func canonicalName(name string) string {
	if name == "Sec-WebSocket-Accept" || name == "sec-websocket-accept" {
		return "Sec-Websocket-Accept"
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// unfold adds to value the lines at the start of text that begin with white space, and returns it with the text after them.
// Each obs-fold, with the white space around it, is replaced by SP (RFC 9112 section 5.2).
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
