package httpconn

import (
	"errors"
	"strings"
	"testing"
)

// h2FuzzRequests are on the streams 1 to 11, one of each kind.
var h2FuzzRequests = []Request{h2Ext, h2Get, h2Head, h2Post, h2Conn, h2Get}

// FuzzH2Stream feeds any bytes whole and in pieces, whose lengths are cuts in turn, and holds the properties that must not
// depend on what the bytes are.
func FuzzH2Stream(f *testing.F) {
	for i, tc := range h2All() {
		if len(tc.input) < 2<<10 {
			f.Add([]byte(tc.input), []byte{byte(i), 1, 0, 7}, tc.bare, tc.eof)
		}
	}
	for _, st := range h2States {
		for _, frame := range h2FrameOf {
			f.Add([]byte(frame(st.id)+frame(7)), []byte{9, 1}, false, true)
		}
	}
	f.Fuzz(func(t *testing.T, input, cuts []byte, bare, eof bool) {
		tc := h2Case{bare: bare, reqs: h2FuzzRequests, cfg: Config{StreamWindow: 300, ConnWindow: 1, Limits: Limits{
			MaxHeaderBytes: 300, MaxHeaderFields: 6, MaxInformational: 3, MaxContinuations: 4, MaxWork: 20}}}
		c := h2Begin(t, tc)
		c, _ = c.SendData(new(Output), 7, make([]byte, 1000), false)
		whole := h2Feed(c, eof, string(input))
		var pieces []string
		rest := string(input)
		for i := 0; rest != ""; i++ {
			n := len(rest)
			if i < 4*len(cuts) {
				n = min(n, int(cuts[i%len(cuts)])%32)
			}
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		parts := h2Feed(c, eof, pieces...)
		if parts.String() != whole.String() || !parts.conn.Equal(whole.conn) {
			t.Fatalf("in pieces %q\n%v\nwhole\n%v", pieces, parts, whole)
		}
		h2CheckOrder(t, whole.events)
		if sent := h2Sent(whole.send); strings.Contains(sent, "unreadable") {
			t.Fatalf("what is sent cannot be read:\n%s", sent)
		}
		var e *ConnError
		if whole.err != nil && (!errors.As(whole.err, &e) || e.Err == nil || e.Reason == "" ||
			whole.conn.Next() != NextClose) {
			t.Fatalf("error %v, next %v", whole.err, whole.conn.Next())
		}
		if (eof || whole.err != nil) && !bare {
			over := map[StreamID]bool{}
			for _, ev := range whole.events {
				over[ev.StreamID] = over[ev.StreamID] || ev.Kind == EventDone || ev.Kind == EventReset
			}
			for i := range h2FuzzRequests {
				if !over[StreamID(2*i+1)] {
					t.Fatalf("stream %d has no end:\n%s", 2*i+1, h2Events(whole.events))
				}
			}
		}
		h2CheckBounds(t, whole.conn)
	})
}

// h2CheckBounds holds that a connection keeps no more than it may, and that its counts agree.
func h2CheckBounds(t testing.TB, c Conn) {
	t.Helper()
	h := &c.h2
	if n := h.rare.recvFrame.Len(); n > initialMaxFrame+frameHeadLen {
		t.Fatalf("%d bytes of a frame are kept", n)
	}
	if n := h.rare.block.Len(); n > c.set.limits.MaxHeaderBytes {
		t.Fatalf("%d bytes of a header block are kept", n)
	}
	if h.recvConsumed < 0 || h.recvUncredited < h.recvConsumed || h.recvUncredited > c.set.connWindow {
		t.Fatalf("received %d, owed %d of %d", h.recvUncredited, h.recvConsumed, c.set.connWindow)
	}
	if h.flags&(h2InData|h2Closed) == 0 && !c.set.manualCredit && h.recvUncredited != h.recvConsumed {
		t.Fatalf("received %d, owed %d: the server never gets the rest", h.recvUncredited, h.recvConsumed)
	}
	live, queued, kept := int32(0), 0, int32(0)
	for _, s := range h.streams.snapshot() {
		kept += s.recvUncredited - s.recvConsumed
		if s.live() {
			live++
		}
		ok := s.id != 0 && h.queues.buffered(s.id) > 0
		if ok != (s.id != 0 && s.flags&streamQueued != 0) || ok && !s.live() {
			t.Fatalf("stream %+v, in the queues: %v", s, ok)
		}
		if ok {
			queued += h.queues.buffered(s.id)
		}
	}
	if h.flags&(h2InData|h2DataDiscard) == h2InData|h2DataDiscard {
		kept += int32(c.recvRemaining) - int32(h.dataPadding)
	}
	if c.set.manualCredit && h.flags&h2Closed == 0 && h.recvUncredited-h.recvConsumed != kept {
		t.Fatalf("%d bytes are not consumed on the connection, %d on its streams", h.recvUncredited-h.recvConsumed, kept)
	}
	if live != h.rare.liveStreams || queued != c.Buffered(0) {
		t.Fatalf("%d streams live, %d counted; %d bytes queued, %d counted", live, h.rare.liveStreams, queued, c.Buffered(0))
	}
}
