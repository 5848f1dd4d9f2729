package mintws

import (
	"fmt"
	"sync/atomic"
)

// Prepared is a frame that many WebSockets send: see [Prepare]. It is immutable for its users, and any number of goroutines
// may send it at once.
type Prepared struct {
	frame Frame // found valid; its payload is never written
	// encodings are what was compressed so far, the newest first: see encoding.
	encodings atomic.Pointer[encoding]
}

// Prepare makes of f, a whole message or a control frame, what many WebSockets can send with [WebSocket.AppendPrepared] or
// [SendPrepared]. The payload is copied. It is validated here, once; text must be UTF-8 also for those WebSockets that have
// Options.SkipUTF8.
//
// With permessage-deflate the message is compressed when the first WebSocket sends it, and the result is used for all that
// compress alike: that agreed on the same window and have the same Level and SendWindow. The results of 8 such
// agreements are kept; for any other it is compressed each time. With context takeover, too, the message refers
// to nothing that was sent before it, as that differs from one WebSocket to the next: short messages may become longer than
// what Encode makes of them. It enters what later messages refer to like any other. What other extensions do is done for each
// WebSocket; if one stands before permessage-deflate, compressing is too.
//
// The error wraps [ErrInvalidFrame] and says what is wrong with f, of which fragments are a case. What depends on the
// WebSocket is judged when it is sent: reserved bits, with Raw, and the close codes of its role.
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

// anything lets pass what some WebSocket may send: a client sends all close codes that a server does.
var anything = config{role: Client, rsv: bitsRSV}

// AppendPrepared is [WebSocket.AppendEncode] for a frame that was prepared. A client masks it with a fresh key each time (RFC
// 6455 section 5.3). Nothing is allocated where dst has room, once it was compressed, but for what context takeover keeps.
//
// Its errors are those of AppendEncode; a nil or zero Prepared gives one that wraps [ErrInvalidFrame].
func (ws WebSocket) AppendPrepared(dst []byte, p *Prepared) (WebSocket, []byte, error) {
	err := p.check()
	if err == nil {
		dst, err = ws.encodeAny(dst, p.frame, p)
	}
	return ws, dst, err
}

// check reports whether p is what Prepare made.
func (p *Prepared) check() error {
	if p == nil || p.frame.Opcode == OpContinuation {
		return fmt.Errorf("%w: a Prepared that Prepare did not make", ErrInvalidFrame)
	}
	return nil
}
