package mintws

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/mintws/mintws/internal/badbyte"
)

// AcceptOptions says how [Accept] judges requests, and how the WebSocket that it returns behaves. The zero AcceptOptions is
// the default: no subprotocol, pages of the same origin only, the default limits.
type AcceptOptions struct {
	// Header holds further fields for the answer that opens the WebSocket, such as Set-Cookie. It may hold neither the
	// fields of the handshake itself nor those that frame a message, nor one field under two spellings. A refusal does not
	// carry its fields.
	Header http.Header
	// Subprotocols are those that the server speaks, in order of preference: the first one that the client offered is
	// chosen. If the client offered none of them, the WebSocket opens without a subprotocol, and the client decides whether
	// to go on (RFC 6455 section 4.2.2, item 5).
	Subprotocols []string
	// Choose, if set, chooses instead of Subprotocols. It is given what the client offered, in the client's order of
	// preference, and returns one of these, or "" for none. It is not called if the client offered nothing.
	Choose func(offered []string) string
	// AllowedOrigins are the origins whose pages may connect, such as "https://example.org" or "https://example.org:8443".
	// "https://*.example.org" stands for every host below that domain, at any depth, and not for example.org itself. Names
	// may be in Unicode; they are converted to ASCII, which is what browsers send. "*" stands for every origin, and for
	// "null" too, which otherwise has to be listed. What no page can have as its origin, such as a URL with a path or with
	// the scheme wss, is an error.
	//
	// If the list is empty, the page has to come from the host and port that the request is for. A server behind a proxy
	// that ends TLS should have a list, for two reasons. It does not see whether the browser came by https, so it also lets
	// in a page that somebody on the way has put under the same name by http. And the proxy may have replaced the Host that
	// the rule compares with. A list takes the place of that rule; one that names every origin also stops DNS rebinding.
	AllowedOrigins []string
	// CheckOrigin, if set, decides alone which requests are allowed, those without an Origin included. Its error refuses the
	// request with 403 and is wrapped in the HandshakeError, but not sent to the client. It must not modify the request.
	CheckOrigin func(r *http.Request) error

	// Extensions are those that the server agrees to if a client offers them (RFC 6455 section 9.1). For each offer they are
	// asked in this order, and the first that agrees wins. Several may have the same name.
	Extensions []Extension

	// Limits bounds received messages.
	Limits Limits
	// Delivery chooses whole messages, fragments, or payload as it arrives.
	Delivery Delivery
	// SkipUTF8 turns off the validation of text in both directions. Close reasons are always validated.
	SkipUTF8 bool
	// ManualReply keeps [WebSocket.AppendReceive] from answering: the server sends what [WebSocket.Reply] gives for a Ping or
	// Close, and what [CloseFrame] gives for an error. That way it can answer messages that came in one read with a Close.
	ManualReply bool
}

// Accept is the server's side of the opening handshake. It validates a request for a WebSocket, which is an upgrade on
// HTTP/1.1 (RFC 6455 section 4.2) or an extended CONNECT on HTTP/2 (RFC 8441 section 5). It returns the open WebSocket in the
// server's role, and the status and the header fields of the answer. The caller sends these; package wshttp does so on
// net/http, and package handshake on bytes. Accept is pure: it reads nothing but r's fields, and changes nothing.
//
// An extended CONNECT is a CONNECT request with ProtoMajor 2 or higher and a ":protocol" among its fields. That is how
// net/http represents it.
//
// On failure the WebSocket is the zero value, and the error is a [*HandshakeError] with Server set. Status and header are those
// of the answer that refuses the request:
//
//   - 400: a field or the path is missing or wrong, or there is content, which would be taken for frames.
//   - 403: the origin is not allowed.
//   - 405: the method is not GET, or on HTTP/2 not CONNECT. The field Allow names the right one.
//   - 426: the request does not ask for an upgrade to websocket, or asks for a version other than 13, or is HTTP/1.0, which
//     cannot upgrade.
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

// IsUpgrade reports whether r asks for a WebSocket, correctly or not. It is for servers that answer other requests for the
// same address with something else. It is true of requests that are broken, and of those that a proxy has robbed of Upgrade
// and Connection, so that [Accept] can say what is wrong with them.
func IsUpgrade(r *http.Request) bool {
	if r.ProtoMajor >= 2 {
		protocol := r.Header.Values(":protocol")
		return r.Method == http.MethodConnect && len(protocol) != 0 && strings.EqualFold(protocol[0], "websocket")
	}
	return hasToken(r, "Upgrade", "websocket") || len(r.Header.Values("Sec-WebSocket-Key")) != 0
}

// accept is Accept with a typed error. Accept converts it, so that no nil *HandshakeError becomes an error that is not nil.
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

// Check reports which option cannot be used, with an error that wraps [ErrInvalidOptions]. Accept checks the options for
// every request, and answers 500 if one is wrong. A server that calls Check when it starts finds out before any client
// does.
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

// options returns the options that concern messages.
func (opt AcceptOptions) options() Options {
	return Options{Limits: opt.Limits, Delivery: opt.Delivery, SkipUTF8: opt.SkipUTF8, ManualReply: opt.ManualReply}
}

// ownField reports whether a field is one that Accept itself sets, or that decides where a message ends. name is canonical.
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
