package httpconn

import "math"

// Limits bounds what a server can make a connection hold or do. In every field 0 means the default and a negative number no
// limit. The limits of a WebSocket are in package mintws.
type Limits struct {
	// MaxHeaderBytes is the largest head of a response, with its status line, or trailer section, in bytes on the wire; on
	// HTTP/2 also in bytes after decoding (RFC 9113 section 6.5.2). The extensions of an HTTP/1.1 response's chunks may
	// outweigh its content by as much. Default 64 KiB.
	MaxHeaderBytes int
	// MaxHeaderFields is the largest number of fields in a head or trailer section. Default 256.
	MaxHeaderFields int
	// MaxInformational is the largest number of 1xx responses to one request, not counting a 101. Default 16.
	MaxInformational int

	// MaxBuffered is the largest number of bytes that one HTTP/2 connection queues because flow control does not allow them
	// yet. The size announced to [Conn.BeginData] is held against it. Default 16 MiB.
	MaxBuffered int
	// MaxContinuations is the largest number of frames of one HTTP/2 header block. Default 64.
	MaxContinuations int
	// MaxWork bounds what a server can make an HTTP/2 connection do, over its whole life, with frames that cost it little
	// and us much. One is counted for each stream looked at, as for a larger SETTINGS_INITIAL_WINDOW_SIZE, and for each KiB
	// allocated. Content pays it back: 1 for each DATA frame received, each piece sent and each request, and 1 for every 64
	// bytes of it. Frames whose cost is in proportion to their size, such as PING, are not counted. Default 524,288; a
	// connection with more than 100,000 streams at once needs more.
	MaxWork int
	// MaxPings is the largest number of our PINGs that wait for an answer. Default 16.
	MaxPings int
	// MaxSettings is the largest number of our SETTINGS that wait for acknowledgement, those of New included. Default 16.
	MaxSettings int
}

// Defaults of Limits.
const (
	DefaultMaxHeaderBytes   = 64 << 10 // servers themselves stop at 8 to 64 KiB
	DefaultMaxHeaderFields  = 256      // far above any real response, far below what makes a map slow
	DefaultMaxInformational = 16       // 100, 102 and a few 103
	DefaultMaxBuffered      = 16 << 20 // about one message of the largest default size
	DefaultMaxContinuations = 64       // 64 KiB of header block in frames of 1 KiB
	DefaultMaxWork          = 1 << 19  // ten times a new window for 10,000 streams, each with bytes that wait for it
	DefaultMaxPings         = 16       // nobody needs more than one or two
	DefaultMaxSettings      = 16       // nor of these
)

// WithDefaults returns l with every zero field replaced by its default and every negative one by the largest number.
func (l Limits) WithDefaults() Limits {
	setLimit(&l.MaxHeaderBytes, DefaultMaxHeaderBytes)
	setLimit(&l.MaxHeaderFields, DefaultMaxHeaderFields)
	setLimit(&l.MaxInformational, DefaultMaxInformational)
	setLimit(&l.MaxBuffered, DefaultMaxBuffered)
	setLimit(&l.MaxContinuations, DefaultMaxContinuations)
	setLimit(&l.MaxWork, DefaultMaxWork)
	setLimit(&l.MaxPings, DefaultMaxPings)
	setLimit(&l.MaxSettings, DefaultMaxSettings)
	return l
}

// setLimit replaces 0 by def and a negative number by the largest.
func setLimit(p *int, def int) {
	switch {
	case *p == 0:
		*p = def
	case *p < 0:
		*p = math.MaxInt
	}
}
