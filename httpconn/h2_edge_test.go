package httpconn

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// TestH2ReceiveLimitsAtTheirEdge meets what the server may do exactly, and exceeds it by one: in frames that are whole, which
// on a tunnel take a path of their own, and in pieces.
func TestH2ReceiveLimitsAtTheirEdge(t *testing.T) {
	manual := Config{StreamWindow: 1 << 20, ConnWindow: 65535, ManualCredit: true}
	full := f200(1) + f200(3) + strings.Repeat(fData(1, false, xs(13087)), 5) // 100 are left
	headers := func(before string, n int) string {                            // n fields
		fields := slices.Repeat([]string{"a: b"}, n)
		if before == "" {
			fields[0] = ":status: 200"
		}
		return before + fHeaders(1, true, fields...)
	}
	limited := Config{Limits: Limits{MaxHeaderFields: 6, MaxInformational: 3, MaxContinuations: 4}}
	for _, tc := range []struct {
		name string
		cfg  Config
		req  Request
		in   func(over int) string
		sent string // if it is exceeded
	}{
		{"the connection's window", manual, h2Ext, func(n int) string { return full + fData(1, false, xs(100+n)) }, "GOAWAY FLOW_CONTROL_ERROR"},
		{"the connection's window, on another stream", manual, h2Ext, func(n int) string { return full + fData(3, false, xs(100+n)) },
			"GOAWAY FLOW_CONTROL_ERROR"},
		{"the connection's window, padded", manual, h2Ext, func(n int) string { return full + fPadded(1, false, "", 99+n) },
			"GOAWAY FLOW_CONTROL_ERROR"},
		{"the connection's window, of a stream that is over", manual, h2Ext,
			func(n int) string { return full + fReset(1, 0) + fData(1, false, xs(100+n)) }, "GOAWAY FLOW_CONTROL_ERROR"},
		{"a stream's window", h2Small, h2Ext, func(n int) string { return f200(1) + fData(1, false, xs(100+n)) }, "RST_STREAM 1 FLOW_CONTROL_ERROR"},
		{"a stream's window, no tunnel", h2Small, h2Get, func(n int) string { return f200(1) + fData(1, false, xs(100+n)) },
			"RST_STREAM 1 FLOW_CONTROL_ERROR"},
		{"a stream's window, padded", h2Small, h2Ext, func(n int) string { return f200(1) + fPadded(1, false, xs(50), 49+n) },
			"RST_STREAM 1 FLOW_CONTROL_ERROR"},
		{"padding", Config{}, h2Ext, func(n int) string {
			return f200(1) + fRaw(http2.FrameData, http2.FlagDataPadded, 1, string(rune(5+n))+xs(5))
		},
			"GOAWAY PROTOCOL_ERROR"},
		{"padding of HEADERS", Config{}, h2Get, func(n int) string {
			return f200(1) + fRaw(http2.FrameHeaders, http2.FlagHeadersPadded|http2.FlagHeadersEndHeaders|http2.FlagHeadersEndStream, 1,
				string(rune(5+n))+xs(5))
		}, "GOAWAY PROTOCOL_ERROR"},
		{"the frame's size", Config{}, h2Ext, func(n int) string { return f200(1) + fData(1, false, xs(1<<14+n)) }, "GOAWAY FRAME_SIZE_ERROR"},
		{"fields", limited, h2Get, func(n int) string { return headers("", 6+n) }, "RST_STREAM 1 ENHANCE_YOUR_CALM"},
		{"fields of trailers", limited, h2Get, func(n int) string { return headers(f200(1), 6+n) }, "RST_STREAM 1 ENHANCE_YOUR_CALM"},
		{"informational responses", limited, h2Get, func(n int) string {
			return strings.Repeat(fHeaders(1, false, ":status: 102"), 3+n) + f200(1)
		}, "RST_STREAM 1 ENHANCE_YOUR_CALM"},
		{"frames of a block", limited, h2Get, func(n int) string { return fBlock(1, true, "\x88", slices.Repeat([]int{0}, 3+n)...) },
			"GOAWAY ENHANCE_YOUR_CALM"},
		{"WINDOW_UPDATE of the connection", Config{}, h2Ext, func(n int) string { return fWindow(0, uint32(maxWindow-65535+n)) },
			"GOAWAY FLOW_CONTROL_ERROR"},
		{"WINDOW_UPDATE of a stream", Config{}, h2Ext, func(n int) string { return fWindow(1, uint32(maxWindow-65535+n)) },
			"RST_STREAM 1 FLOW_CONTROL_ERROR"},
		{"INITIAL_WINDOW_SIZE", Config{}, h2Ext, func(n int) string { return fWindow(1, 1) + fSettings(setWindow, uint32(maxWindow-1+n)) },
			"GOAWAY FLOW_CONTROL_ERROR"},
		{"GOAWAY", Config{}, h2Ext, func(n int) string { return fRaw(http2.FrameGoAway, 0, 0, strings.Repeat("\x00", 8-n)) },
			"GOAWAY FRAME_SIZE_ERROR"},
	} {
		start := h2Started(t, tc.cfg, tc.req, tc.req)
		for over := range 2 {
			in := tc.in(over)
			for way, pieces := range map[string][]string{
				"whole": {in}, "cut at the end": {in[:len(in)-1], in[len(in)-1:]}, "in pieces": h2Chunks(in)} {
				r := h2Feed(start, false, pieces...)
				if got := h2Sent(r.send); strings.Contains(got, tc.sent+"\n") != (over == 1) || over == 0 && r.err != nil {
					t.Errorf("%s, %d too much, %s: %v, sent\n%s", tc.name, over, way, r.err, got)
				}
			}
		}
	}
}

