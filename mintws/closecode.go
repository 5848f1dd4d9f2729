package mintws

import "strconv"

// CloseCode is the status code of a Close frame (RFC 6455 section 7.4).
type CloseCode uint16

// The status codes of RFC 6455 section 7.4.1 and of the IANA registry that it set up.
const (
	CodeNormal          CloseCode = 1000
	CodeGoingAway       CloseCode = 1001
	CodeProtocolError   CloseCode = 1002
	CodeUnsupportedData CloseCode = 1003
	CodeNoStatus        CloseCode = 1005 // never on the wire: there was a Close frame without a code
	CodeAbnormal        CloseCode = 1006 // never on the wire: there was no Close frame
	CodeInvalidPayload  CloseCode = 1007
	CodePolicyViolation CloseCode = 1008
	CodeMessageTooBig   CloseCode = 1009
	CodeMissingExt      CloseCode = 1010 // only a client sends it
	CodeInternalError   CloseCode = 1011
	CodeServiceRestart  CloseCode = 1012
	CodeTryAgainLater   CloseCode = 1013
	CodeBadGateway      CloseCode = 1014
	CodeTLSHandshake    CloseCode = 1015 // never on the wire
)

// Sendable reports whether c may stand in a Close frame: 1000–1003 and 1007–1014, defined in the IANA registry, and
// 3000–4999, left to libraries and applications (RFC 6455 section 7.4.2). 1004 is reserved; 1005, 1006 and 1015 must not be
// sent (section 7.4.1).
func (c CloseCode) Sendable() bool {
	return c >= 1000 && c <= 1003 || c >= 1007 && c <= 1014 || c >= 3000 && c <= 4999
}

// String returns the number, and the name of a code that has one: "1001 going away".
func (c CloseCode) String() string {
	names := [...]string{"normal closure", "going away", "protocol error", "unsupported data", "", "no status received",
		"abnormal closure", "invalid payload data", "policy violation", "message too big", "mandatory extension",
		"internal error", "service restart", "try again later", "bad gateway", "TLS handshake"}
	s := strconv.Itoa(int(c))
	if c >= 1000 && int(c-1000) < len(names) && names[c-1000] != "" {
		s += " " + names[c-1000]
	}
	return s
}
