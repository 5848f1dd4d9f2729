package mintws

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/internal/utf8dfa"
)

// Encode returns the bytes of f as they go on the wire, in a new buffer that belongs to the caller, and the next WebSocket.
// See [WebSocket.AppendEncode], which does the same into a buffer that can be reused.
func (ws WebSocket) Encode(f Frame) (WebSocket, []byte, error) { return ws.AppendEncode(nil, f) }

// AppendEncode appends the bytes of f as they go on the wire to dst, and returns the next WebSocket. dst[:len(dst)] is not
// touched. f.Payload is read during the call and must not lie in dst's spare capacity.
//
// If dst has room for the payload and 14 bytes more, or somewhat more than that with extensions, nothing is allocated but
// what extensions remember, such as the window of permessage-deflate, and the keys of Options.Rand. Many frames appended to
// one buffer make one write.
//
// A client masks each frame with a fresh key (RFC 6455 section 5.3). To send a message in fragments, set More on all its
// frames but the last, and OpContinuation on all but the first (section 5.4); control frames may come between them. After
// our Close only a Pong can be sent (section 5.5.1), until the peer's Close has come. A WebSocket that failed because the
// peer broke the protocol can still answer the frames that came before, unless our Close was sent. The one Close that it
// sends is what [CloseFrame] gives for its error.
//
// With an error, ws and dst are returned unchanged. The error is one of [ErrNotOpen], [ErrClosed] and [ErrCloseSent]; or it
// wraps [ErrFragmenting] or [ErrInvalidFrame] and says what is wrong with f; or it is what Options.Rand or a [Transform]
// returned.
func (ws WebSocket) AppendEncode(dst []byte, f Frame) (WebSocket, []byte, error) {
	dst, err := ws.encode(dst, &f)
	return ws, dst, err
}

// encode is AppendEncode, and turns ws itself into the next WebSocket. AppendEncode is small enough to be inlined into its
// callers, which saves copies of ws and f.
func (ws *WebSocket) encode(dst []byte, f *Frame) ([]byte, error) {
	if !ws.straight(f) {
		return ws.encodeAny(dst, *f, nil)
	}
	return ws.encodeStraight(dst, f)
}

// encodeStraight is encode for a frame that may take the straight path. It leaves ws as it is.
func (ws *WebSocket) encodeStraight(dst []byte, f *Frame) ([]byte, error) {
	n := len(f.Payload)
	if ws.cfg.role == Server {
		dst = slices.Grow(dst, n+maxHeaderLen)
		return append(appendHead(dst, bitFIN|byte(f.Opcode), n, 0), f.Payload...), nil
	}
	key, err := ws.cfg.newKey()
	if err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, n+maxHeaderLen)
	dst = key.Append(appendHead(dst, bitFIN|byte(f.Opcode), n, bitMASK))
	at := len(dst)
	dst = dst[:at+n]
	mask.Copy(dst[at:], f.Payload, key)
	return dst, nil
}

// appendStraightHead appends the header of f, if that may take the straight path, and returns the key that masks its payload.
func (ws *WebSocket) appendStraightHead(dst []byte, f *Frame) (_ []byte, key mask.Key, ok bool, err error) {
	if !ws.straight(f) {
		return dst, 0, false, nil
	}
	if ws.cfg.role == Client {
		if key, err = ws.cfg.newKey(); err != nil {
			return dst, 0, false, err
		}
	}
	return appendHeader(dst, f, len(f.Payload), ws.cfg.role, key), key, true, nil
}

// straight reports whether f may take the straight path: a valid message in one frame that no extension sees, as most are.
// Sending it changes nothing about ws. It decides by itself, for speed: TestStraightPath holds it to advance.
func (ws *WebSocket) straight(f *Frame) bool {
	if ws.state != Open || ws.outOp != 0 || f.More || f.RSV != 0 || f.Code != 0 || len(ws.cfg.transforms) > 0 {
		return false
	}
	return f.Opcode == OpBinary || f.Opcode == OpText && (ws.cfg.skipUTF8 || utf8dfa.Valid(f.Payload))
}

// encodeAny is encode for every kind of frame. p is f as it was prepared, or nil.
func (ws *WebSocket) encodeAny(dst []byte, f Frame, p *Prepared) ([]byte, error) {
	was := *ws
	err := ws.advance(&f, p != nil)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	switch {
	case len(ws.cfg.transforms) == 0 || f.Opcode.IsControl():
	case !ws.passes(&was, f):
		if f.Opcode != OpContinuation {
			ws.forget(f.RSV)
		}
	default:
		// Their output goes behind the longest header, and is moved to where it belongs when it is masked.
		var out []byte
		if out, f, err = ws.apply(append(dst, make([]byte, maxHeaderLen)...), f, p); err != nil {
			*ws = was
			return dst, err
		}
		dst = out[:at]
	}
	size := len(f.Payload)
	if f.Opcode == OpClose && f.Code != 0 {
		size += 2
	}
	var key mask.Key
	if ws.cfg.role == Client {
		if key, err = ws.cfg.newKey(); err != nil {
			*ws = was
			return dst, err
		}
	}
	if need := size + maxHeaderLen; cap(dst)-at < need {
		dst = slices.Grow(dst, need)
	}
	dst = appendHeader(dst, &f, size, ws.cfg.role, key)
	if f.Opcode == OpClose && f.Code != 0 {
		dst = append(dst, byte(f.Code>>8)^byte(key), byte(f.Code)^byte(key>>8))
		key = key.Skip(2)
	}
	at = len(dst)
	dst = dst[:at+len(f.Payload)]
	if key == 0 { // a server's, or one key in four billion
		copy(dst[at:], f.Payload)
	} else {
		mask.Copy(dst[at:], f.Payload, key)
	}
	return dst, nil
}

// passes reports whether f passes through the transforms, and notes that for the fragments that follow. Sending f leads
// from was to ws. It passes unless the first frame of its message has Raw.
func (ws *WebSocket) passes(was *WebSocket, f Frame) bool {
	raw := f.Raw
	if was.outOp != 0 {
		raw = was.flags&outRaw != 0
	}
	ws.flags &^= outRaw
	if raw && f.More {
		ws.flags |= outRaw
	}
	return !raw
}

// appendHeader appends the header of a frame of which size bytes follow (RFC 6455 section 5.2).
func appendHeader(dst []byte, f *Frame, size int, role Role, key mask.Key) []byte {
	b0 := byte(f.Opcode) | byte(f.RSV)
	if !f.More {
		b0 |= bitFIN
	}
	if role == Client {
		return key.Append(appendHead(dst, b0, size, bitMASK))
	}
	return appendHead(dst, b0, size, 0)
}

// appendHead appends a header up to its masking key. mask is the bit that says whether a key follows.
func appendHead(dst []byte, first byte, size int, mask byte) []byte {
	switch { // RFC 6455 section 5.2: the minimal number of bytes
	case size <= 125:
		return append(dst, first, mask|byte(size))
	case size <= math.MaxUint16:
		return append(dst, first, mask|126, byte(size>>8), byte(size))
	}
	return binary.BigEndian.AppendUint64(append(dst, first, mask|127), uint64(size))
}
