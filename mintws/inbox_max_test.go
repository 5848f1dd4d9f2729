package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// decodeRest is decodeAll with Max, and passes in each Rest until there is none. Every call is held to what Max promises.
func decodeRest(t testing.TB, ws WebSocket, callMax int, pieces ...[]byte) (r result, err error) {
	t.Helper()
	limit := int(min(ws.cfg.limits.MaxMessage, 1<<30))
	if n := len(ws.cfg.transforms); ws.cfg.delivery == DeliverPayload && (n == 0 || ws.cfg.transforms[n-1].RSV() == RSV1) {
		limit = pending
	}
	in := Inbox{Max: callMax}
	for _, p := range pieces {
		for more := true; more && err == nil; more = len(p) > 0 {
			buf := bytes.Clone(p)
			before := ws
			in.Reset()
			ws, err = ws.AppendDecode(&in, buf)
			if n := payloadBytes(in.Frames); n > callMax-1+limit {
				t.Fatalf("%d bytes in one call, Max is %d and the limit %d", n, callMax, limit)
			}
			rest := bytes.Clone(in.Rest)
			switch {
			case !bytes.HasSuffix(p, rest):
				t.Fatalf("Rest is no end of the data: % x, % x", rest, p)
			case len(rest) > 0 && (len(in.Frames) == 0 || err != nil || cap(in.Rest) != len(rest)):
				t.Fatalf("%d frames, a rest of %d bytes with capacity %d, %v", len(in.Frames), len(rest), cap(in.Rest), err)
			case len(rest) > 0 && &in.Rest[0] != &buf[len(buf)-len(rest)]:
				t.Fatal("Rest is not in the data")
			}
			for _, f := range in.Frames {
				r.Frames = append(r.Frames, f.Clone())
			}
			again, e := before.AppendDecode(&Inbox{Max: callMax}, bytes.Clone(p)) // the old value goes on in the same way
			if !again.Equal(ws) || (e == nil) != (err == nil) {
				t.Fatalf("replayed: %v, at first %v", e, err)
			}
			for _, b := range [][]byte{buf, in.Buf[:cap(in.Buf)]} {
				for i := range b {
					b[i] = 0xDB
				}
			}
			p = rest
		}
	}
	if err != nil {
		r.Err = err.Error()
	}
	r.WS = ws
	return r, err
}

// merged joins pieces of a message that follow each other, and leaves out empty ones that are not its last, as both depend on
// where the input is cut.
func merged(frames []Frame) (out []Frame) {
	for _, f := range frames {
		last := len(out) - 1
		switch {
		case f.Opcode == OpContinuation && last >= 0 && !out[last].Opcode.IsControl():
			out[last].Payload = append(out[last].Payload, f.Payload...) // they are clones
			out[last].More = f.More
		default:
			out = append(out, f)
		}
	}
	return out
}

// conversation returns what a peer of role with the same transforms sends: messages of all kinds, compressed or not, in
// fragments or not, control frames between them, at times something illegal, at times a Close at the end.
func conversation(t testing.TB, rng *rand.Rand, peer WebSocket) (wire []byte) {
	t.Helper()
	send := func(f Frame) {
		var err error
		if peer, wire, err = peer.AppendEncode(wire, f); err != nil {
			t.Fatal(err)
		}
	}
	for range 1 + rng.IntN(12) {
		op := []Opcode{OpText, OpBinary}[rng.IntN(2)]
		p := bytes.Repeat([]byte(fmt.Sprintf("%d ", rng.IntN(100))), rng.IntN(1<<rng.IntN(14)))
		switch rng.IntN(8) {
		case 0:
			send(Ping(p[:min(len(p), maxControl)]))
		case 1:
			send(Pong(nil))
		case 2, 3: // in fragments
			for i := 0; ; i++ {
				n := rng.IntN(len(p) + 1)
				f := Frame{Opcode: op, More: rng.IntN(4) > 0, Payload: p[:n]}
				if i > 0 {
					f.Opcode = OpContinuation
				}
				if send(f); !f.More {
					break
				}
				if p = p[n:]; rng.IntN(3) == 0 {
					send(Ping([]byte{byte(i)}))
				}
			}
		case 4: // in every form that there is, and as small as it can be: the last bits stand for much
			if peer.cfg.rsv == RSV1 {
				send(compressedFrame(OpBinary, false, compressedBinary(t, zeros(rng.IntN(100_000)))))
			}
		default:
			send(Frame{Opcode: op, Payload: p})
		}
	}
	switch rng.IntN(4) {
	case 0:
		send(Close(CodeNormal, "bye"))
		wire = append(wire, "discarded"...)
	case 1:
		wire[rng.IntN(len(wire))] ^= byte(1 << rng.IntN(8))
	}
	return wire
}

