package httpconn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// h2Small has windows of 100 on streams; the connection's cannot be less than 65,535.
var h2Small = Config{StreamWindow: 100, ConnWindow: 65535}

func h2Shown(n int) string { return fmt.Sprintf("1 Headers 200\n1 Data %q\n", xs(n)) }

var h2DataCases = []h2Case{
	{name: "padding", reqs: []Request{h2Ext}, input: f200(1) + fPadded(1, false, "ab", 3) + fPadded(1, false, "c", 255) +
		fPadded(1, true, "d", 0),
		want: "1 Headers 200\n1 Data \"abcd\"\n1 Done\n"},
	{name: "padding alone", reqs: []Request{h2Ext}, input: f200(1) + fPadded(1, false, "", 255) + fPadded(1, false, "", 0) +
		fPadded(1, true, "", 1), want: "1 Headers 200\n1 Done\n"},
	{name: "credit at a sixteenth of a window", cfg: h2Small, reqs: []Request{h2Ext},
		input: f200(1) + fData(1, false, xs(5)) + fData(1, false, xs(1)) +
			fData(1, false, xs(100)), want: h2Shown(106), sent: "WINDOW_UPDATE 1 6\nWINDOW_UPDATE 1 100\n"},
	{name: "credit for padding", cfg: h2Small, reqs: []Request{h2Ext},
		input: f200(1) + fPadded(1, false, "x", 98) + fPadded(1, false, xs(49), 0),
		want:  h2Shown(50), sent: "WINDOW_UPDATE 1 100\nWINDOW_UPDATE 1 50\n"},
	{name: "no credit after the end", cfg: h2Small, reqs: []Request{h2Ext}, input: f200(1) + fData(1, true, xs(100)),
		want: h2Shown(100) + "1 Done\n"},
	{name: "window full", cfg: h2Small, reqs: []Request{h2Ext},
		input: f200(1) + fData(1, false, xs(5)) + fData(1, false, xs(95)),
		want:  h2Shown(100), sent: "WINDOW_UPDATE 1 100\n"},
	{name: "an empty frame ends a stream whose window is full", cfg: Config{StreamWindow: 100, ManualCredit: true},
		reqs: []Request{h2Ext}, input: f200(1) + fData(1, false, xs(100)) + fData(1, true, ""),
		want: h2Shown(100) + "1 Done\n"},
	{name: "stream overflows its window", cfg: h2Small, reqs: []Request{h2Ext, h2Get},
		input: f200(1) + fData(1, false, xs(5)) +
			fData(1, false, xs(96)) + fData(1, true, xs(300)) + fHeaders(3, true, ":status: 200"),
		want:   h2Shown(5) + "1 Reset StreamError FLOW_CONTROL_ERROR\n3 Headers 200\n3 Done\n",
		sent:   "RST_STREAM 1 FLOW_CONTROL_ERROR\n",
		reason: "DATA of 96 bytes exceeds the stream's window of 95"},
	{name: "padding overflows the window", cfg: h2Small, reqs: []Request{h2Ext},
		input: f200(1) + fPadded(1, false, xs(1), 99),
		want:  "1 Headers 200\n1 Reset StreamError FLOW_CONTROL_ERROR\n", sent: "RST_STREAM 1 FLOW_CONTROL_ERROR\n"},
	{name: "connection's window overflows", cfg: Config{StreamWindow: 1 << 20, ConnWindow: 1, ManualCredit: true},
		reqs:  []Request{h2Ext, h2Ext},
		input: f200(1) + strings.Repeat(fData(1, false, xs(1<<14)), 3) + fData(1, false, xs(1<<14-1)) + fData(3, false, "x"),
		want:  h2Shown(65535) + "1 Reset ConnError FLOW_CONTROL_ERROR\n3 Reset ConnError FLOW_CONTROL_ERROR\n",
		code:  http2.ErrCodeFlowControl, is: ErrFlowControl, reason: "DATA of 1 bytes exceeds the connection's window of 0"},
	{name: "DATA nobody wants is credited on the connection", cfg: h2Small, reqs: []Request{h2Get}, input: fReset(1, 0) +
		strings.Repeat(fPadded(1, false, xs(16000), 255), 5), want: "1 Reset ResetError NO_ERROR\n",
		sent: "RST_STREAM 1 STREAM_CLOSED\n" + strings.Repeat("WINDOW_UPDATE 0 16256\n", 5)},
}

