package httpconn

import (
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

const (
	setTable   = uint32(http2.SettingHeaderTableSize)
	setPush    = uint32(http2.SettingEnablePush)
	setStreams = uint32(http2.SettingMaxConcurrentStreams)
	setWindow  = uint32(http2.SettingInitialWindowSize)
	setFrame   = uint32(http2.SettingMaxFrameSize)
	setList    = uint32(http2.SettingMaxHeaderListSize)
)

var h2SettingsCases = []h2Case{
	{name: "settings", bare: true, input: fSettings(setStreams, 100, setWindow, 1<<20, setFrame, 1<<14, setList, 1<<16,
		setTable, 8192) +
		fAck(), want: "0 Settings\n0 SettingsAcked\n", sent: "SETTINGS ack\n"},
	{name: "empty settings", bare: true, input: fSettings(), want: "0 Settings\n", sent: "SETTINGS ack\n"},
	{name: "settings twice", bare: true, input: fSettings() + fSettings(connectOn, 1), want: "0 Settings\n0 Settings\n",
		sent: "SETTINGS ack\nSETTINGS ack\n"},
	{name: "unknown settings", bare: true, input: fSettings(0x9999, 1, 0, 0, 0xffff, math.MaxUint32, 9, 1),
		want: "0 Settings\n",
		sent: "SETTINGS ack\n"},
	{name: "push off", bare: true, input: fSettings(setPush, 0), want: "0 Settings\n", sent: "SETTINGS ack\n"},
	{name: "frame sizes at their limits", bare: true, input: fSettings(setFrame, 1<<14, setFrame, 1<<24-1),
		want: "0 Settings\n",
		sent: "SETTINGS ack\n"},
	{name: "largest window", bare: true, input: fSettings(setWindow, maxWindow), want: "0 Settings\n",
		sent: "SETTINGS ack\n"},
	{name: "extended CONNECT stays on", bare: true, input: fSettings(connectOn, 1, connectOn, 1) + fSettings(connectOn, 1),
		want: "0 Settings\n0 Settings\n", sent: "SETTINGS ack\nSETTINGS ack\n"},
	{name: "extended CONNECT off, then on", bare: true, input: fSettings(connectOn, 0) + fSettings(connectOn, 1),
		want: "0 Settings\n0 Settings\n", sent: "SETTINGS ack\nSETTINGS ack\n"},

	{name: "push on", bare: true, input: fSettings(setPush, 1), code: http2.ErrCodeProtocol, is: ErrMalformed,
		reason: "ENABLE_PUSH is 1"},
	{name: "push 2", bare: true, input: fSettings(setPush, 2), code: http2.ErrCodeProtocol, is: ErrMalformed},
	{name: "window too large", bare: true, input: fSettings(setWindow, 1<<31), code: http2.ErrCodeFlowControl,
		is: ErrMalformed},
	{name: "frame size too small", bare: true, input: fSettings(setFrame, 1<<14-1), code: http2.ErrCodeProtocol,
		is: ErrMalformed},
	{name: "frame size too large", bare: true, input: fSettings(setFrame, 1<<24), code: http2.ErrCodeProtocol,
		is: ErrMalformed},
	{name: "extended CONNECT 2", bare: true, input: fSettings(connectOn, 2), code: http2.ErrCodeProtocol, is: ErrMalformed},
	{name: "extended CONNECT taken back", input: fSettings(connectOn, 0), code: http2.ErrCodeProtocol, is: ErrMalformed,
		reason: "ENABLE_CONNECT_PROTOCOL is 0, expected 1, as it was before"},
	{name: "extended CONNECT taken back at once", bare: true, input: fSettings(connectOn, 1, connectOn, 0),
		code: http2.ErrCodeProtocol,
		is:   ErrMalformed},
	{name: "acknowledged twice", input: fAck(), code: http2.ErrCodeProtocol, is: ErrMalformed},
	{name: "acknowledged first", bare: true, input: fAck(), code: http2.ErrCodeProtocol, is: ErrMalformed,
		reason: "the first frame must be SETTINGS"},
	{name: "ping first", bare: true, input: fPing(false, "12345678"), code: http2.ErrCodeProtocol, is: ErrMalformed},
	{name: "unknown frame first", bare: true, input: fRaw(0x42, 0, 0, ""), code: http2.ErrCodeProtocol, is: ErrMalformed},
	{name: "HTTP/1", bare: true, input: "HTTP/1.1 400 Bad Request\r\n\r\n", code: http2.ErrCodeProtocol, is: ErrMalformed,
		reason: "the server speaks HTTP/1"},
	{name: "end before settings", bare: true, input: fSettings()[:5], eof: true, is: ErrUnexpectedEOF,
		reason: "before its SETTINGS"},
	{name: "window overflow by settings", reqs: []Request{h2Ext},
		input: fWindow(1, 1<<31-1-65535) + fSettings(setWindow, 65536),
		want:  "1 Reset ConnError FLOW_CONTROL_ERROR\n", code: http2.ErrCodeFlowControl, is: ErrFlowControl,
		reason: "stream 1"},
	{name: "window at its limit by settings", reqs: []Request{h2Ext},
		input: fWindow(1, 1<<31-1-65536) + fSettings(setWindow, 65536),
		want:  "0 Settings\n", sent: "SETTINGS ack\n"},
}

func TestH2Preface(t *testing.T) {
	for _, tc := range []struct {
		cfg  Config
		want string
	}{
		{Config{}, "SETTINGS ENABLE_PUSH=0 INITIAL_WINDOW_SIZE=8388608 MAX_HEADER_LIST_SIZE=65536\n" +
			"WINDOW_UPDATE 0 67043329\n"},
		{Config{ManualCredit: true}, "SETTINGS ENABLE_PUSH=0 INITIAL_WINDOW_SIZE=1048576 MAX_HEADER_LIST_SIZE=65536\n" +
			"WINDOW_UPDATE 0 67043329\n"},
		{Config{StreamWindow: 1, ConnWindow: 1, Limits: Limits{MaxHeaderBytes: 100}},
			"SETTINGS ENABLE_PUSH=0 INITIAL_WINDOW_SIZE=1 MAX_HEADER_LIST_SIZE=100\n"},
		{Config{StreamWindow: maxWindow, ConnWindow: maxWindow, Limits: Limits{MaxHeaderBytes: -1}},
			"SETTINGS ENABLE_PUSH=0 INITIAL_WINDOW_SIZE=2147483647 MAX_HEADER_LIST_SIZE=2147483647\n" +
				"WINDOW_UPDATE 0 2147418112\n"},
	} {
		var out Output
		c, err := New(HTTP2, tc.cfg, &out)
		if err != nil {
			t.Fatal(err)
		}
		if got := h2Sent(out.Send); got != "PREFACE\n"+tc.want {
			t.Errorf("%+v\n%s", tc.cfg, got)
		}
		if c.Next() != NextRead || c.Slots() != 0 || c.Version() != HTTP2 {
			t.Errorf("next %v, slots %d", c.Next(), c.Slots())
		}
		if _, _, err = c.Request(&out, h2Get); err != ErrSettingsPending {
			t.Errorf("request before SETTINGS: %v", err)
		}
	}
}

func TestH2PeerSetting(t *testing.T) {
	c, err := New(HTTP2, Config{}, new(Output))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.PeerSetting(http2.SettingInitialWindowSize); ok {
		t.Error("a setting before SETTINGS")
	}
	later := h2Fed(t, h2Fed(t, c, fSettings(setWindow, 5, 0x99, 1)), fSettings(setWindow, 7, setStreams, 0))
	for _, tc := range []struct {
		id, v uint32
		ok    bool
	}{{setWindow, 7, true}, {setStreams, 0, true}, {0x99, 0, false}, {setFrame, 0, false}} {
		if v, ok := later.PeerSetting(http2.SettingID(tc.id)); v != tc.v || ok != tc.ok {
			t.Errorf("setting %d: %d %v", tc.id, v, ok)
		}
	}
	if n := len(later.h2.rare.peerSettings); n != 2 {
		t.Errorf("%d settings are kept", n)
	}
	if _, ok := (Conn{}).PeerSetting(http2.SettingMaxFrameSize); ok {
		t.Error("the zero Conn has settings")
	}
}

func TestH2ExtendedConnectSetting(t *testing.T) {
	c, err := New(HTTP2, Config{}, new(Output))
	if err != nil {
		t.Fatal(err)
	}
	c = h2Fed(t, c, fSettings())
	out := Output{}
	if _, _, err = c.Request(&out, h2Ext); err != ErrExtendedConnectDisabled || len(out.Send) > 0 {
		t.Errorf("without the setting: %v", err)
	}
	if _, _, err = h2Fed(t, c, fSettings(connectOn, 1)).Request(&out, h2Ext); err != nil {
		t.Errorf("with it in the second SETTINGS: %v", err)
	}
}

// RFC 9113 section 6.9.2: a change moves the windows of all streams, and they can become negative.
func TestH2InitialWindowMoves(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{}, h2Ext, h2Ext), f200(1)+f200(3)+fWindow(0, 1<<20))
	var out Output
	c = h2Must(t)(c.SendData(&out, 1, make([]byte, 60000), false)) // 5,535 left
	window := func(want1, want3 int) {
		t.Helper()
		if a, b := c.SendWindow(1), c.SendWindow(3); a != want1 || b != want3 {
			t.Errorf("windows %d and %d, want %d and %d", a, b, want1, want3)
		}
	}
	window(5535, 65535)
	c = h2Fed(t, c, fSettings(setWindow, 50000))
	window(0, 50000) // the first is -10,000
	c = h2Fed(t, c, fWindow(1, 10000))
	window(0, 50000)
	c = h2Fed(t, c, fWindow(1, 1))
	window(1, 50000)
	c = h2Fed(t, c, fSettings(setWindow, 0))
	window(0, 0)
	out.Reset()
	c = h2Must(t)(c.SendData(&out, 1, []byte("queued"), false))
	c = h2Must(t)(c.SendData(&out, 3, []byte("too"), true))
	if len(out.Send) > 0 || c.Buffered(0) != 9 {
		t.Errorf("sent %q, buffered %d", out.Send, c.Buffered(0))
	}
	r := h2Feed(c, false, fSettings(setWindow, 50003)) // 4 for the first, 50,003 for the other
	if got := h2Sent(r.send); got != "SETTINGS ack\nDATA 1 4\nDATA 3 3 end\n" || r.conn.Buffered(0) != 2 {
		t.Errorf("sent\n%s", got)
	}
	if got := h2Events(r.events); got != "0 Settings\n3 Drained\n" {
		t.Error(got)
	}
	if low := h2Fed(t, r.conn, fSettings(setWindow, 0)+fSettings(setWindow, 50003)); low.SendWindow(1) != 0 ||
		low.Buffered(1) != 2 {
		t.Error("down and up again is not the same")
	}
}

