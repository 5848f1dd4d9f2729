package wsconn

import (
	"cmp"
	"context"
	"errors"
	"net"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
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
// The connection is the WebSocket's own, also where opt.Dial.Protocols has it speak HTTP/2. A [Client] shares one.
func Dial(ctx context.Context, url string, opt Options) (*Conn, error) {
	var out httpconn.Output
	sock, conn, err := httpdial.Dial(ctx, url, &out, opt.dial())
	if err != nil {
		return nil, err
	}
	c, _, err := opt.open(ctx, sock, share.New(sock, conn, out.Send, opt.patience(), true), url)
	return c, err
}

// open opens a WebSocket on a connection. Sock is not nil where that is its own. Where it fails, again says that another connection may
// do better.
func (opt Options) open(ctx context.Context, sock net.Conn, m *share.Conn, url string) (c *Conn, again bool, err error) {
	if timeout := cmp.Or(opt.Timing.Open, session.DefaultOpen); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, &session.TimeoutError{For: session.ForAnswer, After: timeout})
		defer cancel()
	}
	o := opt.WebSocket
	o.Delivery, o.Limits, o.ManualReply, o.Tag = mintws.DeliverPayload, bounded(o.Limits), true, 0
	s, ws, header, again, err := m.Open(ctx, url, o)
	if err != nil {
		if sock != nil {
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
	return c.start(ws, opt.Timing, opt.patience(), opt.WebSocket.Limits), false, nil
}

// dial returns how connections are made.
func (opt Options) dial() httpdial.Options {
	cfg := &opt.Dial.Config
	cfg.ManualCredit, cfg.Limits.MaxBuffered = true, -1 // each stream queues little
	cfg.StreamWindow, cfg.ConnWindow = cmp.Or(cfg.StreamWindow, streamWindow), cmp.Or(cfg.ConnWindow, connWindow)
	return opt.Dial
}

// Windows of an HTTP/2 connection.
const (
	streamWindow = 256 << 10 // as much as a stream may hold here; 25 MB/s over a round trip of 10 ms
	connWindow   = 1 << 30   // above what all streams hold, so that those nobody reads do not stop the others
)

// socket is a connection of its own as the stream of one WebSocket.
type socket struct{ net.Conn }

// CloseWrite leaves it to the server to end the connection (RFC 6455 section 7.1.1).
func (socket) CloseWrite() error { return errors.ErrUnsupported }
