package httpconn

import (
	"net/http"

	"golang.org/x/net/http2"
)

// Conn is an HTTP client connection as an immutable value. It holds no socket: bytes read from one go in through
// [Conn.Stream], bytes to be written come out in [Output].Send.
//
// Every method has a value receiver and returns the next Conn. The receiver stays valid for ever and may be kept, forked,
// replayed and used from several goroutines at once. A call that fails by the caller's mistake returns the receiver
// unchanged and leaves the Output as it was. A [*ConnError] ends the connection and sticks: every later call on the
// returned value returns it again, except that HTTP/1.1 returns [ErrUnsupported] for calls that it does not have.
//
// The zero Conn is closed: its methods return [ErrClosed], and none panics. No method accepts a nil *Output.
//
// A Conn is passed by value: 128 bytes on 64-bit machines, which a test holds.
type Conn struct {
	set  *settings  // never written once a Conn has it; nil: the zero Conn
	fail *ConnError // what ended the connection; sticks
	// recvRemaining is the payload bytes to come of what is under way: on HTTP/1.1 the whole content (recvCounted) or a chunk of
	// it (recvChunked), on HTTP/2 a DATA frame with its padding.
	recvRemaining int64
	h1            h1
	h2            h2
}

// One convention holds for the methods of Conn: copy once at the door, then pointers inside. The exported methods are the
// door. Each has its own copy of the caller's Conn, hands it on by pointer, and returns it. Behind the door every method
// that changes a Conn has a pointer receiver and returns no Conn. If its error is the caller's mistake it has changed
// nothing. The exported methods are in this file; those that only HTTP/2 has are in conn_h2.go.
//
// Behind the door a name says the direction: handle… takes what arrived, send… and append… make what leaves. h1 or h2 in
// front says for which version of HTTP.

// StreamID names one request and its response on a connection. On HTTP/1.1 requests are numbered 1, 2, 3 … in the order in
// which they were made. On HTTP/2 it is the stream identifier of RFC 9113 section 5.1.1. 0 is the connection itself.
type StreamID uint32

// New returns a connection that has neither sent nor received anything. [HTTP1] appends nothing to out. [HTTP2] appends the
// connection preface and our SETTINGS (RFC 9113 section 3.4); no request can start until the server's have arrived. Any
// other version returns [ErrUnsupported].
func New(v Version, cfg Config, out *Output) (Conn, error) {
	if v != HTTP1 && v != HTTP2 {
		return Conn{}, ErrUnsupported
	}
	set := defaults
	if cfg != (Config{}) {
		set = newSettings(cfg)
	}
	if v == HTTP2 {
		return h2New(set, out), nil
	}
	return Conn{set: set}, nil
}

// Stream takes bytes that were read from the socket and appends to out.Events what they completed. It accepts any split of
// the input, even one byte at a time: events and errors are the same, except that the content of one stream may come in
// more or fewer EventData. Empty data does nothing.
//
// EventData.Data points into data. Nothing else does: once the events are handled, data may be reused.
//
// If the server broke the protocol or a limit, Stream returns a *ConnError. Events completed before the fault come first in
// out.Events; then each request still under way gets an EventReset with that same error. A Conn that the caller closed, or
// whose server has closed its side, returns [ErrClosed].
//
// On HTTP/2 it also appends to out.Send the answers that the protocol calls for: acknowledgements of SETTINGS and PING,
// WINDOW_UPDATE for content received (unless Config.ManualCredit is set), RST_STREAM for a stream on which the server broke
// the rules, GOAWAY for a connection on which it did. Bytes that were queued and are allowed now follow. A stream error
// (RFC 9113 section 5.4.2) is not an error of Stream: that stream gets an EventReset with a [*StreamError], and the others
// go on.
func (c Conn) Stream(out *Output, data []byte) (Conn, error) {
	err := c.receive(out, data)
	return c, err
}

// receive is Stream. The doors are so small that they are compiled into their callers, which saves copies of c.
func (c *Conn) receive(out *Output, data []byte) error {
	if c.isHTTP2() {
		return c.h2Receive(out, data)
	}
	if !c.isHTTP1() {
		return ErrClosed
	}
	if c.h1.recvState == recvTunnel && len(data) > 0 { // the hot path: a WebSocket's bytes
		c.h1.offset += int64(len(data))
		out.addData(c.h1.queue.id, c.h1.queue.tag, data[:len(data):len(data)])
		return nil
	}
	return c.h1Receive(out, data)
}

