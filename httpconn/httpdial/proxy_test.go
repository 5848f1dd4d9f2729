package httpdial

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// proxyError wants a *ProxyError in err.
func proxyError(t *testing.T, err error) *ProxyError {
	t.Helper()
	var pe *ProxyError
	if !errors.As(err, &pe) {
		t.Fatalf("error %T %v wraps no *ProxyError", err, err)
	}
	return pe
}

func TestDialProxy(t *testing.T) {
	plain := tcpServer(t, echo)
	secure := tcpServer(t, overTLS(certified(t, "example.test"), echoTLS))
	for _, tt := range []struct {
		name, url string
		user      *url.Userinfo
		header    http.Header
		want      http.Header
		host      string
	}{
		{"ws", "ws://me:secret@example.test/feed", nil, nil, http.Header{}, "example.test:80"},
		{"wss", "wss://example.test/feed", nil, nil, http.Header{}, "example.test:443"},
		{"http", "http://example.test:81/", nil, nil, http.Header{}, "example.test:81"},
		{"https", "https://example.test:444/", nil, nil, http.Header{}, "example.test:444"},
		{"zone", "ws://[fe80::1%25eth0]/", nil, nil, http.Header{}, "[fe80::1]:80"},
		{"password", "ws://example.test/", url.UserPassword("me", "sec:ret"), nil,
			http.Header{"Proxy-Authorization": {"Basic bWU6c2VjOnJldA=="}}, "example.test:80"},
		{"user alone", "ws://example.test/", url.User("me"), nil,
			http.Header{"Proxy-Authorization": {"Basic bWU6"}}, "example.test:80"},
		{"header", "ws://example.test/", url.UserPassword("me", "secret"), http.Header{"X-Trace": {"a", "b"}},
			http.Header{"X-Trace": {"a", "b"}, "Proxy-Authorization": {"Basic bWU6c2VjcmV0"}}, "example.test:80"},
		{"authorization", "ws://example.test/", url.UserPassword("me", "secret"), http.Header{"proxy-authorization": {"Bearer 1"}},
			http.Header{"Proxy-Authorization": {"Bearer 1"}}, "example.test:80"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := plain
			if tt.name == "wss" || tt.name == "https" {
				target = secure
			}
			p := newProxy(t, target)
			given := tt.header.Clone()
			sock := dialed(t, tt.url, Options{Proxy: UseProxy(p.urlFor(tt.user)), ProxyHeader: given, TLS: trust()})
			r := <-p.requests
			if r.Method != "CONNECT" || r.RequestURI != tt.host || r.Host != tt.host || !sameHeader(r.Header, tt.want) {
				t.Errorf("the proxy was asked %s %s, Host %s, %v", r.Method, r.RequestURI, r.Host, r.Header)
			}
			if !sameHeader(given, tt.header) {
				t.Errorf("ProxyHeader was changed to %v", given)
			}
			if _, ok := sock.(*net.TCPConn); !ok && target == plain {
				t.Errorf("socket is a %T, want the *net.TCPConn itself", sock)
			}
			checkEcho(t, sock)
		})
	}
}

func sameHeader(a, b http.Header) bool {
	var x, y bytes.Buffer
	a.Write(&x)
	b.Write(&y)
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// The bytes of the tunnel that arrive with the answer are read first, whatever the head says about its length.
func TestDialProxyFirstBytes(t *testing.T) {
	for _, head := range []string{
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n",
		"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nVia: test\r\n\r\n",
	} {
		p := answering(t, nil, func(c net.Conn, r *bufio.Reader, _ *http.Request) {
			io.WriteString(c, head+"first ")
			io.Copy(c, r)
		})
		sock := dialed(t, "ws://example.test/", Options{Proxy: UseProxy(p.url())})
		io.WriteString(sock, "second")
		if half, ok := sock.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
			t.Errorf("%q: the sending side cannot be ended", head)
		}
		got, err := io.ReadAll(io.MultiReader(io.LimitReader(sock, 2), sock)) // the prefix in two reads
		if string(got) != "first second" || err != nil {
			t.Errorf("%q: read %q, %v", head, got, err)
		}
	}
}

