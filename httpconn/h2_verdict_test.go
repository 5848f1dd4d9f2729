package httpconn

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// h2States brings a connection to where stream 1 is in each state of RFC 9113 section 5.1. Stream 3 and later ones are
// there to see that the connection goes on.
var h2States = []struct {
	name  string
	id    uint32
	begin func(t testing.TB) Conn
}{
	{"idle", 101, func(t testing.TB) Conn { return h2Started(t, Config{}, h2Ext) }},
	{"even", 2, func(t testing.TB) Conn { return h2Started(t, Config{}, h2Ext) }},
	{"open", 1, func(t testing.TB) Conn { return h2Fed(t, h2Started(t, Config{}, h2Ext), f200(1)) }},
	{"half-closed local", 1, func(t testing.TB) Conn { return h2Fed(t, h2Started(t, Config{}, h2Get), f200(1)) }},
	{"half-closed remote", 1, func(t testing.TB) Conn {
		return h2Fed(t, h2Started(t, Config{}, h2Post), fHeaders(1, true, ":status: 200"))
	}},
	{"ended", 1, func(t testing.TB) Conn {
		return h2Fed(t, h2Started(t, Config{}, h2Get), fHeaders(1, true, ":status: 200"))
	}},
	{"peer reset", 1, func(t testing.TB) Conn { return h2Fed(t, h2Started(t, Config{}, h2Ext), f200(1)+fReset(1, 0)) }},
	{"we reset", 1, func(t testing.TB) Conn {
		return h2Must(t)(h2Fed(t, h2Started(t, Config{}, h2Ext), f200(1)).Cancel(new(Output), 1, http2.ErrCodeCancel))
	}},
	{"forgotten", 1, func(t testing.TB) Conn {
		c := h2Started(t, Config{})
		for id := uint32(1); id < 2*minStreams+2; id += 2 { // once around the table
			c = h2Fed(t, h2Requests(t, c, h2Get), fHeaders(id, true, ":status: 200"))
		}
		return c
	}},
}

var h2FrameOf = map[string]func(id uint32) string{
	"DATA":          func(id uint32) string { return fData(id, false, "x") },
	"DATA end":      func(id uint32) string { return fData(id, true, "") },
	"HEADERS":       func(id uint32) string { return fHeaders(id, true, "t: u") },
	"HEADERS cut":   func(id uint32) string { return fBlock(id, true, hBlock("t: u"), 1) },
	"PRIORITY":      func(id uint32) string { return fRaw(http2.FramePriority, 0, id, "\x00\x00\x00\x00\x09") },
	"PRIORITY bad":  func(id uint32) string { return fRaw(http2.FramePriority, 0, id, "\x00\x00\x00\x00") },
	"RST_STREAM":    func(id uint32) string { return fReset(id, http2.ErrCodeCancel) },
	"WINDOW_UPDATE": func(id uint32) string { return fWindow(id, 9) },
	"WINDOW 0":      func(id uint32) string { return fWindow(id, 0) },
	"PUSH_PROMISE":  func(id uint32) string { return fRaw(http2.FramePushPromise, 4, id, "\x00\x00\x00\x02\x82") },
	"CONTINUATION":  func(id uint32) string { return fRaw(http2.FrameContinuation, 4, id, "\x88") },
	"unknown":       func(id uint32) string { return fRaw(0xfa, 0xff, id, "?") },
}

// What RFC 9113 says of each frame in each state, in the order of h2States: . it is taken, - it is ignored, S or s a
// stream error of STREAM_CLOSED or PROTOCOL_ERROR, F of FRAME_SIZE_ERROR; and connection errors: C STREAM_CLOSED, P
// PROTOCOL_ERROR, Z FRAME_SIZE_ERROR.
var h2Expected = map[string]string{
	//                idle even open local remote ended peer we forgotten
	"DATA":          "P    P    .    .     S      C     S    -  -", // 5.1, 6.1
	"DATA end":      "P    P    .    .     S      C     S    -  -",
	"HEADERS":       "P    P    s    .     S      C     S    -  -", // 5.1, 6.2; open is a tunnel: 8.5
	"HEADERS cut":   "P    P    s    .     S      C     S    -  -",
	"PRIORITY":      "-    -    -    -     -      -     -    -  -", // 5.1, 6.3
	"PRIORITY bad":  "Z    Z    F    F     F      Z     Z    Z  Z", // 6.3; 5.4.1 where there is no stream to reset
	"RST_STREAM":    "P    P    .    .     .      -     -    -  -", // 5.1, 6.4
	"WINDOW_UPDATE": "P    P    .    .     .      -     -    -  -", // 5.1, 6.9
	"WINDOW 0":      "P    P    s    s     s      -     -    -  -", // 6.9
	"PUSH_PROMISE":  "P    P    P    P     P      P     P    P  P", // 8.4: we disabled it
	"CONTINUATION":  "P    P    P    P     P      P     P    P  P", // 6.10
	"unknown":       "-    -    -    -     -      -     -    -  -", // 4.1, 5.5
}

