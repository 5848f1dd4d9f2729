package httpconn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"golang.org/x/net/http2"
)

func TestConnSize(t *testing.T) {
	const size = 128 // stated in the comment of Conn; where pointers have 32 bits it is less
	got, is64 := unsafe.Sizeof(Conn{}), unsafe.Sizeof(uintptr(0)) == 8
	if got > size || is64 && (got != size || got%16 != 0) { // copied 16 bytes at a time
		t.Errorf("Conn has %d bytes, its comment says %d", got, size)
	}
	if n := unsafe.Sizeof(stream{}); n > 48 { // of which HTTP/2 has thousands
		t.Errorf("stream has %d bytes", n)
	}
}

func TestZeroConn(t *testing.T) {
	var out Output
	for _, call := range h1Calls(&out) {
		if c, err := call.do(Conn{}); err != ErrClosed || !c.Equal(Conn{}) {
			t.Errorf("%s: %v", call.name, err)
		}
	}
	for name, do := range map[string]func(c Conn) (Conn, error){
		"Finish":   func(c Conn) (Conn, error) { return c.Finish(&out, 1) },
		"Consume":  func(c Conn) (Conn, error) { return c.Consume(&out, 1, 1) },
		"Ping":     func(c Conn) (Conn, error) { return c.Ping(&out, [8]byte{}) },
		"Settings": func(c Conn) (Conn, error) { return c.Settings(&out, Settings{MaxFrame: 1 << 14}) },
	} {
		if c, err := do(Conn{}); err != ErrClosed || !c.Equal(Conn{}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := Conn{}.Close(&out)
	if _, ok := c.PeerSetting(http2.SettingMaxFrameSize); ok || c.Buffered(0) != 0 || c.Buffered(1) != 0 || c.SendWindow(0) != 0 || c.SendWindow(1) != 0 {
		t.Error("the zero Conn can send or has something queued or set")
	}
	if !c.Equal(Conn{}) || c.Next() != NextClose || c.Version() != 0 || c.Slots() != 0 || len(out.Events)+len(out.Send) > 0 {
		t.Errorf("zero Conn: %v %v %d %+v", c.Next(), c.Version(), c.Slots(), out)
	}
}

func TestNewUnsupported(t *testing.T) {
	var out Output
	for _, v := range []Version{0, 3} {
		if c, err := New(v, Config{}, &out); !errors.Is(err, ErrUnsupported) || !c.Equal(Conn{}) {
			t.Errorf("New(%v): %v", v, err)
		}
	}
}

// TestOldValues replays every value of a byte by byte feed: the rest of the input must lead from each to the same end,
// whatever was done with the values after it, and from several goroutines at once.
func TestOldValues(t *testing.T) {
	for _, tc := range h1All() {
		t.Run(tc.name, func(t *testing.T) {
			step := stride(tc.input, 4<<10)
			at := func(i int) int { return min(i*step, len(tc.input)) } // where values[i] stands
			values := []Conn{h1Begin(t, tc)}
			for i := 0; at(i) < len(tc.input); i++ {
				r := h1Feed(values[i], false, tc.input[at(i):at(i+1)])
				if r.err != nil {
					break
				}
				values = append(values, r.conn)
			}
			want := make([]string, len(values))
			end := h1Feed(values[0], tc.eof, tc.input).conn
			for i, c := range values {
				want[i] = h1Feed(c, tc.eof, tc.input[at(i):]).String()
			}
			rounds := len(values)/2 + 1
			if step > 1 {
				rounds = 1
			}
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					rng := rand.New(rand.NewPCG(uint64(g), 2))
					for range rounds {
						i := rng.IntN(len(values))
						h1Feed(values[i], false, "\r\n garbage: to make a fork\x00") // must leave no trace
						r := h1Feed(values[i], tc.eof, randomPieces(rng, tc.input[at(i):])...)
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

// TestForkedPipeline appends different requests to one value: neither may show in the other's queue.
func TestForkedPipeline(t *testing.T) {
	c := h1Begin(t, h1Case{cfg: Config{Pipeline: 9}, reqs: h1Three})
	var out Output
	a, _, err := c.Request(&out, Request{Authority: "a", Tag: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := c.Request(&out, Request{Authority: "b", Tag: 2, Method: "HEAD"})
	if err != nil {
		t.Fatal(err)
	}
	const short = "HTTP/1.1 204 x\r\n\r\n"
	const last = "HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n"
	if got := eventText(h1Feed(a, false,
		short+short+short+last+"x").events[6:]); got != "4#1 Headers 200 Content-Length:1\n4#1 Data \"x\"\n4#1 Done\n" {
		t.Error(got)
	}
	if got := eventText(h1Feed(b, false,
		short+short+short+last).events[6:]); got != "4#2 Headers 200 Content-Length:1\n4#2 Done\n" {
		t.Error(got)
	}
}

// TestFailedCallsChangeNothing makes every call that is a mistake in its state.
func TestFailedCallsChangeNothing(t *testing.T) {
	begin := func(cfg Config, reqs ...Request) Conn { return h1Begin(t, h1Case{cfg: cfg, reqs: reqs}) }
	feed := func(c Conn, eof bool, s string) Conn {
		r := h1Feed(c, eof, s)
		if r.err != nil {
			t.Fatal(r.err)
		}
		return r.conn
	}
	post := Request{Method: "POST", Authority: "a", HasBody: true}
	counted := Request{Method: "POST", Authority: "a", HasBody: true, Header: http.Header{"Content-Length": {"3"}}}
	const ok204, close204 = "HTTP/1.1 204 x\r\n\r\n", "HTTP/1.1 204 x\r\nConnection: close\r\n\r\n"
	tunnel := feed(begin(Config{}, h1Upgrade[0]), false, "HTTP/1.1 101 x\r\n\r\n")
	var scratch Output
	ended, err := tunnel.SendData(&scratch, 1, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	request := func(r Request) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { c, _, err := c.Request(out, r); return c, err }
	}
	send := func(id StreamID, p string, end bool) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.SendData(out, id, []byte(p), end) }
	}
	beginData := func(id StreamID, size int) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { _, err := c.BeginData(out, id, size); return c, err }
	}
	endData := func(id StreamID, mark int) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.EndData(out, id, mark, true) }
	}
	trailers := func(id StreamID, h http.Header) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.SendTrailers(out, id, h) }
	}
	cancel := func(id StreamID) func(Conn, *Output) (Conn, error) {
		return func(c Conn, out *Output) (Conn, error) { return c.Cancel(out, id, 0) }
	}
	stream := func(c Conn, out *Output) (Conn, error) { return c.Stream(out, []byte("x")) }
	streamEOF := func(c Conn, out *Output) (Conn, error) { return c.StreamEOF(out) }
	over := feed(begin(Config{}, h1Get[0]), false, close204)
	closed := begin(Config{}, h1Get[0]).Close(&scratch)

	for i, tc := range []struct {
		c    Conn
		do   func(Conn, *Output) (Conn, error)
		want error
	}{
		// Request
		{begin(Config{}, h1Get[0]), request(h1Get[0]), ErrTooManyStreams},
		{begin(Config{Pipeline: 3}, h1Three...), request(h1Get[0]), ErrTooManyStreams},
		{begin(Config{Pipeline: 3}, post), request(h1Get[0]), ErrTooManyStreams},
		{begin(Config{Pipeline: 3}, h1Upgrade[0]), request(h1Get[0]), ErrTooManyStreams},
		{begin(Config{Pipeline: 3}, h1Connect[0]), request(h1Get[0]), ErrTooManyStreams},
		{feed(begin(Config{}, post), false, ok204), request(h1Get[0]), ErrTooManyStreams},
		{begin(Config{Pipeline: 3}, h1GetClose[0]), request(h1Get[0]), ErrGoingAway},
		{feed(begin(Config{Pipeline: 3}, h1Get[0]), false, "HTTP/1.0 200 OK\r\n\r\n"), request(h1Get[0]), ErrGoingAway},
		{feed(begin(Config{Pipeline: 3}, h1Get[0]), false, "HTTP/1.1 200 OK\r\n\r\n"), request(h1Get[0]), ErrGoingAway},
		{tunnel, request(h1Get[0]), ErrGoingAway},
		{ended, request(h1Get[0]), ErrGoingAway},
		{over, request(h1Get[0]), ErrClosed},
		{closed, request(h1Get[0]), ErrClosed},
		{feed(begin(Config{}), true, ""), request(h1Get[0]), ErrClosed},
		{begin(Config{}), request(Request{Authority: "a", Method: "CONNECT", Protocol: "websocket"}), ErrUnsupported},
		{begin(Config{}), request(Request{Authority: "a", Path: "no"}), ErrInvalidRequest},
		{begin(Config{}), request(Request{Authority: "a", HasBody: true, Body: []byte("abcd"),
			Header: http.Header{"Content-Length": {"3"}}}), ErrBodyLength},
		// sending
		{begin(Config{}), send(0, "x", false), ErrUnknownStream},
		{begin(Config{}), send(0, "", true), ErrUnknownStream},
		{begin(Config{}), send(1, "x", false), ErrUnknownStream},
		{begin(Config{}, h1Get[0]), send(2, "x", false), ErrUnknownStream},
		{feed(begin(Config{}, h1Get[0]), false, ok204), send(1, "", true), ErrUnknownStream},
		{begin(Config{}, h1Get[0]), send(1, "x", false), ErrNotSendable},
		{begin(Config{}, h1Get[0]), send(1, "", false), ErrNotSendable},
		{begin(Config{}, h1Upgrade[0]), send(1, "x", false), ErrNotSendable},
		{begin(Config{}, h1Upgrade[0]), send(1, "", true), ErrNotSendable},
		{begin(Config{}, h1Connect[0]), send(1, "x", false), ErrNotSendable},
		{ended, send(1, "x", false), ErrStreamEnded},
		{ended, send(1, "x", true), ErrStreamEnded},
		{ended, send(1, "", false), ErrStreamEnded},
		{ended, beginData(1, 0), ErrStreamEnded},
		{ended, endData(1, 0), ErrStreamEnded},
		{feed(ended, true, ""), send(1, "x", true), ErrStreamEnded},
		{tunnel, send(2, "x", false), ErrUnknownStream},
		{tunnel, beginData(0, 1), ErrUnknownStream},
		{tunnel, endData(2, 0), ErrUnknownStream},
		{begin(Config{}, counted), send(1, "abcd", false), ErrBodyLength},
		{begin(Config{}, counted), send(1, "ab", true), ErrBodyLength},
		{begin(Config{}, counted), send(1, "", true), ErrBodyLength},
		{begin(Config{}, counted), beginData(1, 4), ErrBodyLength},
		{begin(Config{}, post), endData(1, -1), ErrNotSendable},
		{begin(Config{}, post), endData(1, 99), ErrNotSendable},
		{begin(Config{}, post), endData(1, 0), ErrNotSendable},
		{tunnel, endData(1, 99), ErrNotSendable},
		{tunnel, endData(1, -1), ErrNotSendable},
		{over, send(1, "x", false), ErrClosed},
		{feed(begin(Config{}, post), false, close204), send(1, "x", false), ErrClosed},
		{closed, send(1, "x", false), ErrClosed},
		{begin(Config{}, counted), trailers(1, http.Header{"A": {"b"}}), ErrNotSendable},
		{tunnel, trailers(1, nil), ErrNotSendable},
		{begin(Config{}, post), trailers(1, http.Header{"Content-Length": {"1"}}), ErrInvalidRequest},
		{begin(Config{}, post), trailers(1, http.Header{"A": {"b\n"}}), ErrInvalidRequest},
		{begin(Config{}, h1Get[0]), trailers(1, nil), ErrNotSendable},
		// the rest
		{begin(Config{}), cancel(1), ErrUnknownStream},
		{begin(Config{}, h1Get[0]), cancel(2), ErrUnknownStream},
		{feed(begin(Config{}, h1Get[0]), false, ok204), cancel(1), ErrUnknownStream},
		{over, cancel(1), ErrClosed},
		{closed, cancel(1), ErrClosed},
		{closed, stream, ErrClosed},
		{closed, streamEOF, ErrClosed},
		{feed(over, true, ""), streamEOF, ErrClosed},
		{feed(tunnel, true, ""), stream, ErrClosed},
		{feed(tunnel, true, ""), streamEOF, ErrClosed},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			out := Output{Send: []byte("before")}
			next, err := tc.do(tc.c, &out)
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if !next.Equal(tc.c) {
				t.Errorf("changed from\n%+v to\n%+v", tc.c, next)
			}
			if string(out.Send) != "before" || len(out.Events) > 0 {
				t.Errorf("out %q %v", out.Send, out.Events)
			}
		})
	}
}

