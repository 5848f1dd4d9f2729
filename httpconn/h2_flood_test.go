package httpconn

import (
	"strings"

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
			"1 Reset connection local ENHANCE_YOUR_CALM\n3 Reset connection local ENHANCE_YOUR_CALM\n",
		sent: strings.Repeat("SETTINGS ack\n", 5), code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood,
		reason: "work of 12 without content, the last of it for SETTINGS, at most 10 is allowed"},
	{name: "flood: windows, broken up by content", cfg: h2Calm, reqs: []Request{h2Ext},
		input: f200(1) + strings.Repeat(h2Wide+fData(1, false, x(2*64))+fPadded(1, false, "y", 200), 20),
		want:  "1 Headers 200\n" + strings.Repeat("0 Settings\n0 Settings\n1 Data \""+x(128)+"y\"\n", 20),
		sent:  strings.Repeat("SETTINGS ack\nSETTINGS ack\n", 20)},
	{name: "flood: windows, broken up by too little", cfg: h2Calm, reqs: []Request{h2Ext},
		input: f200(1) + strings.Repeat(h2Wide+fData(1, false, x(2*64-1)), 4) + h2Wide + h2Wide,
		want: "1 Headers 200\n" + strings.Repeat("0 Settings\n0 Settings\n1 Data \""+x(127)+"\"\n", 4) + "0 Settings\n" +
			"1 Reset connection local ENHANCE_YOUR_CALM\n",
		sent: strings.Repeat("SETTINGS ack\nSETTINGS ack\n", 4) + "SETTINGS ack\n", code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood},
	{name: "flood: GOAWAY, ever lower", cfg: h2Calm, reqs: []Request{h2Get, h2Get, h2Get, h2Get},
		input: fGoAway(6, 0, "") + fGoAway(6, 0, "") + fGoAway(5, 0, "") + fGoAway(4, 0, "") + fGoAway(2, 0, ""),
		want: "0 GoAway connection peer NO_ERROR\n7 Reset peer REFUSED_STREAM retryable\n" +
			"0 GoAway connection peer NO_ERROR\n0 GoAway connection peer NO_ERROR\n" +
			"1 Reset connection local ENHANCE_YOUR_CALM\n3 Reset connection local ENHANCE_YOUR_CALM\n" +
			"5 Reset connection local ENHANCE_YOUR_CALM\n",
		code: http2.ErrCodeEnhanceYourCalm, is: ErrFlood},
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
