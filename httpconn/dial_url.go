package httpconn

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// target is what Dial needs of a URL.
type target struct {
	url    *url.URL
	scheme string
	secure bool   // wss or https: TLS
	host   string // ASCII, no brackets; an IPv6 address may have a zone
	port   string // as in the URL, "" if it has none or an empty one
}

// parseTarget reads the URL of a server. Its errors wrap ErrInvalidURL and show nothing of the URL that may be secret.
func parseTarget(rawURL string) (target, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return target{}, invalidURL("it cannot be parsed%s", parseDetail(rawURL, err))
	}
	t := target{url: u, scheme: u.Scheme}
	switch u.Scheme {
	case "ws", "wss":
		// RFC 6455 section 3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be
		// used on these URIs." An empty one counts: a "#" that starts no fragment must be written %23.
		if strings.Contains(rawURL, "#") {
			return target{}, invalidURL("a %s URL has no fragment", u.Scheme)
		}
	case "http", "https":
	case "":
		return target{}, invalidURL("no scheme, want ws, wss, http or https")
	default:
		return target{}, invalidURL("scheme %q, want ws, wss, http or https", u.Scheme)
	}
	t.secure = u.Scheme == "wss" || u.Scheme == "https"
	t.host, t.port, err = hostPort(u)
	return t, err
}

// hostPort returns the ASCII host and the port of u, "" if it has none.
func hostPort(u *url.URL) (host, port string, err error) {
	host = u.Hostname()
	if host == "" {
		return "", "", invalidURL("no host")
	}
	switch {
	case strings.Contains(host, ":"): // only an IPv6 address has one
		if _, err = netip.ParseAddr(host); err != nil || u.Host[0] != '[' {
			return "", "", invalidURL("host %q is neither a name nor an IPv6 address in brackets", host)
		}
	case !isASCII(host):
		// The lookup profile folds case and width first, as browsers do: without that "Ü" and "ü" are different hosts.
		ascii, convErr := idna.Lookup.ToASCII(host)
		if convErr != nil {
			return "", "", invalidURL("host %q: %v", host, convErr)
		}
		host = ascii
	}
	if port = u.Port(); port == "" {
		return host, "", nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", "", invalidURL("port %s is not between 1 and 65535", port)
	}
	return host, strconv.FormatUint(n, 10), nil
}

// String is the scheme and authority of t alone.
func (t target) String() string { return t.scheme + "://" + authority(t.host, t.port) }

// address is where to connect to, with a port always.
func (t target) address() string {
	port := t.port
	if port == "" {
		port = "80"
		if t.secure {
			port = "443"
		}
	}
	return net.JoinHostPort(t.host, port)
}

// remote is the address as a proxy is told it. A zone means something on this machine only (RFC 6874 section 1).
func (t target) remote() string {
	t.host = withoutZone(t.host)
	return t.address()
}

// plain is t's URL with the scheme of HTTP and without userinfo, for the function that selects the proxy.
func (t target) plain() *url.URL {
	u := *t.url
	u.Scheme = "http"
	if t.secure {
		u.Scheme = "https"
	}
	u.Host = authority(withoutZone(t.host), t.port)
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return &u
}

// authority joins host and port, leaving out a port that is empty.
func authority(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func withoutZone(host string) string {
	if ip, _, ok := strings.Cut(host, "%"); ok && strings.Contains(ip, ":") {
		return ip
	}
	return host
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func invalidURL(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidURL, fmt.Sprintf(format, args...))
}

// parseDetail is what url.Parse found, unless the URL has userinfo, of which it could quote a part.
func parseDetail(rawURL string, err error) string {
	if e, ok := err.(*url.Error); ok && !strings.Contains(rawURL, "@") {
		return ": " + e.Err.Error()
	}
	return ""
}
