package mintws

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
)

// TestDecodeErrors: on a WebSocket that takes no input, AppendDecode returns the right error and no frames.
func TestDecodeErrors(t *testing.T) {
	_, asked := connecting(t, Options{})
	refused, err := asked.JudgeAnswer(http.StatusForbidden, http.Header{})
	if err == nil {
		t.Fatal("opened by 403")
	}
	ended, err := opened(Client)(t).EOF()
	if err == nil {
		t.Fatal("an end without a Close")
	}
	broken, err := opened(Client)(t).AppendDecode(new(Inbox), []byte{0x83})
	if err == nil {
		t.Fatal("a reserved opcode")
	}
	var pe *ProtocolError
	var ce *CloseError
	var he *HandshakeError
	for name, tt := range map[string]struct {
		ws   WebSocket
		as   any
		is   error
		want State
	}{
		"zero":       {WebSocket{}, nil, ErrNotOpen, Invalid},
		"connecting": {asked, nil, ErrNotOpen, Connecting},
		"refused":    {refused, &he, ErrBadStatus, Failed},
		"at its end": {ended, &ce, nil, Failed},
		"broken":     {broken, &pe, ErrReservedOpcode, Failed},
	} {
		in := Inbox{Rest: []byte("old")}
		next, e := tt.ws.AppendDecode(&in, join(0x81, 1, "a"))
		if e == nil || tt.as != nil && !errors.As(e, tt.as) || tt.is != nil && !errors.Is(e, tt.is) {
			t.Errorf("%s: %v", name, e)
		}
		if next != tt.ws || next.State() != tt.want || len(in.Frames) != 0 || tt.want == Failed && in.Rest != nil {
			t.Errorf("%s: %v, %v, Rest %q", name, next.State(), in.Frames, in.Rest)
		}
	}
}

// TestPayloadHasNoLimit: where payload is handed over as it arrives, none of the three limits has a default.
func TestPayloadHasNoLimit(t *testing.T) {
	ws := wireTest{opt: Options{Delivery: DeliverPayload}}.open(t)
	fragments := append([]byte{0x02, 0}, bytes.Repeat([]byte{0x00, 0}, DefaultMaxFragments)...)
	ws, err := ws.AppendDecode(new(Inbox), fragments)
	if err != nil || ws.frames != DefaultMaxFragments+1 {
		t.Fatal(ws.frames, err)
	}
	ws, err = ws.AppendDecode(new(Inbox), join(0x00, 127, 0, 0, 0, 0, 2, 0, 0, 0)) // 32 MiB, more than MaxFrame and MaxMessage
	if err != nil || ws.remaining != 32<<20 {
		t.Fatal(ws.remaining, err)
	}
}
