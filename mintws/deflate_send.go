package mintws

import (
	"sync"

	"github.com/mintws/mintws/internal/deflate"
	"github.com/mintws/mintws/internal/window"
)

// deflateTransform is permessage-deflate as it was negotiated, seen from one side.
type deflateTransform struct {
	opt            DeflateOptions
	sendBits       int  // distances reach 2^n bytes at most
	receiveBits    int  // and those of the peer
	sendForgets    bool // no context takeover
	receiveForgets bool
}

func newDeflateTransform(opt DeflateOptions, sendBits, receiveBits int, sendForgets, receiveForgets bool) *deflateTransform {
	full := func(bits int) int {
		if bits == 0 { // RFC 7692 sections 7.1.2.1 and 7.1.2.2: not limited
			return 15
		}
		return bits
	}
	t := &deflateTransform{opt: opt, sendBits: full(sendBits), receiveBits: full(receiveBits),
		sendForgets: sendForgets, receiveForgets: receiveForgets}
	t.opt.SendWindow = min(opt.SendWindow, 1<<t.sendBits)
	return t
}

// RSV returns RSV1 (RFC 7692 section 6).
func (t *deflateTransform) RSV() RSV { return RSV1 }

// compressors are scratch space: what one of them does depends on its arguments alone.
var compressors = sync.Pool{New: func() any { return new(deflate.Compressor) }}

// compressing is set in what is remembered while a message is being sent in fragments that are compressed.
const compressing = 1 << 63

// tail is the end of an empty stored block, which a message leaves out (RFC 7692 section 7.2.1).
const tail = "\x00\x00\xff\xff"

// Out compresses a message or a fragment (RFC 7692 section 7.2.1), unless it is short or would not get shorter.
func (t *deflateTransform) Out(st ExtState, dst []byte, f Frame) (ExtState, []byte, Frame, error) {
	first := f.Opcode != OpContinuation
	whole := first && !f.More
	switch {
	case whole && len(f.Payload) < t.opt.Threshold:
		return st, dst, f, nil
	case !first && st.A&compressing == 0: // section 6.1: all fragments of a message, or none
		return st, dst, f, nil
	case first && t.sendForgets:
		st = ExtState{}
	}
	win := window.Unpack(st.Ref, st.A&^compressing)
	at := len(dst)
	c := compressors.Get().(*deflate.Compressor)
	out := c.Append(dst, win.Bytes(), f.Payload, 1<<t.sendBits, t.opt.Level)
	compressors.Put(c)
	if !f.More {
		out = out[:len(out)-len(tail)]
	}
	if whole && len(out)-at >= len(f.Payload) && len(f.Payload) > 0 {
		return st, out[:at], f, nil // section 6: the choice is the sender's; the peer's window does not have it either
	}
	if !t.sendForgets {
		win = win.Append(f.Payload, t.opt.SendWindow)
	}
	st.Ref, st.A = win.Pack()
	if f.More {
		st.A |= compressing
	}
	if first {
		f.RSV |= RSV1
	}
	f.Payload = out[at:]
	return st, out, f, nil
}
