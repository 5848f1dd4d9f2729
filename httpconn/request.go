package httpconn

import "net/http"

// Request describes one request. [Conn.Request] copies what it needs, and nothing refers to a Request afterwards.
type Request struct {
	// Method is the method token, "GET" if empty. With CONNECT and no Protocol the request asks for a tunnel to
	// Authority (RFC 9110 section 9.3.6) and Path must be empty.
	Method string
	// Scheme is "http" or "https". HTTP/2 needs it, except for CONNECT without Protocol; HTTP/1.1 ignores it.
	Scheme string
	// Authority is the host and, where it is not the scheme's default, the port: the Host field of HTTP/1.1, the
	// :authority of HTTP/2. An IPv6 address stands in brackets.
	Authority string
	// Path is the request target: a path with its query, "/" if empty; "*" for OPTIONS. On HTTP/1.1 it may also be an
	// absolute URL, for a proxy, whose authority must be Authority. Characters that RFC 3986 does not allow there must be
	// percent-encoded.
	Path string
	// Protocol, when not empty, makes the request an extended CONNECT (RFC 8441, HTTP/2 only).
	Protocol string
	// Header holds further fields. They are sent sorted by name, so the same arguments give the same bytes; on HTTP/1.1
	// names keep the case that they have in the map. Host (set Authority) and Transfer-Encoding (set HasBody) are refused
	// here.
	Header http.Header
	// LowerCaseNames spells the names of the fields that Request adds on HTTP/1.1 in lower case: host, content-length,
	// transfer-encoding. Case means nothing in a name (RFC 9110 section 5.1), but some servers and proxies differ. The
	// names in Header are the caller's to spell.
	LowerCaseNames bool
	// Body is the whole content or, together with HasBody, its first part.
	Body []byte
	// HasBody says that content follows with SendData. On HTTP/1.1 it is sent chunked, unless Header has a Content-Length,
	// against which it is then held.
	HasBody bool
	// Tag is the caller's own; every Event of the stream carries it.
	Tag uint64
}
