package mintws

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/mintws/mintws/httpconn"
)

// JudgeAnswer checks the head of the server's final response to the upgrade request (RFC 6455 section 4.1, "Once the
// client's opening handshake has been sent") and returns the WebSocket that it opens.
//
// If it opens none, the error is a *[HandshakeError] with status and header, and the WebSocket returned is Failed. A
// response whose status is not 101 (on HTTP/2, not 2xx) is an ordinary one: its content follows, and the connection remains
// usable. Otherwise the stream does not carry HTTP any more and has to be cancelled, which [Receive] does.
// [ErrNotConnecting] is the only other error.
func (ws WebSocket) JudgeAnswer(status int, header http.Header) (WebSocket, error) {
	if ws.state != Connecting {
		return ws, ErrNotConnecting
	}
	cfg := *ws.cfg
	if err := cfg.checkAnswer(status, header); err != nil {
		ws.state, ws.fail = Failed, cause(err)
		return ws, err
	}
	cfg.accept, cfg.offered, cfg.asked = "", nil, nil
	ws.cfg, ws.state = cfg.shared(), Open
	return ws, nil
}

// checkAnswer checks the response, and records in c what the server chose. c belongs to the caller.
func (c *config) checkAnswer(status int, header http.Header) error {
	bad := func(sentinel error, format string, args ...any) error {
		return &HandshakeError{Status: status, Header: header, Err: sentinel, Detail: fmt.Sprintf(format, args...)}
	}
	if c.version == httpconn.HTTP2 { // RFC 8441 section 5: HTTP/2 itself does the rest of the handshake
		if status < 200 || status > 299 {
			return bad(ErrBadStatus, "status %d, want 2xx", status)
		}
		return c.checkNegotiated(header, bad)
	}
	if status != http.StatusSwitchingProtocols { // RFC 6455 section 4.1, item 1
		return bad(ErrBadStatus, "status %d, want 101", status)
	}
	if v := header.Values("Upgrade"); !onlyToken(v, "websocket") { // item 2
		return bad(ErrBadUpgrade, "%s, want websocket", holds(header, "Upgrade"))
	}
	if v := header.Values("Connection"); !httpguts.HeaderValuesContainsToken(v, "upgrade") { // item 3
		return bad(ErrBadUpgrade, "%s, want one that contains upgrade", holds(header, "Connection"))
	}
	if v := header["Sec-Websocket-Accept"]; len(v) != 1 || v[0] != c.accept { // item 4; section 11.3.3: at most once
		return bad(ErrBadAccept, "%s, want %q", holds(header, "Sec-WebSocket-Accept"), c.accept)
	}
	return c.checkNegotiated(header, bad)
}

// checkNegotiated checks what the server chose from our offers.
func (c *config) checkNegotiated(header http.Header, bad func(error, string, ...any) error) error {
	if v := header["Sec-Websocket-Extensions"]; len(v) != 0 { // item 5
		if err := c.agree(v); err != nil {
			return bad(ErrBadExtension, "%s: %v", holds(header, "Sec-WebSocket-Extensions"), err)
		}
	}
	if v := header["Sec-Websocket-Protocol"]; len(v) > 1 || len(v) == 1 && !slices.Contains(c.offered, v[0]) { // item 6
		problem := "Sec-WebSocket-Protocol is not one of those offered"
		if len(v) > 1 {
			problem = count("Sec-WebSocket-Protocol", v) + ", want at most one"
		}
		return bad(ErrBadSubprotocol, "%s", problem) // not by its name, which may be a secret: see checkSubprotocols
	}
	c.subprotocol = header.Get("Sec-Websocket-Protocol")
	return nil
}

// onlyToken reports whether the list in values has token, in any case, and no other element.
func onlyToken(values []string, token string) bool {
	found := false
	for _, v := range values {
		for e := range strings.SplitSeq(v, ",") {
			switch e = strings.Trim(e, " \t"); {
			case e == "": // RFC 9110 section 5.6.1: empty elements are ignored
			case strings.EqualFold(e, token):
				found = true
			default:
				return false
			}
		}
	}
	return found
}

// failsStream reports whether err leaves a stream that is neither a WebSocket nor HTTP any more.
func failsStream(err *HandshakeError, v httpconn.Version) bool {
	if v == httpconn.HTTP1 {
		return err.Status == http.StatusSwitchingProtocols
	}
	return err.Status >= 200 && err.Status <= 299
}
