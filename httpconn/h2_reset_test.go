package httpconn

import "golang.org/x/net/http2"

var h2ResetCases = []h2Case{
	{name: "reset", reqs: []Request{h2Get, h2Get}, input: fReset(1, http2.ErrCodeInternal) +
		fHeaders(3, true, ":status: 200"),
		want: "1 Reset ResetError INTERNAL_ERROR\n3 Headers 200\n3 Done\n", reason: "reset by the server"},
	{name: "reset with unknown code", reqs: []Request{h2Get}, input: fReset(1, 0xabcdef),
		want: "1 Reset ResetError unknown error code 0xabcdef\n"},
	{name: "refused", reqs: []Request{h2Get}, input: fReset(1, http2.ErrCodeRefusedStream),
		want: "1 Reset ResetError REFUSED_STREAM retryable\n"},
	{name: "refused after an answer", reqs: []Request{h2Get}, input: f200(1) + fReset(1, http2.ErrCodeRefusedStream),
		want: "1 Headers 200\n1 Reset ResetError REFUSED_STREAM\n"},
	{name: "refused after 1xx", reqs: []Request{h2Get}, input: fHeaders(1, false, ":status: 103") +
		fReset(1, http2.ErrCodeRefusedStream),
		want: "1 Informational 103\n1 Reset ResetError REFUSED_STREAM\n"},
	{name: "reset in the response", reqs: []Request{h2Get}, input: f200(1) + fData(1, false, "x") +
		fReset(1, http2.ErrCodeNo),
		want: "1 Headers 200\n1 Data \"x\"\n1 Reset ResetError NO_ERROR\n"},
	{name: "reset after Done", reqs: []Request{h2Ext}, input: f200(1) + fData(1, true, "") + fReset(1, http2.ErrCodeCancel) +
		fReset(1, http2.ErrCodeCancel), want: "1 Headers 200\n1 Done\n"},
	{name: "reset of a tunnel", reqs: []Request{h2Ext}, input: f200(1) + fReset(1, http2.ErrCodeCancel),
		want: "1 Headers 200\n1 Reset ResetError CANCEL\n"},

	{name: "going away", reqs: []Request{h2Get, h2Get, h2Get},
		input: f200(1) + fGoAway(3, http2.ErrCodeNo, "bye") + fData(1, true, "x") +
			fHeaders(3, true, ":status: 200"),
		want: "1 Headers 200\n0 GoAway GoAwayError NO_ERROR\n" +
			"5 Reset GoAwayError NO_ERROR retryable\n1 Data \"x\"\n1 Done\n" +
			"3 Headers 200\n3 Done\n", reason: `the server goes away (NO_ERROR), last stream 3`},
	{name: "going away gracefully", reqs: []Request{h2Get}, input: fGoAway(maxWindow, http2.ErrCodeNo, "") + f200(1) +
		fGoAway(1, http2.ErrCodeNo, "") + fData(1, true, "x"),
		want: "0 GoAway GoAwayError NO_ERROR\n1 Headers 200\n0 GoAway GoAwayError NO_ERROR\n1 Data \"x\"\n1 Done\n"},
	{name: "going away twice", reqs: []Request{h2Get, h2Get},
		input: fGoAway(3, http2.ErrCodeNo, "") + fGoAway(0, http2.ErrCodeInternal, ""),
		want: "0 GoAway GoAwayError NO_ERROR\n0 GoAway GoAwayError INTERNAL_ERROR\n" +
			"1 Reset GoAwayError INTERNAL_ERROR retryable\n" +
			"3 Reset GoAwayError INTERNAL_ERROR retryable\n"},
	{name: "going away with larger last stream", reqs: []Request{h2Get},
		input: fGoAway(1, http2.ErrCodeNo, "") + fGoAway(3, http2.ErrCodeNo, ""),
		want:  "0 GoAway GoAwayError NO_ERROR\n1 Reset ConnError PROTOCOL_ERROR\n", code: http2.ErrCodeProtocol,
		is:     ErrMalformed,
		reason: "GOAWAY with last stream 3 after one with 1"},
	{name: "going away before a stream that is done", reqs: []Request{h2Ext},
		input: f200(1) + fData(1, true, "") + fGoAway(0, 0, ""),
		want:  "1 Headers 200\n1 Done\n0 GoAway GoAwayError NO_ERROR\n"},
	{name: "frames of streams not processed", reqs: []Request{h2Get}, input: fGoAway(0, 0, "") + f200(1),
		want: "0 GoAway GoAwayError NO_ERROR\n1 Reset GoAwayError NO_ERROR retryable\n",
		sent: "RST_STREAM 1 STREAM_CLOSED\n"},

	{name: "end", input: "", eof: true},
	{name: "end after all responses", reqs: []Request{h2Get}, input: fHeaders(1, true, ":status: 200"), eof: true,
		want: "1 Headers 200\n1 Done\n"},
	{name: "end while only we send", reqs: []Request{h2Post}, input: fHeaders(1, true, ":status: 200"), eof: true,
		want: "1 Headers 200\n1 Done\n"},
	{name: "end before the response", reqs: []Request{h2Get, h2Get}, input: "", eof: true, is: ErrUnexpectedEOF,
		want: "1 Reset ConnError NO_ERROR\n3 Reset ConnError NO_ERROR\n", reason: "responses under way: 2"},
	{name: "end in the response", reqs: []Request{h2Get}, input: f200(1) + fData(1, false, "x"), eof: true,
		is:   ErrUnexpectedEOF,
		want: "1 Headers 200\n1 Data \"x\"\n1 Reset ConnError NO_ERROR\n", reason: "responses under way: 1"},
	{name: "end in a tunnel", reqs: []Request{h2Ext}, input: f200(1), eof: true, is: ErrUnexpectedEOF,
		want: "1 Headers 200\n1 Reset ConnError NO_ERROR\n"},
	{name: "end in a frame head", input: fPing(false, "12345678")[:8], eof: true, is: ErrUnexpectedEOF,
		reason: "middle of a frame"},
	{name: "end in a frame", input: fPing(false, "12345678")[:16], eof: true, is: ErrUnexpectedEOF,
		reason: "middle of a frame"},
	{name: "end in DATA", reqs: []Request{h2Get}, input: f200(1) + fData(1, true, "xyz")[:11], eof: true,
		is:   ErrUnexpectedEOF,
		want: "1 Headers 200\n1 Data \"xy\"\n1 Reset ConnError NO_ERROR\n", reason: "middle of a frame"},
	{name: "end in a header block", reqs: []Request{h2Get}, eof: true, is: ErrUnexpectedEOF,
		input: fRaw(http2.FrameHeaders, http2.FlagHeadersEndStream, 1, hBlock(":status: 200")),
		want:  "1 Reset ConnError NO_ERROR\n", reason: "in the header block of stream 1"},
}
