package mintws

import (
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/mintws/mintws/internal/window"
)

// deflateTransform is permessage-deflate as it was negotiated, seen from one side.
type deflateTransform struct {
	opt              DeflateOptions
	sendBits         int  // distances reach 2^n bytes at most
	receiveBits      int  // and those of the peer
	sendForgets      bool // no context takeover
	receiveForgets   bool
	compressor       *sync.Pool // of *compressor, for this level and window
	compressorWindow int        // 0: whatever the level uses, which is 32 KiB at most
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
	t.compressor = &compressors[opt.Level]
	if t.sendBits < 15 { // a promise about distances within a message too
		t.compressor, t.compressorWindow = &narrowCompressors[t.sendBits], 1<<t.sendBits
	}
	return t
}

// RSV returns RSV1 (RFC 7692 section 6).
func (t *deflateTransform) RSV() RSV { return RSV1 }

// compressor is scratch space. Between two uses nothing of any WebSocket is in it that matters: it is reset with the
// window first.
type compressor struct {
	w    *flate.Writer
	out  []byte // what w writes to
	dict []byte // a copy of the window, so that a compressor in the pool holds none alive
}

func (c *compressor) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return len(p), nil
}

var (
	compressors       [10]sync.Pool // by level
	narrowCompressors [15]sync.Pool // by window bits
)

func (t *deflateTransform) newCompressor() (*compressor, error) {
	c, ok := t.compressor.Get().(*compressor)
	if ok {
		return c, nil
	}
	c = new(compressor)
	var err error
	if t.compressorWindow > 0 {
		c.w, err = flate.NewWriterWindow(io.Discard, t.compressorWindow)
	} else {
		c.w, err = flate.NewWriter(io.Discard, t.opt.Level)
	}
	return c, err
}

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
	c, err := t.newCompressor()
	if err != nil {
		return st, dst, f, err
	}
	at := len(dst)
	c.out = dst
	c.dict = append(c.dict[:0], win.Bytes()...)
	c.w.ResetDict(c, c.dict)
	if _, err = c.w.Write(f.Payload); err == nil {
		err = c.w.Flush()
	}
	out := c.out
	c.out = nil
	t.compressor.Put(c)
	if err != nil {
		return st, dst, f, err
	}
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
