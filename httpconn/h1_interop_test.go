package httpconn_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// h1Client is the loop of a caller that owns a socket, as far as these tests need it.
type h1Client struct {
	t    *testing.T
	sock net.Conn
	conn httpconn.Conn
	out  httpconn.Output
	buf  []byte
}

func newH1Client(t *testing.T, url string, cfg httpconn.Config) *h1Client {
	t.Helper()
	sock, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	c := &h1Client{t: t, sock: sock, buf: make([]byte, 61)} // small: heads come in pieces
	if c.conn, err = httpconn.New(httpconn.HTTP1, cfg, &c.out); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *h1Client) request(r httpconn.Request) httpconn.StreamID {
	c.t.Helper()
	r.Authority = c.sock.RemoteAddr().String()
	conn, id, err := c.conn.Request(&c.out, r)
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn = conn
	return id
}

func (c *h1Client) send(id httpconn.StreamID, p string, end bool) {
	c.t.Helper()
	conn, err := c.conn.SendData(&c.out, id, []byte(p), end)
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn = conn
}

// until writes and reads until the stream has an event of the kind, and returns what came for it: heads as "Headers 200",
// the content joined.
func (c *h1Client) until(id httpconn.StreamID, kind httpconn.EventKind) (heads []string, header http.Header,
	content string) {
	c.t.Helper()
	for {
		if _, err := c.sock.Write(c.out.Send); err != nil {
			c.t.Fatal(err)
		}
		c.out.Reset()
		n, readErr := c.sock.Read(c.buf)
		var err error
		if c.conn, err = c.conn.Stream(&c.out, c.buf[:n]); err != nil {
			c.t.Fatal(err)
		}
		if readErr == io.EOF {
			c.conn, err = c.conn.StreamEOF(&c.out)
		}
		if err != nil || readErr != nil && readErr != io.EOF {
			c.t.Fatal(err, readErr)
		}
		found := false
		for _, ev := range c.out.Events {
			if ev.StreamID != id {
				c.t.Fatalf("event of stream %d, want %d", ev.StreamID, id)
			}
			switch ev.Kind {
			case httpconn.EventInformational, httpconn.EventHeaders, httpconn.EventTrailers:
				heads = append(heads, fmt.Sprint(ev.Kind, " ", ev.Status))
				header = ev.Header
			case httpconn.EventData:
				content += string(ev.Data)
			}
			found = found || ev.Kind == kind
		}
		if found {
			return heads, header, content
		}
	}
}