// TLS to the proxy, and TLS to the server inside it.
func TestDialProxyTLS(t *testing.T) {
	secure := tcpServer(t, overTLS(certified(t, "example.test"), echoTLS))
	cfg := certified(t, "127.0.0.1")
	cfg.NextProtos = []string{"h2", "http/1.1"}
	p := answering(t, cfg, func(c net.Conn, r *bufio.Reader, _ *http.Request) {
		if alpn := c.(*tls.Conn).ConnectionState().NegotiatedProtocol; alpn != "http/1.1" {
			t.Errorf("the proxy negotiated %q", alpn)
		}
		to, err := net.Dial("tcp", secure)
		if err != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		splice(c, to, r)
	})
	opt := Options{Proxy: UseProxy(p.urlFor(url.UserPassword("me", "secret"))), ProxyTLS: trust(), TLS: trust()}
	checkEcho(t, dialed(t, "wss://example.test/", opt))
	if r := <-p.requests; r.Header.Get("Proxy-Authorization") != "Basic bWU6c2VjcmV0" {
		t.Errorf("the proxy was asked with %v", r.Header)
	}

	opt.ProxyTLS = nil // the configuration for the server does not stand in for it
	var unknown x509.UnknownAuthorityError
	pe := proxyError(t, refused(t, t.Context(), "wss://example.test/", opt, "proxy", nil))
	if !errors.As(pe, &unknown) || pe.Proxy != "https://"+p.addr {
		t.Errorf("proxy of an unknown authority: %v", pe)
	}
	opt.ProxyTLS = trust()
	opt.Proxy = UseProxy(&url.URL{Scheme: "https", Host: "other.test"})
	opt.DialContext = toServer(p.addr)
	var name x509.HostnameError
	if pe = proxyError(t, refused(t, t.Context(), "ws://example.test/", opt, "proxy", nil)); !errors.As(pe, &name) {
		t.Errorf("proxy of another name: %v", pe)
	}
	cfg = certified(t, "127.0.0.1")
	cfg.NextProtos = []string{"h3"}
	opt.Proxy, opt.DialContext = UseProxy(answering(t, cfg, nil).url()), nil
	refused(t, t.Context(), "ws://example.test/", opt, "proxy", ErrALPN)

	// The server's certificate is still verified inside the tunnel.
	opt.Proxy = UseProxy(newProxy(t, secure).url())
	if de := refused(t, t.Context(), "wss://other.test/", opt, "tls", nil); !errors.As(de, &name) {
		t.Errorf("server of another name: %v", de)
	}
}

func TestDialProxyRefuses(t *testing.T) {
	long := strings.Repeat("x", 3*maxProxyBody)
	for _, tt := range []struct {
		name, answer string
		status       int
		header, body string
		err          error // besides ErrProxyRefused
	}{
		{"407", "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 5\r\n\r\nlog in",
			407, `Basic realm="x"`, "log i", nil},
		{"502 chunked", "HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno \r\n4\r\nhost\r\n0\r\n\r\n",
			502, "", "no host", nil},
		{"403 to the end", "HTTP/1.0 403 No\r\n\r\nnever", 403, "", "never", nil},
		{"as long as is taken", "HTTP/1.1 503 Full\r\nContent-Length: 65536\r\n\r\n" + long[:64<<10], 503, "", long[:64<<10], nil},
		{"a byte longer", "HTTP/1.1 503 Full\r\nContent-Length: 65537\r\n\r\n" + long[:64<<10+1], 503, "", long[:64<<10], nil},
		{"long", "HTTP/1.1 503 Full\r\n\r\n" + long, 503, "", long[:maxProxyBody], nil},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\nContent-Length: 0\r\n\r\n", 302, "", "", nil},
		{"unknown status", "HTTP/1.1 799 \r\nContent-Length: 0\r\n\r\n", 799, "", "", nil},
		{"cut", "HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\nlog", 407, "", "log", httpconn.ErrUnexpectedEOF},
		{"bad chunk", "HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nlog\r\nx", 407, "", "log", httpconn.ErrMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := text(t, tt.answer)
			check := noLeak(t)
			de := refused(t, t.Context(), "ws://example.test/?key=secret",
				Options{Proxy: UseProxy(p.urlFor(url.UserPassword("me", "secret")))}, "proxy", ErrProxyRefused)
			pe := proxyError(t, de)
			if pe.Proxy != "http://"+p.addr || pe.Status != tt.status || pe.Header.Get("Proxy-Authenticate") != tt.header ||
				string(pe.Body) != tt.body || tt.err != nil && !errors.Is(pe, tt.err) {
				t.Errorf("got %+v", pe)
			}
			check()
		})
	}
}

