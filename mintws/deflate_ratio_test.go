package mintws

import (
	"errors"
	"testing"
)

// TestDeflateRatioOfPieces: MaxRatio is about the message, in however many pieces it comes.
func TestDeflateRatioOfPieces(t *testing.T) {
	p := bomb(t, 10<<20)
	wire := join(0xC2, 126, len(p)>>8, len(p), p)
	for _, delivery := range []Delivery{DeliverMessages, DeliverPayload} {
		for _, piece := range []int{len(wire), 1000, 60, 1} {
			opt := Options{Delivery: delivery, Limits: Limits{MaxMessage: 1 << 30}}
			c, _ := deflated(t, DeflateOptions{MaxRatio: 100}, DeflateOptions{}, opt)
			got, came := 0, 0
			var err error
			for rest := wire; err == nil && len(rest) > 0; {
				n := min(piece, len(rest))
				in := Inbox{}
				c, err = c.AppendDecode(&in, rest[:n])
				rest, came, got = rest[n:], came+n, got+len(joined(in.Frames))
			}
			if !errors.Is(err, ErrDeflateRatio) || got > max(freeRatio, 100*came) || delivery == DeliverPayload && came > 10*freeRatio {
				t.Errorf("delivery %d in pieces of %d: %d bytes after %d, %v", delivery, piece, got, came, err)
			}
		}
	}
	for _, piece := range []int{1000, 1} { // by default there is no such bound
		c, _ := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{Delivery: DeliverPayload, Limits: Limits{MaxMessage: 1 << 30}})
		got := 0
		for rest := wire; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			in := Inbox{}
			var err error
			if c, err = c.AppendDecode(&in, rest[:min(piece, len(rest))]); err != nil {
				t.Fatalf("in pieces of %d: %v", piece, err)
			}
			got += len(joined(in.Frames))
		}
		if got != 10<<20 {
			t.Errorf("in pieces of %d: %d bytes", piece, got)
		}
	}
}
