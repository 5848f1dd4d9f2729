package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// pieces are the ways to hand data over: whole, behind another message, cut in the header, cut in the payload, and, where that
// is not much, byte by byte. They take different paths through the decoder.
func pieces(t *testing.T, role Role, data []byte) map[string][][]byte {
	t.Helper()
	before := fragmented(t, role, OpText, "a")
	ways := map[string][][]byte{
		"whole":          {data},
		"behind another": {append(before, data...)},
		"cut at 1":       {data[:1], data[1:]},
		"cut at 3":       {data[:3], data[3:]},
		"cut near end":   {data[:len(data)-1], data[len(data)-1:]},
	}
	if len(data) < 1000 {
		ways["byte by byte"] = bytes.Split(data, nil)
	}
	return ways
}

// atTheEdge holds that good is read and bad is refused, on every path.
func atTheEdge(t *testing.T, name string, ws WebSocket, good, bad []byte, want error) {
	t.Helper()
	role := ws.cfg.role
	for way, p := range pieces(t, role, good) {
		if r, err := decodeAll(ws, p...); err != nil || len(r.Frames) == 0 {
			t.Errorf("%s, %v, %s: %v at the limit", name, role, way, err)
		}
	}
	for way, p := range pieces(t, role, bad) {
		_, err := decodeAll(ws, p...)
		var pe *ProtocolError
		if !errors.Is(err, want) || !errors.As(err, &pe) || pe.Code != CodeMessageTooBig {
			t.Errorf("%s, %v, %s: %v above the limit, want %v", name, role, way, err, want)
		}
	}
}

// TestLimitsAtTheirEdge meets each limit on messages exactly, and exceeds it by one, in both roles, in each form of a
// length, in one frame and in several, for each Delivery, cut and whole.
func TestLimitsAtTheirEdge(t *testing.T) {
	for _, role := range []Role{Client, Server} {
		for _, d := range []Delivery{DeliverMessages, DeliverFragments, DeliverPayload} {
			open := func(l Limits) WebSocket {
				for _, p := range []*int64{&l.MaxFrame, &l.MaxMessage} {
					if *p == 0 {
						*p = -1
					}
				}
				return wireTest{role: role, opt: Options{Limits: l, Delivery: d}}.open(t)
			}
			for _, op := range []Opcode{OpText, OpBinary} {
				msg := func(sizes ...int) []byte {
					var payloads []string
					for _, n := range sizes {
						payloads = append(payloads, string(bytes.Repeat([]byte("x"), n)))
					}
					return fragmented(t, role, op, payloads...)
				}
				for _, n := range []int{2, 125, 126, 1000, 1<<16 - 1, 1 << 16} {
					name := fmt.Sprintf("delivery %d, %v of %d", d, op, n)
					frame, message := open(Limits{MaxFrame: int64(n)}), open(Limits{MaxMessage: int64(n)})
					atTheEdge(t, "MaxFrame, "+name, frame, msg(n), msg(n+1), ErrMessageTooBig)
					atTheEdge(t, "MaxFrame of the first, "+name, frame, msg(n, n), msg(n+1, 1), ErrMessageTooBig)
					atTheEdge(t, "MaxFrame of the last, "+name, frame, msg(1, n), msg(1, n+1), ErrMessageTooBig)
					atTheEdge(t, "MaxMessage, "+name, message, msg(n), msg(n+1), ErrMessageTooBig)
					atTheEdge(t, "MaxMessage in two, "+name, message, msg(1, n-1), msg(1, n), ErrMessageTooBig)
					atTheEdge(t, "MaxMessage with a byte, "+name, message, msg(n-1, 1, 0), msg(n-1, 1, 1), ErrMessageTooBig)
				}
				for limit := 1; limit < 4; limit++ {
					sizes := make([]int, limit+1)
					atTheEdge(t, fmt.Sprintf("MaxFragments %d", limit), open(Limits{MaxFragments: limit}),
						append(msg(sizes[1:]...), msg(sizes[1:]...)...), msg(sizes...), ErrTooManyFragments)
				}
			}
		}
	}
}