func TestH2MaxFrameSize(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{}, h2Ext), f200(1)+fWindow(0, 1<<20)+fWindow(1, 1<<20))
	var out Output
	h2Must(t)(c.SendData(&out, 1, make([]byte, 40000), true)) //mintvet:fork
	if got := h2Sent(out.Send); got != "DATA 1 16384\nDATA 1 16384\nDATA 1 7232 end\n" {
		t.Error(got)
	}
	c = h2Fed(t, c, fSettings(setFrame, 40000))
	out.Reset()
	h2Must(t)(c.SendData(&out, 1, make([]byte, 40001), false)) //mintvet:fork
	if got := h2Sent(out.Send); got != "DATA 1 40000\nDATA 1 1\n" {
		t.Error(got)
	}
	out.Reset()
	r := h2Get
	r.Header = map[string][]string{"X": {strings.Repeat("\\", 20000)}}                                                   // long in Huffman code, so sent as it is
	if _, _, err := c.Request(&out, r); err != nil || out.Send[0] != 0 || int(out.Send[1])<<8|int(out.Send[2]) < 20000 { //mintvet:fork
		t.Errorf("%v % x", err, out.Send[:9])
	}
	c = h2Fed(t, c, fSettings(setFrame, 1<<14))
	out.Reset()
	if _, _, err := c.Request(&out, r); err != nil {
		t.Fatal(err)
	}
	fr := http2.NewFramer(nil, strings.NewReader(string(out.Send)))
	for _, want := range []http2.FrameType{http2.FrameHeaders, http2.FrameContinuation} {
		if f, err := fr.ReadFrame(); err != nil || f.Header().Type != want ||
			(f.Header().Length == 1<<14) != (want == http2.FrameHeaders) {
			t.Errorf("%v, want %v: %v", f, want, err)
		}
	}
}

