package httpconn

import (
	"errors"
	"strings"

	"golang.org/x/net/http2"
)

func isErr(err, target error) bool { return errors.Is(err, target) }

var h2ResponseCases = []h2Case{
	{name: "response", reqs: []Request{{Scheme: "https", Authority: "a", Tag: 5}},
		input: fHeaders(1, false, ":status: 200", "x: y") +
			fData(1, false, "hello ") + fData(1, true, "world"),
		want: "1#5 Headers 200 X:y\n1#5 Data \"hello world\"\n1#5 Done\n"},
	{name: "response without content", reqs: []Request{h2Get}, input: fHeaders(1, true, ":status: 200"),
		want: "1 Headers 200\n1 Done\n"},
	{name: "empty content", reqs: []Request{h2Get}, input: f200(1) + fData(1, true, ""), want: "1 Headers 200\n1 Done\n"},
	{name: "repeated fields", reqs: []Request{h2Get}, input: fHeaders(1, true, ":status: 200", "set-cookie: a", "b: 1",
		"set-cookie: c"),
		want: "1 Headers 200 B:1 Set-Cookie:a|c\n1 Done\n"},
	{name: "status 999", reqs: []Request{h2Get}, input: fHeaders(1, true, ":status: 999"), want: "1 Headers 999\n1 Done\n"},
	{name: "informational", reqs: []Request{h2Get}, input: fHeaders(1, false, ":status: 100") +
		fHeaders(1, false, ":status: 103",
			"link: x") + fHeaders(1, true, ":status: 204"),
		want: "1 Informational 100\n1 Informational 103 Link:x\n1 Headers 204\n1 Done\n"},
	{name: "trailers", reqs: []Request{h2Get}, input: f200(1) + fData(1, false, "x") + fHeaders(1, true, "grpc-status: 0"),
		want: "1 Headers 200\n1 Data \"x\"\n1 Trailers Grpc-Status:0\n1 Done\n"},
	{name: "trailers without content", reqs: []Request{h2Get}, input: f200(1) + fHeaders(1, true, "a: b"),
		want: "1 Headers 200\n1 Trailers A:b\n1 Done\n"},
	{name: "empty trailers", reqs: []Request{h2Get}, input: f200(1) + fHeaders(1, true), want: "1 Headers 200\n1 Done\n"},
	{name: "interleaved", reqs: []Request{h2Get, h2Get, h2Get},
		input: f200(3) + f200(1) + fData(3, false, "c") + fData(1, false, "a") +
			fHeaders(5, true, ":status: 404") + fData(1, true, "b") + fData(3, true, "d"),
		want: "3 Headers 200\n1 Headers 200\n3 Data \"c\"\n1 Data \"a\"\n5 Headers 404\n5 Done\n" +
			"1 Data \"b\"\n1 Done\n3 Data \"d\"\n3 Done\n"},
	{name: "content-length", reqs: []Request{h2Get}, input: fHeaders(1, false, ":status: 200", "content-length: 3") +
		fData(1, false, "ab") + fData(1, true, "c"), want: "1 Headers 200 Content-Length:3\n1 Data \"abc\"\n1 Done\n"},
	{name: "content-length repeated", reqs: []Request{h2Get}, input: fHeaders(1, false, ":status: 200", "content-length: 1",
		"content-length: 01") + fData(1, true, "c"), want: "1 Headers 200 Content-Length:1|01\n1 Data \"c\"\n1 Done\n"},
	{name: "content-length and trailers", reqs: []Request{h2Get},
		input: fHeaders(1, false, ":status: 200", "content-length: 1") +
			fData(1, false, "c") + fHeaders(1, true, "t: u"),
		want: "1 Headers 200 Content-Length:1\n1 Data \"c\"\n1 Trailers T:u\n1 Done\n"},
	{name: "HEAD", reqs: []Request{h2Head}, input: fHeaders(1, true, ":status: 200", "content-length: 3"),
		want: "1 Headers 200 Content-Length:3\n1 Done\n"},
	{name: "HEAD with an empty frame", reqs: []Request{h2Head},
		input: fHeaders(1, false, ":status: 200", "content-length: 3") +
			fData(1, true, ""), want: "1 Headers 200 Content-Length:3\n1 Done\n"},
	{name: "304", reqs: []Request{h2Get}, input: fHeaders(1, true, ":status: 304", "content-length: 3"),
		want: "1 Headers 304 Content-Length:3\n1 Done\n"},
	{name: "tunnel", reqs: []Request{h2Conn}, input: fHeaders(1, false, ":status: 200", "content-length: 3") +
		fData(1, false, "more than 3") +
		fData(1, true, ""), want: "1 Headers 200 Content-Length:3\n1 Data \"more than 3\"\n1 Done\n"},
	{name: "extended CONNECT", reqs: []Request{h2Ext}, input: fHeaders(1, false, ":status: 200",
		"sec-websocket-protocol: x") +
		fData(1, false, "frame"), want: "1 Headers 200 Sec-Websocket-Protocol:x\n1 Data \"frame\"\n"},
	{name: "extended CONNECT, 204", reqs: []Request{h2Ext}, input: fHeaders(1, false, ":status: 204") + fData(1, false, "x"),
		want: "1 Headers 204\n1 Data \"x\"\n"},
	{name: "extended CONNECT, 299", reqs: []Request{h2Ext}, input: fHeaders(1, true, ":status: 299"),
		want: "1 Headers 299\n1 Done\n"},
	{name: "extended CONNECT refused", reqs: []Request{h2Ext},
		input: fHeaders(1, false, ":status: 403", "content-length: 2") +
			fData(1, true, "no"), want: "1 Headers 403 Content-Length:2\n1 Data \"no\"\n1 Done\n", sent: "DATA 1 0 end\n"},
	{name: "CONNECT refused at once", reqs: []Request{h2Conn}, input: fHeaders(1, true, ":status: 502"),
		want: "1 Headers 502\n1 Done\n", sent: "DATA 1 0 end\n"},
	{name: "block in pieces", reqs: []Request{h2Get}, input: fBlock(1, true, hBlock(":status: 200", "a: b"), 3, 0, 1) +
		fPing(false, "12345678"),
		want: "1 Headers 200 A:b\n1 Done\n", sent: "PING ack=true 12345678\n"},
	{name: "padded head with priority", reqs: []Request{h2Get}, input: fRaw(http2.FrameHeaders,
		http2.FlagHeadersPadded|http2.FlagHeadersPriority|http2.FlagHeadersEndHeaders|http2.FlagHeadersEndStream, 1,
		"\x03\x00\x00\x00\x00\x10"+hBlock(":status: 200")+"\x00\x00\x00"), want: "1 Headers 200\n1 Done\n"},
	{name: "answer while we still send", reqs: []Request{h2Post}, input: fHeaders(1, true, ":status: 413"),
		want: "1 Headers 413\n1 Done\n"},
	{name: "answer, then no more of our content", reqs: []Request{h2Post}, input: fHeaders(1, true, ":status: 413") +
		fReset(1, http2.ErrCodeNo), want: "1 Headers 413\n1 Done\n"},
}