// Until our SETTINGS are acknowledged the server may not know of them (RFC 9113 section 6.9.3).
func TestH2WindowBeforeAcknowledgement(t *testing.T) {
	c, err := New(HTTP2, h2Small, new(Output))
	if err != nil {
		t.Fatal(err)
	}
	c = h2Requests(t, h2Fed(t, c, fSettings(connectOn, 1)), h2Ext)
	r := h2Feed(c, false, f200(1)+fData(1, false, xs(16000)))
	if got := h2Sent(r.send); got != "WINDOW_UPDATE 0 16000\nWINDOW_UPDATE 1 16000\n" || r.err != nil {
		t.Errorf("%v %s", r.err, got)
	}
	r = h2Feed(r.conn, false, fAck()+fData(1, false, xs(101)))
	if got := h2Sent(r.send); got != "RST_STREAM 1 FLOW_CONTROL_ERROR\n" {
		t.Error(got)
	}
}

// What came before the acknowledgement can make a window negative. An empty DATA frame ends the stream all the same (RFC 9113
// sections 6.9.1 and 6.9.3); a byte is too much.
func TestH2EmptyDataAtNegativeWindow(t *testing.T) {
	c, err := New(HTTP2, Config{StreamWindow: 100, ManualCredit: true}, new(Output))
	if err != nil {
		t.Fatal(err)
	}
	c = h2Requests(t, h2Fed(t, c, fSettings(connectOn, 1)), h2Ext)
	c = h2Fed(t, c, f200(1)+fData(1, false, xs(16000))+fAck()) // -15,900 are left
	r := h2Feed(c, false, fData(1, false, "")+fData(1, true, ""))
	if got := h2Events(r.events); r.err != nil || got != "1 Done\n" {
		t.Errorf("%v\n%s", r.err, got)
	}
	r = h2Feed(c, false, fData(1, false, "x"))
	if got := h2Sent(r.send); got != "RST_STREAM 1 FLOW_CONTROL_ERROR\n" {
		t.Error(got)
	}
}

// WINDOW_UPDATEs are few: 16 for each window, however small the frames are.
func TestH2CreditIsBatched(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{StreamWindow: 16_000, ConnWindow: 160_000}, h2Ext), f200(1))
	frame := []byte(fData(1, false, xs(10)))
	var out Output
	for range 100_000 { // 1 MB
		out.Events = out.Events[:0]
		c = h2Must(t)(c.Stream(&out, frame))
	}
	sent := h2Sent(out.Send)
	if conn, stream := strings.Count(sent, "UPDATE 0 10000\n"), strings.Count(sent, "UPDATE 1 1000\n"); conn != 100 ||
		stream != 1000 || strings.Count(sent, "\n") != 1100 {
		t.Errorf("%d and %d updates of %d frames", conn, stream, strings.Count(sent, "\n"))
	}
}

// A call that brings less than a sixteenth of a window has no more than one WINDOW_UPDATE for each stream and one for the
// connection: with the default windows, any read of less than 512 KiB.
func TestH2CreditOnceACall(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 5))
	const window = 1 << 20
	c := h2Fed(t, h2Started(t, Config{StreamWindow: window, ConnWindow: window}, h2Ext, h2Ext), f200(1)+f200(3))
	var out Output
	updates := 0
	for range 500 {
		var read []byte
		for left := window/creditShare - 1; left > 0; {
			n := min(left, 1+rng.IntN(1<<14))
			left -= n
			read = append(read, fData(uint32(1+2*rng.IntN(2)), false, xs(n))...)
		}
		out.Reset()
		c = h2Must(t)(c.Stream(&out, read))
		sent := h2Sent(out.Send)
		for _, id := range []string{" 0 ", " 1 ", " 3 "} {
			n := strings.Count(sent, "WINDOW_UPDATE"+id)
			if updates += n; n > 1 {
				t.Fatalf("in one call\n%s", sent)
			}
		}
	}
	if updates < 500 {
		t.Errorf("%d WINDOW_UPDATEs", updates)
	}
}

