package mintws

import (
	"bytes"

	"github.com/mintws/mintws/internal/deflate"
	"github.com/mintws/mintws/internal/window"
)

// maxEncodings is how many encodings a Prepared keeps: as many as there are sizes of windows. Level and SendWindow are the
// program's own choice, and hardly any program makes more than one.
const maxEncodings = 8

// encoding is a Prepared message as permessage-deflate sends it. It is never written once others can see it.
type encoding struct {
	encodingTerms
	payload []byte // nil: compressing would not shorten it, so it is sent as it is
	// window is what a sender keeps after this message, if that is nothing but the end of its text. All that send it share
	// it.
	window window.Window
	next   *encoding // the one made before
	count  int       // of this one and all before
}

// encodingTerms is what an encoding depends on besides the text.
type encodingTerms struct{ bits, level, sendWindow int }

// outPrepared is Out for a message that was prepared.
func (t *deflateTransform) outPrepared(st ExtState, p *Prepared) (ExtState, Frame) {
	f := p.frame
	if len(f.Payload) < t.opt.Threshold {
		return st, f
	}
	e := p.encoding(encodingTerms{t.sendBits, t.opt.Level, t.opt.SendWindow})
	if e.payload == nil {
		return st, f
	}
	if !t.sendForgets {
		win := e.window
		if len(f.Payload) < t.opt.SendWindow {
			win = window.Unpack(st.Memory, st.Word).Append(f.Payload, t.opt.SendWindow)
		}
		st.Memory, st.Word = win.Pack()
	}
	f.RSV |= RSV1
	f.Payload = e.payload
	return st, f
}

// encoding returns the encoding on the given terms, and makes it if there is none. Nobody waits: goroutines that need the
// same encoding at once may each make it, and one of them is kept.
func (p *Prepared) encoding(terms encodingTerms) *encoding {
	head := p.encodings.Load()
	if e := head.find(terms); e != nil {
		return e
	}
	made := newEncoding(p.frame.Payload, terms)
	for {
		if head != nil && head.count == maxEncodings {
			return made
		}
		if made.next, made.count = head, 1; head != nil {
			made.count += head.count
		}
		if p.encodings.CompareAndSwap(head, made) {
			return made
		}
		head = p.encodings.Load()
		if e := head.find(terms); e != nil {
			return e
		}
	}
}

// find returns the encoding on the given terms among e and those before it, or nil.
func (e *encoding) find(terms encodingTerms) *encoding {
	for ; e != nil; e = e.next {
		if e.encodingTerms == terms {
			return e
		}
	}
	return nil
}

// newEncoding compresses text without a history, so that every peer can inflate it (RFC 7692 section 7.2.1).
func newEncoding(text []byte, terms encodingTerms) *encoding {
	e := &encoding{encodingTerms: terms}
	c := compressors.Get().(*deflate.Compressor)
	out := c.Append(nil, nil, text, 1<<terms.bits, terms.level)
	compressors.Put(c)
	if out = out[:len(out)-len(tail)]; !pays(len(out), len(text)) {
		return e
	}
	e.payload = bytes.Clone(out) // of just its size
	if len(text) >= terms.sendWindow {
		e.window = window.Window{}.Append(text, terms.sendWindow)
	}
	return e
}
