package httpconn

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

func h2Header(name string, values ...string) Request {
	r := h2Get
	r.Header = http.Header{name: values}
	return r
}

func TestH2RequestBytes(t *testing.T) {
	const get = "HEADERS 1 :method=GET :scheme=https :authority=example.com :path=/"
	for _, tc := range []struct {
		name string
		r    Request
		want string
	}{
		{"GET", h2Get, get + " end\n"},
		{"HEAD", h2Head, "HEADERS 1 :method=HEAD :scheme=https :authority=example.com :path=/ end\n"},
		{"path and query", Request{Scheme: "http", Authority: "[::1]:80", Path: "/a?b"},
			"HEADERS 1 :method=GET :scheme=http :authority=[::1]:80 :path=/a?b end\n"},
		{"OPTIONS *", Request{Method: "OPTIONS", Scheme: "https", Authority: "a", Path: "*"},
			"HEADERS 1 :method=OPTIONS :scheme=https :authority=a :path=* end\n"},
		{"lower case, sorted, trimmed", Request{Scheme: "https", Authority: "a",
			Header: http.Header{"X-B": {" 2\t"}, "x-a": {"1"}, "Z": {"", "v"}}},
			"HEADERS 1 :method=GET :scheme=https :authority=a :path=/ x-a=1 x-b=2 z= z=v end\n"},
		{"TE", h2Header("Te", "trailers"), get + " te=trailers end\n"},
		{"secrets", Request{Scheme: "https", Authority: "a",
			Header: http.Header{"Authorization": {"x"}, "Cookie": {"y"}, "Proxy-Authorization": {"z"}}},
			"HEADERS 1 :method=GET :scheme=https :authority=a :path=/ authorization=x(sensitive) cookie=y(sensitive) " +
				"proxy-authorization=z(sensitive) end\n"},
		{"body", Request{Method: "POST", Scheme: "https", Authority: "a", Body: []byte("abc")},
			"HEADERS 1 :method=POST :scheme=https :authority=a :path=/ content-length=3\nDATA 1 3 end\n"},
		{"no body", Request{Method: "POST", Scheme: "https", Authority: "a"},
			"HEADERS 1 :method=POST :scheme=https :authority=a :path=/ content-length=0 end\n"},
		{"body to come", h2Post, "HEADERS 1 :method=POST :scheme=https :authority=example.com :path=/\n"},
		{"body to come, counted", Request{Method: "PUT", Scheme: "https", Authority: "a", HasBody: true,
			Header: http.Header{"Content-Length": {"9"}}},
			"HEADERS 1 :method=PUT :scheme=https :authority=a :path=/ content-length=9\n"},
		{"body begun", Request{Method: "PUT", Scheme: "https", Authority: "a", HasBody: true, Body: []byte("ab")},
			"HEADERS 1 :method=PUT :scheme=https :authority=a :path=/\nDATA 1 2\n"},
		{"CONNECT", h2Conn, "HEADERS 1 :method=CONNECT :authority=example.com:443\n"},
		{"extended CONNECT", h2Ext,
			"HEADERS 1 :method=CONNECT :protocol=websocket :scheme=https :authority=example.com :path=/chat\n"},
		{"extended CONNECT in full", Request{Method: "CONNECT", Protocol: "websocket", Scheme: "http", Authority: "a",
			Header: http.Header{"Sec-WebSocket-Version": {"13"}}},
			"HEADERS 1 :method=CONNECT :protocol=websocket :scheme=http :authority=a :path=/ sec-websocket-version=13\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out Output
			c, id, err := h2Started(t, Config{}).Request(&out, tc.r)
			if err != nil || id != 1 {
				t.Fatal(id, err)
			}
			if got := h2Sent(out.Send); got != tc.want {
				t.Errorf("sent\n%swant\n%s", got, tc.want)
			}
			if len(out.Events) > 0 || c.Next() != NextRead {
				t.Errorf("events %v", out.Events)
			}
		})
	}
}

