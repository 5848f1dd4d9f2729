package bench

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/mintws/mintws/mintws"
)

// data judges the payload of a data frame, of which f holds what has arrived, and notes where its message stands.
func (o *oracle) data(f refFrame, length int64, whole bool, at int) {
	if f.op != mintws.OpContinuation {
		o.op, o.size, o.parts, o.broken = f.op, 0, 0, nil
	}
	o.size += length
	o.parts++
	if o.op == mintws.OpText {
		text := append(bytes.Clone(o.broken), f.payload...)
		bad, rest := scanUTF8(text)
		if bad >= 0 {
			o.refuse(at+bad-len(o.broken), ruleText, mintws.ErrInvalidUTF8)
			return
		}
		if o.broken = rest; whole && !f.more && len(rest) > 0 { // known with the last byte of the frame
			o.refuse(at+len(f.payload)-1, ruleText, mintws.ErrInvalidUTF8)
			return
		}
	}
	if !whole {
		return
	}
	o.state = o.state.Set(ws.StateFragmented)
	if !f.more {
		o.state = o.state.Clear(ws.StateFragmented)
		o.op, o.size, o.parts, o.broken = 0, 0, 0, nil
	}
}

// closeBody judges what has arrived of the payload of a Close.
func (o *oracle) closeBody(p []byte, whole bool, at int) {
	if len(p) == 0 {
		return
	}
	possible := false
	for low := range 256 {
		possible = possible || legalCode(uint16(p[0])<<8|uint16(low))
	}
	if !possible {
		o.refuse(at, ruleCode, mintws.ErrClosePayload)
		return
	}
	if len(p) < 2 {
		return
	}
	if !legalCode(binary.BigEndian.Uint16(p)) {
		o.refuse(at+1, ruleCode, mintws.ErrClosePayload)
		return
	}
	bad, rest := scanUTF8(p[2:])
	switch {
	case bad >= 0:
		o.refuse(at+2+bad, ruleReason, mintws.ErrInvalidUTF8)
	case whole && len(rest) > 0:
		o.refuse(at+len(p)-1, ruleReason, mintws.ErrInvalidUTF8)
	}
}

// legalCode is gobwas's opinion, corrected: 1012 to 1014 are in the IANA registry, and nothing is defined above 4999.
func legalCode(code uint16) bool {
	switch {
	case code >= 1012 && code <= 1014:
		return true
	case code >= 5000: // RFC 6455 section 7.4.2 ends at 4999
		return false
	}
	return ws.CheckCloseFrameData(ws.StatusCode(code), "") == nil
}

// scanUTF8 returns the index of the first byte of p after which no continuation can be valid, or -1 and the beginning of a
// character that p ends with.
func scanUTF8(p []byte) (bad int, rest []byte) {
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		if r != utf8.RuneError || n != 1 {
			i += n
			continue
		}
		for j := i + 1; j <= len(p); j++ {
			if utf8.FullRune(p[i:j]) { // false for the proper beginning of a character, and for nothing else
				return j - 1, nil
			}
		}
		return -1, p[i:]
	}
	return -1, nil
}
