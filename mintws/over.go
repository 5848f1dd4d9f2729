package mintws

import (
	"fmt"

	"github.com/mintws/mintws/internal/pbuf"
)

// Over reports whether ws has come to its end: nothing more is received on it, and nothing is sent but the Close that a
// failure may still call for. It has one answer for both versions of HTTP, and for a WebSocket without HTTP: the State is
// Closed or Failed.
//
// [Receive] leads there in every case: with the peer's Close or the answer to it, with a breach of the protocol, with a
// refused handshake, with EventDone or with EventReset. The end of the connection brings one of these two events to each
// stream that had none. So a loop that passes on all events can end when its WebSockets are over, and needs no other sign.
// What is in Output.Send still has to be written then. The zero WebSocket is over too, as nothing can come for it.
func (ws WebSocket) Over() bool { return ws.state >= Closed || ws.state == Invalid }

// Err returns nil for a WebSocket that is not over, and for one that ended well: with a complete closing handshake (RFC
// 6455 section 7.1.4), in which the peer's Close had no code or 1000 or 1001. Otherwise it says what went wrong: the
// *[HandshakeError], *[ProtocolError] or *[CloseError] that made it Failed, or, if it is Closed, a *CloseError that is
// Complete. That includes a code that we sent first and the peer returned, so a caller that closes with 1008 gets an error
// for it. The error is kept until the value is dropped.
func (ws WebSocket) Err() error {
	if ws.state == Failed {
		return *ws.fail
	}
	code, reason := ws.PeerClose()
	if ws.state != Closed || code == CodeNormal || code == CodeGoingAway || code == CodeNoStatus {
		return nil
	}
	return &CloseError{Code: code, Reason: reason, Complete: true}
}

// PeerClose returns what the peer's Close said (RFC 6455 section 7.1.5): its code, or [CodeNoStatus] if it had none, and its
// reason. The code is 0 while no Close has come. It is kept until the value is dropped.
func (ws WebSocket) PeerClose() (code CloseCode, reason string) {
	switch {
	case ws.flags&receivedClose == 0:
		return 0, ""
	case ws.code == 0:
		return CodeNoStatus, ""
	}
	return ws.code, string(ws.part.Bytes())
}

// EOF says what the end of the peer's bytes means. The error is nil only after a complete closing handshake, whatever the
// code. Otherwise it is the error that ws had failed with, or a *[CloseError] with the code of the peer's Close, which is
// 1006 if none came (RFC 6455 section 7.1.5). The value returned takes no more input. It sends nothing, unless it had
// failed before: then its Close may still be due. [ErrNotOpen], for the zero WebSocket, and [ErrRest], as the peer's Close
// may be in Inbox.Rest, change nothing.
func (ws WebSocket) EOF() (WebSocket, error) {
	switch ws.state {
	case Invalid:
		return ws, ErrNotOpen
	case Closed:
		return ws, nil
	case Failed:
		return ws, *ws.fail
	}
	if ws.rest != 0 {
		return ws, ErrRest
	}
	return ws.ended(nil)
}

// ended is EOF for a WebSocket that has not ended yet. why is what ended the stream below, or nil if that is not known.
func (ws WebSocket) ended(why error) (WebSocket, error) {
	if ws.state == Connecting {
		if why == nil {
			why = ErrNoAnswer
		} else {
			why = fmt.Errorf("%w: %w", ErrNoAnswer, why)
		}
	}
	err := &CloseError{Code: CodeAbnormal, Err: why}
	if code, reason := ws.PeerClose(); code != 0 {
		err.Code, err.Reason = code, reason
	} else {
		ws.part = pbuf.Buf{}
	}
	ws.state, ws.fail, ws.msg, ws.rest = Failed, cause(err), pbuf.Buf{}, 0
	ws.flags |= sentClose // nobody is there to read ours
	return ws, err
}
