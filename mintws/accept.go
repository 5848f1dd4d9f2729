package mintws

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/mintws/mintws/internal/badbyte"
)

// AcceptOptions is how [Accept] judges requests and how the WebSocket it returns behaves. The zero AcceptOptions is the
// default: no subprotocol, pages of the same origin only, the default limits.
type AcceptOptions struct {
	// Header holds further fields for the answer that opens the WebSocket, such as Set-Cookie. The fields of the handshake
	// itself and those that frame a message may not be among them, nor one field under two spellings. A refusal does not carry
	// them.
	Header http.Header
	// Subprotocols are those the server speaks, the preferred one first: the first that the client offered is chosen. Where
	// none was, the WebSocket opens without one, which a client may take or leave (RFC 6455 section 4.2.2, item 5).
	Subprotocols []string
	// Choose, if it is set, chooses instead of Subprotocols. It gets what the client offered, in the client's order of
	// preference, and returns one of these, or "" for none. It is not called where nothing was offered.
	Choose func(offered []string) string
	// AllowedOrigins are the origins whose pages may connect, such as "https://example.org" or "https://example.org:8443".
	// "https://*.example.org" is every host below that domain, with one label more or several, and not example.org itself.
	// Names may be in Unicode: browsers send them in ASCII, and they are converted. "*" is every origin, and "null" has to
	// be named to be allowed. What no page can have, such as a path or the scheme wss, is an error.
	//
	// If the list is empty the page has to come from the host and port that the request is for. A server behind a proxy that
	// ends TLS should have a list: it does not see whether the browser came by https, so that it also lets in the page that
	// somebody on the way put under the same name by http, and the proxy may have replaced the Host that the rule compares
	// with. The list replaces that rule; naming every origin also stops DNS rebinding.
	AllowedOrigins []string
	// CheckOrigin, if it is set, decides alone which requests are allowed, those without an Origin included. Its error
	// refuses the request with 403 and is wrapped in the HandshakeError; the client does not get to see it. It must not
	// modify the request.
	CheckOrigin func(r *http.Request) error

	// Extensions are those the server agrees to, where a client offers them (RFC 6455 section 9.1). Each is asked about
	// every offer, in this order, and the first that agrees wins; several may have the same name.
	Extensions []Extension

	// Limits bounds received messages.
	Limits Limits
	// Delivery chooses whole messages, fragments, or payload as it arrives.
	Delivery Delivery
	// SkipUTF8 turns off the validation of text in both directions. Close reasons are always validated.
	SkipUTF8 bool
}

// Accept is the server's side of the opening handshake: it validates a request for a WebSocket, made with an upgrade of
// HTTP/1.1 (RFC 6455 section 4.2) or with an extended CONNECT of HTTP/2 (RFC 8441 section 5), and returns the open WebSocket
// in the server's role together with the status and the header fields of the answer, which the caller sends: package wshttp
// does on net/http. Accept is pure: it reads nothing but r's fields, and changes nothing.
//
// An extended CONNECT is a CONNECT request with ProtoMajor 2 or higher and a ":protocol" among its fields, which is how
// net/http shows it.
//
// On failure the WebSocket is the zero value and the error a [*HandshakeError] with Server set; status and header are those
// of the answer that refuses the request:
//
//   - 400: a field or the path is missing or wrong, or there is content, which would be taken for frames.
//   - 403: the origin is not allowed.
//   - 405: the method is not GET, or CONNECT on HTTP/2. Allow says so.
//   - 426: HTTP/1.1 without an upgrade to websocket, or for another version than 13, or HTTP/1.0, which cannot upgrade.
//   - 500: an option cannot be used, or Choose returned what was not offered.
//   - 501: the extended CONNECT is for another protocol.
//
// Offers of extensions that none of opt.Extensions agrees to are not answered (RFC 6455 section 9.1).
func Accept(r *http.Request, opt AcceptOptions) (WebSocket, int, http.Header, error) {
	ws, status, header, refusal := accept(r, opt)
	if refusal != nil {
		return WebSocket{}, refusal.Status, refusal.Header, refusal
	}
	return ws, status, header, nil
}

// IsUpgrade reports whether r wants to be a WebSocket, correctly or not: for servers that answer plain requests for the same
// address with something else. Requests that are broken, and those that a proxy has robbed of Upgrade and Connection, have
// IsUpgrade true, so that [Accept] tells what is wrong with them.
func IsUpgrade(r *http.Request) bool {
	if r.ProtoMajor >= 2 {
		protocol := r.Header.Values(":protocol")
		return r.Method == http.MethodConnect && len(protocol) != 0 && strings.EqualFold(protocol[0], "websocket")
	}
	return hasToken(r, "Upgrade", "websocket") || len(r.Header.Values("Sec-WebSocket-Key")) != 0
}

