package mintws

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// deflated returns both ends of a WebSocket with permessage-deflate, negotiated with the given answer.
func deflated(t testing.TB, client, server DeflateOptions, opt Options) (WebSocket, WebSocket) {
	t.Helper()
	ce, err := NewDeflate(client)
	if err != nil {
		t.Fatal(err)
	}
	se, err := NewDeflate(server)
	if err != nil {
		t.Fatal(err)
	}
	for _, offer := range ce.Offers() {
		answer, st, ok := se.Answer(offer)
		if !ok {
			continue
		}
		ct, err := ce.Check(answer)
		if err != nil {
			t.Fatalf("offer %v, answer %v: %v", offer, answer, err)
		}
		copt, sopt := opt, opt
		copt.Transforms, sopt.Transforms = []Transform{ct}, []Transform{st}
		c, err := NewWebSocket(Client, copt)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewWebSocket(Server, sopt)
		if err != nil {
			t.Fatal(err)
		}
		return c, s
	}
	t.Fatalf("no offer of %v was accepted", ce.Offers())
	return WebSocket{}, WebSocket{}
}

// TestDeflateRFC is RFC 7692 section 7.2.3, byte for byte.
func TestDeflateRFC(t *testing.T) {
	c, s := deflated(t, DeflateOptions{Threshold: -1}, DeflateOptions{Threshold: -1}, Options{})
	hello := join(0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00)
	for _, tt := range []struct {
		name string
		in   []byte
		want []string
	}{
		{"7.2.3.1", hello, []string{"Hello"}},
		{"7.2.3.1, fragmented", join(0x41, 0x03, 0xf2, 0x48, 0xcd, 0x80, 0x04, 0xc9, 0xc9, 0x07, 0x00), []string{"Hello"}},
		{"7.2.3.2", join(hello, 0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00), []string{"Hello", "Hello"}},
		{"7.2.3.3", join(0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00), []string{"Hello"}},
		{"7.2.3.4", join(0xc1, 0x08, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00), []string{"Hello"}},
		{"7.2.3.5", join(0xc1, 0x0d, 0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00), []string{"Hello"}},
		{"7.2.3.6", join(0xc1, 0x01, 0x00), []string{""}},
	} {
		var want []Frame
		for _, w := range tt.want {
			want = append(want, Text(w))
		}
		whole, err := decodeAll(c, tt.in)
		if diff := diffFrames(whole.Frames, want); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", tt.name, err, diff)
		}
		for i := range tt.in {
			if got, e := decodeAll(c, tt.in[:i], tt.in[i:]); !got.same(whole) {
				t.Errorf("%s, cut at %d: %v, %v", tt.name, i, got.Frames, e)
			}
		}
	}
	_, p, err := s.Encode(Text(""))
	if err != nil || !bytes.Equal(p, join(0xc1, 0x01, 0x00)) {
		t.Errorf("an empty message is sent as % x, %v", p, err)
	}
}

// texts are messages that have something in common.
func texts(n int) (list []string) {
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range n {
		var b strings.Builder
		for range 1 + rng.IntN(30) {
			fmt.Fprintf(&b, `{"id":%d,"symbol":"SYM%d","price":%d.%02d},`, i, rng.IntN(20), rng.IntN(1000), rng.IntN(100))
		}
		switch rng.IntN(20) {
		case 0:
			b.Reset()
		case 1:
			noise := make([]byte, rng.IntN(3000))
			for j := range noise {
				noise[j] = byte(rng.IntN(128))
			}
			b.Write(noise)
		case 2:
			b.WriteString(strings.Repeat(b.String(), 1+rng.IntN(30)))
		}
		list = append(list, b.String())
	}
	return list
}

