package mintws

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// newConn returns an HTTP/1.1 connection.
func newConn(t testing.TB, out *httpconn.Output) httpconn.Conn {
	t.Helper()
	c, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, out)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rfcKey is an Options.Rand that gives the nonce of RFC 6455 section 1.3.
type rfcKey struct{}

func (rfcKey) Read(p []byte) (int, error) { return copy(p, "the sample nonce"), nil }

const (
	rfcNonce  = "dGhlIHNhbXBsZSBub25jZQ=="
	rfcAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

func TestUpgradeRequest(t *testing.T) {
	const fixed = "Connection: Upgrade\r\n%sSec-WebSocket-Key: " + rfcNonce + "\r\n%sSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n%s\r\n"
	tests := []struct {
		name, target string
		opt          Options
		first        string    // request line and Host
		extra        [3]string // fields that sort before Sec-WebSocket-Key, before -Version, and last
	}{
		{"plain", "ws://example.com", Options{}, "GET / HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"path and query", "ws://example.com/a%20b/c?d=e&f", Options{}, "GET /a%20b/c?d=e&f HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"http", "http://example.com/a", Options{}, "GET /a HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"https", "https://example.com:443/a", Options{}, "GET /a HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"http is not https", "http://example.com:443/a", Options{}, "GET /a HTTP/1.1\r\nHost: example.com:443\r\n", [3]string{}},
		{"what RFC 3986 does not allow", "ws://example.com/räk \"<[{|\\^`>]}?q=100% é%20%2f", Options{},
			"GET /r%C3%A4k%20%22%3C%5B%7B%7C%5C%5E%60%3E%5D%7D?q=100%25%20%C3%A9%20%2f HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"query without path", "ws://example.com?q", Options{}, "GET /?q HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"empty query", "ws://example.com/p?", Options{}, "GET /p? HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"port", "ws://example.com:8080/", Options{}, "GET / HTTP/1.1\r\nHost: example.com:8080\r\n", [3]string{}},
		{"default port", "ws://example.com:80/", Options{}, "GET / HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"default port of wss", "wss://example.com:443/", Options{}, "GET / HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"port 80 with wss", "wss://example.com:80/", Options{}, "GET / HTTP/1.1\r\nHost: example.com:80\r\n", [3]string{}},
		{"upper case", "WS://EXAMPLE.com/", Options{}, "GET / HTTP/1.1\r\nHost: EXAMPLE.com\r\n", [3]string{}},
		{"IPv6", "ws://[2001:db8::1]:9000/x", Options{}, "GET /x HTTP/1.1\r\nHost: [2001:db8::1]:9000\r\n", [3]string{}},
		{"IPv6 without port", "ws://[::1]/", Options{}, "GET / HTTP/1.1\r\nHost: [::1]\r\n", [3]string{}},
		{"IPv6 with zone", "ws://[fe80::1%25eth0]/", Options{}, "GET / HTTP/1.1\r\nHost: [fe80::1]\r\n", [3]string{}},
		{"leading zeros", "ws://example.com:0080/", Options{}, "GET / HTTP/1.1\r\nHost: example.com\r\n", [3]string{}},
		{"international name", "ws://BÜCHER.example/", Options{}, "GET / HTTP/1.1\r\nHost: xn--bcher-kva.example\r\n", [3]string{}},
		{"userinfo", "ws://Aladdin:open%20sesame@example.com/", Options{}, "GET / HTTP/1.1\r\nHost: example.com\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", [3]string{}},
		{"userinfo, but Authorization is given", "ws://a:b@example.com/", Options{Header: http.Header{"authorization": {"Bearer x"}}},
			"GET / HTTP/1.1\r\nHost: example.com\r\n", [3]string{"", "", "authorization: Bearer x\r\n"}},
		{"authority", "ws://10.0.0.1:81/", Options{Authority: "example.org"}, "GET / HTTP/1.1\r\nHost: example.org\r\n", [3]string{}},
		{"origin and subprotocols", "ws://example.com", Options{Origin: "http://example.com", Subprotocols: []string{"soap", "v2.wamp"}},
			"GET / HTTP/1.1\r\nHost: example.com\r\n", [3]string{"Origin: http://example.com\r\n", "Sec-WebSocket-Protocol: soap, v2.wamp\r\n"}},
		{"fields keep their case", "ws://example.com", Options{Header: http.Header{"x-lower": {"1", "2"}, "X-MIXED-case": {"3"}}},
			"GET / HTTP/1.1\r\nHost: example.com\r\n", [3]string{"", "", "X-MIXED-case: 3\r\nx-lower: 1\r\nx-lower: 2\r\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opt.Rand = rfcKey{}
			out := httpconn.Output{Send: []byte("before ")}
			c := newConn(t, &out)
			next, ws, err := Upgrade(c, &out, tt.target, tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			want := "before " + tt.first + fmt.Sprintf(fixed, tt.extra[0], tt.extra[1], tt.extra[2])
			if got := string(out.Send); got != want {
				t.Errorf("sent\n%s\nwant\n%s", got, want)
			}
			if ws.State() != Connecting || ws.StreamID() == 0 || c.Equal(next) {
				t.Errorf("state %v on stream %d", ws.State(), ws.StreamID())
			}
		})
	}
}

func TestUpgradeRefuses(t *testing.T) {
	header := func(name string) Options { return Options{Header: http.Header{name: {"x"}}} }
	for _, tt := range []struct {
		name, target string
		opt          Options
		err          error
		text         string
	}{
		{"another scheme", "ftp://example.com/", Options{}, ErrInvalidOptions, `"ftp"`},
		{"fragment of http", "http://example.com/#top", Options{}, ErrInvalidOptions, "fragment"},
		{"empty fragment of https", "https://example.com/#", Options{}, ErrInvalidOptions, "fragment"},
		{"colon in the user's name", "ws://a%3Ab:secret@example.com/", Options{}, ErrInvalidOptions, "colon"},
		{"line feed in the password", "ws://a:secret%0A@example.com/", Options{}, ErrInvalidOptions, "control"},
		{"control character in the query", "ws://example.com/?secret\x7f", Options{}, ErrInvalidOptions, "0x7f"},
		{"no scheme", "example.com/", Options{}, ErrInvalidOptions, "scheme"},
		{"slash in a password", "ws://user:secret/x@example.com/", Options{}, ErrInvalidOptions, "target"},
		{"no host", "ws:///path", Options{}, ErrInvalidOptions, "host"},
		{"only a port", "ws://:80/", Options{}, ErrInvalidOptions, "host"},
		{"opaque", "ws:example.com", Options{}, ErrInvalidOptions, "host"},
		{"fragment", "ws://example.com/#top", Options{}, ErrInvalidOptions, "fragment"},
		{"empty fragment", "ws://example.com/#", Options{}, ErrInvalidOptions, "fragment"},
		{"bad URL", "ws://user:secret@exa mple.com/", Options{}, ErrInvalidOptions, "target"},
		{"bad port", "ws://example.com:port/", Options{}, ErrInvalidOptions, "target"},
		{"control character", "ws://example.com/\r\nX: y", Options{}, ErrInvalidOptions, "target"},
		{"host with a bad byte", "ws://exa%0Ample.com/", Options{}, ErrInvalidOptions, "target"},
		{"bad authority", "ws://example.com/", Options{Authority: "secret b"}, ErrInvalidOptions, "Authority"},
		{"Host", "ws://example.com/", header("Host"), ErrInvalidOptions, "Host"},
		{"upgrade", "ws://example.com/", header("upgrade"), ErrInvalidOptions, "upgrade"},
		{"key", "ws://example.com/", header("Sec-WebSocket-Key"), ErrInvalidOptions, "Sec-WebSocket-Key"},
		{"extensions", "ws://example.com/", header("sec-websocket-extensions"), ErrInvalidOptions, "extensions"},
		{"field name", "ws://example.com/", header("bad name"), httpconn.ErrInvalidRequest, "field name has byte 0x20 at index 3"},
		{"field value", "ws://example.com/", Options{Header: http.Header{"X": {"a\r\nb"}}}, httpconn.ErrInvalidRequest, "X"},
		{"origin", "ws://example.com/", Options{Origin: "a\nb"}, httpconn.ErrInvalidRequest, "Origin"},
		{"subprotocol", "ws://example.com/", Options{Subprotocols: []string{"a", "secret "}}, ErrInvalidOptions, "Subprotocols[1] has byte 0x20 at index 6, want a token"},
		{"subprotocol not in ASCII", "ws://example.com/", Options{Subprotocols: []string{"secret\xc3\xa9"}}, ErrInvalidOptions, "byte 0xc3"},
		{"empty subprotocol", "ws://example.com/", Options{Subprotocols: []string{""}}, ErrInvalidOptions, "Subprotocols[0] is empty"},
		{"subprotocol twice", "ws://example.com/", Options{Subprotocols: []string{"secret", "secret"}}, ErrInvalidOptions, "the same"},
		{"two spellings", "ws://example.com/", Options{Header: http.Header{"cookie": {"a"}, "Cookie": {"b"}, "A": nil, "B": nil}},
			ErrInvalidOptions, "Header has Cookie and cookie, which are the same field"},
		{"two spellings of Authorization", "ws://a:b@example.com/", Options{Header: http.Header{"authorization": {"a"}, "Authorization": nil}},
			ErrInvalidOptions, "Header has Authorization and authorization"},
		{"first of two faults", "ws://example.com/", Options{Header: http.Header{"Upgrade": nil, "Host": nil, "Connection": nil}},
			ErrInvalidOptions, "Header has Connection,"},
		{"delivery", "ws://example.com/", Options{Delivery: 9}, ErrInvalidOptions, "9"},
		{"no entropy", "ws://example.com/", Options{Rand: failingRand{}}, failingRandErr, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := httpconn.Output{Send: []byte("before")}
			c := newConn(t, &out)
			next, ws, err := Upgrade(c, &out, tt.target, tt.opt)
			if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("error %v, want %v with %q", err, tt.err, tt.text)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
			if !next.Equal(c) || !ws.Equal(WebSocket{}) || string(out.Send) != "before" {
				t.Errorf("a failed call changed something: %v, %q", ws.State(), out.Send)
			}
		})
	}
}

// TestUpgradeLowerCaseNames: the handshake's own fields in lower case, the caller's as they are, and an answer in whatever
// case opens the WebSocket.
func TestUpgradeLowerCaseNames(t *testing.T) {
	deflate, err := NewDeflate(DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out httpconn.Output
	c, ws, err := Upgrade(newConn(t, &out), &out, "ws://u:p@example.com/", Options{Rand: rfcKey{}, LowerCaseNames: true,
		Origin: "http://example.com", Subprotocols: []string{"Chat"}, Extensions: []Extension{deflate}, Header: http.Header{"Cookie": {"A=B"}}})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out.Send), "\r\n\r\n"), "\r\n")[1:]
	var names []string
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ": ")
		names = append(names, name)
	}
	if got, want := strings.Join(names, " "), "host Cookie authorization connection origin sec-websocket-extensions sec-websocket-key "+
		"sec-websocket-protocol sec-websocket-version upgrade"; got != want {
		t.Errorf("names %s, want %s", got, want)
	}
	if !strings.Contains(string(out.Send), "\r\nsec-websocket-protocol: Chat\r\n") {
		t.Errorf("values are not the caller's: %q", out.Send)
	}
	out.Reset()
	answer := "HTTP/1.1 101 x\r\nupgrade: WebSocket\r\nCONNECTION: upgrade\r\nsec-websocket-ACCEPT: " + rfcAccept + "\r\n\r\n"
	if _, err = c.Stream(&out, []byte(answer)); err != nil {
		t.Fatal(err)
	}
	if ws, err = ws.JudgeAnswer(out.Events[0].Status, out.Events[0].Header); err != nil || ws.State() != Open {
		t.Errorf("state %v, %v", ws.State(), err)
	}

	plain, _ := newH2Client(t, Options{Origin: "x"})
	small, _ := newH2Client(t, Options{Origin: "x", LowerCaseNames: true})
	if !bytes.Equal(plain.out.Send, small.out.Send) { // HTTP/2 has one spelling
		t.Errorf("on HTTP/2 the option changes %q to %q", plain.out.Send, small.out.Send)
	}
}

