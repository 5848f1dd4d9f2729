package httpconn

import (
	"strings"

	"golang.org/x/net/http2"
)

func h2BadFrame(name string, code http2.ErrCode, reason, input string) h2Case {
	return h2Case{name: "frame: " + name, input: input, code: code, is: ErrMalformed, reason: reason, reqs: []Request{h2Ext},
		want: "1 Reset ConnError " + code.String() + "\n"}
}

var h2FrameCases = []h2Case{
	{name: "pong not asked for", input: fPing(true, "12345678")},
	{name: "reserved bit and flags are ignored", input: "\x00\x00\x08\x06\xfe\x80\x00\x00\x00abcdefgh",
		sent: "PING ack=true abcdefgh\n"},
	{name: "largest frame", reqs: []Request{h2Ext}, input: f200(1) + fData(1, false, strings.Repeat("x", 1<<14)) +
		fRaw(0x33, 0, 0,
			strings.Repeat("y", 1<<14)), want: "1 Headers 200\n1 Data \"" + strings.Repeat("x", 1<<14) + "\"\n"},
	{name: "PRIORITY of wrong size on a stream", reqs: []Request{h2Ext}, input: fRaw(http2.FramePriority, 0, 1, "1234"),
		want: "1 Reset StreamError FRAME_SIZE_ERROR\n", sent: "RST_STREAM 1 FRAME_SIZE_ERROR\n",
		reason: "PRIORITY frame of 4 bytes"},
	{name: "WINDOW_UPDATE of 0 on a stream", reqs: []Request{h2Ext}, input: fWindow(1, 0),
		want: "1 Reset StreamError PROTOCOL_ERROR\n",
		sent: "RST_STREAM 1 PROTOCOL_ERROR\n"},
	{name: "WINDOW_UPDATE too large on a stream", reqs: []Request{h2Ext}, input: fWindow(1, 1<<31-65535),
		want: "1 Reset StreamError FLOW_CONTROL_ERROR\n", sent: "RST_STREAM 1 FLOW_CONTROL_ERROR\n"},
	{name: "WINDOW_UPDATE just not too large", reqs: []Request{h2Ext},
		input: fWindow(1, 1<<31-65536) + fWindow(0, 1<<31-65536)},

	h2BadFrame("too large", http2.ErrCodeFrameSize, "16385 bytes",
		fRaw(http2.FrameData, 0, 1, strings.Repeat("x", 1<<14+1))),
	h2BadFrame("unknown and too large", http2.ErrCodeFrameSize, "", fRaw(0x99, 0, 1, strings.Repeat("x", 1<<14+1))),
	h2BadFrame("SETTINGS of 5 bytes", http2.ErrCodeFrameSize, "multiple of 6", fRaw(http2.FrameSettings, 0, 0, "12345")),
	h2BadFrame("SETTINGS ack with payload", http2.ErrCodeFrameSize, "0 with ACK", fRaw(http2.FrameSettings, 1, 0, "123456")),
	h2BadFrame("PING of 7 bytes", http2.ErrCodeFrameSize, "expected 8", fRaw(http2.FramePing, 0, 0, "1234567")),
	h2BadFrame("GOAWAY of 7 bytes", http2.ErrCodeFrameSize, "8 or more", fRaw(http2.FrameGoAway, 0, 0, "1234567")),
	h2BadFrame("RST_STREAM of 3 bytes", http2.ErrCodeFrameSize, "expected 4", fRaw(http2.FrameRSTStream, 0, 1, "123")),
	h2BadFrame("WINDOW_UPDATE of 5 bytes", http2.ErrCodeFrameSize, "expected 4",
		fRaw(http2.FrameWindowUpdate, 0, 1, "12345")),
	h2BadFrame("PRIORITY of 6 bytes on no stream", http2.ErrCodeFrameSize, "expected 5",
		fRaw(http2.FramePriority, 0, 9, "123456")),
	h2BadFrame("SETTINGS on a stream", http2.ErrCodeProtocol, "expected stream 0", fRaw(http2.FrameSettings, 0, 1, "")),
	h2BadFrame("PING on a stream", http2.ErrCodeProtocol, "expected stream 0", fRaw(http2.FramePing, 0, 1, "12345678")),
	h2BadFrame("GOAWAY on a stream", http2.ErrCodeProtocol, "expected stream 0", fRaw(http2.FrameGoAway, 0, 1, "12345678")),
	h2BadFrame("DATA on the connection", http2.ErrCodeProtocol, "expected a stream", fData(0, false, "x")),
	h2BadFrame("HEADERS on the connection", http2.ErrCodeProtocol, "expected a stream", fHeaders(0, false, ":status: 200")),
	h2BadFrame("PRIORITY on the connection", http2.ErrCodeProtocol, "expected a stream",
		fRaw(http2.FramePriority, 0, 0, "12345")),
	h2BadFrame("RST_STREAM on the connection", http2.ErrCodeProtocol, "expected a stream", fReset(0, 0)),
	h2BadFrame("PUSH_PROMISE on the connection", http2.ErrCodeProtocol, "expected a stream",
		fRaw(http2.FramePushPromise, 4, 0, "\x00\x00\x00\x02\x88")),
	h2BadFrame("PUSH_PROMISE", http2.ErrCodeProtocol, "PUSH_PROMISE",
		fRaw(http2.FramePushPromise, 4, 1, "\x00\x00\x00\x02\x88")),
	h2BadFrame("CONTINUATION of nothing", http2.ErrCodeProtocol, "no header block",
		fRaw(http2.FrameContinuation, 4, 1, "\x88")),
	h2BadFrame("CONTINUATION on the connection", http2.ErrCodeProtocol, "no header block",
		fRaw(http2.FrameContinuation, 4, 0, "\x88")),
	h2BadFrame("CONTINUATION after a whole block", http2.ErrCodeProtocol, "no header block",
		fHeaders(1, false, ":status: 100")+fRaw(http2.FrameContinuation, 4, 1, "\x88")).after("1 Informational 100\n"),
	h2BadFrame("WINDOW_UPDATE of 0", http2.ErrCodeProtocol, "WINDOW_UPDATE of 0", fWindow(0, 0)),
	h2BadFrame("padded DATA without length", http2.ErrCodeFrameSize, "padded DATA", fRaw(http2.FrameData, 8, 1, "")),
	h2BadFrame("padding as long as DATA", http2.ErrCodeProtocol, "2 bytes of padding in 2",
		f200(1)+fRaw(http2.FrameData, 8, 1, "\x02x")).
		after("1 Headers 200\n"),
	h2BadFrame("padded HEADERS without length", http2.ErrCodeFrameSize, "padded HEADERS",
		fRaw(http2.FrameHeaders, 0xc, 1, "")),
	h2BadFrame("padding longer than HEADERS", http2.ErrCodeProtocol, "padding", fRaw(http2.FrameHeaders, 0xc, 1, "\x02x")),
	h2BadFrame("padding longer than HEADERS after priority", http2.ErrCodeProtocol, "padding",
		fRaw(http2.FrameHeaders, 0x2c, 1, "\x0112345")),
	h2BadFrame("HEADERS too short for priority", http2.ErrCodeFrameSize, "priority",
		fRaw(http2.FrameHeaders, 0x24, 1, "1234")),
	h2BadFrame("compression error", http2.ErrCodeCompression, "header block on stream 1",
		fBlock(1, true, "\xff\xff\xff\xff\xff\xff\xff")),
	h2BadFrame("compression error on a stream that is over", http2.ErrCodeCompression, "",
		fReset(1, 0)+fRaw(http2.FrameHeaders, 4, 1, "\xc0")).
		only("1 Reset ResetError NO_ERROR\n"),
	{name: "connection window too large", input: fWindow(0, 1<<31-65535), code: http2.ErrCodeFlowControl,
		is: ErrFlowControl},
}

func (tc h2Case) only(events string) h2Case {
	tc.want = events
	tc.reason = ""
	return tc
}
