package httpconn

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

var h2Manual = Config{ConnWindow: 65535, ManualCredit: true}

// A caller that cancels streams and consumes nothing of them does not use up the connection's window. What it consumes of
// them all the same, as it may not know yet, changes nothing.
func TestH2CancelPaysBack(t *testing.T) {
	c := h2Started(t, h2Manual)
	var out Output
	granted := 65535
	for i := range uint32(100) {
		id := StreamID(2*i + 1)
		c = h2Requests(t, c, h2Ext)
		if granted -= 16000; granted < 0 {
			t.Fatalf("the connection stalls at stream %d", id)
		}
		c = h2Fed(t, c, f200(uint32(id))+fData(uint32(id), false, xs(16000)))
		late := c
		out.Reset()
		c = h2Must(t)(c.Cancel(&out, id, http2.ErrCodeCancel))
		for _, n := range []int{0, 1, 16000, 1 << 30} {
			if next, err := c.Consume(&out, id, n); err != nil || !next.Equal(c) {
				t.Fatalf("Consume(%d) after Cancel: %v", n, err)
			}
		}
		if _, err := c.Consume(&out, id, -1); err != ErrConsumed {
			t.Errorf("Consume(-1) after Cancel: %v", err)
		}
		if _, err := late.Consume(new(Output), id, 16001); err != ErrConsumed { // an older value is what it was
			t.Errorf("Consume of too much before Cancel: %v", err)
		}
		sent := h2Sent(out.Send)
		if _, update, ok := strings.Cut(sent, "WINDOW_UPDATE 0 "); ok {
			n := 0
			for _, d := range strings.TrimSpace(update) {
				n = 10*n + int(d-'0')
			}
			granted += n
		}
		h2CheckBounds(t, c)
	}
	if c.h2.recvUncredited != c.h2.recvConsumed {
		t.Errorf("%d bytes of %d are not credited", c.h2.recvUncredited-c.h2.recvConsumed, c.h2.recvUncredited)
	}
}

// After the server's end or a reset of either side what was handed over waits to be consumed, for as long as it takes: other streams
// come and go, and can be consumed exactly.
func TestH2ConsumeAfterTheEnd(t *testing.T) {
	for name, end := range map[string]string{
		"end":             fData(1, true, ""),
		"end with bytes":  fPadded(1, true, "", 20),
		"reset":           fReset(1, http2.ErrCodeCancel),
		"our reset":       fWindow(1, 0),
		"too much":        fPadded(1, false, xs(40), 7), // an error of the stream, in the middle of a frame
		"going away":      fGoAway(0, 0, ""),
		"end, then reset": fData(1, true, "") + fReset(1, 0),
	} {
		t.Run(name, func(t *testing.T) {
			c := h2Started(t, h2Manual, h2Post)
			head := f200(1)
			if name == "too much" {
				head = fHeaders(1, false, ":status: 200", "content-length: 100")
			}
			input := head + fData(1, false, xs(100)) + end
			whole := h2Feed(c, false, input)
			if whole.err != nil {
				t.Fatal(whole.err)
			}
			for cut := range len(input) + 1 {
				c = h2Feed(c, false, input[:cut]).conn
				h2CheckBounds(t, c)
				if c = h2Fed(t, c, input[cut:]); !c.Equal(whole.conn) {
					t.Fatalf("cut at %d", cut)
				}
				c = h2Started(t, h2Manual, h2Post)
			}
			c = whole.conn
			if name == "end" {
				c = h2Must(t)(c.SendData(new(Output), 1, nil, true))
			}
			if _, err := c.Consume(new(Output), 1, 101); err != ErrConsumed {
				t.Errorf("more than there was: %v", err)
			}
			c = h2Must(t)(c.Consume(new(Output), 1, 99)) // the last byte is enough to be kept
			if name != "going away" {
				for range 200 { // one of them would take its place
					c = h2Requests(t, c, h2Get)
					id := uint32(c.h2.rare.lastID)
					c = h2Fed(t, c, f200(id)+fData(id, true, "xyz"))
					for _, tc := range []struct {
						id   StreamID
						n    int
						want error
					}{{StreamID(id), 4, ErrConsumed}, {1, 2, ErrConsumed}, {StreamID(id), 3, nil}} {
						next, err := c.Consume(new(Output), tc.id, tc.n)
						if err != tc.want {
							t.Fatalf("Consume(%d, %d): %v, want %v", tc.id, tc.n, err, tc.want)
						}
						c = next
					}
				}
			}
			h2CheckBounds(t, c)
			kept := c
			c = h2Must(t)(c.Consume(new(Output), 1, 0))
			if _, err := c.Consume(new(Output), 1, 2); err != ErrConsumed {
				t.Errorf("more than is left: %v", err)
			}
			c = h2Must(t)(c.Consume(new(Output), 1, 1))
			if _, err := c.Consume(new(Output), 1, 1); err != ErrConsumed {
				t.Errorf("more than there was: %v", err)
			}
			if c.h2.recvUncredited != c.h2.recvConsumed || c.h2.streams.r.kept != int(c.h2.rare.liveStreams) {
				t.Errorf("received %d, owed %d, %d streams are kept", c.h2.recvUncredited, c.h2.recvConsumed, c.h2.streams.r.kept)
			}
			h2CheckBounds(t, c)
			if _, err := kept.Consume(new(Output), 1, 1); err != nil { // an older value
				t.Error(err)
			}
		})
	}
}

