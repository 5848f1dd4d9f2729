package mintws

import (
	"net/http"
	"testing"
)

// TestOver: one answer for every way to the end, whatever is below.
func TestOver(t *testing.T) {
	peerCloses := join(0x88, 2, 0x03, 0xE8)
	for _, c := range []struct {
		name string
		ws   func(t *testing.T) WebSocket
		over bool
	}{
		{"zero value", func(t *testing.T) WebSocket { return WebSocket{} }, true},
		{"connecting", func(t *testing.T) WebSocket { return WebSocket{state: Connecting} }, false},
		{"open", func(t *testing.T) WebSocket { return opened(Client)(t) }, false},
		{"we closed", func(t *testing.T) WebSocket { return after(Client, Close(0, ""))(t) }, false},
		{"the peer closed, unanswered", func(t *testing.T) WebSocket {
			ws, _, err := opened(Client)(t).Decode(peerCloses)
			return must(t, ws, err)
		}, false},
		{"both closed", func(t *testing.T) WebSocket {
			ws, _, err := after(Client, Close(0, ""))(t).Decode(peerCloses)
			return must(t, ws, err)
		}, true},
		{"the peer broke the protocol", func(t *testing.T) WebSocket {
			ws, _, _ := opened(Client)(t).Decode(join(0x83, 0))
			return ws
		}, true},
		{"the peer is gone", func(t *testing.T) WebSocket {
			ws, _ := opened(Client)(t).EOF()
			return ws
		}, true},
		{"refused", func(t *testing.T) WebSocket {
			ws, _ := WebSocket{cfg: &config{}, state: Connecting}.JudgeAnswer(403, http.Header{})
			return ws
		}, true},
	} {
		if got := c.ws(t).Over(); got != c.over {
			t.Errorf("%s: over %v, want %v", c.name, got, c.over)
		}
	}
}

// TestPeerClose: the code and the reason of the peer's Close, however it is cut, and until the value is dropped.
func TestPeerClose(t *testing.T) {
	for _, c := range []struct {
		name   string
		bytes  []byte
		code   CloseCode
		reason string
	}{
		{"none", join(0x81, 1, "a"), 0, ""},
		{"no code", join(0x88, 0), CodeNoStatus, ""},
		{"no reason", join(0x88, 2, 0x03, 0xF0), CodePolicyViolation, ""},
		{"a reason", join(0x88, 9, 0x03, 0xF3, "restart"), CodeInternalError, "restart"},
		{"within a message", join(0x01, 1, "a", 0x88, 9, 0x03, 0xF3, "restart"), CodeInternalError, "restart"},
		{"with bytes behind it", join(0x88, 9, 0x03, 0xF3, "restart", 0x83, "junk"), CodeInternalError, "restart"},
	} {
		whole := opened(Client)(t)
		for cut := range len(c.bytes) + 1 {
			ws := opened(Client)(t)
			for _, data := range [][]byte{c.bytes[:cut], c.bytes[cut:]} {
				data = append([]byte(nil), data...)
				var err error
				if ws, _, err = ws.Decode(data); err != nil {
					t.Fatal(c.name, err)
				}
				for i := range data {
					data[i] = 'X' // the reason is the value's own
				}
			}
			answered, _, _ := ws.Encode(Close(CodeNormal, ""))
			ended, _ := answered.EOF()
			lost, _ := ws.EOF()
			for i, ws := range []WebSocket{ws, answered, ended, lost} {
				if code, reason := ws.PeerClose(); code != c.code || reason != c.reason {
					t.Errorf("%s, cut at %d, step %d: %v %q, want %v %q", c.name, cut, i, code, reason, c.code, c.reason)
				}
			}
			if cut == 0 {
				whole = ws
			} else if !ws.Equal(whole) {
				t.Errorf("%s: cut at %d the value is another", c.name, cut)
			}
		}
	}
	one, _, _ := opened(Client)(t).Decode(join(0x88, 3, 0x03, 0xE8, "a"))
	other, _, _ := opened(Client)(t).Decode(join(0x88, 3, 0x03, 0xE8, "b"))
	if one.Equal(other) {
		t.Error("values with different reasons are equal")
	}
}

func must(t *testing.T, ws WebSocket, err error) WebSocket {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return ws
}
