package mintws

import (
	"fmt"
	"sync/atomic"
)

// Prepared is a frame that many WebSockets send: see [Prepare]. It is immutable for its users, and any number of goroutines
// may send it at once.
type Prepared struct {
	frame Frame // found valid; its payload is never written
	// encodings are what was compressed so far, newest first: see encoding.
	encodings atomic.Pointer[encoding]
}

// Prepare turns f, a whole message or a control frame, into something that many WebSockets can send with
// [WebSocket.AppendPrepared] or [SendPrepared]. The payload is copied. It is validated here, once, and text must be UTF-8
// even if the WebSockets that send it have Options.SkipUTF8.
//
// With permessage-deflate, the message is compressed when the first WebSocket sends it. All that compress alike use the
// result: those that agreed on the same window and have the same Level and SendWindow. Results for 8 such combinations are
// kept; for any other, the message is compressed each time. With context takeover as well, the message refers to nothing
// that was sent before it, since that differs from one WebSocket to the next. So a short message may become longer than
// what Encode makes of it. Later messages can refer to it as to any other. What other extensions do is done for each
// WebSocket; if one of them comes before permessage-deflate, compressing is, too.
//
// The error wraps [ErrInvalidFrame] and says what is wrong with f. A fragment is refused as well. What depends on the
// WebSocket is judged when it sends f: reserved bits, with Raw, and the close codes of its role.
func Prepare(f Frame) (*Prepared, error) {
	if !f.Opcode.IsControl() && (f.More || f.Opcode == OpContinuation) {
		return nil, fmt.Errorf("%w: %v frame of a fragmented message; only whole messages are prepared", ErrInvalidFrame, f.Opcode)
	}
	ws := WebSocket{cfg: &anything, state: Open}
	if err := ws.advance(&f, false); err != nil {
		return nil, err
	}
	return &Prepared{frame: f.Clone()}, nil
}

// anything allows whatever some WebSocket may send. A client may send every close code that a server may.
var anything = config{role: Client, rsv: bitsRSV}

// AppendPrepared is [WebSocket.AppendEncode] for a frame that was prepared. A client masks it with a fresh key each time
// (RFC 6455 section 5.3). Once the message has been compressed, nothing is allocated if dst has room, except for what
// context takeover keeps.
//
// Its errors are those of AppendEncode; a nil or zero Prepared gives one that wraps [ErrInvalidFrame].
func (ws WebSocket) AppendPrepared(dst []byte, p *Prepared) (WebSocket, []byte, error) {
	dst, err := ws.encodePrepared(dst, p)
	return ws, dst, err
}

// encodePrepared is AppendPrepared, and turns ws itself into the next WebSocket.
func (ws *WebSocket) encodePrepared(dst []byte, p *Prepared) ([]byte, error) {
	if err := p.check(); err != nil {
		return dst, err
	}
	return ws.encodeAny(dst, p.frame, p)
}

// check reports whether p is what Prepare made.
func (p *Prepared) check() error {
	if p == nil || p.frame.Opcode == OpContinuation {
		return fmt.Errorf("%w: a Prepared that Prepare did not make", ErrInvalidFrame)
	}
	return nil
}
