package httpconn

import (
	"net/http"

	"golang.org/x/net/http2"
)

// Conn is an HTTP client connection as an immutable value. It holds no socket: bytes read from one go in through
// [Conn.Stream], bytes to be written come out in [Output].Send.
//
// Every method has a value receiver and returns the next Conn; the receiver stays valid for ever and may be kept,
// forked, replayed and used from several goroutines at once. An error that is the caller's mistake returns the
// receiver unchanged and leaves the Output as it was. A [*ConnError] ends the connection and sticks: every later call
// on the returned value answers with the same error, except that HTTP/1.1 says [ErrUnsupported] of what it does not have.
//
// The zero Conn is closed: its methods return [ErrClosed], none panics. No method accepts a nil *Output.
//
// A Conn is passed by value: 176 bytes on 64-bit machines, and a test holds it to 192.
type Conn struct {
	set     *settings  // never written once a Conn has it
	fail    *ConnError // what ended the connection; sticks
	version Version    // 0: the zero Conn
	h1      h1
	h2      h2
}

// One convention holds for the methods of Conn: copy once at the door, then pointers inside. The exported methods are the
// door. Each has its own copy of the caller's Conn, hands it on by pointer, and returns it. Behind the door every method
// that changes a Conn has a pointer receiver and returns no Conn; where it returns an error that is the caller's mistake it
// has changed nothing. The exported methods are in this file and, as far as only HTTP/2 has them, in conn_h2.go.
//
// Behind the door a name says the direction: handle… takes what arrived, send… and append… make what leaves. h1 or h2 in
// front says for which version of HTTP.

// StreamID names one request and its response on a connection. On HTTP/1.1 requests are numbered 1, 2, 3 … in the
// order in which they were made; on HTTP/2 it is the stream identifier of RFC 9113 section 5.1.1. 0 is the connection
// itself.
type StreamID uint32

// New returns a connection that has neither sent nor received anything. [HTTP1] appends nothing to out; [HTTP2] appends
// the connection preface and our SETTINGS (RFC 9113 section 3.4), and no request can start until the server's have come. Any
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
	return Conn{set: set, version: v}, nil
}

// Stream takes bytes that were read from the socket and appends to out.Events what they completed. It accepts any
// split of the input, one byte at a time included: events and errors are the same, except that the content of one
// stream may come in more or fewer EventData. Empty data does nothing.
//
// EventData.Data points into data. Nothing else does: once the events are handled, data may be reused.
//
// If the server broke the protocol or a limit, Stream returns a *ConnError. Events completed before the fault come
// first in out.Events; then each request still under way gets an EventReset with that same error. A Conn that the
// caller closed, or whose server has closed its side, returns [ErrClosed].
//
// On HTTP/2 it answers by itself, in out.Send, what the protocol wants answered: SETTINGS and PING with their
// acknowledgement, content received with WINDOW_UPDATE (unless Config.ManualCredit), a stream that the server broke with
// RST_STREAM, a connection that it broke with GOAWAY. What was queued and is allowed now goes with it. A fault of one
// stream (RFC 9113 section 5.4.2) is no error of Stream: that stream gets an EventReset with a [*StreamError], and the
// others go on.
func (c Conn) Stream(out *Output, data []byte) (Conn, error) {
	err := c.receive(out, data)
	return c, err
}

// receive is Stream. The doors are so small that they are compiled into their callers, which saves copies of c.
func (c *Conn) receive(out *Output, data []byte) error {
	if c.version == HTTP2 {
		return c.h2Receive(out, data)
	}
	if c.version != HTTP1 {
		return ErrClosed
	}
	if c.h1.recvState == recvTunnel && len(data) > 0 { // the hot path: a WebSocket's bytes
		c.h1.offset += int64(len(data))
		r := c.h1.queue[0]
		out.Events = append(out.Events, Event{Kind: EventData, StreamID: r.id, Tag: r.tag, Data: data[:len(data):len(data)]})
		return nil
	}
	return c.h1Receive(out, data)
}