// h2Chunks cuts s so often that frames are never whole.
func h2Chunks(s string) (chunks []string) {
	for p := range slices.Chunk([]byte(s), 7) {
		chunks = append(chunks, string(p))
	}
	return chunks
}

// TestH2SendLimitsAtTheirEdge sends as much as the server allows, which goes out at once and in one frame, and a byte more: on
// a tunnel, where that takes a path of its own, and in a request's content.
func TestH2SendLimitsAtTheirEdge(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		most     int
		over     string // what is sent of a byte more
	}{
		{"the stream's window", fSettings(setWindow, 1000), 1000, "DATA 1 1000\n"},
		{"the connection's window", fSettings(setFrame, 1<<20) + fWindow(1, 1000), 65535, "DATA 1 65535\n"},
		{"the frame's size", fWindow(1, 1000), 1 << 14, "DATA 1 16384\nDATA 1 1\n"},
		{"a larger frame's size", fSettings(setFrame, 20_000), 20_000, "DATA 1 20000\nDATA 1 1\n"},
	} {
		for _, req := range []Request{h2Ext, h2Post} {
			c := h2Fed(t, h2Started(t, Config{}, req), f200(1)+tc.in)
			for over := range 2 {
				n := tc.most + over
				want := fmt.Sprintf("DATA 1 %d\n", n)
				if over == 1 {
					want = tc.over
				}
				var out, built Output
				d := h2Must(t)(c.SendData(&out, 1, make([]byte, n), false))
				mark, err := c.BeginData(&built, 1, n)
				if err != nil {
					t.Fatal(err)
				}
				built.Send = append(built.Send, make([]byte, n)...)
				e := h2Must(t)(c.EndData(&built, 1, mark, false))
				queued := n - len(out.Send) + frameHeadLen*strings.Count(want, "\n")
				if got := h2Sent(out.Send); got != want || !d.Equal(e) || string(built.Send) != string(out.Send) || d.Buffered(1) != queued {
					t.Errorf("%s, %d too much: sent %swant %s, %d queued", tc.name, over, got, want, d.Buffered(1))
				}
			}
		}
	}
}