func TestDialProxyBreaks(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		want         error
	}{
		{"nothing", "", httpconn.ErrUnexpectedEOF},
		{"garbage", "SSH-2.0-OpenSSH_9.9\r\n", httpconn.ErrMalformed},
		{"cut in the head", "HTTP/1.1 200 OK\r\nVia: te", httpconn.ErrUnexpectedEOF},
		{"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", httpconn.ErrMalformed},
		{"long head", "HTTP/1.1 200 OK\r\nVia: " + strings.Repeat("x", httpconn.DefaultMaxHeaderBytes), httpconn.ErrHeaderTooLarge},
		{"many fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("a: b\r\n", httpconn.DefaultMaxHeaderFields+1), httpconn.ErrHeaderTooLarge},
		{"many 1xx", strings.Repeat("HTTP/1.1 102 Wait\r\n\r\n", httpconn.DefaultMaxInformational+1), httpconn.ErrTooManyInformational},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := text(t, tt.answer)
			check := noLeak(t)
			de := refused(t, t.Context(), "ws://example.test/", Options{Proxy: UseProxy(p.url())}, "proxy", tt.want)
			if pe := proxyError(t, de); pe.Status != 0 || errors.Is(pe, ErrProxyRefused) {
				t.Errorf("got %+v", pe)
			}
			check()
		})
	}
	// The limits are the caller's, and an endless head ends at them.
	p := answering(t, nil, func(c net.Conn, _ *bufio.Reader, _ *http.Request) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for {
			if _, err := io.WriteString(c, "Via: x\r\n"); err != nil {
				return
			}
		}
	})
	opt := Options{Proxy: UseProxy(p.url()), Config: httpconn.Config{Limits: httpconn.Limits{MaxHeaderBytes: 1000, MaxHeaderFields: -1}}}
	de := refused(t, t.Context(), "ws://example.test/", opt, "proxy", httpconn.ErrHeaderTooLarge)
	if !strings.Contains(de.Error(), "1000") {
		t.Errorf("%v does not name the limit", de)
	}
}

// A refusal whose content never ends: the context ends the wait, and what was seen is reported all the same.
func TestDialProxyRefusalStalls(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dial := Options{}.dial
	p := answering(t, nil, func(c net.Conn, r *bufio.Reader, _ *http.Request) {
		io.WriteString(c, "HTTP/1.1 407 No\r\nContent-Length: 9\r\n\r\nlog")
		io.Copy(io.Discard, r)
	})
	opt := Options{Proxy: UseProxy(p.url()), DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return afterRead{c, cancel}, err
	}}
	pe := proxyError(t, refused(t, ctx, "ws://example.test/", opt, "proxy", context.Canceled))
	if pe.Status != 407 || string(pe.Body) != "log" || !errors.Is(pe, ErrProxyRefused) {
		t.Errorf("got %+v", pe)
	}
}

// afterRead calls f once the refusal's last byte has been read.
type afterRead struct {
	net.Conn
	f func()
}

func (c afterRead) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if bytes.HasSuffix(p[:n], []byte("log")) {
		c.f()
	}
	return n, err
}

