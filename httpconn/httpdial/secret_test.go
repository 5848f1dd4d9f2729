package httpdial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// TestDialKeepsSecrets: with a secret in every argument that can hold one, no failure of Dial shows it: of a URL the text
// has scheme, host and port, of a field its name.
func TestDialKeepsSecrets(t *testing.T) {
	const s = "s3cr3t"
	fails := func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrClosedPipe }
	user := url.UserPassword(s, s)
	proxy := func(u *url.URL) Options { return Options{DialContext: fails, Proxy: UseProxy(u)} }
	answers := func(answer string) Options {
		p := text(t, answer)
		u := p.urlFor(user)
		u.Path, u.RawQuery, u.Fragment = "/"+s, s, s
		return Options{Proxy: UseProxy(u), ProxyHeader: http.Header{"X-Key": {s}, "Proxy-Authorization": {s}, "Cookie": {s}}}
	}
	header := func(name, value string) Options {
		return Options{DialContext: fails, ProxyHeader: http.Header{name: {value}}}
	}
	silent := tcpServer(t, func(net.Conn) {})
	setProxies(t, nil)
	const whole = "://" + s + ":" + s + "@example.test:81/" + s + "?key=" + s
	for name, opt := range map[string]Options{
		"connect":            {DialContext: fails, Proxy: NoProxy},
		"closed":             {DialContext: toServer(silent), Proxy: NoProxy, Protocols: []httpconn.Version{httpconn.HTTP2}},
		"proxy":              proxy(&url.URL{Scheme: "http", Host: "proxy.test:1", User: user, Path: "/" + s, RawQuery: s}),
		"proxy by TLS":       proxy(&url.URL{Scheme: "https", Host: "proxy.test:1", User: user}),
		"proxy by SOCKS":     proxy(&url.URL{Scheme: "socks5", Host: "proxy.test:1", User: user}),
		"proxy's scheme":     proxy(&url.URL{Scheme: "ftp", Host: "proxy.test:1", User: user, Opaque: s}),
		"proxy without host": proxy(&url.URL{Scheme: "http", User: user, Opaque: s, Path: s}),
		"proxy's port":       proxy(&url.URL{Scheme: "http", Host: "proxy.test:0", User: user}),
		"colon in the name":  proxy(&url.URL{Scheme: "http", Host: "proxy.test", User: url.UserPassword(s+":", s)}),
		"line feed in it":    proxy(&url.URL{Scheme: "http", Host: "proxy.test", User: url.UserPassword(s, s+"\n")}),
		"password too long":  proxy(&url.URL{Scheme: "socks5", Host: "proxy.test", User: url.UserPassword(s, strings.Repeat(s, 99))}),
		"proxy refuses":      answers("HTTP/1.1 407 " + s + "\r\nContent-Length: 6\r\nProxy-Authenticate: " + s + "\r\n\r\n" + s),
		"proxy breaks off":   answers("HTTP/1.1 407 No\r\nContent-Length: 9\r\nSet-Cookie: " + s + "\r\n\r\n" + s),
		"proxy says nothing": answers(""),
		"field with CR LF":   header("Authorization", s+"\r\n"),
		"field with NUL":     header("Cookie", "\x00"+s),
		"length":             header("Content-Length", s),
		"hop by hop":         header("Connection", "host, "+s),
		"upgrade":            header("Upgrade", s),
		"field name":         header("Authorization: "+s, s),
		"both":               {Unix: "/run/x", Proxy: UseProxy(&url.URL{Scheme: "http", Host: "proxy.test", User: user})},
		"Proxy fails":        {Proxy: func(u *url.URL) (*url.URL, error) { return url.Parse("http" + whole + u.Host + "\n") }},
		"protocols":          {Protocols: []httpconn.Version{9}},
	} {
		for _, scheme := range []string{"ws", "wss", "http", "https"} {
			var out httpconn.Output
			_, _, err := Dial(t.Context(), scheme+whole, &out, opt)
			if err == nil || strings.Contains(err.Error(), s) {
				t.Errorf("%s, %s: %v", name, scheme, err)
			}
			if de := new(Error); errors.As(err, &de) && de.URL != scheme+"://example.test:81" {
				t.Errorf("%s: URL is %s", name, de.URL)
			}
		}
	}
	for _, rawURL := range []string{
		"ws" + whole + "\n", "ws" + whole + "#" + s, "wss://" + s + ":" + s + " x@example.test", "ws://" + s + ":%zz" + s + "@example.test",
		"ws://me:" + s + "/x@example.test", "//me:" + s + "@example.test", s + ":" + s + "@example.test", "ws:" + s, "/" + s, s,
		"https://example.test:0/" + s + "?" + s + "#" + s, "ws://[::1/" + s, "ws://example.test:x/" + s + "%" + s,
	} {
		var out httpconn.Output
		if _, _, err := Dial(t.Context(), rawURL, &out, Options{}); err == nil || strings.Contains(err.Error(), s) {
			t.Errorf("%q: %v", rawURL, err)
		}
	}
	for _, value := range []string{"http" + whole + " x", "http://" + s + " x@proxy.test", "socks5://" + s + ":" + s + "@:1", "http://" + s + "%zz@a"} {
		setProxies(t, map[string]string{"HTTP_PROXY": value})
		var out httpconn.Output
		if _, _, err := Dial(t.Context(), "ws://example.test/", &out, Options{DialContext: fails}); err == nil || strings.Contains(err.Error(), s) {
			t.Errorf("HTTP_PROXY %q: %v", value, err)
		}
	}
}
