package httpconn

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// h1FuzzRequests are the requests that FuzzStream chooses from: what a response is depends on them.
var h1FuzzRequests = [][]Request{h1Get, h1HEAD, h1Connect, h1Upgrade, h1GetClose, h1Three, {{Method: "POST",
	Authority: "a", HasBody: true}}}

// FuzzStream feeds any bytes whole and in pieces, whose lengths are cuts in turn, and holds the properties that must not
// depend on what the bytes are.
func FuzzStream(f *testing.F) {
	for i, tc := range h1All() {
		if len(tc.input) > 4<<10 {
			continue
		}
		kind := slices.IndexFunc(h1FuzzRequests, func(reqs []Request) bool {
			return len(reqs) == len(tc.reqs) && len(reqs) > 0 && reqs[0].Method == tc.reqs[0].Method &&
				len(reqs[0].Header) == len(tc.reqs[0].Header)
		})
		f.Add([]byte(tc.input), []byte{byte(i), 1, 0, 7}, byte(max(kind, 0)), tc.eof)
	}
	f.Fuzz(func(t *testing.T, input, cuts []byte, kind byte, eof bool) {
		tc := h1Case{reqs: h1FuzzRequests[int(kind)%len(h1FuzzRequests)], eof: eof,
			cfg: Config{Pipeline: 4, Limits: Limits{MaxHeaderBytes: 300, MaxHeaderFields: 6, MaxInformational: 3}}}
		c := h1Begin(t, tc)
		whole := h1Feed(c, eof, string(input))
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
		parts := h1Feed(c, eof, pieces...)
		if parts.String() != whole.String() || !parts.conn.Equal(whole.conn) {
			t.Fatalf("in pieces %q\n%v\nwhole\n%v", pieces, parts, whole)
		}
		h1CheckOrder(t, whole.events, len(tc.reqs), eof)
		var e *ConnError
		if whole.err != nil && !errors.As(whole.err, &e) && whole.err != ErrClosed {
			t.Fatalf("error %v", whole.err)
		}
		if e != nil && (e.Err == nil || e.Reason == "" || whole.conn.Next() != NextClose) {
			t.Fatalf("error %+v, next %v", e, whole.conn.Next())
		}
		tc.input = string(input)
		h1Compare(t, tc, nil)
	})
}

// h1CheckOrder holds the grammar of events: 1xx, one head, data, at most one trailer section, done; or a reset.
func h1CheckOrder(t *testing.T, events []Event, streams int, eof bool) {
	t.Helper()
	const (
		waiting = iota
		body
		trailed
		done
	)
	state := make([]int, streams+1)
	for i, ev := range events {
		s := &state[ev.StreamID] // an event of a stream that was never opened panics
		ok := false
		switch ev.Kind {
		case EventInformational:
			ok = *s == waiting && ev.Status >= 100 && ev.Status < 200 && ev.Header != nil
		case EventHeaders:
			ok = *s == waiting && ev.Status >= 101 && ev.Status <= 999 && ev.Header != nil
			*s = body
		case EventData:
			ok = *s == body && len(ev.Data) > 0
		case EventTrailers:
			ok = *s == body && len(ev.Header) > 0
			*s = trailed
		case EventDone:
			ok = *s == body || *s == trailed
			*s = done
		case EventReset:
			ok = *s != done && ev.Err != nil
			*s = done
		}
		if !ok || ev.StreamID == 0 {
			t.Fatalf("event %d is out of order:\n%s", i, eventText(events))
		}
	}
	if eof {
		for id, s := range state {
			if id > 0 && s != done {
				t.Fatalf("stream %d has no end:\n%s", id, eventText(events))
			}
		}
	}
}

// FuzzRequest holds that whatever Request accepts is read by net/http as exactly that one request, and that whatever it
// refuses leaves no trace.
func FuzzRequest(f *testing.F) {
	add := func(r Request) {
		name, value := "", ""
		if names := slices.Sorted(maps.Keys(r.Header)); len(names) > 0 {
			name = names[0]
			value = strings.Join(r.Header[name], ", ")
		}
		f.Add(r.Method, r.Authority, r.Path, name, value, r.Body, r.HasBody)
	}
	for _, tc := range h1Requests {
		add(tc.r)
	}
	for _, tc := range h1BadRequests {
		add(tc.r)
	}
	f.Fuzz(func(t *testing.T, method, authority, path, name, value string, body []byte, hasBody bool) {
		r := Request{Method: method, Authority: authority, Path: path, Body: body, HasBody: hasBody,
			Header: http.Header{name: {value}}}
		c := h1Begin(t, h1Case{})
		var out Output
		next, id, err := c.Request(&out, r)
		if err != nil {
			if !next.Equal(c) || id != 0 || len(out.Send) > 0 {
				t.Fatalf("%v changed something", err)
			}
			return
		}
		if hasBody {
			if _, err = next.SendData(&out, id, nil, true); err != nil {
				return // the Content-Length asks for more
			}
		}
		source := strings.NewReader(string(out.Send))
		br := h1Reader(source)
		got, err := http.ReadRequest(br)
		if err != nil {
			if h1RequestStricter(err, r) {
				return
			}
			t.Fatalf("net/http refuses %q: %v", out.Send, err)
		}
		h1CheckRead(t, r, got, string(body))
		if left := br.Buffered() + source.Len(); left > 0 {
			t.Fatalf("%d bytes left of %q", left, out.Send)
		}
	})
}
