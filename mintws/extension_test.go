package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// shift is an extension for tests: it adds to each byte its key and the number of bytes that went before it on the
// connection. So it fails at once if state is lost, applied twice, or applied in the wrong order.
type shift struct {
	name string
	rsv  RSV
	key  byte
	wide bool // counts in Memory, so that every message allocates; and writes each byte twice
}

func (e shift) Offers() []Params {
	return []Params{{Name: e.name, Params: []Param{{"key", strconv.Itoa(int(e.key))}}}, {Name: e.name}}
}

func (e shift) Check(answer Params) (Transform, error) {
	for _, p := range answer.Params {
		if p.Name != "key" || p.Value != strconv.Itoa(int(e.key)) {
			return nil, fmt.Errorf("parameter %s is %q", p.Name, p.Value)
		}
	}
	return shiftTransform{e}, nil
}

func (e shift) Answer(offer Params) (Params, Transform, bool) {
	return offer, shiftTransform{e}, offer.Name == e.name && len(offer.Params) == 1 && offer.Params[0].Value == strconv.Itoa(int(e.key))
}

type shiftTransform struct{ shift }

// Forget can do nothing: the peer goes on counting.
func (t shiftTransform) Forget(st ExtState) ExtState { return st }

var errOdd = errors.New("odd number of bytes")

func (t shiftTransform) RSV() RSV { return t.rsv }

func (t shiftTransform) Equal(a, b ExtState) bool { return t.count(a) == t.count(b) }

// count returns how many bytes there were before.
func (t shiftTransform) count(st ExtState) uint64 {
	if n, ok := st.Memory.(*uint64); ok {
		return *n
	}
	return st.Word
}

// counted returns the state after n bytes.
func (t shiftTransform) counted(n uint64) ExtState {
	if t.wide {
		kept := n // so that nothing is allocated without Memory
		return ExtState{Memory: &kept}
	}
	return ExtState{Word: n}
}

func (t shiftTransform) Out(st ExtState, dst []byte, f Frame) (ExtState, []byte, Frame, error) {
	n, at := t.count(st), len(dst)
	for _, b := range f.Payload {
		b += byte(n) + t.key
		n++
		if dst = append(dst, b); t.wide {
			dst = append(dst, b)
		}
	}
	f.Payload = dst[at:]
	if f.Opcode != OpContinuation {
		f.RSV |= t.rsv
	}
	return t.counted(n), dst, f, nil
}

func (t shiftTransform) In(st ExtState, dst []byte, f Frame, limit int) (ExtState, []byte, Frame, error) {
	n, at := t.count(st), len(dst)
	step := 1
	if t.wide {
		if step = 2; len(f.Payload)%2 != 0 {
			return st, dst, Frame{}, errOdd
		}
	}
	if len(f.Payload)/step > limit {
		return st, dst, Frame{}, ErrMessageTooBig
	}
	for i := 0; i < len(f.Payload); i += step {
		dst = append(dst, f.Payload[i]-byte(n)-t.key)
		n++
	}
	f.Payload = dst[at:]
	return t.counted(n), dst, f, nil
}

var (
	shift2 = shift{name: "x-shift", rsv: RSV2, key: 3}
	wide   = shift{name: "x-wide", rsv: RSV3, key: 7, wide: true}
	always = shift{name: "x-always", key: 5}
)