// RFC 7541 section 4.2: who is told a smaller table gets one update at the start of the next block, even if it grew again.
func TestH2HeaderTableSize(t *testing.T) {
	block := func(c Conn) (Conn, byte) {
		t.Helper()
		var out Output
		next, _, err := c.Request(&out, h2Get)
		if err != nil {
			t.Fatal(err)
		}
		return next, out.Send[9]
	}
	c := h2Started(t, Config{})
	for _, tc := range []struct {
		input string
		first byte
	}{
		{"", 0x82}, // :method GET
		{fSettings(setTable, 1<<20), 0x82},
		{fSettings(setTable, 4096), 0x82},
		{fSettings(setTable, 10), 0x20 | 10},
		{"", 0x82},
		{fSettings(setTable, 4096), 0x82}, // we go on with 10
		{fSettings(setTable, 0) + fSettings(setTable, 4096), 0x20},
		{"", 0x82},
		{fSettings(setTable, 0), 0x82},
	} {
		c = h2Fed(t, c, tc.input)
		var got byte
		if c, got = block(c); got != tc.first {
			t.Errorf("after %q: block begins with %02x, want %02x", tc.input, got, tc.first)
		}
	}
}

// The update goes with the first block on the wire, which is not the first one that was made if that is queued.
func TestH2TableSizeUpdateAndQueuedTrailers(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{}, h2Post), fSettings(setWindow, 0, setTable, 0))
	var out Output
	c = h2Must(t)(c.SendData(&out, 1, []byte("body"), false))
	c = h2Must(t)(c.SendTrailers(&out, 1, map[string][]string{"X": {"y"}}))
	if len(out.Send) > 0 {
		t.Fatalf("sent %q", out.Send)
	}
	c, _, err := c.Request(&out, h2Get)
	if err != nil || out.Send[9] != 0x20 || out.Send[10] == 0x20 {
		t.Errorf("%v: % x", err, out.Send)
	}
	r := h2Feed(c, false, fWindow(1, 100))
	if at := len(fData(1, false, "body")) + 9; r.send[at] == 0x20 {
		t.Errorf("a second update in % x", r.send)
	}
	if got := h2Sent(r.send); got != "DATA 1 4\nHEADERS 1 x=y end\n" {
		t.Error(got)
	}
}

