package mintws

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// wireTest is one stream of bytes and what a receiver makes of it. The table drives the decoding tests, the split, replay and
// poison tests, and seeds the fuzz targets.
type wireTest struct {
	name   string
	role   Role // the receiver's
	opt    Options
	in     []byte
	frames []Frame
	err    error     // the sentinel; nil: no error
	code   CloseCode // of the Close that the error calls for
	detail string    // a part of the error's text
	at     int       // with an error: how many bytes of in are legal
}

// join concatenates strings and byte slices: a test's input, commented field by field.
func join(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		}
	}
	return b
}

func zeros(n int) []byte { return make([]byte, n) }

// The sequences of Autobahn 6.4: valid Greek, then a surrogate (or a code point beyond Unicode), then ASCII.
const greek = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

var wireTests = []wireTest{
	// RFC 6455 section 5.7.
	{name: "rfc unmasked text", in: join(0x81, 0x05, "Hello"), frames: []Frame{Text("Hello")}},
	{name: "rfc masked text", role: Server, in: join(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58),
		frames: []Frame{Text("Hello")}},
	{name: "rfc fragmented text", in: join(0x01, 0x03, "Hel", 0x80, 0x02, "lo"), frames: []Frame{Text("Hello")}},
	{name: "rfc unmasked ping", in: join(0x89, 0x05, "Hello"), frames: []Frame{Ping([]byte("Hello"))}},
	{name: "rfc masked pong", role: Server, in: join(0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58),
		frames: []Frame{Pong([]byte("Hello"))}},
	{name: "rfc 256 bytes binary", in: join(0x82, 0x7E, 0x01, 0x00, zeros(256)), frames: []Frame{Binary(zeros(256))}},
	{name: "rfc 64 KiB binary", in: join(0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0, zeros(65536)), frames: []Frame{Binary(zeros(65536))}},

	{name: "empty text", in: join(0x81, 0x00), frames: []Frame{Text("")}},
	{name: "empty masked binary", role: Server, in: join(0x82, 0x80, 1, 2, 3, 4), frames: []Frame{Binary(nil)}},
	{name: "125 bytes", in: join(0x82, 125, zeros(125)), frames: []Frame{Binary(zeros(125))}},
	{name: "126 bytes", in: join(0x82, 126, 0, 126, zeros(126)), frames: []Frame{Binary(zeros(126))}},
	{name: "several frames", in: join(0x81, 1, "a", 0x89, 0, 0x82, 2, "bc", 0x8A, 1, "d"),
		frames: []Frame{Text("a"), Ping(nil), Binary([]byte("bc")), Pong([]byte("d"))}},
	{name: "several masked frames", role: Server,
		in:     join(0x81, 0x81, 1, 0, 0, 0, "b", 0x82, 0x82, 0, 2, 0, 0, "bb", 0x8A, 0x80, 9, 9, 9, 9),
		frames: []Frame{Text("c"), Binary([]byte("b`")), Pong(nil)}},
	{name: "controls between fragments", in: join(0x01, 2, "ab", 0x89, 1, "p", 0x00, 0, 0x8A, 1, "q", 0x80, 1, "c"),
		frames: []Frame{Ping([]byte("p")), Pong([]byte("q")), Text("abc")}},
	{name: "controls between masked fragments", role: Server,
		in:     join(0x02, 0x82, 1, 1, 1, 1, "ab", 0x89, 0x83, 0, 0, 0, 1, "xyz", 0x80, 0x81, 2, 0, 0, 0, "c"),
		frames: []Frame{Ping([]byte("xyz")), Binary([]byte("`ca"))}},
	{name: "empty fragments", in: join(0x02, 0, 0x00, 0, 0x80, 0), frames: []Frame{Binary(nil)}},
	{name: "character over fragments", in: join(0x01, 1, "\xe2", 0x00, 1, "\x82", 0x80, 1, "\xac"), frames: []Frame{Text("€")}},
	{name: "binary is not text", in: join(0x82, 2, "\xff\xfe"), frames: []Frame{Binary([]byte("\xff\xfe"))}},
	{name: "UTF-8 off", opt: Options{SkipUTF8: true}, in: join(0x81, 2, "\xff\xfe", 0x81, 1, "\xc3"),
		frames: []Frame{Text("\xff\xfe"), Text("\xc3")}},

	{name: "close", in: join(0x88, 0), frames: []Frame{Close(0, "")}},
	{name: "close 1000", in: join(0x88, 2, 0x03, 0xE8), frames: []Frame{Close(1000, "")}},
	{name: "close with reason", in: join(0x88, 6, 0x0F, 0xA0, "bye!"), frames: []Frame{Close(4000, "bye!")}},
	{name: "masked close", role: Server, in: join(0x88, 0x83, 1, 1, 1, 1, 0x02, 0xE8, "c"), frames: []Frame{Close(1001, "b")}},
	{name: "longest reason", in: join(0x88, 125, 0x03, 0xE8, strings.Repeat("é", 61), "x"),
		frames: []Frame{Close(1000, strings.Repeat("é", 61)+"x")}},
	{name: "after close", in: join(0x88, 0, 0xFF, 0xFF, "anything"), frames: []Frame{Close(0, "")}},
	{name: "close within message", in: join(0x01, 1, "a", 0x88, 0), frames: []Frame{Close(0, "")}},

	// Fragments and payload as they come.
	{name: "fragments", opt: Options{Delivery: DeliverFragments}, in: join(0x01, 2, "ab", 0x89, 0, 0x00, 0, 0x80, 1, "c", 0x82, 1, "d"),
		frames: []Frame{{Opcode: OpText, More: true, Payload: []byte("ab")}, Ping(nil), {Opcode: OpContinuation, More: true},
			{Opcode: OpContinuation, Payload: []byte("c")}, Binary([]byte("d"))}},
	{name: "fragments masked", role: Server, opt: Options{Delivery: DeliverFragments},
		in:     join(0x01, 0x82, 1, 1, 1, 1, "ab", 0x80, 0x81, 2, 0, 0, 0, "c"),
		frames: []Frame{{Opcode: OpText, More: true, Payload: []byte("`c")}, {Opcode: OpContinuation, Payload: []byte("a")}}},

	// Section 5.2.
	{name: "RSV1", in: join(0x81, 0, 0xC1, 0), frames: []Frame{Text("")}, err: ErrReservedBits, code: 1002, detail: "0xc1", at: 2},
	{name: "RSV2", in: join(0xA1), err: ErrReservedBits, code: 1002, detail: "0xa1"},
	{name: "RSV3 on ping", in: join(0x99), err: ErrReservedBits, code: 1002, detail: "0x99"},
	{name: "RSV on continuation", in: join(0x01, 0, 0xC0), err: ErrReservedBits, code: 1002, detail: "0xc0", at: 2},
	{name: "opcode 3", in: join(0x83), err: ErrReservedOpcode, code: 1002, detail: "0x3"},
	{name: "opcode 7", in: join(0x07), err: ErrReservedOpcode, code: 1002, detail: "0x7"},
	{name: "opcode 11", in: join(0x8B), err: ErrReservedOpcode, code: 1002, detail: "0xb"},
	{name: "opcode 15", in: join(0x8F), err: ErrReservedOpcode, code: 1002, detail: "0xf"},
	{name: "16-bit length not minimal", in: join(0x82, 126, 0, 125), err: ErrInvalidLength, code: 1002, detail: "not minimal", at: 3},
	{name: "16-bit length 0", in: join(0x82, 126, 0, 0), err: ErrInvalidLength, code: 1002, at: 3},
	{name: "64-bit length not minimal", in: join(0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF), err: ErrInvalidLength, code: 1002,
		detail: "65535 in 8 bytes", at: 7},
	{name: "64-bit length negative", in: join(0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 1), err: ErrInvalidLength, code: 1002,
		detail: "highest bit", at: 2},
	{name: "64-bit length all ones", in: join(0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), err: ErrInvalidLength,
		code: 1002, detail: "highest bit", at: 2},
	// Section 5.1.
	{name: "masked from server", in: join(0x81, 0x80), err: ErrMasked, code: 1002, at: 1},
	{name: "unmasked from client", role: Server, in: join(0x81, 0x00), err: ErrUnmasked, code: 1002, at: 1},
	{name: "unmasked control from client", role: Server, in: join(0x89, 0x00), err: ErrUnmasked, code: 1002, at: 1},
	// Section 5.4.
	{name: "continuation of nothing", in: join(0x80), err: ErrUnexpectedContinuation, code: 1002},
	{name: "continuation after the end", in: join(0x01, 0, 0x80, 0, 0x00), frames: []Frame{Text("")},
		err: ErrUnexpectedContinuation, code: 1002, at: 4},
	{name: "text within text", in: join(0x01, 0, 0x89, 0, 0x81), frames: []Frame{Ping(nil)}, err: ErrExpectedContinuation, code: 1002,
		detail: "Text frame within a fragmented Text", at: 4},
	{name: "binary within text", in: join(0x01, 0, 0x02), err: ErrExpectedContinuation, code: 1002, at: 2},
	// Section 5.5.
	{name: "ping of 126 bytes", in: join(0x89, 126, 0, 126), err: ErrControlTooLong, code: 1002, detail: "Ping", at: 1},
	{name: "close with a 64-bit length", in: join(0x88, 127), err: ErrControlTooLong, code: 1002, detail: "Close", at: 1},
	{name: "fragmented ping", in: join(0x09), err: ErrControlFragmented, code: 1002, detail: "Ping"},
	{name: "fragmented close", in: join(0x08), err: ErrControlFragmented, code: 1002, detail: "Close"},
	// Sections 5.5.1 and 7.4.
	{name: "close of one byte", in: join(0x88, 1), err: ErrClosePayload, code: 1002, detail: "1 byte", at: 1},
	{name: "close 0", in: join(0x88, 2, 0, 0), err: ErrClosePayload, code: 1002, detail: "0 to 255", at: 2},
	{name: "close 999", in: join(0x88, 2, 0x03, 0xE7), err: ErrClosePayload, code: 1002, detail: "999", at: 3},
	{name: "close 1004", in: join(0x88, 2, 0x03, 0xEC), err: ErrClosePayload, code: 1002, detail: "1004", at: 3},
	{name: "close 1005", in: join(0x88, 2, 0x03, 0xED), err: ErrClosePayload, code: 1002, detail: "1005", at: 3},
	{name: "close 1006", in: join(0x88, 2, 0x03, 0xEE), err: ErrClosePayload, code: 1002, detail: "1006", at: 3},
	{name: "close 1015", in: join(0x88, 2, 0x03, 0xF7), err: ErrClosePayload, code: 1002, detail: "1015", at: 3},
	{name: "close 2000", in: join(0x88, 2, 0x07, 0xD0), err: ErrClosePayload, code: 1002, detail: "1792 to 2047", at: 2},
	{name: "close 2999", in: join(0x88, 2, 0x0B, 0xB7), err: ErrClosePayload, code: 1002, detail: "2999", at: 3},
	{name: "close 5000", in: join(0x88, 2, 0x13, 0x88), err: ErrClosePayload, code: 1002, detail: "5000", at: 3},
	{name: "close 65535", in: join(0x88, 2, 0xFF, 0xFF), err: ErrClosePayload, code: 1002, at: 2},
	{name: "close reason not UTF-8", in: join(0x88, 5, 0x03, 0xE8, "a\xFFb"), err: ErrInvalidUTF8, code: 1007, detail: "0xff at offset 1",
		at: 5},
	{name: "close reason cut short", in: join(0x88, 4, 0x03, 0xE8, "a\xC3"), err: ErrInvalidUTF8, code: 1007, detail: "ends inside", at: 5},
	{name: "masked close 1005", role: Server, in: join(0x88, 0x82, 1, 1, 1, 1, 0x02, 0xEC), err: ErrClosePayload, code: 1002,
		detail: "1005", at: 7},
	// Section 8.1.
	{name: "invalid text", in: join(0x81, 4, "ab\x80c"), err: ErrInvalidUTF8, code: 1007, detail: "0x80 at offset 2", at: 4},
	{name: "invalid masked text", role: Server, in: join(0x81, 0x83, 0, 0, 0, 1, "ab\xFF"), err: ErrInvalidUTF8, code: 1007,
		detail: "0xff at offset 2", at: 8},
	{name: "invalid text after a message", in: join(0x81, 1, "x", 0x81, 2, "y\xC0"), frames: []Frame{Text("x")}, err: ErrInvalidUTF8,
		code: 1007, detail: "0xc0 at offset 1", at: 6},
	{name: "text cut short", in: join(0x81, 2, "a\xC3"), err: ErrInvalidUTF8, code: 1007, detail: "ends inside a character, at byte 2", at: 3},
	{name: "text cut short by an empty fragment", in: join(0x01, 1, "\xC3", 0x80, 0), err: ErrInvalidUTF8, code: 1007,
		detail: "ends inside", at: 4},
	{name: "Autobahn 6.4.1", in: join(0x01, 11, greek, 0x00, 4, "\xf4\x90\x80\x80", 0x80, 6, "edited"), err: ErrInvalidUTF8, code: 1007,
		detail: "0x90 at offset 12", at: 16},
	{name: "Autobahn 6.4.3", in: join(0x81, 21, greek, "\xf4\x90\x80\x80", "edited"), err: ErrInvalidUTF8, code: 1007,
		detail: "0x90 at offset 12", at: 14},
	{name: "invalid text as it arrives", opt: Options{Delivery: DeliverFragments}, in: join(0x01, 1, "\xC3", 0x80, 3, "\xA9\xC3\xC3"),
		frames: []Frame{{Opcode: OpText, More: true, Payload: []byte("\xC3")}}, err: ErrInvalidUTF8, code: 1007, detail: "offset 3", at: 7},
	// Limits: section 7.4.1, code 1009.
	{name: "frame limit, 7 bits", opt: Options{Limits: Limits{MaxFrame: 10}}, in: join(0x82, 10, zeros(10), 0x82, 11),
		frames: []Frame{Binary(zeros(10))}, err: ErrMessageTooBig, code: 1009, detail: "at least 11 bytes, MaxFrame is 10", at: 13},
	{name: "frame limit below 16 bits", opt: Options{Limits: Limits{MaxFrame: 125}}, in: join(0x82, 126), err: ErrMessageTooBig,
		code: 1009, detail: "at least 126", at: 1},
	{name: "frame limit, 16 bits", opt: Options{Limits: Limits{MaxFrame: 0x1FF}}, in: join(0x82, 126, 2), err: ErrMessageTooBig,
		code: 1009, detail: "at least 512", at: 2},
	{name: "frame limit, last byte", opt: Options{Limits: Limits{MaxFrame: 0x1FE}}, in: join(0x82, 126, 1, 0xFF), err: ErrMessageTooBig,
		code: 1009, detail: "at least 511", at: 3},
	{name: "frame limit below 64 bits", opt: Options{Limits: Limits{MaxFrame: 65535}}, in: join(0x82, 127), err: ErrMessageTooBig,
		code: 1009, detail: "at least 65536", at: 1},
	{name: "frame limit, 64 bits", in: join(0x82, 127, 0x40), err: ErrMessageTooBig, code: 1009, detail: "at least 4611686018427387904",
		at: 2},
	{name: "frame limit, 64 bits, late", in: join(0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1), err: ErrMessageTooBig, code: 1009,
		detail: "at least 16777217", at: 9},
	{name: "message limit", opt: Options{Limits: Limits{MaxMessage: 5}}, in: join(0x02, 3, "abc", 0x89, 6, "xxxxxx", 0x00, 2, "de", 0x80, 1),
		frames: []Frame{Ping([]byte("xxxxxx"))}, err: ErrMessageTooBig, code: 1009, detail: "at least 6 bytes, MaxMessage is 5", at: 18},
	{name: "fragment limit", opt: Options{Limits: Limits{MaxFragments: 2}}, in: join(0x02, 0, 0x00, 0, 0x80), err: ErrTooManyFragments,
		code: 1009, detail: "2 frames", at: 4},
	{name: "no limit", opt: Options{Limits: Limits{MaxFrame: -1, MaxMessage: -1, MaxFragments: -1}},
		in: join(0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, "abc")},
}

