package httpdial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/target"
)

// NoProxy is an Options.Proxy that never uses a proxy, whatever the environment says.
func NoProxy(*url.URL) (*url.URL, error) { return nil, nil }

// UseProxy returns an Options.Proxy that uses the given proxy for every target. The URL, which must not be
// nil, is copied.
func UseProxy(proxy *url.URL) func(*url.URL) (*url.URL, error) {
	fixed := *proxy
	return func(*url.URL) (*url.URL, error) {
		u := fixed
		return &u, nil
	}
}

// proxyFor is the proxy to use for t, nil for none.
func (opt Options) proxyFor(t target.Target) (*url.URL, error) {
	if opt.Proxy == nil {
		return environmentProxy(t.Plain())
	}
	proxy, err := opt.Proxy(t.Plain())
	if err == nil {
		return proxy, nil
	}
	var bad *url.Error
	if errors.As(err, &bad) { // of url.Parse, say: it quotes the URL
		err = retold{"Options.Proxy: the URL of the proxy cannot be used", err}
	}
	return proxy, err
}

// environmentProxy is the proxy that the environment variables name for u, nil for none.
func environmentProxy(u *url.URL) (*url.URL, error) {
	env := httpproxy.FromEnvironment()
	name, value := "HTTP_PROXY", &env.HTTPProxy
	if u.Scheme == "https" {
		name, value = "HTTPS_PROXY", &env.HTTPSProxy
	}
	if *value == "" {
		return nil, nil
	}
	full := *value
	if !strings.Contains(full, "://") { // "host:port" will do
		full = "http://" + full
	}
	parsed, err := url.Parse(full)
	unreadable := err != nil || parsed.Host == ""
	if unreadable {
		full = "http://proxy.invalid" // httpproxy would take none, or a part of it for the host
	}
	*value = full
	proxy, err := env.ProxyFunc()(u)
	if proxy != nil && unreadable { // where NO_PROXY excludes u, it does not matter
		return nil, fmt.Errorf("%w: that in the environment variable %s cannot be parsed", ErrInvalidURL, name)
	}
	return proxy, err
}

// proxyPorts are the default ports of the schemes that a proxy may have (RFC 9110 section 4.2, RFC 1928 section 3).
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// dialProxy returns a byte stream to t's host through the proxy. Every error is a *ProxyError; nothing is left open then.
func (opt Options) dialProxy(ctx context.Context, proxy *url.URL, t target.Target) (net.Conn, error) {
	fail := func(e ProxyError, err error) (net.Conn, error) {
		e.Err = withContextError(ctx, err)
		return nil, &e
	}
	host, port, err := target.HostPort(proxy)
	if err != nil {
		return fail(ProxyError{Proxy: proxy.Scheme + "://"}, fmt.Errorf("%w: %w", ErrInvalidURL, err))
	}
	e := ProxyError{Proxy: proxy.Scheme + "://" + target.Authority(host, port)}
	if proxyPorts[proxy.Scheme] == "" {
		return fail(e, fmt.Errorf("%w: scheme %q, want http, https, socks5 or socks5h", ErrInvalidURL, proxy.Scheme))
	}
	// What a proxy cannot be asked for is refused before anything is connected.
	var ask tunnel
	if strings.HasPrefix(proxy.Scheme, "socks5") {
		ask, err = newSOCKSTunnel(proxy.User, t)
	} else {
		ask, err = opt.newConnectTunnel(proxy.User, t, &e)
	}
	if err != nil {
		return fail(e, err)
	}
	raw, err := opt.dial(ctx, "tcp", net.JoinHostPort(host, cmp.Or(port, proxyPorts[proxy.Scheme])))
	if err != nil {
		return fail(e, err)
	}
	sock := raw
	if proxy.Scheme == "https" {
		secured, _, tlsErr := startTLS(ctx, raw, opt.ProxyTLS, host, []httpconn.Version{httpconn.HTTP1})
		if tlsErr != nil {
			raw.Close()
			return fail(e, tlsErr)
		}
		sock = secured
	}
	if sock, err = ask(ctx, sock); err != nil {
		raw.Close() // not sock: TLS would first try to say goodbye
		return fail(e, err)
	}
	return sock, nil
}

// tunnel asks the proxy at the other end of sock for a connection to a server, and returns the stream that leads there.
type tunnel func(ctx context.Context, sock net.Conn) (net.Conn, error)
