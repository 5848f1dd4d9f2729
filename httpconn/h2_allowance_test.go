package httpconn

import (
	"errors"
	"math"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

func TestH2SettingsBytes(t *testing.T) {
	start := h2Started(t, Config{StreamWindow: 1000, ConnWindow: 100_000})
	for _, tc := range []struct {
		s    Settings
		sent string
	}{
		{Settings{}, "SETTINGS\n"},
		{Settings{MaxFrame: 1 << 14}, "SETTINGS MAX_FRAME_SIZE=16384\n"},
		{Settings{MaxFrame: 1<<24 - 1}, "SETTINGS MAX_FRAME_SIZE=16777215\n"},
		{Settings{MaxHeaderBytes: 1}, "SETTINGS MAX_HEADER_LIST_SIZE=1\n"},
		{Settings{MaxHeaderBytes: -1}, "SETTINGS MAX_HEADER_LIST_SIZE=2147483647\n"},
		{Settings{StreamWindow: 1}, "SETTINGS INITIAL_WINDOW_SIZE=1\n"},
		{Settings{StreamWindow: math.MaxInt32}, "SETTINGS INITIAL_WINDOW_SIZE=2147483647\n"},
		{Settings{ConnWindow: 100_000}, "SETTINGS\n"},
		{Settings{ConnWindow: 100_001}, "SETTINGS\nWINDOW_UPDATE 0 1\n"},
		{Settings{MaxFrame: 20_000, MaxHeaderBytes: 5, StreamWindow: 6, ConnWindow: math.MaxInt32},
			"SETTINGS INITIAL_WINDOW_SIZE=6 MAX_FRAME_SIZE=20000 MAX_HEADER_LIST_SIZE=5\nWINDOW_UPDATE 0 2147383647\n"},
	} {
		out := Output{Send: []byte(fAck())}
		next := h2Must(t)(start.Settings(&out, tc.s))
		if got := h2Sent(out.Send); got != "SETTINGS ack\n"+tc.sent || len(out.Events) > 0 {
			t.Errorf("%+v: sent\n%s", tc.s, got)
		}
		if r := h2Feed(next, false, fAck()); h2Events(r.events) != "0 SettingsAcked\n" || r.err != nil {
			t.Errorf("%+v: %v %v", tc.s, r.events, r.err)
		}
		r := h2Feed(next, false, fAck()+fAck())
		h2ConnErr(t, r.err, http2.ErrCodeProtocol, ErrMalformed)
	}
}

// What cannot be announced changes nothing, and its error names the field.
func TestH2SettingsRefused(t *testing.T) {
	one := h1Open(t)
	two := h2Started(t, Config{ConnWindow: 100_000, Limits: Limits{MaxSettings: 1}})
	full := h2Must(t)(two.Settings(new(Output), Settings{}))
	if d := h2Fed(t, full, fAck()); true {
		h2Must(t)(d.Settings(new(Output), Settings{}))
	}
	failed := h2Feed(two, false, fData(0, false, ""))
	for _, tc := range []struct {
		c    Conn
		s    Settings
		is   error
		text string
	}{
		{two, Settings{MaxFrame: 1<<14 - 1}, ErrInvalidSettings, "MaxFrame is 16383"},
		{two, Settings{MaxFrame: 1 << 24}, ErrInvalidSettings, "MaxFrame is 16777216"},
		{two, Settings{MaxFrame: -1}, ErrInvalidSettings, "MaxFrame is -1"},
		{two, Settings{StreamWindow: -1}, ErrInvalidSettings, "StreamWindow is -1"},
		{two, Settings{ConnWindow: 99_999}, ErrInvalidSettings, "ConnWindow is 99999, expected 100000 or more"},
		{two, Settings{ConnWindow: -1}, ErrInvalidSettings, "ConnWindow"},
		{full, Settings{}, ErrTooManySettings, ": 1"},
		{h2Begin(t, h2Case{bare: true, cfg: Config{Limits: Limits{MaxSettings: 1}}}), Settings{},
			ErrTooManySettings, ""}, // those of New count
		{one, Settings{}, ErrUnsupported, ""},
		{Conn{}, Settings{}, ErrClosed, ""},
		{two.Close(new(Output)), Settings{}, ErrClosed, ""},
		{failed.conn, Settings{}, failed.err, ""},
	} {
		var out Output
		next, err := tc.c.Settings(&out, tc.s)
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.text) || !next.Equal(tc.c) || len(out.Send) > 0 {
			t.Errorf("%+v: %v, want %v %q", tc.s, err, tc.is, tc.text)
		}
	}
	c := h2Begin(t, h2Case{bare: true})
	for range DefaultMaxSettings - 1 {
		c = h2Must(t)(c.Settings(new(Output), Settings{}))
	}
	if _, err := c.Settings(new(Output), Settings{}); !errors.Is(err, ErrTooManySettings) {
		t.Errorf("after %d: %v", DefaultMaxSettings, err)
	}
}