// checkMax decodes wire without Max, and cut and with Max, and compares.
func checkMax(t testing.TB, ws WebSocket, wire []byte, callMax int, cuts ...int) {
	t.Helper()
	want, err := decodeAll(ws, wire)
	var pieces [][]byte
	rest := wire
	for _, n := range cuts {
		n = min(n, len(rest))
		pieces, rest = append(pieces, rest[:n]), rest[n:]
	}
	got, gotErr := decodeRest(t, ws, callMax, append(pieces, rest)...)
	if ws.cfg.delivery == DeliverPayload {
		want.Frames, got.Frames = merged(want.Frames), merged(got.Frames)
	}
	if !got.same(want) {
		t.Fatalf("with Max %d: %v, %d frames\nwithout: %v, %d frames\n%s", callMax, gotErr, len(got.Frames), err, len(want.Frames),
			diffFrames(got.Frames, want.Frames))
	}
}

// maxTest returns an endpoint and a conversation for it made of one seed.
func maxTest(t testing.TB, seed uint64) (ws WebSocket, wire []byte, rng *rand.Rand) {
	t.Helper()
	rng = rand.New(rand.NewPCG(seed, 5))
	role := Role(rng.IntN(2))
	opt := Options{Delivery: Delivery(rng.IntN(3)), SkipUTF8: rng.IntN(2) == 0}
	if rng.IntN(4) > 0 {
		forgets := rng.IntN(3) == 0
		opt.Transforms = []Transform{mustDeflate(t, DeflateOptions{Threshold: -1}).(deflateExtension).transform(15, 15, forgets, forgets)}
		if rng.IntN(4) == 0 && opt.Delivery != DeliverMessages {
			opt.Transforms = append(opt.Transforms, shiftTransform{shift2})
			if rng.IntN(2) == 0 {
				slices.Reverse(opt.Transforms)
			}
		}
	}
	if rng.IntN(8) == 0 {
		opt.Limits = Limits{MaxMessage: 1000}
	}
	ws, err := NewWebSocket(role, opt)
	if err != nil {
		t.Fatal(err)
	}
	opt.Limits = Limits{MaxFrame: -1, MaxMessage: -1}
	peer, err := NewWebSocket(1-role, opt)
	if err != nil {
		t.Fatal(err)
	}
	return ws, conversation(t, rng, peer), rng
}

// TestInboxMax: which frames come, and in which order, depends neither on Max nor on cuts.
func TestInboxMax(t *testing.T) {
	for seed := range uint64(150) {
		ws, wire, rng := maxTest(t, seed)
		// Not so small that most of the time goes into calls: TestInboxMaxSmall does that.
		for _, callMax := range []int{1 << 20, max(1<<rng.IntN(16), len(wire)/100)} {
			checkMax(t, ws, wire, callMax)
			var cuts []int
			for range rng.IntN(20) {
				cuts = append(cuts, rng.IntN(1<<rng.IntN(12)))
			}
			checkMax(t, ws, wire, callMax, cuts...)
		}
	}
}

// TestInboxMaxSmall: even a Max of one byte gets to the end, and if there is no Rest nothing is held back.
func TestInboxMaxSmall(t *testing.T) {
	for _, delivery := range []Delivery{DeliverMessages, DeliverFragments, DeliverPayload} {
		ws := inflater(t, Client, Options{Delivery: delivery})
		p := compressedBinary(t, zeros(3000))
		wire := join(0xC2, len(p), p, 0x89, 1, "p", 0x82, 3, "abc", 0x88, 0)
		for _, callMax := range []int{1, 2, 3, 257, 258, 259} {
			for cut := range wire {
				checkMax(t, ws, wire, callMax, cut)
				checkMax(t, ws, wire[:cut], callMax)
			}
		}
	}
}

// TestInboxMaxUncompressed: what is not compressed and no longer than Max leaves no Rest.
func TestInboxMaxUncompressed(t *testing.T) {
	for _, role := range []Role{Client, Server} {
		wire := fragmented(t, role, OpText, "first", "second")
		wire = append(wire, fragmented(t, role, OpBinary, string(zeros(300)))...)
		in := Inbox{Max: len(wire)}
		if _, err := opened(role)(t).AppendDecode(&in, wire); err != nil || in.Rest != nil || len(in.Frames) != 2 {
			t.Errorf("%v: %d frames, Rest has %d bytes, %v", role, len(in.Frames), len(in.Rest), err)
		}
		in.Reset()
		in.Max = 10
		if _, err := opened(role)(t).AppendDecode(&in, wire); err != nil || len(in.Rest) == 0 || len(in.Frames) != 1 {
			t.Errorf("%v: %d frames, Rest has %d bytes, %v", role, len(in.Frames), len(in.Rest), err)
		}
	}
}

