package wsconn

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// Dial connects to a server and opens a WebSocket at url, whose scheme is ws or wss. ctx is for that alone: once Dial has returned it
// has no effect on the Conn.
//
// The error is one of
//   - an *[httpdial.Error], where there is no connection;
//   - a *[session.Refusal], where the server's answer opens no WebSocket;
//   - an error over [mintws.ErrInvalidOptions];
//   - the context's, or that of Timing.Open, or of the connection that was lost before the answer came.
//
// The connection is the WebSocket's own, also where opt.Dial.Protocols has it speak HTTP/2. A [Client] shares one.
func Dial(ctx context.Context, url string, opt Options) (*Conn, error) {
	var out httpconn.Output
	sock, conn, err := httpdial.Dial(ctx, url, &out, opt.dial())
	if err != nil {
		return nil, err
	}
	if conn.Version() == httpconn.HTTP1 {
		return opt.upgrade(ctx, sock, conn, url)
	}
	m := share(sock, conn, out, opt.settings().write, true)
	c, _, err := m.open(ctx, url, opt)
	return c, err
}

// maxBody is how much of the content of a refusal is kept: see session.Refusal.
const maxBody = 1 << 10

// dial returns how connections are made.
func (opt Options) dial() httpdial.Options {
	cfg := &opt.Dial.Config
	cfg.ManualCredit, cfg.Limits.MaxBuffered = true, -1 // each stream queues little
	cfg.StreamWindow, cfg.ConnWindow = cmp.Or(cfg.StreamWindow, streamWindow), cmp.Or(cfg.ConnWindow, connWindow)
	return opt.Dial
}

// settings returns those of the Conn.
func (opt Options) settings() settings {
	return newSettings(opt.Timing, opt.WriteTimeout, opt.WebSocket.Limits)
}

// websocket returns the options of the WebSocket.
func (opt Options) websocket() mintws.Options {
	o := opt.WebSocket
	o.Delivery, o.Limits, o.ManualReply, o.Tag = mintws.DeliverPayload, bounded(o.Limits), true, 0
	return o
}

// opening returns ctx with the time that the opening handshake may take.
func (opt Options) opening(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := cmp.Or(opt.Timing.Open, session.DefaultOpen)
	if timeout < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, timeout, &session.TimeoutError{For: session.ForAnswer, After: timeout})
}

// upgrade opens a WebSocket on an HTTP/1.1 connection, which from then on is a stream of bytes.
func (opt Options) upgrade(ctx context.Context, sock net.Conn, conn httpconn.Conn, url string) (c *Conn, err error) {
	ctx, cancel := opt.opening(ctx)
	defer func() {
		if cancel(); err != nil {
			sock.Close()
		}
	}()
	var out httpconn.Output
	conn, ws, err := mintws.Upgrade(conn, &out, url, opt.websocket())
	if err != nil {
		return nil, err
	}
	broken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(broken)
		sock.SetDeadline(longAgo)
	})
	h := handshake{sock: sock, conn: conn, ws: ws, out: out}
	for err == nil && h.ws.State() == mintws.Connecting {
		err = h.turn()
	}
	if err == nil {
		err = h.ws.Err()
	}
	var refused *mintws.HandshakeError
	if errors.As(err, &refused) {
		h.sock.SetReadDeadline(time.Now().Add(lingering))
		for !h.done && len(h.rest) < maxBody && ctx.Err() == nil && h.turn() == nil {
		}
		err = &session.Refusal{HandshakeError: refused, Body: h.rest[:min(len(h.rest), maxBody)]}
	}
	if !stop() {
		<-broken
		if err == nil || refused == nil {
			err = errors.Join(interrupted(ctx), err)
		}
	}
	if err != nil {
		return nil, err
	}
	return newConn(socket{sock}, h.ws, false, h.header, h.rest, opt.settings()), nil
}

// handshake is an opening handshake on HTTP/1.1.
type handshake struct {
	sock   net.Conn
	conn   httpconn.Conn
	out    httpconn.Output
	ws     mintws.WebSocket
	header http.Header
	rest   []byte // what came after the head: of the WebSocket, or of the answer that refuses one
	done   bool   // that is complete
}

// turn writes what is to be written, and handles what one read brings.
func (h *handshake) turn() error {
	_, lost := h.out.WriteTo(h.sock)
	h.out.Reset()
	buf := make([]byte, minRead)
	n, err := h.sock.Read(buf)
	if n > 0 {
		h.conn, _ = h.conn.Stream(&h.out, buf[:n])
		err = nil // if there was one, it comes again
	} else {
		h.conn, _ = h.conn.StreamEOF(&h.out)
	}
	for _, ev := range h.out.Events {
		switch ev.Kind {
		case httpconn.EventData:
			h.rest = append(h.rest, ev.Data...)
			continue
		case httpconn.EventHeaders:
			h.header = ev.Header
		case httpconn.EventDone, httpconn.EventReset:
			h.done = true
			if h.ws.State() != mintws.Connecting {
				continue // the stream's next reader finds out
			}
		}
		h.conn, h.ws, _ = mintws.Receive(h.conn, &h.out, h.ws, new(mintws.Inbox), ev) // ws.Err keeps the error
	}
	if h.ws.State() != mintws.Connecting {
		return nil
	}
	if err == io.EOF {
		err = nil
	}
	return cmp.Or(lost, err)
}

// socket is a connection of its own as the stream of one WebSocket.
type socket struct{ net.Conn }

// CloseWrite leaves it to the server to end the connection (RFC 6455 section 7.1.1).
func (socket) CloseWrite() error { return errors.ErrUnsupported }
