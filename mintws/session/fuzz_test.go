package session_test

import (
	"slices"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// subjects are the Sessions that FuzzSession goes on from, by the lowest bits of its first argument.
func subjects(t testing.TB) []session.Session {
	s := []session.Session{server(t, plain()), {}}
	for _, v := range versions {
		s = append(s, asked(t, v, plain()), opened(t, v, wstest.Options{}, plain()))
	}
	var out session.Output
	conn, err := httpconn.New(httpconn.HTTP2, httpconn.Config{}, &out.Output)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := session.Upgrade(conn, &out, url, plain(), timing, epoch)
	if err != nil {
		t.Fatal(err)
	}
	manual := plain()
	manual.ManualReply = true
	return append(s, waiting, server(t, manual))
}

// FuzzSession: bytes that a peer sends, and calls in between, in any order. script says what is called before each piece of
// data, and how large that is. Whatever it is, the value before gives the same again, what is over stays over, and with no
// calls in between the pieces bring what the whole brings.
func FuzzSession(f *testing.F) {
	f.Add(uint8(0), []byte{10, 0x81, 3}, wstest.MaskedFrames(mintws.Text("Hello"), mintws.Ping(nil), mintws.Close(1000, "")))
	f.Add(uint8(2), []byte{40}, answer(httpconn.HTTP1, 401, nil, []byte("no"), true))
	f.Add(uint8(4), []byte{0xc1, 40}, answer(httpconn.HTTP2, 401, nil, []byte("no"), true))
	f.Fuzz(func(t *testing.T, which uint8, script, data []byte) {
		all := subjects(t)
		s := all[int(which)%len(all)]
		first, out, log := s, session.Output{}, notes{}
		if which&0x80 != 0 {
			out.Max = 1 + int(which>>3)&0xf
		}
		now, rest, plays := time.Duration(0), data, true
		for _, step := range script {
			c := call{at: now}
			switch op := step >> 5; op {
			case 4:
				now += time.Duration(step&0x1f) * sec
				c.at = now
			case 5:
				c.eof = step&0x1f == 0
			case 6:
				frames := []mintws.Frame{mintws.Text("x"), mintws.Ping(nil), mintws.Close(mintws.CodeNormal, ""), {Opcode: mintws.OpText, More: true}, {Opcode: 3}}
				c.send = &frames[int(step&0x1f)%len(frames)]
			case 7:
				s = s.Heard(at(now))
				continue
			default:
				n := min(len(rest), int(step))
				if n == 0 {
					continue
				}
				c.data, rest = rest[:n], rest[n:]
			}
			plays = plays && c.data != nil
			before := s
			s = c.do(before, &out, &log)
			var other session.Output
			other.Max = out.Max
			if again := c.do(before, &other, &notes{}); !again.Equal(s) {
				t.Fatalf("the same call again: %s, want %s", ended(again), ended(s))
			}
			switch {
			case before.Over() && !s.Over():
				t.Fatal("over, and then not")
			case s.Over() && !s.Deadline().IsZero() || !s.Over() && s.Err() != nil || s.Over() && s.State() < closed && s.State() != tick:
				t.Fatalf("%s, deadline %v", ended(s), s.Deadline())
			case c.eof && !s.Over():
				t.Fatalf("after the end: %s", ended(s))
			}
		}
		if !plays {
			return
		}
		var whole notes
		var scratch session.Output
		if len(rest) < len(data) {
			first = call{data: data[:len(data)-len(rest)]}.do(first, &scratch, &whole)
		}
		if ended(first) != ended(s) || !slices.Equal(whole.frames, log.frames) || whole.errs != nil && !slices.Contains(log.errs, whole.errs[0]) {
			t.Fatalf("in pieces: %s, %q, %q; as a whole %s, %q, %q", ended(s), log.frames, log.errs, ended(first), whole.frames, whole.errs)
		}
	})
}
