package handshake

import (
	"net/netip"
	"strings"

	"github.com/mintws/mintws/mintws"
)

// hostState is where in uri-host [ ":" port ] a byte is (RFC 9110 section 7.2, RFC 3986 section 3.2).
type hostState uint8

const (
	hostStart   hostState = iota
	hostName              // reg-name or IPv4address
	hostLiteral           // IP-literal, between the brackets
	hostClosed            // after it
	hostPort              // the port, which may be empty
)

// hostByte reads one byte of a host with its port, at index n of data. The mark is where the host starts.
func (h *Head) hostByte(b byte, n int, data []byte, where string) *mintws.HandshakeError {
	p := &h.parser
	digit := '0' <= b && b <= '9'
	switch {
	case p.host == hostStart && b == '[':
		p.host = hostLiteral
	case p.host == hostLiteral && (isHex(b) || b == ':' || b == '.'): // no zone, which means something to its machine only
	case p.host == hostLiteral && b == ']':
		ip, err := netip.ParseAddr(string(h.since(data[:n])[1:]))
		if err != nil || !ip.Is6() {
			return h.bad(b, n, where+", which has no IPv6 address in the brackets")
		}
		p.host = hostClosed
	case p.host <= hostName && isName(b):
		p.host = hostName
	case (p.host == hostName || p.host == hostClosed) && b == ':':
		p.host = hostPort
	case p.host == hostPort && digit:
	default:
		return h.bad(b, n, where+", want a name or an address, and a port")
	}
	return nil
}

// isName is what a reg-name has, but for what is percent-encoded (RFC 3986 section 3.2.2).
func isName(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' || strings.IndexByte("-._~!$&'()*+,;=", b) >= 0
}

// incomplete says why there cannot be an end in state s, or returns "".
func (s hostState) incomplete() string {
	switch s {
	case hostStart:
		return "is empty"
	case hostLiteral:
		return "has no ']'"
	}
	return ""
}
