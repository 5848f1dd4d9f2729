package httpconn

import (
	"errors"
	"fmt"

	"golang.org/x/net/http2"
)

// The caller's mistakes. The Conn returned with one of them is the receiver, unchanged, and nothing was appended to the
// Output.
var (
	// ErrClosed: the connection is over, and nothing more can be sent or received. The zero Conn always returns it.
	ErrClosed = errors.New("httpconn: connection is closed")
	// ErrInvalidRequest: the Request, or a header field, cannot be put on the wire. The error that wraps it names the
	// field.
	ErrInvalidRequest = errors.New("httpconn: invalid request")
	// ErrTooManyStreams: as many requests are under way as the connection allows. See [Conn.Slots].
	ErrTooManyStreams = errors.New("httpconn: too many requests under way")
	// ErrUnknownStream: there is no such stream, or it is over.
	ErrUnknownStream = errors.New("httpconn: no such stream")
	// ErrStreamEnded: the caller has already ended its side of this stream.
	ErrStreamEnded = errors.New("httpconn: sending side of the stream has ended")
	// ErrNotSendable: the stream cannot carry data now, because the request has no body or the tunnel is not open yet.
	ErrNotSendable = errors.New("httpconn: stream cannot carry data now")
	// ErrBodyLength: more or less content was given than the request's Content-Length announces.
	ErrBodyLength = errors.New("httpconn: body differs from its content-length")
	// ErrSettingsPending: the server's first SETTINGS have not arrived, so what it allows is not known (HTTP/2).
	ErrSettingsPending = errors.New("httpconn: the server's SETTINGS have not arrived")
	// ErrExtendedConnectDisabled: the server's SETTINGS do not allow extended CONNECT (RFC 8441 section 3).
	ErrExtendedConnectDisabled = errors.New("httpconn: the server does not allow extended CONNECT")
	// ErrBufferFull: flow control does not allow the bytes now, and Limits.MaxBuffered does not allow queueing them.
	ErrBufferFull = errors.New("httpconn: too many bytes queued")
	// ErrConsumed: more was consumed than had been received.
	ErrConsumed = errors.New("httpconn: more consumed than received")
	// ErrTooManyPings: as many of our PINGs are unanswered as Limits.MaxPings allows.
	ErrTooManyPings = errors.New("httpconn: too many unanswered PINGs")
	// ErrInvalidSettings: [Settings] has a value that is not allowed. The error that wraps it names the field.
	ErrInvalidSettings = errors.New("httpconn: invalid settings")
	// ErrTooManySettings: as many of our SETTINGS are unacknowledged as Limits.MaxSettings allows.
	ErrTooManySettings = errors.New("httpconn: too many SETTINGS without acknowledgement")
	// ErrUnsupported: the protocol of this connection has no such operation.
	ErrUnsupported = errors.New("httpconn: not supported by this protocol version")
)

// What the server did. [ConnError], [StreamError], [GoAwayError] and [ResetError] wrap them: the first two are what this side
// found, the last two what the server said.
var (
	// ErrHeaderTooLarge: a head or trailer section is larger than Limits allows.
	ErrHeaderTooLarge = errors.New("httpconn: header block too large")
	// ErrMalformed: the bytes are not what RFC 9112 or RFC 9113 allows.
	ErrMalformed = errors.New("httpconn: malformed message")
	// ErrUnsolicited: bytes arrived that answer no request.
	ErrUnsolicited = errors.New("httpconn: response without a request")
	// ErrTooManyInformational: more 1xx responses than Limits allows.
	ErrTooManyInformational = errors.New("httpconn: too many informational responses")
	// ErrFlowControl: the server sent more than a window allows, or gave us credit beyond the largest window there is.
	ErrFlowControl = errors.New("httpconn: flow control violated")
	// ErrFlood: the server caused more work than Limits.MaxWork allows, without content to pay for it.
	ErrFlood = errors.New("httpconn: too much work without content")
	// ErrUnexpectedEOF: the connection ended in the middle of a response. On HTTP/2 also: inside a frame, before the
	// server's first SETTINGS, or while bytes were queued.
	ErrUnexpectedEOF = errors.New("httpconn: connection closed in the middle of a response")
	// ErrUnprocessed: the server is known not to have processed the request, so it is safe to send it again elsewhere.
	ErrUnprocessed = errors.New("httpconn: request was not processed")
	// ErrGoingAway: the connection takes no further requests; those under way go on. [Conn.Request] returns it and changes
	// nothing.
	ErrGoingAway = errors.New("httpconn: connection takes no further requests")
)

