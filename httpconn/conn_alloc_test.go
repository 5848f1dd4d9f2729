//go:build !race

// The race detector makes the compiler inline less, so allocations are counted without it.

package httpconn

import (
	"fmt"
	"testing"
)

// TestStepsAllocateNothing: what changes with each call is in the Conn itself, so that content in pieces allocates nothing in
// either direction, wherever it is cut, a chunk's head included. On HTTP/2 the log of the ledger takes 8 bytes a frame, and a piece
// of one takes nothing.
func TestStepsAllocateNothing(t *testing.T) {
	const large = 1 << 30
	counted := Request{Method: "PUT", Authority: "example.com", Path: "/", HasBody: true, Header: map[string][]string{"Content-Length": {fmt.Sprint(large)}}}
	tunnels, _ := h2Tunnels(t, 1)
	for _, tc := range []struct {
		name   string
		c      Conn
		pieces []string
	}{
		{"content", h1Feed(h1Begin(t, h1Case{reqs: h1Get}), false, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", large)).conn, []string{"abc"}},
		{"chunks", h1Feed(h1Begin(t, h1Case{reqs: h1Get}), false, h1Chk).conn, []string{"0", "3", ";a", "\r", "\na", "bc\r", "\n"}},
		{"tunnel", h1Open(t), []string{"abc"}},
		{"DATA", h2Fed(t, tunnels, fData(1, false, string(make([]byte, 1<<14)))[:frameHeadLen]), []string{"a", "bc"}},
	} {
		c, out := tc.c, Output{Events: make([]Event, 0, 8)}
		var pieces [][]byte
		for _, piece := range tc.pieces {
			pieces = append(pieces, []byte(piece))
		}
		n := testing.AllocsPerRun(100, func() {
			for _, piece := range pieces {
				out.Events = out.Events[:0]
				var err error
				if c, err = c.Stream(&out, piece); err != nil {
					t.Fatalf("%s: %v", tc.name, err)
				}
			}
		})
		if n != 0 {
			t.Errorf("%s in pieces: %v allocations", tc.name, n)
		}
	}
	c, out := h1Begin(t, h1Case{reqs: []Request{counted}}), Output{Send: make([]byte, 0, 8)}
	p := []byte("abc")
	n := testing.AllocsPerRun(100, func() {
		out.Send = out.Send[:0]
		var err error
		if c, err = c.SendData(&out, 1, p, false); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("content sent in pieces: %v allocations", n)
	}
}
