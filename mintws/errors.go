package mintws

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mintws/mintws/httpconn"
)

// What a peer can do wrong. They are wrapped in a [ProtocolError].
var (
	ErrReservedBits           = errors.New("mintws: reserved bit set that no extension uses")               // RFC 6455 section 5.2
	ErrReservedOpcode         = errors.New("mintws: reserved opcode")                                       // section 5.2
	ErrMasked                 = errors.New("mintws: masked frame from a server")                            // section 5.1
	ErrUnmasked               = errors.New("mintws: unmasked frame from a client")                          // section 5.1
	ErrControlTooLong         = errors.New("mintws: control frame longer than 125 bytes")                   // section 5.5
	ErrControlFragmented      = errors.New("mintws: fragmented control frame")                              // section 5.5
	ErrUnexpectedContinuation = errors.New("mintws: continuation without a message")                        // section 5.4
	ErrExpectedContinuation   = errors.New("mintws: new message before the end of the last")                // section 5.4
	ErrInvalidUTF8            = errors.New("mintws: invalid UTF-8")                                         // section 8.1
	ErrInvalidLength          = errors.New("mintws: payload length not minimal or above 2^63-1")            // section 5.2
	ErrMessageTooBig          = errors.New("mintws: frame or message exceeds the limit")                    // section 7.4.1, code 1009
	ErrTooManyFragments       = errors.New("mintws: message has more fragments than the limit")             // section 7.4.1, code 1009
	ErrClosePayload           = errors.New("mintws: Close frame with a truncated or forbidden status code") // sections 5.5.1 and 7.4
	ErrDeflate                = errors.New("mintws: corrupt compressed message")                            // RFC 7692 section 7.2.2, code 1007
	ErrDeflateRatio           = errors.New("mintws: compressed message inflates beyond the limit")          // code 1009
)

// The caller's mistakes. The WebSocket returned with one of them is the receiver, unchanged, and nothing was appended.
var (
	// ErrNotOpen: the opening handshake is not complete, or the WebSocket is the zero value.
	ErrNotOpen = errors.New("mintws: WebSocket is not open")
	// ErrNotConnecting: the answer was judged before, or the WebSocket was not made by Upgrade.
	ErrNotConnecting = errors.New("mintws: WebSocket is not waiting for an answer")
	// ErrCloseSent: our Close was sent. Only a Pong may follow it, and after a failure nothing may (RFC 6455 sections 5.5.1
	// and 5.5.2).
	ErrCloseSent = errors.New("mintws: Close was already sent")
	// ErrClosed: the WebSocket is over.
	ErrClosed = errors.New("mintws: WebSocket is closed")
	// ErrInvalidFrame: the frame may not be sent; the error that wraps it says why.
	ErrInvalidFrame = errors.New("mintws: invalid frame")
	// ErrFragmenting: a data frame is out of order. It begins a message while another is being sent in fragments, or
	// continues none.
	ErrFragmenting = errors.New("mintws: fragment out of order")
	// ErrRest: the last call left something in Inbox.Rest, and something else was passed in before that.
	ErrRest = errors.New("mintws: Inbox.Rest was not passed in again")
	// ErrInvalidOptions: the target or an option cannot be used; the error that wraps it names it.
	ErrInvalidOptions = errors.New("mintws: invalid target or option")
)

// Why an HTTP/2 connection cannot open a WebSocket: see package httpconn.
var (
	ErrSettingsPending         = httpconn.ErrSettingsPending
	ErrExtendedConnectDisabled = httpconn.ErrExtendedConnectDisabled
)

// What can be wrong with an opening handshake. They are wrapped in a [HandshakeError].
var (
	ErrNoAnswer       = errors.New("mintws: no answer to the opening handshake")             // in a CloseError
	ErrBadStatus      = errors.New("mintws: response status does not open a WebSocket")      // RFC 6455 section 4.1; RFC 8441 section 5
	ErrBadUpgrade     = errors.New("mintws: Upgrade or Connection field does not match")     // RFC 6455 section 4.1
	ErrBadAccept      = errors.New("mintws: Sec-WebSocket-Accept does not match")            // section 4.1
	ErrBadExtension   = errors.New("mintws: extension was not offered or cannot be used")    // section 9.1
	ErrBadSubprotocol = errors.New("mintws: subprotocol was not offered")                    // section 4.1
	ErrBadRequest     = errors.New("mintws: request does not ask for a WebSocket correctly") // section 4.2.1
	ErrBadVersion     = errors.New("mintws: Sec-WebSocket-Version is not 13")                // section 4.2.2
	ErrBadOrigin      = errors.New("mintws: origin is not allowed")                          // section 4.2.2
)

