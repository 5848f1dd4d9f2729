package httpconn

import (
	"testing"

	"golang.org/x/net/http2"
)

// TestH2FirstFrame: an acknowledgement cannot come first (RFC 9113 section 3.4). One with a payload is wrong wherever
// it comes, and its header is enough to say so (section 6.5).
func TestH2FirstFrame(t *testing.T) {
	c, err := New(HTTP2, Config{}, new(Output))
	if err != nil {
		t.Fatal(err)
	}
	payload := fRaw(http2.FrameSettings, http2.FlagSettingsAck, 0, "\x00")
	for _, tt := range []struct {
		input string
		code  http2.ErrCode
	}{
		{fAck(), http2.ErrCodeProtocol},
		{payload, http2.ErrCodeFrameSize},
		{payload[:frameHeadLen], http2.ErrCodeFrameSize},
		{fPing(true, "abcdefgh"), http2.ErrCodeProtocol},
	} {
		r := h2Feed(c, false, tt.input)
		h2ConnErr(t, r.err, tt.code, ErrMalformed)
		if got, want := h2Sent(r.send), "GOAWAY "+tt.code.String()+"\n"; got != want {
			t.Errorf("%q: sent %s, want %s", tt.input, got, want)
		}
	}
}

// TestH2WindowAfterRequest: a request without content has ended our side of its stream, and credit for it means nothing any
// more; what RFC 9113 section 6.9 forbids is forbidden all the same.
func TestH2WindowAfterRequest(t *testing.T) {
	head := fHeaders(1, false, ":status: 200")
	tests := []struct {
		name, input, sent string
	}{
		{name: "legal", input: fWindow(1, 1<<31-1-65535), sent: ""},
		{name: "of 0", input: fWindow(1, 0), sent: "RST_STREAM 1 PROTOCOL_ERROR\n"},
		{name: "too large", input: fWindow(1, 1<<31-1), sent: "RST_STREAM 1 FLOW_CONTROL_ERROR\n"},
		{name: "too large together", input: fWindow(1, 1<<31-1-65535) + fWindow(1, 1),
			sent: "RST_STREAM 1 FLOW_CONTROL_ERROR\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := h2Feed(h2Started(t, Config{}, h2Get), false, head, tt.input, fPing(false, "abcdefgh"))
			if r.err != nil {
				t.Fatal(r.err)
			}
			want := tt.sent + "PING ack=true abcdefgh\n"
			if got := h2Sent(r.send); got != want {
				t.Errorf("sent\n%swant\n%s", got, want)
			}
			if last := r.events[len(r.events)-1]; (last.Kind == EventReset) != (tt.sent != "") {
				t.Errorf("events\n%s", h2Events(r.events))
			}
		})
	}
}