// Bytes that are queued when the stream ends for good, after its EventDone, are lost: an EventReset says so, since EventDrained
// will not come. Where nothing is queued there is nothing to say.
func TestH2QueuedBytesLost(t *testing.T) {
	start := h2Fed(t, h2Started(t, Config{}, h2Post, h2Ext), fSettings(setWindow, 10)+f200(1)+f200(3)+fData(1, true, "")+fData(3, true, ""))
	for _, tc := range []struct {
		name, input, want string
		eof               bool
	}{
		{"reset", fReset(1, http2.ErrCodeInternal), "1 Reset ResetError INTERNAL_ERROR\n", false},
		{"refused", fReset(1, http2.ErrCodeRefusedStream), "1 Reset ResetError REFUSED_STREAM\n", false},
		{"our reset", fWindow(1, 0), "1 Reset StreamError PROTOCOL_ERROR\n", false},
		{"content after the end", fData(1, false, "x"), "1 Reset StreamError STREAM_CLOSED\n", false},
		{"going away", fGoAway(0, 0, ""), "0 GoAway GoAwayError NO_ERROR\n1 Reset GoAwayError NO_ERROR\n", false},
		{"connection error", fData(0, false, ""), "1 Reset ConnError PROTOCOL_ERROR\n", false},
		{"EOF", "", "1 Reset ConnError NO_ERROR\n", true},
	} {
		for _, n := range []int{10, 11} {
			for _, end := range []bool{false, true} {
				c := h2Must(t)(start.SendData(new(Output), 1, make([]byte, n), end))
				want := tc.want
				if n == 10 { // as much as the window allows: nothing is queued
					want = strings.ReplaceAll(want, want[strings.LastIndex(want, "1 Reset"):], "")
				}
				if n == 10 && end && tc.name == "content after the end" {
					want = "" // the stream is closed
				}
				r := h2Feed(c, tc.eof, tc.input)
				if got := h2Events(r.events); got != want {
					t.Errorf("%s, %d bytes, end %v: %v\n%swant\n%s", tc.name, n, end, r.err, got, want)
				}
				if tc.eof && r.err != nil {
					t.Errorf("%s: %v", tc.name, r.err)
				}
				for _, ev := range r.events {
					if ev.Kind == EventReset && (ev.Err == nil || ev.Retryable()) {
						t.Errorf("%s: %v", tc.name, ev)
					}
				}
				if r.conn.Buffered(0) != 0 {
					t.Errorf("%s: %d bytes queued", tc.name, r.conn.Buffered(0))
				}
			}
		}
	}
}

// After a burst of streams what they took is let go of, whichever of them stay, and the work that takes is in proportion.
func TestH2TableShrinks(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	const burst = 10_000
	for name, stays := range map[string]func(i int) bool{
		"none": func(int) bool { return false }, "the first": func(i int) bool { return i == 0 },
		"the last": func(i int) bool { return i == burst-1 }, "four in a row": func(i int) bool { return i/4 == 500 },
		"a hundred in a row": func(i int) bool { return i/100 == 7 },
	} {
		c, ids := h2Tunnels(t, burst)
		if size := c.h2.streams.size(); size < burst {
			t.Fatalf("%d places", size)
		}
		stay := 0
		before := c
		for _, i := range rng.Perm(burst) {
			if stays(i) {
				stay++
				continue
			}
			id := ids[i]
			switch i % 3 {
			case 0:
				c = h2Fed(t, c, fReset(uint32(id), 8))
			case 1:
				c = h2Must(t)(c.Cancel(new(Output), id, 8))
			default:
				c = h2Must(t)(h2Fed(t, c, fData(uint32(id), true, "")).SendData(new(Output), id, nil, true))
			}
		}
		root := c.h2.streams.r
		if most := max(minStreams, 8*stay-1); len(root.table) > most || len(root.checkpoint) > most || len(root.tunnels) > most ||
			len(root.log) > max(minLog, 4*most) {
			t.Errorf("%s: %d places for %d streams", name, len(root.table), stay)
		}
		for i, id := range ids {
			if open := c.SendWindow(id) > 0; open != stays(i) {
				t.Fatalf("%s: stream %d open: %v", name, id, open)
			}
		}
		if before.SendWindow(ids[5]) == 0 || before.h2.rare.liveStreams != burst {
			t.Error("an older value has changed")
		}
		r := h2Feed(h2Requests(t, c, h2Get), false, fHeaders(uint32(c.h2.rare.lastID+2), true, ":status: 200"))
		if r.err != nil && !errors.Is(r.err, ErrMalformed) {
			t.Error(r.err)
		}
		h2CheckBounds(t, c)
	}
}

// Of two streams that are over and would have the same place in the smaller table, the later one is remembered.
func TestH2ShrunkTableRemembersTheLatest(t *testing.T) {
	c := h2Started(t, Config{}, h2Get, h2Get, h2Get, h2Get, h2Get, h2Get)
	for _, id := range []uint32{1, 3, 5, 7, 11} {
		c = h2Fed(t, c, fHeaders(id, true, ":status: 200"))
	}
	if size := c.h2.streams.size(); size != minStreams {
		t.Fatalf("%d places", size)
	}
	h2ConnErr(t, h2Feed(c, false, fData(11, false, "x")).err, http2.ErrCodeStreamClosed, ErrMalformed)
	if r := h2Feed(c, false, fData(3, false, "x")); r.err != nil { // forgotten for it
		t.Error(r.err)
	}
}