// TestLimitsOfCompressedAtTheirEdge does the same for compressed messages. For MaxFrame, what is on the wire counts, and so
// it does for the allowance of a message that is held until it is whole and that compression made larger. For MaxMessage,
// what comes out counts.
func TestLimitsOfCompressedAtTheirEdge(t *testing.T) {
	// stored is a compressed message of n bytes in blocks that are not: 60 bytes of text, and empty blocks.
	stored := func(n int) []byte {
		text := bytes.Repeat([]byte("y"), 60+(n-66)%5)
		p := append([]byte{0, byte(len(text)), 0, ^byte(len(text)), 0xFF}, text...)
		for len(p) < n-1 {
			p = append(p, 0, 0, 0, 0xFF, 0xFF)
		}
		return append(p, 0)
	}
	head := func(first int, p []byte) []byte {
		if len(p) > 125 {
			return join(first, 126, len(p)>>8, len(p)&0xFF, p)
		}
		return join(first, len(p), p)
	}
	const bin, fin = 0x40 | 2, 0x80
	for _, d := range []Delivery{DeliverMessages, DeliverFragments, DeliverPayload} {
		open := func(l Limits) WebSocket {
			ws, _ := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{Limits: l, Delivery: d})
			return ws
		}
		for _, n := range []int{100, 125, 126, 900} {
			name := fmt.Sprintf("delivery %d, %d bytes", d, n)
			frame := open(Limits{MaxFrame: int64(n), MaxMessage: -1})
			one := func(n int) []byte { return head(fin|bin, stored(n)) }
			atTheEdge(t, "MaxFrame, "+name, frame, one(n), one(n+1), ErrMessageTooBig)
			two := func(n int) []byte { // the second frame has n bytes
				p := stored(n + 20)
				return join(head(bin, p[:20]), head(fin, p[20:]))
			}
			atTheEdge(t, "MaxFrame of the last, "+name, frame, two(n), two(n+1), ErrMessageTooBig)

			plain := open(Limits{MaxMessage: int64(n), MaxFrame: -1})
			of := func(n int) []byte { // n bytes of text come out
				return head(fin|bin, join(0, n&0xFF, n>>8, ^n&0xFF, ^n>>8&0xFF, bytes.Repeat([]byte("z"), n), 0))
			}
			atTheEdge(t, "MaxMessage, "+name, plain, of(n), of(n+1), ErrMessageTooBig)
			if d == DeliverMessages {
				wire := n + n>>10 + 64
				atTheEdge(t, "MaxMessage on the wire, "+name, plain, one(wire), one(wire+1), ErrMessageTooBig)
				atTheEdge(t, "MaxMessage on the wire in two, "+name, plain, two(wire-20), two(wire-19), ErrMessageTooBig)
			}
		}
	}
}

// TestLengthFormsAtTheirEdge: the longest payloads that a shorter form of the length has room for are refused in the longer one
// (RFC 6455 section 5.2), in one frame and in several, and the shortest that it does not have room for are taken.
func TestLengthFormsAtTheirEdge(t *testing.T) {
	for _, role := range []Role{Client, Server} {
		frame := func(first, form, n int) []byte {
			ext := []byte{byte(n >> 8), byte(n)}
			if form == 127 {
				ext = []byte{0, 0, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}
			}
			if role == Server { // the key is zero
				return join(first, 0x80|form, ext, zeros(4), zeros(n))
			}
			return join(first, form, ext, zeros(n))
		}
		for form, least := range map[int]int{126: 126, 127: 1 << 16} {
			for n, ok := range map[int]bool{least: true, least - 1: false} {
				for name, data := range map[string][]byte{
					"a frame":    frame(0x82, form, n),
					"a fragment": join(frame(0x02, form, n), frame(0x80, 126, 126)),
					"the last":   join(frame(0x02, 126, 126), frame(0x80, form, n)),
				} {
					ws := opened(role)(t)
					for way, p := range pieces(t, role, data) {
						_, err := decodeAll(ws, p...)
						if ok && err != nil || !ok && !errors.Is(err, ErrInvalidLength) {
							t.Errorf("%v, %s with %d bytes and form %d, %s: %v", role, name, n, form, way, err)
						}
					}
				}
			}
		}
	}
}

func TestRoleString(t *testing.T) {
	for role, want := range map[Role]string{Client: "Client", Server: "Server"} {
		if got := role.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// The reason of a Close may have what the 125 bytes of a control frame leave, in CloseFrame too.
func TestCloseReasonAtItsEdge(t *testing.T) {
	ws := opened(Client)(t)
	for n, ok := range map[int]bool{123: true, 124: false} {
		reason := string(bytes.Repeat([]byte("r"), n))
		if _, _, err := ws.Encode(Close(CodeNormal, reason)); (err == nil) != ok {
			t.Errorf("Close with a reason of %d bytes: %v", n, err)
		}
		f, closes := CloseFrame(&ProtocolError{Code: CodePolicyViolation, Err: errors.New(reason)})
		if _, _, err := ws.Encode(f); err != nil || !closes || len(f.Payload) != 123 {
			t.Errorf("CloseFrame of an error of %d bytes: reason of %d, %v", n, len(f.Payload), err)
		}
	}
}
