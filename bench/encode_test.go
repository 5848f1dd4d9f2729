package bench

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/mintws/mintws/mintws"
)

// sendScripts are sequences of frames that an endpoint may send: every opcode, the edges of the length's encoding,
// fragments with control frames between, close codes.
func sendScripts() map[string][]mintws.Frame {
	scripts := map[string][]mintws.Frame{
		"empty text":   {mintws.Text("")},
		"empty close":  {mintws.Close(0, "")},
		"ping pong":    {mintws.Ping(nil), mintws.Ping(bytes.Repeat([]byte{1}, 125)), mintws.Pong([]byte("x"))},
		"longest last": {mintws.Close(1000, strings.Repeat("é", 61)+"x")},
		"fragmented text": {
			{Opcode: mintws.OpText, More: true, Payload: []byte("caf\xC3")}, // a character cut in two
			mintws.Ping([]byte("between")),
			{Opcode: mintws.OpContinuation, More: true},
			mintws.Pong([]byte("between")),
			{Opcode: mintws.OpContinuation, Payload: []byte("\xA9 日本語")},
		},
		"fragmented binary, then Close": {
			{Opcode: mintws.OpBinary, More: true, Payload: fill(70_000)},
			{Opcode: mintws.OpContinuation, More: true, Payload: fill(126)},
			{Opcode: mintws.OpContinuation},
			mintws.Close(4999, "done"),
		},
		"close before the end of a message": {
			{Opcode: mintws.OpText, More: true, Payload: []byte("…")}, mintws.Close(1001, ""),
		},
	}
	for _, n := range []int{0, 1, 2, 7, 8, 63, 64, 65, 125, 126, 127, 65535, 65536, 65537, 1 << 20} {
		scripts[fmt.Sprintf("binary %d", n)] = []mintws.Frame{mintws.Binary(fill(n))}
		scripts[fmt.Sprintf("text %d", n)] = []mintws.Frame{mintws.Text(strings.Repeat("t", n))}
	}
	for code := mintws.CloseCode(1000); code <= 4999; code++ {
		if code.Sendable() && (code < 3000 || code%500 == 0 || code%1000 == 999) {
			scripts[fmt.Sprintf("close %d", code)] = []mintws.Frame{mintws.Text("then"), mintws.Close(code, "because")}
		}
	}
	return scripts
}

// fill returns n bytes that do not repeat with the period of a mask.
func fill(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>8)
	}
	return p
}

// fixedKeys is a source of masking keys: the four bytes of key, again and again.
type fixedKeys struct{ key [4]byte }

// Read fills p.
func (k fixedKeys) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = k.key[i%4]
	}
	return len(p), nil
}

// masks are the keys to try: with zeros in different places, which a fast path might take for no key.
var masks = [][4]byte{{0x37, 0xFA, 0x21, 0x3D}, {}, {0, 0, 0, 1}, {1, 0, 0, 0}, {0xFF, 0xFF, 0xFF, 0xFF}}

// encodeAll encodes frames one after the other, each time into the same buffer, and returns the bytes of each.
func encodeAll(t *testing.T, role mintws.Role, key [4]byte, frames []mintws.Frame) (wire [][]byte) {
	t.Helper()
	endpoint, err := mintws.NewWebSocket(role, mintws.Options{Rand: fixedKeys{key}})
	if err != nil {
		t.Fatal(err)
	}
	var buf []byte
	for i, f := range frames {
		before := len(buf)
		next, out, err := endpoint.AppendEncode(buf, f)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		_, fresh, err := endpoint.Encode(f)
		if err != nil || !bytes.Equal(fresh, out[before:]) {
			t.Fatalf("frame %d: Encode and AppendEncode differ (%v)", i, err)
		}
		endpoint, buf = next, out
		wire = append(wire, fresh)
	}
	if joined := bytes.Join(wire, nil); !bytes.Equal(joined, buf) {
		t.Fatal("appending a frame changed what was in the buffer")
	}
	return wire
}

