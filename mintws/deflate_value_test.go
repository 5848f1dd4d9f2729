package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// takeovers are both ends of a WebSocket whose compressors share their pools with those of all the others.
func takeovers(t testing.TB) (client, server WebSocket) {
	return deflated(t, DeflateOptions{Threshold: -1}, DeflateOptions{Threshold: -1}, Options{})
}

// TestDeflateReplay: with takeover, eight goroutines go on at once from values of every place in a conversation. What they
// send and receive is what it was.
func TestDeflateReplay(t *testing.T) {
	c, s := takeovers(t)
	type moment struct {
		from, to, after WebSocket // after: from, once it has sent
		text            string
		wire            []byte
	}
	var past []moment
	for i, text := range texts(60) {
		from, to := &s, &c // unmasked, so that bytes can be compared
		if i%3 == 2 {
			from, to = to, from
		}
		next, wire, err := from.Encode(Text(text))
		if err != nil {
			t.Fatal(err)
		}
		past = append(past, moment{*from, *to, next, text, wire})
		r, err := decodeAll(*to, wire)
		if err != nil {
			t.Fatal(err)
		}
		*from, *to = next, r.WS
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 3))
			for range 200 {
				m := past[rng.IntN(len(past))]
				cut := rng.IntN(len(m.wire) + 1)
				r, err := decodeAll(m.to, m.wire[:cut], m.wire[cut:])
				if diff := diffFrames(r.Frames, []Frame{Text(m.text)}); err != nil || diff != "" {
					t.Errorf("received: %v\n%s", err, diff)
					return
				}
				next, wire, err := m.from.Encode(Text(m.text))
				if err != nil || !next.Equal(m.after) || m.from.cfg.role == Server && !bytes.Equal(wire, m.wire) {
					t.Errorf("sent % x, %v; at first % x", wire, err, m.wire)
					return
				}
				fork, wire, err := m.from.Encode(Text(fmt.Sprint(g, " says ", m.text)))
				if err != nil || fork.State() != Open {
					t.Error(err)
					return
				}
				if _, err = decodeAll(m.to, wire); err != nil {
					t.Errorf("fork: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestDeflatePoison: what was passed in, and the buffers that were returned, are the caller's again after the call.
// decodeAll overwrites the bytes it has passed in and Inbox.Buf.
func TestDeflatePoison(t *testing.T) {
	c, s := takeovers(t)
	poison := func(b []byte) {
		b = b[:cap(b)]
		for i := range b {
			b[i] = 0xDB
		}
	}
	dst := make([]byte, 0, 100)
	for i, text := range texts(200) {
		from, to := &c, &s
		if i%2 == 1 {
			from, to = to, from
		}
		payload := []byte(text)
		cut := len(payload) / 2
		frames := []Frame{{Opcode: OpBinary, Payload: payload}}
		if i%3 == 0 {
			frames = []Frame{{Opcode: OpBinary, More: true, Payload: payload[:cut:cut]}, {Payload: payload[cut:]}}
		}
		var wire []byte
		for _, f := range frames {
			var err error
			if *from, dst, err = from.AppendEncode(dst[:0], f); err != nil {
				t.Fatal(err)
			}
			wire = append(wire, dst...)
			poison(f.Payload)
			poison(dst)
		}
		r, err := decodeAll(*to, wire)
		if diff := diffFrames(r.Frames, []Frame{Binary([]byte(text))}); err != nil || diff != "" {
			t.Fatalf("message %d: %v\n%s", i, err, diff)
		}
		*to = r.WS
	}
}

// TestDeflateFailedCalls: a call that fails leaves the value as it was, between messages and within one; so does a
// corrupted message.
func TestDeflateFailedCalls(t *testing.T) {
	text := strings.Join(texts(5), "")
	for _, more := range []bool{false, true} {
		c, s := takeovers(t)
		send := func(f Frame) {
			next, wire, err := s.Encode(f)
			if err != nil {
				t.Fatal(err)
			}
			if c, _, err = c.Decode(wire); err != nil {
				t.Fatal(err)
			}
			s = next
		}
		send(Text(text))
		bad := []Frame{Text("\xff"), {Opcode: OpText, RSV: RSV1}, {Opcode: 3}, {Opcode: OpPing, More: true}, {Payload: []byte("x")}}
		last, want := Text(text), text
		if more {
			send(Frame{Opcode: OpText, More: true, Payload: []byte(text)})
			bad = append(bad[:4:4], Text("another"), Frame{Payload: []byte("\xff")})
			last.Opcode, want = OpContinuation, text+text
		}
		for _, f := range bad {
			dst := append(make([]byte, 0, 1000), "kept"...)
			next, got, err := s.AppendEncode(dst, f)
			if err == nil || !next.Equal(s) || string(got) != "kept" || !bytes.Equal(dst[:100], append([]byte("kept"), zeros(96)...)) {
				t.Errorf("%v: %q, %v", f, got, err)
			}
		}
		_, wire, err := s.Encode(last)
		if err != nil {
			t.Fatal(err)
		}
		corrupt := bytes.Clone(wire)
		corrupt[len(corrupt)-1] ^= 0xff
		if r, e := decodeAll(c, corrupt); e == nil || r.WS.State() != Failed {
			t.Errorf("a corrupted message is received as %v", r.Frames)
		}
		r, err := decodeAll(c, wire)
		if diff := diffFrames(r.Frames, []Frame{Text(want)}); err != nil || diff != "" {
			t.Errorf("after failed calls: %v\n%s", err, diff)
		}
	}
}

// TestDeflateWithoutRandom: if there is no masking key nothing has happened, although the message was compressed by then.
func TestDeflateWithoutRandom(t *testing.T) {
	c, _ := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{Rand: failingRand{}})
	dst := append(make([]byte, 0, 1000), "kept"...)
	next, got, err := c.AppendEncode(dst, Text(strings.Join(texts(3), "")))
	if !errors.Is(err, failingRandErr) || !next.Equal(c) || string(got) != "kept" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestDeflateFaultAfterText: text before what cannot be inflated is judged as if it had come alone, whatever the cuts.
func TestDeflateFaultAfterText(t *testing.T) {
	for _, tt := range []struct {
		name  string
		text  string
		err   error
		given string // with DeliverPayload
	}{
		{"text", "abc", ErrDeflate, "abc"}, {"no text", "a\xa0c", ErrInvalidUTF8, "a"},
	} {
		for _, delivery := range []Delivery{DeliverMessages, DeliverFragments, DeliverPayload} {
			c, _ := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{Delivery: delivery})
			stored := storedMessage([]byte(tt.text))
			p := append(stored[:len(stored)-1], 0x06) // a reserved block type
			wire := join(0xC1, len(p), p)
			want := tt.given
			if delivery != DeliverPayload {
				want = ""
			}
			for i := range wire {
				if r, err := decodeAll(c, wire[:i], wire[i:]); !errors.Is(err, tt.err) || string(joined(r.Frames)) != want {
					t.Errorf("%s, delivery %d, cut at %d: %q, %v; want %q, %v", tt.name, delivery, i, joined(r.Frames), err, want, tt.err)
				}
			}
		}
	}
}

// TestDeflateFaultBelow: if two extensions are undone and the first of them fails, what came out of it passes through the
// other too.
func TestDeflateFaultBelow(t *testing.T) {
	below := mustDeflate(t, DeflateOptions{}).(deflateExtension).transform(15, 15, false, false)
	above := shiftTransform{shift2} // adds 3, 4, 5, …
	c, err := NewWebSocket(Client, Options{Delivery: DeliverPayload, Transforms: []Transform{above, below}})
	if err != nil {
		t.Fatal(err)
	}
	stored := storedMessage([]byte{'a' + 3, 'b' + 4, 'c' + 5})
	p := append(stored[:len(stored)-1], 0x06) // a reserved block type
	in := Inbox{}
	_, err = c.AppendDecode(&in, join(0xC2|int(RSV2), len(p), p))
	if !errors.Is(err, ErrDeflate) || len(in.Frames) != 1 || string(in.Frames[0].Payload) != "abc" || !in.Frames[0].More {
		t.Errorf("%v, %v", in.Frames, err)
	}
	if in.Buf = append(in.Buf, "other"...); string(in.Frames[0].Payload) != "abc" {
		t.Error("the frame's payload is not the Inbox's own any more")
	}
}