func TestH2RequestRefused(t *testing.T) {
	with := func(r Request, change func(*Request)) Request { change(&r); return r }
	body := func(r *Request) { r.Body = []byte("abc") }
	for _, tc := range []struct {
		name string
		r    Request
		text string
	}{
		{"no scheme", Request{Authority: "a"}, "Scheme"},
		{"other scheme", Request{Scheme: "ws", Authority: "a"}, "Scheme"},
		{"no authority", Request{Scheme: "https"}, "Authority"},
		{"user information", Request{Scheme: "https", Authority: "u@a"}, "Authority"},
		{"absolute path", Request{Scheme: "https", Authority: "a", Path: "https://a/"}, "Path"},
		{"asterisk", Request{Scheme: "https", Authority: "a", Path: "*"}, "Path"},
		{"method", Request{Method: "a b", Scheme: "https", Authority: "a"}, "Method"},
		{"protocol with GET", with(h2Ext, func(r *Request) { r.Method = "GET" }), "Method is not CONNECT"},
		{"protocol not a token", with(h2Ext, func(r *Request) { r.Protocol = "web socket" }), "Protocol"},
		{"CONNECT with path", with(h2Conn, func(r *Request) { r.Path = "/" }), "Path"},
		{"CONNECT without port", Request{Method: "CONNECT", Authority: "a"}, "Authority"},
		{"CONNECT with body", with(h2Conn, body), "no content"},
		{"CONNECT with content-length", with(h2Ext, func(r *Request) { r.Header = http.Header{"Content-Length": {"0"}} }),
			"no content"},
		{"extended CONNECT with body", with(h2Ext, body), "no content"},
		{"TRACE with body", Request{Method: "TRACE", Scheme: "https", Authority: "a", HasBody: true}, "TRACE"},
		{"Connection", h2Header("Connection", "x"), "belongs to HTTP/1"},
		{"Keep-Alive", h2Header("keep-alive", "x"), "belongs to HTTP/1"},
		{"Proxy-Connection", h2Header("Proxy-Connection", "x"), "belongs to HTTP/1"},
		{"Transfer-Encoding", h2Header("Transfer-Encoding", "chunked"), "belongs to HTTP/1"},
		{"Upgrade", h2Header("Upgrade", "websocket"), "belongs to HTTP/1"},
		{"Host", h2Header("Host", "a"), "the host in Authority"},
		{"TE", h2Header("TE", "gzip"), "trailers"},
		{"Expect", h2Header("Expect", "100-continue"), "Expect"},
		{"pseudo-header", h2Header(":path", "/"), "field name"},
		{"name", h2Header("a b", "x"), "field name"},
		{"empty name", h2Header("", "x"), "field name"},
		{"value", h2Header("A", "x\n"), "value of field"},
		{"Content-Length", h2Header("Content-Length", "x"), "Content-Length"},
		{"Content-Length twice", h2Header("Content-Length", "0", "0"), "Content-Length"},
		{"Content-Length without body", h2Header("Content-Length", "1"), "Content-Length"},
		{"Content-Length of another body", with(h2Header("Content-Length", "2"), body), "Content-Length"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := h2Started(t, Config{}, h2Get)
			out := Output{Send: []byte("before")}
			next, id, err := c.Request(&out, tc.r)
			if !errors.Is(err, ErrInvalidRequest) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%v, want one about %s", err, tc.text)
			}
			if !next.Equal(c) || id != 0 || string(out.Send) != "before" {
				t.Errorf("id %d, sent %q", id, out.Send)
			}
		})
	}
	c := h2Started(t, Config{})
	r := with(h2Header("Content-Length", "2"), body)
	r.HasBody = true
	if next, _, err := c.Request(new(Output), r); !errors.Is(err, ErrBodyLength) || !next.Equal(c) {
		t.Errorf("body longer than its Content-Length: %v", err)
	}
}

// Identifiers increase, and leave out those whose place in the table is taken.
func TestH2StreamIdentifiers(t *testing.T) {
	c := h2Started(t, Config{}, h2Ext) // 1 stays
	want := []StreamID{3, 5, 7, 11, 13, 15, 19}
	for _, id := range want {
		next, got, err := c.Request(new(Output), h2Get)
		if err != nil || got != id {
			t.Fatalf("stream %d, want %d: %v", got, id, err)
		}
		c = h2Fed(t, next, fHeaders(uint32(id), true, ":status: 200"))
	}
	if r := h2Feed(c, false, fHeaders(9, true, ":status: 200")+f200(1)); r.err != nil ||
		h2Events(r.events) != "1 Headers 200\n" {
		t.Errorf("an identifier left out is a closed stream: %v", r.err)
	}
}