// TestErrRest: a WebSocket that stopped takes nothing but the rest, and has not ended before that. Given the rest, in any
// Inbox, the value goes on.
func TestErrRest(t *testing.T) {
	wire := join(0x81, 5, "first", 0x81, 6, "second", 0x88, 0)
	in := Inbox{Max: 1}
	ws, err := opened(Client)(t).AppendDecode(&in, wire)
	if err != nil || len(in.Frames) != 1 || len(in.Rest) != 10 {
		t.Fatal(in.Frames, in.Rest, err)
	}
	for _, data := range [][]byte{nil, {}, {0x81}, wire[:9], wire[:11]} {
		next, e := ws.AppendDecode(&in, data)
		if !errors.Is(e, ErrRest) || next != ws || len(in.Frames) != 1 || len(in.Rest) != 10 {
			t.Errorf("% x instead of the rest: %v", data, e)
		}
	}
	if next, e := ws.EOF(); !errors.Is(e, ErrRest) || next != ws {
		t.Errorf("EOF instead of the rest: %v", e)
	}
	for range 2 {
		last, frames, e := ws.Decode(bytes.Clone(in.Rest))
		if e != nil || last.State() != Closing || diffFrames(frames, []Frame{Text("second"), Close(0, "")}) != "" {
			t.Errorf("%v, %v", frames, e)
		}
	}
	if in.Reset(); in.Rest != nil || in.Max != 1 {
		t.Error("Reset keeps Max and forgets Rest")
	}
	for n, want := range map[int]uint16{0: 1, 1: 1, 2: 2, 65535: 65535, 65536: 1, 65537: 2} {
		if got := restMark(n); got != want {
			t.Errorf("the mark of %d bytes is %d, want %d", n, got, want)
		}
	}
}

// readRest is client.read with cl.in.Max, in the way that programs read.
func (cl *client) readRest(data []byte) {
	var err error
	buf := bytes.Clone(data)
	if data == nil {
		cl.conn, err = cl.conn.StreamEOF(&cl.out)
	} else {
		cl.conn, err = cl.conn.Stream(&cl.out, buf)
	}
	cl.note(err)
	for _, ev := range cl.out.Events {
		for more := true; more; more = len(cl.in.Rest) > 0 {
			cl.in.Reset()
			cl.conn, cl.ws, err = Receive(cl.conn, &cl.out, cl.ws, &cl.in, ev)
			ev.Data = cl.in.Rest
			cl.note(err)
			for _, f := range cl.in.Frames {
				cl.frames = append(cl.frames, f.Clone())
			}
		}
	}
	cl.sent = append(cl.sent, cl.out.Send...)
	cl.out.Reset()
	clear(buf)
}

// TestReceiveMax: over HTTP/1.1 and HTTP/2, with Max in every size and the end in the same read, Pings and the Close are
// answered once and in order, and the handshake is complete.
func TestReceiveMax(t *testing.T) {
	p := compressedBinary(t, bytes.Repeat([]byte("compressed "), 1000))
	wire := join(0x89, 1, "1", 0xC1, len(p), p, 0x89, 1, "2", 0x81, 5, "plain", 0x89, 1, "3", 0x88, 2, 0x03, 0xE8)
	opt := Options{Extensions: []Extension{mustDeflate(t, DeflateOptions{})}}
	const agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	run := func(version httpconn.Version, callMax int) (*client, []byte) {
		if version == httpconn.HTTP1 {
			cl := newClient(t, opt)
			cl.in.Max = callMax
			head := bytes.Replace([]byte(rfcResponse), []byte("\r\n\r\n"), []byte("\r\nSec-WebSocket-Extensions: "+agreed+"\r\n\r\n"), 1)
			cl.readRest(join(head, wire))
			cl.readRest(nil)
			return cl, cl.sent
		}
		cl, s := newH2Client(t, opt)
		cl.in.Max = callMax
		s.respond(t, 1, false, ":status", "200", "sec-websocket-extensions", agreed)
		s.must(t, s.WriteData(1, false, wire[:20]), s.WriteData(1, true, wire[20:]))
		cl.sent = nil
		cl.readRest(s.take())
		return cl, cl.sent
	}
	for _, version := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
		want, _ := run(version, 0)
		for _, callMax := range []int{1, 2, 5, 100, 10_000, 11_000, 11_010, 1 << 20} {
			cl, sent := run(version, callMax)
			if diff := diffFrames(cl.frames, want.frames); diff != "" || len(cl.errs) != 0 || cl.ws.State() != Closed {
				t.Errorf("%v, Max %d: %v, %v\n%s", version, callMax, cl.ws.State(), cl.errs, diff)
			}
			if len(sent) != len(want.sent) {
				t.Errorf("%v, Max %d: sent %d bytes, want %d", version, callMax, len(sent), len(want.sent))
			}
			if version == httpconn.HTTP1 {
				frames := cl.sentFrames(t)
				if diff := diffFrames(frames, []Frame{Pong([]byte("1")), Pong([]byte("2")), Pong([]byte("3")), Close(CodeNormal, "")}); diff != "" {
					t.Errorf("Max %d (-want +got):\n%s", callMax, diff)
				}
			}
		}
	}
}

