package handshake_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// upgrade is the request of RFC 6455 section 1.2, without its last line.
const upgrade = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n" +
	"Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n"

// outcome is all that feeding bytes has told, in words.
type outcome struct {
	Requests []string
	Refused  string
	Rest     string // of the last head, not complete
}

// describe writes all of a request that counts.
func describe(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %q %d.%d host %q uri %q url %q close %v body %v length %d coding %v", r.Method, r.Proto, r.URL.Path, r.ProtoMajor,
		r.ProtoMinor, r.Host, r.RequestURI, r.URL, r.Close, r.Body == http.NoBody, r.ContentLength, r.TransferEncoding)
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%q", name, r.Header[name])
	}
	return b.String()
}

// feed feeds pieces, each in memory that is overwritten afterwards, and all requests that stand in them.
func feed(t testing.TB, h handshake.Head, pieces ...string) (handshake.Head, outcome) {
	t.Helper()
	var o outcome
	for _, piece := range pieces {
		data := []byte(piece)
		for rest := data; len(rest) > 0; {
			next, r, behind, err := h.Feed(rest)
			h = next
			if err != nil {
				var he *mintws.HandshakeError
				if !errors.As(err, &he) || !he.Server || r != nil || behind != nil || h.Len() != 0 {
					t.Fatalf("Feed = %v, %q, %v", r, behind, err)
				}
				o.Refused = fmt.Sprintf("%d %v", he.Status, err)
				return h, o
			}
			if r == nil {
				if behind != nil {
					t.Fatalf("there is no request, and %q behind it", behind)
				}
				break
			}
			if cap(behind) != len(behind) {
				t.Fatal("rest has room behind it")
			}
			text := describe(r)
			kept := len(rest) - len(behind)
			for i := range rest[:kept] {
				rest[i] = '!'
			}
			if describe(r) != text {
				t.Fatal("the request is in the memory that was fed")
			}
			o.Requests = append(o.Requests, text)
			rest = behind
		}
		for i := range data {
			data[i] = '!'
		}
	}
	o.Rest = fmt.Sprint(h.Len())
	return h, o
}

func TestFeed(t *testing.T) {
	var h handshake.Head
	data := []byte(upgrade + "\r\n\x81\x80\x00\x00\x00\x00")
	next, r, rest, err := h.Feed(data)
	if err != nil || r == nil || string(rest) != "\x81\x80\x00\x00\x00\x00" || !next.Equal(handshake.Head{}) {
		t.Fatalf("Feed = %+v, %v, %q, %v", next, r, rest, err)
	}
	if &rest[0] != &data[len(data)-6] {
		t.Error("rest is not a part of data")
	}
	want := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Origin": {"http://example.com"}, "Sec-Websocket-Protocol": {"chat, superchat"}, "Sec-Websocket-Version": {"13"}}
	if diff := cmp.Diff(want, r.Header); diff != "" {
		t.Error(diff)
	}
	if r.Method != "GET" || r.URL.Path != "/chat" || r.Host != "server.example.com" || r.Proto != "HTTP/1.1" || !r.ProtoAtLeast(1, 1) ||
		r.Close || r.Body != http.NoBody || r.RequestURI != "/chat" || r.Context() == nil {
		t.Errorf("%+v", r)
	}
	r.RemoteAddr = "192.0.2.1:1" // the request is the caller's
	opt := mintws.AcceptOptions{Subprotocols: []string{"superchat"}, AllowedOrigins: []string{"http://example.com"}}
	ws, status, header, err := mintws.Accept(r, opt)
	if err != nil || ws.Subprotocol() != "superchat" {
		t.Fatal(err)
	}
	const wantHead = "dst HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
		"Sec-WebSocket-Protocol: superchat\r\nUpgrade: websocket\r\n\r\n"
	if out, answerErr := handshake.AppendAnswer([]byte("dst "), status, header); answerErr != nil || string(out) != wantHead {
		t.Errorf("answer is %q, %v; want %q", out, answerErr, wantHead)
	}
}