// StreamEOF says that the server closed its side: the socket read io.EOF, or failed.
//
// On a connection without a response under way that is orderly: the error is nil and [Conn.Next] is NextClose. It completes
// a response whose content runs until the connection closes, and it is the server's half of the close of a tunnel. Both get
// an EventDone, and on a tunnel whose sending side is still open SendData goes on working. Anywhere else it is a *ConnError
// over [ErrUnexpectedEOF], and each request under way gets an EventReset with it. A second call returns [ErrClosed].
//
// On HTTP/2 it is orderly if nothing more was due from the server: its first SETTINGS have arrived, no frame is incomplete,
// and it has ended every stream. The end of the connection never completes a stream here, since streams have ends of their
// own. Bytes that are still queued on a stream are lost, and an EventReset says so.
func (c Conn) StreamEOF(out *Output) (Conn, error) {
	err := c.receiveEOF(out)
	return c, err
}

func (c *Conn) receiveEOF(out *Output) error {
	switch {
	case c.isHTTP2():
		return c.h2ReceiveEOF(out)
	case c.isHTTP1():
		return c.h1ReceiveEOF(out)
	}
	return ErrClosed
}

// Request appends a request to out.Send and returns the stream on which its response will be reported.
//
// On HTTP/1.1 the head is the request line, Host from r.Authority, then the fields of r.Header sorted by name in byte
// order, their names spelled as in the map. Content-Length is added for r.Body (and as 0 for POST, PUT and PATCH without
// content, RFC 9110 section 8.6); Transfer-Encoding: chunked is added for r.HasBody without a Content-Length.
//
// Errors, all of which change nothing: [ErrInvalidRequest], wrapped in an error that names the field and the offending
// byte, if there is one, and quotes nothing else; [ErrBodyLength] if r.Body is longer than the Content-Length in r.Header;
// [ErrTooManyStreams] while [Conn.Slots] is 0 but may become positive; [ErrGoingAway] when the connection takes no further
// requests, because it is a tunnel or does not outlive a response (a Connection: close of either side, HTTP/1.0, content
// that runs to the end of the connection); [ErrUnsupported] for an extended CONNECT on HTTP/1.1; [ErrClosed].
//
// On HTTP/1.1 a request with an Upgrade field, or with method CONNECT, takes the connection for itself: no other can start
// until it is answered. If it has content, all of it must be in r.Body.
//
// On HTTP/2 the fields are sent with names in lower case and no white space around values (RFC 9113 section 8.2). Fields
// that belong to HTTP/1 (Connection, Transfer-Encoding, Upgrade and others) are refused, and so is TE other than
// "trailers". The part of r.Body that the windows do not allow yet is queued. A request that asks for a tunnel, CONNECT
// with or without r.Protocol, is answered with 2xx or refused; if it is refused, our side of the stream ends by itself and
// the response can be read.
//
// Further errors on HTTP/2: [ErrSettingsPending] until the server's SETTINGS have arrived; [ErrExtendedConnectDisabled] for
// r.Protocol if they do not allow that (RFC 8441 section 3); [ErrHeaderTooLarge] if the fields are larger than the server
// says it accepts; [ErrBufferFull] for a body that cannot be queued. ErrGoingAway comes after the server's GOAWAY, and once
// all stream identifiers are used.
func (c Conn) Request(out *Output, r Request) (Conn, StreamID, error) {
	id, err := c.request(out, r)
	return c, id, err
}

func (c *Conn) request(out *Output, r Request) (StreamID, error) {
	switch {
	case c.isHTTP2():
		return c.h2Request(out, r)
	case c.isHTTP1():
		return c.h1Request(out, r)
	}
	return 0, ErrClosed
}

// SendData appends p, framed as the stream needs it, to out.Send; p is copied. It is for the content of a request with
// HasBody and for the byte stream that follows a 101 or a successful CONNECT. p must not overlap out.Send.
//
// end says that nothing follows. It completes a request's content. On an HTTP/1.1 tunnel it sends no bytes, and [Conn.Next]
// becomes NextAwaitEOF until the server has closed its side too. Ending a stream a second time, with empty p, does nothing
// and is not an error.
//
// Errors: [ErrUnknownStream], [ErrNotSendable], [ErrStreamEnded], [ErrClosed], and [ErrBodyLength] if more than the
// Content-Length would be sent or the end comes before it is reached. They change nothing.
//
// On HTTP/2 p becomes DATA frames as far as the server's windows allow. The rest is queued in the Conn, and sent by the
// call of Stream that brings the credit; when nothing waits any more that call appends an EventDrained. [Conn.Buffered]
// tells how much waits; [ErrBufferFull] means that Limits.MaxBuffered allows no more. The end, too, waits for what is
// queued before it. An empty p without end sends nothing. Ending a stream that is over is not an error either.
func (c Conn) SendData(out *Output, id StreamID, p []byte, end bool) (Conn, error) {
	err := c.sendData(out, id, p, end)
	return c, err
}