func TestH2Consume(t *testing.T) {
	cfg := h2Small
	cfg.ManualCredit = true
	c := h2Fed(t, h2Started(t, cfg, h2Ext, h2Ext), f200(1)+f200(3))
	sent := ""
	consume := func(id StreamID, n int, want error) {
		t.Helper()
		var out Output
		next, err := c.Consume(&out, id, n)
		if !errors.Is(err, want) || err != nil && (!next.Equal(c) || len(out.Send) > 0) {
			t.Errorf("Consume(%d, %d): %v, want %v", id, n, err, want)
		}
		c = next
		sent += h2Sent(out.Send)
	}
	feed := func(input string) {
		t.Helper()
		r := h2Feed(c, false, input)
		if r.err != nil {
			t.Fatal(r.err)
		}
		c = r.conn
		sent += h2Sent(r.send)
	}
	check := func(want string) {
		t.Helper()
		if sent != want {
			t.Errorf("sent\n%swant\n%s", sent, want)
		}
		sent = ""
	}
	consume(1, 1, ErrConsumed)
	consume(1, 0, nil)
	consume(0, 0, ErrUnknownStream)
	consume(2, 0, ErrUnknownStream)
	consume(5, 0, ErrUnknownStream)
	feed(fData(1, false, xs(60)) + fData(3, false, xs(60)))
	check("")
	consume(1, -1, ErrConsumed)
	consume(1, 61, ErrConsumed)
	consume(1, 5, nil)
	check("")
	consume(1, 56, ErrConsumed)
	consume(1, 1, nil)
	check("WINDOW_UPDATE 1 6\n")
	consume(1, 49, nil)
	check("WINDOW_UPDATE 1 49\n")
	consume(1, 5, nil)
	consume(1, 1, ErrConsumed)
	consume(3, 60, nil)
	check("WINDOW_UPDATE 3 60\n")

	// Of a frame under way only what was handed over; padding is nobody's but ours.
	frame := fPadded(1, false, xs(20), 30)
	feed(frame[:9])
	consume(1, 1, ErrConsumed)
	feed(frame[9:10])
	consume(1, 1, ErrConsumed)
	feed(frame[10:25])
	consume(1, 16, ErrConsumed)
	consume(3, 1, ErrConsumed)
	consume(1, 15, nil)
	check("WINDOW_UPDATE 1 51\n") // 5 and 15, and the padding
	feed(frame[25:35])
	consume(1, 6, ErrConsumed)
	consume(1, 5, nil)
	feed(frame[35:])
	consume(1, 1, ErrConsumed)
	check("")

	// After the stream is over what was received counts on the connection, unless the caller gave it up.
	feed(fData(3, false, xs(80)) + fData(1, true, xs(90)))
	owed := c.h2.recvConsumed
	c = h2Must(t)(c.Cancel(new(Output), 3, http2.ErrCodeCancel))
	if c.h2.recvConsumed != owed+80 || c.h2.recvUncredited != c.h2.recvConsumed+90 {
		t.Errorf("received %d, owed %d, before %d", c.h2.recvUncredited, c.h2.recvConsumed, owed)
	}
	consume(3, 80, nil)
	consume(3, -1, ErrConsumed)
	consume(1, 91, ErrConsumed)
	consume(1, 90, nil)
	if c.h2.recvConsumed != owed+170 || c.h2.recvUncredited != c.h2.recvConsumed {
		t.Errorf("received %d, owed %d, before %d", c.h2.recvUncredited, c.h2.recvConsumed, owed)
	}
	consume(1, 1, ErrConsumed)
	check("")

	if d := h2Started(t, Config{}, h2Ext); true {
		if next, err := d.Consume(new(Output), 1, 0); err != ErrUnsupported || !next.Equal(d) {
			t.Errorf("without ManualCredit: %v", err)
		}
	}
}

// A stream that is cancelled in the middle of a frame: the rest counts on the connection, wherever the cut is.
func TestH2CancelInsideData(t *testing.T) {
	for _, manual := range []bool{false, true} {
		frame := fPadded(1, true, xs(20), 10)
		for cut := range len(frame) + 1 {
			cfg := Config{ManualCredit: manual}
			c := h2Fed(t, h2Started(t, cfg, h2Ext), f200(1))
			r := h2Feed(c, false, frame[:cut])
			seen := 0
			for _, ev := range r.events {
				seen += len(ev.Data)
			}
			c, err := r.conn.Cancel(new(Output), 1, http2.ErrCodeCancel)
			if err != nil {
				t.Fatal(err)
			}
			c = h2Requests(t, c, h2Get, h2Get, h2Get, h2Get) // one takes its place
			r = h2Feed(c, false, frame[cut:]+fHeaders(9, true, ":status: 200"))
			if got := h2Events(r.events); r.err != nil || got != "9 Headers 200\n9 Done\n" {
				t.Fatalf("cut at %d: %v\n%s", cut, r.err, got)
			}
			if manual {
				r.conn = h2Must(t)(r.conn.Consume(new(Output), 1, seen))
			}
			if r.conn.h2.recvUncredited != 31 || r.conn.h2.recvConsumed != 31 {
				t.Errorf("cut at %d: received %d, owed %d, want 31", cut, r.conn.h2.recvUncredited, r.conn.h2.recvConsumed)
			}
		}
	}
}
