package httpconn

// Config is how a connection is to behave. The zero Config is the default.
type Config struct {
	// Limits bounds what the server can make the connection hold.
	Limits Limits
	// Pipeline is how many requests may be under way at once on HTTP/1.1 (RFC 9112 section 9.3.2). 0 means 1, no
	// pipelining; a negative number means no limit.
	Pipeline int

	// StreamWindow is how many bytes the server may send on one HTTP/2 stream before it is given credit (RFC 9113 section
	// 5.2). Over a round trip it allows that many bytes, less what waits for credit: the package documentation says how large
	// a window has to be. A negative number means 1, the least. Default 8 MiB, or 1 MiB with ManualCredit. [Conn.Settings]
	// changes it, and ConnWindow too.
	StreamWindow int32
	// ConnWindow is the same for all streams of a connection together. It is at least 65,535, whatever is given. Default 64
	// MiB.
	ConnWindow int32
	// ManualCredit gives the server credit only for what the caller says it has consumed, with [Conn.Consume]. Without it
	// credit is given for all that was handed over.
	//
	// What was not consumed is the caller's to hold: StreamWindow for each stream at most, and ConnWindow for all of them.
	// Streams on which nothing is consumed stop the others once they hold all of ConnWindow. So a stream's window is small
	// against it by default, and 63 of them can stand still. Where more may, set ConnWindow to StreamWindow times their number.
	ManualCredit bool
}

// Defaults of Config. Without manual credit content is handed over at once and never held, so a window costs no memory here.
const (
	DefaultStreamWindow       = 8 << 20  // 78 MB/s on a stream over a round trip of 100 ms
	DefaultManualStreamWindow = 1 << 20  // with ManualCredit, where a window is memory of the caller's
	DefaultConnWindow         = 64 << 20 // so that a few busy streams do not hold up the others
)

// settings is what New and Conn.Settings were told, with defaults filled in. Values share it and nobody writes it.
type settings struct {
	limits       Limits
	pipeline     int
	streamWindow int32 // HTTP/2: how much the server may send on a stream before it is given credit
	connWindow   int32 // and on the connection
	maxFrame     int32 // and in one frame
	manualCredit bool  // credit is given for what Consume says
}

// defaults are the settings of most connections, which share them.
var defaults = newSettings(Config{})

// newSettings fills in the defaults of cfg.
func newSettings(cfg Config) *settings {
	set := &settings{limits: cfg.Limits.WithDefaults(), pipeline: cfg.Pipeline, manualCredit: cfg.ManualCredit}
	switch {
	case set.pipeline == 0:
		set.pipeline = 1
	case set.pipeline < 0:
		set.pipeline = int(^uint(0) >> 1)
	}
	def := int32(DefaultStreamWindow)
	if cfg.ManualCredit {
		def = DefaultManualStreamWindow
	}
	set.streamWindow = windowSize(cfg.StreamWindow, def, 0)
	set.connWindow = windowSize(cfg.ConnWindow, DefaultConnWindow, initialWindow)
	set.maxFrame = initialMaxFrame
	return set
}

// windowSize returns a window's size: def for 0, and no less than least.
func windowSize(size int32, def, least int32) int32 {
	if size == 0 {
		size = def
	}
	return max(size, least, 1)
}