func (c *Conn) sendData(out *Output, id StreamID, p []byte, end bool) error {
	if c.isHTTP2() {
		return c.h2SendData(out, id, p, end)
	}
	if !c.isHTTP1() {
		return ErrClosed
	}
	if c.h1.openTunnel(id) {
		out.Send = append(out.Send, p...)
		if end {
			c.h1.sendState = sendNothing
		}
		return nil
	}
	return c.h1SendData(out, id, p, end)
}

// BeginData reports whether stream id may send size bytes now, and leaves room for a frame header at the end of out.Send.
// The caller then appends its bytes to out.Send and calls [Conn.EndData] on the same Conn with the mark. No other call may
// come between. Nothing is allocated if out.Send has room and, on HTTP/2, the windows do.
//
// On HTTP/1.1 no room is needed in a tunnel or with a Content-Length. In a chunked body size decides how wide the chunk's
// head is. It need not be exact: if more bytes follow, EndData moves them to make room.
//
// Its errors are those of SendData; after one of them out is as it was.
func (c Conn) BeginData(out *Output, id StreamID, size int) (mark int, err error) {
	return c.beginData(out, id, size)
}

func (c *Conn) beginData(out *Output, id StreamID, size int) (mark int, err error) {
	if c.isHTTP2() {
		return c.h2BeginData(out, id, size)
	}
	if !c.isHTTP1() {
		return 0, ErrClosed
	}
	if c.h1.openTunnel(id) {
		return len(out.Send), nil
	}
	return c.h1BeginData(out, id, size)
}

// EndData frames in place what was appended to out.Send after [Conn.BeginData] returned mark. With nothing appended and no
// end, nothing is sent.
//
// After BeginData succeeded it does not fail in a tunnel or a chunked body. With a Content-Length it returns
// [ErrBodyLength] if more than that was appended, or if end comes before it is reached; out.Send is then cut back to mark,
// as if neither had been called. Without a BeginData, or with a mark from elsewhere, it returns an error and changes
// nothing if the stream needs a frame or a chunk. If it needs neither, everything behind mark counts as content, and only a
// mark outside out.Send is refused.
//
// On HTTP/2 what the server's windows do not allow is taken out of out.Send again and queued, as SendData does it, even if
// it is more than was announced to BeginData and than Limits.MaxBuffered allows. Content larger than the server's
// SETTINGS_MAX_FRAME_SIZE becomes several frames, in place.
func (c Conn) EndData(out *Output, id StreamID, mark int, end bool) (Conn, error) {
	err := c.endData(out, id, mark, end)
	return c, err
}

func (c *Conn) endData(out *Output, id StreamID, mark int, end bool) error {
	if c.isHTTP2() {
		return c.h2EndData(out, id, mark, end)
	}
	if !c.isHTTP1() {
		return ErrClosed
	}
	if c.h1.openTunnel(id) && uint(mark) <= uint(len(out.Send)) {
		if end {
			c.h1.sendState = sendNothing
		}
		return nil
	}
	return c.h1EndData(out, id, mark, end)
}

// SendTrailers ends the content of a request with a trailer section (RFC 9112 section 7.1.2, RFC 9113 section 8.1). Fields
// are sent like those of a Request; an empty h only ends the content. On HTTP/2 they wait for what is queued before them.
//
// Errors: those of SendData; [ErrNotSendable] also in a tunnel and, on HTTP/1.1, when the content is not chunked;
// [ErrInvalidRequest] for a field that is malformed or may not stand in a trailer section (RFC 9110 section 6.5.1);
// [ErrHeaderTooLarge] as for Request. They change nothing.
func (c Conn) SendTrailers(out *Output, id StreamID, h http.Header) (Conn, error) {
	err := c.sendTrailers(out, id, h)
	return c, err
}

func (c *Conn) sendTrailers(out *Output, id StreamID, h http.Header) error {
	switch {
	case c.isHTTP2():
		return c.h2SendTrailers(out, id, h)
	case c.isHTTP1():
		return c.h1SendTrailers(out, id, h)
	}
	return ErrClosed
}

// Finish ends our half of stream id when the server expects nothing more on it, as after the closing handshake of a
// WebSocket. It is SendData with no bytes and the end, except for one case. If the server has already ended its half of an
// HTTP/2 tunnel, Finish sends RST_STREAM with NO_ERROR in place of END_STREAM. Both free the stream (RFC 9113 section 5.1),
// and with both its EventDone comes. But libwebsockets 4.1 forgets a stream as soon as it has ended it, takes a DATA frame
// there for a connection error, and drops all the other streams.
//
// Other servers count the resets that they receive, and drop a connection with too many (1,000 for nghttp2, which is in
// Node). So Finish does that only while the connection has sent at most 32 of them more than it received, and sends
// END_STREAM after that. A server that resets its own streams goes on being spared.
//
// Its errors are those of SendData. They change nothing.
func (c Conn) Finish(out *Output, id StreamID) (Conn, error) {
	err := c.finish(out, id)
	return c, err
}