// good are heads that are read, with what is special in them.
var good = []struct{ name, head, want string }{
	{"RFC 9112 section 2.2: one empty line before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", `GET "HTTP/1.1" "/" 1.1 host "a" uri "/"`},
	{"3.2.1: origin-form", "GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n", `host "www.example.org" uri "/where?q=now" url "/where?q=now"`},
	{"3.2.1: two slashes", "GET //a/b HTTP/1.1\r\nHost: x\r\n\r\n", `"//a/b" 1.1 host "x"`},
	{"3.2.2: absolute-form", "GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
		`"/pub/WWW/TheProject.html" 1.1 host "www.example.org" uri "http://www.example.org/pub/WWW/TheProject.html"`},
	{"absolute-form without a path", "GET HTTPS://A:81?x HTTP/1.1\r\nHost: b\r\n\r\n", `"" 1.1 host "A:81" uri "HTTPS://A:81?x" url "https://A:81?x"`},
	{"absolute-form, IPv6", "GET http://[::1]:80/ HTTP/1.1\r\nHost: b\r\n\r\n", `host "[::1]:80"`},
	{"3.2.4: asterisk-form", "OPTIONS * HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n", `OPTIONS "HTTP/1.1" "*" 1.1 host "www.example.org:8001"`},
	{"percent-encoding", "GET /%2f%C3%bc?100% HTTP/1.1\r\nHost: a\r\n\r\n", `"//ü" 1.1 host "a" uri "/%2f%C3%bc?100%"`},
	{"what browsers send in a path", "GET /[a]|^ HTTP/1.1\r\nHost: a\r\n\r\n", `"/[a]|^"`},
	{"what browsers send in a query", "GET /?{`\\|^[]}?/'* HTTP/1.1\r\nHost: a\r\n\r\n", "uri \"/?{`\\\\|^[]}?/'*\""},
	{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", `1.0 host "" uri "/" url "/" close true`},
	{"HTTP/1.0 that wants to be kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", `close true`},
	{"RFC 9110 section 6.2: a higher minor version", "GET / HTTP/1.9\r\nHost: a\r\n\r\n", `"HTTP/1.9" "/" 1.9 host "a"`},
	{"another method", "!#$%&'*+-.^_`|~09az / HTTP/1.1\r\nHost: a\r\n\r\n", "!#$%&'*+-.^_`|~09az \"HTTP/1.1\""},
	{"close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close\r\n\r\n", `close true`},
	{"no space and much space", "GET / HTTP/1.1\r\nhOST:\t a:80 \t\r\nx:\r\ny: \t \r\nz: a \t b \t\r\n\r\n", `host "a:80" uri "/" url "/" close false body true length 0 coding [] X=[""] Y=[""] Z=["a \t b"]`},
	{"a field again", "GET / HTTP/1.1\r\nHost: a\r\nx: 1\r\ny: 2\r\nX: 3\r\n\r\n", `X=["1" "3"] Y=["2"]`},
	{"obs-text", "GET / HTTP/1.1\r\nHost: a\r\nx: \x80\xff\r\n\r\n", `X=["\x80\xff"]`},
	{"IPv6", "GET / HTTP/1.1\r\nHost: [2001:db8::192.0.2.1]:8080\r\n\r\n", `host "[2001:db8::192.0.2.1]:8080"`},
	{"an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", `host "a:"`},
	{"no content", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 00 \r\n\r\n", `length 0 coding [] Content-Length=["00"]`},
	{"names that begin like others", "GET / HTTP/1.1\r\nHosts: [\r\nHos: [\r\nHost: a\r\nContent-Length-X: 5\r\nTransfer-Encodin: x\r\n\r\n",
		`host "a" uri "/" url "/" close false body true length 0 coding [] Content-Length-X=["5"] Hos=["["] Hosts=["["] Transfer-Encodin=["x"]`},
}

// TestFeedGood has what RFC 9112 allows, whole and cut in two anywhere, with the next request right behind it.
func TestFeedGood(t *testing.T) {
	for _, tt := range good {
		t.Run(tt.name, func(t *testing.T) {
			_, whole := feed(t, handshake.Head{}, tt.head+upgrade)
			if whole.Refused != "" || len(whole.Requests) != 1 || !strings.Contains(whole.Requests[0], tt.want) {
				t.Fatalf("got %+v, want %q", whole, tt.want)
			}
			splits(t, tt.head+upgrade, whole)
		})
	}
}

// splits cuts text everywhere in two, and in single bytes.
func splits(t *testing.T, text string, want outcome) {
	t.Helper()
	for i := range len(text) + 1 {
		if _, got := feed(t, handshake.Head{}, text[:i], text[i:]); !cmp.Equal(got, want) {
			t.Fatalf("cut at %d: %s", i, cmp.Diff(want, got))
		}
	}
	if _, got := feed(t, handshake.Head{}, strings.Split(text, "")...); !cmp.Equal(got, want) {
		t.Fatalf("one byte at a time: %s", cmp.Diff(want, got))
	}
}

// start is the beginning of a request that may have fields.
const start = "GET / HTTP/1.1\r\nHost: a\r\n"

// bad are heads of which the last byte is the one that makes them illegal.
var bad = []struct {
	name, head string
	status     int
	err        error
	want       string // in the error
}{
	{"bare LF after the request line", "GET / HTTP/1.1\n", 400, httpconn.ErrMalformed, "byte 0x0a at index 14 of the request, after the version, want CR LF"},
	{"bare LF after a field", start + "x: 1\n", 400, httpconn.ErrMalformed, `in the value of "x", want text or CR LF`},
	{"bare LF in a name", start + "x\n", 400, httpconn.ErrMalformed, `in field name "x"`},
	{"bare LF for the last line", start + "\n", 400, httpconn.ErrMalformed, "at the start of a field line"},
	{"bare CR", start + "x: 1\ra", 400, httpconn.ErrMalformed, `byte 0x61 ('a') at index 30 of the request, after CR, want LF`},
	{"bare CR for the last line", start + "\r\r", 400, httpconn.ErrMalformed, "after CR, want LF"},
	{"two empty lines before", "\r\n\r", 400, httpconn.ErrMalformed, "where a request should begin"},
	{"a bare LF before", "\n", 400, httpconn.ErrMalformed, "where a request should begin"},
	{"a space before", " ", 400, httpconn.ErrMalformed, "where a request should begin"},
	{"TLS", "\x16", 400, httpconn.ErrMalformed, "seems to speak TLS"},
	{"two spaces before the target", "GET  ", 400, httpconn.ErrMalformed, "in the target, want one that begins with"},
	{"two spaces behind the target", "GET /  ", 400, httpconn.ErrMalformed, "in the version"},
	{"a tab", "GET\t", 400, httpconn.ErrMalformed, "in the method, want a token and a space"},
	{"a method that is no token", "GE(", 400, httpconn.ErrMalformed, "in the method"},
	{"a space behind the version", "GET / HTTP/1.1 ", 400, httpconn.ErrMalformed, "after the version"},
	{"HTTP/0.9", "GET /\r", 400, httpconn.ErrMalformed, "in the target"},
	{"HTTP/2 without TLS", "PRI *", 505, mintws.ErrBadRequest, "request is HTTP/2, want HTTP/1.1"},
	{"HTTP/2", "GET / HTTP/2", 505, mintws.ErrBadRequest, "request is HTTP/2, want HTTP/1.1"},
	{"HTTP/0", "GET / HTTP/0", 505, mintws.ErrBadRequest, "request is HTTP/0"},
	{"a version of two digits", "GET / HTTP/11", 400, httpconn.ErrMalformed, "in the version"},
	{"a minor version of two digits", "GET / HTTP/1.11", 400, httpconn.ErrMalformed, "after the version"},
	{"a minor version that is none", "GET / HTTP/1.x", 400, httpconn.ErrMalformed, "in the version"},
	{"a major version that is none", "GET / HTTP/x", 400, httpconn.ErrMalformed, "in the version"},
	{"http", "GET / h", 400, httpconn.ErrMalformed, "in the version"},
	{"RFC 9112 section 3.2.3: authority-form", "CONNECT ", 501, mintws.ErrBadRequest, "only proxies implement"},
	{"authority-form for another method", "GET w", 400, httpconn.ErrMalformed, `want one that begins with "/", "http://" or "https://"`},
	{"a path without a slash", "GET c", 400, httpconn.ErrMalformed, "in the target"},
	{"3.2.4: asterisk-form for another method", "GET *", 400, httpconn.ErrMalformed, "in the target"},
	{"asterisk-form and more", "OPTIONS *a", 400, httpconn.ErrMalformed, "after the target, want a space"},
	{"another scheme", "GET f", 400, httpconn.ErrMalformed, "in the target"},
	{"another scheme that begins like http", "GET httpx", 400, httpconn.ErrMalformed, "in the target"},
	{"a control character for a slash", "GET http:\x0f", 400, httpconn.ErrMalformed, "in the target"},
	{"an empty host in the target", "GET http:///", 400, httpconn.ErrMalformed, "in the target, whose host is empty"},
	{"user information in the target", "GET http://u@", 400, httpconn.ErrMalformed, "in the target's host and port"},
	{"a password in the target", "GET http://u:p", 400, httpconn.ErrMalformed, "in the target's host and port"},
	{"an IPv6 address in the target that is none", "GET http://[:::]", 400, httpconn.ErrMalformed, "no IPv6 address in the brackets"},
	{"an IPv6 address in the target without end", "GET http://[::1/", 400, httpconn.ErrMalformed, "in the target, whose host has no ']'"},
	{"a fragment", "GET /a#", 400, httpconn.ErrMalformed, "in the target"},
	{"a fragment behind the query", "GET /a?b#", 400, httpconn.ErrMalformed, "in the target"},
	{"a quotation mark", "GET /\"", 400, httpconn.ErrMalformed, "in the target"},
	{"a backslash", "GET /\\", 400, httpconn.ErrMalformed, "in the target"},
	{"UTF-8 in the path", "GET /\xc3", 400, httpconn.ErrMalformed, "in the target"},
	{"UTF-8 in the query", "GET /?\xc3", 400, httpconn.ErrMalformed, "in the target"},
	{"bad percent-encoding", "GET /%2g", 400, httpconn.ErrMalformed, "two hexadecimal digits"},
	{"percent-encoding cut off", "GET /% ", 400, httpconn.ErrMalformed, "two hexadecimal digits"},
	{"NUL in the target", "GET /\x00", 400, httpconn.ErrMalformed, "in the target"},
	{"5.1: space before the colon", start + "x ", 400, httpconn.ErrMalformed, `byte 0x20 at index 26 of the request, in field name "x", want a token character or ':'`},
	{"5.2: a line that is folded", start + "x: 1\r\n ", 400, httpconn.ErrMalformed, "which is folded"},
	{"5.2: with a tab", start + "x: 1\r\n\t", 400, httpconn.ErrMalformed, "which is folded"},
	{"2.2: space before the first field", "GET / HTTP/1.1\r\n ", 400, httpconn.ErrMalformed, "at the start of the first field line"},
	{"an empty name", start + ":", 400, httpconn.ErrMalformed, "at the start of a field line"},
	{"a control character in a value", start + "x: a\x01", 400, httpconn.ErrMalformed, `in the value of "x"`},
	{"NUL in a value", start + "x: \x00", 400, httpconn.ErrMalformed, `in the value of "x"`},
	{"DEL in a value", start + "x: \x7f", 400, httpconn.ErrMalformed, `in the value of "x"`},
	{"a long name", start + strings.Repeat("x", 300) + "(", 400, httpconn.ErrMalformed, `in field name "` + strings.Repeat("x", 64) + `",`},
	{"3.2: no Host", "GET / HTTP/1.1\r\n\r", 400, httpconn.ErrMalformed, "Host is missing"},
	{"no Host, although the target has one", "GET http://a/ HTTP/1.1\r\n\r", 400, httpconn.ErrMalformed, "Host is missing"},
	{"two Hosts", start + "Host:", 400, httpconn.ErrMalformed, "Host is there twice"},
	{"an empty Host", "GET / HTTP/1.1\r\nHost: \r", 400, httpconn.ErrMalformed, "in Host, which is empty"},
	{"a Host with user information", "GET / HTTP/1.1\r\nHost: u@", 400, httpconn.ErrMalformed, "in Host, want a name or an address, and a port"},
	{"a Host with a path", "GET / HTTP/1.1\r\nHost: a/", 400, httpconn.ErrMalformed, "in Host"},
	{"a Host with percent-encoding", "GET / HTTP/1.1\r\nHost: %", 400, httpconn.ErrMalformed, "in Host"},
	{"a Host with space in it", "GET / HTTP/1.1\r\nHost: a b", 400, httpconn.ErrMalformed, "after the end of a value"},
	{"a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b", 400, httpconn.ErrMalformed, "after the end of a value"},
	{"a port that is none", "GET / HTTP/1.1\r\nHost: a:b", 400, httpconn.ErrMalformed, "in Host"},
	{"a port alone", "GET / HTTP/1.1\r\nHost: :", 400, httpconn.ErrMalformed, "in Host"},
	{"an IPv6 address without brackets", "GET / HTTP/1.1\r\nHost: 1::", 400, httpconn.ErrMalformed, "in Host"},
	{"an IPv4 address in brackets", "GET / HTTP/1.1\r\nHost: [1.2.3.4]", 400, httpconn.ErrMalformed, "no IPv6 address"},
	{"a zone", "GET / HTTP/1.1\r\nHost: [fe80::1%", 400, httpconn.ErrMalformed, "in Host"},
	{"a bracket left open", "GET / HTTP/1.1\r\nHost: [::1\r", 400, httpconn.ErrMalformed, "in Host, which has no ']'"},
	{"a name behind brackets", "GET / HTTP/1.1\r\nHost: [::1]a", 400, httpconn.ErrMalformed, "in Host"},
	{"content", start + "Content-Length: 01", 413, mintws.ErrBadRequest, "request has content (Content-Length is not 0), want none"},
	{"a length that is none", start + "Content-Length: +", 400, httpconn.ErrMalformed, "in Content-Length, want one decimal number"},
	{"a length that is empty", start + "Content-Length: \r", 400, httpconn.ErrMalformed, "in Content-Length"},
	{"a list of lengths", start + "Content-Length: 0,", 400, httpconn.ErrMalformed, "in Content-Length"},
	{"lengths with space between", start + "Content-Length: 0 0", 400, httpconn.ErrMalformed, "after the end of a value"},
	{"two lengths", start + "Content-Length: 0\r\nContent-Length:", 400, httpconn.ErrMalformed, "Content-Length is there twice"},
	{"6.3: content in chunks", start + "Transfer-Encoding:", 411, mintws.ErrBadRequest, "request has content (Transfer-Encoding), want none"},
	{"6.3: both lengths", start + "content-length: 0\r\ntransfer-ENCODING:", 400, httpconn.ErrMalformed, "both Content-Length and Transfer-Encoding"},
	{"6.1: chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding:", 400, httpconn.ErrMalformed, "Transfer-Encoding in a request of HTTP/1.0"},
}

// TestFeedBad has one fault each. All before the last byte is taken, and the last byte is refused, however they are cut.
func TestFeedBad(t *testing.T) {
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			at := len(tt.head) - 1
			h, o := feed(t, handshake.Head{}, tt.head[:at])
			if o.Refused != "" || len(o.Requests) != 0 {
				t.Fatalf("before its last byte: %+v", o)
			}
			_, _, _, err := h.Feed([]byte(tt.head[at:]))
			var he *mintws.HandshakeError
			if !errors.As(err, &he) || he.Status != tt.status || !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %+v, %v; want %d %v with %q", he, err, tt.status, tt.err, tt.want)
			}
			text := tt.head + "GET / HTTP/1.1\r\n\r\n"
			_, whole := feed(t, handshake.Head{}, text)
			if whole.Refused == "" {
				t.Fatalf("in one piece: %+v", whole)
			}
			splits(t, text, whole)
			if !strings.Contains(whole.Refused, fmt.Sprint(tt.status)) {
				t.Fatal(whole.Refused)
			}
		})
	}
}

