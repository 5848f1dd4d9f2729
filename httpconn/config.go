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

// Config is how a connection is to behave. The zero Config is the default.
type Config struct {
	// Limits bounds what the server can make the connection hold.
	Limits Limits
	// Pipeline is how many requests may be under way at once on HTTP/1.1 (RFC 9112 section 9.3.2); 0 means 1, no
	// pipelining, and a negative number no limit.
	Pipeline int

	// StreamWindow is how many bytes the server may send on one HTTP/2 stream before it is given credit (RFC 9113
	// section 5.2): at least 1, and 1 in place of a negative number. Default 1 MiB. [Conn.Settings] changes it and the next one.
	StreamWindow int32
	// ConnWindow is the same for all streams of a connection together: at least 65,535, which stands in place of anything less.
	// Default 16 MiB.
	ConnWindow int32
	// ManualCredit gives credit only for what the caller says it has consumed, with [Conn.Consume]. Otherwise it is given for
	// what was handed over.
	ManualCredit bool
}

// Defaults of Config. What is received is handed over at once and not held, so windows cost no memory here.
const (
	DefaultStreamWindow = 1 << 20  // 100 MB/s on a stream over a round trip of 10 ms, at the very most
	DefaultConnWindow   = 16 << 20 // so that a few busy streams do not hold up the others
)

// Next says what the caller should do with its socket once the bytes of Output.Send are written.
type Next uint8

const (
	// NextClose: the connection is over. Close the socket.
	NextClose Next = iota
	// NextRead: read from the socket and pass the bytes to Stream, or the end of input to StreamEOF.
	NextRead
	// NextAwaitEOF: all is said, and the peer closes first. Read with a short deadline until the end of input, then
	// close the socket.
	NextAwaitEOF
)

// String returns "Close", "Read" or "AwaitEOF".
func (n Next) String() string {
	switch n {
	case NextClose:
		return "Close"
	case NextRead:
		return "Read"
	case NextAwaitEOF:
		return "AwaitEOF"
	}
	return "Next(" + itoa(int64(n)) + ")"
}
