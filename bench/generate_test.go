package bench

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/gobwas/ws"

	"github.com/mintws/mintws/mintws"
)

// generator makes streams of frames for the decoder in one role. The same seed gives the same streams.
type generator struct {
	*rand.Rand
	role mintws.Role // the role that decodes them
}

// texts are what text messages are made of: one, two, three and four bytes a character, and the edges of the ranges.
var texts = []string{"a", "plain ASCII that is a little longer, so that words of 8 and 32 bytes are seen ", "é", "\u07FF",
	"\u0800", "日本語", "\uD7FF", "\uE000", "\uFFFD", "😀", "\U0010FFFF", "\x00"}

// badTexts are no UTF-8 wherever they stand: overlong forms, surrogates, beyond U+10FFFF, stray and missing continuation.
var badTexts = []string{"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
	"\xF5", "\xFF", "\xE2\x82", "\xF0\x9F\x98"}

// size picks a payload length: mostly small, often at the edges of the length's encoding.
func (g generator) size() int {
	switch g.IntN(12) {
	case 0:
		return []int{0, 1, 124, 125, 126, 127, 128, 65535, 65536}[g.IntN(9)]
	case 1:
		return g.IntN(3000)
	}
	return g.IntN(60)
}

// text returns valid UTF-8 of about n bytes.
func (g generator) text(n int) []byte {
	var p []byte
	for len(p) < n {
		p = append(p, texts[g.IntN(len(texts))]...)
	}
	return p
}

// bytes returns n bytes of anything.
func (g generator) bytes(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(g.Uint32())
	}
	return p
}

// control returns a legal Ping or Pong.
func (g generator) control() ws.Frame {
	n := g.IntN(20)
	if g.IntN(6) == 0 {
		n = 125
	}
	if g.IntN(2) == 0 {
		return ws.NewPingFrame(g.bytes(n))
	}
	return ws.NewPongFrame(g.bytes(n))
}

// closing returns a legal Close.
func (g generator) closing() ws.Frame {
	codes := []ws.StatusCode{0, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
		3000, 3999, 4000, 4999}
	code := codes[g.IntN(len(codes))]
	if code == 0 {
		return ws.NewCloseFrame(nil)
	}
	return ws.NewCloseFrame(ws.NewCloseFrameBody(code, string(g.text(g.IntN(30)))))
}

// message returns the frames of a legal message, cut anywhere, with control frames between.
func (g generator) message() (frames []ws.Frame) {
	op, p := ws.OpBinary, []byte(nil)
	if n := g.size(); g.IntN(2) == 0 {
		op, p = ws.OpText, g.text(n)
	} else {
		p = g.bytes(n)
	}
	for g.IntN(3) == 0 && len(frames) < 6 {
		cut := g.IntN(len(p) + 1)
		frames = append(frames, ws.NewFrame(op, false, p[:cut]))
		if op, p = ws.OpContinuation, p[cut:]; g.IntN(3) == 0 {
			frames = append(frames, g.control())
		}
	}
	return append(frames, ws.NewFrame(op, true, p))
}

// frames returns those of a legal stream.
func (g generator) frames() (frames []ws.Frame) {
	for range 1 + g.IntN(6) {
		if g.IntN(4) == 0 {
			frames = append(frames, g.control())
		}
		frames = append(frames, g.message()...)
	}
	if g.IntN(3) == 0 {
		frames = append(frames, g.closing())
		if g.IntN(4) == 0 { // what follows is to be ignored
			frames = append(frames, ws.NewFrame(7, false, g.bytes(9)))
		}
	}
	return frames
}

// wire encodes one frame with gobwas, masked with a random key if a server is to read it.
func (g generator) wire(f ws.Frame) []byte {
	if g.role == mintws.Server {
		f = ws.MaskFrameWith(f, [4]byte(g.bytes(4)))
	}
	return ws.MustCompileFrame(f)
}

// stream returns a legal stream's bytes or, if mutated, one with a single fault and the fault's name.
func (g generator) stream(mutated bool) (data []byte, fault string) {
	frames := g.frames()
	at := g.IntN(len(frames))
	for i, f := range frames {
		if !mutated || i != at {
			data = append(data, g.wire(f)...)
			continue
		}
		m := mutations[g.IntN(len(mutations))]
		data, fault = append(data, m.apply(g, f)...), m.name
	}
	return data, fault
}