// h1Serve is a net/http server with one path for each thing to try.
func h1Serve(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/length", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "hello")
	})
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		for range 3 {
			io.WriteString(w, "part ")
			w.(http.Flusher).Flush()
		}
		w.Header().Set("X-Sum", "3")
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "page")
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		p, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%q %v %v %v", p, r.TransferEncoding, r.Trailer, err)
	})
	mux.HandleFunc("/close", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		io.WriteString(w, "bye")
	})
	mux.HandleFunc("/switch", func(w http.ResponseWriter, r *http.Request) {
		sock, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer sock.Close()
		// In one write with the head: bytes of the new protocol.
		io.WriteString(sock, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: lines\r\nConnection: Upgrade\r\n\r\nready\n")
		for {
			line, err := buffered.ReadString('\n')
			if err != nil || line == "quit\n" {
				return
			}
			io.WriteString(sock, strings.ToUpper(line))
		}
	})
	mux.HandleFunc("/refuse", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no lines here",
			http.StatusForbidden)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestInteropKeepAlive(t *testing.T) {
	c := newH1Client(t, h1Serve(t), httpconn.Config{})
	for _, tc := range []struct {
		r       httpconn.Request
		heads   string
		content string
	}{
		{httpconn.Request{Path: "/length"}, "[Headers 200]", "hello"},
		{httpconn.Request{Path: "/length", Method: "HEAD"}, "[Headers 200]", ""},
		{httpconn.Request{Path: "/chunked"}, "[Headers 200 Trailers 0]", "part part part "},
		{httpconn.Request{Path: "/chunked", Method: "HEAD"}, "[Headers 200]", ""},
		{httpconn.Request{Path: "/hints"}, "[Informational 103 Headers 200]", "page"},
		{httpconn.Request{Path: "/none"}, "[Headers 404]", "404 page not found\n"},
		{httpconn.Request{Path: "/echo", Method: "POST", Body: []byte("whole")}, "[Headers 200]", `"whole" [] map[] <nil>`},
		{httpconn.Request{Path: "*", Method: "OPTIONS"}, "[Headers 200]", ""},
	} {
		id := c.request(tc.r)
		heads, _, content := c.until(id, httpconn.EventDone)
		if fmt.Sprint(heads) != tc.heads || content != tc.content {
			t.Errorf("%s %s: %v %q, want %s %q", tc.r.Method, tc.r.Path, heads, content, tc.heads, tc.content)
		}
		if c.conn.Next() != httpconn.NextRead || c.conn.Slots() != 1 {
			t.Fatalf("%s: next %v, slots %d", tc.r.Path, c.conn.Next(), c.conn.Slots())
		}
	}
	id := c.request(httpconn.Request{Path: "/close"})
	if _, _, content := c.until(id, httpconn.EventDone); content != "bye" || c.conn.Next() != httpconn.NextClose {
		t.Errorf("%q, next %v", content, c.conn.Next())
	}
}

func TestInteropSend(t *testing.T) {
	c := newH1Client(t, h1Serve(t), httpconn.Config{})
	id := c.request(httpconn.Request{Path: "/echo", Method: "POST", HasBody: true,
		Header: http.Header{"Trailer": {"X-Sum"}}, Body: []byte("one ")})
	c.send(id, "", false)
	c.send(id, "two ", false)
	c.send(id, strings.Repeat("three ", 5), false)
	conn, err := c.conn.SendTrailers(&c.out, id, http.Header{"X-Sum": {"9"}})
	if err != nil {
		t.Fatal(err)
	}
	c.conn = conn
	if _, _, got := c.until(id, httpconn.EventDone); got != `"one two three three three three three " [chunked] map[X-Sum:[9]] <nil>` {
		t.Error(got)
	}
	id = c.request(httpconn.Request{Path: "/echo", Method: "PUT", HasBody: true,
		Header: http.Header{"Content-Length": {"7"}, "Expect": {"100-continue"}}})
	if heads, _, _ := c.until(id, httpconn.EventInformational); fmt.Sprint(heads) != "[Informational 100]" {
		t.Error(heads)
	}
	c.send(id, "coun", false)
	c.send(id, "ted", true)
	if _, _, got := c.until(id, httpconn.EventDone); got != `"counted" [] map[] <nil>` {
		t.Error(got)
	}
}

func TestInteropUpgrade(t *testing.T) {
	c := newH1Client(t, h1Serve(t), httpconn.Config{})
	ask := http.Header{"Upgrade": {"lines"}, "Connection": {"Upgrade"}}
	id := c.request(httpconn.Request{Path: "/refuse", Header: ask})
	if heads, _, content := c.until(id, httpconn.EventDone); fmt.Sprint(heads) != "[Headers 403]" ||
		content != "no lines here\n" {
		t.Errorf("%v %q", heads, content)
	}
	id = c.request(httpconn.Request{Path: "/switch", Header: ask}) // on the same connection
	heads, header, content := c.until(id, httpconn.EventData)
	if fmt.Sprint(heads) != "[Headers 101]" || header.Get("Upgrade") != "lines" {
		t.Errorf("%v %v", heads, header)
	}
	for content != "ready\n" {
		_, _, more := c.until(id, httpconn.EventData)
		content += more
	}
	c.send(id, "hello\n", false)
	c.send(id, "quit\n", true)
	if c.conn.Next() != httpconn.NextAwaitEOF {
		t.Errorf("next %v", c.conn.Next())
	}
	if _, _, content := c.until(id, httpconn.EventDone); content != "HELLO\n" || c.conn.Next() != httpconn.NextClose {
		t.Errorf("%q, next %v", content, c.conn.Next())
	}
}

func TestInteropPipeline(t *testing.T) {
	c := newH1Client(t, h1Serve(t), httpconn.Config{Pipeline: 3})
	ids := []httpconn.StreamID{c.request(httpconn.Request{Path: "/length"}),
		c.request(httpconn.Request{Path: "/chunked"}), c.request(httpconn.Request{Path: "/close"})}
	if _, err := c.sock.Write(c.out.Send); err != nil {
		t.Fatal(err)
	}
	c.out.Reset()
	got := map[httpconn.StreamID]string{}
	r := bufio.NewReader(c.sock)
	for c.conn.Next() == httpconn.NextRead {
		b, err := r.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		if c.conn, err = c.conn.Stream(&c.out, []byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	for _, ev := range c.out.Events {
		got[ev.StreamID] += string(ev.Data)
	}
	if got[ids[0]] != "hello" || got[ids[1]] != "part part part " || got[ids[2]] != "bye" {
		t.Errorf("%v", got)
	}
}
