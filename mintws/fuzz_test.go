package mintws

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// fuzzOptions makes a receiver out of one byte.
func fuzzOptions(b byte) (Role, Options) {
	opt := Options{Delivery: Delivery(b >> 1 % 4 % 3), SkipUTF8: b&8 != 0}
	if b&16 != 0 {
		opt.Limits = Limits{MaxFrame: 200, MaxMessage: 300, MaxFragments: 4}
	}
	return Role(b & 1), opt
}

// FuzzDecode: on any input, whatever the cuts, no panic, bounded memory, the same result as in one piece; the old value is as
// it was; and what was accepted can be sent on and is received again.
func FuzzDecode(f *testing.F) {
	for i, tt := range wireTests {
		if len(tt.in) < 1000 {
			f.Add(byte(tt.role)|byte(tt.opt.Delivery)<<1, tt.in, uint16(i), uint16(2*i))
		}
	}
	f.Fuzz(func(t *testing.T, options byte, data []byte, i, j uint16) {
		role, opt := fuzzOptions(options)
		ws := wireTest{role: role, opt: opt}.open(t)
		whole, err := decodeAll(ws, data)
		a := min(int(i), len(data))
		b := a + min(int(j), len(data)-a)
		cut, cutErr := decodeAll(ws, data[:a], data[a:b], data[b:])
		if opt.Delivery == DeliverPayload {
			whole.Frames, cut.Frames = glue(whole.Frames), glue(cut.Frames)
		}
		if !whole.same(cut) {
			t.Fatalf("whole: %v, %v\ncut at %d and %d: %v, %v", whole.Frames, err, a, b, cut.Frames, cutErr)
		}
		if !ws.Equal(wireTest{role: role, opt: opt}.open(t)) {
			t.Fatal("the old value changed")
		}
		if held := cap(cut.WS.msg.Bytes()) + cap(cut.WS.part.Bytes()); held > len(data) {
			t.Fatalf("holds %d bytes of %d", held, len(data))
		}
		var pe *ProtocolError
		if err != nil && (!errors.As(err, &pe) || !pe.Code.Sendable() || cut.WS.State() != Failed) {
			t.Fatalf("error %#v in state %v", err, cut.WS.State())
		}
		sendOn(t, 1-role, opt, whole.Frames)
	})
}

// glue joins the pieces of DeliverPayload, so that splits can be compared.
func glue(frames []Frame) (out []Frame) {
	at := -1 // where the message under way is in out
	for _, f := range frames {
		if f.Opcode.IsControl() {
			out = append(out, f)
			continue
		}
		if at < 0 || f.Opcode != OpContinuation {
			out = append(out, Frame{Opcode: f.Opcode})
			at = len(out) - 1
		}
		// A control frame stands at its place among the bytes, which does not show any more; that is enough here.
		out[at].Payload = append(out[at].Payload, f.Payload...)
		out[at].More = f.More
	}
	return out
}

// sendOn encodes frames that were received with a WebSocket of the given role, and decodes them with its peer.
func sendOn(t *testing.T, role Role, opt Options, frames []Frame) {
	opt.Limits = Limits{MaxFrame: -1, MaxMessage: -1, MaxFragments: -1}
	ws := wireTest{role: role, opt: opt}.open(t)
	var wire []byte
	for _, f := range frames {
		var err error
		if ws, wire, err = ws.AppendEncode(wire, f); err != nil {
			if f.Code == CodeMissingExt && role == Server {
				return
			}
			t.Fatalf("what was received cannot be sent: %v: %v", f, err)
		}
	}
	r, err := decodeAll(wireTest{role: 1 - role, opt: opt}.open(t), wire)
	if err != nil {
		t.Fatalf("what was sent is refused: %v", err)
	}
	if opt.Delivery == DeliverPayload {
		r.Frames, frames = glue(r.Frames), glue(frames)
	}
	if opt.Delivery == DeliverMessages && diffFrames(r.Frames, frames) != "" {
		t.Fatal(diffFrames(r.Frames, frames))
	}
}