func h2Malformed(name string, req Request, reason, input string) h2Case {
	return h2Case{name: "malformed: " + name, reqs: []Request{req, h2Get}, reason: reason,
		input: input + fHeaders(3, true, ":status: 204"),
		want:  "1 Reset StreamError PROTOCOL_ERROR\n3 Headers 204\n3 Done\n", sent: "RST_STREAM 1 PROTOCOL_ERROR\n"}
}

func h2BadHead(name, reason string, fields ...string) h2Case {
	return h2Malformed(name, h2Get, reason, fHeaders(1, false, fields...))
}

// What is malformed is a stream error (RFC 9113 section 8.1.1): the other stream goes on.
var h2MalformedCases = []h2Case{
	h2BadHead("no status", "does not begin with :status", "a: b"),
	h2BadHead("empty head", "does not begin with :status"),
	h2BadHead("status after a field", "does not begin with :status", "a: b", ":status: 200"),
	h2BadHead("status twice", "out of place", ":status: 200", ":status: 200"),
	h2BadHead("request's pseudo-header", "out of place", ":status: 200", ":path: /"),
	h2BadHead("unknown pseudo-header", "out of place", ":status: 200", ":x: y"),
	h2BadHead("status of 2 digits", ":status", ":status: 20"),
	h2BadHead("status of 4 digits", ":status", ":status: 2000"),
	h2BadHead("status 099", ":status", ":status: 099"),
	h2BadHead("status with sign", ":status", ":status: +20"),
	h2BadHead("empty status", ":status", ":status: "),
	h2BadHead("status 101", "101", ":status: 101"),
	h2BadHead("upper case", "lower case", ":status: 200", "Abc: d"),
	h2BadHead("space in name", "token", ":status: 200", "a b: d"),
	h2BadHead("empty name", "token", ":status: 200", ": d"),
	h2BadHead("connection", "belongs to HTTP/1", ":status: 200", "connection: close"),
	h2BadHead("proxy-connection", "belongs to HTTP/1", ":status: 200", "proxy-connection: close"),
	h2BadHead("keep-alive", "belongs to HTTP/1", ":status: 200", "keep-alive: 5"),
	h2BadHead("transfer-encoding", "belongs to HTTP/1", ":status: 200", "transfer-encoding: chunked"),
	h2BadHead("upgrade", "belongs to HTTP/1", ":status: 200", "upgrade: x"),
	h2BadHead("value with NUL", "value of field", ":status: 200", "a: b\x00c"),
	h2BadHead("value with LF", "value of field", ":status: 200", "a: b\nc"),
	h2BadHead("value with CR", "value of field", ":status: 200", "a: b\rc"),
	h2BadHead("value after space", "value of field", ":status: 200", "a:  b"),
	h2BadHead("value before tab", "value of field", ":status: 200", "a: b\t"),
	h2BadHead("field in 1xx", "lower case", ":status: 103", "A: b"),
	h2BadHead("content-length not a number", "content-length", ":status: 200", "content-length: x"),
	h2BadHead("content-length negative", "content-length", ":status: 200", "content-length: -1"),
	h2BadHead("content-length empty", "content-length", ":status: 200", "content-length: "),
	h2BadHead("content-length as a list", "content-length", ":status: 200", "content-length: 1, 1"),
	h2BadHead("content-length of 64 bits", "content-length", ":status: 200", "content-length: 9223372036854775808"),
	h2BadHead("content-length differs", "content-length", ":status: 200", "content-length: 1", "content-length: 2"),
	h2Malformed("content-length not a number with HEAD", h2Head, "content-length",
		fHeaders(1, true, ":status: 200", "content-length: x")),
	h2Malformed("1xx ends", h2Get, "ends the stream", fHeaders(1, true, ":status: 100")),
	h2Malformed("no content for content-length", h2Get, "content-length 3",
		fHeaders(1, true, ":status: 200", "content-length: 3")),
	h2Malformed("data first", h2Get, "before the response's head", fData(1, false, "x")),
	h2Malformed("empty data first", h2Get, "before the response's head", fData(1, true, "")),
	h2Malformed("data after 1xx", h2Get, "before the response's head",
		fHeaders(1, false, ":status: 100")+fData(1, true, "")).
		after("1 Informational 100\n"),
	h2Malformed("too little content", h2Get, "1 bytes before",
		fHeaders(1, false, ":status: 200", "content-length: 3")+fData(1, true, "ab")).
		after("1 Headers 200 Content-Length:3\n1 Data \"ab\"\n"),
	h2Malformed("too little content, trailers", h2Get, "1 bytes before",
		fHeaders(1, false, ":status: 200", "content-length: 3")+
			fData(1, false, "ab")+fHeaders(1, true, "t: u")).after("1 Headers 200 Content-Length:3\n1 Data \"ab\"\n"),
	h2Malformed("too much content", h2Get, "more content", fHeaders(1, false, ":status: 200", "content-length: 3")+
		fData(1, false, "abcd")).
		after("1 Headers 200 Content-Length:3\n1 Data \"abc\"\n"),
	h2Malformed("too much content, in a frame of its own", h2Get, "more content", fHeaders(1, false, ":status: 200",
		"content-length: 3")+fData(1, false, "abc")+fPadded(1, true, "d",
		2)).after("1 Headers 200 Content-Length:3\n1 Data \"abc\"\n"),
	h2Malformed("content of HEAD", h2Head, "more content", f200(1)+fData(1, true, "x")).after("1 Headers 200\n"),
	h2Malformed("content of 204", h2Get, "more content", fHeaders(1, false, ":status: 204")+fData(1, true, "x")).
		after("1 Headers 204\n"),
	h2Malformed("content of 304", h2Get, "more content", fHeaders(1, false, ":status: 304")+fData(1, true, "x")).
		after("1 Headers 304\n"),
	h2Malformed("second head", h2Get, "second response head", f200(1)+f200(1)).after("1 Headers 200\n"),
	h2Malformed("trailers with pseudo-header", h2Get, "trailers",
		f200(1)+fHeaders(1, true, ":status: 200")).after("1 Headers 200\n"),
	h2Malformed("trailers with upper case", h2Get, "trailers", f200(1)+fHeaders(1, true, "A: b")).after("1 Headers 200\n"),
	h2Malformed("head in a tunnel", h2Conn, "tunnel", f200(1)+fHeaders(1, true, "a: b")).after("1 Headers 200\n"),
	h2Malformed("frames after it", h2Get, "lower case", fHeaders(1, false, ":status: 200", "A: b")+fData(1, false, "x")+
		fWindow(1, 5)+
		fReset(1, http2.ErrCodeCancel)+fBlock(1, true, hBlock("t: u", "w: "+strings.Repeat("x", 99)), 4)),
}

// after puts events before those of the case.
func (tc h2Case) after(events string) h2Case {
	tc.want = events + tc.want
	return tc
}
