package readme

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
)

func dialSecrets() (all []refusal) {
	add := func(name, target string, opt func(t *testing.T) httpdial.Options) {
		all = append(all, refusal{name, func(t *testing.T) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out httpconn.Output
			sock, _, err := httpdial.Dial(ctx, target, &out, opt(t))
			if err == nil {
				sock.Close()
			}
			return err
		}})
	}
	direct := func(*testing.T) httpdial.Options { return httpdial.Options{Proxy: httpdial.NoProxy} }
	for _, target := range badURLs("wss") {
		add("rawURL "+strings.ReplaceAll(target, secret, "*"), target, direct)
	}
	const target = "ws://u:" + secret + "@127.0.0.1:9/" + secret + "?" + secret
	add("rawURL of nobody", target, func(*testing.T) httpdial.Options {
		return httpdial.Options{Proxy: httpdial.NoProxy, DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("nobody is there")
		}}
	})
	add("rawURL of a server without TLS", strings.Replace(target, "ws:", "wss:", 1), func(t *testing.T) httpdial.Options {
		return httpdial.Options{Proxy: httpdial.NoProxy, DialContext: to(serve(t, "HTTP/1.1 400 "+secret+"\r\n\r\n"))}
	})
	add("rawURL of a server without HTTP/2", target, func(t *testing.T) httpdial.Options {
		return httpdial.Options{Proxy: httpdial.NoProxy, Protocols: []httpconn.Version{httpconn.HTTP2},
			DialContext: to(serve(t, "HTTP/1.1 400 x\r\nSet-Cookie: "+secret+"\r\n\r\n"+secret))}
	})
	add("rawURL of a server that goes away", target, func(t *testing.T) httpdial.Options {
		return httpdial.Options{Proxy: httpdial.NoProxy, Protocols: []httpconn.Version{httpconn.HTTP2},
			DialContext: to(serve(t, string(frames(func(fr *http2.Framer) error {
				return errors.Join(fr.WriteSettings(), fr.WriteGoAway(0, 0, []byte(secret)))
			}))))}
	})
	through := func(proxy *url.URL, header http.Header, answer string) func(t *testing.T) httpdial.Options {
		return func(t *testing.T) httpdial.Options {
			return httpdial.Options{Proxy: httpdial.UseProxy(proxy), ProxyHeader: header, DialContext: to(serve(t, answer))}
		}
	}
	user := url.UserPassword("u", secret)
	good := &url.URL{Scheme: "http", Host: "proxy.example", User: user, Path: "/" + secret, RawQuery: secret}
	add("httpdial.Options.Proxy scheme", target, through(&url.URL{Scheme: "ftp", Host: "a", User: user, Path: "/" + secret}, nil, ""))
	add("httpdial.Options.Proxy host", target, through(&url.URL{Scheme: "http", User: user, Path: "/" + secret}, nil, ""))
	add("httpdial.Options.Proxy port", target, through(&url.URL{Scheme: "http", Host: "a:0", User: user, Path: "/" + secret}, nil, ""))
	add("httpdial.Options.Proxy user", target, through(&url.URL{Scheme: "http", Host: "a", User: url.UserPassword("u:", secret)}, nil, ""))
	add("httpdial.Options.Proxy password", target, through(&url.URL{Scheme: "http", Host: "a", User: url.UserPassword("u", secret+"\n")}, nil, ""))
	add("httpdial.Options.Proxy long password", target, through(&url.URL{Scheme: "socks5", Host: "a", User: url.UserPassword("u", strings.Repeat(secret, 30))}, nil, ""))
	add("httpdial.Options.Proxy of a function", target, func(*testing.T) httpdial.Options {
		return httpdial.Options{Proxy: func(*url.URL) (*url.URL, error) { return url.Parse("http://" + user.String() + "@a b/") }}
	})
	add("httpdial.Options.Proxy of the environment", target, func(t *testing.T) httpdial.Options {
		t.Setenv("HTTP_PROXY", "http://u:"+secret+"@a b/"+secret)
		t.Setenv("http_proxy", "")
		t.Setenv("NO_PROXY", "")
		t.Setenv("no_proxy", "")
		return httpdial.Options{}
	})
	add("httpdial.Options.Proxy refuses", target, through(good, nil,
		"HTTP/1.1 407 "+secret+"\r\nProxy-Authenticate: "+secret+"\r\nContent-Length: 14\r\n\r\n"+secret))
	add("httpdial.Options.Proxy answers badly", target, through(good, nil, "HTTP/1.1 407 x\r\nSet-Cookie: "+secret+"\x00\r\n\r\n"))
	add("httpdial.Options.Proxy is none", target, through(good, nil, secret))
	add("httpdial.Options.Proxy hangs up", target, through(good, nil, ""))
	socks := &url.URL{Scheme: "socks5", Host: "proxy.example", User: user}
	add("httpdial.Options.Proxy refuses the password", target, through(socks, nil, "\x05\x02\x01\x01"))
	add("httpdial.Options.ProxyHeader name", target, through(good, http.Header{secret + " ": {"x"}}, ""))
	add("httpdial.Options.ProxyHeader value", target, through(good, http.Header{"Proxy-Authorization": {secret + "\n"}}, ""))
	add("httpdial.Options.ProxyHeader own", target, through(good, http.Header{"Transfer-Encoding": {secret}}, ""))
	return all
}

// to is a DialContext that goes to one address.
func to(address string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}

// serve answers each connection with the same bytes, whatever it is sent, and closes it.
func serve(t *testing.T, answer string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			sock, acceptErr := l.Accept()
			if acceptErr != nil {
				return
			}
			_, _ = sock.Write([]byte(answer))
			_ = sock.(*net.TCPConn).CloseWrite()
			var buf [512]byte
			for {
				if _, readErr := sock.Read(buf[:]); readErr != nil {
					break
				}
			}
			sock.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}
