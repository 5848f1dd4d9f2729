// Package httpdial opens the sockets for package httpconn, which knows none: TCP, unix sockets, TLS with ALPN, HTTP proxies
// and SOCKS5. [Dial] returns a socket and the first [httpconn.Conn] for it, and takes no further part.
//
// Nothing in httpconn or mintws depends on it. A program that opens its connections itself uses [httpconn.New] instead.
package httpdial

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/target"
)

// Options is how [Dial] reaches a server. The zero Options is the default.
type Options struct {
	// Config is passed to [httpconn.New]. Its Limits also bound the answer of an HTTP proxy.
	Config httpconn.Config

	// Protocols are the versions to use, the preferred one first. Over TLS, ALPN offers them in this order (RFC 7301).
	// Without TLS nothing is negotiated, and the first one is spoken: HTTP2 means prior knowledge (RFC 9113 section 3.3).
	//
	// A server may speak HTTP/2 and yet have no WebSockets on it: it says so in its SETTINGS (RFC 8441 section 3). For ws and
	// wss, Dial then opens a second connection and speaks HTTP/1.1 on it, if HTTP1 is among Protocols. It does the same
	// for every scheme if the server answers the preface of HTTP/2 in HTTP/1. With HTTP2 alone, the errors are
	// [httpconn.ErrExtendedConnectDisabled] and [ErrNotHTTP2].
	//
	// Dial goes by the server's first SETTINGS. For a server that allows WebSockets only in later ones, dial http or https with
	// HTTP2, and wait as [httpconn.EventSettings] says.
	//
	// The default is HTTP1 alone, with TLS too: a single WebSocket gains nothing by HTTP/2, while many servers that would
	// choose it refuse extended CONNECT, and each Dial would pay for two connections. {HTTP2, HTTP1} is for many WebSockets
	// on one connection, where the server can do that.
	Protocols []httpconn.Version

	// TLS configures TLS to the server, for wss and https. It is cloned, never changed. An empty ServerName becomes the
	// host of the URL, NextProtos is always what Protocols say, and nothing below TLS 1.2 is spoken. Nil means that the
	// server's certificate is verified against the system's authorities.
	TLS *tls.Config

	// DialContext opens the connection to the server or to the proxy; network is "tcp" or "unix". It should give up when
	// ctx ends, which is also when Timeout has passed. Nil means that of a zero net.Dialer. For timeouts, a local
	// address, keep-alives or a resolver of your own, take the method of another one: (&net.Dialer{...}).DialContext.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	// Wrap, if it is set, gets the connection on which HTTP is about to be spoken, inside TLS and behind any proxy, before the
	// first byte of that, and returns what takes its place: for those who count bytes, or look on as package mintws/wiretap
	// does. Dial returns what it has returned. It is called for each connection that Dial makes, and must not return nil.
	Wrap func(net.Conn) net.Conn

	// Unix is the path of a unix socket to connect to instead of the URL's host and port ("@name" is the abstract
	// namespace of Linux). The URL still gives the scheme and the name that TLS verifies. No proxy is used, and Proxy must
	// be nil.
	Unix string

	// Proxy returns the URL of the proxy to use for target, or nil for none. Target is the URL being dialed as
	// golang.org/x/net/http/httpproxy wants it: "http" stands for ws, "https" for wss, the host is ASCII, and there is no
	// userinfo. Nil means the environment variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or their lower-case
	// names, read at each Dial: HTTP_PROXY is for ws and http, HTTPS_PROXY for wss and https; none is used for localhost and
	// loopback addresses. One that cannot be parsed is an error wherever it would be used, and so is HTTP_PROXY in a CGI
	// program, where it may be a field of the request. See [NoProxy] and [UseProxy].
	//
	// The proxy's scheme is http, https (TLS to the proxy), socks5 or socks5h (both let the proxy resolve the host's name).
	// A user name and password in its URL are sent to it: Basic authentication (RFC 7617), or that of RFC 1929.
	Proxy func(target *url.URL) (*url.URL, error)

	// ProxyHeader holds further fields of the CONNECT request. It is not changed. A Proxy-Authorization here takes the
	// place of the one made from the proxy's URL.
	ProxyHeader http.Header

	// ProxyTLS configures TLS to an https proxy, by the rules of TLS. What it negotiates by ALPN is always HTTP/1.1.
	ProxyTLS *tls.Config

	// Timeout is how long Dial may take in all: connecting, the proxy, TLS, SETTINGS, a second connection. Where the context
	// ends sooner, that counts. When it has passed, the error wraps [context.DeadlineExceeded]. Default 30 s, negative for
	// none.
	Timeout time.Duration
}

