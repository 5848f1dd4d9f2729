package httpconn

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// h1Requests is requests and what they are on the wire.
var h1Requests = []struct {
	name string
	r    Request
	want string
}{
	{"the least", Request{Authority: "a"}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"example of RFC 9112 section 3.2.1", Request{Method: "GET", Authority: "www.example.org", Path: "/where?q=now"},
		"GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n"},
	{"Host first, then sorted by bytes, case kept, values in order", Request{Authority: "a", Header: http.Header{
		"b": {"2", "1"}, "B": {"3"}, "Accept": {"x"}, "a": {""}, "Zz": {"\tv "}, "empty": nil}},
		"GET / HTTP/1.1\r\nHost: a\r\nAccept: x\r\nB: 3\r\nZz: \tv \r\na: \r\nb: 2\r\nb: 1\r\n\r\n"},
	{"handshake of RFC 6455 section 1.3", Request{Authority: "server.example.com", Path: "/chat", Header: http.Header{
		"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-WebSocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Origin": {"http://example.com"}, "Sec-WebSocket-Version": {"13"}}},
		"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nConnection: Upgrade\r\nOrigin: http://example.com\r\n" +
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n\r\n"},
	{"names in lower case", Request{Authority: "a", LowerCaseNames: true, Header: http.Header{"Accept": {"x"}}},
		"GET / HTTP/1.1\r\nhost: a\r\nAccept: x\r\n\r\n"},
	{"names in lower case, with a body", Request{Method: "POST", Authority: "a", LowerCaseNames: true, Body: []byte("x")},
		"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx"},
	{"names in lower case, chunked", Request{Method: "POST", Authority: "a", LowerCaseNames: true, HasBody: true},
		"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"},
	{"body", Request{Method: "POST", Authority: "a:80", Body: []byte("hello"), Header: http.Header{"Zeta": {"1"},
		"Alpha": {"2"}}},
		"POST / HTTP/1.1\r\nHost: a:80\r\nAlpha: 2\r\nContent-Length: 5\r\nZeta: 1\r\n\r\nhello"},
	{"body and its length", Request{Method: "PUT", Authority: "a", Body: []byte("hello"),
		Header: http.Header{"content-length": {"05"}}},
		"PUT / HTTP/1.1\r\nHost: a\r\ncontent-length: 05\r\n\r\nhello"},
	{"POST without content", Request{Method: "POST", Authority: "a"},
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
	{"DELETE without content", Request{Method: "DELETE", Authority: "a"}, "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"GET with length 0", Request{Authority: "a", Header: http.Header{"Content-Length": {"0"}}},
		"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
	{"chunked", Request{Method: "POST", Authority: "a", HasBody: true},
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{"chunked with a first part", Request{Method: "POST", Authority: "a", HasBody: true, Body: []byte("0123456789abcdef")},
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n"},
	{"counted with a first part", Request{Method: "POST", Authority: "a", HasBody: true, Body: []byte("01"),
		Header: http.Header{"Content-Length": {"3"}}},
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n01"},
	{"expectation", Request{Method: "POST", Authority: "a", HasBody: true, Header: http.Header{"Expect": {"100-continue"}}},
		"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{"TE", Request{Authority: "a", Header: http.Header{"TE": {"trailers"}, "Connection": {"keep-alive", "x, te"}}},
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: x, te\r\nTE: trailers\r\n\r\n"},
	{"upgrade with content", Request{Method: "POST", Authority: "a", Body: []byte("x"),
		Header: http.Header{"Upgrade": {"y"}, "Connection": {"upgrade"}}},
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nContent-Length: 1\r\nUpgrade: y\r\n\r\nx"},
	{"OPTIONS *", Request{Method: "OPTIONS", Authority: "www.example.org:8001", Path: "*"},
		"OPTIONS * HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n"},
	{"absolute-form", Request{Authority: "www.example.org", Path: "http://www.example.org/pub/WWW/TheProject.html"},
		"GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\nHost: www.example.org\r\n\r\n"},
	{"absolute-form without a path", Request{Authority: "[::1]:8080", Path: "ws+a-b.1://[::1]:8080?q"},
		"GET ws+a-b.1://[::1]:8080?q HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"},
	{"CONNECT", Request{Method: "CONNECT", Authority: "www.example.com:80",
		Header: http.Header{"Proxy-Authorization": {"Basic eDp5"}}},
		"CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com:80\r\nProxy-Authorization: Basic eDp5\r\n\r\n"},
	{"IPv6", Request{Authority: "[2001:db8::1]"}, "GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n"},
	{"every character of a path", Request{Authority: "a", Path: "//aZ09-._~!$&'()*+,;=:@/%e9%0A?/?"},
		"GET //aZ09-._~!$&'()*+,;=:@/%e9%0A?/? HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"host with all it may have", Request{Authority: "aZ0-._~%C3%A9!$&'()*+,;=:65535"},
		"GET / HTTP/1.1\r\nHost: aZ0-._~%C3%A9!$&'()*+,;=:65535\r\n\r\n"},
	{"other method", Request{Method: "M-SEARCH", Authority: "a"}, "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n"},
}

func TestH1RequestBytes(t *testing.T) {
	for _, tc := range h1Requests {
		t.Run(tc.name, func(t *testing.T) {
			c := h1Begin(t, h1Case{})
			out := Output{Send: []byte("before ")}
			c, id, err := c.Request(&out, tc.r)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(out.Send); got != "before "+tc.want {
				t.Errorf("sent\n%q, want\n%q", got, tc.want)
			}
			if id != 1 || len(out.Events) > 0 || c.Next() != NextRead || c.Slots() != 0 {
				t.Errorf("stream %d, events %v, next %v, slots %d", id, out.Events, c.Next(), c.Slots())
			}
		})
	}
}

// h1BadRequests is what cannot be put on the wire, and what the error must say of it.
var h1BadRequests = []struct {
	name   string
	r      Request
	reason string
}{
	{"method with space", Request{Method: "GET /x", Authority: "a"}, `Method has byte 0x20 at index 3, expected a token`},
	{"method with CR LF", Request{Method: "GET\r\nX", Authority: "a"}, `Method has byte 0x0d at index 3`},
	{"method with NUL", Request{Method: "G\x00", Authority: "a"}, `Method has byte 0x00 at index 1`},
	{"method with high byte", Request{Method: "G\xc3\xa9", Authority: "a"}, `Method has byte 0xc3 at index 1`},

	{"no authority", Request{}, `Authority cannot be used, expected host`},
	{"user information", Request{Authority: "u:p@a"}, `Authority has byte 0x40 ('@') at index 3`},
	{"user without password", Request{Authority: "u@a"}, `Authority has byte 0x40 ('@') at index 1`},
	{"authority with CR LF", Request{Authority: "a\r\nX: y"}, `Authority has byte 0x0d at index 1`},
	{"authority with NUL", Request{Authority: "a\x00"}, `Authority has byte 0x00 at index 1`},
	{"authority with space", Request{Authority: "a b"}, "Authority"},
	{"authority with slash", Request{Authority: "a/b"}, "Authority"},
	{"authority with comma in the port", Request{Authority: "a:1,2"}, "Authority"},
	{"authority not in ASCII", Request{Authority: "b\u00fccher.example"}, "Authority"},
	{"authority with a bad escape", Request{Authority: "a%2"}, "Authority"},
	{"no host before the port", Request{Authority: ":80"}, "Authority"},
	{"empty port", Request{Authority: "a:"}, "Authority"},
	{"port with sign", Request{Authority: "a:+80"}, "Authority"},
	{"port too large", Request{Authority: "a:65536"}, "Authority"},
	{"port 0", Request{Authority: "a:0"}, "Authority"},
	{"two ports", Request{Authority: "a:80:80"}, "Authority"},
	{"IPv6 without brackets", Request{Authority: "::1"}, "an IPv6 address in brackets"},
	{"IPv6 without brackets, with port", Request{Authority: "2001:db8::1:80"}, "Authority"},
	{"IPv6 with zone", Request{Authority: "[fe80::1%25en0]"}, "Authority"},
	{"IPv6 with one bracket", Request{Authority: "[::1"}, "Authority"},
	{"IPv6 and text", Request{Authority: "[::1]x"}, "Authority"},
	{"IPv6 and empty port", Request{Authority: "[::1]:"}, "Authority"},
	{"IPv4 in brackets", Request{Authority: "[127.0.0.1]"}, "Authority"},
	{"name in brackets", Request{Authority: "[a]"}, "Authority"},

	{"path without slash", Request{Authority: "a", Path: "x"}, `Path has byte 0x78 ('x') at index 0, expected one that starts with "/"`},
	{"path with space", Request{Authority: "a", Path: "/ HTTP/1.1"}, "Path has byte 0x20"},
	{"path with CR LF", Request{Authority: "a", Path: "/\r\nX: y"}, "Path has byte 0x0d"},
	{"path with NUL", Request{Authority: "a", Path: "/\x00"}, "Path has byte 0x00"},
	{"path with DEL", Request{Authority: "a", Path: "/\x7f"}, "Path has byte 0x7f"},
	{"path with high byte", Request{Authority: "a", Path: "/\xe9"}, "Path has byte 0xe9"},
	{"path with fragment", Request{Authority: "a", Path: "/#x"}, "Path has byte 0x23"},
	{"path with braces", Request{Authority: "a", Path: "/?{}"}, "Path has byte 0x7b"},
	{"path with backslash", Request{Authority: "a", Path: "/\\b"}, "Path has byte 0x5c"},
	{"path with a bad escape", Request{Authority: "a", Path: "/%4g"}, "Path has byte 0x25"},
	{"path with half an escape", Request{Authority: "a", Path: "/%4"}, "Path has byte 0x25"},
	{"* with GET", Request{Authority: "a", Path: "*"}, `Path is "*", expected a path, as Method is not OPTIONS`},
	{"* and more", Request{Method: "OPTIONS", Authority: "a", Path: "*/x"}, "Path"},
	{"absolute-form of another host", Request{Authority: "a", Path: "http://b/"}, `Path is an absolute URL with another authority`},
	{"absolute-form of a longer host", Request{Authority: "a", Path: "http://ab/"}, `Path is an absolute URL with another authority`},
	{"absolute-form with user", Request{Authority: "a", Path: "http://u@a/"}, `Path is an absolute URL with another authority`},
	{"absolute-form with fragment", Request{Authority: "a", Path: "http://a/#f"}, "Path has byte 0x23"},
	{"absolute-form without scheme", Request{Authority: "a", Path: "://a/"}, "Path"},
	{"absolute-form with a bad scheme", Request{Authority: "a", Path: "1http://a/"}, "Path"},
	{"CONNECT with a path", Request{Method: "CONNECT", Authority: "a:1", Path: "/"}, `Path with CONNECT, expected none`},
	{"CONNECT without a port", Request{Method: "CONNECT", Authority: "a"}, "expected host:port with CONNECT"},
	{"CONNECT with content", Request{Method: "CONNECT", Authority: "a:1", Body: []byte("x")},
		`Method is CONNECT, expected neither content nor Upgrade`},
	{"CONNECT with content to follow", Request{Method: "CONNECT", Authority: "a:1", HasBody: true}, `Method is CONNECT`},
	{"CONNECT with length", Request{Method: "CONNECT", Authority: "a:1", Header: http.Header{"Content-Length": {"0"}}},
		`Method is CONNECT`},
	{"CONNECT with Upgrade", Request{Method: "CONNECT", Authority: "a:1", Header: http.Header{"Upgrade": {"x"},
		"Connection": {"upgrade"}}}, `Method is CONNECT`},
	{"TRACE with content", Request{Method: "TRACE", Authority: "a", Body: []byte("x")}, `Method is TRACE`},

	{"empty name", Request{Authority: "a", Header: http.Header{"": {"x"}}}, `field name is empty, expected a token`},
	{"name with space", Request{Authority: "a", Header: http.Header{"A ": {"x"}}}, `field name has byte 0x20 at index 1`},
	{"name with colon", Request{Authority: "a", Header: http.Header{"A:": {"x"}}}, `field name has byte 0x3a (':') at index 1`},
	{"name with CR LF", Request{Authority: "a", Header: http.Header{"A\r\nB": {"x"}}}, `field name has byte 0x0d at index 1`},
	{"name with NUL", Request{Authority: "a", Header: http.Header{"A\x00": {"x"}}}, `field name has byte 0x00 at index 1`},
	{"value with CR LF", Request{Authority: "a", Header: http.Header{"A": {"ok", "x\r\nB: y"}}},
		`value of field "A" has byte 0x0d at index 1`},
	{"value with LF", Request{Authority: "a", Header: http.Header{"A": {"x\n"}}}, `value of field "A" has byte 0x0a at index 1`},
	{"value with CR", Request{Authority: "a", Header: http.Header{"A": {"\rx"}}}, `value of field "A" has byte 0x0d at index 0`},
	{"value with NUL", Request{Authority: "a", Header: http.Header{"A": {"x\x00"}}}, `value of field "A" has byte 0x00 at index 1`},
	{"value with DEL", Request{Authority: "a", Header: http.Header{"A": {"x\x7f"}}}, `value of field "A"`},
	{"first of two faults by name", Request{Authority: "a", Header: http.Header{"B": {"\n"}, "A": {"\r"}, "C": {"\x00"}}},
		`value of field "A"`},
	{"long value", Request{Authority: "a", Header: http.Header{"A": {strings.Repeat("x", 1000) + "\n"}}},
		`value of field "A" has byte 0x0a at index 1000`},

	{"Host", Request{Authority: "a", Header: http.Header{"Host": {"a"}}}, `field Host in Header, expected the host in Authority`},
	{"host in another case", Request{Authority: "a", Header: http.Header{"hOST": {"b"}}}, `field Host in Header`},
	{"Transfer-Encoding in another case", Request{Authority: "a", Header: http.Header{"tRANSFER-eNCODING": {"chunked"}}},
		`field Transfer-Encoding in Header`},
	{"Transfer-Encoding", Request{Authority: "a", HasBody: true, Header: http.Header{"Transfer-Encoding": {"chunked"}}},
		`field Transfer-Encoding in Header`},
	{"transfer-encoding in another case", Request{Authority: "a", Header: http.Header{"transfer-ENCODING": {"gzip"}}},
		`field Transfer-Encoding in Header`},
	{"length: sign", Request{Authority: "a", HasBody: true, Header: http.Header{"Content-Length": {"+1"}}},
		`field Content-Length has byte 0x2b ('+') at index 0`},
	{"length: empty", Request{Authority: "a", HasBody: true, Header: http.Header{"Content-Length": {""}}},
		`field Content-Length is empty`},
	{"length: space", Request{Authority: "a", HasBody: true, Header: http.Header{"Content-Length": {" 1"}}},
		`field Content-Length has byte 0x20 at index 0`},
	{"length: list", Request{Authority: "a", HasBody: true, Header: http.Header{"Content-Length": {"1, 1"}}},
		"field Content-Length"},
	{"length: 2^63", Request{Authority: "a", HasBody: true,
		Header: http.Header{"Content-Length": {"9223372036854775808"}}}, "field Content-Length"},
	{"length: twice", Request{Authority: "a", HasBody: true, Header: http.Header{"Content-Length": {"1", "1"}}},
		"field Content-Length appears twice"},
	{"length: twice in two cases", Request{Authority: "a", HasBody: true, Header: http.Header{"Content-Length": {"1"},
		"content-length": {"1"}}}, "field Content-Length appears twice"},
	{"length: less than Body", Request{Authority: "a", Body: []byte("abc"), Header: http.Header{"Content-Length": {"2"}}},
		`field Content-Length differs from Body, expected 3`},
	{"length: more than Body", Request{Authority: "a", Header: http.Header{"Content-Length": {"2"}}},
		"field Content-Length differs from Body, expected 0"},
	{"Connection names Content-Length", Request{Authority: "a", Body: []byte("x"),
		Header: http.Header{"Connection": {"close, content-length"}}}, `field Connection names Content-Length`},
	{"Connection names Host", Request{Authority: "a", Header: http.Header{"Connection": {"host"}}}, "field Connection"},
	{"Upgrade without Connection", Request{Authority: "a", Header: http.Header{"Upgrade": {"websocket"}}},
		`field Upgrade without Connection: Upgrade`},
	{"Upgrade with content to follow", Request{Method: "POST", Authority: "a", HasBody: true,
		Header: http.Header{"Upgrade": {"x"}, "Connection": {"upgrade"}}}, "all of it in Body"},
	{"TE without Connection", Request{Authority: "a", Header: http.Header{"TE": {"trailers"}}}, `field TE, expected "trailers", and Connection`},
	{"TE that we cannot decode", Request{Authority: "a", Header: http.Header{"Te": {"gzip"}, "Connection": {"te"}}},
		`field TE, expected "trailers", and Connection`},
	{"Expect without content", Request{Authority: "a", Header: http.Header{"Expect": {"100-continue"}}},
		"field Expect without content"},
}

func TestH1RequestRefused(t *testing.T) {
	for _, tc := range h1BadRequests {
		t.Run(tc.name, func(t *testing.T) {
			c := h1Begin(t, h1Case{})
			out := Output{Send: []byte("before")}
			next, id, err := c.Request(&out, tc.r)
			if !errors.Is(err, ErrInvalidRequest) || !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("error %v, want %s", err, tc.reason)
			}
			if !next.Equal(c) || id != 0 || string(out.Send) != "before" || len(out.Events) > 0 {
				t.Errorf("something changed: stream %d, out %q", id, out.Send)
			}
		})
	}
}
