package mintws

import (
	"fmt"
	"unicode/utf8"

	"github.com/mintws/mintws/internal/pbuf"
	"github.com/mintws/mintws/internal/utf8dfa"
)

// This file holds the rules of which frame may come when: checkOrder and closeReceived for what arrives, advance for what
// is sent. What a frame looks like in bytes is the concern of header.go, decode.go and encode.go.

// checkOrder reports why a data frame with the given opcode may not arrive now. Control frames may come at any time.
func (ws *WebSocket) checkOrder(op Opcode) *ProtocolError {
	if op == OpContinuation && ws.inOp == 0 { // RFC 6455 section 5.4
		return violation(ErrUnexpectedContinuation, "no message is under way")
	}
	if op != OpContinuation && ws.inOp != 0 { // section 5.4
		return violation(ErrExpectedContinuation, "%v frame within a fragmented %v message", op, ws.inOp)
	}
	if limit := ws.cfg.limits.MaxFragments; int(ws.frames) >= limit {
		return &ProtocolError{CodeMessageTooBig, ErrTooManyFragments, fmt.Sprintf("more than %d frames", limit)}
	}
	return nil
}

// closeReceived notes the peer's Close. Nothing after it is read (RFC 6455 section 5.5.1), so whatever was begun before it
// is dropped.
func (ws *WebSocket) closeReceived(f Frame) {
	ws.flags |= receivedClose
	ws.code = f.Code
	ws.msg = pbuf.Buf{}
	ws.part = pbuf.Buf{}.Append(f.Payload, len(f.Payload))
	ws.state = Closing
	if ws.flags&sentClose != 0 {
		ws.state = Closed
	}
}

// advance turns ws into what it is after f has been sent. If f may not be sent now, it returns why and changes nothing.
// checked says that f is a whole frame, and is known to be UTF-8 if it is text.
func (ws *WebSocket) advance(f *Frame, checked bool) error {
	if ws.state != Open {
		if err := ws.checkState(f); err != nil {
			return err
		}
	}
	if f.RSV != 0 && !ws.ownsRSV(f) || f.Code != 0 && f.Opcode != OpClose || !f.Opcode.valid() {
		return invalidHead(f)
	}
	if f.Opcode.IsControl() {
		return ws.advanceControl(f)
	}
	if (f.Opcode == OpContinuation) != (ws.outOp != 0) { // RFC 6455 section 5.4
		if ws.outOp != 0 {
			return fmt.Errorf("%w: %v frame, but a fragmented %v message is not complete", ErrFragmenting, f.Opcode, ws.outOp)
		}
		return fmt.Errorf("%w: Continuation frame, but no fragmented message is being sent", ErrFragmenting)
	}
	op := f.Opcode
	if op == OpContinuation {
		op = ws.outOp
	}
	if op == OpText && !checked && !ws.cfg.skipUTF8 && !ws.encoded(f) { // section 5.6
		state, bad := utf8dfa.Check(ws.outUTF8, f.Payload)
		if bad >= 0 {
			return fmt.Errorf("%w: text is not UTF-8: byte 0x%02x at offset %d", ErrInvalidFrame, f.Payload[bad], bad)
		}
		if !f.More && state != utf8dfa.Start {
			return fmt.Errorf("%w: text is not UTF-8: it ends inside a character", ErrInvalidFrame)
		}
		ws.outUTF8 = state
	}
	coded := ws.encoded(f)
	ws.outOp = 0
	ws.flags &^= outCoded
	if f.More {
		ws.outOp = op
		if coded {
			ws.flags |= outCoded
		}
	}
	return nil
}

// ownsRSV reports whether f may carry its reserved bits: the caller did what an extension would have done.
func (ws *WebSocket) ownsRSV(f *Frame) bool {
	return f.Raw && f.RSV&^ws.cfg.rsv == 0 && (f.Opcode == OpText || f.Opcode == OpBinary)
}

// encoded reports whether f belongs to a message whose payload is not what the peer will read, because it came with
// reserved bits.
func (ws *WebSocket) encoded(f *Frame) bool {
	if f.Opcode == OpContinuation {
		return ws.flags&outCoded != 0
	}
	return f.RSV != 0
}

// checkState returns why f may not be sent in a state other than Open, or nil.
func (ws *WebSocket) checkState(f *Frame) error {
	switch {
	case ws.state < Open:
		return ErrNotOpen
	case ws.state == Closed:
		return ErrClosed
	case ws.state == Failed:
		due, ok := CloseFrame(*ws.fail)
		switch {
		case !ok: // the stream ended or the handshake was refused: nobody is listening
			return ErrClosed
		case ws.flags&sentClose != 0:
			return ErrCloseSent
		case f.Opcode == OpClose && (f.Code != due.Code || string(f.Payload) != string(due.Payload)):
			return fmt.Errorf("%w: Close %v after a failure; only the Close that CloseFrame gives may be sent",
				ErrInvalidFrame, f.Code)
		}
	case ws.flags&sentClose != 0 && f.Opcode != OpPong: // RFC 6455 section 5.5.1
		return ErrCloseSent
	}
	return nil
}

// advanceControl is advance for control frames (RFC 6455 section 5.5).
func (ws *WebSocket) advanceControl(f *Frame) error {
	if f.More {
		return fmt.Errorf("%w: %v frame with More; control frames are not fragmented", ErrInvalidFrame, f.Opcode)
	}
	if f.Opcode != OpClose {
		if len(f.Payload) > maxControl {
			return fmt.Errorf("%w: %v frame of %d bytes, at most %d are allowed",
				ErrInvalidFrame, f.Opcode, len(f.Payload), maxControl)
		}
		return nil
	}
	switch { // sections 5.5.1 and 7.4
	case f.Code == 0 && len(f.Payload) > 0:
		return fmt.Errorf("%w: Close frame with a reason but no code", ErrInvalidFrame)
	case f.Code != 0 && !f.Code.Sendable():
		return fmt.Errorf("%w: close code %v must not be sent", ErrInvalidFrame, f.Code)
	case f.Code == CodeMissingExt && ws.cfg.role == Server:
		return fmt.Errorf("%w: close code %v is for clients only", ErrInvalidFrame, f.Code)
	case len(f.Payload) > maxReason:
		return fmt.Errorf("%w: close reason of %d bytes, at most %d are allowed", ErrInvalidFrame, len(f.Payload), maxReason)
	case !utf8.Valid(f.Payload):
		return fmt.Errorf("%w: close reason is not UTF-8", ErrInvalidFrame)
	}
	ws.flags |= sentClose
	switch {
	case ws.state == Failed:
	case ws.flags&receivedClose != 0:
		ws.state = Closed
	default:
		ws.state = Closing
	}
	return nil
}

// invalidHead says what is wrong with f whatever the state.
func invalidHead(f *Frame) error {
	switch {
	case !f.Opcode.valid():
		return fmt.Errorf("%w: reserved opcode 0x%x", ErrInvalidFrame, uint8(f.Opcode)) // RFC 6455 section 5.2
	case f.RSV != 0:
		return fmt.Errorf("%w: reserved bits 0x%02x that no extension uses", ErrInvalidFrame, uint8(f.RSV)) // section 5.2
	default:
		return fmt.Errorf("%w: close code %d on a %v frame", ErrInvalidFrame, f.Code, f.Opcode)
	}
}