// DefaultTimeout is what Options.Timeout is if it is 0.
const DefaultTimeout = 30 * time.Second // room for lost packets in each step, and over before a person gives up

// Dial opens a connection to the server of rawURL, whose scheme is ws, wss, http or https, and returns the socket together
// with an [httpconn.Conn] for it. Path and query matter to Options.Proxy alone, as no request is made. With mintws, pass
// the same URL to its Upgrade.
//
// The socket is the caller's: Dial keeps no reference to it and leaves no goroutine and no deadline behind. It is a
// *tls.Conn for wss and https; else what DialContext returned, or a *tls.Conn to an https proxy. If a proxy sent the first
// bytes of the tunnel together with its answer, that is wrapped, so that these bytes are read first. With Options.Wrap it is
// what that returned for it.
//
// Out must not be nil. On HTTP/1.1 nothing is sent and nothing is read. On HTTP/2 Dial writes the connection preface
// and returns after the server's SETTINGS (RFC 9113 section 3.4), so that requests can start at once. The events that came
// with them are appended to out.Events, what has to be written next, such as the acknowledgement, to out.Send; for ws and
// wss the server is then known to allow extended CONNECT (see Options.Protocols).
//
// An Output that has served another connection may serve this one, once its Send is empty. Else the error is [ErrNotEmpty],
// and nobody is dialed: what stands there would go to the wrong server. Its Events are kept.
//
// The deadline and cancellation of ctx apply to everything: connecting, the proxy, TLS; so does Options.Timeout. Once
// either has ended Dial returns an error, even where it would have succeeded. Once Dial has returned, ctx has no effect
// on the socket.
//
// For ws, wss, http and https alike a proxy is asked for a tunnel with CONNECT (RFC 6455 section 4.1 wants it for ws too):
// the Conn then speaks to the server itself, sends it the same bytes as without a proxy, and can be upgraded.
//
// Every error is an [*Error]. The socket is then nil and closed, the Conn is the zero Conn, and out is as it was. The Error
// wraps one of these:
//
//   - [ErrInvalidURL], [ErrNotEmpty], [ErrALPN], [ErrNotHTTP2] or a [*ProxyError];
//   - [httpconn.ErrInvalidRequest], for a ProxyHeader that cannot be sent;
//   - [httpconn.ErrExtendedConnectDisabled], a [*httpconn.ConnError] or a [*httpconn.GoAwayError];
//   - an error of crypto/tls, of the network, of DialContext, of Proxy, or of [httpconn.New].
//
// It also wraps the error of ctx, if that has ended, and the error of the first connection, if a second one was opened and
// failed. No user name, password, path or query of any URL appears in its text.
func Dial(ctx context.Context, rawURL string, out *httpconn.Output, opt Options) (net.Conn, httpconn.Conn, error) {
	t, err := target.Parse(rawURL)
	if err != nil {
		return nil, httpconn.Conn{}, &Error{Op: "url", Err: fmt.Errorf("%w: %w", ErrInvalidURL, err)}
	}
	if opt.Timeout >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cmp.Or(opt.Timeout, DefaultTimeout))
		defer cancel()
	}
	fail := func(op string, err error) (net.Conn, httpconn.Conn, error) {
		return nil, httpconn.Conn{}, &Error{Op: op, URL: t.String(), Err: withContextError(ctx, err)}
	}
	if err = opt.check(); err != nil {
		return fail("options", err)
	}
	if len(out.Send) != 0 {
		return fail("output", ErrNotEmpty)
	}
	protocols := opt.protocols()
	var mine httpconn.Output // out stays as it is until all has gone well
	sock, conn, op, err := opt.open(ctx, t, &mine, protocols)
	if reason := err; opt.fallBack(reason) {
		mine = httpconn.Output{}
		if sock, conn, op, err = opt.open(ctx, t, &mine, []httpconn.Version{httpconn.HTTP1}); err != nil {
			err = &because{err, reason}
		}
	}
	if err != nil {
		return fail(op, err)
	}
	out.Events = append(out.Events, mine.Events...)
	out.Send = append(out.Send, mine.Send...)
	return sock, conn, nil
}