func (c *Conn) finish(out *Output, id StreamID) error {
	if c.isHTTP2() {
		return c.h2Finish(out, id)
	}
	return c.sendData(out, id, nil, true)
}

// Cancel gives up a stream. If the stream is over, it returns [ErrUnknownStream].
//
// On HTTP/2 it sends RST_STREAM with code and drops what is queued. No event of the stream follows. What the server still
// sends on it is ignored, and credited on the connection. With Config.ManualCredit, what came on it and was not consumed is
// credited at once.
//
// HTTP/1.1 has no way to abort one request, so Cancel ends the whole connection as [Conn.Close] does: other requests under
// way are given up with it, code is not used, and no event reports it (only Stream and StreamEOF append events).
func (c Conn) Cancel(out *Output, id StreamID, code http2.ErrCode) (Conn, error) {
	err := c.cancel(out, id, code)
	return c, err
}

func (c *Conn) cancel(out *Output, id StreamID, code http2.ErrCode) error {
	switch {
	case c.isHTTP2():
		return c.h2Cancel(out, id, code)
	case c.isHTTP1():
		return c.h1Cancel(id)
	}
	return ErrClosed
}

// Close ends the connection from our side. Next is NextClose and every later call returns [ErrClosed]; a connection that
// has failed keeps its error. Requests under way are given up without an event, and what is queued is dropped. HTTP/2 sends
// GOAWAY with NO_ERROR; on HTTP/1.1 nothing is sent.
func (c Conn) Close(out *Output) Conn {
	switch {
	case c.fail != nil:
	case c.isHTTP2():
		c.h2Close(out)
	case c.isHTTP1():
		c.h1Close()
	}
	return c
}

// Next says what to do with the socket once Output.Send is written. On HTTP/1.1:
//
//   - NextClose when the connection failed, was closed or is the zero Conn; when the response after which the connection
//     does not persist is complete (RFC 9112 section 9.6); when the server closed its side. If that happened to a tunnel
//     whose sending side is still open, send what you still have to send and then close.
//   - NextAwaitEOF in a tunnel whose sending side has ended while the server's has not. Bytes read are still events.
//   - NextRead otherwise, on an idle connection too: only reading reveals that the server closed it.
//
// On HTTP/2 it is NextClose when the connection failed or was closed by either side, and when the last stream is over after
// the server's GOAWAY. It is NextRead otherwise, since SETTINGS, PING and WINDOW_UPDATE come at any time.
func (c Conn) Next() Next {
	switch {
	case c.fail != nil || c.set == nil:
		return NextClose
	case c.isHTTP2():
		return c.h2.next()
	}
	return c.h1.next()
}

// Version returns the protocol, also after the connection is over. It is 0 for the zero Conn.
func (c Conn) Version() Version {
	switch {
	case c.isHTTP2():
		return HTTP2
	case c.isHTTP1():
		return HTTP1
	}
	return 0
}

// Only a connection over HTTP/2 has what changes rarely there, and only the zero Conn has no settings. A field for the version
// would be one more word in every copy.
func (c *Conn) isHTTP2() bool { return c.h2.rare != nil }
func (c *Conn) isHTTP1() bool { return c.h2.rare == nil && c.set != nil }

// Slots returns how many requests may start now. That many can.
//
// On HTTP/1.1 that is Config.Pipeline less those under way. It is 0 while the content of a request is being sent, while an
// Upgrade or a CONNECT waits for its answer, in a tunnel, and once the connection will not outlive a response, as after a
// Connection: close of either side.
//
// On HTTP/2 it is what the server's SETTINGS_MAX_CONCURRENT_STREAMS leaves, tunnels included, or a very large number if the
// server sets no limit. It is 0 until the server's SETTINGS have arrived and after its GOAWAY. Close to the end of the
// stream identifiers, a few more requests may start than it says.
func (c Conn) Slots() int {
	switch {
	case c.fail != nil || c.set == nil:
		return 0
	case c.isHTTP2():
		return c.h2.slots()
	}
	return c.h1.slots(c.set.pipeline)
}

// Equal reports whether c and d are in the same state, so that the same calls on both give the same results. It is for
// tests, and go-cmp uses it.
func (c Conn) Equal(d Conn) bool {
	same := c.recvRemaining == d.recvRemaining && (c.set == nil) == (d.set == nil) && (c.fail == nil) == (d.fail == nil)
	return same && (c.set == nil || *c.set == *d.set) && (c.fail == nil || *c.fail == *d.fail) && c.h1.equal(d.h1) && c.h2.equal(d.h2)
}