// TestH2ManyInformational: a limit above 65,535 is one, too, and a stream that has had so many is not taken for one on which
// nothing came.
func TestH2ManyInformational(t *testing.T) {
	const most = 1 << 16
	head := fRaw(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 1, "\x08\x03102") // :status: 102
	for _, tc := range []struct {
		limit, n int
		over     bool
	}{{most, most, false}, {most, most + 1, true}, {-1, most, false}} {
		c := h2Started(t, Config{Limits: Limits{MaxInformational: tc.limit}}, h2Get)
		r := h2Feed(c, false, strings.Repeat(head, tc.n)+fReset(1, http2.ErrCodeRefusedStream))
		last := r.events[len(r.events)-1]
		if last.Kind != EventReset || last.Retryable() || isErr(last.Err, ErrTooManyInformational) != tc.over {
			t.Errorf("%d of at most %d: %v %v", tc.n, tc.limit, last.Kind, last.Err)
		}
	}
}

// TestH2MaxBufferedHoldsWhatIsAnnounced: BeginData is refused for a byte too much; EndData takes what was appended, as it
// cannot fail any more.
func TestH2MaxBufferedHoldsWhatIsAnnounced(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{Limits: Limits{MaxBuffered: 100}}, h2Ext), f200(1)+fSettings(setWindow, 0))
	var out Output
	if _, err := c.BeginData(&out, 1, 101); !isErr(err, ErrBufferFull) || len(out.Send) > 0 {
		t.Errorf("101 bytes: %v", err)
	}
	mark, err := c.BeginData(&out, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	out.Send = append(out.Send, xs(200)...)
	c = h2Must(t)(c.EndData(&out, 1, mark, false))
	if c.Buffered(0) != 200 || len(out.Send) > 0 {
		t.Errorf("%d bytes queued, %d sent", c.Buffered(0), len(out.Send))
	}
	if _, err = c.BeginData(&out, 1, 1); !isErr(err, ErrBufferFull) {
		t.Errorf("a byte more: %v", err)
	}
}

// TestBodyLengthAtItsEdge: BeginData, too, is held against the Content-Length.
func TestBodyLengthAtItsEdge(t *testing.T) {
	counted := Request{Method: "POST", Scheme: "https", Authority: "a", HasBody: true, Header: http.Header{"Content-Length": {"3"}}}
	for _, c := range []Conn{h1Post(t, "3"), h2Started(t, Config{}, counted)} {
		for size, want := range map[int]error{3: nil, 4: ErrBodyLength} {
			var out Output
			if _, err := c.BeginData(&out, 1, size); !errors.Is(err, want) || err != nil && len(out.Send) > 0 {
				t.Errorf("%v, %d of 3 bytes: %v", c.Version(), size, err)
			}
		}
	}
}

// TestAnnouncedLengths: what is only announced takes no memory, but for eight times what has come of a frame, or 4 KiB.
func TestAnnouncedLengths(t *testing.T) {
	const overhead = 4096 // of the call, of what a Conn changes in it, and of the sizes that memory comes in
	big := h2Must(t)(h2Started(t, Config{}, h2Get).Settings(new(Output), Settings{MaxFrame: 1<<24 - 1}))
	frame := func(kind http2.FrameType) string {
		return string(appendFrameHead(nil, 1<<24-1, kind, http2.FlagHeadersEndHeaders, 1))
	}
	for _, tc := range []struct {
		name, in string
		c        Conn
		most     int
	}{
		{"HEADERS", frame(http2.FrameHeaders) + "x", big, 4<<10 + overhead},
		{"much of HEADERS", frame(http2.FrameHeaders) + xs(30_000), big, 8*(30_000+9) + overhead},
		{"unknown", frame(0x77) + "x", big, 4<<10 + overhead},
		{"DATA", f200(1) + frame(http2.FrameData) + "x", h2Must(t)(big.Settings(new(Output), Settings{StreamWindow: 1 << 30, ConnWindow: 1 << 30})),
			overhead},
		{"Content-Length", h1OK + "Content-Length: 9223372036854775807\r\n\r\nx", h1Begin(t, h1Case{reqs: h1Get}), overhead},
		{"chunk", h1Chk + "7fffffffffffffff\r\nx", h1Begin(t, h1Case{reqs: h1Get}), overhead},
	} {
		data, out := []byte(tc.in), Output{Events: make([]Event, 0, 8), Send: make([]byte, 0, 4096)}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c, err := tc.c.Stream(&out, data)
		runtime.ReadMemStats(&after)
		if got := int(after.TotalAlloc - before.TotalAlloc); err != nil || got > tc.most {
			t.Errorf("%s: %d bytes allocated, at most %d are wanted: %v", tc.name, got, tc.most, err)
		}
		runtime.KeepAlive(c)
	}
}

