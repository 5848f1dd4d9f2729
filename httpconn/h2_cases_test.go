package httpconn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// h2Case is one exchange: requests, made after the server's SETTINGS unless bare is set, then the bytes from the server. The
// tables drive the tests of what is understood, of splits, of old values, and the fuzz seeds.
type h2Case struct {
	name  string
	cfg   Config
	bare  bool // nothing was received before input
	reqs  []Request
	input string
	eof   bool
	want  string // events as h2Events shows them
	sent  string // frames as h2Sent shows them, without the GOAWAY of a fatal error

	code   http2.ErrCode // of a fatal error
	is     error         // its sentinel; nil: no fatal error
	reason string        // a part of the error's, or of the first StreamError's
}

func h2All() []h2Case {
	return slices.Concat(h2SettingsCases, h2ResponseCases, h2MalformedCases, h2ResetCases, h2DataCases, h2FrameCases,
		h2FloodCases, h2QueueCases)
}

// h2Events is eventText with errors reduced to what a table should say of them.
func h2Events(events []Event) string {
	var b strings.Builder
	for i := 0; i < len(events); {
		n := i + 1
		for events[i].Kind == EventData && n < len(events) && events[n].Kind == EventData &&
			events[n].StreamID == events[i].StreamID {
			n++
		}
		group := slices.Clone(events[i:n])
		i = n
		ev := &group[0]
		err := ev.Err
		ev.Err = nil
		b.WriteString(strings.TrimSuffix(eventText(group), "\n"))
		switch e := err.(type) {
		case *StreamError:
			fmt.Fprintf(&b, " StreamError %v", e.Code)
		case *ResetError:
			fmt.Fprintf(&b, " ResetError %v", e.Code)
		case *ConnError:
			fmt.Fprintf(&b, " ConnError %v", e.Code)
		case *GoAwayError:
			fmt.Fprintf(&b, " GoAwayError %v", e.Code)
		}
		if ev.Err = err; ev.Retryable() {
			b.WriteString(" retryable")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func h2Begin(t testing.TB, tc h2Case) Conn {
	t.Helper()
	if !tc.bare {
		return h2Started(t, tc.cfg, tc.reqs...)
	}
	c, err := New(HTTP2, tc.cfg, new(Output))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestH2Cases(t *testing.T) {
	for _, tc := range h2All() {
		t.Run(tc.name, func(t *testing.T) {
			r := h2Feed(h2Begin(t, tc), tc.eof, tc.input)
			sent := tc.sent
			switch {
			case tc.is != nil:
				h2ConnErr(t, r.err, tc.code, tc.is)
				if !tc.eof {
					sent += fmt.Sprintf("GOAWAY %v\n", tc.code)
				}
				h2CheckOver(t, r)
			case r.err != nil:
				t.Fatal(r.err)
			}
			if got := h2Events(r.events); got != tc.want {
				t.Errorf("events\n%swant\n%s", got, tc.want)
			}
			if got := h2Sent(r.send); got != sent {
				t.Errorf("sent\n%swant\n%s", got, sent)
			}
			if !strings.Contains(h2Reason(r), tc.reason) {
				t.Errorf("reason %q, want %q", h2Reason(r), tc.reason)
			}
			h2CheckOrder(t, r.events)
			h2CheckBounds(t, r.conn)
		})
	}
}

// h2Reason returns the text of the fatal error, or of the first one in an event.
func h2Reason(r h2Result) string {
	if r.err != nil {
		return r.err.Error()
	}
	for _, ev := range r.events {
		if ev.Err != nil {
			return ev.Err.Error()
		}
	}
	return ""
}

// h2CheckOver holds that a fatal error sticks, in every call, and that nothing is said after it.
func h2CheckOver(t *testing.T, r h2Result) {
	t.Helper()
	if r.conn.Next() != NextClose || r.conn.Slots() != 0 || r.conn.Buffered(0) != 0 || r.conn.SendWindow(0) != 0 {
		t.Errorf("next %v, slots %d after a fatal error", r.conn.Next(), r.conn.Slots())
	}
	var out Output
	for _, call := range append(h1Calls(&out),
		h1Call{"Ping", func(c Conn) (Conn, error) { return c.Ping(&out, [8]byte{}) }},
		h1Call{"Consume", func(c Conn) (Conn, error) { return c.Consume(&out, 1, 0) }},
		h1Call{"Finish", func(c Conn) (Conn, error) { return c.Finish(&out, 1) }},
		h1Call{"Settings", func(c Conn) (Conn, error) { return c.Settings(&out, Settings{MaxFrame: 1 << 14}) }}) {
		if next, err := call.do(r.conn); err != r.err || !next.Equal(r.conn) {
			t.Errorf("%s after the error: %v", call.name, err)
		}
	}
	if next := r.conn.Close(&out); !next.Equal(r.conn) || len(out.Send)+len(out.Events) > 0 {
		t.Error("calls after the error appended to out")
	}
}

// h2CheckOrder holds the grammar of a stream's events: 1xx, one head, data, at most one trailer section, and Done or Reset,
// once, as the last but for Drained, or for a Reset that says that what was queued after Done is lost.
func h2CheckOrder(t testing.TB, events []Event) {
	t.Helper()
	const waiting, body, trailed, done, over = 0, 1, 2, 3, 4
	state := map[StreamID]int{}
	for i, ev := range events {
		s, ok := state[ev.StreamID], true
		switch ev.Kind {
		case EventInformational:
			ok = s == waiting && ev.Status >= 100 && ev.Status < 200 && ev.Header != nil
		case EventHeaders:
			ok = s == waiting && ev.Status >= 200 && ev.Status <= 999 && ev.Header != nil
			s = body
		case EventData:
			ok = s == body && len(ev.Data) > 0
		case EventTrailers:
			ok = s == body && len(ev.Header) > 0
			s = trailed
		case EventDone:
			ok = s == body || s == trailed
			s = done
		case EventReset:
			ok = s != over && ev.Err != nil
			s = over
		case EventGoAway:
			ok = ev.Err != nil
		case EventPong:
			ok = len(ev.Data) == 8
		}
		connection := ev.Kind == EventSettings || ev.Kind == EventPong || ev.Kind == EventGoAway ||
			ev.Kind == EventSettingsAcked
		if !ok || connection != (ev.StreamID == 0) {
			t.Fatalf("event %d is out of order:\n%s", i, h2Events(events))
		}
		state[ev.StreamID] = s
	}
}

// TestH2AnySplit holds D7: cutting the input anywhere gives the same events, frames to send, error and next value.
func TestH2AnySplit(t *testing.T) {
	for _, tc := range h2All() {
		t.Run(tc.name, func(t *testing.T) {
			c := h2Begin(t, tc)
			whole := h2Feed(c, tc.eof, tc.input)
			want := whole.String()
			check := func(how string, pieces ...string) {
				t.Helper()
				got := h2Feed(c, tc.eof, pieces...)
				if s := got.String(); s != want {
					t.Fatalf("%s\n%v\nwhole\n%v", how, s, want)
				}
				if !got.conn.Equal(whole.conn) || string(got.send) != string(whole.send) {
					t.Fatalf("%s leads to another value\n%+v\n%+v", how, got.conn, whole.conn)
				}
			}
			if len(tc.input) > 2<<10 {
				rng := rand.New(rand.NewPCG(1, uint64(len(tc.input))))
				for range 5 {
					cut := rng.IntN(len(tc.input))
					check("cut at "+itoa(int64(cut)), tc.input[:cut], tc.input[cut:])
				}
				check("in random pieces", randomPieces(rng, tc.input)...)
				return
			}
			for cut := range len(tc.input) + 1 {
				check("cut at "+itoa(int64(cut)), tc.input[:cut], tc.input[cut:])
			}
			check("byte by byte", strings.Split(tc.input, "")...)
		})
	}
}
