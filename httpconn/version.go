package httpconn

// Version selects the protocol of a connection.
type Version uint8

const (
	// HTTP1 is HTTP/1.1 (RFC 9112).
	HTTP1 Version = 1
	// HTTP2 is HTTP/2 (RFC 9113).
	HTTP2 Version = 2
)

// String returns "HTTP/1.1" or "HTTP/2".
func (v Version) String() string {
	switch v {
	case HTTP1:
		return "HTTP/1.1"
	case HTTP2:
		return "HTTP/2"
	}
	return "Version(" + itoa(int64(v)) + ")"
}
