package handshake

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/mintws/mintws/mintws"
)

// request makes the request of a head that parser has found legal, with n field lines.
func request(text string, n int) (*http.Request, *mintws.HandshakeError) {
	text = strings.TrimPrefix(text, "\r\n")
	line, text, _ := strings.Cut(text, "\r\n")
	method, line, _ := strings.Cut(line, " ")
	target, proto, _ := strings.Cut(line, " ")
	u, err := url.ParseRequestURI(target)
	if err != nil { // no test knows a target that gets here; the text would show it
		return nil, malformed("the target cannot be parsed")
	}
	header, host := fields(text, n)
	if u.Host != "" { // RFC 9112 section 3.2.2: then what Host says is ignored
		host = u.Host
	}
	r := &http.Request{
		Method: method, URL: u, Proto: proto, ProtoMajor: 1, ProtoMinor: int(proto[len(proto)-1] - '0'),
		Header: header, Body: http.NoBody, Host: host, RequestURI: target,
	}
	// RFC 9112 section 9.3. A connection of HTTP/1.0 could be kept if both sides wish it; we do not.
	r.Close = r.ProtoMinor == 0 || httpguts.HeaderValuesContainsToken(header["Connection"], "close")
	return r, nil
}

// fields makes the Header of n lines "name:value CR LF", without Host, which it returns.
func fields(text string, n int) (http.Header, string) {
	header, host := make(http.Header, n), ""
	values := make([]string, n) // one allocation for the usual case of one value a name
	for ; n > 0; n-- {
		line, rest, _ := strings.Cut(text, "\r\n")
		text = rest
		name, value, _ := strings.Cut(line, ":")
		name = canonical(name)
		value = strings.Trim(value, " \t") // RFC 9112 section 5.1: OWS around the value is not part of it
		if name == "Host" {
			host = value
			continue
		}
		if have, ok := header[name]; ok {
			header[name] = append(have, value)
			continue
		}
		values[0] = value
		header[name] = values[:1:1]
		values = values[1:]
	}
	return header, host
}

// canonical is the name as http.Header has it. Those that every handshake has, as RFC 6455 spells them, cost nothing.
func canonical(name string) string {
	if c, ok := rfc6455[name]; ok {
		return c
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

var rfc6455 = map[string]string{
	"Sec-WebSocket-Key":        "Sec-Websocket-Key",
	"Sec-WebSocket-Version":    "Sec-Websocket-Version",
	"Sec-WebSocket-Protocol":   "Sec-Websocket-Protocol",
	"Sec-WebSocket-Extensions": "Sec-Websocket-Extensions",
}
