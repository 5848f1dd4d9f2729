package mintws

import (
	"bytes"
	"testing"
)

// fragmented returns a message of role's peer in frames with the payloads given.
func fragmented(t *testing.T, role Role, op Opcode, payloads ...string) (wire []byte) {
	t.Helper()
	peer, err := opened(map[Role]Role{Client: Server, Server: Client}[role])(t), error(nil)
	for i, p := range payloads {
		f := Frame{Opcode: op, More: i < len(payloads)-1, Payload: []byte(p)}
		if i > 0 {
			f.Opcode = OpContinuation
		}
		if peer, wire, err = peer.AppendEncode(wire, f); err != nil {
			t.Fatal(err)
		}
	}
	return wire
}

// TestJoin: a message in fragments that comes in one read is joined in Buf and costs no allocation. If it is cut, or has a
// control frame in it, the frames are the same.
func TestJoin(t *testing.T) {
	long := string(bytes.Repeat([]byte("0123456789"), 100))
	for _, role := range []Role{Client, Server} {
		ws, in := opened(role)(t), Inbox{}
		wire := fragmented(t, role, OpText, "caf\xC3", "", "\xA9 ", long, "!")
		wire = append(wire, fragmented(t, role, OpBinary, "a", "\xFF")...)
		wire = append(wire, fragmented(t, role, OpBinary, "", "")...)
		want := []Frame{Text("café " + long + "!"), Binary([]byte("a\xFF")), Binary(nil)}
		run := func() {
			in.Reset()
			if next, err := ws.AppendDecode(&in, wire); err != nil || next != ws {
				t.Fatalf("%v: %v, %+v", role, err, next)
			}
		}
		run()
		run() // Buf has its size
		if diff := diffFrames(in.Frames, want); diff != "" {
			t.Errorf("%v (-want +got):\n%s", role, diff)
		}
		if p := in.Frames[0].Payload; &p[0] != &in.Buf[0] || cap(p) != len(p) {
			t.Errorf("%v: the payload must lie in Buf, with its capacity clipped", role)
		}
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%v: %v allocations", role, n)
		}
		whole, _ := decodeAll(ws, wire)
		for cut := range wire {
			if got, err := decodeAll(ws, wire[:cut], wire[cut:]); err != nil || !got.same(whole) {
				t.Fatalf("%v, cut at %d: %v, %v", role, cut, err, got.Frames)
			}
		}
	}
}

// TestJoinRefuses: whatever is wrong with a message in fragments that comes in one read is found as if it came byte by
// byte.
func TestJoinRefuses(t *testing.T) {
	limits := Limits{MaxFrame: 4, MaxMessage: 6, MaxFragments: 3}
	for name, data := range map[string][]byte{
		"not UTF-8":           join(0x01, 1, "a", 0x80, 1, 0xFF),
		"cut short":           join(0x01, 1, 0xC3, 0x80, 0),
		"frame too big":       join(0x02, 1, "a", 0x80, 5, "abcde"),
		"message too big":     join(0x02, 4, "abcd", 0x80, 3, "efg"),
		"too many fragments":  join(0x02, 0, 0x00, 0, 0x00, 0, 0x80, 0),
		"masked":              join(0x02, 1, "a", 0x80, 0x81, 1, 2, 3, 4, "b"),
		"reserved bit":        join(0x02, 1, "a", 0xC0, 1, "b"),
		"another message":     join(0x02, 1, "a", 0x82, 1, "b"),
		"reserved opcode":     join(0x02, 1, "a", 0x83, 1, "b"),
		"length not minimal":  join(0x02, 1, "a", 0x80, 126, 0, 1, "b"),
		"control in between":  join(0x02, 1, "a", 0x89, 1, "p", 0x80, 1, "b"),
		"not at its end":      join(0x02, 1, "a", 0x00, 1, "b"),
		"header not complete": join(0x02, 1, "a", 0x80),
	} {
		t.Run(name, func(t *testing.T) {
			ws := wireTest{role: Client, opt: Options{Limits: limits}}.open(t)
			var single [][]byte
			for i := range data {
				single = append(single, data[i:i+1])
			}
			want, slow := decodeAll(ws, single...)
			got, err := decodeAll(ws, data)
			if (err == nil) != (slow == nil) || err != nil && err.Error() != slow.Error() || !got.same(want) {
				t.Errorf("at once %v, %v; byte by byte %v, %v", got.Frames, err, want.Frames, slow)
			}
		})
	}
}
