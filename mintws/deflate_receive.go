package mintws

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mintws/mintws/internal/inflate"
	"github.com/mintws/mintws/internal/window"
)

// freeRatio is how many bytes a message may inflate to whatever its size: the ratio says nothing about small ones.
const freeRatio = 64 << 10

// inflating is what is remembered in the middle of a message.
type inflating struct {
	state inflate.State
	plain int64 // bytes of the message so far
}

// In inflates a message, or a piece of one (RFC 7692 section 7.2.2). Between messages only the window is remembered; in
// the middle of one, where the decoder stands.
func (t *deflateTransform) In(st ExtState, dst []byte, f Frame, limit int) (ExtState, []byte, Frame, error) {
	var s inflate.State
	var before int64
	if under, ok := st.Ref.(*inflating); ok {
		s, before = under.state, under.plain
	} else {
		s = inflate.Resume(t.receiveBits, !t.receiveForgets, window.Unpack(st.Ref, st.A))
	}
	most, sentinel := limit, ErrMessageTooBig
	if t.opt.MaxRatio > 0 {
		came := s.Offset() + int64(len(f.Payload))
		if ratio := max(freeRatio, came*int64(t.opt.MaxRatio)) - before; ratio < int64(limit) {
			most, sentinel = int(max(0, ratio)), ErrDeflateRatio
		}
	}
	at := len(dst)
	var err error
	if f.More {
		s, dst, _, err = s.Append(dst, f.Payload, most)
	} else {
		s, dst, _, err = s.Finish(dst, f.Payload, most)
	}
	f.Payload = dst[at:]
	switch {
	case errors.Is(err, inflate.ErrLimit) && sentinel == ErrDeflateRatio:
		detail := fmt.Sprintf("more than its size times MaxRatio, which is %d", t.opt.MaxRatio)
		return st, dst, f, &ProtocolError{CodeMessageTooBig, ErrDeflateRatio, detail}
	case errors.Is(err, inflate.ErrLimit):
		return st, dst, f, ErrMessageTooBig
	case err != nil:
		return st, dst, f, &ProtocolError{CodeInvalidPayload, ErrDeflate, err.Error()}
	}
	if s.Idle() {
		st.Ref, st.A = s.Win().Pack()
		return st, dst, f, nil
	}
	st.Ref, st.A = &inflating{s, before + int64(len(f.Payload))}, 0
	return st, dst, f, nil
}

// Equal compares what can be referred to and, in the middle of a message, where the decoder stands.
func (t *deflateTransform) Equal(a, b ExtState) bool {
	s, under := a.Ref.(*inflating)
	x, underX := b.Ref.(*inflating)
	if under || underX {
		return under && underX && s.plain == x.plain && s.state.Equal(x.state)
	}
	return a.A&compressing == b.A&compressing &&
		bytes.Equal(window.Unpack(a.Ref, a.A&^compressing).Bytes(), window.Unpack(b.Ref, b.A&^compressing).Bytes())
}
