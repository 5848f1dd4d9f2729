package session_test

import (
	"bytes"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// compressing is a conversation with something in it: a greeting, an echo, a Ping, permessage-deflate.
func compressing(t *testing.T) (wstest.Options, mintws.Options) {
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ask := plain()
	ask.Extensions = []mintws.Extension{deflate}
	reply := func(mintws.Frame) []mintws.Frame {
		return []mintws.Frame{
			{Opcode: mintws.OpText, More: true, Payload: bytes.Repeat([]byte("abc"), 400)}, mintws.Ping([]byte("p")),
			{Opcode: mintws.OpContinuation, Payload: []byte("end")}}
	}
	return wstest.Options{Behavior: wstest.Behavior{Reply: reply}}, ask
}

// TestSessionValues plays a conversation, and then goes on from every value that there was a second time, in other scratch
// space, with buffers that are overwritten after each call, and from several goroutines at once.
func TestSessionValues(t *testing.T) {
	opt, ask := compressing(t)
	for _, v := range versions {
		first, calls, last, _ := talk(t, v, opt, ask)
		values, sent := []session.Session{first}, [][]byte{}
		for i, c := range calls {
			var out session.Output
			var log notes
			values = append(values, c.do(values[i], &out, &log))
			sent = append(sent, log.sent)
		}
		if got := values[len(calls)]; !cmp.Equal(got, last) {
			t.Errorf("%v: at the end %s, want %s", v, ended(got), ended(last))
		}
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				var out session.Output
				for i, c := range calls {
					var log notes
					c.data = slices.Clone(c.data)
					got := c.do(values[i], &out, &log)
					poison(&out, c.data)
					if !got.Equal(values[i+1]) || !bytes.Equal(log.sent, sent[i]) {
						t.Errorf("%v: call %d, again: %s, sent %x; want %s, %x", v, i, ended(got), log.sent, ended(values[i+1]), sent[i])
					}
				}
			})
		}
		group.Wait()
		for i := range values[1:] {
			if i+1 < len(values)-1 && cmp.Equal(values[i], values[len(values)-1]) {
				t.Errorf("%v: value %d equals the last", v, i)
			}
		}
	}
}

// TestSessionSplits: cut anywhere, the same bytes are the same frames, and the same end.
func TestSessionSplits(t *testing.T) {
	opt, ask := compressing(t)
	for _, v := range versions {
		first, calls, last, want := talk(t, v, opt, ask)
		play := func(pieces func([]byte) [][]byte, most int) {
			t.Helper()
			s, out, log := first, session.Output{}, notes{}
			out.Max = most
			for _, c := range calls {
				if c.data == nil {
					s = c.do(s, &out, &log)
					continue
				}
				for _, piece := range pieces(c.data) {
					s = call{at: c.at, data: piece}.do(s, &out, &log)
				}
			}
			if !slices.Equal(log.frames, want.frames) || !slices.Equal(log.errs, want.errs) || !slices.Equal(log.heads, want.heads) {
				t.Errorf("%v: frames %q, errors %q, heads %v, want %q, %q, %v",
					v, log.frames, log.errs, log.heads, want.frames, want.errs, want.heads)
			}
			if ended(s) != ended(last) {
				t.Errorf("%v: %s, want %s", v, ended(s), ended(last))
			}
			if v == httpconn.HTTP1 && !bytes.Equal(log.sent, want.sent) { // on HTTP/2 credit is given when it has come together
				t.Errorf("sent %x, want %x", log.sent, want.sent)
			}
		}
		for size := 1; size < 400; size++ {
			for _, most := range []int{0, 1, 100, 1 << 20} {
				play(func(b []byte) [][]byte { return slices.Collect(slices.Chunk(b, size)) }, most)
				play(func(b []byte) [][]byte { return [][]byte{b[:min(size, len(b))], b[min(size, len(b)):]} }, most)
			}
		}
	}
}

// opened returns a session that is open, and the bytes with which it became so.
func opened(t testing.TB, v httpconn.Version, opt wstest.Options, ask mintws.Options) session.Session {
	t.Helper()
	sock := &pipe{peer: wstest.NewPeer(opt)}
	var out session.Output
	s, err := session.Upgrade(connect(t, v, sock.peer), &out, url, ask, timing, epoch)
	if err != nil {
		t.Fatal(err)
	}
	out.WriteTo(sock)
	buf := make([]byte, 4096)
	n, _ := sock.Read(buf)
	if s, err = s.Received(&out, epoch, buf[:n]); s.State() != open {
		t.Fatalf("%v: %v, %s", v, err, ended(s))
	}
	return s
}

// data returns bytes that a server sends as bytes of its connection.
func data(v httpconn.Version, b []byte, pieces int) (d []byte) {
	if v == httpconn.HTTP1 {
		return b
	}
	for piece := range slices.Chunk(b, (len(b)+pieces-1)/pieces) {
		d = append(d, 0, byte(len(piece)>>8), byte(len(piece)), 0, 0, 0, 0, 0, 1)
		d = append(d, piece...)
	}
	return d
}