// TestH2LastIdentifiers: near the last identifier, too, as many requests can start as Slots says, whatever places in the
// table are taken. Then come a few that it does not promise, and ErrGoingAway, which changes nothing.
func TestH2LastIdentifiers(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, 18))
	for range 200 {
		c := h2Started(t, Config{})
		left, open := rng.IntN(600), rng.IntN(40)
		c.editRare().lastID = maxStreamID - 2*StreamID(left+16*open)
		for range open { // on identifiers all over the table
			c.editRare().lastID += 2 * StreamID(rng.IntN(8))
			c = h2Requests(t, c, h2Ext)
		}
		slots, made := c.Slots(), 0
		for {
			next, id, err := c.Request(new(Output), h2Ext)
			if err != nil {
				if err != ErrGoingAway || made < slots || !next.Equal(c) || c.Slots() != 0 {
					t.Fatalf("%d streams, %d slots, %d requests: %v", open, slots, made, err)
				}
				break
			}
			if next.h2.streams.get(id).id != id || id <= c.h2.rare.lastID {
				t.Fatalf("stream %d", id)
			}
			c = next
			made++
		}
		if r := h2Feed(c, false, fPing(false, "12345678")); r.err != nil || len(r.send) == 0 {
			t.Fatal("nothing goes on after the error", r.err)
		}
	}
	c := h2Started(t, Config{})
	if c.editRare().lastID = maxStreamID - 4; true {
		c = h2Requests(t, c, h2Get, h2Get)
	}
	if _, _, err := c.Request(new(Output), h2Get); err != ErrGoingAway || c.h2.rare.lastID != maxStreamID {
		t.Errorf("after the last identifier: %v", err)
	}
	if c = h2Started(t, Config{}); c.Slots() < 1<<26 {
		t.Errorf("%d slots", c.Slots())
	}
}

func TestH2GoAwayAndClose(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{}, h2Get), fGoAway(1, http2.ErrCodeNo, ""))
	if next, _, err := c.Request(new(Output), h2Get); err != ErrGoingAway || !next.Equal(c) || c.Slots() != 0 ||
		c.Next() != NextRead {
		t.Errorf("%v, next %v", err, c.Next())
	}
	if c = h2Fed(t, c, fHeaders(1, true, ":status: 200")); c.Next() != NextClose {
		t.Errorf("next %v after the last stream", c.Next())
	}
	for _, c := range []Conn{c, h2Started(t, Config{}, h2Ext, h2Post), h2Begin(t, h2Case{bare: true})} {
		var out Output
		closed := c.Close(&out)
		if got := h2Sent(out.Send); got != "GOAWAY NO_ERROR\n" || closed.Next() != NextClose || closed.Slots() != 0 ||
			len(out.Events) > 0 {
			t.Errorf("%s next %v", got, closed.Next())
		}
		out.Reset()
		for _, call := range append(h1Calls(&out), h1Call{"Ping",
			func(c Conn) (Conn, error) { return c.Ping(&out, [8]byte{}) }}) {
			if next, err := call.do(closed); err != ErrClosed || !next.Equal(closed) {
				t.Errorf("%s after Close: %v", call.name, err)
			}
		}
		if again := closed.Close(&out); !again.Equal(closed) || len(out.Send)+len(out.Events) > 0 ||
			closed.SendWindow(0) != 0 {
			t.Error("Close twice")
		}
	}
}

func TestH2Ping(t *testing.T) {
	c := h2Begin(t, h2Case{bare: true, cfg: Config{Limits: Limits{MaxPings: 2}}})
	var out Output
	c = h2Must(t)(c.Ping(&out, [8]byte([]byte("abcdefgh"))))
	c = h2Must(t)(c.Ping(&out, [8]byte{}))
	if next, err := c.Ping(&out, [8]byte{}); err != ErrTooManyPings || !next.Equal(c) || len(out.Send) != 34 {
		t.Error(err)
	}
	r := h2Feed(c, false, fSettings()+fPing(true, "abcdefgh"))
	if len(r.events) != 2 || r.events[1].Kind != EventPong || string(r.events[1].Data) != "abcdefgh" || r.err != nil {
		t.Errorf("%v %s", r.err, h2Events(r.events))
	}
	h2Must(t)(r.conn.Ping(&out, [8]byte{}))
}
