package httpconn

import (
	"net/http"
	"regexp"
	"strings"
)

// h1Difference is one in which we are not net/http, on purpose: what either says of the bytes, and of which bytes.
type h1Difference struct {
	name    string
	ours    string // in our reason; "" if we refuse nothing
	theirs  string // in net/http's error; "" if it refuses nothing
	input   string // what the input must match, if it matters
	connect bool   // the request is a CONNECT
	more    bool   // net/http goes on with a response that we do not take
}

func (d *h1Difference) is(tc h1Case, ours, theirs string, more int) bool {
	says := func(text, want string) bool {
		return (text == "") == (want == "") && regexp.MustCompile(want).MatchString(text)
	}
	return says(ours, d.ours) && says(theirs, d.theirs) && (!d.more || more > 0) &&
		(!d.connect || len(tc.reqs) > 0 && tc.reqs[0].Method == http.MethodConnect) &&
		(d.input == "" || regexp.MustCompile(d.input).MatchString(tc.input))
}

// h1LastFold is the one difference in what both take.
const h1LastFold = "white space after the last fold is no part of the value (5.1)"

// h1Differences are all there are. The first that fits is the one.
var h1Differences = []h1Difference{
	// We refuse, net/http takes: what RFC 9112 does not allow, and what makes two recipients disagree.
	{name: "LF alone ends no line (RFC 9112 2.2)", ours: `byte 0x0a `},
	{name: "CR without LF is in no line (2.2)", ours: `after CR, expected LF`},
	{name: "another protocol than HTTP/1 (2.3)", ours: `expected a status line`},
	{name: "a status code is three digits, from 100, after one space (4)", ours: `in the status code`},
	{name: "no control characters in a reason phrase (4)", ours: `in the status line after the code`},
	{name: "HTTP/1.0 has no 1xx (RFC 9110 15.2)", ours: `of an HTTP/1.0 response, expected 2 to 9`},
	{name: "101 without having asked for it (RFC 9110 7.8)", ours: `did not ask for an upgrade`},
	{name: "no white space before the colon (5.1)", ours: `byte 0x20 in field name`},
	{name: "Content-Length and Transfer-Encoding (6.3)", ours: `also has`},
	{name: "Transfer-Encoding in HTTP/1.0 (6.1)", ours: `in an HTTP/1.0 response`},
	{name: "the grammar of chunk extensions (7.1.1)", ours: `expected a chunk extension`},
	{name: "a chunk of 2^63 bytes (7.1)", ours: `chunk size of more than`},
	{name: "no framing fields in trailers (RFC 9110 6.5.1)", ours: `in a trailer section, where it is forbidden`},
	{name: "our limits on heads, trailers and extensions", ours: `the limit of \d+`},
	{name: "our limit on 1xx", ours: `one 1xx response more than the limit`},

	// Connections that we end and net/http would use again.
	{name: "HTTP/1.0 keep-alive is not taken up (9.3)", ours: `while no request is under way`, more: true, input: `^HTTP/1\.0`},
	{name: "no response after a 204 that announces content", ours: `while no request is under way`, more: true,
		input: `HTTP/1\.1 204 x\r\n(Content-Length|Transfer-Encoding)`},
	{name: "no response after a 1xx that announces content", ours: `while no request is under way`, more: true,
		input: `^HTTP/1\.1 1.. x\r\nContent-Length`},
	{name: "bytes that answer nothing, which ReadResponse leaves to its caller (9.2)", ours: `while no request is under way`},

	// We take, net/http refuses.
	{name: "1xx and 204 end at the empty line, whatever their framing fields say (6.3 rule 1)",
		theirs: `Content-Length|transfer encoding`, input: `HTTP/1\.. (1..|204)[ \r]`},
	{name: "framing fields of a 2xx to CONNECT are ignored (RFC 9110 9.3.6)", theirs: `Content-Length|transfer encoding`, connect: true},
	{name: "white space around a fold is no part of the value (5.1)", theirs: `(?i)chunked "|multiple Content-Length`, input: `\r\n[ \t]`},
	{name: "equal Content-Lengths spelled differently (RFC 9110 8.6)", theirs: `multiple Content-Length`},
	{name: "white space before a chunk extension's semicolon (7.1.1)", theirs: `invalid byte in chunk length`, input: `[ \t];`},
	{name: "what Trailer announces is not looked at, but what comes", theirs: `bad trailer key`},
	{name: "its limits on chunk extensions", theirs: `contains too much non-data|header line too long|buffer full`},
	{name: "the end of the input in a trailer section is not its fault (8)", theirs: `EOF reading trailer|suspiciously long trailer`},
}