// h2Fits holds that the server may send what is within a limit, and not a byte more: whole, and byte by byte.
func h2Fits(t *testing.T, c Conn, what string, most int, frame func(n int) string, code http2.ErrCode) {
	t.Helper()
	for over := range 2 {
		input := frame(most + over)
		for _, pieces := range [][]string{{input}, {input[:5], input[5:12], input[12:]}} {
			r := h2Feed(c, false, pieces...)
			sent := h2Sent(r.send)
			refused := strings.Contains(sent, "RST_STREAM 1 "+code.String()+"\n") || strings.Contains(sent, "GOAWAY "+code.String()+"\n")
			if refused != (over == 1) {
				t.Errorf("%s of %d, %d allowed: %v, sent %q", what, most+over, most, r.err, sent)
			}
		}
	}
}

// h2Allows holds that a connection with a tunnel on stream 1 lets the server do just that.
func h2Allows(t *testing.T, c Conn, want allowance) {
	t.Helper()
	const big = maxWindow
	if want.streamWindow <= want.maxFrame {
		h2Fits(t, c, "window", int(want.streamWindow), func(n int) string { return fData(1, false, xs(n)) }, http2.ErrCodeFlowControl)
	} else {
		h2Fits(t, c, "frame of content", int(want.maxFrame), func(n int) string { return fData(1, false, xs(n)) }, http2.ErrCodeFrameSize)
	}
	if want.maxFrame < big {
		h2Fits(t, c, "unknown frame", int(want.maxFrame), func(n int) string { return fRaw(0x77, 0, 0, xs(n)) }, http2.ErrCodeFrameSize)
	}
	h2Fits(t, c, "header block", want.headerBytes, func(n int) string {
		return fRaw(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 3, strings.Repeat("\x88", n))
	}, http2.ErrCodeEnhanceYourCalm)
}

// What is raised is allowed at once, what is lowered is enforced from its acknowledgement on (RFC 9113 sections 6.5.3 and
// 6.9.3), however many SETTINGS are on their way.
func TestH2SettingsTakeEffect(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{StreamWindow: 1000, Limits: Limits{MaxHeaderBytes: 500, MaxHeaderFields: -1}}, h2Ext, h2Get), f200(1))
	c = h2Must(t)(c.Cancel(new(Output), 3, http2.ErrCodeCancel)) // header blocks of stream 3 are bounded, and nothing else
	h2Allows(t, c, allowance{1000, 1 << 14, 500})
	for i, tc := range []struct {
		s     Settings
		acked bool
		want  allowance
	}{
		{Settings{StreamWindow: 3000, MaxFrame: 20_000, MaxHeaderBytes: 800}, false, allowance{3000, 20_000, 800}},
		{Settings{}, true, allowance{3000, 20_000, 800}},
		{Settings{StreamWindow: 10, MaxFrame: 1 << 14, MaxHeaderBytes: 40}, false, allowance{3000, 20_000, 800}},
		{Settings{MaxHeaderBytes: 60}, false, allowance{3000, 20_000, 800}},
		{Settings{StreamWindow: 20}, false, allowance{3000, 20_000, 800}},
		{Settings{}, true, allowance{20, 1 << 14, 60}},
		{Settings{}, true, allowance{20, 1 << 14, 60}},
		{Settings{StreamWindow: 30_000}, false, allowance{30_000, 1 << 14, 60}},
		{Settings{StreamWindow: 25}, false, allowance{30_000, 1 << 14, 60}},
		{Settings{}, true, allowance{30_000, 1 << 14, 60}}, // of the one with 20
		{Settings{}, true, allowance{30_000, 1 << 14, 60}},
		{Settings{}, true, allowance{25, 1 << 14, 60}},
	} {
		if before := c; tc.acked {
			r := h2Feed(c, false, fAck())
			if h2Events(r.events) != "0 SettingsAcked\n" {
				t.Fatal(r.events)
			}
			if c = r.conn; before.Equal(c) {
				t.Error("Equal does not see an acknowledgement")
			}
		} else if c = h2Must(t)(c.Settings(new(Output), tc.s)); before.Equal(c) {
			t.Error("Equal does not see settings")
		}
		if got := c.h2Allowed(); got != tc.want {
			t.Errorf("step %d: %+v, want %+v", i, got, tc.want)
		}
		h2Allows(t, c, tc.want)
	}
	for range 2 { // an older value is what it was
		old := h2Fed(t, h2Started(t, Config{StreamWindow: 10}, h2Ext), f200(1))
		h2Must(t)(old.Settings(new(Output), Settings{StreamWindow: 100}))
		if old.h2Allowed().streamWindow != 10 || len(old.h2.rare.unackedSettings) > 0 {
			t.Error("an older value has changed")
		}
	}
}

