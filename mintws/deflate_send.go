package mintws

import (
	"sync"
	"sync/atomic"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/deflate"
	"github.com/mintws/mintws/internal/window"
)

// deflateTransform is permessage-deflate as it was negotiated, as one side sees it.
type deflateTransform struct {
	deflateTerms
	configs [Server + 1][httpconn.HTTP2 + 1]atomic.Pointer[config] // see config.shared
}

// deflateTerms are what was agreed, and our own options.
type deflateTerms struct {
	opt            DeflateOptions
	sendBits       int  // distances reach 2^n bytes at most
	receiveBits    int  // and those of the peer
	sendForgets    bool // no context takeover
	receiveForgets bool
}

// transform returns the Transform for what was agreed. Most peers of a program agree to the same and get the same
// Transform, so that a WebSocket holds nothing for it.
func (e deflateExtension) transform(sendBits, receiveBits int, sendForgets, receiveForgets bool) *deflateTransform {
	full := func(bits int) int {
		if bits == 0 { // RFC 7692 sections 7.1.2.1 and 7.1.2.2: not limited
			return 15
		}
		return bits
	}
	terms := deflateTerms{opt: e.opt, sendBits: full(sendBits), receiveBits: full(receiveBits),
		sendForgets: sendForgets, receiveForgets: receiveForgets}
	terms.opt.SendWindow = min(e.opt.SendWindow, 1<<terms.sendBits)
	if last := e.last.Load(); last != nil && last.deflateTerms == terms {
		return last
	}
	t := &deflateTransform{deflateTerms: terms}
	e.last.Store(t)
	return t
}

// RSV returns RSV1 (RFC 7692 section 6).
func (t *deflateTransform) RSV() RSV { return RSV1 }

// Forget drops the window: what the caller has compressed is in the peer's, and not in ours.
func (t *deflateTransform) Forget(ExtState) ExtState { return ExtState{} }

// compressors are scratch space: what a compressor does depends on its arguments alone.
var compressors = sync.Pool{New: func() any { return new(deflate.Compressor) }}

// compressing is set in ExtState.Word while a message that is compressed is being sent in fragments.
const compressing = 1 << 63

// tail is the end of an empty stored block, which a message omits (RFC 7692 section 7.2.1).
const tail = "\x00\x00\xff\xff"

// Out compresses a message or a fragment (RFC 7692 section 7.2.1), unless it is short or would not get shorter.
func (t *deflateTransform) Out(st ExtState, dst []byte, f Frame) (ExtState, []byte, Frame, error) {
	first := f.Opcode != OpContinuation
	whole := first && !f.More
	switch {
	case whole && len(f.Payload) < t.opt.Threshold:
		return st, dst, f, nil
	case !first && st.Word&compressing == 0: // section 6.1: all fragments of a message, or none
		return st, dst, f, nil
	case first && t.sendForgets:
		st = ExtState{}
	}
	win := window.Unpack(st.Memory, st.Word&^compressing)
	at := len(dst)
	c := compressors.Get().(*deflate.Compressor)
	out := c.Append(dst, win.Bytes(), f.Payload, 1<<t.sendBits, t.opt.Level)
	compressors.Put(c)
	if !f.More {
		out = out[:len(out)-len(tail)]
	}
	if whole && !pays(len(out)-at, len(f.Payload)) {
		return st, out[:at], f, nil // section 6: the sender may choose. The peer's window does not get this text either
	}
	if !t.sendForgets {
		win = win.Append(f.Payload, t.opt.SendWindow)
	}
	st.Memory, st.Word = win.Pack()
	if f.More {
		st.Word |= compressing
	}
	if first {
		f.RSV |= RSV1
	}
	f.Payload = out[at:]
	return st, out, f, nil
}

// pays reports whether a whole message of size bytes is sent compressed: if that makes it shorter, or if it is empty.
func pays(compressed, size int) bool { return compressed < size || size == 0 }
