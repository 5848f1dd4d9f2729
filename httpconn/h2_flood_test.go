package httpconn

import (
	"strings"

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
