package httpconn

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/http2"
)

// frameHead is the header of a frame (RFC 9113 section 4.1).
type frameHead struct {
	length int
	kind   http2.FrameType
	flags  http2.Flags
	id     StreamID
}

const frameHeadLen = 9

func parseFrameHead(b []byte) frameHead {
	_ = b[8]
	return frameHead{
		length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]),
		kind:   http2.FrameType(b[3]), flags: http2.Flags(b[4]),
		id: StreamID(binary.BigEndian.Uint32(b[5:]) & uint32(maxStreamID)), // the reserved bit is ignored
	}
}

// putFrameHead writes a frame's header to b.
func putFrameHead(b []byte, length int, kind http2.FrameType, flags http2.Flags, id StreamID) {
	_ = b[8]
	b[0], b[1], b[2], b[3], b[4] = byte(length>>16), byte(length>>8), byte(length), byte(kind), byte(flags)
	binary.BigEndian.PutUint32(b[5:], uint32(id))
}

func appendFrameHead(dst []byte, length int, kind http2.FrameType, flags http2.Flags, id StreamID) []byte {
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	putFrameHead(dst[len(dst)-frameHeadLen:], length, kind, flags, id)
	return dst
}

// appendWord appends a frame with one 32-bit number for payload: RST_STREAM or WINDOW_UPDATE.
func appendWord(dst []byte, kind http2.FrameType, id StreamID, v uint32) []byte {
	return binary.BigEndian.AppendUint32(appendFrameHead(dst, 4, kind, 0, id), v)
}

func appendSettings(dst []byte, settings ...http2.Setting) []byte {
	dst = appendFrameHead(dst, 6*len(settings), http2.FrameSettings, 0, 0)
	for _, s := range settings {
		dst = binary.BigEndian.AppendUint16(dst, uint16(s.ID))
		dst = binary.BigEndian.AppendUint32(dst, s.Val)
	}
	return dst
}

// maxDebug is how much of the reason goes with a GOAWAY.
const maxDebug = 200

func appendGoAway(dst []byte, code http2.ErrCode, debug string) []byte {
	debug = debug[:min(len(debug), maxDebug)]
	dst = appendFrameHead(dst, 8+len(debug), http2.FrameGoAway, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, 0) // the last stream of the server's that we processed: push is off
	dst = binary.BigEndian.AppendUint32(dst, uint32(code))
	return append(dst, debug...)
}

// appendBlock appends a header block as HEADERS and as many CONTINUATION as it takes (RFC 9113 section 6.10).
func appendBlock(dst, block []byte, id StreamID, end bool, maxFrame int) []byte {
	kind, flags := http2.FrameHeaders, http2.Flags(0)
	if end {
		flags = http2.FlagHeadersEndStream
	}
	for {
		n := min(len(block), maxFrame)
		if n == len(block) {
			flags |= http2.FlagHeadersEndHeaders
		}
		dst = append(appendFrameHead(dst, n, kind, flags, id), block[:n]...)
		if block = block[n:]; len(block) == 0 {
			return dst
		}
		kind, flags = http2.FrameContinuation, 0
	}
}

// check judges a frame by its header alone: its place on the connection, its length, and its stream's state.
func (c *Conn) h2CheckFrame(f frameHead) (verdict, *ConnError) {
	protocol := func(format string, args ...any) (verdict, *ConnError) {
		return verdict{}, fault(http2.ErrCodeProtocol, ErrMalformed,
			"%v frame on stream %d: %s", f.kind, f.id, fmt.Sprintf(format, args...))
	}
	h := &c.h2
	// An acknowledgement with a payload is wrong in any place, and judged below (section 6.5).
	ack := f.flags.Has(http2.FlagSettingsAck) && f.length == 0
	if h.flags&h2GotSettings == 0 && (f.kind != http2.FrameSettings || ack) { // section 3.4
		if f.length == 'H'<<16|'T'<<8|'T' && f.kind == 'P' {
			return verdict{}, fault(http2.ErrCodeProtocol, ErrMalformed, "the server speaks HTTP/1, expected SETTINGS")
		}
		return protocol("the first frame must be SETTINGS")
	}
	if f.length > initialMaxFrame { // which may always come
		if limit := c.h2Allowed().maxFrame; f.length > int(limit) { // section 4.2
			return verdict{}, fault(http2.ErrCodeFrameSize, ErrMalformed,
				"%v frame of %d bytes, at most %d are allowed", f.kind, f.length, limit)
		}
	}
	if h.rare.blockID != 0 && (f.kind != http2.FrameContinuation || f.id != h.rare.blockID) { // section 6.10
		return protocol("expected CONTINUATION of the header block on stream %d", h.rare.blockID)
	}
	size := func(ok bool, want string) (verdict, *ConnError) {
		if ok {
			return verdict{}, nil
		}
		return verdict{}, fault(http2.ErrCodeFrameSize, ErrMalformed,
			"%v frame of %d bytes, expected %s", f.kind, f.length, want)
	}
	switch f.kind {
	case http2.FrameSettings, http2.FramePing, http2.FrameGoAway: // sections 6.5, 6.7, 6.8
		if f.id != 0 {
			return protocol("expected stream 0")
		}
		switch {
		case f.kind == http2.FramePing:
			return size(f.length == 8, "8")
		case f.kind == http2.FrameGoAway:
			return size(f.length >= 8, "8 or more")
		case f.flags.Has(http2.FlagSettingsAck):
			return size(f.length == 0, "0 with ACK")
		}
		return size(f.length%6 == 0, "a multiple of 6")
	case http2.FrameContinuation:
		if h.rare.blockID == 0 { // section 6.10
			return protocol("there is no header block to continue")
		}
		return verdict{}, nil
	case http2.FrameWindowUpdate: // section 6.9
		if f.length != 4 {
			return size(false, "4")
		}
		if f.id == 0 {
			return verdict{}, nil
		}
	case http2.FrameRSTStream: // section 6.4
		if f.length != 4 {
			return size(false, "4")
		}
	case http2.FrameData, http2.FrameHeaders, http2.FramePushPromise, http2.FramePriority:
	default: // sections 4.1 and 5.5: unknown types are ignored
		return verdict{action: ignore}, nil
	}
	if f.id == 0 { // sections 6.1 to 6.6
		return protocol("expected a stream")
	}
	state := stateForgotten
	s := h.streams.at(f.id)
	switch {
	case s != nil:
		state = s.state()
	case f.id&1 == 0 || f.id > h.rare.lastID:
		state = stateIdle
	}
	v := verdicts[f.kind][state]
	if f.kind == http2.FramePriority && f.length != 5 { // section 6.3: a stream error, where there is a stream
		if s != nil && s.live() {
			return verdict{failStream, http2.ErrCodeFrameSize}, nil
		}
		return size(false, "5")
	}
	if v.action == failConn {
		return v, f.misplaced(v.code, state)
	}
	return v, nil
}

// misplaced is the error for a frame that may not come in its stream's state.
func (f frameHead) misplaced(code http2.ErrCode, state streamState) *ConnError {
	return fault(code, ErrMalformed, "%v frame on stream %d, which is %v", f.kind, f.id, state)
}

// String returns the state's name in RFC 9113.
func (s streamState) String() string {
	return [...]string{"idle", "open", "half-closed (local)", "half-closed (remote)", "closed by both sides",
		"closed by the server's RST_STREAM", "closed by our RST_STREAM", "closed"}[s]
}