func TestH2Verdicts(t *testing.T) {
	stream := map[string]http2.ErrCode{"S": http2.ErrCodeStreamClosed, "s": http2.ErrCodeProtocol,
		"F": http2.ErrCodeFrameSize}
	fatal := map[string]http2.ErrCode{"C": http2.ErrCodeStreamClosed, "P": http2.ErrCodeProtocol,
		"Z": http2.ErrCodeFrameSize}
	for frame, row := range h2Expected {
		expected := strings.Fields(row)
		for i, st := range h2States {
			t.Run(st.name+"/"+frame, func(t *testing.T) {
				want := expected[i]
				c := st.begin(t)
				r := h2Feed(c, false, h2FrameOf[frame](st.id))
				if code, ok := fatal[want]; ok {
					h2ConnErr(t, r.err, code, ErrMalformed)
					if got := h2Sent(r.send); got != "GOAWAY "+code.String()+"\n" {
						t.Errorf("sent\n%s", got)
					}
					return
				}
				if r.err != nil {
					t.Fatal(r.err)
				}
				var sent string
				if code, ok := stream[want]; ok {
					sent = h2Sent(appendWord(nil, http2.FrameRSTStream, StreamID(st.id), uint32(code)))
				}
				if got := h2Sent(r.send); got != sent {
					t.Errorf("sent\n%swant\n%s", got, sent)
				}
				if want == "-" {
					d := r.conn
					d.h2.recvUncredited, d.h2.recvConsumed = c.h2.recvUncredited, c.h2.recvConsumed // DATA counts on the connection
					d.editRare().recvTable = c.h2.rare.recvTable                                    // and a header block changes the table
					if len(r.events) > 0 || !d.Equal(c) {
						t.Errorf("it is not ignored: %s", h2Events(r.events))
					}
				}
				if want == "." && len(r.events) == 0 && r.conn.Equal(c) {
					t.Error("it is ignored")
				}
				// The stream is reset for good, and the others go on.
				next, id, err := r.conn.Request(new(Output), h2Get)
				if err != nil {
					t.Fatal(err)
				}
				more := ""
				if _, ok := stream[want]; ok {
					more = fData(st.id, false, "late") + fHeaders(st.id, true, "late: x") + fWindow(st.id, 0)
				}
				r = h2Feed(next, false, more+fHeaders(uint32(id), true, ":status: 204"))
				if got := h2Events(r.events); r.err != nil ||
					!strings.HasSuffix(got, " Headers 204\n"+itoa(int64(id))+" Done\n") ||
					strings.Count(got, "\n") != 2 || len(r.send) > 0 {
					t.Errorf("%v\n%s%s", r.err, got, h2Sent(r.send))
				}
			})
		}
	}
}

// Between the frames of a header block nothing else may come, on any stream (section 6.10).
func TestH2FramesInsideBlock(t *testing.T) {
	begin := fRaw(http2.FrameHeaders, 0, 1, "\x88")
	for name, frame := range h2FrameOf {
		for _, id := range []uint32{0, 1, 3} {
			r := h2Feed(h2Started(t, Config{}, h2Get, h2Get), false, begin, frame(id))
			if name == "CONTINUATION" && id == 1 {
				if r.err != nil || len(r.events) != 1 {
					t.Errorf("%v %s", r.err, h2Events(r.events))
				}
				continue
			}
			var ce *ConnError
			if !errors.As(r.err, &ce) || ce.Code != http2.ErrCodeProtocol {
				t.Errorf("%s on stream %d: %v", name, id, r.err)
			}
		}
	}
	for _, frame := range []string{fSettings(), fAck(), fPing(false, "12345678"), fGoAway(1, 0, "")} {
		r := h2Feed(h2Started(t, Config{}, h2Get), false, begin+frame)
		h2ConnErr(t, r.err, http2.ErrCodeProtocol, ErrMalformed)
	}
}

// A stream can change between HEADERS and CONTINUATION by what we do.
func TestH2CallsInsideBlock(t *testing.T) {
	head := fRaw(http2.FrameHeaders, http2.FlagHeadersEndStream, 1, "")
	tail := fRaw(http2.FrameContinuation, http2.FlagContinuationEndHeaders, 1, hBlock(":status: 200", "x: y"))
	begin := func(before string) Conn { return h2Fed(t, h2Started(t, Config{}, h2Post), before+head) }

	c := h2Must(t)(begin("").Cancel(new(Output), 1, http2.ErrCodeCancel))
	c = h2Requests(t, c, h2Get, h2Get, h2Get, h2Get) // takes its place
	if r := h2Feed(c, false, tail+fBlock(9, true, "\x88\xbe")); r.err != nil ||
		h2Events(r.events) != "9 Headers 200 X:y\n9 Done\n" {
		t.Errorf("cancelled: %v\n%s", r.err, h2Events(r.events))
	}
	c = h2Must(t)(begin("").SendData(new(Output), 1, nil, true))
	if r := h2Feed(c, false, tail); r.err != nil || h2Events(r.events) != "1 Headers 200 X:y\n1 Done\n" ||
		r.conn.h2.rare.liveStreams != 0 {
		t.Errorf("ended: %v\n%s", r.err, h2Events(r.events))
	}
	c = h2Must(t)(begin(fHeaders(1, true, ":status: 200")).SendData(new(Output), 1, nil, true))
	r := h2Feed(c, false, tail)
	h2ConnErr(t, r.err, http2.ErrCodeStreamClosed, ErrMalformed)
	if len(r.events) > 0 {
		t.Errorf("after the end: %s", h2Events(r.events))
	}
}
