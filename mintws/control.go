package mintws

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/internal/utf8dfa"
)

// control hands over a control frame, if all of its payload is in p. It returns how many bytes of the frame it used: all or
// none. A control frame may stand between the fragments of a message (RFC 6455 section 5.4), and leaves that message alone.
func (ws *WebSocket) control(in *Inbox, h header, p []byte) (int, *ProtocolError) {
	whole := len(p) == int(h.length)
	if h.op == OpClose {
		var b [maxControl]byte
		mask.Copy(b[:len(p)], p, h.key) // a client's key is 0
		if err := checkClose(b[:len(p)], whole); err != nil {
			return 0, err
		}
	}
	if !whole {
		return 0, nil
	}
	if ws.cfg.role == Server && len(p) > 0 {
		masked := p
		p = in.extend(len(p))
		mask.Copy(p, masked, h.key)
	}
	f := Frame{Opcode: h.op, Payload: p[:len(p):len(p)]}
	if h.op == OpClose {
		if len(p) >= 2 {
			f.Code, f.Payload = CloseCode(binary.BigEndian.Uint16(p)), p[2:len(p):len(p)]
		}
		ws.closeReceived(f)
	}
	in.Frames = append(in.Frames, f)
	return h.size + len(p), nil
}

// checkClose judges the payload of a Close, of which p has arrived (RFC 6455 section 5.5.1). A payload of one byte has been
// refused with the header.
func checkClose(p []byte, whole bool) *ProtocolError {
	if len(p) == 0 {
		return nil
	}
	// No valid code has this high byte, whatever the second byte is.
	if lo := CloseCode(p[0]) << 8; !(lo == 0x300 || lo >= 0xB00 && lo <= 0x1300) {
		return violation(ErrClosePayload, "status code of %d to %d", lo, lo|0xFF)
	}
	if len(p) < 2 {
		return nil
	}
	if code := CloseCode(binary.BigEndian.Uint16(p)); !code.Sendable() { // section 7.4
		return violation(ErrClosePayload, "status code %v", code)
	}
	state, bad := utf8dfa.Check(utf8dfa.Start, p[2:])
	if bad >= 0 {
		return badText("close reason", p[2+bad], int64(bad))
	}
	if whole && state != utf8dfa.Start {
		return &ProtocolError{CodeInvalidPayload, ErrInvalidUTF8, "close reason ends inside a character"}
	}
	return nil
}

// badText returns the error for byte b at offset at of a text: close code 1007 (RFC 6455 section 8.1).
func badText(what string, b byte, at int64) *ProtocolError {
	return &ProtocolError{CodeInvalidPayload, ErrInvalidUTF8, fmt.Sprintf("byte 0x%02x at offset %d of the %s", b, at, what)}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