// TestEqual holds that values which differ in anything differ, so that the other tests can rely on it.
func TestEqual(t *testing.T) {
	var distinct []Conn
	add := func(c Conn) { distinct = append(distinct, c) }
	add(Conn{})
	for _, cfg := range []Config{{}, h1Pipeline, {Limits: Limits{MaxHeaderBytes: 9}}} {
		add(h1Begin(t, h1Case{cfg: cfg}))
	}
	add(distinct[1].Close(&Output{}))
	for _, reqs := range [][]Request{h1Get, h1HEAD, h1Connect, h1Upgrade, h1GetClose} {
		c := h1Begin(t, h1Case{reqs: reqs})
		add(c)
		for _, s := range []string{"H", "HTTP/1.1 2", h1OK, "HTTP/1.1 201 x\r\n", "HTTP/1.1 103 x\r\n\r\n", "x", "TTTT"} {
			add(h1Feed(c, false, s).conn)
		}
	}
	for i, a := range distinct {
		for j, b := range distinct {
			if a.Equal(b) != (i == j) && (a.fail == nil || b.fail == nil) {
				t.Errorf("Equal of %d and %d is %v", i, j, i != j)
			}
		}
	}
}

// TestClippedData holds that appending to an event's data cannot write into the caller's buffer.
func TestClippedData(t *testing.T) {
	for _, tc := range h1Good {
		data := append(make([]byte, 0, len(tc.input)+10), tc.input...) // room behind
		for cut := range len(data) + 1 {
			var out Output
			c, err := h1Begin(t, tc).Stream(&out, data[:cut])
			if err == nil {
				_, err = c.Stream(&out, data[cut:])
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, ev := range out.Events {
				if len(ev.Data) != cap(ev.Data) || (ev.Kind == EventData) != (len(ev.Data) > 0) {
					t.Errorf("%s: %v data of length %d, capacity %d", tc.name, ev.Kind, len(ev.Data), cap(ev.Data))
				}
			}
		}
		if string(data) != tc.input {
			t.Errorf("%s: input was written", tc.name)
		}
	}
}

// TestRequestKeepsNothing holds that a request's parts may be changed once it is made.
func TestRequestKeepsNothing(t *testing.T) {
	header, body := http.Header{"X": {"1"}}, []byte("body")
	var out, again Output
	c, err := New(HTTP1, Config{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := c.Request(&out, Request{Method: "POST", Authority: "a", Header: header, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	sent := slices.Clone(out.Send)
	header["X"][0], body[0] = "2", '#'
	if string(out.Send) != string(sent) {
		t.Error("out.Send refers to the request")
	}
	b, _, err := c.Request(&again, Request{Method: "POST", Authority: "a", Header: http.Header{"X": {"1"}},
		Body: []byte("body")})
	if err != nil || !a.Equal(b) || string(again.Send) != string(sent) {
		t.Errorf("the same arguments gave\n%q and\n%q", sent, again.Send)
	}
}