// open makes one connection to t and brings it to where requests can start; op names the step that failed.
func (opt Options) open(
	ctx context.Context, t target.Target, out *httpconn.Output, offer []httpconn.Version,
) (sock net.Conn, conn httpconn.Conn, op string, err error) {
	raw, op, err := opt.reach(ctx, t)
	if err != nil {
		return nil, httpconn.Conn{}, op, err
	}
	sock = raw
	version := offer[0] // where nothing negotiates it
	if t.Secure {
		var secured *tls.Conn
		secured, version, err = startTLS(ctx, raw, opt.TLS, t.Host, offer)
		if err != nil {
			raw.Close()
			return nil, httpconn.Conn{}, "tls", err
		}
		sock = secured
	}
	if opt.Wrap != nil {
		sock = opt.Wrap(sock)
	}
	conn, err = httpconn.New(version, opt.Config, out)
	if err == nil && version == httpconn.HTTP2 {
		conn, err = settle(ctx, sock, conn, out, t.Scheme == "ws" || t.Scheme == "wss")
	}
	if err == nil {
		err = ended(ctx)
	}
	if err != nil {
		partWith(ctx, sock, raw, out.Send)
		return nil, httpconn.Conn{}, "http", err
	}
	return sock, conn, "", nil
}

// check finds the mistakes that need no connection.
func (opt Options) check() error {
	if opt.Unix != "" && opt.Proxy != nil {
		return errUnixProxy
	}
	if err := checkProxyHeader(opt.ProxyHeader); err != nil {
		return err
	}
	for _, v := range opt.protocols() {
		if _, err := httpconn.New(v, opt.Config, new(httpconn.Output)); err != nil {
			return err
		}
	}
	return nil
}

// reach returns a byte stream to t's host, on which TLS or HTTP can start; op names the step that failed.
func (opt Options) reach(ctx context.Context, t target.Target) (sock net.Conn, op string, err error) {
	if opt.Unix != "" {
		sock, err = opt.dial(ctx, "unix", opt.Unix)
		return sock, "connect", err
	}
	proxy, err := opt.proxyFor(t)
	if err != nil {
		return nil, "proxy", err
	}
	if proxy == nil {
		sock, err = opt.dial(ctx, "tcp", t.Address())
		return sock, "connect", err
	}
	sock, err = opt.dialProxy(ctx, proxy, t)
	return sock, "proxy", err
}

func (opt Options) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var sock net.Conn
	var err error
	if opt.DialContext != nil {
		sock, err = opt.DialContext(ctx, network, address)
	} else {
		sock, err = new(net.Dialer).DialContext(ctx, network, address)
	}
	switch {
	case err != nil:
		return nil, err
	case sock == nil:
		return nil, errNoConn
	}
	if err = ended(ctx); err != nil {
		sock.Close()
		return nil, err
	}
	return sock, nil
}

func (opt Options) protocols() []httpconn.Version {
	if len(opt.Protocols) == 0 {
		return []httpconn.Version{httpconn.HTTP1}
	}
	return opt.Protocols
}
