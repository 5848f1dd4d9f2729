package mintws

import (
	"fmt"
	"strconv"
)

// Opcode says what a frame is (RFC 6455 section 5.2).
type Opcode uint8

// The opcodes of RFC 6455 section 11.8. All others are reserved.
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xA
)

// IsControl reports whether o is Close, Ping, Pong or one of the reserved control opcodes (RFC 6455 section 5.5).
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// valid reports whether o is one of the six opcodes that RFC 6455 defines.
func (o Opcode) valid() bool { return o <= OpBinary || o >= OpClose && o <= OpPong }

// String returns the opcode's name, "Text" for OpText.
func (o Opcode) String() string {
	switch o {
	case OpContinuation:
		return "Continuation"
	case OpText:
		return "Text"
	case OpBinary:
		return "Binary"
	case OpClose:
		return "Close"
	case OpPing:
		return "Ping"
	case OpPong:
		return "Pong"
	}
	return "Opcode(0x" + strconv.FormatUint(uint64(o), 16) + ")"
}

// RSV holds the reserved bits of a frame's first byte, in place (RFC 6455 section 5.2).
type RSV uint8

// The three reserved bits.
const (
	RSV1 RSV = 0x40
	RSV2 RSV = 0x20
	RSV3 RSV = 0x10
)

// Frame is a message, a fragment of one, or a control frame.
//
// In a frame that was received, Payload may point into the data passed to Decode or into the Inbox: see [Inbox]. It has
// its capacity clipped, and [Frame.Clone] makes it last. In a frame that is sent, Payload is read during the call and not
// kept.
type Frame struct {
	Opcode Opcode // what the frame is
	More   bool   // further fragments follow; false in a whole message
	// RSV must be zero in a frame that is sent, unless Raw is set and an extension owns the bits. In a received frame it is
	// zero.
	RSV RSV
	// Raw, in the first frame of a message that is sent, lets the whole message skip the extensions. With RSV, the caller
	// says that it has done what they would have done. The text is not known then, so later messages refer to nothing before
	// it. To compress a message once for many WebSockets, use [Prepare].
	Raw  bool
	Code CloseCode // Close only: the status code; 0 if there is none
	// Payload is the content; for Close, the reason.
	Payload []byte
}

// Text returns a whole text message. A []byte is not copied; it must be valid UTF-8 (RFC 6455 section 5.6).
func Text[S ~string | ~[]byte](s S) Frame { return Frame{Opcode: OpText, Payload: []byte(s)} }

// Binary returns a whole binary message with b, which is not copied, as its payload.
func Binary(b []byte) Frame { return Frame{Opcode: OpBinary, Payload: b} }

// Ping returns a Ping frame. b, which is not copied, may have at most 125 bytes (RFC 6455 section 5.5).
func Ping(b []byte) Frame { return Frame{Opcode: OpPing, Payload: b} }

// Pong returns a Pong frame. b, which is not copied, may have at most 125 bytes (RFC 6455 section 5.5).
func Pong(b []byte) Frame { return Frame{Opcode: OpPong, Payload: b} }

// Close returns a Close frame (RFC 6455 section 5.5.1). With code 0 it carries no status code, and must not carry a reason.
// The reason may have at most 123 bytes of UTF-8.
func Close(code CloseCode, reason string) Frame {
	return Frame{Opcode: OpClose, Code: code, Payload: []byte(reason)}
}

// Clone returns f with a payload of its own, which stays valid whatever happens to the buffers that f points into.
func (f Frame) Clone() Frame {
	if f.Payload != nil {
		f.Payload = append(make([]byte, 0, len(f.Payload)), f.Payload...)
	}
	return f
}

// String returns f in one line, for people to read: the opcode, the code of a Close, the payload or its beginning, and "…"
// if further fragments follow. So it shows what was sent or received. Errors show no more of that than the reason of a
// Close and single bytes that are at fault.
func (f Frame) String() string {
	s := f.Opcode.String()
	if f.Opcode == OpClose && f.Code != 0 {
		s += " " + f.Code.String()
	}
	const limit = 64
	shown := f.Payload[:min(len(f.Payload), limit)]
	switch {
	case f.Opcode == OpBinary && len(shown) > 0:
		s += fmt.Sprintf(" % x", shown)
	case f.Opcode != OpClose || len(shown) > 0:
		s += " " + strconv.Quote(string(shown))
	}
	if rest := len(f.Payload) - len(shown); rest > 0 {
		s += " and " + strconv.Itoa(rest) + " bytes"
	}
	if f.More {
		s += " …"
	}
	return s
}
