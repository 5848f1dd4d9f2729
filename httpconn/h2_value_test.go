package httpconn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"golang.org/x/net/http2"
)

func TestH2Size(t *testing.T) {
	if n := unsafe.Sizeof(stream{}); n > 48 {
		t.Errorf("a stream has %d bytes", n)
	}
	if n, is64 := unsafe.Sizeof(queueOp{}), unsafe.Sizeof(uintptr(0)) == 8; n > queueOpSize || is64 && n != queueOpSize {
		t.Errorf("a change of the queues has %d bytes", n)
	}
	if n := unsafe.Sizeof(h2{}); n > 56 {
		t.Errorf("h2 has %d bytes", n)
	}
}

// TestH2OldValues replays every value of a byte by byte feed: the rest of the input must lead from each to the same end,
// whatever was done with the values after it, and from several goroutines at once.
func TestH2OldValues(t *testing.T) {
	for _, tc := range h2All() {
		t.Run(tc.name, func(t *testing.T) {
			step := stride(tc.input, 1<<10)
			at := func(i int) int { return min(i*step, len(tc.input)) } // where values[i] stands
			values := []Conn{h2Begin(t, tc)}
			for i := 0; at(i) < len(tc.input); i++ {
				r := h2Feed(values[i], false, tc.input[at(i):at(i+1)])
				if r.err != nil {
					break
				}
				values = append(values, r.conn)
			}
			want := make([]string, len(values))
			end := h2Feed(values[0], tc.eof, tc.input).conn
			for i, c := range values {
				want[i] = h2Feed(c, tc.eof, tc.input[at(i):]).String()
			}
			rounds := min(len(values)/8+1, 20)
			if step > 1 {
				rounds = 1
			}
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					rng := rand.New(rand.NewPCG(uint64(g), 2))
					for range rounds {
						i := rng.IntN(len(values))
						h2Disturb(rng, values[i]) // must leave no trace
						r := h2Feed(values[i], tc.eof, randomPieces(rng, tc.input[at(i):])...)
						if got := r.String(); got != want[i] || !r.conn.Equal(end) {
							t.Errorf("from byte %d\n%s\nwant\n%s", at(i), got, want[i])
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// h2Disturb makes forks of c, whose results nobody wants: calls of every kind, and bytes of every kind.
func h2Disturb(rng *rand.Rand, c Conn) {
	var out Output
	d, _, _ := c.Request(&out, h2Ext)
	d, _ = d.SendData(&out, 1, make([]byte, rng.IntN(100_000)), rng.IntN(2) == 0)
	d, _ = d.Stream(&out, []byte("garbage\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	d, _ = d.StreamEOF(&out)
	d.Close(&out)
	d, _ = c.Cancel(&out, 1, http2.ErrCodeCancel)
	d, _ = d.Ping(&out, [8]byte{})
	d, _ = d.Finish(&out, 1)
	d, _ = d.SendTrailers(&out, 3, http.Header{"A": {"b"}})
	d.Equal(c)
	d.Buffered(1)
	d.SendWindow(1)
	d, _ = c.Settings(&out, Settings{StreamWindow: 1 + rng.Int32N(100), MaxHeaderBytes: 1, MaxFrame: 1 << 20})
	d.Stream(&out, []byte(fAck()+fAck()))
	d, _ = c.Consume(&out, 1, 1)
	d.StreamEOF(&out)
}

// TestH2Fork goes on from one value in two ways, at every place of a conversation: neither shows in the other.
func TestH2Fork(t *testing.T) {
	input := f200(1) + fPadded(1, false, "one", 2) + fBlock(3, false, hBlock(":status: 404", "a: b"), 1, 2) +
		fData(3, false, "two") +
		fWindow(1, 100) + fData(1, true, "three") + fHeaders(3, true, "t: u") + fPing(false, "12345678")
	start := h2Started(t, Config{}, h2Ext, h2Post)
	whole := h2Feed(start, false, input)
	for cut := range len(input) + 1 {
		at := h2Feed(start, false, input[:cut])
		var out Output
		cancelled, err := at.conn.Cancel(&out, 3, http2.ErrCodeCancel)
		if err != nil && !errors.Is(err, ErrUnknownStream) {
			t.Fatal(err)
		}
		a := h2Feed(cancelled, false, input[cut:])
		b := h2Feed(at.conn, false, input[cut:])
		if a.err != nil || b.err != nil {
			t.Fatal(a.err, b.err)
		}
		if !b.conn.Equal(whole.conn) || err == nil && a.conn.Equal(whole.conn) {
			t.Fatalf("cut at %d", cut)
		}
		if got, want := eventText(append(at.events, b.events...)), eventText(whole.events); got != want {
			t.Fatalf("cut at %d\n%swant\n%s", cut, got, want)
		}
		if err == nil && strings.Contains(eventText(a.events), "3 ") {
			t.Fatalf("cut at %d: events of a cancelled stream\n%s", cut, eventText(a.events))
		}
	}
}

// TestH2FailedCallsChangeNothing makes every call that is a mistake in its state.
func TestH2FailedCallsChangeNothing(t *testing.T) {
	start := h2Started(t, Config{}, h2Get, h2Ext, h2Post)
	open := h2Fed(t, start, f200(3))
	ended := h2Must(t)(open.SendData(new(Output), 3, nil, true))
	over := h2Fed(t, ended, fData(3, true, "")+fReset(5, 0))
	trailers := func(id StreamID, name string) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.SendTrailers(out, id, http.Header{name: {"b"}}) }
	}
	send := func(id StreamID, n int, end bool) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.SendData(out, id, make([]byte, n), end) }
	}
	beginData := func(id StreamID) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { _, err := c.BeginData(out, id, 1); return c, err }
	}
	endData := func(id StreamID) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.EndData(out, id, len(out.Send)-9, false) }
	}
	cancel := func(id StreamID) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.Cancel(out, id, 0) }
	}
	finish := func(id StreamID) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.Finish(out, id) }
	}
	for i, tc := range []struct {
		c    Conn
		do   func(Conn, *Output) (Conn, error)
		want error
	}{
		{start, finish(0), ErrUnknownStream}, {start, finish(3), ErrNotSendable}, {start, finish(9), ErrUnknownStream},
		{start, send(0, 1, false), ErrUnknownStream}, {start, send(0, 0, true), ErrUnknownStream},
		{start, send(2, 0, true), ErrUnknownStream}, {start, send(7, 0, true), ErrUnknownStream},
		{start, send(1, 1, false), ErrStreamEnded}, {start, send(1, 0, false), ErrStreamEnded},
		{start, send(3, 1, false), ErrNotSendable}, {start, send(3, 0, true), ErrNotSendable},
		{ended, send(3, 1, false), ErrStreamEnded}, {ended, send(3, 1, true), ErrStreamEnded},
		{over, send(3, 1, true), ErrUnknownStream}, {over, send(5, 1, true), ErrUnknownStream},
		{start, beginData(1), ErrStreamEnded}, {start, beginData(3), ErrNotSendable},
		{start, beginData(9), ErrUnknownStream},
		{over, beginData(3), ErrUnknownStream},
		{start, endData(1), ErrStreamEnded}, {start, endData(3), ErrNotSendable}, {over, endData(5), ErrUnknownStream},
		{start, trailers(1, "A"), ErrStreamEnded}, {open, trailers(3, "A"), ErrNotSendable},
		{over, trailers(5, "A"), ErrUnknownStream},
		{start, trailers(5, "Content-Length"), ErrInvalidRequest}, {start, trailers(5, "a b"), ErrInvalidRequest},
		{start, trailers(5, "Connection"), ErrInvalidRequest}, {start, trailers(5, ":status"), ErrInvalidRequest},
		{start, cancel(0), ErrUnknownStream}, {start, cancel(2), ErrUnknownStream}, {start, cancel(7), ErrUnknownStream},
		{over, cancel(3), ErrUnknownStream}, {over, cancel(5), ErrUnknownStream},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			before := "before" + strings.Repeat("\x00", 9)
			out := Output{Send: []byte(before)}
			next, err := tc.do(tc.c, &out)
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if !next.Equal(tc.c) || string(out.Send) != before || len(out.Events) > 0 {
				t.Errorf("changed: %q %v", out.Send, out.Events)
			}
		})
	}
}