func TestH2MaxConcurrentStreams(t *testing.T) {
	c := h2Started(t, Config{})
	if n := c.Slots(); n < 1<<26 {
		t.Errorf("%d slots without a limit", n)
	}
	slots := func(want int) {
		t.Helper()
		_, _, err := c.Request(new(Output), h2Get)
		if c.Slots() != want || (err == ErrTooManyStreams) != (want == 0) {
			t.Errorf("%d slots, want %d; request: %v", c.Slots(), want, err)
		}
	}
	c = h2Fed(t, c, fSettings(setStreams, 3))
	slots(3)
	c = h2Requests(t, c, h2Get, h2Ext)
	slots(1)
	c = h2Fed(t, c, fSettings(setStreams, 0))
	slots(0)
	c = h2Fed(t, c, fSettings(setStreams, 2))
	slots(0)
	c = h2Fed(t, c, fHeaders(1, true, ":status: 200")) // both sides have ended
	slots(1)
	c = h2Fed(t, c, f200(3)+fData(3, true, "")) // one half only
	slots(1)
	c = h2Must(t)(c.SendData(new(Output), 3, nil, true))
	slots(2)
}

func TestH2PeerMaxHeaderListSize(t *testing.T) {
	const size = 7 + 3 + 32 + 7 + 5 + 32 + 10 + 11 + 32 + 5 + 1 +
		32 // :method GET, :scheme https, :authority example.com, :path /
	c := h2Fed(t, h2Started(t, Config{}), fSettings(setList, size))
	var out Output
	if _, _, err := c.Request(&out, h2Get); err != nil {
		t.Error(err)
	}
	out.Reset()
	d := h2Fed(t, c, fSettings(setList, size-1))
	if next, _, err := d.Request(&out, h2Get); !isErr(err, ErrHeaderTooLarge) || !next.Equal(d) || len(out.Send) > 0 {
		t.Errorf("%v", err)
	}
}

// TestH2InitialWindowAppliedOnce: of many windows in one SETTINGS only the last is applied, with one walk over the streams, and
// every one of them is checked (RFC 9113 sections 6.5.2 and 6.9.2).
func TestH2InitialWindowAppliedOnce(t *testing.T) {
	var settings []uint32
	for i := range uint32(2730) {
		settings = append(settings, setWindow, 65535+i%1000+1)
	}
	c := h2Started(t, Config{Limits: Limits{MaxWork: minStreams}}, h2Ext)
	c = h2Fed(t, c, f200(1)+fWindow(1, maxWindow-65535-2000))
	for _, tc := range []struct {
		name    string
		at, val uint32
		code    http2.ErrCode
		is      error
	}{
		{"all of them legal", 0, 1, 0, nil},
		{"the largest that the stream allows", 1000, 67535, 0, nil},
		{"one that makes the stream's window too large", 1000, 67536, http2.ErrCodeFlowControl, ErrFlowControl},
		{"one too large itself", 1000, maxWindow + 1, http2.ErrCodeFlowControl, ErrMalformed},
	} {
		all := slices.Clone(settings)
		all[2*tc.at+1] = tc.val
		r := h2Feed(c, false, fSettings(all...))
		if !isErr(r.err, tc.is) {
			t.Errorf("%s: %v", tc.name, r.err)
		}
		if tc.is != nil {
			h2ConnErr(t, r.err, tc.code, tc.is)
			continue
		}
		if got, _ := r.conn.PeerSetting(http2.SettingInitialWindowSize); got != 65535+2729%1000+1 || r.conn.h2.rare.peerInitialWindow != int32(got) {
			t.Errorf("%s: window %d", tc.name, got)
		}
		if r.conn.h2.work != minStreams {
			t.Errorf("%s: %d counted, want one walk over %d places", tc.name, r.conn.h2.work, minStreams)
		}
	}
}