// h1Compared are further cases for the comparison: several responses in one stream of bytes, and trailers.
var h1Compared = []h1Case{
	{name: "pipelined: every framing", cfg: h1Pipeline, reqs: []Request{{Authority: "a"}, {Method: "HEAD", Authority: "a"},
		{Authority: "a"}, {Authority: "a"}},
		input: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n2\r\nhi\r\n0\r\nA: b\r\n c\r\n\r\n" +
			"HTTP/1.1 200 x\r\nContent-Length: 7\r\n\r\nHTTP/1.1 103 x\r\nLink: y\r\n\r\nHTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\n" +
			"HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\nend"},
	{name: "pipelined: until the end", cfg: h1Pipeline, reqs: h1Three[:2], eof: true,
		input: "HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\nendHTTP/1.1 200 x\r\n\r\nrest"},
	{name: "pipelined: incomplete", cfg: h1Pipeline, reqs: h1Three,
		input: "HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\nendHTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\nen"},
	{name: "pipelined: more responses than requests", cfg: h1Pipeline, reqs: h1Three[:2],
		input: strings.Repeat("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\nx", 3)},
	{name: "pipelined: closed, and something after it", cfg: h1Pipeline, reqs: h1Three,
		input: "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 204 x\r\nConnection: close\r\n\r\nHTTP/1.1 204 x\r\n\r\n"},
	{name: "pipelined: HTTP/1.0 with keep-alive", cfg: h1Pipeline, reqs: h1Three[:2],
		input: strings.Repeat("HTTP/1.0 200 x\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 2)},
	{name: "pipelined: 204 with content", cfg: h1Pipeline, reqs: h1Three[:2],
		input: "HTTP/1.1 204 x\r\nContent-Length: 38\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\nx"},
	{name: "pipelined: chunked 204", cfg: h1Pipeline, reqs: h1Three[:2],
		input: "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 204 x\r\n\r\n"},
	{name: "pipelined: 1xx with content", cfg: h1Pipeline, reqs: h1Three[:2],
		input: "HTTP/1.1 103 x\r\nContent-Length: 38\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 204 x\r\n\r\n"},
	{name: "pipelined: fault in the second", cfg: h1Pipeline, reqs: h1Three[:2],
		input: "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: x\r\n\r\n"},
	{name: "pipelined: second cut by a chunk of the first", cfg: h1Pipeline, reqs: h1Three[:2],
		input: h1Chk + "26\r\nHTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\nx\r\n0\r\n\r\nHTTP/1.1 204 x\r\n\r\n"},

	{name: "trailers: none that were announced", reqs: h1Get,
		input: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nTrailer: A, B\r\n\r\n0\r\n\r\n"},
	{name: "trailers: more than were announced", reqs: h1Get,
		input: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n0\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n"},
	{name: "trailers: of an announcement that may not be", reqs: h1Get,
		input: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n0\r\nA: 1\r\n\r\n"},
	{name: "trailers: malformed", reqs: h1Get, input: h1Chk + "0\r\nA\x00: 1\r\n\r\n"},
	{name: "trailers: to HEAD", reqs: h1HEAD, input: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n"},
	{name: "trailers: other forms of the last chunk", reqs: h1Get, input: h1Chk + "1;a=b\r\nx\r\n000;c\r\nA: \r\n\r\n"},

	{name: "extensions: one line of 5,000 bytes", reqs: h1Get, input: h1Chk + "1;" + strings.Repeat("a", 5000) + "\r\nx\r\n0\r\n\r\n"},
	{name: "extensions: much more than content", reqs: h1Get,
		input: h1Chk + strings.Repeat("1;"+strings.Repeat("a", 60)+"\r\nx\r\n", 500) + "0\r\n\r\n"},
}