// TestH2Equal holds that values which differ in anything differ, so that the other tests can rely on it.
func TestH2Equal(t *testing.T) {
	var distinct []Conn
	add := func(c Conn) { distinct = append(distinct, c) }
	add(Conn{})
	add(h2Begin(t, h2Case{bare: true}))
	start := h2Started(t, Config{}, h2Post)
	add(start)
	for _, s := range []string{"\x00", fData(1, false, "x")[:9], fSettings(setStreams, 1), fSettings(setTable, 1),
		fSettings(setWindow, 1), fSettings(setWindow, 65535), h2Wide, // which differ in work
		fSettings(setFrame, 1<<15), fWindow(0, 1), fWindow(1, 1), f200(1), f200(1) + fData(1, false, "x"),
		f200(1) + fData(1, false, "xy")[:10], fHeaders(1, true, ":status: 200"),
		fHeaders(1, false, ":status: 200", "content-length: 1"),
		fHeaders(1, false, ":status: 103"), fReset(1, 0), fGoAway(9, 0, ""), fGoAway(7, 0, ""),
		fRaw(http2.FrameHeaders, 0, 1, "\x88"), fRaw(http2.FrameHeaders, 0, 1, ""), fRaw(http2.FrameHeaders, 1, 1, ""),
		f200(1) + fPadded(1, false, "", 3)[:10], f200(1) + fPadded(1, false, "", 4)[:10], fData(0, false, "")} {
		add(h2Feed(start, false, s).conn)
	}
	add(start.Close(new(Output)))
	add(h2Requests(t, start, h2Get))
	add(h2Requests(t, start, h2Post))
	add(h2Must(t)(start.Ping(new(Output), [8]byte{})))
	add(h2Must(t)(start.Cancel(new(Output), 1, 0)))
	for _, n := range []int{1, 65535, 65536, 65537} {
		for _, end := range []bool{false, true} {
			add(h2Must(t)(start.SendData(new(Output), 1, make([]byte, n), end)))
		}
	}
	full := h2Must(t)(start.SendData(new(Output), 1, make([]byte, 65536), false))
	add(h2Must(t)(full.SendTrailers(new(Output), 1, http.Header{"A": {"b"}})))
	add(h2Fed(t, full, fWindow(1, 1)))
	for i, a := range distinct {
		for j, b := range distinct {
			if a.Equal(b) != (i == j) {
				t.Errorf("Equal of %d and %d is %v", i, j, i != j)
			}
		}
	}
	var out Output
	if c := h2Begin(t, h2Case{bare: true}); !h2Must(t)(c.Stream(&out, nil)).Equal(c) {
		t.Error("empty data changes something")
	}
}

