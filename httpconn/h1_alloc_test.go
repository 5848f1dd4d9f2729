//go:build !race

// The race detector makes the compiler inline less, so allocations are counted without it.

package httpconn

import (
	"net/textproto"
	"testing"
)

// TestH1RequestAllocs: a handshake's request is written at once, into one buffer, and its names are compared where they are.
func TestH1RequestAllocs(t *testing.T) {
	c, r := h1Begin(t, h1Case{}), h1Requests[3].r
	n := testing.AllocsPerRun(100, func() {
		var out Output
		if _, _, err := c.Request(&out, r); err != nil || len(out.Send) == 0 {
			t.Fatal(err)
		}
	})
	if n > 1 { // out.Send
		t.Errorf("%v allocations", n)
	}
}

// TestH1AnswerAllocs: of the head of an answer that comes in one read only the fields are kept: the Header, its first entries,
// their text and their values.
func TestH1AnswerAllocs(t *testing.T) {
	c, answer := h1Begin(t, h1Case{reqs: []Request{h1Requests[3].r}}), []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	var out Output
	n := testing.AllocsPerRun(100, func() {
		out.Reset()
		if _, err := c.Stream(&out, answer); err != nil || len(out.Events) == 0 {
			t.Fatal(err)
		}
	})
	if n > 4 {
		t.Errorf("%v allocations", n)
	}
}

// TestCanonicalName: a name that is spelled out is spelled as net/textproto does it.
func TestCanonicalName(t *testing.T) {
	for _, name := range []string{"Sec-WebSocket-Accept", "sec-websocket-accept", "SEC-WEBSOCKET-ACCEPT", "sec-websocket-protocol", "upgrade"} {
		if got, want := canonicalName(name), textproto.CanonicalMIMEHeaderKey(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