// ConnError ends a connection because of what the server did: it broke the protocol or a limit, or closed its side too
// early. This side found that; what the server says by itself is a [*GoAwayError]. It sticks: the Conn returned
// with it answers every further call with it.
type ConnError struct {
	// Code is what the GOAWAY says that was sent (RFC 9113 section 5.4.1); on HTTP/1.1, which has none, the code that comes
	// nearest. It is NO_ERROR over [ErrUnexpectedEOF], when there is nobody left to tell.
	Code   http2.ErrCode
	Reason string // what was seen, where, and what was expected
	Err    error  // one of the sentinels of this package
}

// Error returns the code and the reason; over [ErrUnexpectedEOF] the reason alone, as nobody said a code.
func (e *ConnError) Error() string {
	if e.Err == ErrUnexpectedEOF {
		return "httpconn: " + e.Reason
	}
	return fmt.Sprintf("httpconn: connection error (%v): %s", e.Code, e.Reason)
}

// Unwrap returns the sentinel.
func (e *ConnError) Unwrap() error { return e.Err }

// StreamError ends one stream because of what the server did on it, and leaves the connection usable. This side found it;
// where the server ends a stream, that is a [*ResetError] or a [*GoAwayError].
//
// On HTTP/1.1 it is for requests behind a response that turned out to be the last of its connection, over
// [ErrUnexpectedEOF]: whether the server processed them is not known.
type StreamError struct {
	Stream StreamID      // the stream that ended
	Code   http2.ErrCode // what the RST_STREAM says that was sent (RFC 9113 section 5.4.2); NO_ERROR over ErrUnexpectedEOF
	Reason string        // what was seen and what was expected
	Err    error         // one of the sentinels of this package
}

// Error returns the stream, the code and the reason; over [ErrUnexpectedEOF] no code, as nobody said one.
func (e *StreamError) Error() string {
	if e.Err == ErrUnexpectedEOF {
		return fmt.Sprintf("httpconn: stream %d: %s", e.Stream, e.Reason)
	}
	return fmt.Sprintf("httpconn: stream error on stream %d (%v): %s", e.Stream, e.Code, e.Reason)
}

// Unwrap returns the sentinel.
func (e *StreamError) Unwrap() error { return e.Err }

// GoAwayError says that the server takes no further requests: by a GOAWAY (RFC 9113 section 6.8) or, on HTTP/1.1, by
// Connection: close (RFC 9112 section 9.6). It ends no connection. It is the Err of an EventGoAway, and of the EventReset
// of each stream above LastStream.
type GoAwayError struct {
	Code       http2.ErrCode // why; on HTTP/1.1 NO_ERROR
	LastStream StreamID      // the last stream that the server may have processed
	// Debug is the debug data of a GOAWAY, for diagnosis. It may be sensitive (RFC 9113 section 6.8), so the text of the
	// error does not have it.
	Debug string
	// Err is [ErrGoingAway]. In an EventReset it is [ErrUnprocessed], unless the server had begun to answer the request that
	// it now says it has not processed.
	Err error
}

// Error returns the code and the last stream.
func (e *GoAwayError) Error() string {
	text := fmt.Sprintf("the server goes away (%v), last stream %d", e.Code, e.LastStream)
	if e.Err == ErrUnprocessed {
		return fmt.Sprintf("%v: %s", e.Err, text)
	}
	return "httpconn: " + text
}

// Unwrap returns the sentinel.
func (e *GoAwayError) Unwrap() error { return e.Err }

// ResetError ends one stream because the server sent RST_STREAM (RFC 9113 section 6.4).
type ResetError struct {
	Stream StreamID      // the stream that ended
	Code   http2.ErrCode // why
	Err    error         // ErrUnprocessed if the request is known not to have been processed (section 8.7), else nil
}

// Error returns the stream and the code.
func (e *ResetError) Error() string {
	return fmt.Sprintf("httpconn: stream %d reset by the server (%v)", e.Stream, e.Code)
}

// Unwrap returns the sentinel, or nil.
func (e *ResetError) Unwrap() error { return e.Err }