// mutations each spoil one frame and return its bytes. Not every one is illegal wherever it strikes: the oracle decides.
var mutations = []struct {
	name  string
	apply func(g generator, f ws.Frame) []byte
}{
	{"bit of the header", func(g generator, f ws.Frame) []byte {
		b := g.wire(f)
		b[g.IntN(min(len(b), ws.HeaderSize(f.Header)))] ^= 1 << g.IntN(8)
		return b
	}},
	{"reserved opcode", func(g generator, f ws.Frame) []byte {
		f.Header.OpCode = []ws.OpCode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15}[g.IntN(10)]
		return g.wire(f)
	}},
	{"reserved bit", func(g generator, f ws.Frame) []byte {
		f.Header.Rsv = byte(1 + g.IntN(7))
		return g.wire(f)
	}},
	{"mask", func(g generator, f ws.Frame) []byte {
		g.role = mintws.Client + mintws.Server - g.role
		return g.wire(f)
	}},
	{"length in too many bytes", func(g generator, f ws.Frame) []byte { return g.wideLength(f, uint64(len(f.Payload))) }},
	{"64-bit length", func(g generator, f ws.Frame) []byte { return g.wideLength(f, g.Uint64()>>(g.IntN(2)*g.IntN(60))) }},
	{"oversized control frame", func(g generator, f ws.Frame) []byte {
		return g.wire(ws.NewFrame([]ws.OpCode{ws.OpPing, ws.OpPong, ws.OpClose}[g.IntN(3)], true, g.bytes(126+g.IntN(300))))
	}},
	{"fragmented control frame", func(g generator, f ws.Frame) []byte {
		f = g.control()
		f.Header.Fin = false
		return g.wire(f)
	}},
	{"close code", func(g generator, f ws.Frame) []byte {
		code := []ws.StatusCode{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}[g.IntN(13)]
		return g.wire(ws.NewCloseFrame(ws.NewCloseFrameBody(code, "why")))
	}},
	{"Close body of one byte", func(g generator, f ws.Frame) []byte { return g.wire(ws.NewCloseFrame([]byte{3})) }},
	{"UTF-8 of a close reason", func(g generator, f ws.Frame) []byte {
		reason := string(g.text(g.IntN(40))) + badTexts[g.IntN(len(badTexts))]
		return g.wire(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, reason)))
	}},
	{"UTF-8 of text", func(g generator, f ws.Frame) []byte {
		p := append(g.text(g.IntN(200)), badTexts[g.IntN(len(badTexts))]...)
		if g.IntN(2) == 0 {
			p = append(p, g.text(g.IntN(200))...)
		}
		return g.wire(ws.NewFrame(ws.OpText, true, p))
	}},
	{"order of fragments", func(g generator, f ws.Frame) []byte {
		if f.Header.OpCode == ws.OpContinuation {
			f.Header.OpCode = ws.OpBinary
		} else {
			f.Header.OpCode = ws.OpContinuation
		}
		return g.wire(f)
	}},
	{"missing end of message", func(g generator, f ws.Frame) []byte {
		f.Header.Fin = false
		return g.wire(f)
	}},
	{"too large a message", func(g generator, f ws.Frame) []byte {
		return g.wire(ws.NewFrame(ws.OpBinary, true, make([]byte, 70_001+g.IntN(100))))
	}},
	{"too many fragments", func(g generator, f ws.Frame) (b []byte) {
		b = g.wire(ws.NewFrame(ws.OpBinary, false, nil))
		for range 10 + g.IntN(4) {
			b = append(b, g.wire(ws.NewFrame(ws.OpContinuation, false, g.bytes(g.IntN(3))))...)
		}
		return append(b, g.wire(ws.NewFrame(ws.OpContinuation, true, nil))...)
	}},
	{"end in the middle", func(g generator, f ws.Frame) []byte {
		b := g.wire(f)
		return b[:g.IntN(len(b))]
	}},
}

// wideLength encodes f with n for its length, in the two or eight bytes of the extended form whatever n is.
func (g generator) wideLength(f ws.Frame, n uint64) (b []byte) {
	b0, b1 := byte(f.Header.OpCode), byte(0)
	if f.Header.Fin {
		b0 |= 0x80
	}
	if g.role == mintws.Server {
		b1 = 0x80
	}
	if n <= 0xFFFF && g.IntN(2) == 0 {
		b = binary.BigEndian.AppendUint16([]byte{b0, b1 | 126}, uint16(n))
	} else {
		b = binary.BigEndian.AppendUint64([]byte{b0, b1 | 127}, n)
	}
	if g.role == mintws.Server {
		key := [4]byte(g.bytes(4))
		f = ws.MaskFrameWith(f, key)
		b = append(b, key[:]...)
	}
	return append(b, f.Payload...)
}
