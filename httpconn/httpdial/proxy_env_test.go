package httpdial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
)

// setProxies sets the environment's proxies and nothing else of theirs.
func setProxies(t *testing.T, vars map[string]string) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
		"ALL_PROXY", "all_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, vars[name])
	}
}

func TestDialProxyFromEnvironment(t *testing.T) {
	server := tcpServer(t, echo)
	secure := tcpServer(t, overTLS(certified(t, "example.test"), echoTLS))
	forHTTP, forHTTPS := newProxy(t, server), newProxy(t, secure)
	socks := newSOCKS(t, secure)
	setProxies(t, map[string]string{
		"HTTP_PROXY":  forHTTP.addr, // the scheme may be missing
		"https_proxy": forHTTPS.urlFor(url.UserPassword("me", "secret")).String(),
		"NO_PROXY":    "direct.test",
	})
	opt := Options{TLS: trust()}
	for _, tt := range []struct {
		url, host, auth string
		proxy           *testProxy
	}{
		{"ws://example.test/feed", "example.test:80", "", forHTTP},
		{"http://example.test:81/", "example.test:81", "", forHTTP},
		{"wss://example.test/feed", "example.test:443", "Basic bWU6c2VjcmV0", forHTTPS},
		{"https://example.test/", "example.test:443", "Basic bWU6c2VjcmV0", forHTTPS},
	} {
		checkEcho(t, dialed(t, tt.url, opt))
		select {
		case r := <-tt.proxy.requests:
			if r.Method != "CONNECT" || r.RequestURI != tt.host || r.Host != tt.host || r.Header.Get("Proxy-Authorization") != tt.auth {
				t.Errorf("%s: the proxy was asked %s %s, Host %s, %v", tt.url, r.Method, r.RequestURI, r.Host, r.Header)
			}
		default:
			t.Errorf("%s: the proxy was not asked", tt.url)
		}
	}

	// Excluded, the machine itself, or told so: no proxy.
	checkEcho(t, dialed(t, "ws://"+server, opt))
	opt.DialContext = toServer(server)
	checkEcho(t, dialed(t, "ws://direct.test/", opt))
	opt.Proxy = NoProxy
	checkEcho(t, dialed(t, "ws://example.test/", opt))
	for _, p := range []*testProxy{forHTTP, forHTTPS} {
		if len(p.requests) > 0 {
			t.Errorf("proxy was asked %+v", <-p.requests)
		}
	}

	// The environment is read anew each time.
	setProxies(t, map[string]string{"https_proxy": socks.url().String()})
	checkEcho(t, dialed(t, "wss://example.test/", Options{TLS: trust()}))
	if r := <-socks.asked; r.address != "example.test" || r.port != 443 {
		t.Errorf("asked for %+v", r)
	}
	// In a CGI program anybody can set HTTP_PROXY, with a request's field "Proxy".
	setProxies(t, map[string]string{"HTTP_PROXY": forHTTP.addr, "REQUEST_METHOD": "GET"})
	refused(t, t.Context(), "ws://example.test/", Options{}, "proxy", nil)
}

// TestDialProxyUnreadable: a proxy in the environment that cannot be parsed is not the same as none.
func TestDialProxyUnreadable(t *testing.T) {
	opt := Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		t.Error("connected")
		return nil, io.EOF
	}}
	for _, value := range []string{
		"http://me:secret word@proxy.test", "http://me:sec%zzret@proxy.test", "http://proxy.test:port", "://secret", "http://", "me:secret@exa mple",
		"http://proxy.test/%zzsecret", "socks5://[::1", "proxy.test:80 secret", "\x7f", "/secret",
	} {
		setProxies(t, map[string]string{"HTTP_PROXY": value, "https_proxy": value, "NO_PROXY": "direct.test"})
		for url, name := range map[string]string{"ws://example.test/": "HTTP_PROXY", "wss://example.test/": "HTTPS_PROXY"} {
			de := refused(t, t.Context(), url, opt, "proxy", ErrInvalidURL)
			if s := de.Error(); !strings.Contains(s, name) && !strings.Contains(s, "no host") || strings.Contains(s, "word") {
				t.Errorf("%q: %v", value, de)
			}
		}
	}
	// It does not matter where none would be used.
	server := tcpServer(t, echo)
	checkEcho(t, dialed(t, "ws://"+server, Options{}))
	checkEcho(t, dialed(t, "ws://direct.test", Options{DialContext: toServer(server)}))
	setProxies(t, map[string]string{"HTTPS_PROXY": "http://me:secret word@proxy.test"})
	checkEcho(t, dialed(t, "ws://example.test", Options{DialContext: toServer(server)}))
}

// TestDialProxyFunctionQuotes: errors of url.Parse quote the URL, which for a proxy has the password in it.
func TestDialProxyFunctionQuotes(t *testing.T) {
	var cause *url.Error
	de := refused(t, t.Context(), "ws://example.test/", Options{Proxy: func(u *url.URL) (*url.URL, error) {
		u, err := url.Parse("http://me:secret word@" + u.Host)
		return u, fmt.Errorf("reading my configuration: %w", err)
	}}, "proxy", nil)
	if !errors.As(de, &cause) {
		t.Errorf("%v wraps no *url.Error", de)
	}
}

// The function that selects the proxy sees the URL as net/http programs know it.
func TestDialProxyFunction(t *testing.T) {
	server := tcpServer(t, echo)
	proxy := newProxy(t, server)
	var got string
	opt := Options{Proxy: func(u *url.URL) (*url.URL, error) {
		got = u.String()
		u.Host = "changed.test" // it is the function's own
		return proxy.url(), nil
	}}
	checkEcho(t, dialed(t, "ws://me:secret@BÜCHER.test:81/feed?x=y", opt))
	if want := "http://xn--bcher-kva.test:81/feed?x=y"; got != want {
		t.Errorf("the function was given %s, want %s", got, want)
	}
	if r := <-proxy.requests; r.Host != "xn--bcher-kva.test:81" {
		t.Errorf("the proxy was asked for %s", r.Host)
	}
	mine := errors.New("mine")
	opt.Proxy = func(*url.URL) (*url.URL, error) { return nil, mine }
	refused(t, t.Context(), "ws://example.test/", opt, "proxy", mine)
}

func TestUseProxyCopies(t *testing.T) {
	u := mustURL("http://proxy.test:3128")
	f := UseProxy(u)
	u.Host = "changed.test"
	a, _ := f(nil)
	a.Host = "changed.test"
	if b, err := f(nil); err != nil || b.String() != "http://proxy.test:3128" {
		t.Errorf("got %v, %v", b, err)
	}
}