// accept is Accept with a typed error, so that no nil *HandshakeError gets into an error.
func accept(r *http.Request, opt AcceptOptions) (ws WebSocket, status int, header http.Header, refusal *HandshakeError) {
	if err := opt.Check(); err != nil {
		return ws, 0, nil, misconfigured(err)
	}
	check, status := checkUpgrade, http.StatusSwitchingProtocols
	if r.ProtoMajor >= 2 {
		check, status = checkConnect, http.StatusOK // RFC 8441 section 5: a 2xx response
	}
	if refusal = check(r); refusal != nil {
		return ws, 0, nil, refusal
	}
	if refusal = checkOrigin(r, opt); refusal != nil {
		return ws, 0, nil, refusal
	}
	subprotocol, refusal := chooseSubprotocol(r, opt)
	if refusal != nil {
		return ws, 0, nil, refusal
	}

	offers, refusal := offeredExtensions(r)
	if refusal != nil {
		return ws, 0, nil, refusal
	}
	cfg, err := newConfig(Server, opt.options())
	if err != nil {
		return ws, 0, nil, misconfigured(err)
	}
	cfg.subprotocol = subprotocol
	cfg.choose(opt.Extensions, offers)
	header = make(http.Header, len(opt.Header)+4)
	for name, values := range opt.Header {
		for _, v := range values {
			header.Add(name, v)
		}
	}
	if status == http.StatusSwitchingProtocols {
		header.Set("Upgrade", "websocket")  // RFC 6455 section 4.2.2, item 5.2
		header.Set("Connection", "Upgrade") // item 5.3
	}
	// Item 5.4. On HTTP/2 the key has no meaning (RFC 8441 section 5), but a client that sends one may look for its answer.
	if key, problem := requestKey(r); problem == "" {
		header.Set("Sec-WebSocket-Accept", AcceptKey(key))
	}
	if subprotocol != "" {
		header.Set("Sec-WebSocket-Protocol", subprotocol) // item 5.5
	}
	if len(cfg.extensions) > 0 {
		header.Set("Sec-WebSocket-Extensions", strings.Join(cfg.extensions, ", ")) // item 5.6
	}
	return WebSocket{cfg: cfg.shared(), state: Open}, status, header, nil
}

// Check reports which option cannot be used, with an error that wraps [ErrInvalidOptions]. Accept does so for every
// request and answers 500; a server that calls Check when it starts finds out in time.
func (opt AcceptOptions) Check() error {
	if err := checkSpellings(opt.Header); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(opt.Header)) { // sorted, so that the same fault is found first
		values := opt.Header[name]
		if fault := badbyte.InToken(name); fault != "" {
			return fmt.Errorf("%w: Header: a name %s", ErrInvalidOptions, fault)
		}
		if ownField(http.CanonicalHeaderKey(name)) {
			return fmt.Errorf("%w: Header: %s belongs to the handshake", ErrInvalidOptions, quote(name))
		}
		for _, v := range values {
			if fault := badbyte.InValue(v); fault != "" {
				return fmt.Errorf("%w: Header: value of %s %s", ErrInvalidOptions, quote(name), fault)
			}
		}
	}
	for i, s := range opt.Subprotocols {
		if fault := badbyte.InToken(s); fault != "" {
			return fmt.Errorf("%w: Subprotocols[%d] %s, want a token", ErrInvalidOptions, i, fault)
		}
	}
	for i, s := range opt.AllowedOrigins { // the text is not in the error: there may be a password in it
		if _, problem := parsePattern(s); problem != "" && s != "*" && s != "null" {
			return fmt.Errorf("%w: AllowedOrigins[%d] can match no page: %s", ErrInvalidOptions, i, problem)
		}
	}
	if err := checkEntries(opt.Extensions); err != nil {
		return err
	}
	_, err := newConfig(Server, opt.options())
	return err
}

// options are those that concern the messages.
func (opt AcceptOptions) options() Options {
	return Options{Limits: opt.Limits, Delivery: opt.Delivery, SkipUTF8: opt.SkipUTF8}
}

// ownField reports whether the field is Accept's own to set or decides where the message ends. Name is canonical.
func ownField(name string) bool {
	switch name {
	case "Upgrade", "Connection", "Sec-Websocket-Accept", "Sec-Websocket-Protocol", "Sec-Websocket-Extensions",
		"Sec-Websocket-Version", "Sec-Websocket-Key":
		return true
	case "Content-Length", "Transfer-Encoding", "Trailer", "Te", "Keep-Alive", "Proxy-Connection":
		return true // neither a 101 nor a 2xx to CONNECT has content: RFC 9110 sections 8.6 and 9.3.6, RFC 9112 section 6.1
	}
	return false
}
