package mintws

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mintws/mintws/internal/inplace"
	"github.com/mintws/mintws/internal/mask"
)

// fixedKey is an Options.Rand that always gives the key of the examples in RFC 6455 section 5.7.
type fixedKey struct{}

func (fixedKey) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = []byte{0x37, 0xfa, 0x21, 0x3d}[i%4]
	}
	return len(p), nil
}

type failingRand struct{}

var failingRandErr = io.ErrUnexpectedEOF

func (failingRand) Read([]byte) (int, error) { return 0, failingRandErr }

func TestEncode(t *testing.T) {
	tests := []struct {
		name   string
		role   Role
		frames []Frame
		want   []byte
	}{
		// RFC 6455 section 5.7.
		{"rfc unmasked text", Server, []Frame{Text("Hello")}, join(0x81, 0x05, "Hello")},
		{"rfc masked text", Client, []Frame{Text("Hello")}, join(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58)},
		{"rfc fragments", Server, []Frame{{Opcode: OpText, More: true, Payload: []byte("Hel")}, {Payload: []byte("lo")}},
			join(0x01, 0x03, "Hel", 0x80, 0x02, "lo")},
		{"rfc ping", Server, []Frame{Ping([]byte("Hello"))}, join(0x89, 0x05, "Hello")},
		{"rfc masked pong", Client, []Frame{Pong([]byte("Hello"))},
			join(0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58)},
		{"rfc 256 bytes", Server, []Frame{Binary(zeros(256))}, join(0x82, 0x7E, 0x01, 0x00, zeros(256))},
		{"rfc 64 KiB", Server, []Frame{Binary(zeros(65536))}, join(0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0, zeros(65536))},

		{"125 bytes", Server, []Frame{Binary(zeros(125))}, join(0x82, 125, zeros(125))},
		{"126 bytes", Server, []Frame{Binary(zeros(126))}, join(0x82, 126, 0, 126, zeros(126))},
		{"65535 bytes", Server, []Frame{Binary(zeros(65535))}, join(0x82, 126, 0xFF, 0xFF, zeros(65535))},
		{"empty", Client, []Frame{Text("")}, join(0x81, 0x80, 0x37, 0xfa, 0x21, 0x3d)},
		{"close without code", Server, []Frame{Close(0, "")}, join(0x88, 0)},
		{"close", Server, []Frame{Close(1000, "bye")}, join(0x88, 5, 0x03, 0xE8, "bye")},
		{"masked close", Client, []Frame{Close(1000, "ab")},
			join(0x88, 0x84, 0x37, 0xfa, 0x21, 0x3d, 0x03^0x37, 0xE8^0xfa, 0x61^0x21, 0x62^0x3d)},
		{"control between fragments", Server, []Frame{{Opcode: OpBinary, More: true}, Ping(nil), {More: true, Payload: []byte("a")}, {}},
			join(0x02, 0, 0x89, 0, 0x00, 1, "a", 0x80, 0)},
		{"character over fragments", Server, []Frame{{Opcode: OpText, More: true, Payload: []byte("\xC3")}, {Payload: []byte("\xA9")}},
			join(0x01, 1, "\xC3", 0x80, 1, "\xA9")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ws, err := NewWebSocket(tt.role, Options{Rand: fixedKey{}})
			if err != nil {
				t.Fatal(err)
			}
			one, many := ws, ws
			dst := []byte("before")
			var joined []byte
			for _, f := range tt.frames {
				var p []byte
				if one, p, err = one.Encode(f); err != nil {
					t.Fatal(err)
				}
				joined = append(joined, p...)
				if many, dst, err = many.AppendEncode(dst, f); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(joined, tt.want) {
				t.Errorf("Encode: % x\nwant    % x", joined, tt.want)
			}
			if !bytes.Equal(dst, append([]byte("before"), tt.want...)) {
				t.Errorf("AppendEncode: % x", dst)
			}
			if !one.Equal(many) {
				t.Error("Encode and AppendEncode leave different values")
			}
		})
	}
}