// TestWindowsHaveALeast: a window that is too small to be one counts as the smallest.
func TestWindowsHaveALeast(t *testing.T) {
	for _, tc := range []struct {
		cfg          Config
		stream, conn int32
	}{
		{Config{}, DefaultStreamWindow, DefaultConnWindow},
		{Config{StreamWindow: -1, ConnWindow: -1}, 1, 65535},
		{Config{StreamWindow: 1, ConnWindow: 65534}, 1, 65535},
		{Config{StreamWindow: 2, ConnWindow: 65536}, 2, 65536},
	} {
		c := h2Started(t, tc.cfg)
		if c.set.streamWindow != tc.stream || c.set.connWindow != tc.conn {
			t.Errorf("%+v: %d and %d", tc.cfg, c.set.streamWindow, c.set.connWindow)
		}
	}
}

// The reason that goes with a GOAWAY is cut.
func TestH2GoAwayReasonAtItsEdge(t *testing.T) {
	for n, want := range map[int]int{0: 0, maxDebug: maxDebug, maxDebug + 1: maxDebug} {
		if got := len(appendGoAway(nil, 0, xs(n))) - frameHeadLen - 8; got != want {
			t.Errorf("%d bytes of %d", got, n)
		}
	}
}

// The limits of HTTP/1.1 that the tables do not meet from both sides.
func TestH1LimitsAtTheirEdge(t *testing.T) {
	limits := Config{Limits: Limits{MaxHeaderBytes: 50, MaxHeaderFields: 2, MaxInformational: 3}}
	const chunked = "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n" // 45 bytes
	for name, in := range map[string]func(over int) string{
		"informational": func(n int) string {
			return strings.Repeat("HTTP/1.1 102\r\n\r\n", 3+n) + "HTTP/1.1 204\r\n\r\n"
		},
		"head":              func(n int) string { return "HTTP/1.1 204\r\nA:" + xs(50-14-2-4+n) + "\r\n\r\n" },
		"trailers":          func(n int) string { return chunked + "0\r\nA:" + xs(50-2-4+n) + "\r\n\r\n" },
		"fields":            func(n int) string { return "HTTP/1.1 204\r\n" + strings.Repeat("A:\r\n", 2+n) + "\r\n" },
		"fields of trailer": func(n int) string { return chunked + "0\r\n" + strings.Repeat("A:\r\n", 2+n) + "\r\n" },
		"extensions":        func(n int) string { return chunked + "1;" + xs(49+n) + "\r\nx\r\n0\r\n\r\n" },
	} {
		for over := range 2 {
			for _, pieces := range [][]string{{in(over)}, strings.Split(in(over), "")} {
				c := h1Begin(t, h1Case{cfg: limits, reqs: h1Get})
				var out Output
				var err error
				for _, p := range pieces {
					if c, err = c.Stream(&out, []byte(p)); err != nil {
						break
					}
				}
				if (err != nil) != (over == 1) || err != nil && !isErr(err, ErrHeaderTooLarge) && !isErr(err, ErrTooManyInformational) {
					t.Errorf("%s, %d too much, %d pieces: %v", name, over, len(pieces), err)
				}
			}
		}
	}
}