// TestRefusalSticks: nothing that comes after a refusal is looked at.
func TestRefusalSticks(t *testing.T) {
	h, _, _, first := handshake.Head{}.Feed([]byte("\n"))
	for _, data := range []string{"", upgrade + "\r\n"} {
		next, r, rest, err := h.Feed([]byte(data))
		if err != first || r != nil || rest != nil || !next.Equal(h) {
			t.Errorf("Feed = %v, %q, %v", r, rest, err)
		}
	}
	if h.Equal(handshake.Head{}) {
		t.Error("a Head that was refused is equal to a new one")
	}
}

// TestNoByteIsLost: rest is what stands behind the head, to the byte, wherever the last read began.
func TestNoByteIsLost(t *testing.T) {
	const frames = "\x81\x80\x00\x00\x00\x00\r\n\r\nGET"
	text := upgrade + "\r\n" + frames
	for i := range len(upgrade) + 2 {
		h, r, rest, err := handshake.Head{}.Feed([]byte(text[:i]))
		if r != nil || err != nil || rest != nil || h.Len() != i {
			t.Fatal(i, r, rest, err)
		}
		h, r, rest, err = h.Feed([]byte(text[i:]))
		if r == nil || err != nil || string(rest) != frames || h.Len() != 0 {
			t.Fatalf("cut at %d: %v %q %v", i, r, rest, err)
		}
	}
	if _, r, rest, err := (handshake.Head{}).Feed([]byte(upgrade + "\r\n")); r == nil || len(rest) != 0 || err != nil {
		t.Errorf("nothing behind it: %v %q %v", r, rest, err)
	}
}

