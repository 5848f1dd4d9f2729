package mintws

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecode(t *testing.T) {
	for _, tt := range wireTests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeAll(tt.open(t), tt.in)
			if diff := diffFrames(got.Frames, tt.frames); diff != "" {
				t.Errorf("frames (-want +got):\n%s", diff)
			}
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.err == nil {
				return
			}
			var pe *ProtocolError
			if !errors.As(err, &pe) || pe.Code != tt.code || !strings.Contains(err.Error(), tt.detail) {
				t.Errorf("error %v, want code %d and %q", err, tt.code, tt.detail)
			}
			if got.WS.State() != Failed {
				t.Errorf("state %v, want Failed", got.WS.State())
			}
			again, frames, sticky := got.WS.Decode([]byte{0x81, 0})
			if sticky != err || len(frames) != 0 || !again.Equal(got.WS) {
				t.Errorf("Decode after the error: %v, %v; it must stick", frames, sticky)
			}
			// Refused at the first byte that makes it illegal, and not before.
			if got, early := decodeAll(tt.open(t), tt.in[:tt.at]); early != nil {
				t.Errorf("refused within the first %d bytes, which are legal: %v, %v", tt.at, early, got.Frames)
			}
			if _, atOnce := decodeAll(tt.open(t), tt.in[:tt.at+1]); atOnce == nil || atOnce.Error() != err.Error() {
				t.Errorf("after the first illegal byte, number %d: %v, want %v", tt.at, atOnce, err)
			}
		})
	}
}

// TestDecodeSplits: any split of the input gives the same frames, error and state.
func TestDecodeSplits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, tt := range wireTests {
		t.Run(tt.name, func(t *testing.T) {
			ws := tt.open(t)
			whole, _ := decodeAll(ws, tt.in)
			check := func(pieces ...[]byte) {
				t.Helper()
				if got, _ := decodeAll(ws, pieces...); !got.same(whole) {
					t.Fatalf("in %d pieces:\n%s", len(pieces), cmp.Diff(whole, got))
				}
			}
			var single [][]byte
			for i := range tt.in {
				single = append(single, tt.in[i:i+1])
			}
			check(single...)
			for i := range tt.in {
				if len(tt.in) > 2000 && i > 20 && i < len(tt.in)-20 && rng.IntN(500) != 0 {
					continue
				}
				check(tt.in[:i], nil, tt.in[i:])
				j := i + rng.IntN(len(tt.in)-i)
				check(tt.in[:i], tt.in[i:j], tt.in[j:])
			}
		})
	}
}

// TestDecodePieces: with DeliverPayload the pieces depend on the split, but joined they are the message, and all but the last
// have More.
func TestDecodePieces(t *testing.T) {
	for _, tt := range wireTests {
		if tt.opt.Delivery != DeliverMessages {
			continue
		}
		tt.opt.Delivery = DeliverPayload
		if tt.err != nil && tt.opt.Limits == (Limits{}) && errors.Is(tt.err, ErrMessageTooBig) {
			continue // there is no default limit
		}
		t.Run(tt.name, func(t *testing.T) {
			for size := 1; size <= len(tt.in); size += 1 + size/2 {
				var pieces [][]byte
				for p := tt.in; len(p) > 0; p = p[min(size, len(p)):] {
					pieces = append(pieces, p[:min(size, len(p))])
				}
				got, err := decodeAll(tt.open(t), pieces...)
				if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
					t.Fatalf("in pieces of %d: error %v, want %v", size, err, tt.err)
				}
				joined, rest := joinPieces(t, got.Frames)
				if tt.name == "no limit" { // the message has not ended, but its bytes are there
					if string(rest) != "abc" {
						t.Fatalf("in pieces of %d: got %q of the message", size, rest)
					}
				}
				if diff := diffFrames(joined, tt.frames); diff != "" {
					t.Fatalf("in pieces of %d (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

// joinPieces joins the pieces of DeliverPayload to messages, checks their form, and returns what belongs to an
// unfinished one.
func joinPieces(t *testing.T, frames []Frame) (joined []Frame, rest []byte) {
	t.Helper()
	var msg *Frame
	for _, f := range frames {
		switch {
		case f.Opcode.IsControl():
			joined = append(joined, f)
			continue
		case (f.Opcode == OpContinuation) != (msg != nil):
			t.Fatalf("%v out of order", f)
		case msg == nil:
			msg = &Frame{Opcode: f.Opcode}
		}
		if f.More && len(f.Payload) == 0 {
			t.Fatalf("empty piece %v", f)
		}
		msg.Payload = append(msg.Payload, f.Payload...)
		if !f.More {
			joined, msg = append(joined, *msg), nil
		}
	}
	if msg != nil {
		rest = msg.Payload
	}
	return joined, rest
}

// TestDecodeHandsOut: payloads point where the documentation says, and have their capacity clipped.
func TestDecodeHandsOut(t *testing.T) {
	ws, _ := NewWebSocket(Client, Options{})
	data := join(0x82, 3, "abc", 0x89, 1, "p", 0x82, 2, "de")
	_, frames, err := ws.Decode(data)
	if err != nil || len(frames) != 3 {
		t.Fatal(frames, err)
	}
	if &frames[0].Payload[0] != &data[2] || cap(frames[0].Payload) != 3 || cap(frames[1].Payload) != 1 {
		t.Error("a whole unmasked payload must lie in data, with its capacity clipped")
	}
	server, _ := NewWebSocket(Server, Options{})
	masked := join(0x82, 0x83, 1, 1, 1, 1, "abc", 0x82, 0x82, 1, 1, 1, 1, "de")
	before := bytes.Clone(masked)
	in := Inbox{Buf: make([]byte, 0, 64)}
	if _, err = server.AppendDecode(&in, masked); err != nil || len(in.Frames) != 2 {
		t.Fatal(in.Frames, err)
	}
	if !bytes.Equal(masked, before) {
		t.Error("data was written")
	}
	if &in.Frames[0].Payload[0] != &in.Buf[0] || cap(in.Frames[0].Payload) != 3 {
		t.Error("an unmasked payload must lie in Buf, with its capacity clipped")
	}
}

// TestDecodeOverwrites: what lies beyond the end of an Inbox that its owner cut short does not appear in what comes next.
func TestDecodeOverwrites(t *testing.T) {
	stale := Frame{OpClose, true, RSV1, true, 1001, []byte("stale")}
	for _, role := range []Role{Client, Server} {
		ws := opened(role)(t)
		_, peer, _ := opened(map[Role]Role{Client: Server, Server: Client}[role])(t).Encode(Text("a"))
		in := Inbox{Frames: []Frame{stale, stale}[:0], Buf: []byte("stale")[:0]}
		if _, err := ws.AppendDecode(&in, join(peer, peer)); err != nil {
			t.Fatal(err)
		}
		if diff := diffFrames(in.Frames, []Frame{Text("a"), Text("a")}); diff != "" {
			t.Errorf("%v (-want +got):\n%s", role, diff)
		}
	}
}

func TestDecodeBeforeOpen(t *testing.T) {
	for _, ws := range []WebSocket{{}, {state: Connecting, cfg: &config{}}} {
		next, frames, err := ws.Decode([]byte{0x81, 0})
		if err != ErrNotOpen || frames != nil || !next.Equal(ws) {
			t.Errorf("Decode in %v: %v, %v", ws.State(), frames, err)
		}
	}
}
