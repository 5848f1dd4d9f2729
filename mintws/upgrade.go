package mintws

import (
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/badbyte"
	"github.com/mintws/mintws/internal/target"
)

// Upgrade asks c to start a WebSocket at url (RFC 6455 section 3): GET with Upgrade on HTTP/1.1, extended CONNECT on
// HTTP/2 (RFC 8441). It appends the request to out.Send and returns the next Conn and the WebSocket in state Connecting.
// The answer comes as an event on [WebSocket.StreamID]: pass it to [Receive], or its status and header to
// [WebSocket.JudgeAnswer].
//
// The URL's scheme is ws or wss; http and https mean the same here, as in browsers. (To httpdial.Dial they do not: only for
// ws and wss it makes sure that a connection over HTTP/2 can carry a WebSocket.) What RFC 3986 does not allow in path and
// query is percent-encoded, such as a space, a quotation mark, a letter that is not ASCII or a "%" that starts no escape.
// Control characters and fragments are refused.
//
// The URL's userinfo becomes basic authentication, unless opt.Header has an Authorization. The scheme says nothing about c,
// which is the connection that the caller has made.
//
// With an error, c is returned unchanged and nothing was appended. The error wraps [ErrInvalidOptions] and says what is
// wrong with url or opt, or it is what [httpconn.Conn.Request] or opt.Rand returned. On HTTP/2 that is [ErrSettingsPending]
// before the server's SETTINGS have come, and [ErrExtendedConnectDisabled] if they do not allow WebSockets.
func Upgrade(c httpconn.Conn, out *httpconn.Output, url string, opt Options) (httpconn.Conn, WebSocket, error) {
	r, credentials, err := parseTarget(url)
	if err != nil {
		return c, WebSocket{}, err
	}
	cfg, err := newConfig(Client, opt)
	if err != nil {
		return c, WebSocket{}, err
	}
	cfg.version = c.Version()
	own, err := handshakeFields(credentials, opt)
	if err != nil {
		return c, WebSocket{}, err
	}
	if opt.Authority != "" {
		if !httpguts.ValidHostHeader(opt.Authority) {
			return c, WebSocket{}, fmt.Errorf("%w: Authority is not a host, with or without a port", ErrInvalidOptions)
		}
		r.Authority = opt.Authority
	}
	if cfg.version == httpconn.HTTP2 {
		r.Protocol = "websocket" // RFC 8441 section 5
	} else {
		var key string
		if key, err = handshakeKey(opt.Rand); err != nil {
			return c, WebSocket{}, err
		}
		// RFC 6455 section 4.1, items 5 to 7.
		own.set("Upgrade", "websocket")
		own.set("Connection", "Upgrade")
		own.set("Sec-WebSocket-Key", key)
		cfg.accept = AcceptKey(key)
	}
	offers, err := offerExtensions(opt.Extensions)
	if err != nil {
		return c, WebSocket{}, err
	}
	if offers != "" {
		own.set("Sec-WebSocket-Extensions", offers)
	}
	cfg.asked = append([]Extension(nil), opt.Extensions...)
	own.set("Sec-WebSocket-Version", "13") // item 9
	maps.Copy(own.header, opt.Header)      // spelled as they are
	r.Header = own.header
	r.LowerCaseNames, r.Tag = opt.LowerCaseNames, opt.Tag
	cfg.offered = append([]string(nil), opt.Subprotocols...)
	next, id, err := c.Request(out, r)
	if err != nil {
		return c, WebSocket{}, err
	}
	return next, WebSocket{cfg: cfg, state: Connecting, id: id}, nil
}

// parseTarget returns the request for a URL (RFC 6455 section 3), and the Authorization that its userinfo makes, if it has any.
func parseTarget(rawURL string) (r httpconn.Request, credentials string, err error) {
	t, err := target.Parse(rawURL)
	if err != nil {
		return r, "", fmt.Errorf("%w: target: %w", ErrInvalidOptions, err)
	}
	if strings.Contains(rawURL, "#") { // section 3, which says it of ws and wss
		return r, "", fmt.Errorf("%w: target: the URL of a WebSocket has no fragment", ErrInvalidOptions)
	}
	r.Scheme = "http"
	if t.Secure {
		r.Scheme = "https"
	}
	r.Authority = t.HostField() // section 4.1, item 4
	if !httpguts.ValidHostHeader(r.Authority) {
		return r, "", fmt.Errorf("%w: target has host %q", ErrInvalidOptions, t.Host)
	}
	r.Path = t.URL.RequestURI() // section 3: path and query; "/" if the path is empty
	if t.URL.User != nil {
		if credentials, err = target.Basic(t.URL.User); err != nil {
			return r, "", fmt.Errorf("%w: target: %w", ErrInvalidOptions, err)
		}
	}
	return r, credentials, nil
}

