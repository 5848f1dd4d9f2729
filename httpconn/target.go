package httpconn

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/mintws/mintws/internal/badbyte"
)

// checkTarget checks method and authority and returns the request target (RFC 9112 section 3).
func checkTarget(r Request) (string, error) {
	if fault := badbyte.InToken(r.Method); fault != "" { // RFC 9110 9.1
		return "", invalid("Method "+fault, "a token")
	}
	port, ok := checkAuthority(r.Authority)
	if !ok {
		fault := "cannot be used"
		if i := badIn(r.Authority, ":[]"); i >= 0 {
			fault = badbyte.At(r.Authority, i)
		}
		return "", invalid("Authority "+fault, "host or host:port, without user information, an IPv6 address in brackets")
	}
	switch {
	case r.Method == http.MethodConnect: // authority-form
		if r.Path != "" {
			return "", invalid("Path with CONNECT", "none")
		}
		if !port { // RFC 9110 9.3.6: there is no default port
			return "", invalid("Authority has no port", "host:port with CONNECT")
		}
		return r.Authority, nil
	case r.Path == "":
		return "/", nil
	case r.Path == "*": // asterisk-form, RFC 9112 3.2.4
		if r.Method != http.MethodOptions {
			return "", invalid(`Path is "*"`, "a path, as Method is not OPTIONS")
		}
		return r.Path, nil
	}
	path := r.Path
	if path[0] != '/' { // absolute-form, RFC 9112 3.2.2
		scheme, rest, found := strings.Cut(path, "://")
		if !found || !isScheme(scheme) {
			return "", invalid("Path "+badbyte.At(path, 0), `one that starts with "/", or an absolute URL`)
		}
		path, found = strings.CutPrefix(rest, r.Authority)
		if !found || path != "" && path[0] != '/' && path[0] != '?' { // RFC 9112 3.2: Host is that of the target
			return "", invalid("Path is an absolute URL with another authority", "the one in Authority")
		}
	}
	if i := badInPath(path); i >= 0 {
		return "", invalid("Path "+badbyte.At(r.Path, len(r.Path)-len(path)+i),
			"the characters of RFC 3986 section 3.3, others percent-encoded")
	}
	return r.Path, nil
}

// checkAuthority checks uri-host [ ":" port ] of RFC 9110 section 7.2, and reports whether there is a port. RFC 3986 also
// allows an empty host, an empty port, a zone and an IPvFuture, but nothing can connect to an address that has one of them.
func checkAuthority(a string) (port, ok bool) {
	host, rest := a, ""
	if strings.HasPrefix(a, "[") {
		i := strings.IndexByte(a, ']')
		if i < 0 {
			return false, false
		}
		ip, err := netip.ParseAddr(a[1:i])
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return false, false
		}
		rest = a[i+1:]
	} else {
		if i := strings.IndexByte(a, ':'); i >= 0 {
			host, rest = a[:i], a[i:]
		}
		if host == "" || badIn(host, "") >= 0 {
			return false, false
		}
	}
	if rest == "" {
		return false, true
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(rest, ":"), 10, 16)
	return true, rest[0] == ':' && err == nil && n > 0
}

// isScheme checks ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), RFC 3986 section 3.1.
func isScheme(s string) bool {
	for i := range len(s) {
		b := s[i]
		letter := 'a' <= b|0x20 && b|0x20 <= 'z'
		if !letter && (i == 0 || !('0' <= b && b <= '9' || b == '+' || b == '-' || b == '.')) {
			return false
		}
	}
	return s != ""
}

// badInPath returns the index of the first byte that may not stand in a path with a query (RFC 3986 sections 3.3 and
// 3.4), or -1. A fragment is not part of a request target.
func badInPath(s string) int { return badIn(s, ":@/?") }

// badIn returns the index of the first byte of s that is not in unreserved, pct-encoded or sub-delims (RFC 3986 section 2),
// nor in more. It returns -1 if there is none.
func badIn(s, more string) int {
	for i := 0; i < len(s); i++ {
		b := s[i]
		switch {
		case 'a' <= b|0x20 && b|0x20 <= 'z', '0' <= b && b <= '9':
		case b == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return i
			}
			i += 2
		case strings.IndexByte("-._~!$&'()*+,;=", b) >= 0 || strings.IndexByte(more, b) >= 0:
		default:
			return i
		}
	}
	return -1
}

func isHex(b byte) bool {
	_, ok := unhex(b)
	return ok
}
