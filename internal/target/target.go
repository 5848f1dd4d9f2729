// Package target reads the URL of a server, for the dialer and for the WebSocket handshake alike, so that what is dialed and
// what the Host field says are the same.
package target

import (
	"cmp"
	"encoding/base64"
	"fmt"
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

// Parse reads the URL of a server. What path and query may not contain is percent-encoded, as browsers do it. The errors
// show nothing of the URL but scheme, host and port.
func Parse(rawURL string) (Target, error) {
	// Browsers drop some of them, so that a URL is not the one that it looks like.
	if i := strings.IndexFunc(rawURL, isControl); i >= 0 {
		return Target{}, fmt.Errorf("control character 0x%02x", rawURL[i])
	}
	scheme, rest, _ := strings.Cut(rawURL, ":")
	scheme = strings.ToLower(scheme)
	rest, slashes := strings.CutPrefix(rest, "//")
	known := scheme == "ws" || scheme == "wss" || scheme == "http" || scheme == "https"
	switch {
	case !known && slashes && !strings.ContainsFunc(scheme, notInScheme):
		return Target{}, fmt.Errorf("scheme %q, want ws, wss, http or https", scheme)
	case !known:
		return Target{}, fmt.Errorf("no scheme, want ws, wss, http or https")
	case !slashes:
		return Target{}, fmt.Errorf("no host")
	}
	t := Target{Scheme: scheme, Secure: scheme == "wss" || scheme == "https"}
	front, back := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 { // RFC 3986 section 3.2: there the authority ends
		front, back = rest[:i], rest[i:]
	}
	back, _, fragment := strings.Cut(back, "#")
	if fragment && strings.HasPrefix(scheme, "ws") {
		// RFC 6455 section 3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be
		// used on these URIs." An empty one counts: a "#" that starts no fragment must be written %23.
		return Target{}, fmt.Errorf("a %s URL has no fragment", scheme)
	}
	clean := rawURL
	if escaped := escape(back); fragment || escaped != back || !strings.HasPrefix(rawURL, scheme) {
		clean = scheme + "://" + front + escaped
	}
	u, err := url.Parse(clean)
	if err == nil {
		t.URL = u
		t.Host, t.Port, err = HostPort(u)
	}
	switch e := err.(type) {
	case nil:
		return t, nil
	case *url.Error:
		err = fmt.Errorf("it cannot be parsed: %w", e.Err)
	}
	if strings.Contains(rest, "@") { // what seems to be a host or port may be a part of a password
		err = fmt.Errorf("userinfo, host or port cannot be parsed")
	}
	return Target{}, err
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// notInScheme reports whether r cannot stand in a scheme in lower case (RFC 3986 section 3.1).
func notInScheme(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '-' && r != '.'
}

// escape percent-encodes each byte of a path with a query that may not stand there (RFC 3986 sections 3.3 and 3.4), and
// leaves what is encoded as it is.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b []byte
	done := 0 // what b has of s
	for i := range len(s) {
		if c := s[i]; !stands(s, i) {
			b = append(append(b, s[done:i]...), '%', digits[c>>4], digits[c&15])
			done = i + 1
		}
	}
	if done == 0 { // as with most
		return s
	}
	return string(append(b, s[done:]...))
}

// stands reports whether s[i] may stand where it does.
func stands(s string, i int) bool {
	const allowed = "-._~!$&'()*+,;=:@/?" // besides letters and digits
	c := s[i]
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte(allowed, c) >= 0 ||
		c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// Basic is the field value that sends user's name and password (RFC 7617).
func Basic(user *url.Userinfo) (string, error) {
	name := user.Username()
	password, _ := user.Password()
	if strings.Contains(name, ":") { // section 2: "a user-id containing a colon character is invalid"
		return "", fmt.Errorf("user name contains a colon")
	}
	if strings.ContainsFunc(name+password, isControl) { // section 2: "MUST NOT contain any control characters"
		return "", fmt.Errorf("user name or password contains a control character")
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password)), nil
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
	return host, strings.TrimLeft(port, "0"), nil
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
	return Authority(t.Host, cmp.Or(t.Port, t.DefaultPort()))
}

// Remote is the address to give to another machine. A zone means something on this machine only (RFC 6874 section 1).
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
	six := strings.Contains(host, ":") // an IPv6 address
	switch {
	case six && port != "":
		return "[" + host + "]:" + port
	case six:
		return "[" + host + "]"
	case port != "":
		return host + ":" + port
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
