package mintws

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// checkUpgrade applies the rules of RFC 6455 section 4.2.1 for HTTP/1. It checks the version before the key, which other
// versions do not have.
func checkUpgrade(r *http.Request) *HandshakeError {
	// Item 1. The wrong method is reported before anything else.
	if r.Method != http.MethodGet {
		return refuse(http.StatusMethodNotAllowed, ErrBadRequest,
			`method is not "GET"`, "Allow", http.MethodGet)
	}
	// Item 1. Upgrade in an HTTP/1.0 request must be ignored (RFC 9110 section 7.8), so it counts as missing.
	if !r.ProtoAtLeast(1, 1) {
		return upgradeRequired(ErrBadUpgrade, fmt.Sprintf("request is HTTP/%d.%d, which cannot be upgraded; want HTTP/1.1",
			r.ProtoMajor, r.ProtoMinor))
	}
	// Item 2.
	if r.Host == "" {
		return refuse(http.StatusBadRequest, ErrBadRequest, "Host is missing")
	}
	// Item 1: the Request-URI names a resource. RFC 9112 section 3.2.4: "*" is for OPTIONS alone.
	if problem := pathProblem(r); problem != "" {
		return refuse(http.StatusBadRequest, ErrBadRequest, problem)
	}
	// Item 3. Names of protocols are matched without regard to case (RFC 9110 section 7.8).
	if !hasToken(r, "Upgrade", "websocket") {
		return upgradeRequired(ErrBadUpgrade, holds(r.Header, "Upgrade")+`, want "websocket"`)
	}
	// Item 4. Without it, Upgrade was meant for another connection, perhaps one behind a proxy.
	if !hasToken(r, "Connection", "upgrade") {
		return refuse(http.StatusBadRequest, ErrBadUpgrade, holds(r.Header, "Connection")+`, want "Upgrade" among its elements`)
	}
	// Item 6.
	if !version13(r) {
		return upgradeRequired(ErrBadVersion, holds(r.Header, "Sec-WebSocket-Version")+`, want "13"`)
	}
	// Item 5.
	if _, problem := requestKey(r); problem != "" {
		return refuse(http.StatusBadRequest, ErrBadRequest, problem)
	}
	// Content would stand between the head and the first frame. A reader that ignores it, or disagrees with the peer about
	// its length, takes it for frames. So a page could smuggle frames through somebody else's connection.
	if r.ContentLength != 0 || len(r.TransferEncoding) != 0 {
		return refuse(http.StatusBadRequest, ErrBadRequest, "request has content ("+framing(r)+"), want none")
	}
	return nil
}

// checkConnect applies the rules of RFC 8441 sections 4 and 5 for HTTP/2, and so those of RFC 9220 for HTTP/3.
func checkConnect(r *http.Request) *HandshakeError {
	// Section 4: the method is CONNECT. HTTP/2 has no Upgrade, so 426 cannot be the answer (RFC 9113 section 8.2.2).
	if r.Method != http.MethodConnect {
		return refuse(http.StatusMethodNotAllowed, ErrBadRequest,
			`method is not "CONNECT" with :protocol "websocket"`, "Allow", http.MethodConnect)
	}
	// Section 5: :protocol is websocket, without regard to case as in Upgrade.
	switch protocol := r.Header.Values(":protocol"); {
	case len(protocol) == 0:
		return refuse(http.StatusBadRequest, ErrBadUpgrade, `:protocol is missing, want "websocket"`)
	case len(protocol) > 1 || !strings.EqualFold(protocol[0], "websocket"):
		// RFC 9220 section 3 recommends 501 for a protocol that the server does not know.
		return refuse(http.StatusNotImplemented, ErrBadUpgrade, holds(r.Header, ":protocol")+`, want "websocket"`)
	}
	// Section 4: an extended CONNECT has an :authority.
	if r.Host == "" {
		return refuse(http.StatusBadRequest, ErrBadRequest, ":authority is missing")
	}
	// Section 4: it has a :path too. RFC 9113 section 8.3.1: a path is absolute, and "*" is for OPTIONS alone.
	if problem := pathProblem(r); problem != "" {
		return refuse(http.StatusBadRequest, ErrBadRequest, problem)
	}
	// Section 5: Connection and Upgrade are not used. RFC 9113 section 8.2.2: with them the request is malformed.
	for _, name := range [...]string{"Connection", "Upgrade"} {
		if len(r.Header.Values(name)) != 0 {
			return refuse(http.StatusBadRequest, ErrBadRequest, holds(r.Header, name)+", want no such field on HTTP/2")
		}
	}
	// Section 5: Sec-WebSocket-Version is used as in RFC 6455, where section 4.4 leaves the status open.
	if !version13(r) {
		return refuse(http.StatusBadRequest, ErrBadVersion,
			holds(r.Header, "Sec-WebSocket-Version")+`, want "13"`, "Sec-WebSocket-Version", "13")
	}
	// RFC 9110 section 9.3.6: a CONNECT request has no content. A length would end the stream after that many bytes.
	if r.ContentLength > 0 || len(r.Header.Values("Content-Length")) != 0 {
		return refuse(http.StatusBadRequest, ErrBadRequest, "request has content ("+framing(r)+"), want none")
	}
	return nil
}

