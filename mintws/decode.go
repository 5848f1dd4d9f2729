package mintws

import (
	"math"

	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/internal/pbuf"
	"github.com/mintws/mintws/internal/utf8dfa"
)

// Decode takes bytes that arrived from the peer, and returns the next WebSocket and the frames that the bytes complete. It
// is [WebSocket.AppendDecode] for callers who do not mind an allocation: payloads point into data or into memory of their
// own.
func (ws WebSocket) Decode(data []byte) (WebSocket, []Frame, error) {
	var in Inbox
	next, err := ws.AppendDecode(&in, data)
	return next, in.Frames, err
}

// AppendDecode takes bytes that arrived from the peer, in pieces of any size, and appends the frames that they complete to
// in. data is read during the call and never written; see [Inbox] for where payloads point. With Inbox.Max it may stop
// before the end of data: then the rest is in Inbox.Rest and has to be passed to the next call.
//
// A *[ProtocolError] means that the peer broke the protocol or a limit. The frames completed before it are in in, and the
// WebSocket returned is Failed for good: send what [CloseFrame] gives, then end the stream (RFC 6455 section 7.1.7).
// Illegal bytes are refused as soon as the first of them arrives, and compressed ones as soon as they are inflated: what is
// handed over whole is inflated when its last byte has arrived. Whatever follows a Close is discarded (section 5.5.1).
//
// On a WebSocket that has Failed already, the error is the one that it failed with: a *[ProtocolError], a *[CloseError] or
// a *[HandshakeError]. [ErrNotOpen] and [ErrRest] are the caller's mistakes and change nothing.
func (ws WebSocket) AppendDecode(in *Inbox, data []byte) (WebSocket, error) {
	err := ws.decode(in, data)
	return ws, err
}

// decode is AppendDecode, and turns ws itself into the next WebSocket. AppendDecode is small enough to be inlined into its
// callers, which saves copies of ws.
//
// Most reads bring whole messages and nothing else. What is rare is looked at elsewhere, so that they do not pay for it.
func (ws *WebSocket) decode(in *Inbox, data []byte) error {
	if ws.state != Open || ws.rest != 0 || in.Max > 0 {
		return ws.decodeBounded(in, data)
	}
	if in.Rest != nil {
		in.Rest = nil
	}
	for {
		if ws.between() {
			data = in.take(data, ws.cfg)
		}
		if len(data) == 0 {
			return nil
		}
		n, err := ws.step(in, data)
		if err != nil || ws.state != Open { // RFC 6455 section 5.5.1: nothing follows a Close
			return err
		}
		data = data[n:]
	}
}

