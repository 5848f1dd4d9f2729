package session

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/mintws/mintws/internal/target"
	"github.com/mintws/mintws/mintws"
)

// Refusal says that the server, or a proxy in front of it, refused the WebSocket: the handshake's error, with the beginning
// of the content that came with it. Status and Header are those of the answer.
type Refusal struct {
	*mintws.HandshakeError
	// Body is the beginning of the content, 1 KiB at most. It is read-only.
	Body []byte
	// Reusable says that the connection can be asked again, with [Session.Again].
	Reusable bool
}

// Unwrap returns the mintws.HandshakeError.
func (r *Refusal) Unwrap() error { return r.HandshakeError }

// Location returns the URL that the server redirects to (RFC 9110 section 15.4), made absolute with that of the request, as one of
// ws or wss and without userinfo of its own. same says that it is on the same server, so that [Session.Again] can ask there, and
// credentials may go there too. The URL is "" if r is no redirect, if the Location cannot be used, or if it would give up TLS. How
// many redirects to follow is for the caller to say.
func (r *Refusal) Location(request string) (location string, same bool) {
	switch r.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return "", false
	}
	fields := r.Header["Location"]
	from, err := target.Parse(request)
	if err != nil || len(fields) != 1 {
		return "", false
	}
	ref, err := url.Parse(fields[0])
	if err != nil {
		return "", false
	}
	u := from.URL.ResolveReference(ref)
	u.Fragment, u.RawFragment = "", "" // RFC 6455 section 3: a WebSocket's URL has none
	if ref.Host != "" {
		u.User = nil
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	}
	to, err := target.Parse(u.String())
	if err != nil || from.Secure && !to.Secure {
		return "", false
	}
	return to.URL.String(), to.Secure == from.Secure && strings.EqualFold(to.Address(), from.Address())
}

const (
	maxBody    = 1 << 10  // of a Refusal: enough to tell a token that has expired from a page of a proxy
	maxContent = 64 << 10 // what is read of a refusal so that the connection can be used again; a new one costs about as much
)
