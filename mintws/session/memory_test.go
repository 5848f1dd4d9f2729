package session

import (
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// TestPendingMemory: what was written is not held, however much there was of it while something always waited.
func TestPendingMemory(t *testing.T) {
	var p Pending
	var out httpconn.Output
	for i := range 10_000 {
		out.Send = append(out.Send, make([]byte, minChunk)...)
		if p.Caused(&out, 0); i >= 3 {
			p.Wrote(len(p.Next()))
		}
	}
	if p.Len() == 0 || cap(p.q.chunks) > 64 {
		t.Errorf("a list of %d for %d bytes", cap(p.q.chunks), p.Len())
	}
	p.Caused(&httpconn.Output{Send: make([]byte, 2*maxSpare)}, 0)
	for p.Len() > maxSpare {
		p.Wrote((len(p.Next()) + 1) / 2)
	}
	p.Produced(&httpconn.Output{Send: make([]byte, 1)}, 0)
	for p.Len() > 1 {
		p.Wrote(min(len(p.Next()), p.Len()-1))
	}
	if cap(p.q.spare) > maxSpare {
		t.Errorf("%d bytes are kept to be used again", cap(p.q.spare))
	}
}

// TestOutputLetsGo: headers and buffers of the last call are not held.
func TestOutputLetsGo(t *testing.T) {
	out := Output{Output: httpconn.Output{Events: []httpconn.Event{{Kind: httpconn.EventData, Data: []byte("x")}}, Send: []byte("unsent")}}
	out.begin()
	if len(out.Events) != 0 || out.Events[:1][0].Data != nil || string(out.Send) != "unsent" {
		t.Errorf("%v, %q", out.Events[:1], out.Send)
	}
	out.Frames, out.Max = append(out.Frames, mintws.Text("x")), 7
	if out.Reset(); len(out.Send) != 0 || len(out.Frames) != 0 || cap(out.Send) == 0 || out.Max != 7 {
		t.Errorf("after Reset: %q, %v, max %d", out.Send, out.Frames, out.Max)
	}
}
