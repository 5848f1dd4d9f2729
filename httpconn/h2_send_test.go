package httpconn

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// h2Script is a connection driven call by call.
type h2Script struct {
	t   *testing.T
	c   Conn
	out Output
}

func (s *h2Script) feed(input string) {
	s.t.Helper()
	r := h2Feed(s.c, false, input)
	if r.err != nil {
		s.t.Fatal(r.err)
	}
	s.c = r.conn
	s.out.Send = append(s.out.Send, r.send...)
	s.out.Events = append(s.out.Events, r.events...)
}

func (s *h2Script) data(id StreamID, n int, end bool) {
	s.t.Helper()
	var err error
	if s.c, err = s.c.SendData(&s.out, id, make([]byte, n), end); err != nil {
		s.t.Fatal(err)
	}
}

// expect compares what was sent and what happened since the last time.
func (s *h2Script) expect(sent, events string) {
	s.t.Helper()
	if got := h2Sent(s.out.Send); got != sent {
		s.t.Errorf("sent\n%swant\n%s", got, sent)
	}
	if got := h2Events(s.out.Events); got != events {
		s.t.Errorf("events\n%swant\n%s", got, events)
	}
	s.out.Reset()
}

func TestH2StreamedBody(t *testing.T) {
	s := h2Script{t: t, c: h2Started(t, Config{}, h2Post)}
	s.data(1, 5, false)
	s.data(1, 0, false)
	s.data(1, 3, true)
	s.data(1, 0, true) // idempotent
	s.expect("DATA 1 5\nDATA 1 3 end\n", "")
	if _, err := s.c.SendData(&s.out, 1, []byte("x"), true); err != ErrStreamEnded {
		t.Error(err)
	}
	s.feed(fHeaders(1, true, ":status: 200"))
	s.data(1, 0, true) // also when the stream is over
	s.expect("", "1 Headers 200\n1 Done\n")
	if _, err := s.c.SendData(&s.out, 1, []byte("x"), true); err != ErrUnknownStream {
		t.Error(err)
	}

	s.c = h2Started(t, Config{}, h2Post)
	s.data(1, 2, false)
	s.c = h2Must(t)(s.c.SendTrailers(&s.out, 1, http.Header{"B": {"2"}, "A": {"1"}}))
	s.expect("DATA 1 2\nHEADERS 1 a=1 b=2 end\n", "")
	s.c = h2Started(t, Config{}, h2Post)
	s.c = h2Must(t)(s.c.SendTrailers(&s.out, 1, nil))
	s.expect("DATA 1 0 end\n", "")
}

func TestH2ContentLengthOfRequest(t *testing.T) {
	r := h2Post
	r.Header = http.Header{"Content-Length": {"5"}}
	s := h2Script{t: t, c: h2Started(t, Config{}, r)}
	for _, tc := range []struct {
		n   int
		end bool
	}{{6, false}, {4, true}, {0, true}} {
		if next, err := s.c.SendData(&s.out, 1, make([]byte, tc.n), tc.end); !errors.Is(err, ErrBodyLength) ||
			!next.Equal(s.c) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
	if _, err := s.c.SendTrailers(&s.out, 1, nil); !errors.Is(err, ErrBodyLength) {
		t.Error(err)
	}
	s.data(1, 4, false)
	s.data(1, 1, false)
	s.data(1, 0, true)
	s.expect("DATA 1 4\nDATA 1 1\nDATA 1 0 end\n", "")
}

func TestH2EndData(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{}, h2Ext), f200(1)+fWindow(1, 1<<20)+fWindow(0, 1<<20))
	for _, n := range []int{0, 1, 16383, 16384, 16385, 32768, 32769, 100_000} {
		out := Output{Send: []byte("before")}
		mark, err := c.BeginData(&out, 1, n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			out.Send = append(out.Send, byte(i%251))
		}
		next := h2Must(t)(c.EndData(&out, 1, mark, n%2 == 1))
		fr := http2.NewFramer(nil, strings.NewReader(string(out.Send[6:])))
		got := 0
		for ended := false; got < n || n%2 == 1 && !ended; {
			f, err := fr.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			df := f.(*http2.DataFrame)
			for _, b := range df.Data() {
				if b != byte(got%251) {
					t.Fatalf("byte %d of %d is %d", got, n, b)
				}
				got++
			}
			if ended = df.StreamEnded(); ended != (got == n && n%2 == 1) {
				t.Errorf("end at %d of %d", got, n)
			}
		}
		if _, err := fr.ReadFrame(); err == nil || string(out.Send[:6]) != "before" ||
			c.SendWindow(1)-n != next.SendWindow(1) && n%2 == 0 {
			t.Errorf("%d bytes: %v, window %d", n, err, next.SendWindow(1))
		}
	}
	out := Output{Send: []byte("0123456789 something else")}
	for _, mark := range []int{-1, 0, len(out.Send), 1 << 30} {
		if next, err := c.EndData(&out, 1, mark, true); !errors.Is(err, ErrNotSendable) || !next.Equal(c) ||
			len(out.Send) != 25 {
			t.Errorf("mark %d: %v", mark, err)
		}
	}
}