// badFrames is what must not be sent: the value to send it on, the frame, and the error.
var badFrames = []struct {
	name string
	in   func(testing.TB) WebSocket
	f    Frame
	err  error
	text string
}{
	{"zero value", func(testing.TB) WebSocket { return WebSocket{} }, Text("a"), ErrNotOpen, ""},
	{"connecting", func(testing.TB) WebSocket { return WebSocket{state: Connecting, cfg: &config{}} }, Text("a"), ErrNotOpen, ""},
	{"opcode 3", opened(Client), Frame{Opcode: 3}, ErrInvalidFrame, "0x3"},
	{"opcode 11", opened(Client), Frame{Opcode: 11}, ErrInvalidFrame, "0xb"},
	{"opcode 128", opened(Client), Frame{Opcode: 0x80}, ErrInvalidFrame, "0x80"},
	{"RSV1", opened(Client), Frame{Opcode: OpText, RSV: RSV1}, ErrInvalidFrame, "0x40"},
	{"code on text", opened(Client), Frame{Opcode: OpText, Code: 1000}, ErrInvalidFrame, "1000"},
	{"ping of 126 bytes", opened(Client), Ping(zeros(126)), ErrInvalidFrame, "126"},
	{"pong of 126 bytes", opened(Server), Pong(zeros(126)), ErrInvalidFrame, "126"},
	{"ping with More", opened(Client), Frame{Opcode: OpPing, More: true}, ErrInvalidFrame, "More"},
	{"close with More", opened(Client), Frame{Opcode: OpClose, More: true}, ErrInvalidFrame, "More"},
	{"close 999", opened(Client), Close(999, ""), ErrInvalidFrame, "999"},
	{"close 1004", opened(Client), Close(1004, ""), ErrInvalidFrame, "1004"},
	{"close 1005", opened(Client), Close(CodeNoStatus, ""), ErrInvalidFrame, "1005"},
	{"close 1006", opened(Client), Close(CodeAbnormal, ""), ErrInvalidFrame, "1006"},
	{"close 1010 by a server", opened(Server), Close(CodeMissingExt, ""), ErrInvalidFrame, "1010"},
	{"close 1015", opened(Client), Close(CodeTLSHandshake, ""), ErrInvalidFrame, "1015"},
	{"close 2999", opened(Client), Close(2999, ""), ErrInvalidFrame, "2999"},
	{"close 5000", opened(Client), Close(5000, ""), ErrInvalidFrame, "5000"},
	{"reason without code", opened(Client), Close(0, "a"), ErrInvalidFrame, "no code"},
	{"reason too long", opened(Client), Close(1000, strings.Repeat("a", 124)), ErrInvalidFrame, "124"},
	{"reason not UTF-8", opened(Client), Close(1000, "\xFF"), ErrInvalidFrame, "UTF-8"},
	{"text not UTF-8", opened(Client), Text("ab\xFF"), ErrInvalidFrame, "0xff at offset 2"},
	{"text cut short", opened(Client), Text("ab\xC3"), ErrInvalidFrame, "ends inside"},
	{"continuation of nothing", opened(Client), Frame{Opcode: OpContinuation}, ErrFragmenting, "Continuation"},
	{"new message while fragmenting", after(Client, Frame{Opcode: OpText, More: true}), Binary(nil), ErrFragmenting, "Text"},
	{"fragment not UTF-8", after(Client, Frame{Opcode: OpText, More: true, Payload: []byte("\xC3")}), Frame{Payload: []byte("a")},
		ErrInvalidFrame, "0x61 at offset 0"},
	{"last fragment cut short", after(Client, Frame{Opcode: OpText, More: true, Payload: []byte("\xC3")}), Frame{}, ErrInvalidFrame, "ends"},
	{"text after close", after(Client, Close(1000, "")), Text("a"), ErrCloseSent, ""},
	{"ping after close", after(Client, Close(1000, "")), Ping(nil), ErrCloseSent, ""},
	{"pong of 126 bytes after close", after(Server, Close(1000, "")), Pong(zeros(126)), ErrInvalidFrame, "126"},
	{"fragment after close", after(Client, Frame{Opcode: OpText, More: true}, Close(1000, "")), Frame{}, ErrCloseSent, ""},
	{"pong after both closes", closed, Pong(nil), ErrClosed, ""},
	{"close after close", after(Server, Close(0, "")), Close(1000, ""), ErrCloseSent, ""},
	{"closed", closed, Text("a"), ErrClosed, ""},
	{"no entropy", func(t testing.TB) WebSocket {
		ws, err := NewWebSocket(Client, Options{Rand: failingRand{}})
		if err != nil {
			t.Fatal(err)
		}
		return ws
	}, Text("a"), io.ErrUnexpectedEOF, ""},
	{"wrong close after a failure", failed, Close(1000, ""), ErrInvalidFrame, "CloseFrame"},
	{"after the close of a failure", func(t testing.TB) WebSocket {
		ws := failed(t)
		f, _ := CloseFrame(*ws.fail)
		ws, _, err := ws.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		return ws
	}, Text("a"), ErrCloseSent, ""},
	{"pong after our close and a failure", func(t testing.TB) WebSocket {
		r, err := decodeAll(after(Client, Close(1000, ""))(t), join(0x83))
		if !errors.Is(err, ErrReservedOpcode) {
			t.Fatal(err)
		}
		return r.WS
	}, Pong(nil), ErrCloseSent, ""},
	{"after EOF", func(t testing.TB) WebSocket { ws, _ := opened(Client)(t).EOF(); return ws }, Text("a"), ErrClosed, ""},
	{"pong after EOF", func(t testing.TB) WebSocket { ws, _ := opened(Client)(t).EOF(); return ws }, Pong(nil), ErrClosed, ""},
}