// open returns the test's receiver.
func (tt wireTest) open(t testing.TB) WebSocket {
	t.Helper()
	ws, err := NewWebSocket(tt.role, tt.opt)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// result is all that decoding gives, with payloads that last.
type result struct {
	WS     WebSocket
	Frames []Frame
	Err    string
}

// same reports whether both are alike; cmp would do, but looks at every byte by itself.
func (r result) same(x result) bool {
	return r.WS.Equal(x.WS) && r.Err == x.Err && slices.EqualFunc(r.Frames, x.Frames, sameFrame)
}

func sameFrame(a, b Frame) bool {
	return a.Opcode == b.Opcode && a.More == b.More && a.RSV == b.RSV && a.Code == b.Code && bytes.Equal(a.Payload, b.Payload)
}

// decodeAll feeds the pieces to ws one after the other, each in a buffer of its own that is overwritten after the call.
func decodeAll(ws WebSocket, pieces ...[]byte) (r result, err error) {
	var in Inbox
	for _, p := range pieces {
		buf := bytes.Clone(p)
		ws, err = ws.AppendDecode(&in, buf)
		for _, f := range in.Frames {
			r.Frames = append(r.Frames, f.Clone())
		}
		for i := range buf {
			buf[i] = 0xDB
		}
		for i := range in.Buf {
			in.Buf[i] = 0xDB
		}
		in.Reset()
		if err != nil {
			r.Err = err.Error()
			break
		}
	}
	r.WS = ws
	return r, err
}

// diffFrames says how got differs from want; an empty payload and none are the same.
func diffFrames(got, want []Frame) string {
	if slices.EqualFunc(got, want, sameFrame) {
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}
