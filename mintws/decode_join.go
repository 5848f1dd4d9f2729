package mintws

import (
	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/internal/utf8dfa"
)

// join takes the message at the start of data if it is in fragments (RFC 6455 section 5.4), legal, and complete with no
// control frame in between. It returns how many bytes that was. It joins the fragments in Buf, so that nothing is
// allocated. It leaves anything else, and anything wrong, to frame, and then returns 0.
func (in *Inbox) join(data []byte, cfg *config) int {
	first, masked := data[0], byte(0)
	if first != byte(OpText) && first != byte(OpBinary) || cfg.always || cfg.delivery != DeliverMessages {
		return 0
	}
	if cfg.role == Server { // section 5.1: a client masks all frames, a server none
		masked = bitMASK
	}
	end, frames, size := 0, 0, uint64(0)
	for fin := false; !fin; frames++ {
		b := data[end:]
		at, n := span(b, masked)
		if at == 0 || frames > 0 && b[0]&^bitFIN != byte(OpContinuation) {
			return 0
		}
		size += n
		if frames >= cfg.limits.MaxFragments || n > uint64(cfg.limits.MaxFrame) || size > uint64(cfg.limits.MaxMessage) {
			return 0
		}
		fin = b[0]&bitFIN != 0
		end += at + int(n)
	}
	p := in.extend(int(size))
	for b, dst := data[:end], p; len(b) > 0; {
		at, n := span(b, masked)
		if masked != 0 {
			mask.Copy(dst[:n], b[at:][:n], mask.KeyOf(b[at-4:]))
		} else {
			copy(dst, b[at:][:n])
		}
		b, dst = b[at+int(n):], dst[n:]
	}
	if first == byte(OpText) && !cfg.skipUTF8 && !utf8dfa.Valid(p) { // sections 5.6 and 8.1
		return 0
	}
	in.add(first, p)
	return end
}

// span returns where the payload of the frame at the start of b begins, and its length. masked is the mask bit that it must
// have. at is 0 if the frame is not complete, or if its length or mask bit is not legal. span parses headers itself, for
// speed: TestHeadersAgree holds what join takes to what WebSocket.header allows.
func span(b []byte, masked byte) (at int, length uint64) {
	if len(b) < 2 {
		return 0, 0
	}
	at, n := 2, uint64(b[1]^masked)
	if n > maxControl {
		if at, n = longLength(b, n); at == 0 {
			return 0, 0
		}
	}
	if masked != 0 {
		at += 4
	}
	if len(b) < at || n > uint64(len(b)-at) {
		return 0, 0
	}
	return at, n
}
