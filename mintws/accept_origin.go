package mintws

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// checkOrigin refuses pages of foreign origins. Browsers let any page open a WebSocket to any server, with the user's
// cookies (RFC 6455 sections 4.2.2 item 4 and 10.2). A request without Origin does not come from a page.
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
		return refuse(http.StatusForbidden, ErrBadOrigin, holds(r.Header, "Origin")+", want that of "+quote(withoutUserinfo(r.Host)))
	}
	return nil
}

// withoutUserinfo returns what of a Host an error may contain. net/http accepts "user:password@host".
func withoutUserinfo(host string) string { return host[strings.LastIndexByte(host, '@')+1:] }

// originListed reports whether the only origin of a request is in the list.
func originListed(values, allowed []string) bool {
	var o origin
	one := len(values) == 1 // RFC 6454 section 7.3: a browser sends one at most
	ok := false
	if one {
		o, ok = parseOrigin(values[0])
	}
	for _, a := range allowed {
		switch {
		case a == "*":
			return true
		case a == "null":
			if one && values[0] == a {
				return true
			}
		case ok:
			if p, problem := parsePattern(a); problem == "" && p.matches(o) {
				return true
			}
		}
	}
	return false
}

// origin is a scheme, a host and a port (RFC 6454 section 4). All are in lower case, an IP address is in its shortest form,
// and the port is not empty if the scheme has a default.
type origin struct{ scheme, host, port string }

// parseOrigin parses what RFC 6454 section 6.2 serializes: a scheme, a host and perhaps a port, with nothing after them.
func parseOrigin(s string) (origin, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Hostname() == "" || u.User != nil || !strings.EqualFold(u.Scheme+"://"+u.Host, s) {
		return origin{}, false
	}
	o := origin{scheme: strings.ToLower(u.Scheme), host: canonicalHost(u.Hostname()), port: u.Port()}
	switch n, portErr := strconv.ParseUint(o.port, 10, 16); {
	case o.port == "":
		o.port = defaultPort(o.scheme)
		return o, !strings.HasSuffix(u.Host, ":")
	case portErr != nil || n == 0:
		return origin{}, false
	default:
		o.port = strconv.FormatUint(n, 10)
	}
	return o, true
}

// canonicalHost returns host in a form that can be compared.
func canonicalHost(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String()
	}
	return strings.ToLower(host)
}

// serves reports whether o is the origin that r is for. A server behind a proxy that ends TLS does not know which scheme
// the browser used, so https is accepted on a connection without TLS. The reverse is not: anybody on the way can forge an
// http page.
func (o origin) serves(r *http.Request) bool {
	if o.scheme != "https" && (o.scheme != "http" || r.TLS != nil) {
		return false
	}
	to := url.URL{Host: r.Host}
	return canonicalHost(to.Hostname()) == o.host && cmp.Or(to.Port(), defaultPort(o.scheme)) == o.port
}

// defaultPort returns the port that a serialized origin or a Host omits.
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	}
	return ""
}
