package httpconn

import (
	"errors"
	"net/http"
	"testing"
)

// h1Step is one call in the life of a connection, and what Next and Slots say after it.
type h1Step struct {
	do    string // a method, or what the server sends
	next  Next
	slots int
}

// h1Do makes the call that a step names, always on the latest stream.
func h1Do(t *testing.T, c Conn, do string) Conn {
	t.Helper()
	var out Output
	var err error
	id := c.h1.lastID
	switch do {
	case "get":
		c, _, err = c.Request(&out, h1Get[0])
	case "get, close":
		c, _, err = c.Request(&out, h1GetClose[0])
	case "post":
		c, _, err = c.Request(&out, Request{Method: "POST", Authority: "a", HasBody: true})
	case "upgrade":
		c, _, err = c.Request(&out, h1Upgrade[0])
	case "connect":
		c, _, err = c.Request(&out, h1Connect[0])
	case "data":
		c, err = c.SendData(&out, id, []byte("x"), false)
	case "end":
		c, err = c.SendData(&out, id, nil, true)
	case "cancel":
		c, err = c.Cancel(&out, id, 0)
	case "close":
		c = c.Close(&out)
	case "EOF":
		c, err = c.StreamEOF(&out)
	case "fault":
		if c, err = c.Stream(&out, []byte("?")); err == nil {
			t.Fatal("no fault")
		}
		return c
	default:
		c, err = c.Stream(&out, []byte(do))
	}
	if err != nil {
		t.Fatalf("%q: %v", do, err)
	}
	return c
}

func TestH1NextAndSlots(t *testing.T) {
	const short, closing = "HTTP/1.1 204 x\r\n\r\n", "HTTP/1.1 204 x\r\nConnection: close\r\n\r\n"
	const toEOF, switching = "HTTP/1.1 200 x\r\n\r\n", "HTTP/1.1 101 x\r\n\r\n"
	for _, tc := range []struct {
		name  string
		cfg   Config
		steps []h1Step
	}{
		{"one after the other", Config{}, []h1Step{{"get", NextRead, 0}, {"HTTP/1.1", NextRead, 0}, {" 204 x\r\n\r\n",
			NextRead, 1},
			{"get", NextRead, 0}, {short, NextRead, 1}, {"EOF", NextClose, 0}}},
		{"pipelined", Config{Pipeline: 3}, []h1Step{{"get", NextRead, 2}, {"get", NextRead, 1}, {short, NextRead, 2},
			{"get", NextRead, 1},
			{"get", NextRead, 0}, {short + short, NextRead, 2}, {short, NextRead, 3}}},
		{"pipelined without limit", Config{Pipeline: -1}, []h1Step{{"get", NextRead, int(^uint(0)>>1) - 1}}},
		{"server closes", Config{Pipeline: 3}, []h1Step{{"get", NextRead, 2}, {closing, NextClose, 0}, {"EOF", NextClose,
			0}}},
		{"server says that it will close", Config{Pipeline: 3}, []h1Step{{"get", NextRead, 2},
			{"HTTP/1.1 200 x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n", NextRead, 0}, {"x", NextClose, 0}}},
		{"we close", Config{Pipeline: 3}, []h1Step{{"get", NextRead, 2}, {"get, close", NextRead, 0}, {short, NextRead,
			0}, {short, NextClose, 0}}},
		{"content until the end", Config{Pipeline: 3}, []h1Step{{"get", NextRead, 2}, {toEOF, NextRead, 0}, {"x",
			NextRead, 0}, {"EOF", NextClose, 0}}},
		{"content to send", Config{Pipeline: 3}, []h1Step{{"post", NextRead, 0}, {"data", NextRead, 0}, {"end", NextRead,
			2}, {"end", NextRead, 2},
			{short, NextRead, 3}}},
		{"answered early", Config{}, []h1Step{{"post", NextRead, 0}, {short, NextRead, 0}, {"data", NextRead, 0}, {"end",
			NextRead, 1}, {"get", NextRead, 0}}},
		{"answered early, then closed", Config{}, []h1Step{{"post", NextRead, 0}, {short, NextRead, 0}, {"EOF", NextClose,
			0}}},
		{"answered early and closed", Config{}, []h1Step{{"post", NextRead, 0}, {closing, NextClose, 0}}},
		{"answered early, cancelled", Config{}, []h1Step{{"post", NextRead, 0}, {short, NextRead, 0}, {"cancel",
			NextClose, 0}}},
		{"tunnel, we end first", Config{Pipeline: 3}, []h1Step{{"upgrade", NextRead, 0}, {switching, NextRead, 0}, {"x",
			NextRead, 0}, {"data", NextRead, 0},
			{"end", NextAwaitEOF, 0}, {"x", NextAwaitEOF, 0}, {"end", NextAwaitEOF, 0}, {"EOF", NextClose, 0}, {"end",
				NextClose, 0}}},
		{"tunnel, the server ends first", Config{}, []h1Step{{"connect", NextRead, 0}, {toEOF, NextRead, 0}, {"EOF",
			NextClose, 0}, {"data", NextClose, 0},
			{"end", NextClose, 0}, {"end", NextClose, 0}}},
		{"tunnel, cancelled", Config{}, []h1Step{{"connect", NextRead, 0}, {toEOF, NextRead, 0}, {"cancel", NextClose, 0},
			{"close", NextClose, 0}}},
		{"tunnel, ended, then closed", Config{}, []h1Step{{"upgrade", NextRead, 0}, {switching, NextRead, 0}, {"end",
			NextAwaitEOF, 0}, {"close", NextClose, 0}}},
		{"upgrade refused", Config{}, []h1Step{{"upgrade", NextRead, 0}, {"HTTP/1.1 426 x\r\nContent-Length: 1\r\n\r\n",
			NextRead, 0}, {"end", NextRead, 0},
			{"x", NextRead, 1}, {"upgrade", NextRead, 0}, {switching, NextRead, 0}}},
		{"upgrade behind another request", Config{Pipeline: 3}, []h1Step{{"get", NextRead, 2}, {"upgrade", NextRead, 0},
			{short, NextRead, 0},
			{switching, NextRead, 0}}},
		{"CONNECT refused", Config{}, []h1Step{{"connect", NextRead, 0}, {"HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n",
			NextRead, 1},
			{"connect", NextRead, 0}, {toEOF, NextRead, 0}}},
		{"closed", Config{}, []h1Step{{"get", NextRead, 0}, {"close", NextClose, 0}, {"close", NextClose, 0}}},
		{"failed", Config{}, []h1Step{{"get", NextRead, 0}, {"fault", NextClose, 0}, {"close", NextClose, 0}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := h1Begin(t, h1Case{cfg: tc.cfg})
			for i, step := range tc.steps {
				c = h1Do(t, c, step.do)
				if c.Next() != step.next || c.Slots() != step.slots {
					t.Errorf("step %d (%q): next %v, slots %d, want %v, %d", i, step.do, c.Next(), c.Slots(), step.next,
						step.slots)
				}
				if c.Version() != HTTP1 {
					t.Errorf("step %d (%q): version %v", i, step.do, c.Version())
				}
			}
		})
	}
}

