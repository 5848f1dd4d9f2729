package mintws

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestClosingHandshake walks through RFC 6455 section 7.1 from both sides.
func TestClosingHandshake(t *testing.T) {
	type step struct {
		send, receive []byte // one of the two: what is encoded (as an unmasked frame's bytes) or decoded
		state         State
	}
	closeSent := []byte{0x88, 0}
	for _, tt := range []struct {
		name  string
		steps []step
		eof   error
		code  CloseCode
	}{
		{"we begin", []step{{closeSent, nil, Closing}, {nil, join(0x81, 1, "a"), Closing}, {nil, join(0x88, 0), Closed}}, nil, 0},
		{"they begin", []step{{nil, join(0x88, 2, 0x03, 0xE8), Closing}, {closeSent, nil, Closed}}, nil, 0},
		{"no close at all", nil, &CloseError{}, CodeAbnormal},
		{"only ours", []step{{closeSent, nil, Closing}}, &CloseError{}, CodeAbnormal},
		{"only theirs", []step{{nil, join(0x88, 2, 0x03, 0xE9), Closing}}, &CloseError{}, CodeGoingAway},
		{"only theirs, without a code", []step{{nil, join(0x88, 0), Closing}}, &CloseError{}, CodeNoStatus},
		{"in the middle of a frame", []step{{nil, join(0x81, 5, "ab"), Open}}, &CloseError{}, CodeAbnormal},
		{"broken", []step{{nil, join(0x83), Failed}}, &ProtocolError{}, CodeProtocolError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ws := opened(Client)(t)
			for _, s := range tt.steps {
				var err error
				if s.send != nil {
					ws, _, err = ws.Encode(Close(0, ""))
				} else {
					ws, _, err = ws.Decode(s.receive)
				}
				if ws.State() != s.state || (err != nil) != (s.state == Failed) {
					t.Fatalf("state %v, error %v; want %v", ws.State(), err, s.state)
				}
			}
			old := ws
			next, err := ws.EOF()
			if (err == nil) != (tt.eof == nil) {
				t.Fatalf("EOF: %v, want %v", err, tt.eof)
			}
			var ce *CloseError
			var pe *ProtocolError
			switch {
			case errors.As(err, &ce):
				if ce.Code != tt.code {
					t.Errorf("code %v, want %v", ce.Code, tt.code)
				}
			case errors.As(err, &pe):
				if pe.Code != tt.code {
					t.Errorf("code %v, want %v", pe.Code, tt.code)
				}
			}
			if _, again := next.EOF(); (again == nil) != (err == nil) {
				t.Errorf("EOF again: %v", again)
			}
			if !old.Equal(ws) {
				t.Error("the old value changed")
			}
		})
	}
	if _, err := (WebSocket{}).EOF(); err != ErrNotOpen {
		t.Errorf("EOF of the zero value: %v", err)
	}
}

func TestReply(t *testing.T) {
	ping := Ping([]byte("abc"))
	faulty, err := decodeAll(after(Client, Close(1000, ""))(t), join(0x83))
	if !errors.Is(err, ErrReservedOpcode) {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		ws   WebSocket
		f    Frame
		want Frame
		ok   bool
	}{
		{"ping", opened(Client)(t), ping, Pong([]byte("abc")), true},
		{"pong", opened(Client)(t), Pong(nil), Frame{}, false},
		{"text", opened(Client)(t), Text("a"), Frame{}, false},
		{"close", opened(Server)(t), Close(1001, "why"), Close(1001, ""), true},
		{"close 1010, which only clients send", opened(Server)(t), Close(1010, ""), Close(1000, ""), true},
		{"close without code", opened(Server)(t), Close(0, ""), Close(0, ""), true},
		{"our close is sent", after(Client, Close(1000, ""))(t), Close(1000, ""), Frame{}, false},
		{"ping, our close is sent", after(Client, Close(1000, ""))(t), ping, Pong([]byte("abc")), true},
		{"ping, our close is sent within a message", after(Server, Frame{Opcode: OpText, More: true}, Close(1000, ""))(t), ping,
			Pong([]byte("abc")), true},
		{"ping, our close is sent and then a fault came", faulty.WS, ping, Frame{}, false},
		{"closed", closed(t), ping, Frame{}, false},
		{"a ping that came before the fault", failed(t), ping, Pong([]byte("abc")), true},
		{"zero value", WebSocket{}, ping, Frame{}, false},
	} {
		got, ok := tt.ws.Reply(tt.f)
		if ok != tt.ok || diffFrames([]Frame{got}, []Frame{tt.want}) != "" {
			t.Errorf("%s: %v, %v; want %v, %v", tt.name, got, ok, tt.want, tt.ok)
		}
		if ok {
			next, _, e := tt.ws.Encode(got)
			if e != nil {
				t.Errorf("%s: the reply cannot be sent: %v", tt.name, e)
			}
			if got.Opcode == OpPong && !next.Equal(tt.ws) {
				t.Errorf("%s: a Pong changed the state to %v", tt.name, next.State())
			}
		}
	}
}