func TestH2Queue(t *testing.T) {
	s := h2Script{t: t, c: h2Started(t, Config{}, h2Ext, h2Ext, h2Post)}
	s.feed(f200(1) + f200(3) + fSettings(setWindow, 100))
	s.expect("SETTINGS ack\n", "1 Headers 200\n3 Headers 200\n0 Settings\n")

	// What the stream's window does not allow waits for it; what comes later waits behind it.
	s.data(1, 150, false)
	s.data(1, 10, true)
	s.expect("DATA 1 100\n", "")
	if s.c.Buffered(1) != 60 || s.c.Buffered(0) != 60 || s.c.Buffered(3) != 0 || s.c.SendWindow(1) != 0 ||
		s.c.SendWindow(3) != 100 {
		t.Errorf("buffered %d, window %d", s.c.Buffered(1), s.c.SendWindow(1))
	}
	s.feed(fWindow(3, 5)) // another stream's
	s.feed(fWindow(1, 59))
	s.expect("DATA 1 59\n", "")
	s.feed(fWindow(1, 59))
	s.expect("DATA 1 1 end\n", "1 Drained\n")
	if s.c.Buffered(0) != 0 || s.c.h2.queues != nil {
		t.Error("the queue is not empty")
	}

	// Trailers behind queued bytes.
	s.data(5, 120, false)
	s.c = h2Must(t)(s.c.SendTrailers(&s.out, 5, http.Header{"T": {"u"}}))
	s.expect("DATA 5 100\n", "")
	s.feed(fWindow(5, 20))
	s.expect("DATA 5 20\nHEADERS 5 t=u end\n", "5 Drained\n")

	// A cancelled stream's bytes are never sent, and give their room back.
	s.data(3, 200, true)
	s.c = h2Must(t)(s.c.Cancel(&s.out, 3, http2.ErrCodeCancel))
	s.feed(fWindow(3, 1000) + fWindow(0, 1000))
	s.expect("DATA 3 105\nRST_STREAM 3 CANCEL\n", "")
	if s.c.Buffered(0) != 0 || s.c.Buffered(3) != 0 || s.c.h2.queues != nil {
		t.Error("bytes of a cancelled stream")
	}
	if s.feed(fHeaders(5, true, ":status: 200")); s.c.h2.rare.liveStreams != 1 { // stream 1 waits for the server's half
		t.Errorf("%d streams live", s.c.h2.rare.liveStreams)
	}
}

// Streams that wait for the connection's window get their share in turn.
func TestH2QueueIsFair(t *testing.T) {
	const n = 5
	reqs := make([]Request, n)
	for i := range reqs {
		reqs[i] = h2Ext
	}
	s := h2Script{t: t, c: h2Started(t, Config{}, reqs...)}
	s.feed(fSettings(setWindow, 1<<20))
	for i := range n {
		s.feed(f200(uint32(2*i + 1)))
	}
	s.data(1, 65535, false) // the connection's window
	s.out.Reset()
	for i := range n {
		s.data(StreamID(2*i+1), 3<<14, false)
	}
	s.expect("", "")
	s.feed(fWindow(0, 7<<14))
	s.expect("DATA 1 16384\nDATA 3 16384\nDATA 5 16384\nDATA 7 16384\nDATA 9 16384\nDATA 1 16384\nDATA 3 16384\n", "")
	s.feed(fWindow(0, 100))
	s.feed(fWindow(0, 100))
	s.expect("DATA 5 100\nDATA 7 100\n", "")
	s.feed(fReset(9, 0)) // whose turn it would be
	s.feed(fWindow(0, 3<<14))
	s.expect("DATA 1 16384\nDATA 3 16384\nDATA 5 16384\n", "9 Reset ResetError NO_ERROR\n1 Drained\n3 Drained\n")
	if got, want := s.c.Buffered(0), 2*(3<<14)-100-1<<14-100-1<<14; got != want && got != s.c.Buffered(5)+s.c.Buffered(7) {
		t.Errorf("%d bytes buffered, want %d", got, want)
	}
}