// TestReceiveErrRest: data or a head that comes before the rest is refused and changes nothing, and an event of another
// stream does not touch it. The end of the stream fails the WebSocket, so that a loop that forgets the rest comes to its
// end.
func TestReceiveErrRest(t *testing.T) {
	cl := newClient(t, Options{})
	cl.in.Max = 1
	var err error
	if cl.conn, err = cl.conn.Stream(&cl.out, join(rfcResponse, 0x81, 5, "first", 0x88, 0)); err != nil {
		t.Fatal(err)
	}
	var data httpconn.Event
	for _, ev := range cl.out.Events {
		if cl.conn, cl.ws, err = Receive(cl.conn, &cl.out, cl.ws, &cl.in, ev); err != nil {
			t.Fatal(err)
		}
		data = ev
	}
	if string(cl.in.Rest) != "\x88\x00" {
		t.Fatalf("Rest is % x", cl.in.Rest)
	}
	sent := len(cl.out.Send)
	for _, kind := range []httpconn.EventKind{httpconn.EventData, httpconn.EventHeaders} {
		ev := httpconn.Event{Kind: kind, StreamID: data.StreamID, Data: []byte{0x81, 0, 0x88}}
		conn, ws, e := Receive(cl.conn, &cl.out, cl.ws, &cl.in, ev)
		if !errors.Is(e, ErrRest) || ws != cl.ws || !conn.Equal(cl.conn) || len(cl.in.Rest) != 2 || len(cl.out.Send) != sent {
			t.Errorf("%v: %v", kind, e)
		}
		ev.StreamID += 2
		if _, ws, e = Receive(cl.conn, &cl.out, cl.ws, &cl.in, ev); e != nil || ws != cl.ws || len(cl.in.Rest) != 2 { //mintvet:fork
			t.Errorf("%v of another stream: %v", kind, e)
		}
	}
	for _, kind := range []httpconn.EventKind{httpconn.EventDone, httpconn.EventReset} {
		in := cl.in
		ev := httpconn.Event{Kind: kind, StreamID: data.StreamID}
		if kind == httpconn.EventReset {
			ev.Err = httpconn.ErrMalformed
		}
		_, ws, e := Receive(cl.conn, &cl.out, cl.ws, &in, ev) //mintvet:fork
		if !errors.Is(e, ErrRest) || !ws.Over() || ws.Err() != e || ev.Err != nil && !errors.Is(e, ev.Err) {
			t.Errorf("%v: %v, %v", kind, ws.State(), e)
		}
		if _, e = ws.AppendDecode(&in, []byte{0x88, 0}); e != ws.Err() || len(in.Rest) > 0 {
			t.Errorf("after %v: %v", kind, e)
		}
	}
	data.Data = cl.in.Rest
	if cl.conn, cl.ws, err = Receive(cl.conn, &cl.out, cl.ws, &cl.in, data); err != nil || cl.ws.State() != Closed || cl.in.Rest != nil {
		t.Errorf("the rest: %v, %v", cl.ws.State(), err)
	}
}

// FuzzInboxMax: any conversation, Max and cuts, and any bytes.
func FuzzInboxMax(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, []byte(nil), uint16(1<<(seed%16)), uint16(7*seed), uint16(100))
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte, callMax, i, j uint16) {
		ws, wire, _ := maxTest(t, seed)
		if len(data) > 0 {
			wire = append(wire[:int(j)%(len(wire)+1)], data...)
		}
		if len(wire) < 100_000 {
			checkMax(t, ws, wire, 1+int(callMax), int(i), int(j))
		}
	})
}