// ourFields are the fields of the upgrade request that are ours.
type ourFields struct {
	header http.Header
	values []string // all of them, as each field has one
	lower  bool     // names are spelled in lower case
}

func (o *ourFields) set(name, value string) {
	if o.lower {
		name = strings.ToLower(name)
	}
	o.values = append(o.values, value)
	n := len(o.values)
	o.header[name] = o.values[n-1 : n : n]
}

// handshakeFields returns those of our fields that depend on the caller: credentials, from the target, and those that opt asks
// for. It checks opt.Header.
func handshakeFields(credentials string, opt Options) (ourFields, error) {
	const most = 8 // that are ours
	own := ourFields{header: make(http.Header, max(most, most/2+len(opt.Header))), values: make([]string, 0, most), lower: opt.LowerCaseNames}
	if err := checkSpellings(opt.Header); err != nil {
		return own, err
	}
	for _, name := range sortedNames(opt.Header) { // so that the same fault is found first
		switch canonical := http.CanonicalHeaderKey(name); canonical {
		case "Host", "Upgrade", "Connection", "Origin", "Content-Length", "Transfer-Encoding", "Sec-Websocket-Key",
			"Sec-Websocket-Version", "Sec-Websocket-Protocol", "Sec-Websocket-Extensions", "Sec-Websocket-Accept":
			return own, fmt.Errorf("%w: Header has %s, which the handshake sets", ErrInvalidOptions, name)
		case "Authorization":
			credentials = ""
		}
	}
	if credentials != "" {
		own.set("Authorization", credentials)
	}
	if opt.Origin != "" {
		own.set("Origin", opt.Origin)
	}
	if len(opt.Subprotocols) > 0 { // RFC 6455 section 4.1, item 10: tokens, each once
		if err := checkSubprotocols(opt.Subprotocols); err != nil {
			return own, err
		}
		own.set("Sec-WebSocket-Protocol", strings.Join(opt.Subprotocols, ", "))
	}
	return own, nil
}

// sortedNames returns the names of the fields in h.
func sortedNames(h http.Header) []string {
	if len(h) == 0 { // as with most: iterating costs two allocations
		return nil
	}
	return slices.Sorted(maps.Keys(h))
}

// checkSpellings reports a field that is in h under two spellings. Which of them counts, or comes first, would depend on
// the order of a map.
func checkSpellings(h http.Header) error {
	if len(h) < 2 {
		return nil
	}
	spelled := make(map[string]string, len(h))
	for _, name := range sortedNames(h) {
		canonical := http.CanonicalHeaderKey(name)
		if other, twice := spelled[canonical]; twice {
			return fmt.Errorf("%w: Header has %s and %s, which are the same field", ErrInvalidOptions, other, name)
		}
		spelled[canonical] = name
	}
	return nil
}

// checkSubprotocols names the one at fault by its index, since it may be a secret, such as a token in place of a password.
func checkSubprotocols(names []string) error {
	first := make(map[string]int, len(names))
	for i, s := range names {
		if fault := badbyte.InToken(s); fault != "" {
			return fmt.Errorf("%w: Subprotocols[%d] %s, want a token", ErrInvalidOptions, i, fault)
		}
		if j, twice := first[s]; twice {
			return fmt.Errorf("%w: Subprotocols[%d] and Subprotocols[%d] are the same", ErrInvalidOptions, j, i)
		}
		first[s] = i
	}
	return nil
}

// handshakeKey returns 16 fresh random bytes in base64 (RFC 6455 section 4.1, item 7).
func handshakeKey(r io.Reader) (string, error) {
	var nonce [16]byte
	var err error
	if r == nil {
		_, err = rand.Read(nonce[:])
	} else {
		b := make([]byte, len(nonce)) // on the heap, as the reader may keep it
		_, err = io.ReadFull(r, b)
		copy(nonce[:], b)
	}
	if err != nil {
		return "", err
	}
	return toBase64(nonce[:]), nil
}
