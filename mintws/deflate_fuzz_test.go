package mintws

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"testing"
)

// compressedFrame is a message, or its first fragment, that passed through permessage-deflate: RSV1 (RFC 7692 section 6).
func compressedFrame(op Opcode, more bool, p []byte) Frame {
	return Frame{Opcode: op, More: more, RSV: RSV1, Raw: true, Payload: p}
}

// storedMessage is p as a compressed message in stored blocks, the last of which is empty (RFC 7692 section 7.2.1).
func storedMessage(p []byte) (b []byte) {
	for n := 0; len(p) > 0; p = p[n:] {
		n = min(len(p), 1<<16-1)
		b = append(b, 0, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		b = append(b, p[:n]...)
	}
	return append(b, 0)
}

// flateInflate inflates a message with compress/flate. all is false if it stops at a final block before the end.
func flateInflate(window, message []byte, limit int) (text []byte, all bool, err error) {
	r := bytes.NewReader(join(message, []byte(tail), 1, []byte(tail)))
	text, err = io.ReadAll(io.LimitReader(flate.NewReaderDict(r, window), int64(limit)))
	return text, r.Len() == 0, err
}

// FuzzDeflateDecode: any bytes as a compressed message, after another that they may refer to, give the same result whatever
// the cuts, no panic, and no more than MaxMessage bytes. If compress/flate accepts them too, it gives the same text.
func FuzzDeflateDecode(f *testing.F) {
	for i, p := range []string{
		"", "\x00", "\x06", "\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00", "\x00\x05\x00\xfa\xffHello\x00",
		"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "\xfa\x0f\x00", string(bomb(f, 100_000)),
		string(bomb(f, 1000)),
	} {
		for options := range uint16(6) {
			f.Add(options*61+uint16(i), []byte("Hello, world"), []byte(p), uint16(i), uint16(2*i))
		}
	}
	const limit = 20_000
	f.Fuzz(func(t *testing.T, options uint16, earlier, message []byte, i, j uint16) {
		if len(earlier) > 5000 || len(message) > 5000 {
			return
		}
		role, opt := fuzzOptions(byte(options))
		opt.Limits = Limits{MaxMessage: limit, MaxFrame: limit}
		op := OpText
		if options&32 != 0 {
			op = OpBinary
		}
		takeover := options&64 == 0
		bits := 8 + int(options>>7&7)
		tr := mustDeflate(t, DeflateOptions{}).(deflateExtension).transform(15, bits, false, !takeover)
		opt.Transforms = []Transform{tr}
		ws, err := NewWebSocket(role, opt)
		if err != nil {
			t.Fatal(err)
		}
		peer, err := NewWebSocket(1-role, Options{Transforms: opt.Transforms, SkipUTF8: true})
		if err != nil {
			t.Fatal(err)
		}
		var first, wire []byte
		if peer, first, err = peer.Encode(compressedFrame(OpBinary, false, storedMessage(earlier))); err != nil {
			t.Fatal(err)
		}
		r, err := decodeAll(ws, first)
		if err != nil {
			t.Fatalf("stored blocks: %v", err)
		}
		ws = r.WS
		frames := []Frame{compressedFrame(op, false, message)}
		if options&1024 != 0 { // in two fragments
			at := min(int(j), len(message))
			frames = []Frame{compressedFrame(op, true, message[:at]), {Payload: message[at:]}}
		}
		for _, fr := range frames {
			if peer, wire, err = peer.AppendEncode(wire, fr); err != nil {
				t.Fatal(err)
			}
		}
		whole, err := decodeAll(ws, wire)
		a := min(int(i), len(wire))
		b := a + min(int(j), len(wire)-a)
		cut, cutErr := decodeAll(ws, wire[:a], wire[a:b], wire[b:])
		if again, e := decodeAll(ws, wire); !again.same(whole) {
			t.Fatalf("replayed: %v, %v, want %v, %v", again.Frames, e, whole.Frames, err)
		}
		text := joined(whole.Frames)
		if opt.Delivery == DeliverPayload {
			whole.Frames, cut.Frames = glue(whole.Frames), glue(cut.Frames)
		}
		if !whole.same(cut) {
			t.Fatalf("whole: %v, %v\ncut at %d and %d: %v, %v", whole.Frames, err, a, b, cut.Frames, cutErr)
		}
		var pe *ProtocolError
		switch {
		case len(text) > limit:
			t.Fatalf("%d bytes, at most %d are allowed", len(text), limit)
		case err == nil:
			window := earlier[max(0, len(earlier)-1<<bits):]
			if !takeover {
				window = nil
			}
			other, all, e := flateInflate(window, message, limit+1)
			if e == nil && (!bytes.HasPrefix(text, other) || all && len(text) != len(other)) {
				t.Fatalf("%x: %q\ncompress/flate: %q", message, text, other)
			}
		case !errors.As(err, &pe) || !pe.Code.Sendable() || cut.WS.State() != Failed:
			t.Fatalf("error %#v in state %v", err, cut.WS.State())
		}
		in := Inbox{}
		_, _ = ws.AppendDecode(&in, wire)
		if cap(in.Buf) > 4*(limit+len(wire)) {
			t.Fatalf("%d bytes of memory for %d on the wire", cap(in.Buf), len(wire))
		}
	})
}

// joined is the payload of data frames.
func joined(frames []Frame) (p []byte) {
	for _, f := range frames {
		p = append(p, f.Payload...)
	}
	return p
}

func mustDeflate(t testing.TB, opt DeflateOptions) Extension {
	t.Helper()
	e, err := NewDeflate(opt)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// fuzzDeflateOptions makes options out of bits.
func fuzzDeflateOptions(b uint32) DeflateOptions {
	return DeflateOptions{
		Level:             1 + int(b&15)%9,
		Threshold:         []int{-1, 0, 1, 1000}[b>>4&3],
		SendWindow:        256 << (b >> 6 & 7),
		SendWindowFixed:   b>>9&1 != 0,
		SendNoTakeover:    b>>10&1 != 0,
		ReceiveNoTakeover: b>>11&1 != 0,
		ReceiveWindowBits: 8 + int(b>>12&7),
		Fallback:          b>>15&1 != 0,
	}
}

// FuzzDeflateRoundTrip: with any two sides, each receives what the other sends, message after message, in both directions,
// whole and in fragments. Old values give the same once more, and a fork that said something else in between is of no
// consequence.
func FuzzDeflateRoundTrip(f *testing.F) {
	steps := []byte{0, 1, 2, 3, 4, 8, 0x10, 0x40, 0x85, 0xF1}
	for i := range uint32(8) {
		f.Add(i*0x1357, i*0x2467, steps, []byte(`{"id":1,"symbol":"SYM1","price":100.25},{"id":2,"symbol":"SYM2"}`))
	}
	f.Add(uint32(0), uint32(0), []byte{0xF0, 0xF1, 0xF2}, bytes.Repeat([]byte{0, 1, 2, 3, 5, 8, 13}, 100))
	f.Fuzz(func(t *testing.T, client, server uint32, steps, text []byte) {
		if len(steps) > 20 || len(text) > 4000 {
			return
		}
		co, so := fuzzDeflateOptions(client), fuzzDeflateOptions(server)
		if co.SendWindowFixed { // a server that wants it smaller would decline (RFC 7692 section 7.1.2.2)
			so.ReceiveWindowBits = 15
		}
		c, s := deflated(t, co, so, Options{})
		for i, step := range steps {
			from, to := &c, &s
			if step&1 != 0 {
				from, to = to, from
			}
			at := len(text) * (i % 4) / 8
			message := bytes.Repeat(text[at:len(text)-at*int(step>>1&1)], 1+int(step>>4)) // up to 64 KiB
			frames := []Frame{Binary(message)}
			if step&4 != 0 {
				a, b := len(message)/3, len(message)*2/3
				frames = []Frame{{Opcode: OpBinary, More: true, Payload: message[:a]}, {More: true, Payload: message[a:b]},
					{Payload: message[b:]}}
			}
			encode := func(ws WebSocket) (WebSocket, []byte) {
				var wire []byte
				var err error
				for _, fr := range frames {
					if ws, wire, err = ws.AppendEncode(wire, fr); err != nil {
						t.Fatal(err)
					}
				}
				return ws, wire
			}
			other := Text("something else " + string(bytes.ToValidUTF8(text, nil)))
			if fork, p, err := from.Encode(other); err != nil || fork.State() != Open {
				t.Fatal(err)
			} else if _, err = decodeAll(*to, p); err != nil {
				t.Fatalf("fork before message %d: %v", i, err)
			}
			next, wire := encode(*from)
			again, _ := encode(*from)
			if !again.Equal(next) {
				t.Fatalf("message %d encoded again leads elsewhere", i)
			}
			cut := len(wire) * int(step>>4) / 16
			r, err := decodeAll(*to, wire[:cut], wire[cut:])
			if diff := diffFrames(r.Frames, []Frame{Binary(message)}); err != nil || diff != "" {
				t.Fatalf("message %d: %v\n%s", i, err, diff)
			}
			if replayed, e := decodeAll(*to, wire); e != nil || !replayed.same(r) {
				t.Fatalf("message %d replayed differently: %v", i, e)
			}
			*from, *to = next, r.WS
		}
	})
}
