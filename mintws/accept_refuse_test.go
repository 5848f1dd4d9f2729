package mintws_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// TestAcceptRefusesHTTP1 breaks each rule on its own.
func TestAcceptRefusesHTTP1(t *testing.T) {
	set := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	del := func(name string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(name) } }
	tests := []struct {
		name     string
		modify   func(r *http.Request)
		status   int
		sentinel error
		detail   string
	}{
		{"POST", func(r *http.Request) { r.Method = "POST" }, 405, mintws.ErrBadRequest, `method is not "GET"`},
		{"CONNECT", func(r *http.Request) { r.Method = "CONNECT" }, 405, mintws.ErrBadRequest, `method is not "GET"`},
		{"get", func(r *http.Request) { r.Method = "get" }, 405, mintws.ErrBadRequest, `method is not "GET"`},
		{"HTTP/1.0", func(r *http.Request) { r.ProtoMinor = 0 }, 426, mintws.ErrBadUpgrade, `HTTP/1.0`},
		{"HTTP/0.9", func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 0, 9 }, 426, mintws.ErrBadUpgrade, `HTTP/0.9`},
		{"no Host", func(r *http.Request) { r.Host = "" }, 400, mintws.ErrBadRequest, "Host is missing"},
		{"plain request", func(r *http.Request) { r.Header = http.Header{} }, 426, mintws.ErrBadUpgrade, "Upgrade is missing"},
		{"no Upgrade", del("Upgrade"), 426, mintws.ErrBadUpgrade, `Upgrade is missing, want "websocket"`},
		{"other Upgrade", set("Upgrade", "h2c"), 426, mintws.ErrBadUpgrade, `Upgrade is "h2c"`},
		{"Upgrade with version", set("Upgrade", "websocket/13"), 426, mintws.ErrBadUpgrade, `"websocket/13"`},
		{"Upgrade in one word", set("Upgrade", "h2c websocket"), 426, mintws.ErrBadUpgrade, `"h2c websocket"`},
		{"Upgrades", set("Upgrade", "a", "b"), 426, mintws.ErrBadUpgrade, `Upgrade appears 2 times, first as "a"`},
		{"no Connection", del("Connection"), 400, mintws.ErrBadUpgrade, "Connection is missing"},
		{"other Connection", set("Connection", "keep-alive"), 400, mintws.ErrBadUpgrade, `Connection is "keep-alive"`},
		{"no version", del("Sec-WebSocket-Version"), 426, mintws.ErrBadVersion, "Sec-WebSocket-Version is missing"},
		{"version 8", set("Sec-WebSocket-Version", "8"), 426, mintws.ErrBadVersion, `Sec-WebSocket-Version is "8", want "13"`},
		{"version 013", set("Sec-WebSocket-Version", "013"), 426, mintws.ErrBadVersion, `"013"`},
		{"version list", set("Sec-WebSocket-Version", "13, 8"), 426, mintws.ErrBadVersion, `"13, 8"`},
		{"versions", set("Sec-WebSocket-Version", "13", "13"), 426, mintws.ErrBadVersion, "appears 2 times"},
		{"no key", del("Sec-WebSocket-Key"), 400, mintws.ErrBadRequest, "Sec-WebSocket-Key is missing"},
		{"two keys", set("Sec-WebSocket-Key", sampleKey, sampleKey), 400, mintws.ErrBadRequest, "appears 2 times"},
		{"empty key", set("Sec-WebSocket-Key", ""), 400, mintws.ErrBadRequest, "Sec-WebSocket-Key is not the base64 of 16 bytes"},
		{"key of 13 bytes", set("Sec-WebSocket-Key", "SGVsbG8sIHdvcmxkIQ=="), 400, mintws.ErrBadRequest, "base64 of 16 bytes"},
		{"key of 17 bytes", set("Sec-WebSocket-Key", "MDEyMzQ1Njc4OTAxMjM0NTY="), 400, mintws.ErrBadRequest, "base64 of 16 bytes"},
		{"key of 18 bytes", set("Sec-WebSocket-Key", "MDEyMzQ1Njc4OTAxMjM0NTY3"), 400, mintws.ErrBadRequest, "base64 of 16 bytes"},
		{"key without padding", set("Sec-WebSocket-Key", sampleKey[:22]), 400, mintws.ErrBadRequest, "base64 of 16 bytes"},
		{"key for URLs", set("Sec-WebSocket-Key", "_____________________w=="), 400, mintws.ErrBadRequest, "base64 of 16 bytes"},
		{"key with a line break", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub2\n5jZQ="), 400, mintws.ErrBadRequest, "base64 of 16 bytes"},
		{"long key", set("Sec-WebSocket-Key", strings.Repeat("\x00é", 1<<16)), 400, mintws.ErrBadRequest, "base64 of 16 bytes"},
		{"Upgrade too long to show", set("Upgrade", strings.Repeat("\x00é", 1<<16)), 426, mintws.ErrBadUpgrade, `\x00\u00e9`},
		{"content", func(r *http.Request) { r.ContentLength = 5 }, 400, mintws.ErrBadRequest, "Content-Length 5"},
		{"chunked", func(r *http.Request) { r.ContentLength, r.TransferEncoding = -1, []string{"chunked"} }, 400,
			mintws.ErrBadRequest, `(Transfer-Encoding)`},
		{"length unknown", func(r *http.Request) { r.ContentLength = -1 }, 400, mintws.ErrBadRequest, "unknown length"},
		{"path *", func(r *http.Request) { r.URL = &url.URL{Path: "*"} }, 400, mintws.ErrBadRequest, `path does not begin with "/"`},
		{"subprotocol not a token", set("Sec-WebSocket-Protocol", "a, b c"), 400, mintws.ErrBadRequest, `Sec-WebSocket-Protocol: element 2 has byte 0x20 at index 1, want tokens`},
		{"subprotocol not ASCII", set("Sec-WebSocket-Protocol", "é"), 400, mintws.ErrBadRequest, `element 1 has byte 0xc3`},
		{"subprotocol twice", set("Sec-WebSocket-Protocol", "a, b", "a"), 400, mintws.ErrBadRequest, "element 3 appears twice"},
		{"subprotocols empty", set("Sec-WebSocket-Protocol", " , "), 400, mintws.ErrBadRequest, "want at least one token"},
		{"origin", set("Origin", "http://evil.example"), 403, mintws.ErrBadOrigin, `Origin is "http://evil.example"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := upgradeRequest(t)
			tt.modify(r)
			checkRefused(t, r, mintws.AcceptOptions{}, tt.status, tt.sentinel, tt.detail)
		})
	}
}

// TestAcceptRefusesHTTP2 does the same for extended CONNECT.
func TestAcceptRefusesHTTP2(t *testing.T) {
	set := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	tests := []struct {
		name     string
		modify   func(r *http.Request)
		status   int
		sentinel error
		detail   string
	}{
		{"GET", func(r *http.Request) { r.Method = "GET" }, 405, mintws.ErrBadRequest, `method is not "CONNECT"`},
		{"plain CONNECT", func(r *http.Request) { delete(r.Header, ":protocol") }, 400, mintws.ErrBadUpgrade, ":protocol is missing"},
		{"other protocol", set(":protocol", "connect-udp"), 501, mintws.ErrBadUpgrade, `:protocol is "connect-udp"`},
		{"two protocols", set(":protocol", "websocket", "websocket"), 501, mintws.ErrBadUpgrade, "appears 2 times"},
		{"no authority", func(r *http.Request) { r.Host = "" }, 400, mintws.ErrBadRequest, ":authority is missing"},
		{"path *", func(r *http.Request) { r.URL = &url.URL{Path: "*"} }, 400, mintws.ErrBadRequest, `path does not begin with "/"`},
		{"no path", func(r *http.Request) { r.URL = &url.URL{Host: "a"} }, 400, mintws.ErrBadRequest, `path does not begin with "/"`},
		{"Upgrade", set("Upgrade", "websocket"), 400, mintws.ErrBadRequest, `Upgrade is "websocket"`},
		{"Connection", set("Connection", "Upgrade"), 400, mintws.ErrBadRequest, `Connection is "Upgrade"`},
		{"no version", set("Sec-Websocket-Version"), 400, mintws.ErrBadVersion, "Sec-WebSocket-Version is missing"},
		{"version 8", set("Sec-Websocket-Version", "8"), 400, mintws.ErrBadVersion, `Sec-WebSocket-Version is "8"`},
		{"content", func(r *http.Request) { r.ContentLength = 5 }, 400, mintws.ErrBadRequest, "Content-Length 5"},
		{"length 0", set("Content-Length", "0"), 400, mintws.ErrBadRequest, "content"},
		{"subprotocol", set("Sec-Websocket-Protocol", "a, a"), 400, mintws.ErrBadRequest, "element 2 appears twice"},
		{"origin", set("Origin", "null"), 403, mintws.ErrBadOrigin, `Origin is "null"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := connectRequest(t)
			tt.modify(r)
			header := checkRefused(t, r, mintws.AcceptOptions{}, tt.status, tt.sentinel, tt.detail)
			if header.Get("Connection") != "" || header.Get("Upgrade") != "" {
				t.Errorf("HTTP/2 does not have these fields: %v", header)
			}
			if tt.sentinel == mintws.ErrBadVersion && header.Get("Sec-WebSocket-Version") != "13" {
				t.Errorf("Sec-WebSocket-Version is missing: %v", header)
			}
		})
	}
}

