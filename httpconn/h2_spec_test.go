package httpconn

import "testing"

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
