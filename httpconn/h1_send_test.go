package httpconn

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// h1Post begins a request whose content follows, with Content-Length length unless that is empty.
func h1Post(t testing.TB, length string) Conn {
	r := Request{Method: "POST", Authority: "a", HasBody: true}
	if length != "" {
		r.Header = http.Header{"Content-Length": {length}}
	}
	return h1Begin(t, h1Case{reqs: []Request{r}})
}

// h1Open is a connection that a 101 has turned into a tunnel.
func h1Open(t testing.TB) Conn {
	return h1Feed(h1Begin(t, h1Case{reqs: h1Upgrade}), false, "HTTP/1.1 101 x\r\n\r\n").conn
}

func TestH1SendData(t *testing.T) {
	type part struct {
		p   string
		end bool
	}
	for _, tc := range []struct {
		name  string
		c     Conn
		parts []part
		want  string
	}{
		{"chunks", h1Post(t, ""), []part{{"hello", false}, {"", false}, {strings.Repeat("x", 17), true}},
			"5\r\nhello\r\n11\r\n" + strings.Repeat("x", 17) + "\r\n0\r\n\r\n"},
		{"chunks, end apart", h1Post(t, ""), []part{{"a", false}, {"", true}, {"", true}}, "1\r\na\r\n0\r\n\r\n"},
		{"no chunks", h1Post(t, ""), []part{{"", true}}, "0\r\n\r\n"},
		{"counted", h1Post(t, "5"), []part{{"hel", false}, {"", false}, {"lo", true}, {"", true}}, "hello"},
		{"counted, end apart", h1Post(t, "5"), []part{{"hello", false}, {"", true}}, "hello"},
		{"counted, none", h1Post(t, "0"), []part{{"", true}}, ""},
		{"tunnel", h1Open(t), []part{{"0\r\n", false}, {"", false}, {"x", true}, {"", true}}, "0\r\nx"},
		{"request without content", h1Begin(t, h1Case{reqs: h1Get}), []part{{"", true}}, ""},
		{"earlier request of a pipeline", h1Begin(t, h1Case{cfg: h1Pipeline, reqs: h1Three}), []part{{"", true}}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, byHand Output
			c, d := tc.c, tc.c
			for _, part := range tc.parts {
				var err error
				if c, err = c.SendData(&out, 1, []byte(part.p), part.end); err != nil {
					t.Fatal(err)
				}
				mark, err := d.BeginData(&byHand, 1, len(part.p))
				if err != nil {
					continue // ended already: only SendData lets that pass
				}
				byHand.Send = append(byHand.Send, part.p...)
				if d, err = d.EndData(&byHand, 1, mark, part.end); err != nil {
					t.Fatal(err)
				}
			}
			if string(out.Send) != tc.want {
				t.Errorf("sent %q, want %q", out.Send, tc.want)
			}
			if string(byHand.Send) != tc.want || !d.Equal(c) {
				t.Errorf("with BeginData and EndData %q, want %q", byHand.Send, tc.want)
			}
		})
	}
}

// TestH1DataSize appends another number of bytes than BeginData was told.
func TestH1DataSize(t *testing.T) {
	for _, tc := range []struct {
		size, n int
		want    string
	}{
		{300, 3, "003\r\nxxx\r\n"}, {0, 0, ""}, {500, 0, ""}, {-1, 1, "1\r\nx\r\n"},
		{1, 17, "11\r\n" + strings.Repeat("x", 17) + "\r\n"}, {0, 0x1234, "1234\r\n" + strings.Repeat("x", 0x1234) + "\r\n"},
	} {
		c := h1Post(t, "")
		out := Output{Send: []byte("before ")}
		mark, err := c.BeginData(&out, 1, tc.size)
		if err != nil {
			t.Fatal(err)
		}
		out.Send = append(out.Send, strings.Repeat("x", tc.n)...)
		if _, err = c.EndData(&out, 1, mark, false); err != nil {
			t.Fatal(err)
		}
		if string(out.Send) != "before "+tc.want {
			t.Errorf("size %d, %d bytes: %q, want %q", tc.size, tc.n, out.Send, tc.want)
		}
	}
}