// decodeBounded is decode for a WebSocket in any state, and with Max if that is set.
func (ws *WebSocket) decodeBounded(in *Inbox, data []byte) error {
	if err := ws.refuse(in, data); err != nil {
		return err
	}
	in.Rest, in.room = nil, in.Max
	charged := len(in.Frames)
	for len(data) > 0 && ws.flags&receivedClose == 0 {
		if in.Max > 0 {
			if charged = in.charge(charged); in.room <= 0 {
				in.Rest, ws.rest = data[:len(data):len(data)], restMark(len(data))
				return nil
			}
		}
		if ws.between() {
			first := data[:min(in.remaining(), len(data))]
			if data = data[len(first)-len(in.take(first, ws.cfg)):]; len(data) == 0 {
				return nil
			}
		}
		n, err := ws.step(in, data)
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// refuse returns why ws does not take data. It returns nil if it does, also if data is the Rest that ws waits for.
func (ws *WebSocket) refuse(in *Inbox, data []byte) error {
	switch {
	case ws.state == Failed:
		in.Rest = nil
		return *ws.fail
	case ws.state < Open:
		return ErrNotOpen
	case ws.rest != 0 && ws.rest != restMark(len(data)):
		return ErrRest
	}
	ws.rest = 0
	return nil
}

// step takes the next frame, or what there is of it, from data, or all fragments of a message. It returns how many bytes that
// was.
func (ws *WebSocket) step(in *Inbox, data []byte) (n int, failure error) {
	if ws.between() {
		if n = in.join(data, ws.cfg); n > 0 {
			return n, nil
		}
	}
	var err *ProtocolError
	switch {
	case ws.remaining > 0:
		n, err = ws.payload(in, data)
	case ws.part.Len() > 0:
		n, err = ws.resume(in, data)
	default:
		n, err = ws.frame(in, data)
		if n == 0 && err == nil { // it ends before it can be judged
			ws.part = ws.part.Append(data, wholeFrame(data))
			return len(data), nil
		}
	}
	if err != nil {
		ws.failed(err)
		return n, err
	}
	return n, nil
}

// restMark is what a WebSocket remembers of the length of Inbox.Rest, to recognize it. It is never 0.
func restMark(n int) uint16 { return uint16(max(0, n-1)%math.MaxUint16) + 1 }

// failed ends ws after a breach by the peer. Nothing that it held is needed any more.
func (ws *WebSocket) failed(err error) {
	ws.state, ws.fail = Failed, cause(err)
	ws.msg, ws.part = pbuf.Buf{}, pbuf.Buf{}
	ws.remaining, ws.size, ws.frames, ws.inOp, ws.inRSV, ws.inUTF8, ws.key = 0, 0, 0, 0, 0, 0, 0
	ws.inWord = 0
	if ws.ext != nil { // frames that came before can still be answered: see AppendEncode
		ws.ext = ws.ext.sent()
	}
	ws.flags &= sentClose
}

// resume adds data to the frame whose beginning is in ws.part, and returns how many bytes it took: none that could belong
// to the next frame.
func (ws *WebSocket) resume(in *Inbox, data []byte) (int, *ProtocolError) {
	whole := wholeFrame(ws.part.Bytes())
	n := min(whole-ws.part.Len(), len(data))
	ws.part = ws.part.Append(data[:n], whole)
	b := ws.part.Bytes()
	took, err := ws.frame(in, b)
	if err == nil && took == len(b) && ws.flags&receivedClose == 0 {
		ws.part = pbuf.Buf{}
	}
	return n, err
}

// frame begins the frame at the start of b, and finishes it if all of it is there. It returns how many bytes it used. That
// is 0 if b ends before the header does, or before the end of a control frame. Otherwise it is at least the header.
func (ws *WebSocket) frame(in *Inbox, b []byte) (int, *ProtocolError) {
	h, err := ws.header(b)
	if err != nil || h.size == 0 {
		return 0, err
	}
	p, whole := b[h.size:], false
	if h.length <= int64(len(p)) {
		p, whole = p[:h.length:h.length], true
	}
	if h.op.IsControl() {
		return ws.control(in, h, p)
	}
	if h.op != OpContinuation {
		ws.inOp, ws.inRSV, ws.inUTF8 = h.op, h.rsv, utf8dfa.Start
	}
	ws.frames++
	if ws.cfg.delivery == DeliverMessages || !ws.cfg.transformed(ws.inRSV) {
		ws.size += h.length
	}
	ws.remaining, ws.key = h.length, h.key
	ws.flags &^= inFin
	if h.fin {
		ws.flags |= inFin
	}
	switch {
	case ws.cfg.delivery == DeliverPayload: // payload hands over the pieces, but an empty frame has none
		if h.length == 0 {
			_, err = ws.deliverPiece(in, nil)
		}
		return h.size, err
	case whole && (ws.cfg.delivery == DeliverFragments || h.fin && ws.frames == 1):
		return h.size + len(p), ws.deliver(in, p) // at once, without a buffer
	case h.length == 0:
		return h.size, ws.endFrame(in)
	}
	return h.size, nil
}

// payload takes bytes of the data frame under way, and returns how many.
func (ws *WebSocket) payload(in *Inbox, data []byte) (int, *ProtocolError) {
	n := int(min(ws.remaining, int64(len(data))))
	data = data[:n:n]
	if ws.cfg.delivery == DeliverPayload {
		return ws.deliverPiece(in, data[:min(n, in.remaining())])
	}
	// The length is known once the last frame has begun. It is only a hint, as pbuf allocates for what has arrived.
	whole := 0
	if ws.flags&inFin != 0 || ws.cfg.delivery == DeliverFragments {
		whole = ws.msg.Len() + int(min(ws.remaining, 1<<30))
	}
	next, dst := ws.msg.Extend(n, whole)
	if ws.cfg.role == Server {
		mask.Copy(dst, data, ws.key)
		ws.key = ws.key.Skip(n)
	} else {
		copy(dst, data)
	}
	if !ws.cfg.transformed(ws.inRSV) {
		if bad, err := ws.checkText(dst); bad >= 0 {
			return n, err
		}
	}
	ws.msg = next
	ws.remaining -= int64(n)
	if ws.remaining > 0 {
		return n, nil
	}
	return n, ws.endFrame(in)
}

// endFrame is called when the whole payload of a data frame is in ws.msg. It hands the payload over, or waits for more
// fragments.
func (ws *WebSocket) endFrame(in *Inbox) *ProtocolError {
	if ws.cfg.delivery == DeliverMessages && ws.flags&inFin == 0 {
		return nil
	}
	f := Frame{Opcode: ws.inOp, More: ws.flags&inFin == 0, Payload: ws.msg.Bytes()}
	if ws.cfg.delivery == DeliverFragments && ws.frames > 1 {
		f.Opcode = OpContinuation
	}
	ws.msg = pbuf.Buf{}
	if ws.cfg.transformed(ws.inRSV) {
		var err *ProtocolError
		if f, _, err = ws.undo(in, f, math.MaxInt); err != nil {
			return err
		}
	}
	if err := ws.endMessage(); err != nil {
		return err
	}
	in.Frames = append(in.Frames, f)
	return nil
}

// deliver hands over the data frame with the payload b, which is still masked, without keeping it.
func (ws *WebSocket) deliver(in *Inbox, b []byte) *ProtocolError {
	p := ws.unmask(in, b)
	ws.key = ws.key.Skip(len(p))
	f := Frame{Opcode: ws.inOp, More: ws.flags&inFin == 0, Payload: p}
	if ws.frames > 1 {
		f.Opcode = OpContinuation
	}
	if ws.cfg.transformed(ws.inRSV) {
		var err *ProtocolError
		if f, _, err = ws.undo(in, f, math.MaxInt); err != nil {
			return err
		}
	} else if bad, err := ws.checkText(p); bad >= 0 {
		return err
	}
	ws.remaining = 0
	if err := ws.endMessage(); err != nil {
		return err
	}
	in.Frames = append(in.Frames, f)
	return nil
}

// deliverPiece is deliver for DeliverPayload, where b may be any part of the data frame under way. It returns how many
// bytes of b it took: not all of them, if they become more than what remains of Max. The legal bytes before a fault are
// handed over, as they would have been if they had come alone.
func (ws *WebSocket) deliverPiece(in *Inbox, b []byte) (n int, err *ProtocolError) {
	p := ws.unmask(in, b)
	n = len(p)
	f := Frame{Opcode: ws.inOp, Payload: p}
	if ws.flags&inPiece != 0 {
		f.Opcode = OpContinuation
	}
	if ws.cfg.transformed(ws.inRSV) {
		ws.remaining -= int64(n)
		f.More = ws.remaining > 0 || ws.flags&inFin == 0
		var over int
		f, over, err = ws.undo(in, f, in.remaining())
		n -= over
		ws.remaining += int64(over)
	} else {
		bad := -1
		if bad, err = ws.checkText(p); bad >= 0 {
			f.Payload = p[:bad:bad]
		}
		ws.remaining -= int64(n)
		f.More = ws.remaining > 0 || ws.flags&inFin == 0
	}
	ws.key = ws.key.Skip(n)
	if err == nil && !f.More {
		err = ws.endMessage()
	}
	f.More = f.More || err != nil
	if len(f.Payload) == 0 && f.More {
		return n, err // there is nothing to hand over
	}
	if f.More {
		ws.flags |= inPiece
	}
	in.Frames = append(in.Frames, f)
	return n, err
}

// endMessage forgets the message once its last byte has arrived.
func (ws *WebSocket) endMessage() *ProtocolError {
	if ws.remaining > 0 || ws.flags&inFin == 0 {
		return nil
	}
	if ws.inUTF8 != utf8dfa.Start { // RFC 6455 section 8.1
		return &ProtocolError{CodeInvalidPayload, ErrInvalidUTF8, "text ends inside a character, at byte " + itoa(ws.size)}
	}
	ws.inOp, ws.inRSV, ws.frames, ws.size, ws.key = 0, 0, 0, 0, 0
	ws.flags &^= inFin | inPiece
	return nil
}

// checkText validates p, the next bytes of the message under way, if that is text (RFC 6455 sections 5.6 and 8.1). bad is
// the index of the byte at fault, or -1.
func (ws *WebSocket) checkText(p []byte) (bad int, err *ProtocolError) {
	if ws.inOp != OpText || ws.cfg.skipUTF8 {
		return -1, nil
	}
	next, bad := utf8dfa.Check(ws.inUTF8, p)
	if bad >= 0 {
		return bad, badText("text", p[bad], ws.size-ws.remaining+int64(bad))
	}
	ws.inUTF8 = next
	return -1, nil
}

// unmask returns p as it is handed over: p itself, or a copy in the Inbox's memory that is unmasked and has its capacity
// clipped.
func (ws *WebSocket) unmask(in *Inbox, p []byte) []byte {
	if ws.cfg.role == Client || len(p) == 0 {
		return p
	}
	dst := in.extend(len(p))
	mask.Copy(dst, p, ws.key)
	return dst
}
