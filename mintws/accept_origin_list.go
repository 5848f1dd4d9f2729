package mintws

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// pattern is an entry of AllowedOrigins.
type pattern struct {
	origin
	below bool // the hosts below the domain host are meant, not host itself
}

// matches reports whether p stands for o, the origin of a request.
func (p pattern) matches(o origin) bool {
	if p.below {
		prefix, ok := strings.CutSuffix(o.host, "."+p.host)
		return ok && prefix != "" && o.scheme == p.scheme && o.port == p.port
	}
	return o == p.origin
}

// parsePattern parses an entry. If no browser can send an origin that matches it, problem says why.
func parsePattern(s string) (p pattern, problem string) {
	scheme, rest, _ := strings.Cut(s, "://")
	rest, p.below = strings.CutPrefix(rest, "*.")
	o, ok := parseOrigin(scheme + "://" + rest)
	switch {
	case !ok || strings.Contains(rest, "*"):
		return p, `want "scheme://host", "scheme://host:port" or "scheme://*.domain"`
	case o.scheme == "ws" || o.scheme == "wss":
		return p, "the scheme of a page is http or https"
	case o.scheme == "http" || o.scheme == "https":
		if o.host, problem = pageHost(o.host); problem != "" {
			return p, problem
		}
	case !ascii(o.host):
		return p, "only http and https have names in Unicode"
	}
	if _, err := netip.ParseAddr(o.host); err == nil && p.below {
		return p, "nothing is below an IP address"
	}
	p.origin = o
	return p, ""
}

// names converts host names as browsers do: RFC 5891 with the mapping of Unicode's UTS 46.
var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false),
	idna.CheckHyphens(false))

// pageHost returns a host as browsers write it in the origin of a page.
func pageHost(host string) (_, problem string) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return "", "an address in a URL has no zone"
		}
		return host, ""
	}
	if !ascii(host) || strings.Contains(host, "xn--") {
		converted, err := names.ToASCII(host)
		if err != nil || converted == "" || ascii(host) && converted != host { // an ASCII name must be as it is sent
			return "", "not an internationalized name"
		}
		host = canonicalHost(converted)
		if _, err = netip.ParseAddr(host); err == nil { // an address in the digits of another script
			return host, ""
		}
	}
	// The host parser of the URL standard (url.spec.whatwg.org) refuses these, and takes a name that ends in a number for an
	// IPv4 address.
	if strings.ContainsAny(host, " \"#%/:<>?@[\\]^`{|}\x7f") {
		return "", "a host holds no such character"
	}
	name := strings.TrimSuffix(host, ".")
	if last := name[strings.LastIndexByte(name, '.')+1:]; number(last) {
		return "", "want an IPv4 address as four decimal numbers"
	}
	return host, ""
}

// number reports whether label, the last one of a name, makes that name an IPv4 address.
func number(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return label != "" && strings.Trim(label, "0123456789") == ""
}

// ascii reports whether s is all ASCII.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