// TestH2NoAllocs: what a message costs, but for the checkpoints, which come once in a log's length.
func TestH2NoAllocs(t *testing.T) {
	for _, n := range []int{1, 100} {
		c, ids := h2Tunnels(t, n)
		out := Output{Events: make([]Event, 0, 4), Send: make([]byte, 0, 1<<10)}
		p := make([]byte, 100)
		frame := []byte(fData(uint32(ids[0]), false, xs(100)))
		padded := []byte(fPadded(uint32(ids[0]), false, xs(100), 9))
		for name, do := range map[string]func(){
			"Stream":        func() { c = h2Must(t)(c.Stream(&out, frame)) },
			"Stream padded": func() { c = h2Must(t)(c.Stream(&out, padded)) },
			"Stream cut": func() {
				c = h2Must(t)(c.Stream(&out, frame[:50]))
				c = h2Must(t)(c.Stream(&out, frame[50:]))
			},
			"SendData": func() { c = h2Must(t)(c.SendData(&out, ids[0], p, false)) },
			"BeginData": func() {
				mark, err := c.BeginData(&out, ids[0], len(p))
				if err != nil {
					t.Fatal(err)
				}
				out.Send = append(out.Send, p...)
				c = h2Must(t)(c.EndData(&out, ids[0], mark, false))
			},
		} {
			const runs = 2000
			if got := testing.AllocsPerRun(1, func() {
				for range runs {
					out.Reset()
					do()
				}
			}) / runs; got > 0.05 {
				t.Errorf("%s with %d streams: %v allocations", name, n, got)
			}
		}
	}
}

// What HTTP/1.1 and the zero Conn answer to calls that are for HTTP/2.
func TestH2CallsElsewhere(t *testing.T) {
	one, err := New(HTTP1, Config{}, new(Output))
	if err != nil {
		t.Fatal(err)
	}
	var out Output
	for _, tc := range []struct {
		c    Conn
		want error
	}{{one, ErrUnsupported}, {Conn{}, ErrClosed}} {
		if c, err := tc.c.Ping(&out, [8]byte{}); err != tc.want || !c.Equal(tc.c) {
			t.Errorf("Ping: %v", err)
		}
		if c, err := tc.c.Consume(&out, 1, 0); err != tc.want || !c.Equal(tc.c) {
			t.Errorf("Consume: %v", err)
		}
		if tc.c.Buffered(0) != 0 || tc.c.Buffered(1) != 0 || tc.c.SendWindow(1) != 0 {
			t.Error("there are windows")
		}
	}
	if (Conn{}).SendWindow(0) != 0 || one.SendWindow(0) < 1<<30 {
		t.Error("window of the connection")
	}
	one = h1Open(t)
	if one.SendWindow(1) < 1<<30 || one.Close(&out).SendWindow(1) != 0 {
		t.Error("window of a tunnel")
	}
}

// TestH2Linear feeds a large frame and a large header block byte by byte. Allocated bytes are the measure: a machine
// that copied what it kept on each call would need some 8,000 for each. A call that ends inside such a frame takes a new rare
// part, which knows where the frame began.
func TestH2Linear(t *testing.T) {
	block := hBlock(":status: 200", "x: "+strings.Repeat("\\", 40_000))
	input := []byte(fRaw(0x55, 0, 0, xs(1<<14)) + fBlock(1, true, block, 1<<14, 1<<14))
	c := h2Started(t, Config{}, h2Get)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var out Output
	for i := range input {
		c = h2Must(t)(c.Stream(&out, input[i:i+1]))
	}
	runtime.ReadMemStats(&after)
	if perByte := int(after.TotalAlloc-before.TotalAlloc) / len(input); perByte > 200 || len(out.Events) != 2 {
		t.Errorf("%d bytes allocated for each byte, %d events", perByte, len(out.Events))
	}
}
