package mintws

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// checkOrigin refuses pages of foreign origins, which browsers let open a WebSocket anywhere, with the user's cookies
// (RFC 6455 sections 4.2.2 item 4 and 10.2). A request without Origin does not come from a page.
func checkOrigin(r *http.Request, opt AcceptOptions) *HandshakeError {
	if opt.CheckOrigin != nil {
		if err := opt.CheckOrigin(r); err != nil {
			return refuse(http.StatusForbidden, fmt.Errorf("%w (%w)", ErrBadOrigin, err), holds(r.Header, "Origin"))
		}
		return nil
	}
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		return nil
	}
	if len(opt.AllowedOrigins) != 0 {
		if !originListed(values, opt.AllowedOrigins) {
			return refuse(http.StatusForbidden, ErrBadOrigin, holds(r.Header, "Origin")+", which is not one of those allowed")
		}
		return nil
	}
	if o, ok := parseOrigin(values[0]); len(values) != 1 || !ok || !o.serves(r) {
		return refuse(http.StatusForbidden, ErrBadOrigin, holds(r.Header, "Origin")+", want that of "+quote(r.Host))
	}
	return nil
}

// originListed reports whether the one origin of a request is in the list.
func originListed(values, allowed []string) bool {
	for _, a := range allowed {
		if a == "*" {
			return true
		}
		if len(values) != 1 { // RFC 6454 section 7.3: a browser sends one at most
			continue
		}
		o, ok := parseOrigin(values[0])
		want, wantOK := parseOrigin(a)
		if a == "null" && values[0] == "null" || ok && wantOK && o == want {
			return true
		}
	}
	return false
}

// origin is a scheme, a host and a port (RFC 6454 section 4), in lower case, the port never empty if the scheme has a
// default.
type origin struct{ scheme, host, port string }

// parseOrigin reads what RFC 6454 section 6.2 serializes: scheme, host and maybe a port, nothing after them.
func parseOrigin(s string) (origin, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Hostname() == "" || u.User != nil || !strings.EqualFold(u.Scheme+"://"+u.Host, s) {
		return origin{}, false
	}
	o := origin{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname()), port: u.Port()}
	if o.port == "" {
		o.port = defaultPort(o.scheme)
	}
	return o, true
}

// serves reports whether o is the origin that r is for. Behind a proxy that ends TLS a server does not know the scheme
// that the browser sees, so https is taken on a connection without TLS. The reverse is not: anybody on the way can forge
// an http page.
func (o origin) serves(r *http.Request) bool {
	if o.scheme != "https" && (o.scheme != "http" || r.TLS != nil) {
		return false
	}
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(r.Host, "["), "]"), ""
	}
	if port == "" {
		port = defaultPort(o.scheme)
	}
	return strings.EqualFold(host, o.host) && port == o.port
}

// defaultPort returns the port that a serialized origin or a Host leaves out.
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	}
	return ""
}
