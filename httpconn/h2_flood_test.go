package httpconn

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// h2Calm allows little of everything. A walk over the table of streams, of four places, costs 4 of the 10.
var h2Calm = Config{Limits: Limits{MaxWork: 10, MaxContinuations: 4, MaxHeaderBytes: 300, MaxHeaderFields: 6,
	MaxInformational: 3}}

// h2Wide is one walk, and what undoes it costs nothing.
var h2Wide = fSettings(setWindow, 1<<20) + fSettings(setWindow, 65535)

// h2Amplified is a block whose one large field is in the table, and then many times that field: a byte each.
var h2Amplified = "\x88" + "\x40\x01x\x64" + strings.Repeat("y", 100) + strings.Repeat("\xbe", 100)

var h2FloodCases = []h2Case{
	{name: "flood: windows", cfg: h2Calm, reqs: []Request{h2Ext, h2Get},
		input: f200(1) + h2Wide + h2Wide + fSettings(setWindow, 1<<20) + fPing(false, "too late"),
		want: "1 Headers 200\n" + strings.Repeat("0 Settings\n", 5) +
			"1 Reset ConnError ENHANCE_YOUR_CALM\n3 Reset ConnError ENHANCE_YOUR_CALM\n",
		sent: strings.Repeat("SETTINGS ack\n", 5), code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood,
		reason: "work of 12 without content, the last of it for a SETTINGS frame; at most 10 is allowed"},
	{name: "flood: windows, broken up by content", cfg: h2Calm, reqs: []Request{h2Ext},
		input: f200(1) + strings.Repeat(h2Wide+fData(1, false, xs(2*64))+fPadded(1, false, "y", 200), 20),
		want:  "1 Headers 200\n" + strings.Repeat("0 Settings\n0 Settings\n1 Data \""+xs(128)+"y\"\n", 20),
		sent:  strings.Repeat("SETTINGS ack\nSETTINGS ack\n", 20)},
	{name: "flood: windows, broken up by too little", cfg: h2Calm, reqs: []Request{h2Ext},
		input: f200(1) + strings.Repeat(h2Wide+fData(1, false, xs(2*64-1)), 4) + h2Wide + h2Wide,
		want: "1 Headers 200\n" + strings.Repeat("0 Settings\n0 Settings\n1 Data \""+xs(127)+"\"\n", 4) + "0 Settings\n" +
			"1 Reset ConnError ENHANCE_YOUR_CALM\n",
		sent: strings.Repeat("SETTINGS ack\nSETTINGS ack\n", 4) + "SETTINGS ack\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood},
	{name: "flood: GOAWAY, ever lower", cfg: h2Calm, reqs: []Request{h2Get, h2Get, h2Get, h2Get},
		input: fGoAway(6, 0, "") + fGoAway(6, 0, "") + fGoAway(5, 0, "") + fGoAway(4, 0, "") + fGoAway(2, 0, ""),
		want: "0 GoAway GoAwayError NO_ERROR\n7 Reset GoAwayError NO_ERROR retryable\n" +
			"0 GoAway GoAwayError NO_ERROR\n0 GoAway GoAwayError NO_ERROR\n" +
			"1 Reset ConnError ENHANCE_YOUR_CALM\n3 Reset ConnError ENHANCE_YOUR_CALM\n" +
			"5 Reset ConnError ENHANCE_YOUR_CALM\n",
		code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood},
	{name: "flood: CONTINUATION", cfg: h2Calm, reqs: []Request{h2Get},
		input: fBlock(1, false, hBlock(":status: 200", "a: bcd"), 1, 1, 1, 1, 1),
		want:  "1 Reset ConnError ENHANCE_YOUR_CALM\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrHeaderTooLarge,
		reason: "in more than 4 frames"},
	{name: "flood: empty CONTINUATION", cfg: h2Calm, reqs: []Request{h2Get}, input: fBlock(1, false, "\x88", 0, 0, 0, 0, 0),
		want: "1 Reset ConnError ENHANCE_YOUR_CALM\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrHeaderTooLarge},
	{name: "as many CONTINUATION as allowed", cfg: h2Calm, reqs: []Request{h2Get}, input: fBlock(1, true, "\x88", 0, 1, 0),
		want: "1 Headers 200\n1 Done\n"},
	{name: "flood: bytes of a header block", cfg: h2Calm, reqs: []Request{h2Get},
		input: fBlock(1, false, strings.Repeat("x", 302), 301),
		want:  "1 Reset ConnError ENHANCE_YOUR_CALM\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrHeaderTooLarge,
		reason: "more than 300 bytes"},
	{name: "header bomb", cfg: h2Calm, reqs: []Request{h2Get, h2Get},
		input: fBlock(1, true, h2Amplified) + fBlock(3, true, "\x88\xbe"),
		want:  "1 Reset StreamError ENHANCE_YOUR_CALM\n3 Headers 200 X:" + strings.Repeat("y", 100) + "\n3 Done\n",
		sent:  "RST_STREAM 1 ENHANCE_YOUR_CALM\n", reason: "header list exceeds the limit"},
	{name: "too many fields", cfg: h2Calm, reqs: []Request{h2Get},
		input: fHeaders(1, true, ":status: 200", "a: b", "a: b", "a: b", "a: b",
			"a: b", "a: b"), want: "1 Reset StreamError ENHANCE_YOUR_CALM\n", sent: "RST_STREAM 1 ENHANCE_YOUR_CALM\n",
		reason: "more fields"},
	{name: "large trailers", cfg: h2Calm, reqs: []Request{h2Get}, input: f200(1) + fBlock(1, true, h2Amplified[1:]),
		want: "1 Headers 200\n1 Reset StreamError ENHANCE_YOUR_CALM\n", sent: "RST_STREAM 1 ENHANCE_YOUR_CALM\n"},
	{name: "informational at its limit", cfg: h2Calm, reqs: []Request{h2Get},
		input: strings.Repeat(fHeaders(1, false, ":status: 102"), 3) +
			fHeaders(1, true, ":status: 200"), want: strings.Repeat("1 Informational 102\n", 3) + "1 Headers 200\n1 Done\n"},
	{name: "flood: informational", cfg: h2Calm, reqs: []Request{h2Get},
		input: strings.Repeat(fHeaders(1, false, ":status: 102"), 4),
		want:  strings.Repeat("1 Informational 102\n", 3) + "1 Reset StreamError ENHANCE_YOUR_CALM\n",
		sent:  "RST_STREAM 1 ENHANCE_YOUR_CALM\n"},
}

// The limit on a header block is the same for one frame as for many, and padding and priority do not count. A block at the
// limit is decoded, and found too large as a list of fields: an error of its stream; one byte more ends the connection.
func TestH2HeaderBlockAtItsLimit(t *testing.T) {
	const limit = 300
	block := func(n int) string { // one field of n-7 bytes, without Huffman code
		return "\x88\x00\x01a\x7f" + string([]byte{byte(n-7-127) | 0x80, byte((n - 7 - 127) >> 7)}) + xs(n-7)
	}
	frames := map[string]func(block string) string{
		"one frame":         func(b string) string { return fBlock(1, true, b) },
		"two frames":        func(b string) string { return fBlock(1, true, b, 100) },
		"an empty last one": func(b string) string { return fBlock(1, true, b, len(b)) },
		"padding": func(b string) string {
			return fRaw(http2.FrameHeaders, http2.FlagHeadersEndHeaders|http2.FlagHeadersPadded, 1, "\xff"+b+strings.Repeat("\x00", 255))
		},
		"priority": func(b string) string {
			return fRaw(http2.FrameHeaders, http2.FlagHeadersEndHeaders|http2.FlagHeadersPriority, 1, "\x00\x00\x00\x00\x10"+b)
		},
	}
	for name, f := range frames {
		for _, reset := range []bool{false, true} { // also for a stream that does not want it
			c := h2Started(t, h2Calm, h2Get)
			if reset {
				c = h2Must(t)(c.Cancel(new(Output), 1, http2.ErrCodeCancel))
			}
			if b := block(limit); len(b) != limit {
				t.Fatalf("%d bytes", len(b))
			}
			if r := h2Feed(c, false, f(block(limit))); r.err != nil || strings.HasPrefix(h2Sent(r.send), "RST") == reset {
				t.Errorf("%s at the limit: %v, sent %s", name, r.err, h2Sent(r.send))
			}
			r := h2Feed(c, false, f(block(limit+1)))
			h2ConnErr(t, r.err, http2.ErrCodeEnhanceYourCalm, ErrHeaderTooLarge)
		}
	}
}

// As a list of fields (RFC 9113 section 6.5.2) a response or its trailers may have the limit, and no more.
func TestH2HeaderListAtItsLimit(t *testing.T) {
	for _, tc := range []struct {
		before string
		fields []string
		size   int // with 32 for each field
	}{
		{"", []string{":status: 200", "a: "}, 10 + 32 + 1 + 32},
		{f200(1), []string{"a: "}, 1 + 32},
	} {
		for over := range 2 {
			fields := slices.Clone(tc.fields)
			fields[len(fields)-1] += xs(300 - tc.size + over)
			r := h2Feed(h2Started(t, h2Calm, h2Get), false, tc.before+fHeaders(1, true, fields...))
			if got := h2Sent(r.send); (got == "") != (over == 0) || r.err != nil {
				t.Errorf("%d bytes more than the limit: sent %q, %v", over, got, r.err)
			}
		}
	}
}