// TestLimits meets each limit exactly and exceeds it by one.
func TestLimits(t *testing.T) {
	fields := func(n int) string { return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("x:\r\n", n-1) + "\r\n" }
	sized := func(n int) string {
		const frame = "GET / HTTP/1.1\r\nHost: a\r\nx: \r\n\r\n"
		return strings.Replace(frame, "x: ", "x: "+strings.Repeat("y", n-len(frame)), 1)
	}
	long := strings.Repeat("y", 100)
	for _, tt := range []struct {
		name   string
		lim    handshake.Limits
		head   string
		status int // 0: it is read
		want   string
	}{
		{"bytes", handshake.Limits{MaxHeaderBytes: 100}, sized(100), 0, ""},
		{"bytes", handshake.Limits{MaxHeaderBytes: 100}, sized(101), 431, "the head makes the request's head longer than 100 bytes"},
		{"default bytes", handshake.Limits{}, sized(handshake.DefaultMaxHeaderBytes), 0, ""},
		{"default bytes", handshake.Limits{}, sized(handshake.DefaultMaxHeaderBytes + 1), 431, "longer than 16384 bytes"},
		{"no limit of bytes", handshake.Limits{MaxHeaderBytes: -1}, sized(1 << 20), 0, ""},
		{"target", handshake.Limits{MaxHeaderBytes: 100}, "GET /" + long, 414, "the target makes"},
		{"query", handshake.Limits{MaxHeaderBytes: 100}, "GET /?" + long, 414, "the target makes"},
		{"method", handshake.Limits{MaxHeaderBytes: 100}, long + "y", 501, "the method makes"},
		{"version", handshake.Limits{MaxHeaderBytes: 10}, "GET / HTTP/1.1\r\n", 431, "the head makes"},
		{"fields", handshake.Limits{MaxHeaderFields: 5}, fields(5), 0, ""},
		{"fields", handshake.Limits{MaxHeaderFields: 5}, fields(6), 431, "the request has more fields than 5"},
		{"default fields", handshake.Limits{}, fields(handshake.DefaultMaxHeaderFields), 0, ""},
		{"default fields", handshake.Limits{}, fields(handshake.DefaultMaxHeaderFields + 1), 431, "more fields than 128"},
		{"no limit of fields", handshake.Limits{MaxHeaderFields: -1}, fields(1000), 0, ""},
	} {
		for _, size := range []int{1, 7, len(tt.head)} {
			var pieces []string
			for piece := range slices.Chunk([]byte(tt.head), size) {
				pieces = append(pieces, string(piece))
			}
			_, o := feed(t, handshake.New(tt.lim), pieces...)
			if tt.status == 0 {
				if len(o.Requests) != 1 || o.Refused != "" {
					t.Errorf("%s in pieces of %d: %+v", tt.name, size, o.Refused)
				}
				continue
			}
			if !strings.HasPrefix(o.Refused, fmt.Sprint(tt.status, " ", httpconn.ErrHeaderTooLarge)) || !strings.Contains(o.Refused, tt.want) {
				t.Errorf("%s in pieces of %d: %q, want %d with %q", tt.name, size, o.Refused, tt.status, tt.want)
			}
		}
	}
	// The limits stay, for the request after this one.
	h, r, _, err := handshake.New(handshake.Limits{MaxHeaderBytes: 100}).Feed([]byte(sized(100)))
	if r == nil || err != nil {
		t.Fatal(err)
	}
	if _, _, _, err = h.Feed([]byte(sized(101))); err == nil {
		t.Error("the limit is gone after a request")
	}
}

