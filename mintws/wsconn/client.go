package wsconn

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/internal/target"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn/internal/share"
)

// Client opens WebSockets that share connections, over HTTP/2 (RFC 8441): those to one server are streams of one connection, until that
// takes no more. A server without that gets a connection of its own for each, over HTTP/1.1. The zero Client is ready; its methods may
// be called from several goroutines. Its Options must not be changed after the first call.
//
// A Conn of a Client's is like any other, and none holds up the others: the server gets credit for what was read of each, so of one
// that nobody reads at most 256 KiB are held here. That is StreamWindow of Options.Dial.Config, which can be changed; ManualCredit is
// always set. A shared connection that is broken ends all its Conns.
type Client struct {
	// Options are those of all WebSockets. Options.WebSocket has no meaning: [Client.Dial] is given its own. Where Dial.Protocols is
	// empty it is HTTP2, then HTTP1.
	Options Options

	mu      sync.Mutex
	conns   map[*share.Conn]string   // and the server of each
	dialing map[string]chan struct{} // held by who looks for a connection to a server, or makes one
	closed  bool
}

// errClientClosed is the error of a Dial after Close.
var errClientClosed = fmt.Errorf("wsconn: Client.Close: %w", net.ErrClosed)

// Dial opens a WebSocket at url, on a connection that there is to the server or on a new one. It is the function [Dial] otherwise.
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
	for again := true; ; again = false {
		m, sock, findErr := cl.find(ctx, t.String(), url, opt)
		if findErr != nil {
			return nil, findErr
		}
		c, retry, openErr := opt.open(ctx, sock, m, url)
		if openErr == nil || !again || !retry {
			return c, openErr
		}
	}
}

// find returns a connection to the server that takes another stream, or a new one. Over HTTP/1.1 its socket is not nil.
func (cl *Client) find(ctx context.Context, server, url string, opt Options) (*share.Conn, net.Conn, error) {
	cl.mu.Lock()
	if cl.dialing == nil {
		cl.dialing, cl.conns = map[string]chan struct{}{}, map[*share.Conn]string{}
	}
	dialing := cl.dialing[server]
	if dialing == nil {
		dialing = make(chan struct{}, 1)
		cl.dialing[server] = dialing
	}
	cl.mu.Unlock()
	select {
	case dialing <- struct{}{}:
		defer func() { <-dialing }()
	case <-ctx.Done():
		return nil, nil, interrupted(ctx)
	}
	if m, err := cl.usable(server); m != nil || err != nil {
		return m, nil, err
	}
	var out httpconn.Output
	sock, conn, err := httpdial.Dial(ctx, url, &out, opt.dial())
	if err != nil {
		return nil, nil, err
	}
	m := share.New(sock, conn, out.Send, opt.patience(), conn.Version() == httpconn.HTTP1)
	if conn.Version() == httpconn.HTTP1 {
		return m, sock, nil
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.conns[m] = server
	if cl.closed {
		m.End(errClientClosed)
	}
	return m, nil, nil
}

// usable returns a connection to the server that takes another stream, if there is one.
func (cl *Client) usable(server string) (*share.Conn, error) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.closed {
		return nil, errClientClosed
	}
	for m, s := range cl.conns {
		usable, over := m.Usable()
		if usable && s == server {
			return m, nil
		}
		if over {
			delete(cl.conns, m)
		}
	}
	return nil, nil
}

// Close ends the shared connections, and with them the Conns that are on them, as CloseNow does.
func (cl *Client) Close() error {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.closed = true
	for m := range cl.conns {
		m.End(errClientClosed)
	}
	return nil
}
