package wsconn

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wsconn/internal/share"
	"github.com/mintws/mintws/mintws/wshttp"
)

// Conn is an open WebSocket with a blocking Read and Write. One goroutine may read while any number write; all other methods may be
// called at any time. Every Conn has to be ended, with [Conn.Close] or [Conn.CloseNow].
type Conn struct {
	stream  wshttp.Stream
	header  http.Header
	halves  bool          // the stream is ended by our side of it: a server's, and one of many on HTTP/2
	patient time.Duration // how long the peer may take nothing of what is being written
	closing time.Duration // how long an end may take
	limit   atomic.Int64  // of a message that is received

	// Each of these is held by the goroutine that has put something into it.
	reading chan struct{} // who reads from the stream: in is that one's
	message chan struct{} // whose message is being sent
	sending chan struct{} // who writes to the stream
	in      incoming

	readable, writable share.Watch
	done               chan struct{} // closed once err is set

	mu     sync.Mutex // held to compute, never to wait
	ws     mintws.WebSocket
	time   session.Deadlines
	pend   *buffer       // frames in the order in which they were encoded, not yet on their way
	caused int           // bytes of them that reading caused
	ping   uint64        // the number of the last Ping that was asked for
	pong   uint64        // and of the last that was answered
	ponged chan struct{} // closed when one is
	lost   error         // why nothing can be written any more
	end    error         // how it is ending
	err    error         // how it ended

	listening time.Time // when somebody was last reading

	settled sync.Once
}

const (
	defaultWrite = 30 * time.Second // a link that takes nothing for so long is dead, or its peer is
	minRead      = 4 << 10          // of the read buffer: most WebSockets are idle, and say little
	maxRead      = 72 << 10         // what one that is filled to the brim grows to: 64 KiB, and headers
	maxInbox     = 64 << 10         // of payload that one call unmasks or inflates
	maxChunk     = 128 << 10        // of one write, each of which has its own time
	maxPend      = 64 << 10         // of answers to a peer that asks and does not read
	maxKeep      = 1 << 20          // of memory for messages that is kept for the next
)

// start makes c, which has a stream, the Conn of an open WebSocket.
func (c *Conn) start(role mintws.Role, ws mintws.WebSocket, timing session.Timing, patient time.Duration, limits mintws.Limits) *Conn {
	now := time.Now()
	c.ws, c.patient, c.closing = ws, patient, cmp.Or(max(timing.Close, 0), session.DefaultClose)
	c.reading, c.message, c.sending = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, 1)
	c.done, c.ponged = make(chan struct{}), make(chan struct{})
	c.time, c.listening = session.NewDeadlines(timing, now).Observe(now, ws.State(), true), now
	c.in.reads, c.in.inbox.Max, c.in.join = minRead, maxInbox, session.Joiner{Max: -1, Keep: maxKeep + maxRead}
	plain := len(ws.Extensions()) == 0
	c.in.readsInto, c.in.unmasksInto = plain && role == mintws.Client, plain && role == mintws.Server
	c.limit.Store(limits.WithDefaults().MaxMessage)
	c.readable.Set, c.writable.Set = c.stream.SetReadDeadline, c.stream.SetWriteDeadline
	return c
}

// Header returns the fields of the server's answer, or on a server those of the answer that was given. They belong to the caller.
func (c *Conn) Header() http.Header { return c.header }

// Subprotocol returns the subprotocol that was agreed on, "" if there is none.
func (c *Conn) Subprotocol() string { return c.value().Subprotocol() }

// Extensions returns the extensions that were agreed on, as they stand in the answer.
func (c *Conn) Extensions() []string { return c.value().Extensions() }

// value returns the WebSocket as it is now.
func (c *Conn) value() mintws.WebSocket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ws
}

// Err returns nil while c is usable, then how it ended: what Read returns. Done is closed at the same time.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Done returns a channel that is closed when c is over. The end of the peer is noticed only while some goroutine reads or writes.
func (c *Conn) Done() <-chan struct{} { return c.done }

// take waits until token is the caller's. It fails where ctx or c has ended, and nothing is taken then.
func (c *Conn) take(ctx context.Context, token chan struct{}) error {
	select {
	case token <- struct{}{}:
	case <-ctx.Done():
		return interrupted(ctx)
	case <-c.done:
		return c.Err()
	}
	err := c.Err()
	if err == nil && ctx.Err() != nil {
		err = interrupted(ctx)
	}
	if err != nil {
		<-token
	}
	return err
}

// interrupted is the error of a call whose context has ended.
func interrupted(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != ctx.Err() {
		return fmt.Errorf("wsconn: %w: %w", ctx.Err(), cause)
	}
	return fmt.Errorf("wsconn: %w", ctx.Err())
}

// kill ends c at once, with err if it has not ended before, and returns how it has ended.
func (c *Conn) kill(err error) error {
	c.mu.Lock()
	first := c.err == nil
	if first {
		c.err = cmp.Or(c.end, err)
		close(c.done)
	}
	err = c.err
	c.mu.Unlock()
	if first {
		c.readable.Halt()
		c.writable.Halt() // ends a Write under way, which Close does not on HTTP/2
		c.stream.Close()
	}
	return err
}

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
// The server's own timeouts do not apply to the Conn; those of opt do. On HTTP/1.1 the Conn may outlive the handler, and neither
// r's context nor the server's Shutdown ends it. On HTTP/2 the handler must have ended it, with Close or CloseNow, before it
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
	return c.start(mintws.Server, ws, opt.Timing, Options{WriteTimeout: opt.WriteTimeout}.patience(), limits), nil
}
