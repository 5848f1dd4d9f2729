package httpdial

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

func TestDialTLS(t *testing.T) {
	setProxies(t, nil)
	hello := make(chan *tls.ClientHelloInfo, 1)
	cfg := certified(t, "example.test", "xn--bcher-kva.test", "127.0.0.1", "fe80::1")
	cfg.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		hello <- h
		return nil, nil
	}
	cfg.NextProtos = []string{"h2", "http/1.1"}
	addr := tcpServer(t, overTLS(cfg, echoTLS))
	_, port, _ := net.SplitHostPort(addr)
	for _, tt := range []struct{ url, sni string }{
		{"wss://example.test:" + port + "/", "example.test"},
		{"https://Example.Test./", "Example.Test"}, // RFC 6066 section 3: "without a trailing dot"
		{"wss://BÜCHER.test/", "xn--bcher-kva.test"},
		{"wss://127.0.0.1/", ""}, // "Literal IPv4 and IPv6 addresses are not permitted"
		{"wss://[fe80::1%25eth0]/", ""},
	} {
		sock := dialed(t, tt.url, Options{TLS: trust(), DialContext: toServer(addr)})
		h := <-hello
		if h.ServerName != tt.sni {
			t.Errorf("%s: server name %q, want %q", tt.url, h.ServerName, tt.sni)
		}
		if !slices.Equal(h.SupportedProtos, []string{"http/1.1"}) {
			t.Errorf("%s: ALPN offers %q, want http/1.1", tt.url, h.SupportedProtos)
		}
		if slices.Min(h.SupportedVersions) < tls.VersionTLS12 {
			t.Errorf("%s: TLS versions %x are offered", tt.url, h.SupportedVersions)
		}
		c, ok := sock.(*tls.Conn)
		if !ok {
			t.Fatalf("socket is a %T, want *tls.Conn", sock)
		}
		if s := c.ConnectionState(); s.NegotiatedProtocol != "http/1.1" || len(s.VerifiedChains) == 0 {
			t.Errorf("%s: negotiated %q, %d verified chains", tt.url, s.NegotiatedProtocol, len(s.VerifiedChains))
		}
		checkEcho(t, sock)
	}
}

// What the caller sets is used, and stays as it is.
func TestDialTLSConfig(t *testing.T) {
	hello := make(chan *tls.ClientHelloInfo, 1)
	cfg := certified(t, "named.test")
	cfg.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		hello <- h
		return nil, nil
	}
	addr := tcpServer(t, overTLS(cfg, echoTLS))
	given := trust()
	given.ServerName = "named.test"
	given.NextProtos = []string{"mine"}
	given.MinVersion = tls.VersionTLS10
	checkEcho(t, dialed(t, "wss://"+addr, Options{TLS: given}))
	h := <-hello
	if h.ServerName != "named.test" || !slices.Equal(h.SupportedProtos, []string{"http/1.1"}) ||
		slices.Min(h.SupportedVersions) < tls.VersionTLS12 {
		t.Errorf("client hello: %q, %q, %x", h.ServerName, h.SupportedProtos, h.SupportedVersions)
	}
	if given.ServerName != "named.test" || !slices.Equal(given.NextProtos, []string{"mine"}) ||
		given.MinVersion != tls.VersionTLS10 {
		t.Errorf("the configuration was changed: %q, %q, %x", given.ServerName, given.NextProtos, given.MinVersion)
	}
}

func TestDialTLSRefuses(t *testing.T) {
	setProxies(t, nil)
	addr := tcpServer(t, overTLS(certified(t, "example.test"), echoTLS))
	opt := Options{DialContext: toServer(addr)}

	var unknown x509.UnknownAuthorityError
	if de := refused(t, t.Context(), "wss://user:secret@example.test/", opt, "tls", nil); !errors.As(de, &unknown) {
		t.Errorf("unknown authority: %v", de)
	}
	opt.TLS = trust()
	var name x509.HostnameError
	if de := refused(t, t.Context(), "wss://other.test/", opt, "tls", nil); !errors.As(de, &name) {
		t.Errorf("wrong name: %v", de)
	}
	if de := refused(t, t.Context(), "wss://127.0.0.1/", opt, "tls", nil); !errors.As(de, &name) {
		t.Errorf("address instead of a name: %v", de)
	}
	old := certified(t, "example.test")
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	opt.DialContext = toServer(tcpServer(t, overTLS(old, echoTLS)))
	opt.TLS.MinVersion = tls.VersionTLS10
	refused(t, t.Context(), "wss://example.test/", opt, "tls", nil)

	opt.DialContext = toServer(tcpServer(t, func(c net.Conn) { c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }))
	var header tls.RecordHeaderError
	if de := refused(t, t.Context(), "wss://example.test/", opt, "tls", nil); !errors.As(de, &header) {
		t.Errorf("no TLS: %v", de)
	}
}

func TestDialALPN(t *testing.T) {
	setProxies(t, nil)
	for _, tt := range []struct {
		server []string
		ok     bool
	}{
		{nil, true}, // no ALPN means HTTP/1.1
		{[]string{"http/1.1"}, true},
		{[]string{"h2", "http/1.1"}, true},
		{[]string{"h2"}, true},          // a Go server makes an exception: it selects none
		{[]string{"h3", "mqtt"}, false}, // the server's alert no_application_protocol
	} {
		cfg := certified(t, "example.test")
		cfg.NextProtos = tt.server
		opt := Options{TLS: trust(), DialContext: toServer(tcpServer(t, overTLS(cfg, echoTLS)))}
		if tt.ok {
			checkEcho(t, dialed(t, "wss://example.test/", opt))
			continue
		}
		de := refused(t, t.Context(), "wss://example.test/", opt, "tls", ErrALPN)
		if !strings.Contains(de.Error(), "the server speaks none of http/1.1") {
			t.Errorf("server with %q: %v", tt.server, de)
		}
	}
}

func TestSelected(t *testing.T) {
	both, one, two := []httpconn.Version{httpconn.HTTP2, httpconn.HTTP1}, []httpconn.Version{httpconn.HTTP1}, []httpconn.Version{httpconn.HTTP2}
	for _, tt := range []struct {
		name  string
		offer []httpconn.Version
		want  httpconn.Version
	}{
		{"", both, httpconn.HTTP1}, {"h2", both, httpconn.HTTP2}, {"http/1.1", both, httpconn.HTTP1},
		{"", one, httpconn.HTTP1}, {"http/1.1", one, httpconn.HTTP1}, {"h2", one, 0},
		{"", two, 0}, {"h2", two, httpconn.HTTP2}, {"http/1.1", two, 0},
		{"h3", both, 0}, {"h2c", both, 0},
	} {
		got, err := selected(tt.name, tt.offer)
		if got != tt.want || (got == 0) != errors.Is(err, ErrALPN) {
			t.Errorf("selected(%q, %v) = %v, %v, want %v", tt.name, tt.offer, got, err, tt.want)
		}
	}
}

// Encrypted Client Hello needs TLS 1.3 and no lower MinVersion: a zero one must stay zero.
func TestTLSConfigKeepsDefaultVersion(t *testing.T) {
	if got := tlsConfig(nil, "example.test", nil).MinVersion; got != 0 {
		t.Errorf("MinVersion %x", got)
	}
	if got := tlsConfig(&tls.Config{MinVersion: tls.VersionTLS13}, "example.test", nil).MinVersion; got != tls.VersionTLS13 {
		t.Errorf("MinVersion %x", got)
	}
}
