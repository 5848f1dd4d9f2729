package mintws

import (
	"fmt"
	"strings"
	"testing"
)

// TestFrameString: a frame in one line, of bounded length whatever is in it.
func TestFrameString(t *testing.T) {
	for _, c := range []struct {
		f    Frame
		want string
	}{
		{Text("Hello, 世界"), `Text "Hello, 世界"`},
		{Text(""), `Text ""`},
		{Binary([]byte{0, 1, 0xfe}), `Binary 00 01 fe`},
		{Binary(nil), `Binary ""`},
		{Close(CodeNormal, "bye"), `Close 1000 normal closure "bye"`},
		{Close(4000, ""), `Close 4000`},
		{Close(0, ""), `Close`},
		{Ping([]byte("\n")), `Ping "\n"`},
		{Frame{Opcode: OpText, More: true, Payload: []byte("a")}, `Text "a" …`},
		{Frame{}, `Continuation ""`},
		{Text(strings.Repeat("a", 100)), `Text "` + strings.Repeat("a", 64) + `" and 36 bytes`},
	} {
		if got := fmt.Sprint(c.f); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// TestFrameSharesPayload: what makes a frame copies no bytes, and Clone does.
func TestFrameSharesPayload(t *testing.T) {
	type own []byte
	b := []byte("payload")
	for _, f := range []Frame{Text(b), Text(own(b)), Binary(b), Ping(b), Pong(b)} {
		if &f.Payload[0] != &b[0] {
			t.Errorf("%v: the payload was copied", f.Opcode)
		}
		if c := f.Clone(); &c.Payload[0] == &b[0] || cap(c.Payload) != len(b) || c.String() != f.String() {
			t.Errorf("%v: cloned as %v with capacity %d", f, c, cap(c.Payload))
		}
	}
}