// ProtocolError reports that the peer broke the protocol or a limit. It sticks: the WebSocket is Failed, and every further
// Decode returns it. What was decoded before it is returned with it.
type ProtocolError struct {
	Code   CloseCode // what the Close frame says: see [CloseFrame]
	Err    error     // the sentinel
	Detail string    // what was seen and what was expected
}

// Error returns the sentinel's text, what was seen, and the code.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("%v: %s (close code %d)", e.sentinel(), e.Detail, e.Code)
}

// errUnnamed stands for the sentinel that the author of an extension left out.
var errUnnamed = errors.New("mintws: protocol error")

// sentinel returns Err, or errUnnamed in its place.
func (e *ProtocolError) sentinel() error {
	if e.Err == nil {
		return errUnnamed
	}
	return e.Err
}

// Unwrap returns the sentinel.
func (e *ProtocolError) Unwrap() error { return e.Err }

// CloseError says how a WebSocket ended that did not end well (RFC 6455 section 7.1.5). Either the closing handshake is not
// complete, or it is and the peer's code reports a fault. (Package wsconn returns one for a good end, too: there it takes the place
// of io.EOF.)
type CloseError struct {
	Code     CloseCode // of the peer's Close; 1005 if it had none, 1006 if there was no Close
	Reason   string    // of the peer's Close
	Complete bool      // the closing handshake is complete
	Err      error     // what ended the stream below, if that is known
}

// Error returns the code, the reason and the cause. Where the opening handshake was not answered, it is the cause alone.
func (e *CloseError) Error() string {
	if errors.Is(e.Err, ErrNoAnswer) {
		return e.Err.Error()
	}
	s := "mintws: closed without a complete closing handshake: "
	if e.Complete {
		s = "mintws: closed with "
	}
	s += e.Code.String()
	if e.Reason != "" {
		s += " " + strconv.Quote(e.Reason)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *CloseError) Unwrap() error { return e.Err }

// HandshakeError reports that an opening handshake failed. On the client's side Status and Header are those of the
// response, on the server's side those of the answer.
type HandshakeError struct {
	Status int         // status code of the response, or of the answer
	Header http.Header // fields of the response, or of the answer
	Err    error       // the sentinel
	Detail string      // which field, what it held unless that may be a secret, what was expected
	// Canceled says that [Receive] has cancelled the stream, because it was neither a WebSocket nor HTTP any more. If
	// Receive leaves it false, the response is an ordinary one: its content follows in EventData, and the connection remains
	// usable. [WebSocket.JudgeAnswer] and Accept never set it.
	Canceled bool
	// Server says that the error was made by [Accept]: Status, Header and Detail are meant for the client. In a client's
	// error they come from the server that it asked, and are nobody else's business.
	Server bool
}

// Error returns the sentinel's text and which field was wrong.
func (e *HandshakeError) Error() string { return fmt.Sprintf("%v: %s", e.Err, e.Detail) }

// Unwrap returns the sentinel.
func (e *HandshakeError) Unwrap() error { return e.Err }

// CloseFrame returns the Close frame that err calls for, with a reason of at most 123 bytes made of its text. ok is false
// if err does not say that the peer broke the protocol or a limit: then no Close is due. A Failed WebSocket encodes exactly
// this Close and no other.
//
// The frame can always be sent. What is not UTF-8 in the text is replaced. 1002 takes the place of a code that may not be
// sent (RFC 6455 section 7.4), and of 1010, which is about the handshake and only for clients.
func CloseFrame(err error) (f Frame, ok bool) {
	if err == nil { // the usual case: pe would be allocated
		return Frame{}, false
	}
	var pe *ProtocolError
	if !errors.As(err, &pe) || pe == nil {
		return Frame{}, false
	}
	reason := strings.TrimPrefix(pe.sentinel().Error(), "mintws: ")
	if pe.Detail != "" {
		reason += ": " + pe.Detail
	}
	code := pe.Code
	if !code.Sendable() || code == CodeMissingExt {
		code = CodeProtocolError
	}
	return Close(code, truncate(strings.ToValidUTF8(reason, "\uFFFD"), maxReason)), true
}

// maxReason is the space that a control frame's 125 bytes leave after the status code (RFC 6455 sections 5.5 and 5.5.1).
const maxReason = 123

// truncate returns the longest prefix of s that has at most n bytes and does not cut a character.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
