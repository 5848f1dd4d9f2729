package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2 returns the bytes of a client's HTTP/2 connection: the preface, its settings and a request with the fields, and what more
// writes.
func h2(t *testing.T, settings []http2.Setting, end bool, fields []string, more func(*http2.Framer) error) string {
	t.Helper()
	var b, block bytes.Buffer
	b.WriteString(http2.ClientPreface)
	fr := http2.NewFramer(&b, nil)
	if err := fr.WriteSettings(settings...); err != nil {
		t.Fatal(err)
	}
	encoder := hpack.NewEncoder(&block)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			t.Fatal(err)
		}
	}
	head := http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: more != nil, EndStream: end}
	if err := fr.WriteHeaders(head); err != nil {
		t.Fatal(err)
	}
	if more != nil {
		if err := more(fr); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// frame returns the bytes that f writes.
func frame(t *testing.T, f func(*http2.Framer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(http2.NewFramer(&b, nil)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSlowClients has, one by one, clients that would stay for ever. Each takes the only place that the server has. That the
// server has dropped it shows in that the next client, which waits for the place, is served.
func TestSlowClients(t *testing.T) {
	const mask = "\x00\x00\x00\x00"
	ws := upgradeHead("/")
	get := []string{":method", "GET", ":scheme", "http", ":authority", "localhost", ":path", "/"}
	post := append([]string{":method", "POST"}, get[2:]...)
	open := append([]string{":method", "CONNECT", ":protocol", "websocket", "sec-websocket-version", "13"}, get[2:]...)
	nothing := func(*http2.Framer) error { return nil }
	ping := frame(t, func(f *http2.Framer) error { return f.WritePing(false, [8]byte{}) })
	data := func(s string) string {
		return frame(t, func(f *http2.Framer) error { return f.WriteData(1, false, []byte(s)) })
	}
	for _, tt := range []struct {
		name  string
		tls   bool
		once  string
		again string // sent for as long as that works; "" is silence
	}{
		{"silent", false, "", ""},
		{"request line", false, "GET / HT", ""},
		{"fields drip", false, "GET / HTTP/1.1\r\nA: ", "a"},
		{"content never comes", false, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n", ""},
		{"content drips", false, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
		{"content of an upgrade", false, strings.TrimSuffix(ws, "\r\n") + "Content-Length: 10\r\n\r\n", ""},
		{"no next request", false, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", ""},
		{"answers are not read", false, "", strings.Repeat("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 1000)},
		{"WebSocket is silent", false, ws, ""},
		{"WebSocket that drips", false, ws + "\x82\xfe\xff\xff" + mask, "x"},
		{"WebSocket with fragments without end", false, ws + "\x02\x81" + mask + "x", "\x00\x81" + mask + "x\x89\x80" + mask},
		{"WebSocket that does not read", false, ws, strings.Repeat("\x82\xfe\x10\x00"+mask+strings.Repeat("x", 4096), 100)},
		{"WebSocket with Pings that does not read", false, ws, strings.Repeat("\x89\x84"+mask+"ping", 10000)},
		{"WebSocket that goes on after our Close", false, ws + "\x82\x01x", "noise"},
		{"WebSocket that does not end TCP", false, ws + "\x88\x80" + mask, ""},

		{"HTTP/2 preface", false, "PRI * HT", ""},
		{"HTTP/2 preface, second part", false, http2.ClientPreface[:20], ""},
		{"HTTP/2 without SETTINGS", false, http2.ClientPreface, ""},
		{"HTTP/2 field block without end", false, h2(t, nil, false, get, nil), ""},
		{"HTTP/2 content never comes", false, h2(t, nil, false, post, nothing), ""},
		{"HTTP/2 content drips", false, h2(t, nil, false, post, nothing), data("x")},
		{"HTTP/2 no credit", false, h2(t, []http2.Setting{{ID: http2.SettingInitialWindowSize}}, true, get, nothing), ""},
		{"HTTP/2 no next request, but PINGs", false, h2(t, nil, true, get, nothing), ping},
		{"HTTP/2 WebSocket is silent", false, h2(t, nil, false, open, nothing), ""},
		{"HTTP/2 WebSocket that drips", false, h2(t, nil, false, open, nothing) + data("\x82\xfe\xff\xff"+mask), data("x")},
		{"HTTP/2 WebSocket without credit", false, h2(t, nil, false, open, nothing),
			data(strings.Repeat("\x82\xfe\x10\x00"+mask+strings.Repeat("x", 4096), 2))},
		{"HTTP/2 PINGs, answers not read", false, h2(t, nil, false, open, nothing), strings.Repeat(ping, 10000)},

		{"TLS silent", true, "", ""},
		{"TLS record", true, "\x16\x03\x01\x00\xff", ""},
		{"TLS record drips", true, "\x16\x03\x01\x3f\xff\x01\x00\x3f\xfb", "\x00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := []string{"-quiet", "-max-connections", "1", "-read-timeout", "200ms", "-write-timeout", "200ms", "-keep-alive", "200ms",
				"-idle", "200ms", "-message-timeout", "200ms", "-close-timeout", "200ms", "-max-fragments", "-1"}
			if tt.tls {
				args = append(args, "-tls")
			}
			_, addr, stop := start(t, args...)
			slow, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer slow.Close()
			if err = slow.SetDeadline(time.Now().Add(testLimit)); err != nil {
				t.Fatal(err)
			}
			served := make(chan struct{})
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for next := tt.once; ; next = tt.again {
					if _, writeErr := io.WriteString(slow, next); writeErr != nil || tt.again == "" {
						return
					}
					select {
					case <-served:
						return
					case <-time.After(time.Millisecond):
					}
				}
			}()
			expectService(t, addr, tt.tls)
			close(served)
			slow.Close()
			<-sent
			if status, log := stop(); status != 0 {
				t.Errorf("exit status %d, log\n%s", status, log)
			}
		})
	}
}

// expectService has a message returned. On a busy machine the server may find this client slow, too.
func expectService(t *testing.T, addr string, withTLS bool) {
	t.Helper()
	try := func() error {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		if withTLS {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		}
		c, err := openClient(conn, "/")
		if err != nil {
			return err
		}
		if err = c.Send(mintws.Text("x")); err != nil {
			return err
		}
		_, err = c.Next()
		return err
	}
	var err error
	for until := time.Now().Add(testLimit); time.Now().Before(until); {
		if err = try(); err == nil {
			return
		}
	}
	t.Errorf("no place became free: %v", err)
}

// TestLimits has one connection more, and one WebSocket more, than the server takes.
func TestLimits(t *testing.T) {
	_, addr, stop := start(t, "-max-connections", "2", "-max-websockets", "1")
	first, err := dialClient(addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = dialClient(addr); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("second WebSocket: %v, want 503", err)
	}
	// Two connections that stay, and one that is not accepted: nothing answers it until there is a place.
	second, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	third, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	answered := make(chan string, 1)
	for _, c := range []net.Conn{second, third} {
		if _, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		go func() {
			b := make([]byte, 12)
			io.ReadFull(c, b)
			answered <- string(b)
		}()
		if c == second {
			if got := <-answered; got != "HTTP/1.1 200" {
				t.Errorf("second: %q", got)
			}
		}
	}
	if len(answered) != 0 {
		t.Error("the third was answered")
	}
	second.Close()
	if got := <-answered; got != "HTTP/1.1 200" {
		t.Errorf("third: %q", got)
	}
	first.Conn.Close()
	if status, log := stop(); status != 0 || !strings.Contains(log, "status=503") {
		t.Errorf("exit status %d, log\n%s", status, log)
	}
}

// TestStopWhileFull ends a server whose listener waits for a place.
func TestStopWhileFull(t *testing.T) {
	_, addr, stop := start(t, "-max-connections", "1")
	c, err := dialClient(addr)
	if err != nil {
		t.Fatal(err)
	}
	status := make(chan int)
	go func() {
		s, _ := stop()
		status <- s
	}()
	if _, err = c.Finish(); err != nil {
		t.Error(err)
	}
	if s := <-status; s != 0 {
		t.Errorf("exit status %d", s)
	}
}

// TestDeflateFlags has flags for compression that are seen on the wire.
func TestDeflateFlags(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string // in the answer
	}{
		{nil, "permessage-deflate"},
		{[]string{"-deflate-level", "9", "-deflate-window", "32768", "-deflate-ratio", "100"}, "permessage-deflate"},
		{[]string{"-deflate-window", "1024", "-deflate-announce"}, "permessage-deflate; server_max_window_bits=10"},
		{[]string{"-no-deflate"}, ""},
	} {
		_, addr, stop := start(t, slices.Concat([]string{"-quiet", "-origins", "https://*.example.org"}, tt.args)...)
		c, err := dialClient(addr, "Sec-WebSocket-Extensions: permessage-deflate", "Origin: https://a.example.org")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Response.Header.Get("Sec-WebSocket-Extensions"); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.args, got, tt.want)
		}
		c.Conn.Close()
		if status, log := stop(); status != 0 {
			t.Errorf("exit status %d, log\n%s", status, log)
		}
	}
}
