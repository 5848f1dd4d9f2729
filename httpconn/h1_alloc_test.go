//go:build !race

// The race detector makes the compiler inline less, so allocations are counted without it.

package httpconn

import "testing"

// TestH1RequestAllocs: a handshake's request is written at once, into one buffer, and its names are compared where they are.
func TestH1RequestAllocs(t *testing.T) {
	c, r := h1Begin(t, h1Case{}), h1Requests[3].r
	n := testing.AllocsPerRun(100, func() {
		var out Output
		if _, _, err := c.Request(&out, r); err != nil || len(out.Send) == 0 {
			t.Fatal(err)
		}
	})
	if n > 4 { // out.Send, the sorted fields, those of Connection and of Upgrade
		t.Errorf("%v allocations", n)
	}
}