// extended returns both ends of a WebSocket with the given extensions.
func extended(t testing.TB, opt Options, list ...shift) (client, server WebSocket) {
	t.Helper()
	for _, e := range list {
		opt.Transforms = append(opt.Transforms, shiftTransform{e})
	}
	client, err := NewWebSocket(Client, opt)
	if err != nil {
		t.Fatal(err)
	}
	if server, err = NewWebSocket(Server, opt); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// TestTransforms: messages, fragments and control frames pass through the extensions and back, in any split, whatever
// the delivery.
func TestTransforms(t *testing.T) {
	frames := []Frame{Text("Hello, wörld"), Binary(nil), Ping([]byte("p")), {Opcode: OpText, More: true, Payload: []byte("fräg")},
		Pong([]byte("q")), {More: true}, {Payload: []byte("ment")}, {Opcode: OpText, Raw: true, Payload: []byte("raw")},
		{Opcode: OpBinary, Raw: true, More: true, Payload: []byte("raw")}, {Payload: []byte("ly")}, Binary(bytes.Repeat([]byte("long"), 40)),
		Close(1000, "bye")}
	want := []Frame{Text("Hello, wörld"), Binary(nil), Ping([]byte("p")), Pong([]byte("q")), Text("frägment"), Text("raw"),
		Binary([]byte("rawly")), Binary(bytes.Repeat([]byte("long"), 40)), Close(1000, "bye")}
	for _, list := range [][]shift{{shift2}, {wide}, {shift2, wide}, {wide, shift2}} {
		for _, delivery := range []Delivery{DeliverMessages, DeliverFragments, DeliverPayload} {
			if delivery == DeliverPayload && list[0].wide || len(list) > 1 && delivery == DeliverPayload {
				continue // wide wants an even number of bytes in a piece
			}
			client, server := extended(t, Options{Delivery: delivery}, list...)
			for _, from := range []WebSocket{client, server} {
				to := server
				if from.cfg.role == Server {
					to = client
				}
				ws, wire := from, []byte("before")
				var err error
				for _, f := range frames {
					if ws, wire, err = ws.AppendEncode(wire, f); err != nil {
						t.Fatal(err)
					}
				}
				if !bytes.HasPrefix(wire, []byte("before")) {
					t.Fatal("dst was touched")
				}
				wire = wire[6:]
				check := func(r result, e error) {
					t.Helper()
					got := r.Frames
					if delivery != DeliverMessages {
						got = ordered(glue(got))
					}
					w := want
					if delivery != DeliverMessages {
						w = ordered(want)
					}
					if diff := diffFrames(got, w); e != nil || diff != "" {
						t.Fatalf("%v, delivery %d: %v\n%s", list, delivery, e, diff)
					}
				}
				whole, err := decodeAll(to, wire)
				check(whole, err)
				for i := range wire {
					r, e := decodeAll(to, wire[:i], wire[i:])
					check(r, e)
					if !r.WS.Equal(whole.WS) {
						t.Fatalf("cut at %d: another value", i)
					}
				}
				if !from.Equal(map[bool]WebSocket{true: client, false: server}[from.cfg.role == Client]) {
					t.Fatal("the old value changed")
				}
			}
		}
	}
}

// ordered puts control frames first, as where they stand among the pieces of a message is not compared.
func ordered(frames []Frame) (out []Frame) {
	for _, control := range []bool{true, false} {
		for _, f := range frames {
			if f.Opcode.IsControl() == control {
				out = append(out, f)
			}
		}
	}
	return out
}

func TestTransformErrors(t *testing.T) {
	_, server := extended(t, Options{Limits: Limits{MaxMessage: 10}}, wide)
	client, _ := extended(t, Options{}, wide)
	encode := func(f Frame) []byte {
		_, p, err := client.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for name, tt := range map[string]struct {
		in   []byte
		err  error
		code CloseCode
	}{
		"larger than the limit when undone": {encode(Binary(zeros(11))), ErrMessageTooBig, CodeMessageTooBig},
		"refused by the extension":          {join(0x92, 0x81, 0, 0, 0, 0, "a"), errOdd, CodeInvalidPayload},
		"not UTF-8 when undone":             {encode(Frame{Opcode: OpBinary, Payload: []byte("a\xFF")}), nil, 0},
		"RSV of another":                    {join(0xA2), ErrReservedBits, CodeProtocolError},
		"RSV on a continuation":             {join(0x12, 0x80, 0, 0, 0, 0, 0x90), ErrReservedBits, CodeProtocolError},
		"RSV on a control frame":            {join(0x99), ErrReservedBits, CodeProtocolError},
	} {
		if name == "not UTF-8 when undone" {
			tt.in[0] = tt.in[0]&^bitsOpcode | byte(OpText)
			tt.err, tt.code = ErrInvalidUTF8, CodeInvalidPayload
		}
		r, err := decodeAll(server, tt.in)
		var pe *ProtocolError
		if !errors.Is(err, tt.err) || !errors.As(err, &pe) || pe.Code != tt.code || len(r.Frames) != 0 {
			t.Errorf("%s: %v, %v", name, r.Frames, err)
		}
		for i := range tt.in {
			if cut, e := decodeAll(server, tt.in[:i], tt.in[i:]); e == nil || e.Error() != err.Error() || !cut.WS.Equal(r.WS) {
				t.Errorf("%s, cut at %d: %v, want %v", name, i, e, err)
			}
		}
	}
	for name, f := range map[string]Frame{"RSV without Raw": {Opcode: OpText, RSV: RSV3}, "RSV that nobody owns": {Opcode: OpText, RSV: RSV1, Raw: true},
		"RSV on a ping": {Opcode: OpPing, RSV: RSV3, Raw: true}} {
		if next, p, err := client.Encode(f); !errors.Is(err, ErrInvalidFrame) || p != nil || !next.Equal(client) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What the caller has transformed itself is sent as it is, even as text that is none yet.
	if _, p, err := server.Encode(Frame{Opcode: OpText, RSV: RSV3, Raw: true, Payload: []byte("\xFF\xFF")}); err != nil || p[0] != 0x91 || p[2] != 0xFF {
		t.Errorf("raw with RSV: % x, %v", p, err)
	}
	if _, err := NewWebSocket(Client, Options{Transforms: []Transform{shiftTransform{wide}, shiftTransform{wide}}}); !errors.Is(err, ErrInvalidOptions) {
		t.Errorf("two with the same reserved bit: %v", err)
	}
}

// TestNegotiation: what is offered, answered and refused, on both sides.
func TestNegotiation(t *testing.T) {
	for _, tt := range []struct {
		name           string
		client, server []shift
		answer         string // instead of the server's
		want           []string
		err            string
	}{
		{"none offered", nil, []shift{shift2}, "", nil, ""},
		{"none answered", []shift{shift2}, nil, "", nil, ""},
		{"one", []shift{shift2}, []shift{wide, shift2}, "", []string{"x-shift; key=3"}, ""},
		{"two, in the client's order", []shift{wide, shift2}, []shift{shift2, wide}, "", []string{"x-wide; key=7", "x-shift; key=3"}, ""},
		{"always", []shift{always}, []shift{always}, "", []string{"x-always; key=5"}, ""},
		{"same reserved bit", []shift{shift2, {name: "x-other", rsv: RSV2, key: 1}}, []shift{shift2, {name: "x-other", rsv: RSV2, key: 1}}, "",
			[]string{"x-shift; key=3"}, ""},
		{"not offered", []shift{shift2}, nil, "x-wide", nil, "x-wide was not offered"},
		{"twice", []shift{shift2}, nil, "x-shift; key=3, x-shift", nil, "twice"},
		{"wrong parameter", []shift{shift2}, nil, "x-shift; key=4", nil, `parameter key is "4"`},
		{"same bit, answered", []shift{shift2, {name: "x-other", rsv: RSV2}}, nil, "x-shift, x-other", nil, "reserved bit"},
		{"malformed", []shift{shift2}, nil, "x-shift; =", nil, "want a token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opt, sopt := Options{}, AcceptOptions{}
			for _, e := range tt.client {
				opt.Extensions = append(opt.Extensions, e)
			}
			for _, e := range tt.server {
				sopt.Extensions = append(sopt.Extensions, e)
			}
			opt.Rand = rfcKey{}
			var out httpconn.Output
			_, ws, err := Upgrade(newConn(t, &out), &out, "ws://example.com/", opt)
			if err != nil {
				t.Fatal(err)
			}
			r, err := readRequest(out.Send)
			if err != nil {
				t.Fatal(err)
			}
			server, status, header, err := Accept(r, sopt)
			if err != nil {
				t.Fatal(err)
			}
			if tt.answer != "" {
				header.Set("Sec-WebSocket-Extensions", tt.answer)
			}
			ws, err = ws.JudgeAnswer(status, header)
			if tt.err != "" {
				if !errors.Is(err, ErrBadExtension) || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("%v, want %s", err, tt.err)
				}
				return
			}
			if err != nil || fmt.Sprint(ws.Extensions()) != fmt.Sprint(tt.want) || fmt.Sprint(server.Extensions()) != fmt.Sprint(tt.want) {
				t.Fatalf("%v: client %q, server %q, want %q", err, ws.Extensions(), server.Extensions(), tt.want)
			}
			for range 3 {
				var p []byte
				if ws, p, err = ws.Encode(Text("some text")); err != nil {
					t.Fatal(err)
				}
				var frames []Frame
				if server, frames, err = server.Decode(p); err != nil || diffFrames(frames, []Frame{Text("some text")}) != "" {
					t.Fatal(frames, err)
				}
			}
		})
	}
	r, _ := readRequest([]byte("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: " + rfcNonce + "\r\nSec-WebSocket-Extensions: a b\r\n\r\n"))
	var he *HandshakeError
	if _, status, _, err := Accept(r, AcceptOptions{}); status != http.StatusBadRequest || !errors.As(err, &he) || !strings.Contains(err.Error(), "comma") {
		t.Errorf("malformed offer: %d, %v", status, err)
	}
	for _, bad := range []shift{{name: "a b"}, {name: ""}} {
		var out httpconn.Output
		if _, _, err := Upgrade(newConn(t, &out), &out, "ws://example.com/", Options{Extensions: []Extension{bad}}); !errors.Is(err, ErrInvalidOptions) {
			t.Errorf("offer %q: %v", bad.name, err)
		}
	}
}

func TestParseExtensions(t *testing.T) {
	for in, want := range map[string]string{
		"a":                         "a",
		"a; b":                      "a; b",
		" a ;b = c ; d=\"e\" , f ,": "a; b=c; d=e | f",
		`a; b="\c\d"`:               "a; b=cd",
		"a, a; b":                   "a | a; b",
		",,a":                       "a",
		"permessage-deflate; client_max_window_bits; server_max_window_bits=10": "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
	} {
		list, err := parseExtensions([]string{in})
		var got []string
		for _, p := range list {
			got = append(got, p.String())
		}
		if err != nil || strings.Join(got, " | ") != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", ",", "a b", "a;", "a; =b", `a; b="`, `a; b=""`, `a; b="c d"`, `a; b="c" d`, "a; b=", "\x80", "a; b=\xff", "(", `a; b="c\`} {
		if list, err := parseExtensions([]string{in}); err == nil {
			t.Errorf("%q was accepted: %v", in, list)
		}
	}
	if list, err := parseExtensions([]string{"a", "b; c"}); err != nil || len(list) != 2 {
		t.Errorf("two fields: %v, %v", list, err)
	}
}
