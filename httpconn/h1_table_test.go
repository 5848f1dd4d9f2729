package httpconn

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// h1Case is one exchange: requests that are made before anything arrives, then all the bytes from the server. The tables
// drive the tests of what is parsed, of splits, of old values, the comparison with net/http and the fuzz seeds.
type h1Case struct {
	name  string
	cfg   Config
	reqs  []Request
	input string
	eof   bool   // the server closes after input
	want  string // events as eventText shows them
	next  Next   // after all that

	// of a bad case
	at     int    // the first byte that is refused; len(input) if it is the end of input
	reason string // what the error must say
	is     error  // its sentinel
}

var (
	h1Get     = []Request{{Authority: "example.com"}}
	h1HEAD    = []Request{{Method: "HEAD", Authority: "example.com"}}
	h1Connect = []Request{{Method: "CONNECT", Authority: "example.com:443"}}
	h1Upgrade = []Request{{Authority: "example.com", Path: "/chat", Tag: 7,
		Header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}}}
	h1GetClose = []Request{{Authority: "example.com", Header: http.Header{"Connection": {"close"}}}}
	h1Three    = []Request{{Authority: "example.com", Tag: 10}, {Authority: "example.com", Tag: 20},
		{Authority: "example.com", Tag: 30}}
	h1Pipeline = Config{Pipeline: 4}
)

// h1Begin makes the connection of a case with its requests sent.
func h1Begin(t testing.TB, tc h1Case) Conn {
	t.Helper()
	var out Output
	c, err := New(HTTP1, tc.cfg, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range tc.reqs {
		if c, _, err = c.Request(&out, r); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// h1Result is all that a feed of bytes leads to.
type h1Result struct {
	conn   Conn
	events []Event
	err    error
}

func (r h1Result) String() string {
	return fmt.Sprintf("%serr %v, next %v, slots %d", eventText(r.events), r.err, r.conn.Next(), r.conn.Slots())
}

// h1Feed passes input in the given pieces, and the end of input if eof, until an error.
func h1Feed(c Conn, eof bool, pieces ...string) h1Result {
	var r h1Result
	for _, piece := range pieces {
		var out Output
		data := []byte(piece)
		c, r.err = c.Stream(&out, data)
		for _, ev := range out.Events {
			ev.Data = slices.Clone(ev.Data)
			r.events = append(r.events, ev)
		}
		for i := range data { // state must not point into it (D4)
			data[i] = '#'
		}
		if len(out.Send) > 0 {
			panic("HTTP/1.1 answered by itself")
		}
		if r.err != nil {
			r.conn = c
			return r
		}
	}
	if eof {
		var out Output
		c, r.err = c.StreamEOF(&out)
		r.events = append(r.events, out.Events...)
	}
	r.conn = c
	return r
}

// h1Run feeds the whole input of a case at once.
func h1Run(t testing.TB, tc h1Case) h1Result { return h1Feed(h1Begin(t, tc), tc.eof, tc.input) }

func TestH1Good(t *testing.T) {
	for _, tc := range h1Good {
		t.Run(tc.name, func(t *testing.T) {
			r := h1Run(t, tc)
			if r.err != nil {
				t.Fatal(r.err)
			}
			if got := eventText(r.events); got != tc.want {
				t.Errorf("events\n%swant\n%s", got, tc.want)
			}
			if r.conn.Next() != tc.next {
				t.Errorf("next %v, want %v", r.conn.Next(), tc.next)
			}
		})
	}
}

// TestH1Bad holds that the first byte that makes the input illegal is the one that is refused, not one before or after.
func TestH1Bad(t *testing.T) {
	for _, tc := range h1Bad {
		t.Run(tc.name, func(t *testing.T) {
			c := h1Begin(t, tc)
			r := h1Feed(c, tc.eof, tc.input)
			var e *ConnError
			if !errors.As(r.err, &e) {
				t.Fatalf("error %v, want a *ConnError", r.err)
			}
			if !errors.Is(r.err, tc.is) {
				t.Errorf("error %v wraps %v, want %v", r.err, e.Err, tc.is)
			}
			if want := fmt.Sprintf("offset %d: ", tc.at); !strings.HasPrefix(e.Reason, want) ||
				!strings.Contains(e.Reason, tc.reason) {
				t.Errorf("reason\n%s, want\n%s...%s", e.Reason, want, tc.reason)
			}
			if before := h1Feed(c, false, tc.input[:tc.at]); before.err != nil {
				t.Errorf("refused already before byte %d: %v", tc.at, before.err)
			}
			if tc.at < len(tc.input) {
				if after := h1Feed(c, false, tc.input[:tc.at+1]); after.err == nil {
					t.Errorf("not refused at byte %d", tc.at)
				}
			}
			if r.conn.Next() != NextClose || r.conn.Slots() != 0 {
				t.Errorf("next %v, slots %d after a fatal error", r.conn.Next(), r.conn.Slots())
			}
			// Every request under way learns of it, after what came before it.
			open := map[StreamID]bool{}
			for i := range tc.reqs {
				open[StreamID(i+1)] = true
			}
			for _, ev := range r.events {
				switch ev.Kind {
				case EventDone:
					delete(open, ev.StreamID)
				case EventReset:
					if !open[ev.StreamID] || ev.Err != r.err && !ev.Retryable() && !errors.Is(ev.Err, ErrUnexpectedEOF) {
						t.Errorf("unexpected %s", eventText([]Event{ev}))
					}
					delete(open, ev.StreamID)
				}
			}
			if len(open) > 0 {
				t.Errorf("streams %v got no end", open)
			}
			if got := eventText(r.events); tc.want != "" && !strings.HasPrefix(got, tc.want) {
				t.Errorf("events\n%swant first\n%s", got, tc.want)
			}
			// It sticks.
			var out Output
			for _, call := range h1Calls(&out) {
				if next, err := call.do(r.conn); err != r.err || !next.Equal(r.conn) {
					t.Errorf("%s after the error: %v", call.name, err)
				}
			}
			if len(out.Send)+len(out.Events) > 0 {
				t.Error("calls after the error appended to out")
			}
		})
	}
}

type h1Call struct {
	name string
	do   func(c Conn) (Conn, error)
}

// h1Calls is every call that can fail, each on stream 1.
func h1Calls(out *Output) []h1Call {
	return []h1Call{
		{"Stream", func(c Conn) (Conn, error) { return c.Stream(out, []byte("x")) }},
		{"StreamEOF", func(c Conn) (Conn, error) { return c.StreamEOF(out) }},
		{"Request", func(c Conn) (Conn, error) { c, _, err := c.Request(out, h1Get[0]); return c, err }},
		{"SendData", func(c Conn) (Conn, error) { return c.SendData(out, 1, []byte("x"), false) }},
		{"SendData end", func(c Conn) (Conn, error) { return c.SendData(out, 1, nil, true) }},
		{"BeginData", func(c Conn) (Conn, error) { _, err := c.BeginData(out, 1, 1); return c, err }},
		{"EndData", func(c Conn) (Conn, error) { return c.EndData(out, 1, len(out.Send), true) }},
		{"SendTrailers", func(c Conn) (Conn, error) { return c.SendTrailers(out, 1, nil) }},
		{"Cancel", func(c Conn) (Conn, error) { return c.Cancel(out, 1, 0) }},
	}
}
