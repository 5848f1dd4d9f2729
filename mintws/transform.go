package mintws

import (
	"errors"
	"math"

	"github.com/mintws/mintws/internal/utf8dfa"
)

// extStates is what the transforms remember, except the first one's Word. That changes with every message, so it is kept in
// the WebSocket, where changing it allocates nothing. An extStates is never written once a call has returned; nil is the
// beginning.
type extStates struct {
	first pairOfStates // nearly always the only one
	rest  []pairOfStates
}

// pairOfStates is what a transform remembers of what came in and of what went out.
type pairOfStates struct{ in, out ExtState }

// of returns the state of transform i.
func (s *extStates) of(out bool, i int) *ExtState {
	p := &s.first
	if i > 0 {
		p = &s.rest[i-1]
	}
	if out {
		return &p.out
	}
	return &p.in
}

// sent returns what is remembered of what went out, and nothing of what came in.
func (s *extStates) sent() *extStates {
	next := &extStates{first: pairOfStates{out: s.first.out}}
	for _, p := range s.rest {
		next.rest = append(next.rest, pairOfStates{out: p.out})
	}
	return next
}

// extState returns what transform i remembers.
func (ws *WebSocket) extState(out bool, i int) (st ExtState) {
	if ws.ext != nil {
		st = *ws.ext.of(out, i)
	}
	if i == 0 {
		if st.Word = ws.inWord; out {
			st.Word = ws.outWord
		}
	}
	return st
}

// setExtState stores what transform i remembers from now on.
func (ws *WebSocket) setExtState(out bool, i int, st ExtState) {
	if i == 0 {
		if out {
			ws.outWord = st.Word
		} else {
			ws.inWord = st.Word
		}
		st.Word = 0
	}
	var old ExtState
	if ws.ext != nil {
		old = *ws.ext.of(out, i)
	}
	if old == st {
		return
	}
	next := new(extStates)
	if ws.ext != nil {
		*next = *ws.ext
	}
	if n := len(ws.cfg.transforms) - 1; n > 0 {
		next.rest = make([]pairOfStates, n)
		if ws.ext != nil {
			copy(next.rest, ws.ext.rest)
		}
	}
	*next.of(out, i) = st
	ws.ext = next
}

// apply passes a frame to be sent through the transforms, in the order in which they were negotiated (RFC 6455 section
// 9.1). p is f as it was prepared, or nil. What the transforms append goes to dst.
func (ws *WebSocket) apply(dst []byte, f Frame, p *Prepared) ([]byte, Frame, error) {
	for i, t := range ws.cfg.transforms {
		if d, ok := t.(*deflateTransform); ok && p != nil && i == 0 {
			var st ExtState
			st, f = d.outPrepared(ws.extState(true, i), p)
			ws.setExtState(true, i, st)
			continue
		}
		st, out, g, err := t.Out(ws.extState(true, i), dst, f)
		if err != nil {
			return dst, f, err
		}
		ws.setExtState(true, i, st)
		dst, f = out, g
	}
	return dst, f, nil
}

// forget is called for a message that the caller has transformed itself, and whose first frame has the given reserved bits.
// It tells each transform that the peer will undo for it.
func (ws *WebSocket) forget(rsv RSV) {
	for i, t := range ws.cfg.transforms {
		if own := t.RSV(); own == 0 || own&rsv != 0 {
			ws.setExtState(true, i, t.Forget(ws.extState(true, i)))
		}
	}
}

// transformed reports whether a message whose first frame has the given reserved bits has to pass through transforms.
func (c *config) transformed(rsv RSV) bool { return rsv != 0 || c.always }

// undo passes f, a piece of the message under way, through its transforms, the last one first. What they append goes to
// in's memory. Limits and UTF-8 apply to what comes out. With an error, the frame returned is what came out before it.
//
// If permessage-deflate is the first to be undone, it stops once about stop bytes have come out. Then over is how many
// bytes of f it did not take, and the frame returned has More.
func (ws *WebSocket) undo(in *Inbox, f Frame, stop int) (Frame, int, *ProtocolError) {
	if ws.cfg.delivery == DeliverMessages { // it was the size on the wire
		ws.size = 0
	}
	limit := int(min(ws.cfg.limits.MaxMessage-ws.size, math.MaxInt))
	over, failed := 0, (*ProtocolError)(nil)
	dst := in.Buf[len(in.Buf):]
	for i := len(ws.cfg.transforms) - 1; i >= 0; i-- {
		t := ws.cfg.transforms[i]
		if rsv := t.RSV(); rsv != 0 && ws.inRSV&rsv == 0 {
			continue
		}
		f.RSV = ws.inRSV & t.RSV()
		st := ws.extState(false, i)
		var err error
		if d, ok := t.(*deflateTransform); ok {
			st, dst, over, err = d.inUpTo(st, dst, &f, limit, stop)
		} else {
			st, dst, f, err = t.In(st, dst, f, limit)
		}
		stop = math.MaxInt // the next one cannot stop early: what it left could not be passed in again
		if err != nil {    // what came out before it goes on as if it had come alone
			failed, f.More = ws.refusal(err), true
			continue
		}
		ws.setExtState(false, i, st)
	}
	f.RSV = 0
	f.Payload = in.keep(dst, f.Payload)
	f.Payload = f.Payload[:len(f.Payload):len(f.Payload)]
	if ws.inOp == OpText && !ws.cfg.skipUTF8 {
		next, bad := utf8dfa.Check(ws.inUTF8, f.Payload)
		if bad >= 0 {
			err := badText("text", f.Payload[bad], ws.size+int64(bad))
			f.Payload = f.Payload[:bad:bad]
			return f, over, err
		}
		ws.inUTF8 = next
	}
	ws.size += int64(len(f.Payload))
	return f, over, failed
}

// refusal returns a ProtocolError for what a transform says of the peer.
func (ws *WebSocket) refusal(err error) *ProtocolError {
	var pe *ProtocolError
	switch {
	case errors.As(err, &pe):
		if pe == nil { // an error that is none: a nil pointer in an interface
			pe = &ProtocolError{Code: CodeInvalidPayload, Detail: "extension"}
		}
		return pe
	case errors.Is(err, ErrMessageTooBig):
		return &ProtocolError{CodeMessageTooBig, err, "after undoing extensions; MaxMessage is " + itoa(ws.cfg.limits.MaxMessage)}
	}
	return &ProtocolError{CodeInvalidPayload, err, "extension"}
}
