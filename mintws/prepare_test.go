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

func mustPrepare(t testing.TB, f Frame) *Prepared {
	t.Helper()
	p, err := Prepare(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// reads returns what receives what ws sends to peer.
func reads(ws, peer WebSocket) receivers {
	r := receivers{ws: peer}
	if len(ws.cfg.transforms) > 0 {
		d := ws.cfg.transforms[0].(*deflateTransform)
		r.peer = flatePeer{takeover: !d.sendForgets, bits: d.sendBits}
	}
	return r
}

// preparedAgreements are what two sides may agree on.
var preparedAgreements = []struct {
	name           string
	client, server DeflateOptions
}{
	{"default", DeflateOptions{}, DeflateOptions{}},
	{"levels", DeflateOptions{Level: 9}, DeflateOptions{Level: 5}},
	{"large window", DeflateOptions{SendWindow: 1 << 15}, DeflateOptions{SendWindow: 1 << 15}},
	{"small window", DeflateOptions{SendWindow: 1 << 8}, DeflateOptions{SendWindow: 1 << 8}},
	{"no takeover", DeflateOptions{SendNoTakeover: true}, DeflateOptions{SendNoTakeover: true}},
	{"no takeover, as the peer asks", DeflateOptions{ReceiveNoTakeover: true}, DeflateOptions{ReceiveNoTakeover: true}},
	{"windows of 8 bits", DeflateOptions{ReceiveWindowBits: 8}, DeflateOptions{ReceiveWindowBits: 8}},
	{"windows of 9 and 10 bits", DeflateOptions{ReceiveWindowBits: 9, SendNoTakeover: true}, DeflateOptions{ReceiveWindowBits: 10}},
	{"announced windows", DeflateOptions{AnnounceSendWindow: true, SendWindow: 1 << 10}, DeflateOptions{AnnounceSendWindow: true}},
	{"no threshold", DeflateOptions{Threshold: -1}, DeflateOptions{Threshold: -1}},
	{"threshold", DeflateOptions{Threshold: 1000}, DeflateOptions{Threshold: 1000}},
}

// TestPrepared: prepared messages among others are received as what they are, whoever sends them and whatever was agreed
// on. Old values send them again, and forks do not disturb each other.
func TestPrepared(t *testing.T) {
	var prepared []*Prepared
	list := append(texts(60), strings.Repeat("a long message. ", 8000))
	for _, text := range list {
		prepared = append(prepared, mustPrepare(t, Text(text)))
	}
	for _, tt := range preparedAgreements {
		for _, role := range []Role{Client, Server} {
			t.Run(fmt.Sprintf("%s/%v", tt.name, role), func(t *testing.T) {
				c, s := deflated(t, tt.client, tt.server, Options{})
				ws, r := c, reads(c, s)
				if role == Server {
					ws, r = s, reads(s, c)
				}
				rng := rand.New(rand.NewPCG(uint64(role), 7))
				var err error
				for i := range 200 {
					k := rng.IntN(len(list))
					want := Text(list[k])
					old, was := ws, r
					was.peer.window = bytes.Clone(r.peer.window)
					var wire []byte
					if rng.IntN(3) == 0 {
						ws, wire, err = ws.AppendEncode(nil, want)
					} else {
						ws, wire, err = ws.AppendPrepared(nil, prepared[k])
					}
					if err != nil {
						t.Fatal(err)
					}
					r.expect(t, fmt.Sprint("message ", i), wire, want)
					if i%4 > 0 {
						continue
					}
					// A fork of the old value sends something else, and then the same.
					k = rng.IntN(len(list))
					if old, wire, err = old.AppendPrepared([]byte("before"), prepared[k]); err != nil || string(wire[:6]) != "before" {
						t.Fatalf("fork: %q, %v", wire, err)
					}
					was.expect(t, "fork", wire[6:], Text(list[k]))
					if _, wire, err = old.AppendPrepared(nil, mustPrepare(t, want)); err != nil {
						t.Fatal(err)
					}
					was.expect(t, "fork's second", wire, want)
				}
			})
		}
	}
}

// TestPreparedIsEncode: if there is no history to refer to, a prepared frame is byte for byte what Encode makes of it, and
// leads to the same value.
func TestPreparedIsEncode(t *testing.T) {
	frames := []Frame{Text(""), Text("short"), Text(strings.Repeat("long ", 100)), Binary(zeros(70_000)), Ping([]byte("p")), Pong(nil), Close(0, ""),
		Close(1001, "reason"), Close(4000, ""), {Opcode: OpText, Raw: true, Payload: []byte(strings.Repeat("raw ", 100))}}
	for _, text := range texts(20) {
		frames = append(frames, Text(text))
	}
	for _, n := range []int{1, DefaultDeflateThreshold - 1, DefaultDeflateThreshold, 999, 1000, DefaultDeflateSendWindow - 1,
		DefaultDeflateSendWindow, 1<<15 + 1} {
		frames = append(frames, Binary(zeros(n)))
	}
	plain := func(role Role) []WebSocket {
		ws, err := NewWebSocket(role, Options{Rand: fixedKey{}})
		if err != nil {
			t.Fatal(err)
		}
		fragmenting, _, err := ws.Encode(Frame{Opcode: OpText, More: true})
		if err != nil {
			t.Fatal(err)
		}
		return []WebSocket{ws, fragmenting}
	}
	values := append(plain(Client), plain(Server)...)
	for _, tt := range preparedAgreements {
		c, s := deflated(t, tt.client, tt.server, Options{Rand: fixedKey{}})
		values = append(values, c, s)
		for _, ws := range []WebSocket{c, s} {
			if !ws.cfg.transforms[0].(*deflateTransform).sendForgets {
				continue
			}
			next, _, err := ws.Encode(Text(strings.Repeat("history ", 100)))
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, next)
		}
	}
	for _, f := range frames {
		p := mustPrepare(t, f)
		for i, ws := range values {
			next, wire, err := ws.Encode(f)
			for range 2 { // compressed now, and before
				gotNext, got, e := ws.AppendPrepared(nil, p)
				if fmt.Sprint(e) != fmt.Sprint(err) || !bytes.Equal(got, wire) || !gotNext.Equal(next) {
					t.Fatalf("%v of %d bytes, value %d: %v, want %v; % .20x, want % .20x", f.Opcode, len(f.Payload), i, e, err, got, wire)
				}
			}
		}
	}
}

// TestPreparedRefuses: what may not be sent is refused by Prepare, or by AppendPrepared if it depends on the WebSocket, which
// is then unchanged.
func TestPreparedRefuses(t *testing.T) {
	for _, tt := range badFrames {
		p, err := Prepare(tt.f)
		if err != nil {
			if !errors.Is(err, ErrInvalidFrame) || p != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		ws := tt.in(t)
		next, got, err := ws.AppendPrepared([]byte("kept"), p)
		if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.text) || !next.Equal(ws) || string(got) != "kept" {
			t.Errorf("%s: %q, %v; want %v", tt.name, got, err, tt.err)
		}
	}
	for _, f := range []Frame{{Opcode: OpText, More: true}, {}, {More: true}, {Opcode: OpBinary, More: true, Raw: true, RSV: RSV1}} {
		if _, err := Prepare(f); !errors.Is(err, ErrInvalidFrame) || !strings.Contains(err.Error(), "fragmented") {
			t.Errorf("%+v: %v", f, err)
		}
	}
	// Text is validated whatever the WebSocket does about it, reserved bits where they are sent.
	if _, err := Prepare(Text("\xff")); !errors.Is(err, ErrInvalidFrame) {
		t.Error(err)
	}
	ws := opened(Client)(t)
	for name, p := range map[string]*Prepared{"nil": nil, "zero": {}} {
		if next, got, err := ws.AppendPrepared([]byte("kept"), p); !errors.Is(err, ErrInvalidFrame) || !next.Equal(ws) || string(got) != "kept" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	raw := mustPrepare(t, Frame{Opcode: OpText, RSV: RSV1, Raw: true, Payload: []byte("\xff")})
	if _, _, err := ws.AppendPrepared(nil, raw); !errors.Is(err, ErrInvalidFrame) {
		t.Errorf("a reserved bit that nobody uses: %v", err)
	}
	for _, rsv := range []RSV{RSV1, RSV2, RSV3} {
		ws, err := NewWebSocket(Server, Options{Transforms: []Transform{shiftTransform{shift{rsv: rsv}}}})
		if err != nil {
			t.Fatal(err)
		}
		_, wire, err := ws.AppendPrepared(nil, mustPrepare(t, Frame{Opcode: OpBinary, RSV: rsv, Raw: true}))
		if err != nil || !bytes.Equal(wire, []byte{0x82 | byte(rsv), 0}) {
			t.Errorf("the reserved bit 0x%02x: % x, %v", byte(rsv), wire, err)
		}
	}
	if _, err := Prepare(Frame{Opcode: OpText, RSV: 1, Raw: true}); !errors.Is(err, ErrInvalidFrame) {
		t.Errorf("a bit that is not reserved: %v", err)
	}
	if _, err := Prepare(Frame{Opcode: OpText, RSV: RSV1}); !errors.Is(err, ErrInvalidFrame) {
		t.Errorf("a reserved bit without Raw: %v", err)
	}
}

// TestPreparedWithoutRandom: if there is no masking key, nothing has happened.
func TestPreparedWithoutRandom(t *testing.T) {
	c, _ := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{Rand: failingRand{}})
	p := mustPrepare(t, Text(strings.Join(texts(3), "")))
	dst := append(make([]byte, 0, 1000), "kept"...)
	if next, got, err := c.AppendPrepared(dst, p); !errors.Is(err, failingRandErr) || !next.Equal(c) || string(got) != "kept" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestPreparedPoison: what was passed to Prepare, and the buffers that were returned, are the caller's again after the call.
func TestPreparedPoison(t *testing.T) {
	c, s := takeovers(t)
	text := strings.Join(texts(4), "")
	payload := []byte(text)
	p := mustPrepare(t, Text(payload))
	clear(payload)
	for _, ends := range [][2]WebSocket{{c, s}, {s, c}} {
		ws, r := ends[0], reads(ends[0], ends[1])
		for i := range 5 {
			var wire []byte
			var err error
			if ws, wire, err = ws.AppendPrepared(nil, p); err != nil {
				t.Fatal(err)
			}
			r.expect(t, fmt.Sprint("message ", i), wire, Text(text))
			clear(wire[:cap(wire)])
			if ws, wire, err = ws.Encode(Text(text)); err != nil || len(wire) > len(text)/10 {
				t.Fatalf("%d bytes for a message that was sent before, %v", len(wire), err)
			}
			r.expect(t, fmt.Sprint("encoded ", i), wire, Text(text))
		}
	}
}

// TestPreparedMasks: a client masks each frame with a key of its own (RFC 6455 section 5.3).
func TestPreparedMasks(t *testing.T) {
	ws := opened(Client)(t)
	p := mustPrepare(t, Text("Hello"))
	seen := map[string]bool{}
	for range 100 {
		_, wire, err := ws.AppendPrepared(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		seen[string(wire[2:6])] = true
	}
	if len(seen) < 99 { // two of 2^32 may be the same
		t.Errorf("%d keys for 100 frames", len(seen))
	}
}

// TestPreparedRaw: a message that the caller compressed can be prepared too, and what was sent before it is forgotten. One
// without reserved bits is sent as it is.
func TestPreparedRaw(t *testing.T) {
	c, s := takeovers(t)
	text := strings.Join(texts(3), "")
	coded := mustPrepare(t, compressedFrame(OpText, false, deflatedBy(text)))
	asItIs := mustPrepare(t, Frame{Opcode: OpText, Raw: true, Payload: []byte(text)})
	for _, ends := range [][2]WebSocket{{c, s}, {s, c}} {
		ws, r := ends[0], reads(ends[0], ends[1])
		for i := range 3 {
			for _, p := range []*Prepared{mustPrepare(t, Text(text)), coded, nil, asItIs} {
				var wire []byte
				var err error
				if p == nil {
					ws, wire, err = ws.Encode(Text(text))
				} else {
					ws, wire, err = ws.AppendPrepared(nil, p)
				}
				if err != nil || p == asItIs && len(wire) < len(text) || p != asItIs && len(wire) > len(text)*2/3 {
					t.Fatalf("%d bytes, %v", len(wire), err)
				}
				r.expect(t, fmt.Sprint("message ", i), wire, Text(text))
			}
		}
	}
}

// TestPreparedOtherTransforms: what other extensions do is done for each WebSocket. The compressed bytes are shared if
// permessage-deflate is the first of them.
func TestPreparedOtherTransforms(t *testing.T) {
	d := mustDeflate(t, DeflateOptions{}).(deflateExtension).transform(15, 15, false, false)
	text := strings.Join(texts(3), "")
	for name, list := range map[string][]Transform{
		"alone":        {shiftTransform{shift2}},
		"after":        {d, shiftTransform{wide}, shiftTransform{shift2}},
		"before":       {shiftTransform{shift2}, d},
		"always after": {d, shiftTransform{always}},
	} {
		p := mustPrepare(t, Text(text))
		for _, role := range []Role{Client, Server} {
			ws, err := NewWebSocket(role, Options{Transforms: list})
			if err != nil {
				t.Fatal(err)
			}
			peer, err := NewWebSocket(1-role, Options{Transforms: list})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				var wire []byte
				if ws, wire, err = ws.AppendPrepared(nil, p); err != nil {
					t.Fatal(err)
				}
				r, err := decodeAll(peer, wire)
				if diff := diffFrames(r.Frames, []Frame{Text(text)}); err != nil || diff != "" {
					t.Fatalf("%s, %v, message %d: %v\n%s", name, role, i, err, diff)
				}
				peer = r.WS
			}
		}
		if shared := p.encodings.Load() != nil; shared != (list[0] == d) {
			t.Errorf("%s: shared is %v", name, shared)
		}
	}
}

// TestPreparedOnce: a message is compressed once for all that compress alike, and a bounded number of results is kept.
func TestPreparedOnce(t *testing.T) {
	text := strings.Join(texts(5), "")
	p := mustPrepare(t, Text(text))
	send := func(opt, peer DeflateOptions) {
		t.Helper()
		c, s := deflated(t, peer, opt, Options{})
		r := reads(s, c)
		_, wire, err := s.AppendPrepared(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		r.expect(t, fmt.Sprintf("%+v to %+v", opt, peer), wire, Text(text))
	}
	count := func() (n int) {
		for e := p.encodings.Load(); e != nil; e = e.next {
			n++
		}
		return n
	}
	for range 3 {
		for _, peer := range []DeflateOptions{{}, {ReceiveNoTakeover: true}, {Threshold: 10, MaxRatio: 10}} {
			send(DeflateOptions{}, peer)
			send(DeflateOptions{Threshold: 100}, peer)
		}
	}
	one := p.encodings.Load()
	if count() != 1 || len(one.payload) > len(text)/2 || cap(one.payload) > len(one.payload)*9/8 {
		t.Errorf("%d encodings, the newest of %d bytes in %d", count(), len(one.payload), cap(one.payload))
	}
	for bits := 8; bits <= 15; bits++ {
		send(DeflateOptions{}, DeflateOptions{ReceiveWindowBits: bits})
	}
	if count() != 8 {
		t.Errorf("%d encodings for 8 windows", count())
	}
	for level := 2; level <= 9; level++ {
		send(DeflateOptions{Level: level}, DeflateOptions{})
	}
	if n := count(); n != maxEncodings || p.encodings.Load().count != n {
		t.Errorf("%d encodings are kept, counted as %d", n, p.encodings.Load().count)
	}
	// What does not get shorter is not tried again.
	noise := make([]byte, 1000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	p = mustPrepare(t, Binary(noise))
	_, s := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{})
	if _, wire, err := s.AppendPrepared(nil, p); err != nil || wire[0] != 0x82 || count() != 1 || p.encodings.Load().payload != nil {
		t.Errorf("% .4x, %v, %d encodings", wire, err, count())
	}
}

// TestPreparedRace: goroutines with connections of their own, and old values of them, send the same messages at once.
func TestPreparedRace(t *testing.T) {
	list := append(texts(10), strings.Repeat("a long message. ", 500))
	var prepared []*Prepared
	for _, text := range list {
		prepared = append(prepared, mustPrepare(t, Text(text)))
	}
	var ends [][2]WebSocket
	for _, tt := range preparedAgreements {
		c, s := deflated(t, tt.client, tt.server, Options{})
		ends = append(ends, [2]WebSocket{c, s}, [2]WebSocket{s, c})
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 5))
			for range 20 {
				pair := ends[rng.IntN(len(ends))]
				ws, peer := pair[0], pair[1] // the same old values in all goroutines
				for range 10 {
					k := rng.IntN(len(list))
					next, wire, err := ws.AppendPrepared(nil, prepared[k])
					if err != nil {
						t.Error(err)
						return
					}
					r, err := decodeAll(peer, wire)
					if diff := diffFrames(r.Frames, []Frame{Text(list[k])}); err != nil || diff != "" {
						t.Errorf("%v\n%s", err, diff)
						return
					}
					ws, peer = next, r.WS
				}
			}
		})
	}
	wg.Wait()
}
