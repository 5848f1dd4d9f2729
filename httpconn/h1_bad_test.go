package httpconn

import "strings"

const (
	h1OK  = "HTTP/1.1 200 OK\r\n"                                   // 17 bytes
	h1Chk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" // 47 bytes
)

// h1BadHead makes a case of a response to a plain GET; at is counted from the end of prefix.
func h1BadHead(name, prefix, rest string, at int, reason string) h1Case {
	return h1Case{name: name, reqs: h1Get, input: prefix + rest, at: len(prefix) + at, reason: reason, is: ErrMalformed}
}

// h1Bad is what is refused, and at which byte.
var h1Bad = []h1Case{
	// Servers of other protocols.
	h1BadHead("TLS alert", "", "\x15\x03\x01\x00\x02\x02\x46", 0, `byte 0x15 after "", expected a status line: "HTTP/1."`),
	h1BadHead("TLS handshake", "", "\x16\x03\x01", 0, "byte 0x16"),
	h1BadHead("SSH", "", "SSH-2.0-OpenSSH\r\n", 0, "byte 0x53 ('S')"),
	h1BadHead("HTTP/2 SETTINGS", "", "\x00\x00\x12\x04\x00\x00\x00\x00\x00", 0, "byte 0x00"),
	h1BadHead("HTTP/0.9", "", "<html>", 0, "byte 0x3c ('<')"),
	h1BadHead("SMTP", "", "220 ready\r\n", 0, "byte 0x32 ('2')"),
	h1BadHead("empty line first", "", "\r\nHTTP/1.1 200 OK\r\n", 0, "byte 0x0d"),
	h1BadHead("space first", "", " HTTP/1.1 200 OK\r\n", 0, "byte 0x20"),

	// The status line, RFC 9112 section 4.
	h1BadHead("lower case", "", "http/1.1 200 OK\r\n", 0, "byte 0x68 ('h')"),
	h1BadHead("not quite HTTP", "HTT", "X/1.1 200 OK\r\n", 0, `byte 0x58 ('X') after "HTT"`),
	h1BadHead("HTTP/2.0", "HTTP/", "2.0 200 OK\r\n", 0, "byte 0x32"),
	h1BadHead("HTTP/1.2", "HTTP/1.", "2 200 OK\r\n", 0, "expected HTTP/1.1 or HTTP/1.0"),
	h1BadHead("HTTP/1.10", "HTTP/1.1", "0 200 OK\r\n", 0, "expected a space"),
	h1BadHead("HTTP/01.1", "HTTP/", "01.1 200 OK\r\n", 0, "byte 0x30"),
	h1BadHead("ICY", "", "ICY 200 OK\r\n", 0, "byte 0x49"),
	h1BadHead("tab after version", "HTTP/1.1", "\t200 OK\r\n", 0, "expected a space"),
	h1BadHead("two spaces", "HTTP/1.1 ", " 200 OK\r\n", 0, "in the status code"),
	h1BadHead("status 099", "HTTP/1.1 ", "099 x\r\n", 0, "byte 0x30 ('0') in the status code, expected 100 to 999"),
	h1BadHead("status of two digits", "HTTP/1.1 20", " OK\r\n", 0, "byte 0x20 in the status code"),
	h1BadHead("status of four digits", "HTTP/1.1 200", "0 OK\r\n", 0, "after the code"),
	h1BadHead("signed status", "HTTP/1.1 ", "+20 OK\r\n", 0, "byte 0x2b ('+')"),
	h1BadHead("no status", "HTTP/1.1 ", "\r\n", 0, "byte 0x0d in the status code"),
	h1BadHead("control character in the reason", "HTTP/1.1 200 O", "\x00K\r\n", 0, "byte 0x00 in the status line"),
	h1BadHead("DEL in the reason", "HTTP/1.1 200 O", "\x7fK\r\n", 0, "byte 0x7f"),
	h1BadHead("LF ends the status line", "HTTP/1.1 200 OK", "\n\n", 0, "byte 0x0a"),
	h1BadHead("bare CR in the status line", "HTTP/1.1 200 OK\r", "x\r\n", 0, "after CR, expected LF"),
	h1BadHead("1xx in HTTP/1.0", "HTTP/1.0 ", "100 Continue\r\n\r\n", 0, "HTTP/1.0 response"),
	h1BadHead("101 nobody asked for", "HTTP/1.1 10", "1 x\r\n\r\n", 0, "did not ask for an upgrade"),
	{name: "101 to CONNECT", reqs: h1Connect, input: "HTTP/1.1 101 x\r\n\r\n", at: 11, reason: "did not ask for an upgrade", is: ErrMalformed},

	// Field lines, RFC 9112 section 5.
	h1BadHead("space before the colon", h1OK+"Content-Length", " : 5\r\n\r\n", 0, `byte 0x20 in field name "Content-Length"`),
	h1BadHead("tab before the colon", h1OK+"A", "\t: 5\r\n\r\n", 0, "byte 0x09"),
	h1BadHead("no name", h1OK, ": 5\r\n\r\n", 0, "byte 0x3a (':')"),
	h1BadHead("no colon", h1OK+"Server", "\r\n\r\n", 0, "byte 0x0d in field name"),
	h1BadHead("obs-fold", h1OK+"A: b\r\n", " c\r\n\r\n", 0, "obs-fold"),
	h1BadHead("obs-fold with tab", h1OK+"A: b\r\n", "\tc\r\n\r\n", 0, "obs-fold"),
	h1BadHead("white space before the first field", h1OK, " A: b\r\n\r\n", 0, "byte 0x20 at the start of a field line"),
	h1BadHead("delimiter in a name", h1OK+"A", "(b): c\r\n\r\n", 0, "byte 0x28"),
	h1BadHead("high byte in a name", h1OK+"A", "\xc3\xa9: c\r\n\r\n", 0, "byte 0xc3"),
	h1BadHead("NUL in a value", h1OK+"A: b", "\x00\r\n\r\n", 0, `byte 0x00 in the value of "A", expected text or CR LF`),
	h1BadHead("BEL in a value", h1OK+"Abc: b", "\x07\r\n\r\n", 0, `byte 0x07 in the value of "Abc"`),
	h1BadHead("DEL in a value", h1OK+"A: b", "\x7f\r\n\r\n", 0, "byte 0x7f"),
	h1BadHead("LF ends a field line", h1OK+"A: b", "\nC: d\r\n\r\n", 0, "byte 0x0a in the value"),
	h1BadHead("bare CR in a value", h1OK+"A: b\r", "c\r\n\r\n", 0, "byte 0x63 ('c') after CR"),
	h1BadHead("CR CR LF", h1OK+"A: b\r", "\r\n\r\n", 0, "byte 0x0d after CR"),
	h1BadHead("LF ends the head", h1OK, "\nx", 0, "byte 0x0a at the start of a field line"),
	h1BadHead("CR ends the head", h1OK+"\r", "x", 0, "after CR, expected LF"),

	// Content-Length, RFC 9110 section 8.6.
	h1BadHead("length: plus", h1OK+"Content-Length: ", "+5\r\n\r\n", 0, "byte 0x2b ('+') in Content-Length, expected one decimal number"),
	h1BadHead("length: minus", h1OK+"Content-Length: ", "-0\r\n\r\n", 0, "byte 0x2d"),
	h1BadHead("length: empty", h1OK+"Content-Length: ", "\r\n\r\n", 0, "byte 0x0d"),
	h1BadHead("length: list", h1OK+"Content-Length: 5", ", 5\r\n\r\n", 0, "byte 0x2c (',')"),
	h1BadHead("length: two numbers", h1OK+"Content-Length: 5 ", "5\r\n\r\n", 0, "byte 0x35"),
	h1BadHead("length: hexadecimal", h1OK+"Content-Length: 0", "x5\r\n\r\n", 0, "byte 0x78"),
	h1BadHead("length: fraction", h1OK+"Content-Length: 5", ".0\r\n\r\n", 0, "byte 0x2e"),
	h1BadHead("length: underscore", h1OK+"Content-Length: 1", "_0\r\n\r\n", 0, "byte 0x5f"),
	h1BadHead("length: Arabic digit", h1OK+"Content-Length: ", "\xd9\xa5\r\n\r\n", 0, "byte 0xd9"),
	h1BadHead("length: 2^63", h1OK+"Content-Length: 922337203685477580", "8\r\n\r\n", 0, "larger than 9223372036854775807"),
	h1BadHead("length: 2^64+5", h1OK+"Content-Length: 1844674407370955162", "1\r\n\r\n", 0, "larger than"),
	h1BadHead("length: differing", h1OK+"Content-Length: 5\r\ncontent-length: 6", "\r\n\r\n", 0, "Content-Length 6 after Content-Length 5"),
	h1BadHead("length: LF", h1OK+"Content-Length: 5", "\n\r\n", 0, "byte 0x0a"),
	h1BadHead("length in 204", "HTTP/1.1 204 x\r\nContent-Length: 0", "5\r\n\r\n", 0, "in a 204 response"),
	h1BadHead("length in 103", "HTTP/1.1 103 x\r\nContent-Length: ", "5\r\n\r\n", 0, "in a 103 response"),
	{name: "length in HEAD", reqs: h1HEAD, input: h1OK + "Content-Length: x\r\n\r\n", at: 33, reason: "byte 0x78", is: ErrMalformed},

	// Transfer-Encoding, RFC 9112 section 6.1.
	h1BadHead("coding after length", h1OK+"Content-Length: 5\r\nTransfer-Encoding", ": chunked\r\n\r\n", 0, "has the other"),
	h1BadHead("length after coding", h1OK+"Transfer-Encoding: chunked\r\nContent-Length", ": 5\r\n\r\n", 0, "has the other"),
	h1BadHead("coding twice", h1OK+"Transfer-Encoding: chunked\r\nTransfer-Encoding", ": chunked\r\n\r\n", 0, "a second time"),
	h1BadHead("gzip, chunked", h1OK+"Transfer-Encoding: ", "gzip, chunked\r\n\r\n", 0, "expected chunked and nothing else"),
	h1BadHead("chunked, chunked", h1OK+"Transfer-Encoding: chunked", ", chunked\r\n\r\n", 0, "byte 0x2c"),
	h1BadHead("chunked;q=1", h1OK+"Transfer-Encoding: chunked", ";q=1\r\n\r\n", 0, "byte 0x3b"),
	h1BadHead("chunkedx", h1OK+"Transfer-Encoding: chunked", "x\r\n\r\n", 0, "byte 0x78"),
	h1BadHead("chunke", h1OK+"Transfer-Encoding: chunke", "\r\n\r\n", 0, "byte 0x0d"),
	h1BadHead("identity", h1OK+"Transfer-Encoding: ", "identity\r\n\r\n", 0, "byte 0x69"),
	h1BadHead("empty coding", h1OK+"Transfer-Encoding: \t", "\r\n\r\n", 0, "byte 0x0d"),
	h1BadHead("vertical tab before chunked", h1OK+"Transfer-Encoding: ", "\vchunked\r\n\r\n", 0, "byte 0x0b"),
	h1BadHead("coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding", ": chunked\r\n\r\n", 0, "in an HTTP/1.0 response"),
	h1BadHead("coding in 204", "HTTP/1.1 204 OK\r\nTransfer-Encoding", ": chunked\r\n\r\n", 0, "in a 204 response"),
	{name: "coding in 101", reqs: h1Upgrade, input: "HTTP/1.1 101 x\r\nTransfer-Encoding: chunked\r\n\r\n", at: 33, reason: "in a 101 response", is: ErrMalformed},

	// Chunks, RFC 9112 section 7.1.
	h1BadHead("chunk size: none", h1Chk, "\r\n", 0, "expected a hexadecimal chunk size"),
	h1BadHead("chunk size: minus", h1Chk, "-5\r\n", 0, "byte 0x2d"),
	h1BadHead("chunk size: plus", h1Chk, "+5\r\n", 0, "byte 0x2b"),
	h1BadHead("chunk size: 0x", h1Chk+"0", "x5\r\n", 0, "byte 0x78"),
	h1BadHead("chunk size: space first", h1Chk, " 5\r\n", 0, "byte 0x20"),
	h1BadHead("chunk size: space last", h1Chk+"5 ", "\r\nhello", 0, "byte 0x0d, expected a chunk extension"),
	h1BadHead("chunk size: underscore", h1Chk+"1", "_0\r\n", 0, "byte 0x5f"),
	h1BadHead("chunk size: 2^63", h1Chk+"800000000000000", "0\r\n", 0, "larger than"),
	h1BadHead("chunk size: 2^64+5", h1Chk+"1000000000000000", "5\r\n", 0, ""),
	h1BadHead("chunk size: 17 zeros", h1Chk+"0000000000000000", "0\r\n", 0, "more than 16 digits"),
	h1BadHead("chunk size: LF", h1Chk+"5", "\nhello\r\n", 0, "byte 0x0a"),
	h1BadHead("chunk size: CR", h1Chk+"5\r", "hello\r\n", 0, "expected LF after the CR"),
	h1BadHead("extension: no name", h1Chk+"5;", "\r\nhello", 0, "byte 0x0d"),
	h1BadHead("extension: no name before =", h1Chk+"5;", "=a\r\nhello", 0, "byte 0x3d"),
	h1BadHead("extension: no value", h1Chk+"5;a=", "\r\nhello", 0, "byte 0x0d"),
	h1BadHead("extension: LF", h1Chk+"5;a=b", "\nhello", 0, "byte 0x0a"),
	h1BadHead("extension: LF in a quoted string", h1Chk+"5;a=\"b", "\nhello", 0, "byte 0x0a"),
	h1BadHead("extension: NUL after a backslash", h1Chk+"5;a=\"b\\", "\x00", 0, "byte 0x00"),
	h1BadHead("extension: text after the closing quote", h1Chk+"5;a=\"b\"", "c\r\n", 0, "byte 0x63"),
	h1BadHead("extension: space last", h1Chk+"5;a ", "\r\n", 0, "byte 0x0d"),
	h1BadHead("extension: two words", h1Chk+"5;a ", "b\r\n", 0, "byte 0x62"),
	h1BadHead("chunk longer than its size", h1Chk+"5\r\nhello", "!\r\n", 0, "expected CR after the chunk's content"),
	h1BadHead("chunk ended by LF", h1Chk+"5\r\nhello", "\n0\r\n\r\n", 0, "byte 0x0a"),
	h1BadHead("chunk ended by CR", h1Chk+"5\r\nhello\r", "0\r\n\r\n", 0, "expected LF"),
	{name: "extensions outweigh the content", reqs: h1Get, cfg: Config{Limits: Limits{MaxHeaderBytes: 50}},
		input: h1Chk + strings.Repeat("1;abcdef\r\nx\r\n", 20), at: len(h1Chk) + 8*13 + 3, reason: "limit of 50 bytes", is: ErrHeaderTooLarge},
	{name: "one large extension", reqs: h1Get, cfg: Config{Limits: Limits{MaxHeaderBytes: 50}},
		input: h1Chk + "1;" + strings.Repeat("a", 60) + "\r\n", at: len(h1Chk) + 51, reason: "limit of 50 bytes", is: ErrHeaderTooLarge},

	// Trailers, RFC 9110 section 6.5.
	h1BadHead("trailer: length", h1Chk+"0\r\nContent-Length", ": 5\r\n\r\n", 0, "Content-Length in a trailer section"),
	h1BadHead("trailer: coding", h1Chk+"0\r\nTransfer-Encoding", ": chunked\r\n\r\n", 0, "in a trailer section"),
	h1BadHead("trailer: obs-fold", h1Chk+"0\r\nA: b\r\n", " c\r\n\r\n", 0, "obs-fold"),
	h1BadHead("trailer: LF", h1Chk+"0\r\n", "\n", 0, "byte 0x0a"),
	h1BadHead("trailer: text for the end", h1Chk+"0\r\n", "\x00", 0, "byte 0x00"),
	{name: "trailer too large", reqs: h1Get, cfg: Config{Limits: Limits{MaxHeaderBytes: 50}},
		input: h1Chk + "0\r\nA: " + strings.Repeat("x", 60) + "\r\n\r\n", at: len(h1Chk) + 3 + 50, reason: "trailer section is longer than the limit of 50 bytes", is: ErrHeaderTooLarge},
	{name: "too many trailers", reqs: h1Get, cfg: Config{Limits: Limits{MaxHeaderFields: 1}},
		input: h1Chk + "0\r\nA: b\r\nC: d\r\n\r\n", at: len(h1Chk) + 9, reason: "more fields than the limit of 1", is: ErrHeaderTooLarge},

	// Limits of the head.
	{name: "head too large", reqs: h1Get, cfg: Config{Limits: Limits{MaxHeaderBytes: 28}}, input: "HTTP/1.1 204 x\r\nA:1\r\nB:22\r\n\r\n", at: 28,
		reason: "response head is longer than the limit of 28 bytes", is: ErrHeaderTooLarge},
	{name: "head that never ends", reqs: h1Get, input: "HTTP/1.1 204 " + strings.Repeat("x", 70<<10), at: DefaultMaxHeaderBytes,
		reason: "limit of 65536 bytes", is: ErrHeaderTooLarge},
	{name: "too many fields", reqs: h1Get, cfg: Config{Limits: Limits{MaxHeaderFields: 2}}, input: "HTTP/1.1 204 x\r\nA:1\r\nB:2\r\nC:3\r\n\r\n", at: 26,
		reason: "more fields than the limit of 2", is: ErrHeaderTooLarge},
	{name: "too many 1xx", reqs: h1Get, cfg: Config{Limits: Limits{MaxInformational: 2}}, input: strings.Repeat("HTTP/1.1 100 x\r\n\r\n", 3), at: 36 + 11,
		want: "1 Informational 100\n1 Informational 100\n1 Reset", reason: "status 100 is one 1xx response more than the limit", is: ErrTooManyInformational},

	// Bytes that answer nothing, RFC 9112 section 9.2.
	{name: "before any request", input: "HTTP/1.1 408 Timeout\r\n\r\n", at: 0, reason: "byte 0x48 ('H') while no request is under way", is: ErrUnsolicited},
	{name: "after a response", reqs: h1Get, input: "HTTP/1.1 204 x\r\n\r\n\r\n", at: 18, want: "1 Headers 204\n1 Done\n", reason: "byte 0x0d", is: ErrUnsolicited},
	{name: "content of a HEAD response", reqs: h1HEAD, input: "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nhi", at: 37, reason: "byte 0x68 ('h')", is: ErrUnsolicited},
	{name: "after the last response", reqs: h1GetClose, input: "HTTP/1.1 204 x\r\n\r\nx", at: 18, want: "1 Headers 204\n1 Done\n", reason: "byte 0x78", is: ErrUnsolicited},
	{name: "after the last of a pipeline", cfg: h1Pipeline, reqs: h1Three, input: "HTTP/1.0 204 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n", at: 18, reason: "byte 0x48", is: ErrUnsolicited},

	// Ends too early, RFC 9112 section 8.
	{name: "EOF before the response", reqs: h1Get, eof: true, reason: "ended before the response, expected the rest of the response to stream 1", is: ErrUnexpectedEOF},
	{name: "EOF in the status line", reqs: h1Get, eof: true, input: "HTTP/1.1 2", at: 10, reason: "in the response head", is: ErrUnexpectedEOF},
	{name: "EOF after a 1xx", reqs: h1Get, eof: true, input: "HTTP/1.1 100 x\r\n\r\n", at: 18, want: "1 Informational 100\n", reason: "before the response", is: ErrUnexpectedEOF},
	{name: "EOF in counted content", reqs: h1Get, eof: true, input: "HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\nhel", at: 40,
		want: "1 Headers 200 Content-Length:5\n1 Data \"hel\"\n1 Reset", reason: "with 2 bytes of content to come", is: ErrUnexpectedEOF},
	{name: "EOF in a chunk", reqs: h1Get, eof: true, input: h1Chk + "5\r\nhel", at: 53, reason: "in a chunk", is: ErrUnexpectedEOF},
	{name: "EOF between chunks", reqs: h1Get, eof: true, input: h1Chk + "2\r\nhi\r\n", at: 54, reason: "in a chunk", is: ErrUnexpectedEOF},
	{name: "EOF after the last chunk's size", reqs: h1Get, eof: true, input: h1Chk + "0\r\n", at: 50, reason: "in the trailer section", is: ErrUnexpectedEOF},
	{name: "EOF in a trailer", reqs: h1Get, eof: true, input: h1Chk + "0\r\nA: b\r\n", at: 56, reason: "in the trailer section", is: ErrUnexpectedEOF},
	{name: "EOF with pipelined requests", cfg: h1Pipeline, reqs: h1Three, eof: true, input: "HTTP/1.1 204 x\r\n\r\n", at: 18,
		want: "1#10 Headers 204\n1#10 Done\n2#20 Reset", reason: "stream 2", is: ErrUnexpectedEOF},

	// A fault in the second response of one read: the first is complete.
	{name: "second of a pipeline", cfg: h1Pipeline, reqs: h1Three, input: "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 2x", at: 28,
		want: "1#10 Headers 204\n1#10 Done\n2#20 Reset", reason: "byte 0x78", is: ErrMalformed},
}