// TestCloseFrame: what is due for an error fits into a control frame, is UTF-8, and is what the Failed value sends.
func TestCloseFrame(t *testing.T) {
	for _, tt := range wireTests {
		if tt.err == nil {
			continue
		}
		r, err := decodeAll(tt.open(t), tt.in)
		f, ok := CloseFrame(err)
		if !ok || f.Opcode != OpClose || f.Code != tt.code || len(f.Payload) > 123 || !utf8.Valid(f.Payload) {
			t.Fatalf("%s: %v, %v", tt.name, f, ok)
		}
		// What came before the fault can still be answered; then exactly this Close; then nothing.
		ws, _, err := r.WS.Encode(Text("answer"))
		if err != nil {
			t.Fatalf("%s: answer after the failure: %v", tt.name, err)
		}
		next, p, err := ws.Encode(f)
		if err != nil || next.State() != Failed {
			t.Fatalf("%s: %v, state %v", tt.name, err, next.State())
		}
		if got, e := decodeAll(opened(1-tt.role)(t), p); e != nil || diffFrames(got.Frames, []Frame{f}) != "" {
			t.Fatalf("%s: the peer reads %v, %v", tt.name, got.Frames, e)
		}
		if _, _, err = next.Encode(f); err != ErrCloseSent {
			t.Fatalf("%s: a second Close: %v", tt.name, err)
		}
	}
	if _, ok := CloseFrame(ErrClosed); ok {
		t.Error("the caller's mistake calls for no Close")
	}
	if _, ok := CloseFrame(nil); ok {
		t.Error("no error calls for no Close")
	}
	if _, ok := CloseFrame(fmt.Errorf("wrapped: %w", (*ProtocolError)(nil))); ok {
		t.Error("a nil pointer calls for no Close")
	}
	long := &ProtocolError{Code: CodeProtocolError, Err: ErrMasked, Detail: strings.Repeat("é€", 40)}
	if f, _ := CloseFrame(long); len(f.Payload) > 123 || len(f.Payload) < 120 || !utf8.Valid(f.Payload) {
		t.Errorf("reason of %d bytes: %q", len(f.Payload), f.Payload)
	}
}

// TestCloseFrameOfExtensions: what a Transform says of the peer, however carelessly, becomes a Close that both roles can
// send, and an error that can be printed.
func TestCloseFrameOfExtensions(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want Frame
	}{
		{"nothing in it", &ProtocolError{}, Close(1002, "protocol error")},
		{"no Err", &ProtocolError{Code: 1007, Detail: "odd"}, Close(1007, "protocol error: odd")},
		{"a nil pointer", (*ProtocolError)(nil), Close(1007, "protocol error: extension")},
		{"another error", errOdd, Close(1007, "odd number of bytes: extension")},
		{"wrapped", fmt.Errorf("x-ext: %w", &ProtocolError{Code: 3000, Err: errOdd}), Close(3000, "odd number of bytes")},
		{"a code that is never sent", &ProtocolError{Code: CodeAbnormal, Err: errOdd}, Close(1002, "odd number of bytes")},
		{"a code that is not assigned", &ProtocolError{Code: 999, Err: errOdd}, Close(1002, "odd number of bytes")},
		{"a code for clients only", &ProtocolError{Code: CodeMissingExt, Err: errOdd}, Close(1002, "odd number of bytes")},
		{"not UTF-8", &ProtocolError{Code: 1007, Err: errOdd, Detail: "\xff\xfe\u00e9\xc3"},
			Close(1007, "odd number of bytes: \ufffd\u00e9\ufffd")},
		{"long and not UTF-8", &ProtocolError{Code: 1007, Err: errors.New("mintws: "), Detail: strings.Repeat("\xffa", 100)},
			Close(1007, ": "+strings.Repeat("\ufffda", 30))},
	} {
		for _, role := range []Role{Client, Server} {
			ws, err := NewWebSocket(role, Options{Transforms: []Transform{refusing{err: tt.err}}})
			if err != nil {
				t.Fatal(err)
			}
			wire := join(0x82, 1, "a")
			if role == Server {
				wire = join(0x82, 0x81, 0, 0, 0, 0, "a")
			}
			r, err := decodeAll(ws, wire)
			var pe *ProtocolError
			if !errors.As(err, &pe) || pe == nil || pe.Error() == "" || r.WS.State() != Failed {
				t.Fatalf("%s, %v: %v, state %v", tt.name, role, err, r.WS.State())
			}
			f, ok := CloseFrame(err)
			if !ok || diffFrames([]Frame{f}, []Frame{tt.want}) != "" {
				t.Errorf("%s: %v %q, want %v %q", tt.name, f.Code, f.Payload, tt.want.Code, tt.want.Payload)
			}
			if _, _, err = r.WS.Encode(f); err != nil {
				t.Errorf("%s, %v: the Close cannot be sent: %v", tt.name, role, err)
			}
		}
	}
}

// refusing is a Transform that refuses whatever comes.
type refusing struct {
	shiftTransform
	err error
}

func (t refusing) In(st ExtState, dst []byte, f Frame, _ int) (ExtState, []byte, Frame, error) {
	return st, dst, Frame{}, t.err
}

func TestSendable(t *testing.T) {
	for c := range CloseCode(65535) {
		want := c >= 3000 && c < 5000
		switch c {
		case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
			want = true
		}
		if c.Sendable() != want {
			t.Errorf("%v: Sendable = %v", c, c.Sendable())
		}
	}
}

// TestEOFAfterFailure: the end of the peer's bytes takes nothing from a WebSocket that had failed: its Close can still be sent,
// once.
func TestEOFAfterFailure(t *testing.T) {
	ws, _, failure := opened(Client)(t).Decode(join(0x83, 0))
	ended, err := ws.EOF()
	if err != failure || !ended.Equal(ws) {
		t.Fatalf("EOF: %v, want %v", err, failure)
	}
	f, ok := CloseFrame(failure)
	if !ok {
		t.Fatal("no Close is due")
	}
	ended, _, err = ended.Encode(f)
	if _, _, again := ended.Encode(f); err != nil || again != ErrCloseSent || !ended.Over() {
		t.Errorf("the Close: %v, and once more: %v", err, again)
	}
}
