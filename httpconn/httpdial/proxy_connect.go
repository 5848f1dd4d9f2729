package httpdial

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/target"
)

// How much of a refusal's content is waited for: enough for a proxy's message to a person.
const (
	maxProxyBody  = 64 << 10 // in bytes on the wire
	proxyBodyTime = 2 * time.Second
)

// newConnectTunnel is a tunnel to t through an HTTP proxy (RFC 9110 section 9.3.6). What a refusal says goes into e.
func (opt Options) newConnectTunnel(user *url.Userinfo, t target.Target, e *ProxyError) (tunnel, error) {
	header, err := opt.proxyHeader(user)
	if err != nil {
		return nil, err
	}
	var a connectAnswer
	if a.conn, err = httpconn.New(httpconn.HTTP1, httpconn.Config{Limits: opt.Config.Limits}, &a.out); err != nil {
		return nil, err
	}
	if a.conn, _, err = a.conn.Request(&a.out, connectRequest(t.Remote(), header)); err != nil {
		return nil, err
	}
	return func(ctx context.Context, sock net.Conn) (net.Conn, error) {
		err := a.receive(ctx, sock)
		switch {
		case a.status != 0 && !a.opened():
			e.Status, e.Header, e.Body = a.status, a.header, a.data
			if err != nil {
				return nil, &because{ErrProxyRefused, err}
			}
			return nil, ErrProxyRefused
		case err != nil:
			return nil, err
		case len(a.data) > 0: // the tunnel's first bytes came with the answer
			return &prefixConn{Conn: sock, prefix: a.data}, nil
		}
		return sock, nil
	}, nil
}

func connectRequest(authority string, header http.Header) httpconn.Request {
	return httpconn.Request{Method: http.MethodConnect, Authority: authority, Header: header}
}

// proxyHeader is the header of the CONNECT request.
func (opt Options) proxyHeader(user *url.Userinfo) (http.Header, error) {
	h := opt.ProxyHeader.Clone()
	if user == nil {
		return h, nil
	}
	for name := range h {
		if strings.EqualFold(name, "Proxy-Authorization") {
			return h, nil
		}
	}
	credentials, err := target.Basic(user)
	if err != nil {
		return nil, fmt.Errorf("%w: the proxy's %w", ErrInvalidURL, err)
	}
	if h == nil {
		h = make(http.Header, 1)
	}
	h.Set("Proxy-Authorization", credentials)
	return h, nil
}

// checkProxyHeader finds what cannot be sent, whether or not a proxy will be used.
func checkProxyHeader(h http.Header) error {
	if len(h) == 0 {
		return nil
	}
	var out httpconn.Output
	c, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err == nil {
		_, _, err = c.Request(&out, connectRequest("proxy.invalid:80", h)) //mintvet:fork
	}
	if err != nil {
		return retold{"ProxyHeader: " + bare(err), err}
	}
	return nil
}

// connectAnswer is the exchange with a proxy, and what it has answered to CONNECT so far.
type connectAnswer struct {
	conn   httpconn.Conn
	out    httpconn.Output // what is to be sent
	status int
	header http.Header
	data   []byte // the first bytes of the tunnel, or of the content of a refusal
	done   bool
}

func (a *connectAnswer) opened() bool { return a.status/100 == 2 }

// receive sends the request and reads the answer: until the head of one that opens the tunnel and the bytes that arrived
// with it, or the end of one that does not. Of the content of a refusal it takes only so much.
func (a *connectAnswer) receive(ctx context.Context, sock net.Conn) error {
	err := underContext(ctx, sock, func() error {
		_, failed := sock.Write(a.out.Send)
		for failed == nil && a.status == 0 {
			_, failed = a.read(sock)
		}
		return failed
	})
	if err != nil || a.opened() || a.done {
		return err
	}
	short, cancel := context.WithTimeout(ctx, proxyBodyTime)
	defer cancel()
	err = underContext(short, sock, func() error {
		for left := maxProxyBody - len(a.data); left > 0 && !a.done; {
			n, failed := a.read(sock)
			if failed != nil {
				return failed
			}
			left -= n
		}
		return nil
	})
	a.data = a.data[:min(len(a.data), maxProxyBody)]
	if ended(short) != nil && ended(ctx) == nil {
		return nil
	}
	return err
}

// read reads once, and returns how many bytes there were.
func (a *connectAnswer) read(sock io.Reader) (int, error) {
	var buf [4 << 10]byte
	n, readErr := sock.Read(buf[:])
	a.out.Reset()
	var err error
	if n > 0 {
		a.conn, err = a.conn.Stream(&a.out, buf[:n])
	}
	if err == nil && readErr == io.EOF {
		a.conn, err = a.conn.StreamEOF(&a.out)
	}
	endErr := a.add(a.out.Events)
	switch {
	case a.opened() || a.done:
		return n, nil
	case endErr != nil:
		return n, endErr
	case err != nil:
		return n, err
	case readErr == io.EOF:
		return n, io.ErrUnexpectedEOF
	}
	return n, readErr
}

// add takes up what the proxy sent. The error is why the response broke off.
func (a *connectAnswer) add(events []httpconn.Event) (err error) {
	for _, ev := range events {
		switch ev.Kind {
		case httpconn.EventHeaders:
			a.status, a.header = ev.Status, ev.Header
		case httpconn.EventData:
			a.data = append(a.data, ev.Data...)
		case httpconn.EventDone:
			a.done = true
		case httpconn.EventReset:
			err = ev.Err
		}
	}
	return err
}
