package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"github.com/mintws/mintws/internal/inflate"
	"github.com/mintws/mintws/internal/window"
)

// freeRatio is how many bytes any message may inflate to. A ratio says nothing about small messages.
const freeRatio = 64 << 10

// inflating is what is remembered in the middle of a message.
type inflating struct {
	state inflate.State
	size  int64 // of the message so far, inflated
}

// In inflates a message, or a piece of one (RFC 7692 section 7.2.2). Between messages only the window is remembered, in the
// middle of one the state of the decoder.
func (t *deflateTransform) In(st ExtState, dst []byte, f Frame, limit int) (ExtState, []byte, Frame, error) {
	next, out, _, err := t.inUpTo(st, dst, &f, limit, math.MaxInt)
	return next, out, f, err
}

// pending is more than what a decoder can still put out once it has used up its input. That is the rest of a match, at most
// 258 bytes (RFC 1951 section 3.2.5), and what seven bits stand for: two bits are at most one more match.
const pending = 2 << 10

// inUpTo is In, but changes f in place, and stops once stop bytes have come out. over is how many bytes of f.Payload it did
// not take: they are for the next call. If it took all, what is pending comes out too, so that a message never waits for a
// call with no byte to pass in.
func (t *deflateTransform) inUpTo(st ExtState, dst []byte, f *Frame, limit, stop int) (next ExtState, out []byte, over int, err error) {
	var s inflate.State
	var before int64
	if under, ok := st.Memory.(*inflating); ok {
		s, before = under.state, under.size
	} else {
		s = inflate.Resume(t.receiveBits, !t.receiveForgets, window.Unpack(st.Memory, st.Word))
	}
	bound, sentinel := limit, ErrMessageTooBig
	if t.opt.MaxRatio > 0 {
		came := s.Offset() + int64(len(f.Payload))
		if ratio := max(freeRatio, came*int64(t.opt.MaxRatio)) - before; ratio < int64(limit) {
			bound, sentinel = int(max(0, ratio)), ErrDeflateRatio
		}
	}
	at, n := len(dst), 0
	if f.More {
		s, dst, n, err = s.Append(dst, f.Payload, min(bound, stop))
	} else {
		s, dst, n, err = s.Finish(dst, f.Payload, min(bound, stop))
	}
	if stop < bound && errors.Is(err, inflate.ErrLimit) {
		over = len(f.Payload) - n
		switch room := min(bound-(len(dst)-at), pending); {
		case over > 0:
			f.More, err = true, nil
		case f.More:
			s, dst, _, err = s.Append(dst, nil, room)
		default:
			s, dst, _, err = s.Finish(dst, nil, room)
		}
	}
	f.Payload = dst[at:]
	switch {
	case errors.Is(err, inflate.ErrLimit) && sentinel == ErrDeflateRatio:
		detail := fmt.Sprintf("more than its size times MaxRatio, which is %d", t.opt.MaxRatio)
		return st, dst, 0, &ProtocolError{CodeMessageTooBig, ErrDeflateRatio, detail}
	case errors.Is(err, inflate.ErrLimit):
		return st, dst, 0, ErrMessageTooBig
	case err != nil:
		return st, dst, 0, &ProtocolError{CodeInvalidPayload, ErrDeflate, err.Error()}
	}
	if s.Idle() {
		st.Memory, st.Word = s.Win().Pack()
		return st, dst, over, nil
	}
	st.Memory, st.Word = &inflating{s, before + int64(len(f.Payload))}, 0
	return st, dst, over, nil
}

// Equal compares what can be referred to and, in the middle of a message, the state of the decoder.
func (t *deflateTransform) Equal(a, b ExtState) bool {
	s, under := a.Memory.(*inflating)
	x, underX := b.Memory.(*inflating)
	if under || underX {
		return under && underX && s.size == x.size && s.state.Equal(x.state)
	}
	return a.Word&compressing == b.Word&compressing &&
		bytes.Equal(window.Unpack(a.Memory, a.Word&^compressing).Bytes(), window.Unpack(b.Memory, b.Word&^compressing).Bytes())
}
