package mintws

import (
	"encoding/binary"
	"slices"

	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/internal/utf8dfa"
)

// between reports whether ws is between two messages and has no byte of the next one yet.
func (ws *WebSocket) between() bool { return ws.inOp == 0 && ws.remaining <= 0 && ws.part.Len() == 0 }

// take takes the legal messages at the start of data that are complete and in one frame each, which is what most frames
// are, and returns the rest. Such messages change nothing about a WebSocket that is between messages, so they cost no more
// than their frames. take stops at anything else, and at anything wrong, which it leaves to frame.
//
// It parses headers itself, for speed: TestHeadersAgree holds what it takes to what WebSocket.header allows.
func (in *Inbox) take(data []byte, cfg *config) []byte {
	if cfg.role == Server {
		return in.takeMasked(data, cfg)
	}
	if cfg.always {
		return data
	}
	limit := uint64(min(cfg.limits.MaxFrame, cfg.limits.MaxMessage))
	for len(data) >= 2 {
		first, at, n := data[0], 2, uint64(data[1])
		if first != bitFIN|byte(OpBinary) && first != bitFIN|byte(OpText) {
			break
		}
		if n > maxControl {
			if at, n = longLength(data, n); at == 0 {
				break
			}
		}
		if n > limit || n > uint64(len(data)-at) {
			break
		}
		p := data[at:][:n:n]
		if first == bitFIN|byte(OpText) && !cfg.skipUTF8 && !utf8dfa.Valid(p) { // sections 5.6 and 8.1
			break
		}
		in.add(first, p)
		data = data[at+int(n):]
	}
	return data
}

// takeMasked is take for a server (RFC 6455 section 5.1: a client masks all frames, a server none). It parses headers
// itself as well, and TestHeadersAgree holds it to WebSocket.header.
func (in *Inbox) takeMasked(data []byte, cfg *config) []byte {
	if cfg.always {
		return data
	}
	limit := uint64(min(cfg.limits.MaxFrame, cfg.limits.MaxMessage))
	for len(data) >= 6 {
		first, at, n := data[0], 2, uint64(data[1]^bitMASK)
		if first != bitFIN|byte(OpBinary) && first != bitFIN|byte(OpText) {
			break
		}
		if n > maxControl {
			if at, n = longLength(data, n); at == 0 || len(data)-at < 4 {
				break
			}
		}
		if n > limit || n > uint64(len(data)-at-4) {
			break
		}
		var p []byte
		if mark, end := len(in.Buf), len(in.Buf)+int(n); end <= cap(in.Buf) { // as extend
			p = in.Buf[mark:end:end]
			in.Buf = in.Buf[:end]
		} else {
			p = in.spill(int(n))
		}
		mask.Copy(p, data[at+4:][:n], mask.KeyOf(data[at:]))
		if first == bitFIN|byte(OpText) && !cfg.skipUTF8 && !utf8dfa.Valid(p) { // sections 5.6 and 8.1
			break
		}
		in.add(first, p)
		data = data[at+4+int(n):]
	}
	return data
}

// longLength returns the extended length in the header at the start of b, and where that length ends. n is the second byte
// of the header without the mask bit. at is 0 if the length is not complete, or not in the minimal form (RFC 6455 section
// 5.2).
func longLength(b []byte, n uint64) (at int, length uint64) {
	switch {
	case n == 126 && len(b) >= 4:
		if n = uint64(binary.BigEndian.Uint16(b[2:])); n >= 126 {
			return 4, n
		}
	case n == 127 && len(b) >= 10:
		if n = binary.BigEndian.Uint64(b[2:]); n >= 1<<16 {
			return 10, n
		}
	}
	return 0, 0
}

// add appends a message with the given payload. first is the first byte of its header.
func (in *Inbox) add(first byte, payload []byte) {
	n := len(in.Frames)
	if n == cap(in.Frames) {
		in.grow()
	}
	in.Frames = in.Frames[:n+1]
	// Field by field, as making a Frame first and then copying it costs as much as all the rest.
	f := &in.Frames[n]
	f.Opcode, f.More, f.RSV, f.Raw, f.Code = Opcode(first&bitsOpcode), false, 0, false, 0
	f.Payload = payload
}

// grow makes room for a frame.
func (in *Inbox) grow() { in.Frames = slices.Grow(in.Frames, 1) }
