package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mintws/mintws/internal/deflate"
)

// deflatedBy returns text as a compressed message that refers to nothing before it.
func deflatedBy(text string) []byte {
	p := new(deflate.Compressor).Append(nil, nil, []byte(text), deflate.MaxWindow, 6)
	return p[:len(p)-len(tail)]
}

// TestDeflateRawForgets: after a message that the caller compressed, whole or in fragments, what we compress refers to
// nothing that was sent before it. It refers to what was sent after it as ever.
func TestDeflateRawForgets(t *testing.T) {
	first, theirs, last := strings.Join(texts(3), ""), strings.Repeat("what the caller compressed; ", 200), strings.Join(texts(4), "")
	packed := deflatedBy(theirs)
	half := len(packed) / 2
	for name, raw := range map[string][]Frame{
		"whole":     {compressedFrame(OpText, false, packed)},
		"fragments": {compressedFrame(OpText, true, packed[:half]), {More: true}, Ping([]byte("p")), {Payload: packed[half:]}},
		"two":       {compressedFrame(OpBinary, false, packed), compressedFrame(OpText, true, packed), {}},
	} {
		for _, role := range []Role{Client, Server} {
			for _, takeover := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%v/takeover=%v", name, role, takeover), func(t *testing.T) {
					opt := DeflateOptions{SendNoTakeover: !takeover, ReceiveNoTakeover: !takeover}
					ws, peer := deflated(t, opt, opt, Options{})
					if role == Server {
						ws, peer = peer, ws
					}
					r := receivers{peer, flatePeer{takeover: takeover, bits: 15}}
					send := func(frames ...Frame) (wire []byte) {
						t.Helper()
						var err error
						for _, f := range frames {
							if ws, wire, err = ws.AppendEncode(wire, f); err != nil {
								t.Fatal(err)
							}
						}
						return wire
					}
					r.expect(t, "before", send(Text(first)), Text(first))
					old, was := ws, r
					wire := send(raw...)
					var want []Frame
					for _, f := range raw {
						switch {
						case f.Opcode == OpPing:
							want = append(want, f)
						case !f.More && f.Opcode == OpBinary:
							want = append(want, Binary([]byte(theirs)))
						case !f.More:
							want = append(want, Text(theirs))
						}
					}
					r.expect(t, "raw", wire, want...)
					alone := send(Text(last))
					r.expect(t, "after", alone, Text(last))
					again := send(Text(last))
					r.expect(t, "again", again, Text(last))
					if takeover && len(again) > len(alone)/4 {
						t.Errorf("the second time %d bytes, the first time %d: it does not refer to what came after the raw message",
							len(again), len(alone))
					}
					// The old value has its history still.
					_, fork, err := old.Encode(Text(first))
					if err != nil || takeover && len(fork) > len(first)/10 {
						t.Errorf("the old value sends %d bytes for %d, %v", len(fork), len(first), err)
					}
					was.expect(t, "fork", fork, Text(first))
				})
			}
		}
	}
}

// TestDeflateRawKeeps: a Raw message without reserved bits is not in the peer's window, and costs no history.
func TestDeflateRawKeeps(t *testing.T) {
	c, s := takeovers(t)
	text := strings.Join(texts(3), "")
	r := receivers{c, flatePeer{takeover: true, bits: 15}}
	var wire []byte
	for _, f := range []Frame{Text(text), {Opcode: OpText, Raw: true, Payload: []byte("as it is")}} {
		var err error
		if s, wire, err = s.Encode(f); err != nil {
			t.Fatal(err)
		}
		f.Raw = false
		r.expect(t, "before", wire, f)
	}
	_, wire, err := s.Encode(Text(text))
	if err != nil || len(wire) > len(text)/10 {
		t.Errorf("%d bytes, %v", len(wire), err)
	}
	r.expect(t, "after", wire, Text(text))
}

// forgets is a Transform that notes when it is told to forget.
type forgets struct {
	shiftTransform
	calls *[]string
}

func (t forgets) Forget(st ExtState) ExtState {
	*t.calls = append(*t.calls, t.name)
	return ExtState{Word: st.Word + 1000}
}

// TestForget: the transforms that a Raw message concerns are told so once, and no others are. A call that fails changes
// nothing.
func TestForget(t *testing.T) {
	fragment := Frame{Opcode: OpBinary, More: true, Raw: true}
	with := func(f Frame, rsv RSV) Frame { f.RSV = rsv; return f }
	raw := Frame{Opcode: OpBinary, Raw: true}
	for _, tt := range []struct {
		name   string
		frames []Frame
		calls  string
	}{
		{"not raw", []Frame{Binary(nil), Ping(nil)}, ""},
		{"raw without bits", []Frame{raw}, "x-always"},
		{"the first's bit", []Frame{with(raw, RSV2)}, "x-shift x-always"},
		{"the last's bit", []Frame{with(raw, RSV3)}, "x-always x-wide"},
		{"both bits", []Frame{with(raw, RSV2|RSV3)}, "x-shift x-always x-wide"},
		{"fragments", []Frame{with(fragment, RSV3), {More: true}, Ping(nil), {}}, "x-always x-wide"},
	} {
		for _, role := range []Role{Client, Server} {
			var calls []string
			var list []Transform
			for _, e := range []shift{shift2, always, wide} {
				list = append(list, forgets{shiftTransform{e}, &calls})
			}
			ws, err := NewWebSocket(role, Options{Transforms: list})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range tt.frames {
				if ws, _, err = ws.Encode(f); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(calls, " "); got != tt.calls {
				t.Errorf("%s, %v: told %q, want %q", tt.name, role, got, tt.calls)
			}
			for i, e := range []shift{shift2, always, wide} {
				told := slices.Contains(strings.Fields(tt.calls), e.name)
				if st := ws.extState(true, i); (st.Word == 1000) != told || ws.extState(false, i) != (ExtState{}) {
					t.Errorf("%s, %v: %s remembers %+v", tt.name, role, e.name, st)
				}
			}
		}
	}
	var calls []string
	ws, err := NewWebSocket(Client, Options{Rand: failingRand{}, Transforms: []Transform{forgets{shiftTransform{wide}, &calls}}})
	if err != nil {
		t.Fatal(err)
	}
	next, p, err := ws.AppendEncode([]byte("kept"), with(raw, RSV3))
	if !errors.Is(err, failingRandErr) || !next.Equal(ws) || !bytes.Equal(p, []byte("kept")) || len(calls) != 1 {
		t.Errorf("without a masking key: %q, %v", p, err)
	}
}