// The window of the connection is raised at once.
func TestH2ConnWindowRaised(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{ConnWindow: 65535, ManualCredit: true}, h2Ext), f200(1))
	full := strings.Repeat(fData(1, false, xs(13107)), 5) // 65,535
	h2ConnErr(t, h2Feed(c, false, full+fData(1, false, "x")).err, http2.ErrCodeFlowControl, ErrFlowControl)
	c = h2Must(t)(c.Settings(new(Output), Settings{ConnWindow: 65540}))
	if r := h2Feed(c, false, full+fData(1, false, xs(5))); r.err != nil {
		t.Error(r.err)
	}
	h2ConnErr(t, h2Feed(c, false, full+fData(1, false, xs(6))).err, http2.ErrCodeFlowControl, ErrFlowControl)
}

// A window that is lowered below what has come wants credit at once: a server that may send nothing brings about none.
func TestH2LoweredWindowDoesNotStall(t *testing.T) {
	for _, manual := range []bool{false, true} {
		c := h2Fed(t, h2Started(t, Config{StreamWindow: 1000, ManualCredit: manual}, h2Ext, h2Ext, h2Ext, h2Ext),
			f200(1)+f200(3)+f200(5)+f200(7)+fData(1, false, xs(60))+fData(3, false, xs(5))+fData(5, true, xs(400))+
				fData(7, false, xs(400))[:100])
		var out Output
		if manual {
			c = h2Must(t)(c.Consume(&out, 1, 40))
		}
		c = h2Must(t)(c.Settings(&out, Settings{StreamWindow: 100}))
		want := "SETTINGS INITIAL_WINDOW_SIZE=100\nWINDOW_UPDATE 1 60\n"
		if manual {
			want = "SETTINGS INITIAL_WINDOW_SIZE=100\nWINDOW_UPDATE 1 40\n" // 20 are used up, and not consumed
		}
		if got := h2Sent(out.Send); got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
		r := h2Feed(c, false, fData(7, false, xs(400))[100:], fAck())
		want = "WINDOW_UPDATE 7 400\n"
		if manual {
			want = ""
		}
		if got := h2Sent(r.send); got != want || r.err != nil {
			t.Errorf("sent %s, want %s, %v", got, want, r.err)
		}
		if out.Reset(); manual {
			c = h2Must(t)(r.conn.Consume(&out, 7, 50))
			c = h2Must(t)(c.Consume(&out, 1, 5))
			h2Must(t)(c.Consume(&out, 1, 1))
			if got := h2Sent(out.Send); got != "WINDOW_UPDATE 7 50\nWINDOW_UPDATE 1 6\n" {
				t.Error(got)
			}
		}
	}
}

// Cutting the input of a connection whose settings change, anywhere, gives the same.
func TestH2SettingsAnySplit(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{StreamWindow: 100}, h2Ext), f200(1))
	c = h2Must(t)(c.Settings(new(Output), Settings{StreamWindow: 50, MaxFrame: 20_000, MaxHeaderBytes: 40}))
	c = h2Must(t)(c.Settings(new(Output), Settings{StreamWindow: 30}))
	input := fData(1, false, xs(30)) + fAck() + fData(1, false, xs(50)) + fAck() + fData(1, false, xs(30)) + fPing(false, "12345678") +
		fData(1, true, xs(31))
	whole := h2Feed(c, false, input)
	if got := h2Events(whole.events); got != "1 Data \""+xs(30)+"\"\n0 SettingsAcked\n1 Data \""+xs(50)+"\"\n0 SettingsAcked\n1 Data \""+
		xs(30)+"\"\n1 Reset StreamError FLOW_CONTROL_ERROR\n" {
		t.Error(got)
	}
	for cut := range len(input) {
		if r := h2Feed(c, false, input[:cut], input[cut:]); r.String() != whole.String() || !r.conn.Equal(whole.conn) {
			t.Fatalf("cut at %d\n%v\nwhole\n%v", cut, r, whole)
		}
	}
}

// A server may say only in its second SETTINGS that it allows extended CONNECT. Who waits for it looks at each EventSettings.
func TestH2WaitForExtendedConnect(t *testing.T) {
	c := h2Begin(t, h2Case{bare: true})
	var out Output
	opened := StreamID(0)
	for i, input := range []string{fSettings(setStreams, 9), fPing(false, "12345678"), fSettings(connectOn, 1), fAck()} {
		var err error
		if c, err = c.Stream(&out, []byte(input)); err != nil {
			t.Fatal(err)
		}
		for _, ev := range out.Events {
			if v, _ := c.PeerSetting(http2.SettingEnableConnectProtocol); ev.Kind != EventSettings || v != 1 {
				continue
			}
			if c, opened, err = c.Request(&out, h2Ext); err != nil || i != 2 {
				t.Fatalf("after input %d: %v", i, err)
			}
		}
		out.Reset()
	}
	if opened == 0 {
		t.Error("no request")
	}
}
