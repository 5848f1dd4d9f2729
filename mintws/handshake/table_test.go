package handshake_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

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
	{"two Hosts", start + "Host:", 400, httpconn.ErrMalformed, "Host appears twice"},
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
	{"two lengths", start + "Content-Length: 0\r\nContent-Length:", 400, httpconn.ErrMalformed, "Content-Length appears twice"},
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