func TestDialProxyURL(t *testing.T) {
	none := func(context.Context, string, string) (net.Conn, error) { t.Error("connected"); return nil, io.EOF }
	for _, tt := range []struct {
		url  *url.URL
		want string
	}{
		{mustURL("ftp://me:secret@proxy.test/"), `scheme "ftp"`},
		{mustURL("socks4://proxy.test/"), `scheme "socks4"`},
		{mustURL("//me:secret@proxy.test/"), `scheme ""`},
		{mustURL("http://me:secret@:3128/"), "no host"},
		{mustURL("http:proxy.test"), "no host"},
		{mustURL("http://proxy.test:0/"), "port 0"},
		{&url.URL{Scheme: "http", Host: "::1"}, "IPv6"},
	} {
		opt := Options{DialContext: none, Proxy: UseProxy(tt.url)}
		pe := proxyError(t, refused(t, t.Context(), "ws://example.test/", opt, "proxy", ErrInvalidURL))
		if !strings.Contains(pe.Error(), tt.want) || strings.Contains(pe.Error(), "secret") {
			t.Errorf("%v: %v", tt.url, pe)
		}
	}
	// Default ports, and names in other scripts.
	var asked []string
	record := func(_ context.Context, network, address string) (net.Conn, error) {
		asked = append(asked, network+" "+address)
		return nil, io.ErrClosedPipe
	}
	for _, u := range []string{"http://proxy.test", "https://proxy.test", "socks5://proxy.test", "socks5h://[::1]",
		"http://BÜCHER.test:81"} {
		opt := Options{Proxy: UseProxy(mustURL(u)), DialContext: record}
		proxyError(t, refused(t, t.Context(), "ws://example.test/", opt, "proxy", io.ErrClosedPipe))
	}
	want := "tcp proxy.test:80, tcp proxy.test:443, tcp proxy.test:1080, tcp [::1]:1080, tcp xn--bcher-kva.test:81"
	if got := strings.Join(asked, ", "); got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

// TestDialProxyFoundBefore: what cannot be put on the wire is found before anything is connected, whether or not a proxy
// will be used, and the error does not quote it.
func TestDialProxyFoundBefore(t *testing.T) {
	none := func(context.Context, string, string) (net.Conn, error) { t.Error("connected"); return nil, io.EOF }
	opt := Options{DialContext: none}
	for _, scheme := range []string{"http", "https"} {
		opt.Proxy = UseProxy(&url.URL{Scheme: scheme, Host: "proxy.test", User: url.UserPassword("secret:too", "secret")})
		de := proxyError(t, refused(t, t.Context(), "ws://example.test/", opt, "proxy", nil))
		if !strings.Contains(de.Error(), "colon") { // RFC 7617 section 2
			t.Errorf("got %v", de)
		}
	}
	opt.Proxy = UseProxy(mustURL("http://proxy.test"))
	proxyError(t, refused(t, t.Context(), `ws://exa"mple.test/`, opt, "proxy", httpconn.ErrInvalidRequest))

	for name, h := range map[string]http.Header{
		"Bad Name": {"Bad Name": {"secret"}}, "X-Key": {"A": {"b"}, "X-Key": {"fine", "secret\r\nX: y"}},
		"Host": {"Host": {"secret"}}, "Transfer-Encoding": {"transfer-encoding": {"secret"}}, "Content-Length": {"Content-Length": {"5"}},
	} {
		for _, proxy := range []func(*url.URL) (*url.URL, error){UseProxy(mustURL("http://proxy.test")), NoProxy} {
			opt.Proxy, opt.ProxyHeader = proxy, h
			refused(t, t.Context(), "ws://example.test/", opt, "options", httpconn.ErrInvalidRequest)
		}
		if de := refused(t, t.Context(), "ws://example.test/", opt, "options", nil); name[0] == 'X' && !strings.Contains(de.Error(), name) {
			t.Errorf("%v does not name the field %s", de, name)
		}
	}
}
