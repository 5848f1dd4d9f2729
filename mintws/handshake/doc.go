// Package handshake is the server's side of the opening handshake on bytes, for servers that do not run on net/http: event
// loops, tunnels, tests. It reads the head of an HTTP/1.1 request in pieces, as a value, and writes the answer to it. Between the
// two, [mintws.Accept] judges the request. Nothing in here touches a socket or a clock; package wshttp is the same for handlers of
// net/http.
//
// A connection begins with the zero [Head]. What was read goes into [Head.Feed], until there is a request or an error:
//
//	if head, r, rest, err = head.Feed(data); err == nil && r == nil {
//		return // read on
//	}
//	if err == nil {
//		ws, status, header, err = mintws.Accept(r, opt)
//	}
//	if err == nil {
//		out, err = handshake.AppendAnswer(out, status, header) // the WebSocket's first bytes are in rest
//	}
//	if err != nil {
//		out, again = handshake.AppendRefusal(out, r, err) // go on with rest if again is true, else close
//	}
//
// Assign the Head with "=": a ":=" in an inner scope makes another one, which is lost. A whole server is in the module's
// docs/server.md.
//
// # Requests one after the other
//
// A request that is refused leaves the connection usable, unless it asks for the end or could not be read. Then what is in rest, or
// is read next, is the next request: feed it to the Head that came with the last one. A client may send several without waiting,
// and each is answered in its turn. Behind an answer that opens a WebSocket there are only its frames.
//
// # What is refused
//
// Feed reads what RFC 9112 allows and nothing else. Every line ends with CR LF; no line is folded; no white space stands
// before the colon of a field, nor anywhere in the request line but for one space between its parts. One empty line may
// precede the request line (section 2.2). There is one Host, with a host that a name or an address can have, without
// percent-encoding and user information; a target with a scheme and a host replaces what it says (section 3.2.2). The path
// may have what RFC 3986 allows, and, as browsers send that, "[", "]", "|" and "^"; the query any visible ASCII but a quotation
// mark, "<", ">" and "#".
//
// Illegal input is refused at the first byte that makes it illegal, however the input is cut; an IPv6 address is judged at the
// bracket that closes it. The error is a
// [*mintws.HandshakeError] with Server set, whose Status is that of the answer:
//
//   - 400: the bytes are no request. Err is [httpconn.ErrMalformed].
//   - 411: there is a Transfer-Encoding, so that content follows of which the length is not known (RFC 9112 section 6.3).
//   - 413: there is content: Content-Length is not 0. A request for a WebSocket has none, and nobody here would read it.
//   - 414, 431, 501: the head exceeds [Limits]: its target, the fields, the method. Err is [httpconn.ErrHeaderTooLarge].
//   - 501: CONNECT, which is for proxies.
//   - 505: the major version is not 1. HTTP/2 without TLS begins in that way.
//
// A request of HTTP/1.0 is read; Accept refuses it, with 426. No error quotes a field or the target.
//
// What is left to the caller: the request has no RemoteAddr and no TLS, which a CheckOrigin may want to see; the answers have
// no Date, which a server with a clock should send (RFC 9110 section 6.6.1), and can through AcceptOptions.Header; and there is
// no timeout. A connection whose [Head.Len] is above 0 owes the rest of a request, and one that takes too long over that may
// be answered with 408.
//
// After an answer that ends the connection, close it as [wshttp.Linger] does: end your direction, then read and drop what still
// comes. A socket that is closed with unread input takes the answer with it.
//
// [wshttp.Linger]: https://pkg.go.dev/github.com/mintws/mintws/mintws/wshttp#Linger
package handshake