// pathProblem says what is wrong with the path, or returns "" if it is absolute. Requests made for tests may have no URL.
func pathProblem(r *http.Request) string {
	if r.URL == nil || strings.HasPrefix(r.URL.Path, "/") || r.ProtoMajor == 1 && r.URL.Path == "" && r.URL.Host != "" {
		return ""
	}
	return `path does not begin with "/"`
}

// version13 reports whether Sec-WebSocket-Version is there once and is 13 (RFC 6455 sections 4.1 item 9 and 4.3).
func version13(r *http.Request) bool {
	v := r.Header.Values("Sec-WebSocket-Version")
	return len(v) == 1 && v[0] == "13"
}

// requestKey returns the Sec-WebSocket-Key, or what is wrong with it. There must be one (RFC 6455 section 11.3.1), and it
// must decode to 16 bytes (section 4.2.1 item 5). Stray bits in its last character are allowed: the example key of section
// 4.1 has some.
func requestKey(r *http.Request) (key, problem string) {
	values := r.Header.Values("Sec-WebSocket-Key")
	if len(values) != 1 {
		return "", count("Sec-WebSocket-Key", values) + ", want one key"
	}
	var nonce [18]byte // what 24 characters can hold
	if len(values[0]) == base64.StdEncoding.EncodedLen(16) {
		if n, err := base64.StdEncoding.Decode(nonce[:], []byte(values[0])); err == nil && n == 16 {
			return values[0], ""
		}
	}
	return "", "Sec-WebSocket-Key is not the base64 of 16 bytes"
}

// hasToken reports whether the list in a field has the token, without regard to case.
func hasToken(r *http.Request, name, token string) bool {
	return httpguts.HeaderValuesContainsToken(r.Header.Values(name), token)
}

// upgradeRequired returns a refusal with 426. It has to name the protocol to upgrade to (RFC 9110 sections 15.5.22 and
// 7.8), and by RFC 6455 section 4.4 the version.
func upgradeRequired(sentinel error, detail string) *HandshakeError {
	return refuse(http.StatusUpgradeRequired, sentinel, detail,
		"Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13")
}

// misconfigured returns a refusal that is the server's own fault. The reason is in Err, which is not meant for the client.
func misconfigured(err error) *HandshakeError {
	return refuse(http.StatusInternalServerError, err, "the server is misconfigured")
}

// refuse returns a HandshakeError of the server's side. Its Header has the names and values in fields.
func refuse(status int, sentinel error, detail string, fields ...string) *HandshakeError {
	header := make(http.Header, len(fields)/2)
	for i := 0; i+1 < len(fields); i += 2 {
		header.Set(fields[i], fields[i+1])
	}
	return &HandshakeError{Status: status, Header: header, Err: sentinel, Detail: detail, Server: true}
}

// holds says what a field holds, for Detail. It may be used for Upgrade, :protocol, Connection, Origin and those of
// Sec-WebSocket-* that hold no secret. A subprotocol may be one: some servers accept a token in its place.
func holds(h http.Header, name string) string {
	values := h.Values(name)
	switch len(values) {
	case 0:
		return name + " is missing"
	case 1:
		return name + " is " + quote(values[0])
	}
	return count(name, values) + ", first as " + quote(values[0])
}

// count says how often a field appears, for Detail.
func count(name string, values []string) string {
	if len(values) == 0 {
		return name + " is missing"
	}
	return name + " appears " + strconv.Itoa(len(values)) + " times"
}

// framing says how the length of the request's content is given.
func framing(r *http.Request) string {
	switch {
	case len(r.TransferEncoding) != 0:
		return "Transfer-Encoding"
	case r.ContentLength < 0:
		return "of unknown length"
	}
	return "Content-Length " + strconv.FormatInt(r.ContentLength, 10)
}

// quote returns s in quotes, cut to a length that can still be read in an error. The result is ASCII: a log or a terminal
// displays what was there and obeys none of it.
func quote(s string) string {
	const limit = 64
	if len(s) > limit {
		return strconv.QuoteToASCII(truncate(s, limit)) + "..."
	}
	return strconv.QuoteToASCII(s)
}