// TestDeflateRoundTrip: with every kind of agreement, in both directions, whole and in fragments, with old values replayed.
func TestDeflateRoundTrip(t *testing.T) {
	plain := DeflateOptions{}
	for _, tt := range []struct {
		name           string
		client, server DeflateOptions
	}{
		{"default", plain, plain},
		{"levels", DeflateOptions{Level: 9}, DeflateOptions{Level: 5}},
		{"large window", DeflateOptions{SendWindow: 1 << 15}, DeflateOptions{SendWindow: 1 << 15}},
		{"no takeover by the client", DeflateOptions{SendNoTakeover: true}, plain},
		{"no takeover by the server", DeflateOptions{ReceiveNoTakeover: true}, plain},
		{"no takeover", plain, DeflateOptions{SendNoTakeover: true, ReceiveNoTakeover: true}},
		{"server's window of 8 bits", DeflateOptions{ReceiveWindowBits: 8}, plain},
		{"client's window of 8 bits", plain, DeflateOptions{ReceiveWindowBits: 8}},
		{"windows of 9 and 10 bits", DeflateOptions{ReceiveWindowBits: 9}, DeflateOptions{ReceiveWindowBits: 10}},
		{"windows of 14 bits", DeflateOptions{ReceiveWindowBits: 14, Level: 9}, DeflateOptions{ReceiveWindowBits: 14}},
		{"announced windows", DeflateOptions{AnnounceSendWindow: true}, DeflateOptions{AnnounceSendWindow: true, SendWindow: 300}},
		{"everything", DeflateOptions{Threshold: -1}, DeflateOptions{Threshold: -1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, s := deflated(t, tt.client, tt.server, Options{})
			for i, text := range texts(400) {
				from, to := &c, &s
				if i%2 == 1 {
					from, to = to, from
				}
				var err error
				var wire []byte
				old, oldTo := *from, *to
				rest := Text(text)
				if i%5 == 0 { // in fragments
					cut := len(text) / 3
					if *from, wire, err = from.AppendEncode(wire, Frame{Opcode: OpText, More: true, Payload: []byte(text[:cut])}); err != nil {
						t.Fatal(err)
					}
					rest = Frame{Payload: []byte(text[cut:])}
				}
				if *from, wire, err = from.AppendEncode(wire, rest); err != nil {
					t.Fatal(err)
				}
				cut := len(wire) * (i % 7) / 7
				r, err := decodeAll(*to, wire[:cut], wire[cut:])
				if diff := diffFrames(r.Frames, []Frame{Text(text)}); err != nil || diff != "" {
					t.Fatalf("message %d: %v\n%s", i, err, diff)
				}
				if again, e := decodeAll(oldTo, wire); e != nil || !again.same(r) {
					t.Fatalf("message %d: replayed differently: %v", i, e)
				}
				if i%5 != 0 {
					_, p, e := old.Encode(Text(text))
					if e != nil {
						t.Fatal(e)
					}
					if fork, e := decodeAll(oldTo, p); e != nil || diffFrames(fork.Frames, r.Frames) != "" {
						t.Fatalf("message %d: forked differently: %v", i, e)
					}
				}
				*to = r.WS
			}
		})
	}
}

// TestDeflatePieces: payload is handed over as it arrives, compressed or not.
func TestDeflatePieces(t *testing.T) {
	for _, delivery := range []Delivery{DeliverFragments, DeliverPayload} {
		c, s := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{Delivery: delivery})
		text := strings.Join(texts(30), "")
		for range 3 {
			var wire []byte
			var err error
			for i := range 3 {
				f := Frame{Opcode: OpText, More: i < 2, Payload: []byte(text[len(text)*i/3 : len(text)*(i+1)/3])}
				if i > 0 {
					f.Opcode = OpContinuation
				}
				if c, wire, err = c.AppendEncode(wire, f); err != nil {
					t.Fatal(err)
				}
			}
			var got []byte
			frames := 0
			for p := wire; len(p) > 0; p = p[min(100, len(p)):] {
				r, e := decodeAll(s, p[:min(100, len(p))])
				if e != nil {
					t.Fatal(e)
				}
				s = r.WS
				for _, f := range r.Frames {
					frames++
					got = append(got, f.Payload...)
				}
			}
			if string(got) != text || delivery == DeliverPayload && frames < 20 || delivery == DeliverFragments && frames != 3 {
				t.Fatalf("delivery %d: %d bytes of %d in %d frames", delivery, len(got), len(text), frames)
			}
		}
	}
}

