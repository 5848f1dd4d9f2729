package mintws

import (
	"encoding/binary"
	"slices"

	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/internal/utf8dfa"
)

// whole takes a legal message in one frame that is all there, between messages: what most frames are. It changes
// nothing about ws, so that the cost is that of the frame. For anything else, and anything that is wrong, it returns 0
// and leaves it to frame.
func (ws *WebSocket) whole(in *Inbox, b []byte) int {
	if len(b) < 2 || b[0] != bitFIN|byte(OpBinary) && b[0] != bitFIN|byte(OpText) {
		return 0
	}
	cfg := ws.cfg
	if ws.inOp != 0 || ws.left > 0 || ws.part.Len() > 0 || cfg.always || (b[1]&bitMASK != 0) != (cfg.role == Server) {
		return 0
	}
	at, n := 2, uint64(b[1]&bitsLength)
	if n > maxControl {
		switch {
		case n == 126 && len(b) >= 4:
			if at, n = 4, uint64(binary.BigEndian.Uint16(b[2:])); n < 126 {
				return 0
			}
		case n == 127 && len(b) >= 10:
			if at, n = 10, binary.BigEndian.Uint64(b[2:]); n < 1<<16 {
				return 0
			}
		default:
			return 0
		}
	}
	if n > uint64(cfg.limits.MaxFrame) || n > uint64(cfg.limits.MaxMessage) || cfg.limits.MaxFragments < 1 {
		return 0
	}
	var p []byte
	if cfg.role == Client {
		if uint64(len(b)-at) < n {
			return 0
		}
		end := at + int(n)
		p = b[at:end:end]
		at = end
	} else {
		if len(b)-at < 4 || uint64(len(b)-at-4) < n {
			return 0
		}
		key := mask.KeyOf(b[at:])
		at += 4
		mark := len(in.Buf)
		in.Buf = slices.Grow(in.Buf, int(n))[:mark+int(n)]
		p = in.Buf[mark:len(in.Buf):len(in.Buf)]
		mask.Copy(p, b[at:at+int(n)], key)
		at += int(n)
	}
	if b[0] == bitFIN|byte(OpText) && !cfg.skipUTF8 && !utf8dfa.Valid(p) {
		if cfg.role == Server {
			in.Buf = in.Buf[:len(in.Buf)-int(n)]
		}
		return 0
	}
	in.Frames = append(in.Frames, Frame{})
	f := &in.Frames[len(in.Frames)-1]
	f.Opcode, f.Payload = Opcode(b[0]&bitsOpcode), p
	return at
}
