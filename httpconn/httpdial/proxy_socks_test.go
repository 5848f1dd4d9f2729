package httpdial

import (
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
)

func TestDialSOCKS(t *testing.T) {
	plain := tcpServer(t, echo)
	secure := tcpServer(t, overTLS(certified(t, "example.test"), echoTLS))
	for _, tt := range []struct {
		name, url, scheme, user string
		method                  byte
		want                    socksRequest
	}{
		{"name", "ws://example.test/", "socks5", "", 0, socksRequest{"\x00", "", "", 3, "example.test", 80}},
		{"remote resolution", "ws://bücher.test:81/", "socks5h", "", 0, socksRequest{"\x00", "", "", 3, "xn--bcher-kva.test", 81}},
		{"IPv4", "ws://192.0.2.1/", "socks5", "", 0, socksRequest{"\x00", "", "", 1, "\xc0\x00\x02\x01", 80}},
		{"IPv6 with a zone", "ws://[fe80::1%25eth0]/", "socks5", "", 0,
			socksRequest{"\x00", "", "", 4, "\xfe\x80" + strings.Repeat("\x00", 13) + "\x01", 80}},
		{"TLS", "wss://example.test/", "socks5", "", 0, socksRequest{"\x00", "", "", 3, "example.test", 443}},
		{"password", "ws://example.test/", "socks5", "me:secret", 2,
			socksRequest{"\x00\x02", "me", "secret", 3, "example.test", 80}},
		{"password not wanted", "ws://example.test/", "socks5", "me:secret", 0,
			socksRequest{"\x00\x02", "", "", 3, "example.test", 80}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := plain
			if strings.HasPrefix(tt.url, "wss") {
				target = secure
			}
			s := socksWith(t, target, tt.method, 0)
			u := s.url()
			u.Scheme = tt.scheme
			if name, password, ok := strings.Cut(tt.user, ":"); ok {
				u.User = url.UserPassword(name, password)
			}
			sock := dialed(t, tt.url, Options{Proxy: UseProxy(u), TLS: trust()})
			if got := <-s.asked; got != tt.want {
				t.Errorf("asked for %+v, want %+v", got, tt.want)
			}
			if _, ok := sock.(*net.TCPConn); !ok && target == plain {
				t.Errorf("socket is a %T, want the *net.TCPConn itself", sock)
			}
			checkEcho(t, sock)
		})
	}
}

func TestDialSOCKSRefused(t *testing.T) {
	garbage := func(s string) string {
		return tcpServer(t, func(c net.Conn) { io.WriteString(c, s); io.Copy(io.Discard, c) })
	}
	me := url.UserPassword("me", "wrong secret")
	for _, tt := range []struct {
		name, addr string
		user       *url.Userinfo
		want       string
	}{
		{"refused", socksWith(t, "", 0, 5).addr, nil, "connection refused"},
		{"not allowed", socksWith(t, "", 0, 2).addr, nil, "not allowed by ruleset"},
		{"no method", socksWith(t, "", 0xff, 0).addr, nil, "no acceptable authentication methods"},
		{"wrong password", socksWith(t, "", 2, 0).addr, me, "authentication failed"},
		{"HTTP proxy", garbage("HTTP/1.1 400 Bad Request\r\n\r\n"), nil, "unexpected protocol version 72"},
		{"closed", tcpServer(t, func(net.Conn) {}), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check := noLeak(t)
			u := &url.URL{Scheme: "socks5", Host: tt.addr, User: tt.user}
			opt := Options{Proxy: UseProxy(u)}
			pe := proxyError(t, refused(t, t.Context(), "ws://example.test/?key=secret", opt, "proxy", nil))
			if pe.Proxy != "socks5://"+tt.addr || pe.Status != 0 || !strings.Contains(pe.Err.Error(), tt.want) {
				t.Errorf("got %+v, want %q", pe, tt.want)
			}
			check()
		})
	}
}

// TestDialSOCKSFoundBefore: what SOCKS5 cannot carry is found before anything is connected.
func TestDialSOCKSFoundBefore(t *testing.T) {
	none := func(context.Context, string, string) (net.Conn, error) { t.Error("connected"); return nil, io.EOF }
	long := strings.Repeat("secret", 43) // 258 bytes
	for _, tt := range []struct {
		target string
		user   *url.Userinfo
		want   string
	}{
		{"ws://example.test/", url.UserPassword("", "secret"), "user name"},
		{"ws://example.test/", url.UserPassword(long[:256], "secret"), "user name"},
		{"ws://example.test/", url.UserPassword("me", long[:256]), "password"},
		{"ws://" + strings.Repeat("a", 256) + "/", nil, "host"},
	} {
		u := &url.URL{Scheme: "socks5", Host: "proxy.test", User: tt.user}
		pe := proxyError(t, refused(t, t.Context(), tt.target, Options{Proxy: UseProxy(u), DialContext: none}, "proxy", nil))
		if !strings.Contains(pe.Error(), tt.want) {
			t.Errorf("got %v, want %q", pe, tt.want)
		}
	}
}

// TestDialSOCKSLongest: 255 bytes of each fit, which is one byte's worth of length.
func TestDialSOCKSLongest(t *testing.T) {
	s := socksWith(t, tcpServer(t, echo), 2, 0)
	u, host, user, password := s.url(), strings.Repeat("a", 255), strings.Repeat("u", 255), strings.Repeat("p", 249)+"secret"
	u.User = url.UserPassword(user, password)
	checkEcho(t, dialed(t, "ws://"+host+"/", Options{Proxy: UseProxy(u)}))
	if got := <-s.asked; got.address != host || got.user != user || got.pass != password {
		t.Errorf("asked for %+v", got)
	}
}
