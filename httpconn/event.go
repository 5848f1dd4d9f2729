package httpconn

import (
	"errors"
	"net/http"
)

// EventKind says what an [Event] reports.
type EventKind uint8

const (
	// EventInformational is a 1xx response other than 101 (RFC 9110 section 15.2). Status and Header are set. The final
	// response is still to come.
	EventInformational EventKind = iota + 1
	// EventHeaders is the head of the final response, which a 101 is too. Status and Header are set.
	EventHeaders
	// EventData is a piece of the response's content or, after a 101 or a successful CONNECT, of the byte stream that the
	// connection has become. Data is set and never empty.
	EventData
	// EventTrailers is the trailer section, if it has any field. Header is set.
	EventTrailers
	// EventDone ends the response: the server sends nothing more on this stream. On a stream that became a tunnel it is the
	// server's half of the close.
	EventDone
	// EventReset ends the stream early. Err says why: a [*StreamError] or [*ConnError] is what this side found, a
	// [*ResetError] or [*GoAwayError] what the server said. [Event.Retryable] tells whether the server is known not to have
	// processed the request. After an EventDone it comes only if bytes were queued on the stream and are lost, in place of
	// an EventDrained (HTTP/2 only).
	EventReset
	// EventSettings reports that the server's SETTINGS were applied (HTTP/2 only). Each connection has a first one, and
	// others may follow. A server may announce extended CONNECT in a later one only: to depend on it, ask
	// [Conn.PeerSetting] for SETTINGS_ENABLE_CONNECT_PROTOCOL at each EventSettings, and decide how long to wait.
	EventSettings
	// EventPong is the answer to [Conn.Ping]; Data holds its 8 bytes (HTTP/2 only).
	EventPong
	// EventGoAway reports that the server takes no further requests. Err is a [*GoAwayError]. Streams that it will not
	// process end with an EventReset each (HTTP/2 only).
	EventGoAway
	// EventDrained reports that everything queued on the stream by flow control has been sent (HTTP/2 only).
	EventDrained
	// EventSettingsAcked is the server's acknowledgement of our SETTINGS: the first for those of [New], each further one
	// for a call of [Conn.Settings], in that order (HTTP/2 only).
	EventSettingsAcked
)

// String returns the kind's name, "Headers" for EventHeaders.
func (k EventKind) String() string {
	names := [...]string{"", "Informational", "Headers", "Data", "Trailers", "Done", "Reset", "Settings", "Pong", "GoAway", "Drained", "SettingsAcked"}
	if k == 0 || int(k) >= len(names) {
		return "EventKind(" + itoa(int64(k)) + ")"
	}
	return names[k]
}

// Event is one thing that the server did. Kind says which of the other fields are set.
type Event struct {
	Kind     EventKind // what happened
	StreamID StreamID  // 0: the connection
	Tag      uint64    // the Tag of the Request this belongs to
	Status   int       // Informational, Headers
	// Header holds the fields under their canonical names (Informational, Headers, Trailers). It was made for this
	// event and belongs to the caller.
	Header http.Header
	// Data is set for Data and Pong. It may point into the bytes passed to [Conn.Stream]: it is valid until the caller
	// reuses those. Its capacity is clipped, so appending to it copies.
	Data []byte
	Err  error // Reset, GoAway; not to be changed
}

// Retryable reports whether a stream was reset and the server is known not to have processed its request. Such a request
// can be sent again on another connection, whatever its method.
func (e Event) Retryable() bool { return e.Kind == EventReset && errors.Is(e.Err, ErrUnprocessed) }