// sends returns what role may send of the scripts: 1010 is for clients only (RFC 6455 section 7.4.1).
func sends(role mintws.Role) map[string][]mintws.Frame {
	scripts := sendScripts()
	if role == mintws.Server {
		delete(scripts, "close 1010")
	}
	return scripts
}

// peerOf returns the role at the other end.
func peerOf(role mintws.Role) mintws.Role { return mintws.Client + mintws.Server - role }

// TestEncodeBytes: what we encode is byte for byte what gobwas makes of the same frame, masked with the same key.
func TestEncodeBytes(t *testing.T) {
	for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
		for name, frames := range sends(role) {
			for _, key := range masks {
				for i, got := range encodeAll(t, role, key, frames) {
					want := compile(frames[i], role, key)
					if !bytes.Equal(got, want) {
						t.Fatalf("%v, %s, frame %d, key % x: % x…, want % x…",
							role, name, i, key, got[:min(len(got), 40)], want[:min(len(want), 40)])
					}
				}
			}
		}
	}
}

// compile encodes f with gobwas.
func compile(f mintws.Frame, role mintws.Role, key [4]byte) []byte {
	x := ws.NewFrame(ws.OpCode(f.Opcode), !f.More, toRef(f).payload)
	if role == mintws.Client {
		x = ws.MaskFrameWith(x, key)
	}
	return ws.MustCompileFrame(x)
}

// TestEncodeRead: what we encode is read by gobwas as the same frames, and by gorilla as the same messages, with the keys
// that are really used.
func TestEncodeRead(t *testing.T) {
	for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
		for name, frames := range sends(role) {
			t.Run(role.String()+"/"+name, func(t *testing.T) {
				endpoint, err := mintws.NewWebSocket(role, mintws.Options{})
				if err != nil {
					t.Fatal(err)
				}
				var wire []byte
				var want []refFrame
				for _, f := range frames {
					if endpoint, wire, err = endpoint.AppendEncode(wire, f); err != nil {
						t.Fatal(err)
					}
					want = append(want, toRef(f))
				}
				v := verdict{frames: want, closed: want[len(want)-1].op == mintws.OpClose}
				comparePeer(t, "gobwas", readGobwas(peerOf(role), wire), v, want, len(wire))
				comparePeer(t, "gorilla", readGorilla(t, peerOf(role), wire, 1<<20), v, join(want), len(wire))
			})
		}
	}
}

// TestMaskingKeys: no two frames share a key, on a WebSocket, on its forks and on others, and gobwas finds each frame masked.
func TestMaskingKeys(t *testing.T) {
	seen := map[[4]byte]bool{}
	const frames = 3000
	for range 3 {
		endpoint, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range frames / 3 {
			_, p, err := endpoint.Encode(mintws.Binary([]byte("fork"))) // always from the same value
			if err != nil {
				t.Fatal(err)
			}
			h, err := ws.ReadHeader(bytes.NewReader(p))
			if err != nil || !h.Masked {
				t.Fatalf("header %+v, %v", h, err)
			}
			seen[h.Mask] = true
		}
	}
	if len(seen) < frames-10 { // of 2^32; even one collision is a one in a thousand chance
		t.Fatalf("%d keys for %d frames", len(seen), frames)
	}
}

// TestCloseAfterFailure: the Close that a breach calls for is one that gobwas and gorilla can read.
func TestCloseAfterFailure(t *testing.T) {
	endpoint, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	failed, err := endpoint.AppendDecode(new(mintws.Inbox), ws.MustCompileFrame(ws.NewTextFrame([]byte("not masked"))))
	due, ok := mintws.CloseFrame(err)
	if !ok {
		t.Fatalf("no Close is due for %v", err)
	}
	_, wire, err := failed.Encode(due)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = failed.Encode(mintws.Close(mintws.CodeNormal, "")); err == nil {
		t.Error("another Close was encoded")
	}
	comparePeers(t, mintws.Client, wire, verdict{frames: []refFrame{toRef(due)}, closed: true})
	if due.Code != mintws.CodeProtocolError {
		t.Errorf("close code %v", due.Code)
	}
}