func opened(role Role) func(testing.TB) WebSocket {
	return func(t testing.TB) WebSocket { return wireTest{role: role}.open(t) }
}

func after(role Role, frames ...Frame) func(testing.TB) WebSocket {
	return func(t testing.TB) WebSocket {
		ws := opened(role)(t)
		for _, f := range frames {
			var err error
			if ws, _, err = ws.Encode(f); err != nil {
				t.Fatal(err)
			}
		}
		return ws
	}
}

func closed(t testing.TB) WebSocket {
	r, err := decodeAll(after(Client, Close(1000, ""))(t), join(0x88, 0))
	if err != nil || r.WS.State() != Closed {
		t.Fatal(r.WS.State(), err)
	}
	return r.WS
}

func failed(t testing.TB) WebSocket {
	r, err := decodeAll(opened(Client)(t), join(0x83))
	if !errors.Is(err, ErrReservedOpcode) {
		t.Fatal(err)
	}
	return r.WS
}

func TestEncodeRefuses(t *testing.T) {
	for _, tt := range badFrames {
		t.Run(tt.name, func(t *testing.T) {
			_, p, err := tt.in(t).Encode(tt.f)
			if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.text) || p != nil {
				t.Errorf("% x, %v; want error %v with %q", p, err, tt.err, tt.text)
			}
		})
	}
}

// TestMaskingKeys: keys are fresh for every frame, for forks too, and the payload that is passed in is not written.
func TestMaskingKeys(t *testing.T) {
	ws := opened(Client)(t)
	payload := []byte("payload")
	seen := map[string]bool{}
	for range 1000 {
		_, p, err := ws.Encode(Binary(payload)) // the same value each time: a fork
		if err != nil {
			t.Fatal(err)
		}
		seen[string(p[2:6])] = true
	}
	if len(seen) < 999 { // two of a thousand alike: one in ten thousand
		t.Errorf("%d different keys in 1000 frames", len(seen))
	}
	if string(payload) != "payload" {
		t.Error("the payload was written")
	}
}

// TestRoundTrip: what one role encodes the other decodes.
func TestRoundTrip(t *testing.T) {
	for _, role := range []Role{Client, Server} {
		peer := 1 - role
		for _, n := range []int{0, 1, 7, 8, 63, 64, 65, 125, 126, 127, 1000, 65535, 65536, 65537, 1 << 20} {
			msg := bytes.Repeat([]byte("Zażółć gęślą "), n/13+1)[:n]
			_, p, err := opened(role)(t).Encode(Binary(msg))
			if err != nil {
				t.Fatal(err)
			}
			r, err := decodeAll(opened(peer)(t), p)
			if err != nil || len(r.Frames) != 1 || !bytes.Equal(r.Frames[0].Payload, msg) {
				t.Errorf("%v, %d bytes: %v, %d frames", role, n, err, len(r.Frames))
			}
		}
	}
}

// TestAppendHead: a header with the payload behind it, masked with the key, is the frame that AppendEncode makes; it is made for
// the frames that are sent as they are and for no others, and changes nothing but what is appended.
func TestAppendHead(t *testing.T) {
	for _, role := range []Role{Client, Server} {
		for _, n := range []int{0, 125, 126, 1000, 65535, 65536, 70000} {
			for _, f := range []Frame{Binary(zeros(n)), Text(zeros(n))} {
				ws := opened(role)(t)
				was := ws
				dst, key, ok, err := ws.InPlace(inplace.Key{}).AppendHead([]byte("before"), &f)
				if !ok || err != nil || !ws.Equal(was) {
					t.Fatalf("%v, %v of %d bytes: %v, %v", role, f.Opcode, n, ok, err)
				}
				at := len(dst)
				dst = append(dst, f.Payload...)
				mask.Copy(dst[at:], dst[at:], key)
				r, err := decodeAll(opened(1-role)(t), dst[len("before"):])
				if err != nil || len(r.Frames) != 1 || r.Frames[0].Opcode != f.Opcode || !bytes.Equal(r.Frames[0].Payload, f.Payload) {
					t.Errorf("%v, %v of %d bytes: %v", role, f.Opcode, n, err)
				}
				if role == Server && key != 0 {
					t.Errorf("a server masks with %x", key)
				}
			}
		}
		for _, f := range []Frame{Ping(nil), Text([]byte{0xFF}), {Opcode: OpBinary, More: true}, {Opcode: OpContinuation}, {Opcode: OpBinary, RSV: RSV1}} {
			ws := opened(role)(t)
			if dst, _, ok, err := ws.InPlace(inplace.Key{}).AppendHead(nil, &f); ok || err != nil || len(dst) > 0 {
				t.Errorf("%v: %+v: % x, %v, %v", role, f, dst, ok, err)
			}
		}
	}
}