// TestUpgradeTwice: the WebSocket takes the connection; there is no room for another.
func TestUpgradeTwice(t *testing.T) {
	var out httpconn.Output
	c := newConn(t, &out)
	c, _, err := Upgrade(c, &out, "ws://example.com", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = Upgrade(c, &out, "ws://example.com", Options{}); !errors.Is(err, httpconn.ErrTooManyStreams) {
		t.Errorf("second Upgrade: %v", err)
	}
	if _, _, err = Upgrade(httpconn.Conn{}, &out, "ws://example.com", Options{}); !errors.Is(err, httpconn.ErrClosed) {
		t.Errorf("Upgrade on the zero Conn: %v", err)
	}
}

// readRequest reads a request as a net/http server does.
func readRequest(p []byte) (*http.Request, error) {
	return http.ReadRequest(bufio.NewReader(bytes.NewReader(p)))
}

// TestUpgradeScheme: http and https are ws and wss, as in browsers.
func TestUpgradeScheme(t *testing.T) {
	for url, want := range map[string]string{"ws://a": "http", "http://a": "http", "wss://a": "https", "HTTPS://a": "https"} {
		if r, _, err := parseTarget(url); err != nil || r.Scheme != want {
			t.Errorf("%s: %s, %v, want %s", url, r.Scheme, err, want)
		}
	}
}
