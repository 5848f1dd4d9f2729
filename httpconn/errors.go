package httpconn

import (
	"errors"
	"fmt"

	"golang.org/x/net/http2"
)

// The caller's mistakes. The Conn returned with one of them is the receiver, unchanged, and nothing was appended to the
// Output.
var (
	// ErrClosed: the connection is over; nothing more can be sent or received. The zero Conn returns it always.
	ErrClosed = errors.New("httpconn: connection is closed")
	// ErrInvalidRequest: the Request, or a header field, cannot be put on the wire. The error that wraps it names the field.
	ErrInvalidRequest = errors.New("httpconn: invalid request")
	// ErrTooManyStreams: as many requests are under way as the connection allows. See [Conn.Slots].
	ErrTooManyStreams = errors.New("httpconn: too many requests under way")
	// ErrUnknownStream: there is no such stream, or it is over.
	ErrUnknownStream = errors.New("httpconn: no such stream")
	// ErrStreamEnded: the caller has already ended this stream's sending side.
	ErrStreamEnded = errors.New("httpconn: sending side of the stream has ended")
	// ErrNotSendable: the stream cannot carry data now: the request has no body, or the tunnel is not open yet.
	ErrNotSendable = errors.New("httpconn: stream cannot carry data now")
	// ErrBodyLength: more or less was sent than the request's Content-Length announced.
	ErrBodyLength = errors.New("httpconn: body differs from its content-length")
	// ErrSettingsPending: the server's first SETTINGS have not come, so nothing is known of what it allows (HTTP/2).
	ErrSettingsPending = errors.New("httpconn: the server's SETTINGS have not come")
	// ErrExtendedConnectDisabled: the server's SETTINGS do not allow extended CONNECT (RFC 8441 section 3).
	ErrExtendedConnectDisabled = errors.New("httpconn: the server does not allow extended CONNECT")
	// ErrBufferFull: flow control does not allow the bytes now, and as many are queued as Limits.MaxBuffered allows.
	ErrBufferFull = errors.New("httpconn: too many bytes queued")
	// ErrConsumed: more was consumed than was received.
	ErrConsumed = errors.New("httpconn: more consumed than received")
	// ErrTooManyPings: as many of our PINGs are unanswered as Limits.MaxPings allows.
	ErrTooManyPings = errors.New("httpconn: too many unanswered PINGs")
	// ErrInvalidSettings: a value that [Settings] cannot have. The error that wraps it names the field.
	ErrInvalidSettings = errors.New("httpconn: invalid settings")
	// ErrTooManySettings: as many of our SETTINGS are not acknowledged as Limits.MaxSettings allows.
	ErrTooManySettings = errors.New("httpconn: too many SETTINGS without acknowledgement")
	// ErrUnsupported: the protocol of this connection has no such operation.
	ErrUnsupported = errors.New("httpconn: not supported by this protocol version")
)

// What the peer did. They are wrapped in a [ConnError] or a [StreamError], or stand in an Event's Err.
var (
	// ErrHeaderTooLarge: a head or trailer section is larger than Limits allows.
	ErrHeaderTooLarge = errors.New("httpconn: header block too large")
	// ErrMalformed: the bytes are not what RFC 9112 or RFC 9113 allows.
	ErrMalformed = errors.New("httpconn: malformed message")
	// ErrUnsolicited: bytes arrived that answer no request.
	ErrUnsolicited = errors.New("httpconn: response without a request")
	// ErrTooManyInformational: more 1xx responses than Limits allows.
	ErrTooManyInformational = errors.New("httpconn: too many informational responses")
	// ErrFlowControl: the peer sent more than its window allows, or made ours larger than a window can be.
	ErrFlowControl = errors.New("httpconn: flow control violated")
	// ErrFlood: the server caused more work, without content that pays for it, than Limits.MaxWork allows.
	ErrFlood = errors.New("httpconn: too much work without content")
	// ErrUnexpectedEOF: the connection ended in the middle of a response or, on HTTP/2, of a frame, before the server's first
	// SETTINGS, or while bytes were queued.
	ErrUnexpectedEOF = errors.New("httpconn: connection closed in the middle of a response")
	// ErrUnprocessed: the server is known not to have processed the request: it is safe to send it again elsewhere.
	ErrUnprocessed = errors.New("httpconn: request was not processed")
	// ErrGoingAway: the connection takes no further requests; those under way go on. [Conn.Request] returns it and
	// changes nothing.
	ErrGoingAway = errors.New("httpconn: connection takes no further requests")
	// ErrCanceled: the caller cancelled the stream, or closed the connection under it.
	ErrCanceled = errors.New("httpconn: cancelled")
)

// ConnError ends a connection. It sticks: the Conn returned with it answers every further call with it.
type ConnError struct {
	Code   http2.ErrCode // what an HTTP/2 GOAWAY says; on HTTP/1.1 the code that comes nearest
	Local  bool          // we found the fault; false: the peer reported it
	Reason string        // what was seen, where, and what was expected
	Err    error         // one of the sentinels of this package
	// Debug is what an HTTP/2 server's GOAWAY says of its reason, for diagnosis. It may be sensitive (RFC 9113 section 6.8), and
	// is no part of the error's text.
	Debug string
}

// Error returns the reason, the code and which side found the fault. Of a connection that the server dropped it is the reason
// alone: nobody said a code.
func (e *ConnError) Error() string {
	if e.Err == ErrUnexpectedEOF {
		return "httpconn: " + e.Reason
	}
	side := "peer"
	if e.Local {
		side = "local"
	}
	return fmt.Sprintf("httpconn: connection error (%s, %v): %s", side, e.Code, e.Reason)
}

// Unwrap returns the sentinel.
func (e *ConnError) Unwrap() error { return e.Err }

// StreamError ends one stream and leaves the connection usable.
type StreamError struct {
	Stream StreamID      // the stream that ended
	Code   http2.ErrCode // what the RST_STREAM says; on HTTP/1.1 the code that comes nearest
	Local  bool          // we ended it; false: the peer did
	Reason string        // what was seen and what was expected
	Err    error         // one of the sentinels of this package, or nil
}

// Error returns the stream, the code, which side ended it, and the reason.
func (e *StreamError) Error() string {
	side := "peer"
	if e.Local {
		side = "local"
	}
	s := fmt.Sprintf("httpconn: stream %d ended (%s, %v)", e.Stream, side, e.Code)
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}

// Unwrap returns the sentinel.
func (e *StreamError) Unwrap() error { return e.Err }
