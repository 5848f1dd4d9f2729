// Package target reads the URL of a server, for the dialer and for the WebSocket handshake alike, so that what is dialed and
// what the Host field says are the same.
package target

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Target is what is needed of a URL.
type Target struct {
	URL    *url.URL
	Scheme string // ws, wss, http or https
	Secure bool   // wss or https: TLS
	Host   string // ASCII, no brackets; an IPv6 address may have a zone
	Port   string // as in the URL but without leading zeros, "" if it has none or an empty one
}

// Parse reads the URL of a server. Its errors show nothing of the URL that may be secret.
func Parse(rawURL string) (Target, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return Target{}, fmt.Errorf("it cannot be parsed%s", parseDetail(rawURL, err))
	}
	t := Target{URL: u, Scheme: u.Scheme}
	switch u.Scheme {
	case "ws", "wss":
		// RFC 6455 section 3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be
		// used on these URIs." An empty one counts: a "#" that starts no fragment must be written %23.
		if strings.Contains(rawURL, "#") {
			return Target{}, fmt.Errorf("a %s URL has no fragment", u.Scheme)
		}
	case "http", "https":
	case "":
		return Target{}, fmt.Errorf("no scheme, want ws, wss, http or https")
	default:
		return Target{}, fmt.Errorf("scheme %q, want ws, wss, http or https", u.Scheme)
	}
	t.Secure = u.Scheme == "wss" || u.Scheme == "https"
	t.Host, t.Port, err = HostPort(u)
	return t, err
}

// HostPort returns the ASCII host and the port of u, "" if it has none.
func HostPort(u *url.URL) (host, port string, err error) {
	host = u.Hostname()
	if host == "" {
		return "", "", fmt.Errorf("no host")
	}
	switch {
	case strings.Contains(host, ":"): // only an IPv6 address has one
		if _, err = netip.ParseAddr(host); err != nil || u.Host[0] != '[' {
			return "", "", fmt.Errorf("host %q is neither a name nor an IPv6 address in brackets", host)
		}
	case !isASCII(host):
		// The lookup profile folds case and width first, as browsers do: without that "Ü" and "ü" are different hosts.
		ascii, convErr := idna.Lookup.ToASCII(host)
		if convErr != nil {
			return "", "", fmt.Errorf("host %q: %v", host, convErr)
		}
		host = ascii
	}
	if port = u.Port(); port == "" {
		return host, "", nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", "", fmt.Errorf("port %s is not between 1 and 65535", port)
	}
	return host, strconv.FormatUint(n, 10), nil
}

// String is the scheme and authority of t alone.
func (t Target) String() string { return t.Scheme + "://" + Authority(t.Host, t.Port) }

// DefaultPort is the port of t's scheme (RFC 6455 section 3, RFC 9110 section 4.2).
func (t Target) DefaultPort() string {
	if t.Secure {
		return "443"
	}
	return "80"
}

// Address is where to connect to, with a port always.
func (t Target) Address() string {
	port := t.Port
	if port == "" {
		port = t.DefaultPort()
	}
	return net.JoinHostPort(t.Host, port)
}

// Remote is the address as another machine is told it. A zone means something on this machine only (RFC 6874 section 1).
func (t Target) Remote() string {
	t.Host = WithoutZone(t.Host)
	return t.Address()
}

// HostField is the host, with the port unless that is the scheme's default: the Host field of HTTP/1.1 and the :authority
// of HTTP/2 (RFC 6455 section 4.1, RFC 9110 section 7.2).
func (t Target) HostField() string {
	if t.Port == t.DefaultPort() {
		t.Port = ""
	}
	return Authority(WithoutZone(t.Host), t.Port)
}

// Plain is t's URL with the scheme of HTTP and without userinfo, for a function that selects the proxy.
func (t Target) Plain() *url.URL {
	u := *t.URL
	u.Scheme = "http"
	if t.Secure {
		u.Scheme = "https"
	}
	u.Host = Authority(WithoutZone(t.Host), t.Port)
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return &u
}

// Authority joins host and port, leaving out a port that is empty.
func Authority(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// WithoutZone returns an IPv6 address without its zone, and any other host as it is.
func WithoutZone(host string) string {
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

// parseDetail is what url.Parse found, unless the URL has userinfo, of which it could quote a part.
func parseDetail(rawURL string, err error) string {
	if e, ok := err.(*url.Error); ok && !strings.Contains(rawURL, "@") {
		return ": " + e.Err.Error()
	}
	return ""
}