// StreamEOF says that the server closed its side: the socket read io.EOF, or failed.
//
// On a connection without a response under way that is orderly: the error is nil and [Conn.Next] is NextClose. It
// completes a response whose content runs until the connection closes, and it is the server's half of the close of a
// tunnel: both get an EventDone, and on a tunnel whose sending side is still open SendData goes on working. Anywhere
// else it is a *ConnError over [ErrUnexpectedEOF], and each request under way gets an EventReset with it. A second call
// returns [ErrClosed].
//
// On HTTP/2 it is orderly where nothing is under way from the server: neither its first SETTINGS, nor a frame, nor a stream
// that it has not ended.
// The streams have ends of their own, so the end of the connection never completes one. Where only we were sending, bytes that
// are still queued are lost, and an EventReset of their stream says so.
func (c Conn) StreamEOF(out *Output) (Conn, error) {
	err := c.receiveEOF(out)
	return c, err
}

func (c *Conn) receiveEOF(out *Output) error {
	switch c.version {
	case HTTP2:
		return c.h2ReceiveEOF(out)
	case HTTP1:
		return c.h1ReceiveEOF(out)
	}
	return ErrClosed
}

// Request appends a request to out.Send and returns the stream on which its response will be reported.
//
// On HTTP/1.1 the head is the request line, Host from r.Authority, then the fields of r.Header sorted by name in byte
// order, their names spelled as in the map. Content-Length is added for r.Body (and as 0 for POST, PUT and PATCH
// without content, RFC 9110 section 8.6); Transfer-Encoding: chunked is added for r.HasBody without a Content-Length.
//
// Errors, all of which change nothing: [ErrInvalidRequest], wrapped in one that names the field and, where one is at fault,
// the byte, and shows nothing else of what it held; [ErrBodyLength] if r.Body is longer than the Content-Length in r.Header;
// [ErrTooManyStreams] while [Conn.Slots] is 0 but may become positive; [ErrGoingAway] when the connection takes no further
// requests: where it does not outlive a response (a Connection: close of either side, HTTP/1.0, content that runs to the end
// of the connection), and in a tunnel; [ErrUnsupported] for an extended CONNECT on HTTP/1.1; [ErrClosed].
//
// On HTTP/1.1 a request with an Upgrade field, or with method CONNECT, takes the connection for itself: no other can start
// until it is answered. Its content, if it has any, must be in r.Body whole.
//
// On HTTP/2 the fields are sent with names in lower case and no white space around values (RFC 9113 section 8.2). Those that
// belong to HTTP/1 (Connection, Transfer-Encoding, Upgrade and others) are refused, and so is TE other than "trailers". What
// of r.Body the windows do not allow is queued. A request that asks for a tunnel, CONNECT with or without r.Protocol, is
// answered with 2xx or refused; if it is refused, our side of the stream ends by itself and the response can be read.
//
// Further errors on HTTP/2: [ErrSettingsPending] until the server's SETTINGS have come; [ErrExtendedConnectDisabled] for
// r.Protocol if they do not allow that (RFC 8441 section 3); [ErrHeaderTooLarge] for more than the server says it takes;
// [ErrBufferFull] for a body that cannot be queued. ErrGoingAway comes after the server's GOAWAY, and once all stream
// identifiers are used.
func (c Conn) Request(out *Output, r Request) (Conn, StreamID, error) {
	id, err := c.request(out, r)
	return c, id, err
}

func (c *Conn) request(out *Output, r Request) (StreamID, error) {
	switch c.version {
	case HTTP2:
		return c.h2Request(out, r)
	case HTTP1:
		return c.h1Request(out, r)
	}
	return 0, ErrClosed
}

// SendData appends p, framed as the stream needs it, to out.Send; p is copied. It is for the content of a request with
// HasBody and for the byte stream that follows a 101 or a successful CONNECT. p must not overlap out.Send.
//
// end says that nothing follows. It completes a request's content. On an HTTP/1.1 tunnel it sends no bytes, and
// [Conn.Next] becomes NextAwaitEOF until the server has closed its side too. Ending a stream that has ended already,
// with empty p, does nothing and is no error.
//
// Errors: [ErrUnknownStream], [ErrNotSendable], [ErrStreamEnded], [ErrBodyLength] if more than the Content-Length would be
// sent or the end comes before it is reached, [ErrClosed]. They change nothing.
//
// On HTTP/2 p becomes DATA frames as far as the server's windows allow; the rest is queued in the Conn, and sent by the
// call of Stream that brings the credit, which appends an EventDrained when nothing waits any more. [Conn.Buffered] tells how
// much waits; [ErrBufferFull] means that Limits.MaxBuffered allows no more. The end, too, waits for what is queued before
// it. An empty p without end sends nothing. Ending a stream that is over is no error either.
func (c Conn) SendData(out *Output, id StreamID, p []byte, end bool) (Conn, error) {
	err := c.sendData(out, id, p, end)
	return c, err
}

