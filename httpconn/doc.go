// Package httpconn is an HTTP client connection without a process. A [Conn] is an immutable value: it starts no goroutine,
// owns no socket, reads no clock and takes no lock. Nothing here does I/O except [Output.WriteTo], a convenience. Package
// httpdial, below this one, opens sockets: TCP and unix sockets, TLS with ALPN, proxies.
//
// Bytes that the caller read from its own socket go in; the next Conn, the events those bytes completed and the bytes to
// write come out. HTTP/1.1 follows RFC 9112 and RFC 9110 strictly, HTTP/2 RFC 9113 and RFC 7541. An Upgrade, a CONNECT or,
// on HTTP/2, an extended CONNECT (RFC 8441) turns a stream into a tunnel of bytes, which is what package mintws builds
// WebSockets on.
//
// # The loop
//
// The same three steps follow every call: write Send, handle Events, look at the error.
//
//	var out httpconn.Output
//	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
//	conn, id, err := conn.Request(&out, httpconn.Request{Authority: "example.org", Path: "/feed"})
//	for err == nil && conn.Next() != httpconn.NextClose {
//		sock.SetWriteDeadline(time.Now().Add(time.Minute))
//		_, writeErr := out.WriteTo(sock)
//		out.Reset()
//		sock.SetReadDeadline(time.Now().Add(time.Minute))
//		n, readErr := sock.Read(buf) // also after a failed Write: the server may have said why it went
//		if n > 0 {
//			conn, err = conn.Stream(&out, buf[:n])
//			readErr = nil // if there was one, it comes again
//		}
//		if err == nil && (readErr != nil || writeErr != nil) {
//			conn, err = conn.StreamEOF(&out)
//		}
//		for _, ev := range out.Events { // with an error too: they came before it
//			// ev.StreamID == id, ev.Kind says what happened
//		}
//	}
//	out.WriteTo(sock) // the last words: after a fault on HTTP/2 a GOAWAY
//	sock.Close()
//
// [Conn.Next] says what to do with the socket once Send is written: read, read only to see the end, or close. A socket that
// reports an error other than io.EOF is at its end too, and StreamEOF tells what that means for the requests under way. An
// error of the connection also reaches each of them as an EventReset, so a program that handles its requests one by one
// need not look anywhere else.
//
// # Output
//
// [Output] is the caller's scratch space, passed by pointer like dst in append; it is not a value. Calls append to it and
// [Output.Reset] empties it, so several calls may share one write. That is the cheapest way to send many small things.
//
// It is valid even when a call returned an error. A server may complete two responses and break the protocol in the third,
// all in one read: the events of the first two are there, then an EventReset for the third, then the error is returned.
// Only [Conn.Stream] and [Conn.StreamEOF] append events; every other call appends to Send alone, so it is safe to make
// calls while ranging over Events.
//
// # Errors
//
// The type of an error tells who found the fault:
//
//   - A [*ConnError] ends the connection and a [*StreamError] one stream. This side found a fault in what the server did,
//     and told the server so if it could.
//   - A [*GoAwayError] and a [*ResetError] are what the server said: it takes no further requests, or it ended one stream.
//
// Most wrap a sentinel such as [ErrMalformed], so errors.Is finds the fault and errors.As the code. If the input ends too
// early, that is a ConnError over [ErrUnexpectedEOF]. All other errors of this package are the caller's mistakes, and
// change nothing.
//
// # Who owns which bytes
//
// [Event].Data points into the data passed to Stream and is valid until the caller reuses that; copy it to keep it. Headers
// are made for the event and belong to the caller. Errors must not be modified: a Conn that has failed returns the same one
// again. A Conn never refers to data, to a Request or to an Output after the call has returned. Send belongs to the caller
// as a whole.
//
// # Values
//
// Each method returns the next Conn and leaves the receiver as it was, for ever. Old values can be kept, compared with
// [Conn.Equal] and replayed; one can try something and drop the result. Several goroutines may use one value at once, and
// each gets a next value of its own. Of course only one line of values can be true to a socket: what is written is written.
//
// The price is a hazard: nothing reports a next value that is dropped. Three ways to drop one:
//
//	if conn, err := conn.Stream(&out, data); err != nil { // := declares a second conn, which ends with the block
//		return err
//	}
//
//	for _, s := range sessions {
//		s.conn, err = s.conn.Stream(&out, data) // s is a copy
//	}
//
//	_, err = conn.SendData(&out, id, p, false) // Send has the bytes, conn has never heard of them
//
// On HTTP/2 it costs more to go on from a value that is not the newest. Its streams have to be copied, which takes about a
// microsecond for one stream and about a millisecond for ten thousand. The results are the same.
//
// So use = rather than :=, index into slices of structs, and let functions that advance a Conn return it.
// "go vet" finds these mistakes with mintvet, a module of its own beside this one.
//
// # Sending
//
// The content of a request with HasBody, and the bytes of a tunnel, are sent with [Conn.SendData], which copies them, or
// without a copy between [Conn.BeginData] and [Conn.EndData]:
//
//	mark, err := conn.BeginData(&out, id, size)
//	out.Send = appendMessage(out.Send)
//	conn, err = conn.EndData(&out, id, mark, false)
//
// EndData puts the framing that the stream needs around what was appended, in place: DATA frames, a chunk, or nothing in an
// HTTP/1.1 tunnel.
//
// A response may be complete before the request's content is, when the server has seen enough. On HTTP/1.1 the connection
// then persists, but no request can start until the content is ended; content in chunks may simply end early. If the server
// said close, it does not want the rest of the content, and Next is NextClose.
//
// # HTTP/2
//
// The same calls and events, with many streams at once:
//
//	conn, err := httpconn.New(httpconn.HTTP2, httpconn.Config{}, &out) // out.Send begins with the connection preface
//	// write, read and pass to Stream until EventSettings: before that no request can start
//	conn, id, err := conn.Request(&out, httpconn.Request{
//		Protocol: "websocket", Scheme: "https", Authority: "example.org", Path: "/feed"})
//
// [Conn.Slots] says how many streams may start now, [Conn.PeerSetting] what the server has set. Each stream that is not
// cancelled ends with one EventDone or EventReset, the last of its events but for EventDrained. EventDone is the server's
// half: on a tunnel, and while a request is being sent, our half is still open. If the server resets a stream after that,
// it wants no more of our half. Sending on it then returns [ErrUnknownStream], and if bytes were queued, an EventReset in
// place of the EventDrained says that they are lost. If [Event.Retryable] is true of an EventReset, the request is safe to
// send again on another connection; after a GOAWAY that is so for each stream that the server did not process.
//
// What the server's flow control does not allow yet is queued in the Conn and sent when it does, each stream in its turn.
// [Conn.Buffered] returns how much that is, [Conn.SendWindow] how much can be sent at once, EventDrained says that nothing
// waits any more, and Limits.MaxBuffered is the bound. A producer that is faster than the server should stop while Buffered
// is above some bound of its own, go on at EventDrained, and give up at EventReset.
//
// The server gets credit for what Stream has handed over, in a WINDOW_UPDATE for each sixteenth of a window. If you cannot
// keep up, set Config.ManualCredit and call [Conn.Consume] for what you have dealt with: the server then stops by itself,
// stream by stream. Bytes have to be consumed after the end of their stream, too, except that [Conn.Cancel] does it for the
// stream that it gives up. [Conn.Settings] changes the windows, and how large frames and header blocks may be, on a
// connection in use.
//
// Where a choice was to be made, or strictness matters:
//
//   - Frames are judged by RFC 9113 sections 5.1 and 6 for each state of a stream. A malformed response is a stream error,
//     and the connection goes on (section 8.1.1). Server push is off, and PUSH_PROMISE a connection error. Priorities are
//     ignored.
//   - Content beyond a stream's window resets that stream; content beyond the connection's window is an error of the
//     connection.
//   - Content that differs from its Content-Length is malformed, and so is DATA in the answer to HEAD, or in a 204 or 304.
//   - Field names are tokens in lower case, values have no control characters and no white space around them (section
//     8.2.1). Content-Length is as strict as on HTTP/1.1.
//   - A header block has at most Limits.MaxHeaderBytes, on the wire and decoded. If only the decoded block is larger, that
//     is an error of its stream alone.
//   - Limits.MaxWork bounds what a server can make a connection do with frames that cost it little. The answer to a flood
//     is GOAWAY with ENHANCE_YOUR_CALM. Frames whose cost is in proportion to their size, such as PING, are not counted:
//     one call of Stream answers them with at most twice the bytes that it was given.
//   - Header blocks are sent without a dynamic table, so there is nothing to keep in step with the server. Authorization,
//     Proxy-Authorization and Cookie are marked as never to be indexed.
//
// # Windows and distance
//
// On HTTP/2 a server that has used up a window waits for credit, and that takes a round trip. So a stream gets its window in
// each round trip at most, and all streams together the connection's, however fast the link is. Credit comes at the end of
// the frame with which a sixteenth of the window is used up. So at least as much comes, in a second, as the smaller of
//
//	what the link carries
//	(window * 15/16 - frame) / RTT
//
// where frame is the largest frame that the server sends, 16 KiB unless [Settings].MaxFrame allows more. That is above 7/8 of
// window/RTT if the window holds 16 frames. The other way round, a window that fills a link has
//
//	(link * RTT + frame) * 16/15
//
// The default of 8 MiB is 78 MB a second on one stream at 100 ms, and all of a link of 1 Gbit/s up to 60 ms. For more,
// raise the windows, in Config or at any time later:
//
//	conn, err = conn.Settings(&out, httpconn.Settings{StreamWindow: 32 << 20, ConnWindow: 128 << 20})
//
// The time from a [Conn.Ping] to its EventPong is the round trip. The receive buffer of the socket is a window too, TCP's, and
// the operating system may limit it to less.
//
// With automatic credit windows cost no memory here, since content is handed over at once. With Config.ManualCredit a window
// is what the caller may have to hold, and its default is smaller.
//
// # Backpressure
//
// On HTTP/1.1 a Conn queues nothing: all that is to be sent is in Send at once. On HTTP/2 it queues only what flow control
// does not allow. If a socket takes only a part of Send, the rest stays with the caller: in Send after [Output.WriteTo], or
// where [Output.Take] has put it.
//
// Put a bound on what is unwritten, and count two kinds of it separately. The first is what the program says of its own
// accord. Above the bound, produce no more of it, and go on reading. The second is what reading causes: acknowledgements,
// WINDOW_UPDATE and answers to what came. Above the bound, stop reading, so that TCP stops a server which asks and does not
// listen. To stop reading because of the first kind is a deadlock with every server that stops reading while it cannot
// write. The section on event loops in package mintws has the few lines that count.
//
// [Limits] bounds what a server can make a Conn hold. A length that is only announced allocates nothing: a frame that is
// kept until it is complete has memory for at most eight times what has arrived, or 4 KiB.
//
// # Half-close and timeouts
//
// Ending a tunnel with SendData(…, true) sends no bytes on HTTP/1.1. It records that nothing more follows, and Next becomes
// NextAwaitEOF: the peer closes first, so that the last bytes are not lost to a TCP reset. Read with a short deadline until
// the end of input, then close the socket in any case. Whether to shut down the socket's sending side is the caller's
// choice; many servers take that for a client that has vanished. When the server closes its side of a tunnel first, the
// stream gets its EventDone and Next is NextClose, but SendData goes on working for what the caller still has to send. On
// HTTP/2 each half of a tunnel ends with END_STREAM, which SendData(…, true) sends; the connection is not touched. After
// the closing handshake of a WebSocket use [Conn.Finish], since some servers have forgotten the stream by then.
//
// Time is up to the caller. Put deadlines on the socket: one for a response, one for a connection on which something ought
// to arrive, a short one for NextAwaitEOF. No event reports a deadline that passes. Answer it with [Conn.Cancel], or with
// [Conn.Close] and by closing the socket. An idle connection must still be read, or polled before use: there is no other
// way to learn that its server has closed it.
//
// # Strictness on HTTP/1.1
//
// Input is refused at the first byte that makes it illegal, with a [*ConnError] that names the offset, the byte and what
// was expected. Where RFC 9112 leaves a choice:
//
//   - Lines end in CR LF. A bare LF or a bare CR is refused, and so are empty lines before a status line (section 2.2).
//   - The HTTP-version is HTTP/1.0 or HTTP/1.1; 1.2 to 1.9 count as 1.1. A connection does not outlive an HTTP/1.0
//     response, whether it says keep-alive or not.
//   - Status codes 600 to 999 are passed on; RFC 9110 section 15 says to treat them as 5xx. The space after a status code
//     may be missing if there is no reason phrase: many servers omit it, and that cannot be misread.
//   - A folded field line (obs-fold) is accepted, and the fold counts as one space, also in fields that frame the message
//     (section 5.2). A fold before the first field is refused, and so is white space before a colon.
//   - Content-Length is one decimal number that fits 63 bits. It may be repeated in further fields with the same number;
//     lists are refused, and so is Content-Length together with Transfer-Encoding.
//   - Transfer-Encoding is "chunked" and nothing else, once, in HTTP/1.1 only. A 1xx or 204 ends at its empty line whatever
//     it says about content (section 6.3), and a connection is not used again after one that announced some. In a 2xx to
//     CONNECT both fields are ignored, as RFC 9110 section 9.3.6 demands.
//   - Chunk sizes have at most 16 digits; extensions must follow the grammar, and may outweigh the content by no more than
//     Limits.MaxHeaderBytes. Content-Length and Transfer-Encoding are refused in a trailer section.
//   - A 101 needs a request that had an Upgrade field. Its own Upgrade field is for the caller to check.
//   - Bytes that answer no request end the connection with [ErrUnsolicited], even a 408 before a close.
//
// What is sent is held to the same rules: see [Conn.Request] and [ErrInvalidRequest]. A path with characters that RFC 3986
// does not allow is refused, not escaped; mintws.Upgrade, which takes a URL, escapes them.
package httpconn