// FuzzEncode: any frame is either refused, and then nothing changes, or encoded so that the peer reads the same frame.
func FuzzEncode(f *testing.F) {
	f.Add(byte(0), byte(1), false, uint16(0), []byte("Hello"))
	f.Add(byte(1), byte(8), false, uint16(1000), []byte("bye"))
	f.Add(byte(0), byte(2), true, uint16(0), bytes.Repeat([]byte{1}, 126))
	f.Add(byte(1), byte(10), false, uint16(0), bytes.Repeat([]byte{1}, 126))
	f.Fuzz(func(t *testing.T, options, op byte, more bool, code uint16, payload []byte) {
		role, opt := fuzzOptions(options)
		opt.Delivery, opt.Limits = DeliverFragments, Limits{}
		ws := wireTest{role: role, opt: opt}.open(t)
		frame := Frame{Opcode: Opcode(op), More: more, Code: CloseCode(code), Payload: payload}
		before := bytes.Clone(payload)
		next, p, err := ws.Encode(frame)
		if !bytes.Equal(payload, before) {
			t.Fatal("the payload was written")
		}
		if err != nil {
			if !errors.Is(err, ErrInvalidFrame) && !errors.Is(err, ErrFragmenting) || p != nil || !next.Equal(ws) {
				t.Fatalf("%v: %v, % x", frame, err, p)
			}
			return
		}
		r, err := decodeAll(wireTest{role: 1 - role, opt: opt}.open(t), p)
		if err != nil || diffFrames(r.Frames, []Frame{frame}) != "" {
			t.Fatalf("%v encoded as % x is read as %v, %v", frame, p, r.Frames, err)
		}
	})
}

// FuzzJudgeAnswer: any response head either opens a WebSocket as RFC 6455 section 4.1 says, or gives a typed error.
func FuzzJudgeAnswer(f *testing.F) {
	f.Add(101, "websocket", "Upgrade", rfcAccept, "", "chat")
	f.Add(101, "WebSocket, h2c", "keep-alive, upgrade", rfcAccept, "x; y=\"z\"", "")
	f.Add(200, "", "", "", "", "")
	f.Fuzz(func(t *testing.T, status int, upgrade, connection, accept, extensions, protocol string) {
		h := http.Header{}
		for name, v := range map[string]string{"Upgrade": upgrade, "Connection": connection, "Sec-Websocket-Accept": accept,
			"Sec-Websocket-Extensions": extensions, "Sec-Websocket-Protocol": protocol} {
			if v != "" {
				h[name] = []string{v}
			}
		}
		_, ws := connecting(t, Options{Subprotocols: []string{"chat"}})
		next, err := ws.JudgeAnswer(status, h)
		if err == nil {
			if status != 101 || accept != rfcAccept || extensions != "" || protocol != "" && protocol != "chat" || next.State() != Open {
				t.Fatalf("opened by %d %v", status, h)
			}
			return
		}
		var he *HandshakeError
		if !errors.As(err, &he) || next.State() != Failed || len(err.Error()) > 1500 {
			t.Fatalf("%#v in state %v", err, next.State())
		}
	})
}

// FuzzUpgrade: any target and option is either refused, and then nothing changes, or makes a request that net/http
// understands.
func FuzzUpgrade(f *testing.F) {
	f.Add("ws://example.com:8080/path?query", "http://example.com", "chat", "X-Field", "value", "")
	f.Add("wss://user:pass@[::1%25lo]/", "", "", "", "", "other:1")
	f.Fuzz(func(t *testing.T, target, origin, subprotocol, name, value, authority string) {
		var out httpconn.Output
		c := newConn(t, &out)
		opt := Options{Origin: origin, Header: http.Header{}, Authority: authority, Rand: rfcKey{}}
		if subprotocol != "" {
			opt.Subprotocols = []string{subprotocol}
		}
		if name != "" {
			opt.Header[name] = []string{value}
		}
		next, ws, err := Upgrade(c, &out, target, opt)
		if err != nil {
			if !errors.Is(err, ErrInvalidOptions) && !errors.Is(err, httpconn.ErrInvalidRequest) || len(out.Send) != 0 || !next.Equal(c) ||
				!ws.Equal(WebSocket{}) {
				t.Fatalf("%#v, sent %q", err, out.Send)
			}
			return
		}
		r, err := readRequest(out.Send)
		if err != nil {
			t.Fatalf("%q: %v", out.Send, err)
		}
		opened, status, _, err := Accept(r, AcceptOptions{Subprotocols: opt.Subprotocols, AllowedOrigins: []string{"*"}})
		if err != nil || status != 101 || opened.Subprotocol() != subprotocol {
			t.Fatalf("%q: our own server answers %d, %v", out.Send, status, err)
		}
	})
}