// bomb compresses n zeros to about n/1030 bytes.
func bomb(t testing.TB, n int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.CopyN(w, zeroReader{}, int64(n)); err != nil {
		t.Fatal(err)
	}
	if err = w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()[:b.Len()-4]
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestInflateBomb: 1 KiB that stands for 1 GiB is stopped at the limit, with little more memory than that.
func TestInflateBomb(t *testing.T) {
	// The whole message would have 1 MiB compressed; its first KiB is enough to go beyond the limit.
	const limit = 512 << 10
	p := bomb(t, 1<<30)[:1024]
	for _, delivery := range []Delivery{DeliverMessages, DeliverPayload} {
		c, _ := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{Delivery: delivery, Limits: Limits{MaxMessage: limit}})
		wire := join(0xC2, 126, 4, 0, p)
		got := allocated(func() {
			in := Inbox{Buf: make([]byte, 0, limit)}
			next, err := c.AppendDecode(&in, wire)
			if !errors.Is(err, ErrMessageTooBig) || next.State() != Failed {
				t.Errorf("%v in state %v", err, next.State())
			}
			if f, ok := CloseFrame(err); !ok || f.Code != CodeMessageTooBig {
				t.Errorf("close frame %v", f)
			}
			if len(in.Buf) > limit {
				t.Errorf("inflated %d bytes", len(in.Buf))
			}
		})
		if got > limit+1<<20 {
			t.Errorf("allocated %d bytes", got)
		}
	}
	for _, delivery := range []Delivery{DeliverMessages, DeliverPayload} {
		c, _ := deflated(t, DeflateOptions{MaxRatio: 100}, DeflateOptions{}, Options{Delivery: delivery})
		wire := join(0xC2, 126, 4, 0, p)
		r, err := decodeAll(c, wire[:300], wire[300:600], wire[600:])
		if n := len(glue(r.Frames)); !errors.Is(err, ErrDeflateRatio) || n > 1 || n == 1 && len(glue(r.Frames)[0].Payload) > 100*1024 {
			t.Errorf("ratio: %v, %d frames", err, n)
		}
	}
}

// TestCorruptDeflate: what cannot be inflated fails the connection with 1007.
func TestCorruptDeflate(t *testing.T) {
	c, _ := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{})
	for name, p := range map[string][]byte{
		"reserved block type": {0x06}, "truncated": {0xf2, 0x48}, "nothing": {}, "distance before the start": {0x03 &^ 1, 0x00, 0x11, 0x00, 0x00},
		"stored length": {0x00, 0x05, 0x00, 0xfa, 0xfe, 'H', 'e', 'l', 'l', 'o', 0},
	} {
		wire := join(0xC1, len(p), p)
		r, err := decodeAll(c, wire)
		if f, ok := CloseFrame(err); !errors.Is(err, ErrDeflate) || !ok || f.Code != CodeInvalidPayload || len(r.Frames) != 0 {
			t.Errorf("%s: %v, %v", name, r.Frames, err)
		}
		for i := range wire {
			if cut, e := decodeAll(c, wire[:i], wire[i:]); e == nil || e.Error() != err.Error() || !cut.WS.Equal(r.WS) {
				t.Errorf("%s, cut at %d: %v, want %v", name, i, e, err)
			}
		}
	}
	r, err := decodeAll(c, join(0xC1, 3, 0xFA, 0x0F, 0x00)) // one byte, 0xFF
	if !errors.Is(err, ErrInvalidUTF8) {
		t.Errorf("inflated text that is not UTF-8: %v, %v", r.Frames, err)
	}
}

// TestDeflateFaultSeen: illegal compressed bytes are refused as soon as they are inflated, which is at the end of what is handed
// over whole, and with DeliverPayload at the first of them.
func TestDeflateFaultSeen(t *testing.T) {
	bad := join(0x42, 4, 0x07, 1, 2, 3, 0x80, 2, 4, 5) // the first byte announces a block of the reserved type
	for delivery, want := range map[Delivery]int{DeliverMessages: len(bad), DeliverFragments: 6, DeliverPayload: 3} {
		ws := inflater(t, Client, Options{Delivery: delivery})
		var err error
		n := 0
		for n < len(bad) && err == nil {
			ws, _, err = ws.Decode(bad[n : n+1])
			n++
		}
		if !errors.Is(err, ErrDeflate) || n != want {
			t.Errorf("delivery %d: %v after %d bytes, want it after %d", delivery, err, n, want)
		}
	}
}
