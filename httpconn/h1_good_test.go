package httpconn

import (
	"net/http"
	"strings"
)

// h1Good is what is accepted.
var h1Good = []h1Case{
	// Framing by Content-Length, RFC 9112 section 6.2.
	{name: "content-length", reqs: h1Get,
		input: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
		want:  "1 Headers 200 Content-Length:5 Content-Type:text/plain\n1 Data \"hello\"\n1 Done\n", next: NextRead},
	{name: "content-length 0", reqs: h1Get, input: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		want: "1 Headers 200 Content-Length:0\n1 Done\n", next: NextRead},
	{name: "content-length with leading zeros and white space", reqs: h1Get,
		input: "HTTP/1.1 200 OK\r\ncontent-LENGTH: \t 002\t \r\n\r\nhi",
		want:  "1 Headers 200 Content-Length:002\n1 Data \"hi\"\n1 Done\n", next: NextRead},
	{name: "content-length repeated and equal", reqs: h1Get, // RFC 9110 section 8.6
		input: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 02\r\n\r\nhi",
		want:  "1 Headers 200 Content-Length:2|02\n1 Data \"hi\"\n1 Done\n", next: NextRead},
	{name: "largest content-length", reqs: h1Get, input: "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nx",
		want: "1 Headers 200 Content-Length:9223372036854775807\n1 Data \"x\"\n", next: NextRead},

	// The head.
	{name: "example of RFC 9110 section 3.9", reqs: h1Get, input: "HTTP/1.1 200 OK\r\n" +
		"Date: Mon, 27 Jul 2009 12:28:53 GMT\r\nServer: Apache\r\nLast-Modified: Wed, 22 Jul 2009 19:15:56 GMT\r\n" +
		"ETag: \"34aa387-d-1568eb00\"\r\nAccept-Ranges: bytes\r\nContent-Length: 51\r\nVary: Accept-Encoding\r\n" +
		"Content-Type: text/plain\r\n\r\nHello World! My content includes a trailing CRLF.\r\n",
		want: "1 Headers 200 Accept-Ranges:bytes Content-Length:51 Content-Type:text/plain Date:Mon, 27 Jul 2009 12:28:53 GMT " +
			"Etag:\"34aa387-d-1568eb00\" Last-Modified:Wed, 22 Jul 2009 19:15:56 GMT Server:Apache Vary:Accept-Encoding\n" +
			"1 Data \"Hello World! My content includes a trailing CRLF.\\r\\n\"\n1 Done\n", next: NextRead},
	{name: "empty reason", reqs: h1Get, input: "HTTP/1.1 204 \r\n\r\n", want: "1 Headers 204\n1 Done\n", next: NextRead},
	{name: "no reason and no space", reqs: h1Get, input: "HTTP/1.1 204\r\n\r\n", want: "1 Headers 204\n1 Done\n",
		next: NextRead},
	{name: "reason with tab, obs-text and spaces", reqs: h1Get, input: "HTTP/1.1 204  no\t\xe9 \r\n\r\n",
		want: "1 Headers 204\n1 Done\n", next: NextRead},
	{name: "status above 599", reqs: h1Get, input: "HTTP/1.1 999 Go Away\r\nContent-Length: 0\r\n\r\n",
		// RFC 9110 section 15: as 5xx
		want: "1 Headers 999 Content-Length:0\n1 Done\n", next: NextRead},
	{name: "fields: empty, repeated, obs-text, every token character", reqs: h1Get,
		input: "HTTP/1.1 204 x\r\nA:\r\nB: \t\r\nX-y: 1\r\nx-Y:2, 3\r\nO: \xff\xfe\r\n!#$%&'*+-.^_`|~09: v w\r\n\r\n",
		want:  "1 Headers 204 !#$%&'*+-.^_`|~09:v w A: B: O:\xff\xfe X-Y:1|2, 3\n1 Done\n", next: NextRead},
	{name: "fields that begin like those that frame", reqs: h1Get,
		input: "HTTP/1.1 204 x\r\nContent-Lengt: a\r\nContent-Length-: b\r\nTransfer-Encodings: c\r\nT: d\r\nC: e\r\n\r\n",
		want:  "1 Headers 204 C:e Content-Lengt:a Content-Length-:b T:d Transfer-Encodings:c\n1 Done\n", next: NextRead},
	{name: "as many bytes and fields as the limits allow", reqs: h1Get,
		cfg:   Config{Limits: Limits{MaxHeaderBytes: 28, MaxHeaderFields: 2}},
		input: "HTTP/1.1 204 x\r\nA:1\r\nB:2\r\n\r\n", want: "1 Headers 204 A:1 B:2\n1 Done\n", next: NextRead},

	// No content, RFC 9112 section 6.3 rule 1.
	{name: "HEAD", reqs: h1HEAD, input: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
		want: "1 Headers 200 Content-Length:5\n1 Done\n", next: NextRead},
	{name: "HEAD chunked", reqs: h1HEAD, input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		want: "1 Headers 200 Transfer-Encoding:chunked\n1 Done\n", next: NextRead},
	{name: "HEAD without a length", reqs: h1HEAD, input: "HTTP/1.1 200 OK\r\n\r\n", want: "1 Headers 200\n1 Done\n",
		next: NextRead},
	{name: "304", reqs: h1Get, input: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
		want: "1 Headers 304 Content-Length:5\n1 Done\n", next: NextRead},
	{name: "204 with content-length 0", reqs: h1Get, input: "HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n",
		want: "1 Headers 204 Content-Length:0\n1 Done\n", next: NextRead},

	// The empty line ends these whatever their framing fields say. What a server might still send for content must not be
	// taken for another response.
	{name: "204 with content-length", reqs: h1Get, input: "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n",
		want: "1 Headers 204 Content-Length:5\n1 Done\n", next: NextClose},
	{name: "204 with lengths that differ", reqs: h1Get, input: "HTTP/1.1 204 x\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
		want: "1 Headers 204 Content-Length:0|1\n1 Done\n", next: NextClose},
	{name: "204 with a length that is none", reqs: h1Get, input: "HTTP/1.1 204 x\r\nContent-Length:\r\n\r\n",
		want: "1 Headers 204 Content-Length:\n1 Done\n", next: NextClose},
	{name: "204 with everything", reqs: h1Get,
		input: "HTTP/1.1 204 x\r\nContent-Length: -1\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
		want:  "1 Headers 204 Content-Length:-1 Transfer-Encoding:gzip|chunked\n1 Done\n", next: NextClose},
	{name: "204 chunked", reqs: h1Get, input: "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n",
		want: "1 Headers 204 Transfer-Encoding:chunked\n1 Done\n", next: NextClose},
	{name: "204 to HEAD, with content-length", reqs: h1HEAD, input: "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n",
		want: "1 Headers 204 Content-Length:5\n1 Done\n", next: NextClose},
	{name: "103 with content-length", reqs: h1Get,
		input: "HTTP/1.1 103 x\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
		want:  "1 Informational 103 Content-Length:5\n1 Headers 200 Content-Length:1\n1 Data \"x\"\n1 Done\n", next: NextClose},
	{name: "100 chunked, then 204", reqs: h1Get,
		input: "HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
		want:  "1 Informational 100 Transfer-Encoding:chunked\n1 Headers 204\n1 Done\n", next: NextClose},
	{name: "100 with content-length 0", reqs: h1Get, // says the same as the rule
		input: "HTTP/1.1 100 x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
		want:  "1 Informational 100 Content-Length:0\n1 Headers 204\n1 Done\n", next: NextRead},
	{name: "101 chunked", reqs: h1Upgrade, input: "HTTP/1.1 101 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		want: "1#7 Headers 101 Transfer-Encoding:chunked\n1#7 Data \"0\\r\\n\\r\\n\"\n", next: NextRead},

	// Folded lines, RFC 9112 section 5.2.
	{name: "obs-fold", reqs: h1Get, input: "HTTP/1.1 204 x\r\nA: b \t\r\n \t c\r\n\td  e \r\nF: g\r\n\r\n",
		want: "1 Headers 204 A:b c d  e F:g\n1 Done\n", next: NextRead},
	{name: "obs-fold: empty lines", reqs: h1Get, input: "HTTP/1.1 204 x\r\nA:\r\n b\r\nC: d\r\n \r\nE:\r\n\t\r\nA: \r\n \r\n f\r\n \r\n\r\n",
		want: "1 Headers 204 A:b|f C:d E:\n1 Done\n", next: NextRead},
	{name: "obs-fold: what looks like a field", reqs: h1Get,
		input: "HTTP/1.1 200 x\r\nA: b\r\n Content-Length: 5\r\nContent-Length: 1\r\n\r\nx",
		want:  "1 Headers 200 A:b Content-Length: 5 Content-Length:1\n1 Data \"x\"\n1 Done\n", next: NextRead},
	{name: "obs-fold in Content-Length", reqs: h1Get, input: "HTTP/1.1 200 x\r\nContent-Length:\r\n 0\r\n \r\nContent-Length: \r\n\t\r\n 00\r\n\r\n",
		want: "1 Headers 200 Content-Length:0|00\n1 Done\n", next: NextRead},
	{name: "obs-fold after Content-Length", reqs: h1Get, input: "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\t\r\n \r\n\r\nhi",
		want: "1 Headers 200 Content-Length:2\n1 Data \"hi\"\n1 Done\n", next: NextRead},
	{name: "obs-fold in Transfer-Encoding", reqs: h1Get,
		input: "HTTP/1.1 200 x\r\nTransfer-Encoding: \r\n \r\n\tchunked\r\n \t\r\nA: b\r\n\r\n0\r\n\r\n",
		want:  "1 Headers 200 A:b Transfer-Encoding:chunked\n1 Done\n", next: NextRead},
	{name: "obs-fold in Connection", reqs: h1Get, input: "HTTP/1.1 204 x\r\nConnection: a,\r\n close\r\n\r\n",
		want: "1 Headers 204 Connection:a, close\n1 Done\n", next: NextClose},
	{name: "obs-fold in a 204's framing field", reqs: h1Get, input: "HTTP/1.1 204 x\r\nContent-Length:\r\n 5\r\n\r\n",
		want: "1 Headers 204 Content-Length:5\n1 Done\n", next: NextClose},
	{name: "obs-fold in trailers", reqs: h1Get,
		input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n c\r\nD:\r\n e\r\n\r\n",
		want:  "1 Headers 200 Transfer-Encoding:chunked\n1 Trailers A:b c D:e\n1 Done\n", next: NextRead},
	{name: "folds do not count as fields", reqs: h1Get, cfg: Config{Limits: Limits{MaxHeaderFields: 1}},
		input: "HTTP/1.1 204 x\r\nA: b\r\n c\r\n d\r\n\r\n", want: "1 Headers 204 A:b c d\n1 Done\n", next: NextRead},

	// Higher minor versions are read as HTTP/1.1, RFC 9110 section 6.2.
	{name: "HTTP/1.2", reqs: h1Get, input: "HTTP/1.2 100 x\r\n\r\nHTTP/1.2 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		want: "1 Informational 100\n1 Headers 200 Transfer-Encoding:chunked\n1 Done\n", next: NextRead},
	{name: "HTTP/1.9 opens a tunnel", reqs: h1Upgrade, input: "HTTP/1.9 101 x\r\n\r\nx",
		want: "1#7 Headers 101\n1#7 Data \"x\"\n", next: NextRead},

	// Chunks, RFC 9112 section 7.1.
	{name: "chunked", reqs: h1Get,
		input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked \r\n\r\n5\r\nhello\r\n00a\r\n, world!!!\r\n0\r\n\r\n",
		want:  "1 Headers 200 Transfer-Encoding:Chunked\n1 Data \"hello, world!!!\"\n1 Done\n", next: NextRead},
	{name: "chunked and empty", reqs: h1Get, input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0000\r\n\r\n",
		want: "1 Headers 200 Transfer-Encoding:chunked\n1 Done\n", next: NextRead},
	{name: "chunk extensions", reqs: h1Get, input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"1;a\r\nA\r\n1 ; b = c\r\nB\r\n1;d=\"q; \\\" \xe9\";e=f;g\r\nC\r\n1\t;\tx\t=\t\"\"\t;y=z ;w\r\nD\r\n0;last\r\n\r\n",
		want: "1 Headers 200 Transfer-Encoding:chunked\n1 Data \"ABCD\"\n1 Done\n", next: NextRead},
	{name: "trailers", reqs: h1Get, input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Expires\r\n\r\n" +
		"2\r\nhi\r\n0\r\nExpires: never\r\nx-sum:  1 \r\n\r\n",
		want: "1 Headers 200 Trailer:Expires Transfer-Encoding:chunked\n1 Data \"hi\"\n1 Trailers Expires:never X-Sum:1\n1 Done\n", next: NextRead},

	{name: "chunk extensions that outweigh the content by as much as the limit allows", reqs: h1Get,
		cfg:   Config{Limits: Limits{MaxHeaderBytes: 50}},
		input: h1Chk + "2;" + strings.Repeat("a", 49) + "\r\nab\r\n1;c\r\nd\r\n0\r\n\r\n",
		want:  "1 Headers 200 Transfer-Encoding:chunked\n1 Data \"abd\"\n1 Done\n", next: NextRead},
	{name: "chunk size of 16 digits", reqs: h1Get, input: h1Chk + "0000000000000001\r\na\r\n0000000000000000\r\n\r\n",
		want: "1 Headers 200 Transfer-Encoding:chunked\n1 Data \"a\"\n1 Done\n", next: NextRead},
	{name: "largest chunk size", reqs: h1Get, input: h1Chk + "7fffffffffffffff\r\na",
		want: "1 Headers 200 Transfer-Encoding:chunked\n1 Data \"a\"\n", next: NextRead},

	// Content that runs to the end of the connection, RFC 9112 section 6.3 rule 8.
	{name: "until close", reqs: h1Get, input: "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n", eof: true,
		want: "1 Headers 200\n1 Data \"HTTP/1.1 200 OK\\r\\n\"\n1 Done\n", next: NextClose},
	{name: "until close, empty", reqs: h1Get, input: "HTTP/1.1 200 OK\r\n\r\n", eof: true,
		want: "1 Headers 200\n1 Done\n", next: NextClose},
	{name: "until close, not closed yet", reqs: h1Get, input: "HTTP/1.1 200 OK\r\n\r\nx",
		want: "1 Headers 200\n1 Data \"x\"\n", next: NextRead},

	// Informational responses, RFC 9110 section 15.2.
	{name: "100, 103, 200", reqs: h1Get,
		input: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n" +
			"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
		want: "1 Informational 100\n1 Informational 103 Link:</a>|</b>\n1 Headers 200 Content-Length:1\n1 Data \"x\"\n1 Done\n", next: NextRead},
	{name: "as many 1xx as the limit allows", reqs: h1Get, cfg: Config{Limits: Limits{MaxInformational: 2}},
		input: "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 199 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
		want:  "1 Informational 100\n1 Informational 199\n1 Headers 204\n1 Done\n", next: NextRead},
	{name: "1xx are counted for each request", reqs: h1Three[:2],
		cfg:   Config{Pipeline: 2, Limits: Limits{MaxInformational: 1}},
		input: "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 204 x\r\n\r\nHTTP/1.1 100 x\r\n\r\n",
		want:  "1#10 Informational 100\n1#10 Headers 204\n1#10 Done\n2#20 Informational 100\n", next: NextRead},
	{name: "101 is not counted as informational", reqs: h1Upgrade, cfg: Config{Limits: Limits{MaxInformational: 1}},
		input: "HTTP/1.1 103 x\r\n\r\nHTTP/1.1 101 x\r\n\r\n",
		want:  "1#7 Informational 103\n1#7 Headers 101\n", next: NextRead},

	// Persistence, RFC 9112 sections 9.3 and 9.6.
	{name: "close", reqs: h1Get, input: "HTTP/1.1 200 OK\r\nConnection: foo, CLOSE\r\nContent-Length: 1\r\n\r\nx",
		want: "1 Headers 200 Connection:foo, CLOSE Content-Length:1\n1 Data \"x\"\n1 Done\n", next: NextClose},
	{name: "close in a second field", reqs: h1Get,
		input: "HTTP/1.1 204 x\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", eof: true,
		want: "1 Headers 204 Connection:keep-alive|close\n1 Done\n", next: NextClose},
	{name: "close was asked for", reqs: h1GetClose, input: "HTTP/1.1 204 x\r\n\r\n", want: "1 Headers 204\n1 Done\n",
		next: NextClose},
	{name: "HTTP/1.0", reqs: h1Get, input: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
		want: "1 Headers 200 Connection:keep-alive Content-Length:1\n1 Data \"x\"\n1 Done\n", next: NextClose},
	{name: "idle connection closed", input: "", eof: true, want: "", next: NextClose},
	{name: "closed after a response", reqs: h1Get, input: "HTTP/1.1 204 x\r\n\r\n", eof: true,
		want: "1 Headers 204\n1 Done\n", next: NextClose},

	// Pipelining, RFC 9112 section 9.3.2.
	{name: "pipelined", cfg: h1Pipeline, reqs: []Request{{Authority: "a", Tag: 1}, {Method: "HEAD", Authority: "a",
		Tag: 2}, {Authority: "a", Tag: 3}},
		input: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" +
			"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		want: "1#1 Headers 200 Content-Length:3\n1#1 Data \"abc\"\n1#1 Done\n2#2 Headers 200 Content-Length:3\n2#2 Done\n" +
			"3#3 Informational 100\n3#3 Headers 200 Transfer-Encoding:chunked\n3#3 Data \"x\"\n3#3 Done\n", next: NextRead},
	{name: "pipelined, closed early", cfg: h1Pipeline, reqs: h1Three,
		input: "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
		want: "1#10 Headers 204\n1#10 Done\n2#20 Headers 200 Connection:close Content-Length:1\n2#20 Data \"x\"\n2#20 Done\n" +
			"3#30 Reset httpconn: request was not processed: the server goes away (NO_ERROR), last stream 2 (retryable)\n", next: NextClose},
	{name: "pipelined, HTTP/1.0 and until close", cfg: h1Pipeline, reqs: h1Three[:2], input: "HTTP/1.0 200 OK\r\n\r\nx",
		eof: true,
		want: "1#10 Headers 200\n1#10 Data \"x\"\n1#10 Done\n" +
			"2#20 Reset httpconn: stream 2: the connection does not go on after the response before it\n", next: NextClose},
	{name: "pipelined, HTTP/1.0 with keep-alive", cfg: h1Pipeline, reqs: h1Three[:2],
		input: "HTTP/1.0 204 x\r\nConnection: keep-alive\r\n\r\n",
		want: "1#10 Headers 204 Connection:keep-alive\n1#10 Done\n" +
			"2#20 Reset httpconn: stream 2: the connection does not go on after the response before it\n", next: NextClose},
	{name: "pipelined, HTTP/1.0 with close", cfg: h1Pipeline, reqs: h1Three[:2], // only this says so
		input: "HTTP/1.0 204 x\r\nConnection: close\r\n\r\n",
		want: "1#10 Headers 204 Connection:close\n1#10 Done\n" +
			"2#20 Reset httpconn: request was not processed: the server goes away (NO_ERROR), last stream 1 (retryable)\n", next: NextClose},
	{name: "pipelined, 204 with a length", cfg: h1Pipeline, reqs: h1Three[:2],
		input: "HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\n",
		want: "1#10 Headers 204 Content-Length:3\n1#10 Done\n" +
			"2#20 Reset httpconn: stream 2: the connection does not go on after the response before it\n", next: NextClose},
	{name: "pipelined, until close without having said so", cfg: h1Pipeline, reqs: h1Three[:2],
		input: "HTTP/1.1 200 OK\r\n\r\nx", eof: true,
		want: "1#10 Headers 200\n1#10 Data \"x\"\n1#10 Done\n" +
			"2#20 Reset httpconn: stream 2: the response before it ended with the connection\n", next: NextClose},

	// Tunnels, RFC 9110 sections 7.8 and 9.3.6.
	{name: "101", reqs: h1Upgrade,
		input: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n\x81\x02hi",
		want:  "1#7 Headers 101 Connection:Upgrade Content-Length:0 Upgrade:websocket\n1#7 Data \"\\x81\\x02hi\"\n",
		next:  NextRead},
	{name: "101, closed", reqs: h1Upgrade, input: "HTTP/1.1 101 x\r\n\r\nHTTP/1.1 400 x\r\n\r\n", eof: true,
		want: "1#7 Headers 101\n1#7 Data \"HTTP/1.1 400 x\\r\\n\\r\\n\"\n1#7 Done\n", next: NextClose},
	{name: "upgrade refused", reqs: h1Upgrade, input: "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope",
		want: "1#7 Headers 403 Content-Length:4\n1#7 Data \"nope\"\n1#7 Done\n", next: NextRead},
	{name: "upgrade ignored", reqs: h1Upgrade,
		input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npage\r\n0\r\n\r\n",
		want:  "1#7 Headers 200 Transfer-Encoding:chunked\n1#7 Data \"page\"\n1#7 Done\n", next: NextRead},
	{name: "CONNECT", reqs: h1Connect, input: "HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x01",
		want: "1 Headers 200\n1 Data \"\\x16\\x03\\x01\"\n", next: NextRead},
	{name: "CONNECT through an HTTP/1.0 proxy", reqs: h1Connect, input: "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nx",
		want: "1 Headers 200 Connection:close\n1 Data \"x\"\n", next: NextRead},
	{name: "CONNECT, framing fields ignored", reqs: h1Connect,
		input: "HTTP/1.1 299 x\r\nContent-Length: -1\r\nTransfer-Encoding: what\r\nContent-Length: 9\r\n\r\nx",
		want:  "1 Headers 299 Content-Length:-1|9 Transfer-Encoding:what\n1 Data \"x\"\n", next: NextRead},
	{name: "CONNECT refused", reqs: h1Connect,
		input: "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nContent-Length: 1\r\n\r\nx",
		want:  "1 Headers 407 Content-Length:1 Proxy-Authenticate:Basic\n1 Data \"x\"\n1 Done\n", next: NextRead},
	{name: "upgrade after pipelined requests", cfg: h1Pipeline, reqs: []Request{{Authority: "a"}, h1Upgrade[0]},
		input: "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 101 x\r\n\r\n", want: "1 Headers 204\n1 Done\n2#7 Headers 101\n",
		next: NextRead},
	{name: "close before an upgrade", cfg: h1Pipeline, reqs: []Request{{Authority: "a"}, h1Upgrade[0]},
		input: "HTTP/1.0 204 x\r\nConnection: close\r\n\r\n",
		want:  "1 Headers 204 Connection:close\n1 Done\n2#7 Reset httpconn: request was not processed: the server goes away (NO_ERROR), last stream 1 (retryable)\n",
		next:  NextClose},

	// The answer comes before the request is complete.
	{name: "early answer", reqs: []Request{{Method: "POST", Authority: "a", HasBody: true,
		Header: http.Header{"Content-Length": {"9"}}}},
		input: "HTTP/1.1 413 x\r\nContent-Length: 1\r\n\r\nx",
		want:  "1 Headers 413 Content-Length:1\n1 Data \"x\"\n1 Done\n", next: NextRead},
	{name: "early answer and close", reqs: []Request{{Method: "POST", Authority: "a", HasBody: true}},
		input: "HTTP/1.1 413 x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", eof: true,
		want: "1 Headers 413 Connection:close Content-Length:1\n1 Data \"x\"\n1 Done\n", next: NextClose},
}
