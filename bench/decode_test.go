package bench

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/gorilla/websocket"

	"github.com/mintws/mintws/mintws"
)

// message is one that a peer is told to send.
type message struct {
	op      mintws.Opcode
	payload []byte
}

// messages are what the peers send: every kind, at the edges of the length's encoding and of the peers' buffers.
func messages() (all []message) {
	for _, n := range []int{0, 1, 125, 126, 127, 4095, 4096, 4097, 65535, 65536, 1 << 20} {
		all = append(all, message{mintws.OpBinary, fill(n)})
		all = append(all, message{mintws.OpText, bytes.Repeat([]byte("é日😀 "), n/10)})
	}
	return append(all, message{mintws.OpPing, nil}, message{mintws.OpPong, fill(125)}, message{mintws.OpPing, []byte("ping")})
}

// sendGorilla lets gorilla, in the given role, send the messages and a Close, and returns its bytes. It cuts messages that
// are longer than its buffer into fragments.
func sendGorilla(t *testing.T, role mintws.Role, all []message) []byte {
	t.Helper()
	c, conn := newGorilla(t, role)
	var wire bytes.Buffer
	conn.out = &wire
	for _, m := range all {
		if err := c.WriteMessage(int(m.op), m.payload); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4321, "fin")); err != nil {
		t.Fatal(err)
	}
	return wire.Bytes()
}

// sendGobwas is sendGorilla with gobwas's wsutil.Writer, which makes fragments of the size of its buffer.
func sendGobwas(t *testing.T, role mintws.Role, all []message) []byte {
	t.Helper()
	state := ws.StateClientSide
	if role == mintws.Server {
		state = ws.StateServerSide
	}
	var wire bytes.Buffer
	for _, m := range append(all[:len(all):len(all)], message{mintws.OpClose, ws.NewCloseFrameBody(4321, "fin")}) {
		if m.op.IsControl() || len(m.payload) == 0 { // a Writer that nothing was written to sends nothing
			if err := wsutil.WriteMessage(&wire, state, ws.OpCode(m.op), m.payload); err != nil {
				t.Fatal(err)
			}
			continue
		}
		fw := wsutil.NewWriterSize(&wire, state, ws.OpCode(m.op), 4096)
		for p := m.payload; len(p) > 0; p = p[min(len(p), 1500):] {
			if _, err := fw.Write(p[:min(len(p), 1500)]); err != nil {
				t.Fatal(err)
			}
		}
		if err := fw.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return wire.Bytes()
}

// TestDecode: what the peers send is decoded as the same messages, in both roles, whole and in random pieces.
func TestDecode(t *testing.T) {
	all := messages()
	var want []refFrame
	for _, m := range append(all[:len(all):len(all)], message{mintws.OpClose, ws.NewCloseFrameBody(4321, "fin")}) {
		want = append(want, refFrame{op: m.op, payload: m.payload})
	}
	senders := map[string]func(*testing.T, mintws.Role, []message) []byte{"gorilla": sendGorilla, "gobwas": sendGobwas}
	for name, send := range senders {
		for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
			t.Run(name+"/"+role.String(), func(t *testing.T) {
				wire := send(t, peerOf(role), all)
				endpoint, err := mintws.NewWebSocket(role, mintws.Options{})
				if err != nil {
					t.Fatal(err)
				}
				rng := rand.New(rand.NewPCG(7, 8))
				n := len(wire)
				for _, cuts := range [][]int{nil, randomCuts(rng, n), randomCuts(rng, n), every(n, 1000), every(n, 7)} {
					got := decode(t, endpoint, wire, cuts)
					if got.err != nil {
						t.Fatalf("%d cuts: %v", len(cuts), got.err)
					}
					sameFrames(t, "whole messages", got.frames, want)
				}
			})
		}
	}
}