func TestH2BufferFull(t *testing.T) {
	s := h2Script{t: t, c: h2Started(t, Config{Limits: Limits{MaxBuffered: 1000}}, h2Ext, h2Ext)}
	s.feed(f200(1) + f200(3) + fSettings(setWindow, 10))
	s.out.Reset()
	full := func(id StreamID, n int, want error) {
		t.Helper()
		for name, do := range map[string]func(*Output) (Conn, error){
			"SendData":  func(out *Output) (Conn, error) { return s.c.SendData(out, id, make([]byte, n), false) },
			"BeginData": func(out *Output) (Conn, error) { _, err := s.c.BeginData(out, id, n); return s.c, err },
		} {
			out := Output{Send: []byte("before")}
			if next, err := do(&out); !errors.Is(err, want) || err != nil &&
				(!next.Equal(s.c) || string(out.Send) != "before") {
				t.Errorf("%s of %d: %v, want %v", name, n, err, want)
			}
		}
	}
	full(1, 1011, ErrBufferFull)
	full(1, 1010, nil)
	s.data(1, 910, false)
	full(1, 101, ErrBufferFull)
	full(1, 100, nil)
	full(3, 111, ErrBufferFull)
	full(3, 110, nil)
	r := h2Post
	r.Body = make([]byte, 111)
	out := Output{}
	if next, _, err := s.c.Request(&out, r); !errors.Is(err, ErrBufferFull) || !next.Equal(s.c) || len(out.Send) > 0 {
		t.Errorf("request: %v", err)
	}
	s.feed(fWindow(1, 900))
	full(1, 1000, nil)
}

// Nothing of streams that are gone piles up.
func TestH2QueueOfCancelledStreams(t *testing.T) {
	s := h2Script{t: t, c: h2Started(t, Config{}, h2Post)}
	s.feed(fSettings(setWindow, 1<<20))
	s.data(1, 65535+10, false)
	s.out.Reset()
	for range 10_000 {
		var id StreamID
		var err error
		if s.c, id, err = s.c.Request(&s.out, h2Post); err != nil {
			t.Fatal(err)
		}
		s.data(id, 10, true)
		s.c = h2Must(t)(s.c.Cancel(&s.out, id, 0))
		s.out.Reset()
	}
	if q := s.c.h2.queues.replay(); len(q.streams) != 1 || q.first != q.last || len(s.c.h2.queues.r.log) > 100 {
		t.Errorf("%d queues for one stream, a log of %d", len(q.streams), len(s.c.h2.queues.r.log))
	}
	if n := len(s.c.h2.streams.r.table); n != minStreams {
		t.Errorf("%d slots for two streams", n)
	}
	s.feed(fWindow(0, 5))
	s.expect("DATA 1 5\n", "")
}

// Once the windows are open, no byte of a long conversation is lost, whatever the order of sending and credit.
func TestH2QueueKeepsOrder(t *testing.T) {
	s := h2Script{t: t, c: h2Started(t, Config{}, h2Ext, h2Ext)}
	s.feed(f200(1) + f200(3) + fSettings(setWindow, 0))
	s.out.Reset()
	var want, got [2]string
	for i := range 300 {
		k := i % 2
		p := fmt.Sprintf("%d,", i)
		want[k] += p
		s.c = h2Must(t)(s.c.SendData(&s.out, StreamID(2*k+1), []byte(p), false))
		s.feed(fWindow(uint32(2*k+1), uint32(i%7+1)))
	}
	s.feed(fWindow(1, 10_000) + fWindow(3, 10_000))
	fr := http2.NewFramer(nil, strings.NewReader(string(s.out.Send)))
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			break
		}
		got[f.Header().StreamID/2] += string(f.(*http2.DataFrame).Data())
	}
	if got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestH2TrailersTooLarge(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{}, h2Post), fSettings(setList, 40))
	var out Output
	if next, err := c.SendTrailers(&out, 1, http.Header{"A": {"1234567890"}}); !errors.Is(err, ErrHeaderTooLarge) ||
		!next.Equal(c) {
		t.Error(err)
	}
	h2Must(t)(c.SendTrailers(&out, 1, http.Header{"A": {"1234567"}}))
}