// TestHeadValue: old values go on as if nothing had happened, forks know nothing of each other.
func TestHeadValue(t *testing.T) {
	text := upgrade + "\r\n"
	_, want := feed(t, handshake.Head{}, text)
	old := []handshake.Head{{}}
	for i := range len(text) - 1 {
		h, _, _, err := old[i].Feed([]byte(text[i : i+1]))
		if err != nil {
			t.Fatal(err)
		}
		old = append(old, h)
	}
	done := make(chan bool)
	for i, h := range old { // all at once, the oldest and the newest: the race detector looks on
		go func() {
			defer func() { done <- true }()
			if _, other := feed(t, h, "\x00"); other.Refused == "" { // which may stand nowhere
				t.Errorf("fork at %d: %+v", i, other)
			}
			if _, got := feed(t, h, text[i:]); !cmp.Equal(got, want) {
				t.Errorf("replay at %d: %s", i, cmp.Diff(want, got))
			}
			again, _, _, _ := old[max(i-1, 0)].Feed([]byte(text[max(i-1, 0):i]))
			if i > 0 && !again.Equal(h) {
				t.Errorf("the same bytes give another value at %d", i)
			}
		}()
	}
	for range old {
		<-done
	}
	if old[3].Equal(old[4]) || !old[3].Equal(old[3]) {
		t.Error("Equal")
	}
	// A request belongs to whoever got it.
	last := old[len(old)-1]
	_, a, _, _ := last.Feed([]byte("\n"))
	_, b, _, _ := last.Feed([]byte("\n"))
	a.Header.Set("Upgrade", "x")
	a.URL.Path = "/x"
	if b.Header.Get("Upgrade") != "websocket" || b.URL.Path != "/chat" {
		t.Error("two calls return the same request")
	}
}

// TestHeadSize holds the size that the comment names.
func TestHeadSize(t *testing.T) {
	if got := unsafe.Sizeof(handshake.Head{}); got > 48 {
		t.Errorf("a Head has %d bytes", got)
	}
}
