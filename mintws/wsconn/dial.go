package wsconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/internal/target"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wsconn/internal/share"
)

// Dial connects to a server and opens a WebSocket at url, whose scheme is ws or wss. ctx is for that alone: once Dial has returned it
// has no effect on the Conn.
//
// The error is one of
//   - an *[httpdial.Error], where there is no connection;
//   - a *[session.Refusal], where the server's answer opens no WebSocket;
//   - an error over [mintws.ErrInvalidOptions];
//   - the context's, or the *[session.TimeoutError] of Timing.Open, or that of the connection that was lost before the answer came.
//
// The connection is the WebSocket's own, even if opt.Dial.Protocols has it speak HTTP/2. A [Client] shares connections.
func Dial(ctx context.Context, url string, opt Options) (*Conn, error) {
	sock, m, err := opt.dial(ctx, url, true)
	if err != nil {
		return nil, err
	}
	s, err := m.Begin(url, opt.websocket())
	if err != nil {
		sock.Close()
		return nil, err
	}
	c, _, err := opt.open(ctx, sock, s)
	return c, err
}

// open waits for the answer on a stream. Sock is its connection, where that is its own. Where it fails, again says that another
// connection may do better.
func (opt Options) open(ctx context.Context, sock net.Conn, s *share.Stream) (c *Conn, again bool, err error) {
	if timeout := cmp.Or(opt.Timing.Open, session.DefaultOpen); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, &session.TimeoutError{For: session.ForAnswer, After: timeout})
		defer cancel()
	}
	ws, header, again, err := s.Open(ctx)
	if err != nil {
		if s.Own() {
			sock.Close()
		}
		if errors.Is(err, ctx.Err()) {
			err = interrupted(ctx)
		}
		return nil, again, err
	}
	c = &Conn{stream: s, header: header, halves: true}
	if s.Own() { // over HTTP/1.1 the rest of the connection is a stream of bytes
		c.stream, c.halves, c.in.early = socket{sock}, false, s.Rest()
	}
	return c.start(mintws.Client, ws, opt.Timing, opt.patience(), opt.WebSocket.Limits), false, nil
}

// websocket returns what is asked of the server.
func (opt Options) websocket() mintws.Options {
	o := opt.WebSocket
	o.Delivery, o.Limits, o.ManualReply, o.Tag = mintws.DeliverPayload, bounded(o.Limits), true, 0
	return o
}

// dial makes a connection. With alone it ends with its first stream, which over HTTP/1.1 it does anyway.
func (opt Options) dial(ctx context.Context, url string, alone bool) (net.Conn, *share.Conn, error) {
	cfg := &opt.Dial.Config
	cfg.ManualCredit, cfg.Limits.MaxBuffered = true, -1 // each stream queues little
	cfg.StreamWindow, cfg.ConnWindow = cmp.Or(cfg.StreamWindow, streamWindow), cmp.Or(cfg.ConnWindow, connWindow)
	var below *share.Pipe
	opt.Dial.DialContext = share.Below(opt.Dial.DialContext, &below)
	var out httpconn.Output
	sock, conn, err := httpdial.Dial(ctx, url, &out, opt.Dial)
	if err != nil {
		return nil, nil, err
	}
	return sock, share.New(sock, below, conn, out.Send, opt.patience(), alone || conn.Version() == httpconn.HTTP1), nil
}

// Windows of an HTTP/2 connection.
const (
	streamWindow = 256 << 10 // as much as a stream may hold here; 22 MB/s over a round trip of 10 ms
	connWindow   = 1 << 30   // above what all streams hold, so that those nobody reads do not stop the others
)

// socket is a connection of its own as the stream of one WebSocket.
type socket struct{ net.Conn }

// CloseWrite leaves it to the server to end the connection (RFC 6455 section 7.1.1).
func (socket) CloseWrite() error { return errors.ErrUnsupported }

// Client opens WebSockets that share connections, over HTTP/2 (RFC 8441). Those to one server are streams of one connection, until
// that takes no more. A server that does not support that gets a connection for each WebSocket, over HTTP/1.1. The zero Client is
// ready; its methods may be called from several goroutines. Its Options must not be changed after the first call.
//
// A Conn from a Client is like any other, and none holds up the others. The server gets credit for what was read of each, so at
// most 256 KiB are held here for one that nobody reads. That is also what one can receive in each round trip, but for an eighth:
// 2.3 MB a second at 100 ms. StreamWindow of Options.Dial.Config changes both; ManualCredit is always set. When a shared connection breaks, all its Conns end.
type Client struct {
	// Options are those of all WebSockets. Options.WebSocket has no meaning: [Client.Dial] is given its own. Where Dial.Protocols is
	// empty it is HTTP2, then HTTP1.
	Options Options

	dialing sync.Map // by server, what is held by who looks for a connection to it, or makes one: a chan struct{} with room for one
	conns   sync.Map // *share.Conn, each with its server
	closed  atomic.Bool
}

// errClientClosed is the error of a Dial after Close.
var errClientClosed = fmt.Errorf("wsconn: Client.Close: %w", net.ErrClosed)

// Dial opens a WebSocket at url, on a connection to the server that is already there or on a new one. Otherwise it is like the
// function [Dial].
func (cl *Client) Dial(ctx context.Context, url string, ws mintws.Options) (*Conn, error) {
	t, err := target.Parse(url)
	if err != nil {
		return nil, &httpdial.Error{Op: "url", Err: err}
	}
	opt := cl.Options
	opt.WebSocket = ws
	if len(opt.Dial.Protocols) == 0 {
		opt.Dial.Protocols = []httpconn.Version{httpconn.HTTP2, httpconn.HTTP1}
	}
	if cl.closed.Load() {
		return nil, errClientClosed
	}
	for again := true; ; again = false {
		s, sock, findErr := cl.begin(ctx, t.String(), url, opt)
		if findErr != nil {
			return nil, findErr
		}
		c, retry, openErr := opt.open(ctx, sock, s)
		if openErr == nil || !again || !retry {
			return c, openErr
		}
	}
}

// begin asks for a WebSocket on a connection to the server that takes another stream, or on a new one, whose socket it returns.
func (cl *Client) begin(ctx context.Context, server, url string, opt Options) (*share.Stream, net.Conn, error) {
	token, _ := cl.dialing.LoadOrStore(server, make(chan struct{}, 1))
	dialing := token.(chan struct{})
	select {
	case dialing <- struct{}{}:
		defer func() { <-dialing }()
	case <-ctx.Done():
		return nil, nil, interrupted(ctx)
	}
	for key, at := range cl.conns.Range {
		m := key.(*share.Conn)
		if m.Over() {
			cl.conns.Delete(m)
		} else if at == server {
			if s, err := m.Begin(url, opt.websocket()); err != share.ErrFull {
				return s, nil, err
			}
		}
	}
	sock, m, err := opt.dial(ctx, url, false)
	if err != nil {
		return nil, nil, err
	}
	s, err := m.Begin(url, opt.websocket())
	if err == nil && !s.Own() {
		cl.conns.Store(m, server)
	}
	if err == nil && cl.closed.Load() { // meanwhile
		err = errClientClosed
	}
	if err != nil {
		m.End(err)
		sock.Close()
	}
	return s, sock, err
}

// Close ends the shared connections, and with them the Conns that are on them, as CloseNow does.
func (cl *Client) Close() error {
	cl.closed.Store(true)
	for m := range cl.conns.Range {
		m.(*share.Conn).End(errClientClosed)
	}
	return nil
}