// TestAcceptMisconfigured: options that cannot be used are an error of their own, not one of the client's.
func TestAcceptMisconfigured(t *testing.T) {
	tests := []struct {
		name string
		opt  mintws.AcceptOptions
		text string
	}{
		{"name", mintws.AcceptOptions{Header: http.Header{"a b": {"1"}}}, `a name has byte 0x20 at index 1`},
		{"pseudo-header", mintws.AcceptOptions{Header: http.Header{":status": {"204"}}}, `a name has byte 0x3a (':') at index 0`},
		{"value", mintws.AcceptOptions{Header: http.Header{"A": {"1\r\nB: 2"}}}, `value of "A" has byte 0x0d at index 1`},
		{"two spellings", mintws.AcceptOptions{Header: http.Header{"Set-Cookie": {"a"}, "set-cookie": {"b"}, "A": nil}},
			"Header has Set-Cookie and set-cookie, which are the same field"},
		{"handshake", mintws.AcceptOptions{Header: http.Header{"sec-websocket-accept": {"x"}}}, "belongs to the handshake"},
		{"framing", mintws.AcceptOptions{Header: http.Header{"Content-Length": {"0"}}}, "belongs to the handshake"},
		{"subprotocol", mintws.AcceptOptions{Subprotocols: []string{"a,b"}}, `Subprotocols[0] has byte 0x2c (',') at index 1, want a token`},
		{"empty subprotocol", mintws.AcceptOptions{Subprotocols: []string{""}}, `Subprotocols[0] is empty`},
		{"origin", mintws.AcceptOptions{AllowedOrigins: []string{"*", "example.org"}}, "AllowedOrigins[1]"},
		{"delivery", mintws.AcceptOptions{Delivery: 99}, "Delivery"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := upgradeRequest(t)
			checkRefused(t, r, tt.opt, 500, mintws.ErrInvalidOptions, "misconfigured")
			if _, _, _, err := mintws.Accept(r, tt.opt); !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error is %q, want %q in it", err, tt.text)
			}
			if err := tt.opt.Check(); !errors.Is(err, mintws.ErrInvalidOptions) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Check returned %v, want %q in it", err, tt.text)
			}
		})
	}
	r := upgradeRequest(t, "Sec-WebSocket-Protocol: a")
	opt := mintws.AcceptOptions{Choose: func(offered []string) string { offered[0] = "b"; return "b" }}
	checkRefused(t, r, opt, 500, mintws.ErrBadSubprotocol, "chose a subprotocol that was not offered")
}

