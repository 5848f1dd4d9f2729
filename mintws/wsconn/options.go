package wsconn

import (
	"cmp"
	"math"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// Options is how [Dial] reaches a server and how the Conn behaves. The zero Options is the default.
type Options struct {
	// WebSocket is what is asked of the server: header fields, subprotocols, extensions. Delivery, ManualReply, Tag and Transforms
	// have no meaning here. Limits.MaxMessage is the first read limit: see [Conn.SetReadLimit].
	WebSocket mintws.Options
	// Dial is how the server is reached: proxies, TLS, versions of HTTP.
	Dial httpdial.Options
	// Timing is how long the handshakes may take, and how long the server may be silent. Nothing waits for ever by default.
	Timing session.Timing
	// WriteTimeout is how long the peer may take nothing of what is being written. Default 30 s, negative for no bound.
	WriteTimeout time.Duration
}

// AcceptOptions is how [Accept] judges requests and how the Conn behaves. The zero AcceptOptions is the default.
type AcceptOptions struct {
	// WebSocket is who may connect, and what is agreed to. Delivery has no meaning here. Limits.MaxMessage is the first read limit:
	// see [Conn.SetReadLimit].
	WebSocket mintws.AcceptOptions
	// Timing is how long the closing handshake may take, and how long the client may be silent. Nothing waits for ever by default.
	Timing session.Timing
	// WriteTimeout is how long the peer may take nothing of what is being written. Default 30 s, negative for no bound.
	WriteTimeout time.Duration
}

// settings are those of a Conn.
type settings struct {
	timing session.Timing
	write  time.Duration
	limit  int64
}

func newSettings(timing session.Timing, write time.Duration, limits mintws.Limits) settings {
	if write = cmp.Or(write, defaultWrite); write < 0 {
		write = math.MaxInt64 / 2 // nobody waits for centuries, and no sum overflows
	}
	return settings{timing: timing, write: write, limit: limits.WithDefaults().MaxMessage}
}

// bounded returns the limits of a WebSocket that hands over its payload as it comes. That of the message can be changed while the
// WebSocket lives, and is the Conn's.
func bounded(l mintws.Limits) mintws.Limits {
	l.MaxMessage = -1
	l.MaxFragments = l.WithDefaults().MaxFragments
	return l
}
