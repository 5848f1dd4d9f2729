package httpconn

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// h2Calm allows five frames in a row that bring nothing.
var h2Calm = Config{Limits: Limits{MaxIdleFrames: 5, MaxContinuations: 4, MaxHeaderBytes: 300, MaxHeaderFields: 6,
	MaxInformational: 3}}

func h2Flood(name, frame, want, sent string) h2Case {
	return h2Case{name: "flood: " + name, cfg: h2Calm, reqs: []Request{h2Ext, h2Get},
		input: f200(1) + strings.Repeat(frame, 6),
		want: "1 Headers 200\n" + want +
			"1 Reset connection local ENHANCE_YOUR_CALM\n3 Reset connection local ENHANCE_YOUR_CALM\n",
		sent: sent, code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood, reason: "6 frames in a row that bring nothing"}
}

// h2Amplified is a block whose one large field is in the table, and then many times that field: a byte each.
var h2Amplified = "\x88" + "\x40\x01x\x64" + strings.Repeat("y", 100) + strings.Repeat("\xbe", 100)

var h2FloodCases = []h2Case{
	h2Flood("PING", fPing(false, "abcdefgh"), "", strings.Repeat("PING ack=true abcdefgh\n", 5)),
	h2Flood("answers to PING", fPing(true, "abcdefgh"), "", ""),
	h2Flood("SETTINGS", fSettings(), strings.Repeat("0 Settings\n", 5), strings.Repeat("SETTINGS ack\n", 5)),
	h2Flood("WINDOW_UPDATE of the connection", fWindow(0, 1), "", ""),
	h2Flood("WINDOW_UPDATE of a stream", fWindow(1, 1), "", ""),
	h2Flood("WINDOW_UPDATE of a stream that is over", fWindow(3, 1), "", ""),
	h2Flood("empty DATA", fData(1, false, ""), "", ""),
	h2Flood("DATA of padding", fPadded(1, false, "", 7), "", ""),
	h2Flood("unknown frames", fRaw(0x77, 0xff, 9, "what"), "", ""),
	h2Flood("PRIORITY", fRaw(http2.FramePriority, 0, 7, "12345"), "", ""),
	h2Flood("GOAWAY", fGoAway(3, 0, ""), strings.Repeat("0 GoAway connection peer NO_ERROR\n", 5), ""),
	h2Flood("PRIORITY_UPDATE", fRaw(0x10, 0, 0, "\x00\x00\x00\x01u=1"), "", ""),
	{name: "flood: broken up by content", cfg: h2Calm, reqs: []Request{h2Ext},
		input: f200(1) + strings.Repeat(strings.Repeat(
			fData(1, false, ""), 5)+fPadded(1, false, "x", 1), 3), want: "1 Headers 200\n1 Data \"xxx\"\n"},
	{name: "flood: broken up by an answer", cfg: h2Calm, reqs: []Request{h2Ext, h2Get},
		input: strings.Repeat(fWindow(0, 1), 5) + f200(1) +
			strings.Repeat(fWindow(0, 1), 5) + f200(3) + strings.Repeat(fWindow(0, 1), 5) + fData(3, true, "") +
			strings.Repeat(fWindow(0, 1), 5),
		want: "1 Headers 200\n3 Headers 200\n3 Done\n"},
	{name: "flood: resets of both sides", cfg: h2Calm, reqs: []Request{h2Get, h2Get, h2Get, h2Get, h2Get, h2Get},
		input: fReset(1, 0) + fData(3, false, "x") + fReset(5, 0) + fReset(7, 0) + fReset(9, 0) + fReset(11, 0),
		want: "1 Reset peer NO_ERROR\n3 Reset local PROTOCOL_ERROR\n5 Reset peer NO_ERROR\n" +
			"7 Reset peer NO_ERROR\n9 Reset peer NO_ERROR\n" +
			"11 Reset peer NO_ERROR\n",
		sent: "RST_STREAM 3 PROTOCOL_ERROR\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood},
	{name: "flood: frames after our reset", cfg: h2Calm, reqs: []Request{h2Get}, input: fData(1, false, "") +
		strings.Repeat(fData(1, false, "x"), 3) + f200(1) + f200(1) + f200(1), want: "1 Reset local PROTOCOL_ERROR\n",
		sent: "RST_STREAM 1 PROTOCOL_ERROR\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood},

	{name: "flood: CONTINUATION", cfg: h2Calm, reqs: []Request{h2Get},
		input: fBlock(1, false, hBlock(":status: 200", "a: bcd"), 1, 1, 1, 1, 1),
		want:  "1 Reset connection local ENHANCE_YOUR_CALM\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrHeaderTooLarge,
		reason: "in more than 4 frames"},
	{name: "flood: empty CONTINUATION", cfg: h2Calm, reqs: []Request{h2Get}, input: fBlock(1, false, "\x88", 0, 0, 0, 0, 0),
		want: "1 Reset connection local ENHANCE_YOUR_CALM\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrHeaderTooLarge},
	{name: "as many CONTINUATION as allowed", cfg: h2Calm, reqs: []Request{h2Get}, input: fBlock(1, true, "\x88", 0, 1, 0),
		want: "1 Headers 200\n1 Done\n"},
	{name: "flood: bytes of a header block", cfg: h2Calm, reqs: []Request{h2Get},
		input: fBlock(1, false, strings.Repeat("x", 302), 301),
		want:  "1 Reset connection local ENHANCE_YOUR_CALM\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrHeaderTooLarge,
		reason: "more than 300 bytes"},
	{name: "header bomb", cfg: h2Calm, reqs: []Request{h2Get, h2Get},
		input: fBlock(1, true, h2Amplified) + fBlock(3, true, "\x88\xbe"),
		want:  "1 Reset local ENHANCE_YOUR_CALM\n3 Headers 200 X:" + strings.Repeat("y", 100) + "\n3 Done\n",
		sent:  "RST_STREAM 1 ENHANCE_YOUR_CALM\n", reason: "header list exceeds the limit"},
	{name: "too many fields", cfg: h2Calm, reqs: []Request{h2Get},
		input: fHeaders(1, true, ":status: 200", "a: b", "a: b", "a: b", "a: b",
			"a: b", "a: b"), want: "1 Reset local ENHANCE_YOUR_CALM\n", sent: "RST_STREAM 1 ENHANCE_YOUR_CALM\n",
		reason: "more fields"},
	{name: "large trailers", cfg: h2Calm, reqs: []Request{h2Get}, input: f200(1) + fBlock(1, true, h2Amplified[1:]),
		want: "1 Headers 200\n1 Reset local ENHANCE_YOUR_CALM\n", sent: "RST_STREAM 1 ENHANCE_YOUR_CALM\n"},
	{name: "informational at its limit", cfg: h2Calm, reqs: []Request{h2Get},
		input: strings.Repeat(fHeaders(1, false, ":status: 102"), 3) +
			fHeaders(1, true, ":status: 200"), want: strings.Repeat("1 Informational 102\n", 3) + "1 Headers 200\n1 Done\n"},
	{name: "flood: informational", cfg: h2Calm, reqs: []Request{h2Get},
		input: strings.Repeat(fHeaders(1, false, ":status: 102"), 4),
		want:  strings.Repeat("1 Informational 102\n", 3) + "1 Reset local ENHANCE_YOUR_CALM\n",
		sent:  "RST_STREAM 1 ENHANCE_YOUR_CALM\n"},
}

// The limit on a header block is the same for one frame as for many, and padding and priority do not count. A block at the
// limit is decoded, and found too large as a list of fields: an error of its stream; one byte more ends the connection.
func TestH2HeaderBlockAtItsLimit(t *testing.T) {
	const limit = 300
	block := func(n int) string { // one field of n-7 bytes, without Huffman code
		return "\x88\x00\x01a\x7f" + string([]byte{byte(n-7-127) | 0x80, byte((n - 7 - 127) >> 7)}) + x(n-7)
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
			fields[len(fields)-1] += x(300 - tc.size + over)
			r := h2Feed(h2Started(t, h2Calm, h2Get), false, tc.before+fHeaders(1, true, fields...))
			if got := h2Sent(r.send); (got == "") != (over == 0) || r.err != nil {
				t.Errorf("%d bytes more than the limit: sent %q, %v", over, got, r.err)
			}
		}
	}
}