func TestAcceptOrigin(t *testing.T) {
	list := func(origins ...string) mintws.AcceptOptions { return mintws.AcceptOptions{AllowedOrigins: origins} }
	tests := []struct {
		host   string
		origin string
		tls    bool
		opt    mintws.AcceptOptions
		ok     bool
	}{
		{"example.org", "http://example.org", false, list(), true},
		{"example.org", "https://example.org", false, list(), true}, // TLS may end in front of us
		{"example.org", "https://example.org", true, list(), true},
		{"example.org", "http://example.org", true, list(), false}, // a page that anybody can forge
		{"EXAMPLE.org:80", "HTTP://Example.ORG", false, list(), true},
		{"example.org:443", "https://example.org", true, list(), true},
		{"example.org", "https://example.org:443", true, list(), true},
		{"example.org:443", "http://example.org", false, list(), false},
		{"example.org:8080", "http://example.org:8080", false, list(), true},
		{"example.org:8080", "http://example.org", false, list(), false},
		{"example.org", "http://example.org:8080", false, list(), false},
		{"[::1]:8080", "http://[::1]:8080", false, list(), true},
		{"[::1]", "http://[::1]", false, list(), true},
		{"::1", "http://[::1]", false, list(), false}, // no Host (RFC 9110 section 7.2)
		{"[::1", "http://[::1]", false, list(), false},
		{"example.org:", "http://example.org", false, list(), true}, // RFC 3986 section 3.2.3: an empty port is the default
		{"user@example.org", "http://example.org", false, list(), false},
		{"example.org", "http://example.org.evil.example", false, list(), false},
		{"example.org", "http://sub.example.org", false, list(), false},
		{"example.org", "http://example.org/", false, list(), false}, // not what a browser sends
		{"example.org", "http://user@example.org", false, list(), false},
		{"example.org", "http://example.org\x00", false, list(), false},
		{"example.org", "ftp://example.org", false, list(), false},
		{"example.org", "//example.org", false, list(), false},
		{"example.org", "example.org", false, list(), false},
		{"example.org", "null", false, list(), false},
		{"example.org", "", false, list(), false},
		{"example.org", "http://[::1", false, list(), false},

		{"example.org", "https://app.example", false, list("https://a.example", "HTTPS://APP.example:443"), true},
		{"example.org", "http://app.example", false, list("https://app.example"), false},
		{"example.org", "http://example.org", false, list("https://app.example"), false}, // the list replaces the rule
		{"example.org", "null", false, list("https://app.example"), false},
		{"example.org", "null", false, list("null"), true},
		{"example.org", "chrome-extension://abc", false, list("chrome-extension://abc"), true},
		{"example.org", "anything", false, list("*"), true},

		{"example.org", "http://example.org", false, mintws.AcceptOptions{CheckOrigin: func(*http.Request) error { return errCheck }}, false},
		{"example.org", "http://evil", false, mintws.AcceptOptions{CheckOrigin: func(*http.Request) error { return nil }}, true},
	}
	for _, tt := range tests {
		r := upgradeRequest(t)
		r.Host = tt.host
		r.Header.Set("Origin", tt.origin)
		if tt.tls {
			r.TLS = new(tls.ConnectionState)
		}
		_, status, _, err := mintws.Accept(r, tt.opt)
		if (err == nil) != tt.ok {
			t.Errorf("Origin %q for Host %q, TLS %t, allowed %q: %v, want ok = %t",
				tt.origin, tt.host, tt.tls, tt.opt.AllowedOrigins, err, tt.ok)
		}
		if err != nil && (status != http.StatusForbidden || !errors.Is(err, mintws.ErrBadOrigin)) {
			t.Errorf("Origin %q was refused with %d and %v", tt.origin, status, err)
		}
		if tt.opt.CheckOrigin != nil && err != nil && !errors.Is(err, errCheck) {
			t.Errorf("error %v does not wrap CheckOrigin's", err)
		}
	}

	// Two Origin fields are not from a browser and match nothing, whichever comes first.
	r := upgradeRequest(t, "Origin: http://server.example.com", "Origin: http://evil.example")
	checkRefused(t, r, list(), 403, mintws.ErrBadOrigin, "2 times")
	checkRefused(t, r, list("http://server.example.com", "http://evil.example"), 403, mintws.ErrBadOrigin, "2 times")

	// CheckOrigin is asked without an Origin, too.
	opt := mintws.AcceptOptions{CheckOrigin: func(*http.Request) error { return errCheck }}
	checkRefused(t, upgradeRequest(t), opt, 403, errCheck, "Origin is missing")
}

func TestIsUpgrade(t *testing.T) {
	del := func(r *http.Request, names ...string) *http.Request {
		for _, name := range names {
			r.Header.Del(name)
		}
		return r
	}
	plain := del(upgradeRequest(t), "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version")
	other := connectRequest(t)
	other.Header[":protocol"] = []string{"connect-udp"}
	get := connectRequest(t)
	get.Method = "GET"
	tests := []struct {
		name string
		r    *http.Request
		want bool
	}{
		{"upgrade", upgradeRequest(t), true},
		{"no key", del(upgradeRequest(t), "Sec-WebSocket-Key"), true},
		{"robbed by a proxy", del(upgradeRequest(t), "Upgrade", "Connection"), true},
		{"plain", plain, false},
		{"extended CONNECT", connectRequest(t), true},
		{"for another protocol", other, false},
		{"GET on HTTP/2", get, false},
	}
	for _, tt := range tests {
		if got := mintws.IsUpgrade(tt.r); got != tt.want {
			t.Errorf("%s: IsUpgrade = %t, want %t", tt.name, got, tt.want)
		}
	}
}
