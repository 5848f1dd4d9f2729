package mintws

import (
	"encoding/binary"
	"fmt"

	"github.com/mintws/mintws/internal/mask"
)

// The bits of a frame's first two bytes (RFC 6455 section 5.2).
const (
	bitFIN     = 0x80
	bitsRSV    = 0x70
	bitsOpcode = 0x0F
	bitMASK    = 0x80
	bitsLength = 0x7F

	maxControl   = 125 // section 5.5
	maxHeaderLen = 14
)

// header is a frame's header, once it was parsed and found legal.
type header struct {
	op     Opcode
	fin    bool
	rsv    RSV
	length int64
	key    mask.Key
	size   int // bytes of the header itself; 0 if it is not complete
}

// header parses the frame header at the start of b. It judges every byte as soon as that is there, so that an illegal one is
// refused in the same words however the input is cut. If b ends before the header does, size is 0.
//
// Headers are parsed in four places, but only this one knows all the rules. The others, Inbox.take, Inbox.takeMasked and
// span, know no more than what a legal data frame looks like, for speed, and leave anything else to this one.
// TestHeadersAgree holds them to it.
func (ws *WebSocket) header(b []byte) (h header, err *ProtocolError) {
	if len(b) == 0 {
		return h, nil
	}
	h.op, h.fin, h.rsv = Opcode(b[0]&bitsOpcode), b[0]&bitFIN != 0, RSV(b[0]&bitsRSV)
	if err = ws.checkFirst(b[0]); err != nil || len(b) < 2 {
		return h, err
	}
	// RFC 6455 section 5.1: a client masks all frames, a server none.
	masked := b[1]&bitMASK != 0
	if masked != (ws.cfg.role == Server) {
		if masked {
			return h, violation(ErrMasked, "%v frame, second byte 0x%02x", h.op, b[1])
		}
		return h, violation(ErrUnmasked, "%v frame, second byte 0x%02x", h.op, b[1])
	}
	size := 2
	switch n := b[1] & bitsLength; {
	case n <= maxControl:
		h.length = int64(n)
		if h.op == OpClose && n == 1 { // section 5.5.1: the body, if there is one, begins with a two-byte code
			return h, violation(ErrClosePayload, "payload of 1 byte, status codes have 2")
		}
		if room := ws.room(h); h.length > room && !h.op.IsControl() {
			return h, ws.tooBig(n, nil, room)
		}
	case h.op.IsControl(): // section 5.5
		return h, violation(ErrControlTooLong, "%v frame with a length above %d", h.op, maxControl)
	default:
		size += 2
		if n == 127 {
			size += 6
		}
		ext := b[2:min(len(b), size)]
		h.length = bigEndian(ext)
		if room := ws.room(h); len(b) < size || h.length < 126 || n == 127 && h.length <= 0xFFFF || h.length > room {
			return h, ws.checkLength(n, ext, room)
		}
	}
	if masked {
		size += 4
		if len(b) < size {
			return h, nil
		}
		h.key = mask.KeyOf(b[size-4:])
	}
	h.size = size
	return h, nil
}

// checkFirst judges a frame's first byte: reserved bits, opcode, FIN on control frames, and whether such a frame may come
// now.
func (ws *WebSocket) checkFirst(b byte) *ProtocolError {
	op := Opcode(b & bitsOpcode)
	if rsv := RSV(b & bitsRSV); rsv != 0 && (rsv&^ws.cfg.rsv != 0 || op != OpText && op != OpBinary) {
		// RFC 6455 section 5.2: nonzero without an extension that defines it fails the connection.
		return violation(ErrReservedBits, "first byte 0x%02x", b)
	}
	if !op.valid() { // section 5.2
		return violation(ErrReservedOpcode, "opcode 0x%x", uint8(op))
	}
	if op.IsControl() {
		if b&bitFIN == 0 { // section 5.5
			return violation(ErrControlFragmented, "%v frame without FIN", op)
		}
		return nil
	}
	return ws.checkOrder(op)
}