func (c *Conn) sendData(out *Output, id StreamID, p []byte, end bool) error {
	if c.version == HTTP2 {
		return c.h2SendData(out, id, p, end)
	}
	if c.version != HTTP1 {
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

// BeginData reports whether id may send size bytes now, and leaves room for a frame head at the end of out.Send: the
// caller then appends its bytes to out.Send and calls [Conn.EndData] on the same Conn with the mark. No other call may
// come between. Nothing is allocated when out.Send has room and, on HTTP/2, the windows do.
//
// On HTTP/1.1 no room is needed in a tunnel or with a Content-Length; in a chunked body the width of the chunk's head
// comes from size. It need not be exact: if more bytes follow, EndData moves them where the head needs more room.
//
// Its errors are those of SendData; after one of them out is as it was.
func (c Conn) BeginData(out *Output, id StreamID, size int) (mark int, err error) {
	return c.beginData(out, id, size)
}

func (c *Conn) beginData(out *Output, id StreamID, size int) (mark int, err error) {
	if c.version == HTTP2 {
		return c.h2BeginData(out, id, size)
	}
	if c.version != HTTP1 {
		return 0, ErrClosed
	}
	if c.h1.openTunnel(id) {
		return len(out.Send), nil
	}
	return c.h1BeginData(out, id, size)
}

// EndData frames in place what was appended to out.Send after [Conn.BeginData] returned mark. With nothing appended and
// no end, nothing is sent.
//
// After BeginData succeeded it does not fail in a tunnel or a chunked body. With a Content-Length it returns
// [ErrBodyLength] if more than that was appended, or if end comes before it is reached; out.Send is then cut back to
// mark, as if neither had been called. Called without a BeginData, or with a mark that is not its, it returns an error
// and changes nothing where a frame or a chunk is needed. Where nothing is, it takes what is behind mark for the content, and
// refuses only a mark outside out.Send.
//
// On HTTP/2 what the server's windows do not allow is taken out of out.Send again and queued, as SendData does it, even
// if it is more than was announced to BeginData and than Limits.MaxBuffered allows. What exceeds the server's
// SETTINGS_MAX_FRAME_SIZE becomes several frames, in place.
func (c Conn) EndData(out *Output, id StreamID, mark int, end bool) (Conn, error) {
	err := c.endData(out, id, mark, end)
	return c, err
}

func (c *Conn) endData(out *Output, id StreamID, mark int, end bool) error {
	if c.version == HTTP2 {
		return c.h2EndData(out, id, mark, end)
	}
	if c.version != HTTP1 {
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

// SendTrailers ends the content of a request with a trailer section (RFC 9112 section 7.1.2, RFC 9113 section 8.1).
// Fields are sent as those of a Request; an empty h only ends the content. On HTTP/2 they wait for what is queued before
// them.
//
// Errors: those of SendData; [ErrNotSendable] also in a tunnel and, on HTTP/1.1, when the content is not chunked;
// [ErrInvalidRequest] for a field that may not stand in a trailer section (RFC 9110 section 6.5.1) or is malformed;
// [ErrHeaderTooLarge] as for Request. They change nothing.
func (c Conn) SendTrailers(out *Output, id StreamID, h http.Header) (Conn, error) {
	err := c.sendTrailers(out, id, h)
	return c, err
}

func (c *Conn) sendTrailers(out *Output, id StreamID, h http.Header) error {
	switch c.version {
	case HTTP2:
		return c.h2SendTrailers(out, id, h)
	case HTTP1:
		return c.h1SendTrailers(out, id, h)
	}
	return ErrClosed
}

// Finish ends our half of stream id when the server awaits nothing more on it, as after the closing handshake of a
// WebSocket. It is SendData with no bytes and the end, but for one case: where the server has ended its half of an HTTP/2
// tunnel already, it sends RST_STREAM with NO_ERROR in place of END_STREAM. Both free the stream (RFC 9113 section 5.1) and
// take back no event: the server's EventDone comes. But libwebsockets 4.1 forgets a stream as soon as it has ended it,
// takes a DATA frame there for a connection error, and drops all the other streams.
//
// Other servers count the resets that they receive, and drop a connection with too many (1,000 with nghttp2, which is in
// Node). So that is done as long as the connection has sent at most 32 of them more than it received, and END_STREAM
// after that: a server that resets its streams itself goes on being spared.
//
// Its errors are those of SendData. They change nothing.
func (c Conn) Finish(out *Output, id StreamID) (Conn, error) {
	err := c.finish(out, id)
	return c, err
}

func (c *Conn) finish(out *Output, id StreamID) error {
	if c.version == HTTP2 {
		return c.h2Finish(out, id)
	}
	return c.sendData(out, id, nil, true)
}

// Cancel gives up a stream. A stream that is over returns [ErrUnknownStream].
//
// On HTTP/2 it sends RST_STREAM with code and drops what is queued. No event of the stream follows; what the server
// still sends on it is ignored, and credited on the connection. With Config.ManualCredit, so is at once what came on it and
// was not consumed.
//
// HTTP/1.1 has no way to abort one request, so Cancel ends the whole connection as [Conn.Close] does: other requests
// under way are given up with it, code is not used, and no event reports it (only Stream and StreamEOF append events).
func (c Conn) Cancel(out *Output, id StreamID, code http2.ErrCode) (Conn, error) {
	err := c.cancel(out, id, code)
	return c, err
}

func (c *Conn) cancel(out *Output, id StreamID, code http2.ErrCode) error {
	switch c.version {
	case HTTP2:
		return c.h2Cancel(out, id, code)
	case HTTP1:
		return c.h1Cancel(id)
	}
	return ErrClosed
}

// Close ends the connection from our side. Next is NextClose and every later call returns [ErrClosed]; a connection
// that has failed keeps its error. Requests under way are given up without an event, and what is queued
// is dropped. HTTP/2 sends GOAWAY with NO_ERROR; on HTTP/1.1 nothing is sent.
func (c Conn) Close(out *Output) Conn {
	switch {
	case c.fail != nil:
	case c.version == HTTP2:
		c.h2Close(out)
	case c.version == HTTP1:
		c.h1Close()
	}
	return c
}

// Next says what to do with the socket once Output.Send is written. On HTTP/1.1:
//
//   - NextClose when the connection failed, was closed or is the zero Conn; when a response after which the connection
//     does not persist is complete (RFC 9112 section 9.6); when the server closed its side. If that happened to a
//     tunnel whose sending side is still open, send what is left to send and then close.
//   - NextAwaitEOF in a tunnel whose sending side has ended while the server's has not. Bytes read are still events.
//   - NextRead otherwise, on an idle connection too: only reading shows that the server closed it.
//
// On HTTP/2 it is NextClose when the connection failed or was closed by either side, and when the last stream is over
// after the server's GOAWAY; NextRead otherwise, for SETTINGS, PING and WINDOW_UPDATE come at any time.
func (c Conn) Next() Next {
	switch {
	case c.fail != nil || c.version == 0:
		return NextClose
	case c.version == HTTP2:
		return c.h2.next()
	}
	return c.h1.next()
}

// Version returns the protocol, also of a connection that is over; 0 for the zero Conn.
func (c Conn) Version() Version { return c.version }

// Slots returns how many requests may start now. On HTTP/1.1 that is Config.Pipeline less those under way, and 0 while
// the content of a request is being sent, while an Upgrade or a CONNECT waits for its answer, in a tunnel, and once the
// connection does not outlive a response, as after a Connection: close of either side. On HTTP/2 it is what the server's SETTINGS_MAX_CONCURRENT_STREAMS leaves, tunnels
// included, a very large number where it sets no limit, and 0 until its SETTINGS have come and after its GOAWAY. As many
// requests can start; where the stream identifiers end, more than it says.
func (c Conn) Slots() int {
	switch {
	case c.fail != nil || c.version == 0:
		return 0
	case c.version == HTTP2:
		return c.h2.slots()
	}
	return c.h1.slots(c.set.pipeline)
}

// Equal reports whether c and d are in the same state: the same calls on both give the same results. It is for tests;
// go-cmp uses it.
func (c Conn) Equal(d Conn) bool {
	same := c.version == d.version && (c.set == nil) == (d.set == nil) && (c.fail == nil) == (d.fail == nil)
	return same && (c.set == nil || *c.set == *d.set) && (c.fail == nil || *c.fail == *d.fail) && c.h1.equal(d.h1) && c.h2.equal(d.h2)
}