// TestRest: one call hands over no more than Max, whatever the events below are, and what is left out is not lost.
func TestRest(t *testing.T) {
	var messages []mintws.Frame
	for i := range 40 {
		messages = append(messages, mintws.Binary(bytes.Repeat([]byte{byte(i)}, 100)))
	}
	text := wstest.Frames(append(messages, mintws.Close(mintws.CodeNormal, ""))...)
	sessions := map[string]session.Session{"server": server(t, mintws.Options{})}
	inputs := map[string][]byte{"server": wstest.MaskedFrames(append(messages, mintws.Close(mintws.CodeNormal, ""))...)}
	for _, v := range versions {
		sessions[v.String()], inputs[v.String()] = opened(t, v, wstest.Options{}, plain()), data(v, text, 7)
	}
	// On HTTP/2 a call may also stop between two events.
	var each []byte
	for _, f := range append(messages, mintws.Close(mintws.CodeNormal, "")) {
		each = append(each, data(httpconn.HTTP2, wstest.Frames(f), 1)...)
	}
	sessions["a DATA frame for each"], inputs["a DATA frame for each"] = sessions["HTTP/2"], each
	for name, s := range sessions {
		was := s
		for _, most := range []int{1, 100, 101, 250, 1e6} {
			var out session.Output
			out.Max, s = most, was
			calls, frames := 0, 0
			var err error
			for d := inputs[name]; len(d) > 0; d = out.Rest {
				if s, err = s.Received(&out, epoch, d); err != nil {
					t.Fatalf("%s, max %d: %v", name, most, err)
				}
				size := 0
				for _, f := range out.Frames {
					if f.Opcode == mintws.OpBinary && (len(f.Payload) != 100 || f.Payload[99] != byte(frames)) {
						t.Fatalf("%s, max %d: frame %d is %v", name, most, frames, f)
					}
					size, frames = size+len(f.Payload), frames+1
				}
				if size > most+100 {
					t.Errorf("%s, max %d: one call handed over %d bytes", name, most, size)
				}
				calls++
				if len(out.Rest) == 0 {
					break
				}
				if next, restErr := s.Received(&out, epoch, []byte("other bytes")); restErr != mintws.ErrRest || !next.Equal(s) {
					t.Fatalf("%s, max %d: other bytes before the rest: %v", name, most, restErr)
				}
				if next, restErr := s.Received(&out, epoch, bytes.Clone(out.Rest)); restErr != mintws.ErrRest || !next.Equal(s) {
					t.Fatalf("%s, max %d: a copy of the rest: %v", name, most, restErr)
				}
				if next, tickErr := s.Tick(&out, epoch); tickErr != nil || !next.Equal(s) || len(out.Rest) == 0 {
					t.Fatalf("%s, max %d: Tick before the rest: %v, %d bytes left", name, most, tickErr, len(out.Rest))
				}
				var other session.Output
				if next, eofErr := s.EOF(&other, epoch); !next.Over() || !isRest(eofErr) {
					t.Fatalf("%s, max %d: EOF before the rest: %v, %s", name, most, eofErr, ended(next))
				}
			}
			if want := max(1, 4000/max(100, (most+99)/100*100)); calls < want || frames != 41 || s.State() != closed {
				t.Errorf("%s, max %d: %d frames in %d calls, want 41 in at least %d; %s", name, most, frames, calls, want, ended(s))
			}
		}
	}
}

// TestSessionAllocs: a message in and out, and the time that passes, need no memory.
func TestSessionAllocs(t *testing.T) {
	sessions := map[string]session.Session{"server": server(t, mintws.Options{})}
	inputs := map[string][]byte{"server": wstest.MaskedFrames(mintws.Text("Hello"))}
	for _, v := range versions {
		sessions[v.String()] = opened(t, v, wstest.Options{}, mintws.Options{})
		inputs[v.String()] = data(v, wstest.Frames(mintws.Text("Hello")), 1)
	}
	for name, s := range sessions {
		var out session.Output
		out.Max = 1 << 20
		var taken []byte
		now, frames := epoch, 0
		n := testing.AllocsPerRun(1000, func() {
			now = now.Add(sec)
			s, _ = s.Received(&out, now, inputs[name])
			for _, f := range out.Frames {
				s, _ = s.Send(&out, now, f)
				frames++
			}
			s, _ = s.Tick(&out, now)
			taken = out.Take(taken[:0])
		})
		if n >= 1 || frames != 1001 || s.Over() { // on HTTP/2 the log of streams grows now and then
			t.Errorf("%s: %v allocations for a message, %d messages, %s", name, n, frames, ended(s))
		}
	}
}