// TestH1CloseKeepsError holds that closing does not hide what happened.
func TestH1CloseKeepsError(t *testing.T) {
	var out Output
	c := h1Do(t, h1Begin(t, h1Case{reqs: h1Get}), "fault").Close(&out)
	if _, _, err := c.Request(&out, h1Get[0]); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}

// TestH1StreamNumbers holds that streams are numbered in the order of the requests and that the numbers end.
func TestH1StreamNumbers(t *testing.T) {
	c := h1Begin(t, h1Case{cfg: Config{Pipeline: 9}})
	var out Output
	for want := StreamID(1); want < 4; want++ {
		var id StreamID
		var err error
		if c, id, err = c.Request(&out, h1Get[0]); err != nil || id != want {
			t.Errorf("stream %d, want %d: %v", id, want, err)
		}
	}
	c.h1.lastID = ^StreamID(0)
	if _, _, err := c.Request(&out, h1Get[0]); !errors.Is(err, ErrGoingAway) || c.Slots() != 0 {
		t.Errorf("after the last number: %v, slots %d", err, c.Slots())
	}
}

// TestH1EmptyStream holds that no bytes do nothing, in every state.
func TestH1EmptyStream(t *testing.T) {
	for _, tc := range h1Good {
		r := h1Run(t, tc)
		var out Output
		next, err := r.conn.Stream(&out, nil)
		if err != nil && !errors.Is(err, ErrClosed) || len(out.Events) > 0 || !next.Equal(r.conn) {
			t.Errorf("%s: %v, %v", tc.name, err, out.Events)
		}
	}
}

// TestH1HeaderBelongsToCaller holds that a Header is made for its event: writing it changes no other value's results.
func TestH1HeaderBelongsToCaller(t *testing.T) {
	c := h1Feed(h1Begin(t, h1Case{reqs: h1Get}), false, "HTTP/1.1 204 x\r\nA: 1\r\nB: 2\r\na: 3\r\n").conn
	for range 2 {
		h := h1Feed(c, false, "\r\n").events[0].Header
		if h.Get("B") != "2" || len(h["A"]) != 2 || h["A"][1] != "3" {
			t.Fatalf("header %v", h)
		}
		h["A"][0] = "#"
		h["A"] = append(h["A"], "#")
		h["B"] = append(h["B"], "#")
		if h.Get("A") != "#" {
			t.Fatal("not the caller's")
		}
		h["C"] = http.Header{}["none"]
	}
}
