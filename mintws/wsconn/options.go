package wsconn

import (
	"cmp"
	"math"
	"net/http"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wshttp"
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

// patience returns how long the peer may take nothing.
func (opt Options) patience() time.Duration {
	if opt.WriteTimeout < 0 {
		return math.MaxInt64 / 2 // nobody waits for centuries, and no sum overflows
	}
	return cmp.Or(opt.WriteTimeout, defaultWrite)
}

// bounded returns the limits of a WebSocket that hands over its payload as it comes. That of the message can be changed while the
// WebSocket lives, and is the Conn's.
func bounded(l mintws.Limits) mintws.Limits {
	l.MaxMessage = -1
	l.MaxFragments = l.WithDefaults().MaxFragments
	return l
}

// Accept opens the WebSocket that a client asks a net/http server for. Where it returns an error the request is answered, and there
// is nothing left to do: a *[mintws.HandshakeError] says what was wrong with the request.
//
// The server's own timeouts do not count for the Conn, which has those of opt. On HTTP/1.1 the Conn may outlive the handler, and
// neither r's context nor the server's Shutdown ends it. On HTTP/2 the handler must have ended it, with Close or CloseNow, before it
// returns; for net/http to accept such requests import package [github.com/mintws/mintws/mintws/wshttp/xconnect].
func Accept(w http.ResponseWriter, r *http.Request, opt AcceptOptions) (*Conn, error) {
	limits := opt.WebSocket.Limits
	opt.WebSocket.Delivery, opt.WebSocket.Limits = mintws.DeliverPayload, bounded(limits)
	ws, status, header, err := mintws.Accept(r, opt.WebSocket)
	if err != nil {
		wshttp.Refuse(w, err)
		return nil, err
	}
	stream, err := wshttp.Answer(w, r, status, header)
	if err != nil {
		return nil, err
	}
	c := &Conn{stream: stream, header: header, halves: true}
	return c.start(ws, opt.Timing, Options{WriteTimeout: opt.WriteTimeout}.patience(), limits), nil
}