// room returns how long the data frame with header h may be.
func (ws *WebSocket) room(h header) int64 {
	l := &ws.cfg.limits
	if h.op == OpContinuation {
		h.rsv = ws.inRSV
	}
	switch {
	case !ws.cfg.transformed(h.rsv):
		return min(l.MaxFrame, l.MaxMessage-ws.size)
	case ws.cfg.delivery != DeliverMessages:
		return l.MaxFrame // no message is held; the message's limit is for what comes out of the transforms
	}
	// The limit is for the message as it comes out of the transforms, and what is held until it is whole is not that. A
	// sender that does not compress what would grow stays within the limit here as well. The allowance is for one that does.
	limit := l.MaxMessage
	if more := limit + limit>>10 + 64; more > 0 {
		limit = more
	}
	return min(l.MaxFrame, limit-ws.size)
}

// checkLength judges an extended payload length of which the bytes ext have arrived. It looks at one byte after the other,
// so that the first one that makes the length illegal decides, however the input was cut.
func (ws *WebSocket) checkLength(n byte, ext []byte, room int64) *ProtocolError {
	want, least := 2, int64(126)
	if n == 127 {
		want, least = 8, 1<<16
	}
	for k := 0; k <= len(ext); k++ {
		if k > 0 && want == 8 && ext[0]&0x80 != 0 { // RFC 6455 section 5.2: the most significant bit must be 0
			return violation(ErrInvalidLength, "64-bit length with its highest bit set, first byte 0x%02x", ext[0])
		}
		at := lowest(ext[:k], want)
		if highest := at + 1<<(8*(want-k)) - 1; k > 0 && highest < least { // section 5.2: the minimal number of bytes
			return violation(ErrInvalidLength, "length of at most %d in %d bytes, which is not minimal", highest, want)
		}
		if max(at, least) > room {
			return ws.tooBig(n, ext[:k], room)
		}
	}
	return nil
}

// lowest returns the smallest big-endian number of n bytes that begins with p.
func lowest(p []byte, n int) int64 { return bigEndian(p) << (8 * (n - len(p))) }

// tooBig returns the error for a payload length that exceeds room. ext is what has arrived of its extension.
func (ws *WebSocket) tooBig(n byte, ext []byte, room int64) *ProtocolError {
	atLeast := int64(n)
	switch n {
	case 126:
		atLeast = max(126, lowest(ext, 2))
	case 127:
		atLeast = max(1<<16, lowest(ext, 8))
	}
	limits := ws.cfg.limits
	detail := fmt.Sprintf("frame of at least %d bytes, MaxFrame is %d", atLeast, limits.MaxFrame)
	if room < limits.MaxFrame {
		detail = fmt.Sprintf("message of at least %d bytes, MaxMessage is %d", uint64(ws.size)+uint64(atLeast), limits.MaxMessage)
	}
	return &ProtocolError{CodeMessageTooBig, ErrMessageTooBig, detail}
}

// bigEndian reads up to eight bytes.
func bigEndian(p []byte) (n int64) {
	switch len(p) {
	case 2:
		return int64(binary.BigEndian.Uint16(p))
	case 8:
		return int64(binary.BigEndian.Uint64(p))
	}
	for _, b := range p {
		n = n<<8 | int64(b)
	}
	return n
}

// violation returns the error for a breach of RFC 6455 that calls for close code 1002.
func violation(sentinel error, format string, args ...any) *ProtocolError {
	return &ProtocolError{CodeProtocolError, sentinel, fmt.Sprintf(format, args...)}
}

// wholeFrame returns how many bytes of a frame are needed before it can be judged, as far as its beginning b tells: the
// header and, in a control frame, the payload.
func wholeFrame(b []byte) int {
	if len(b) < 2 {
		return 2
	}
	n, ext := int(b[1]&bitsLength), 0
	switch n {
	case 126:
		ext = 2
	case 127:
		ext = 8
	}
	if b[1]&bitMASK != 0 {
		ext += 4
	}
	if Opcode(b[0] & bitsOpcode).IsControl() {
		return 2 + ext + n
	}
	return 2 + ext
}