// TestH1CountedEndData holds what EndData does with a body that does not match its Content-Length.
func TestH1CountedEndData(t *testing.T) {
	for _, tc := range []struct {
		p   string
		end bool
	}{{"ab", true}, {"abcd", false}, {"abcd", true}} {
		c := h1Post(t, "3")
		out := Output{Send: []byte("before")}
		mark, err := c.BeginData(&out, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		out.Send = append(out.Send, tc.p...)
		next, err := c.EndData(&out, 1, mark, tc.end)
		if !errors.Is(err, ErrBodyLength) || !next.Equal(c) || string(out.Send) != "before" {
			t.Errorf("%+v: %v, out %q", tc, err, out.Send)
		}
	}
}

// TestH1EndDataAlone: where nothing is framed EndData cannot tell that BeginData was not called. What is behind the mark is
// the content, and is held against Content-Length all the same.
func TestH1EndDataAlone(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    Conn
		mark int
		err  error
	}{
		{"tunnel", h1Open(t), 3, nil},
		{"counted", h1Post(t, "3"), 3, nil},
		{"counted, too much behind the mark", h1Post(t, "3"), 2, ErrBodyLength},
		{"chunked", h1Post(t, ""), 3, ErrNotSendable},
	} {
		out := Output{Send: []byte("GETabc")}
		next, err := tc.c.EndData(&out, 1, tc.mark, true)
		want, wantErr := tc.c.SendData(new(Output), 1, []byte("abc"), true)
		switch {
		case !errors.Is(err, tc.err) || err != nil && !next.Equal(tc.c):
			t.Errorf("%s: %v", tc.name, err)
		case err == nil && (wantErr != nil || !next.Equal(want) || string(out.Send) != "GETabc"):
			t.Errorf("%s: sent %q, %v", tc.name, out.Send, wantErr)
		}
	}
}

func TestH1SendTrailers(t *testing.T) {
	c := h1Post(t, "")
	var out Output
	next, err := c.SendTrailers(&out, 1, http.Header{"x-b": {"2"}, "X-A": {"1", "3"}})
	if err != nil || string(out.Send) != "0\r\nX-A: 1\r\nX-A: 3\r\nx-b: 2\r\n\r\n" {
		t.Errorf("%v, sent %q", err, out.Send)
	}
	if _, err = next.SendTrailers(&out, 1, nil); !errors.Is(err, ErrStreamEnded) {
		t.Errorf("second time: %v", err)
	}
	var empty, ended Output
	a, err := c.SendTrailers(&empty, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.SendData(&ended, 1, nil, true)
	if err != nil || !a.Equal(b) || string(empty.Send) != string(ended.Send) {
		t.Errorf("no trailers: %q, end: %q", empty.Send, ended.Send)
	}
	// RFC 9110 section 6.5.1
	for _, name := range []string{"Content-Length", "transfer-encoding", "Host", "Trailer", "TE", "Authorization",
		"If-Match",
		"Content-Type", "Content-Encoding", "Content-Range", "Connection", "upgrade", "Max-Forwards", "Cache-Control",
		"Expect", "Range"} {
		var out Output
		if _, err := c.SendTrailers(&out, 1, http.Header{name: {"1"}}); !errors.Is(err, ErrInvalidRequest) ||
			len(out.Send) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestH1NoAllocs holds what happens for each message of a WebSocket to no allocation.
func TestH1NoAllocs(t *testing.T) {
	c := h1Open(t)
	chunked := h1Post(t, "")
	counted := h1Post(t, "9223372036854775807")
	reading := h1Feed(h1Begin(t, h1Case{reqs: h1Get}), false, h1OK+"Content-Length: 9223372036854775807\r\n\r\n").conn
	data := []byte(strings.Repeat("x", 1000))
	chunk := []byte("3e8;ext=\"1\"\r\n" + string(data) + "\r\n")
	inChunks := h1Feed(h1Begin(t, h1Case{reqs: h1Get}), false, h1Chk).conn
	out := Output{Events: make([]Event, 0, 8), Send: make([]byte, 0, 4096)}
	for _, tc := range []struct {
		name string
		do   func() error
	}{
		{"Stream in a tunnel", func() (err error) { c, err = c.Stream(&out, data); return err }},
		{"Stream of counted content", func() (err error) { reading, err = reading.Stream(&out, data); return err }},
		{"Stream of a chunk", func() (err error) { inChunks, err = inChunks.Stream(&out, chunk); return err }},
		{"SendData in a tunnel", func() (err error) { c, err = c.SendData(&out, 1, data, false); return err }},
		{"SendData of a chunk", func() (err error) { chunked, err = chunked.SendData(&out, 1, data, false); return err }},
		{"SendData of counted content", func() (err error) {
			counted, err = counted.SendData(&out, 1, data,
				false)
			return err
		}},
		{"BeginData and EndData", func() error {
			mark, err := c.BeginData(&out, 1, len(data))
			if err != nil {
				return err
			}
			out.Send = append(out.Send, data...)
			c, err = c.EndData(&out, 1, mark, false)
			return err
		}},
	} {
		n := testing.AllocsPerRun(100, func() {
			out.Reset()
			if err := tc.do(); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", tc.name, n)
		}
	}
}
