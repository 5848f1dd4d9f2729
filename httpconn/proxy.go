package httpconn

import (
	"context"
	"fmt"
	"net"
	"net/url"

	"golang.org/x/net/http/httpproxy"

	"github.com/mintws/mintws/internal/target"
)

// NoProxy is a DialOptions.Proxy that never uses a proxy, whatever the environment says.
func NoProxy(*url.URL) (*url.URL, error) { return nil, nil }

// UseProxy returns a DialOptions.Proxy that uses the given proxy for every target. The URL, which must not be
// nil, is copied.
func UseProxy(proxy *url.URL) func(*url.URL) (*url.URL, error) {
	fixed := *proxy
	return func(*url.URL) (*url.URL, error) {
		u := fixed
		return &u, nil
	}
}

// proxyFor is the proxy to use for t, nil for none.
func (opt DialOptions) proxyFor(t target.Target) (*url.URL, error) {
	if opt.Proxy != nil {
		return opt.Proxy(t.Plain())
	}
	return httpproxy.FromEnvironment().ProxyFunc()(t.Plain())
}

// dialProxy returns a byte stream to t's host through the proxy. Every error is a *ProxyError; nothing is left open then.
func (opt DialOptions) dialProxy(ctx context.Context, proxy *url.URL, t target.Target) (net.Conn, error) {
	fail := func(e ProxyError, err error) (net.Conn, error) {
		e.Err = withContextError(ctx, err)
		return nil, &e
	}
	host, port, err := target.HostPort(proxy)
	if err != nil {
		return fail(ProxyError{Proxy: proxy.Scheme + "://"}, fmt.Errorf("%w: %w", ErrInvalidURL, err))
	}
	e := ProxyError{Proxy: proxy.Scheme + "://" + target.Authority(host, port)}
	socks := false
	switch proxy.Scheme {
	case "http", "https":
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
		}
	case "socks5", "socks5h":
		socks = true
		if port == "" {
			port = "1080"
		}
	default:
		return fail(e, fmt.Errorf("%w: scheme %q, want http, https, socks5 or socks5h", ErrInvalidURL, proxy.Scheme))
	}
	raw, err := opt.dial(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fail(e, err)
	}
	sock := raw
	if proxy.Scheme == "https" {
		secured, _, tlsErr := startTLS(ctx, raw, opt.ProxyTLS, host, []Version{HTTP1})
		if tlsErr != nil {
			raw.Close()
			return fail(e, tlsErr)
		}
		sock = secured
	}
	if socks {
		sock, err = socksTunnel(ctx, sock, proxy, t)
	} else {
		sock, err = opt.connectTunnel(ctx, sock, proxy, t, &e)
	}
	if err != nil {
		raw.Close() // not sock: TLS would first try to say goodbye
		return fail(e, err)
	}
	return sock, nil
}
