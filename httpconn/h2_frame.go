package httpconn

import (
	"encoding/binary"

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

// appendWord appends a frame whose payload is one 32-bit number: RST_STREAM or WINDOW_UPDATE.
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

// maxDebug bounds the reason that goes with a GOAWAY, in bytes.
const maxDebug = 200

func appendGoAway(dst []byte, code http2.ErrCode, debug string) []byte {
	debug = debug[:min(len(debug), maxDebug)]
	dst = appendFrameHead(dst, 8+len(debug), http2.FrameGoAway, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, 0) // the server opens no streams, as push is off
	dst = binary.BigEndian.AppendUint32(dst, uint32(code))
	return append(dst, debug...)
}

// appendBlock appends a header block as HEADERS and, if it is large, CONTINUATION frames (RFC 9113 section 6.10).
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
