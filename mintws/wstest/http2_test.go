package wstest_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// script returns the bytes of a client's connection: the preface, SETTINGS, and what f writes. Nothing is checked.
func script(t *testing.T, f func(fr *http2.Framer, block func(pairs ...string) []byte)) []byte {
	t.Helper()
	var b, fields bytes.Buffer
	b.WriteString(http2.ClientPreface)
	fr := http2.NewFramer(&b, nil)
	fr.AllowIllegalWrites = true
	if err := fr.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	enc := hpack.NewEncoder(&fields)
	f(fr, func(pairs ...string) []byte {
		fields.Reset()
		for i := 0; i < len(pairs); i += 2 {
			if err := enc.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]}); err != nil {
				t.Fatal(err)
			}
		}
		return bytes.Clone(fields.Bytes())
	})
	return b.Bytes()
}

// last returns the code of the last GOAWAY or RST_STREAM in b, and which it is.
func last(t *testing.T, b []byte) string {
	t.Helper()
	fr := http2.NewFramer(nil, bytes.NewReader(b))
	got := "nothing"
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return got
		}
		switch f := f.(type) {
		case *http2.GoAwayFrame:
			got = "GOAWAY " + f.ErrCode.String()
		case *http2.RSTStreamFrame:
			got = "RST_STREAM " + f.ErrCode.String()
		}
	}
}

// TestIllegal: a client that breaks the rules of HTTP/2 is told so, on the stream or the connection, wherever its bytes are
// cut.
func TestIllegal(t *testing.T) {
	connect := []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":authority", "a", ":path", "/",
		"sec-websocket-version", "13"}
	head := func(fr *http2.Framer, id uint32, block []byte) {
		fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true})
	}
	for name, tt := range map[string]struct {
		want string
		f    func(fr *http2.Framer, block func(...string) []byte)
	}{
		"nothing wrong": {"nothing", func(fr *http2.Framer, block func(...string) []byte) {
			head(fr, 1, block(connect...))
			fr.WriteData(1, false, nil)
			fr.WritePing(false, [8]byte{})
		}},
		"in pieces": {"RST_STREAM CANCEL", func(fr *http2.Framer, block func(...string) []byte) { // which shows that it was opened
			b := block(append(connect[:8:8], ":path", "/reset", "sec-websocket-version", "13")...)
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b[:5]})
			fr.WriteContinuation(1, false, b[5:20])
			fr.WriteContinuation(1, false, nil)
			fr.WriteContinuation(1, true, b[20:])
		}},
		"refused": {"RST_STREAM NO_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			head(fr, 1, block(append(connect[:10:10], "sec-websocket-version", "12")...))
		}},
		"no path": {"RST_STREAM PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			head(fr, 1, block(":method", "GET"))
		}},
		"too many streams": {"RST_STREAM REFUSED_STREAM", func(fr *http2.Framer, block func(...string) []byte) {
			head(fr, 1, block(connect...))
			head(fr, 3, block(connect...))
		}},
		"even stream": {"GOAWAY PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) { head(fr, 2, block(connect...)) }},
		"stream again": {"GOAWAY PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			head(fr, 3, block(connect...))
			head(fr, 1, block(connect...))
		}},
		"fields again": {"RST_STREAM PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			head(fr, 1, block(connect...))
			head(fr, 1, block("a", "b"))
		}},
		"idle stream": {"GOAWAY PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) { fr.WriteData(1, false, nil) }},
		"idle credit": {"GOAWAY PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) { fr.WriteWindowUpdate(1, 1) }},
		"idle reset":  {"GOAWAY PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) { fr.WriteRSTStream(1, 0) }},
		"push": {"GOAWAY PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			fr.WriteRawFrame(http2.FramePushPromise, 4, 1, make([]byte, 8))
		}},
		"after the end": {"RST_STREAM STREAM_CLOSED", func(fr *http2.Framer, block func(...string) []byte) {
			head(fr, 1, block(connect...))
			fr.WriteData(1, true, nil)
			fr.WriteData(1, false, []byte("x"))
		}},
		"fields are none": {"GOAWAY COMPRESSION_ERROR", func(fr *http2.Framer, block func(...string) []byte) { head(fr, 1, []byte{0xff}) }},
		"fields cut off": {"GOAWAY PROTOCOL_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{}})
			fr.WritePing(false, [8]byte{})
		}},
		"fields without end": {"GOAWAY ENHANCE_YOUR_CALM", func(fr *http2.Framer, block func(...string) []byte) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{}})
			for range 5 {
				fr.WriteContinuation(1, false, make([]byte, 16000))
			}
		}},
		"large frame": {"GOAWAY FRAME_SIZE_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			fr.WriteData(1, false, make([]byte, 20_000))
		}},
		"too much credit": {"GOAWAY FLOW_CONTROL_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			fr.WriteWindowUpdate(0, 1<<31-1)
		}},
		"too much credit for a stream": {"RST_STREAM FLOW_CONTROL_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			head(fr, 1, block(connect...))
			fr.WriteWindowUpdate(1, 1<<31-1)
		}},
		"settings": {"GOAWAY FLOW_CONTROL_ERROR", func(fr *http2.Framer, block func(...string) []byte) {
			fr.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 31})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			sent := script(t, tt.f)
			for _, cut := range []int{1, 7, len(sent)} {
				p := wstest.NewPeer(wstest.Options{MaxStreams: 1, Behave: func(r *http.Request) wstest.Behavior {
					if r.URL.Path == "/reset" {
						return wstest.Behavior{Fault: wstest.FaultReset}
					}
					return wstest.Behavior{}
				}})
				var got []byte
				for rest := sent; len(rest) > 0; {
					n := min(cut, len(rest))
					got = append(got, p.Receive(rest[:n])...)
					rest = rest[n:]
				}
				// Whatever is left of a stream that the client has ended is not minded: the server has ended it too.
				if end := last(t, got); end != tt.want && !(name == "after the end" && end == "nothing") {
					t.Errorf("cut %d: %s, want %s", cut, end, tt.want)
				}
				if p.Over() != strings.HasPrefix(tt.want, "GOAWAY") {
					t.Errorf("cut %d: the connection is over: %t", cut, p.Over())
				}
			}
		})
	}
}

// TestMalformed: what is not a request of HTTP/2 resets its stream (RFC 9113 section 8.1.1), and the connection goes on.
func TestMalformed(t *testing.T) {
	good := []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":authority", "a", ":path", "/",
		"sec-websocket-version", "13", "te", "trailers"}
	get := []string{":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/"}
	for name, tt := range map[string]struct {
		fields []string
		want   string
	}{
		"good":                  {good, "nothing"},
		"GET":                   {get, "RST_STREAM NO_ERROR"}, // refused
		"CONNECT for a proxy":   {[]string{":method", "CONNECT", ":authority", "a:1"}, "RST_STREAM NO_ERROR"},
		"CONNECT with a path":   {[]string{":method", "CONNECT", ":authority", "a:1", ":path", "/"}, ""},
		"GET with :protocol":    {append(get[:8:8], ":protocol", "websocket"), ""},
		"no method":             {get[2:], ""},
		"no scheme":             {append(get[:2:2], get[4:]...), ""},
		"no path":               {get[:6], ""},
		"path is none":          {append(get[:6:6], ":path", "a"), ""},
		"twice":                 {append(get[:8:8], ":path", "/"), ""},
		"unknown":               {append(get[:8:8], ":what", "x"), ""},
		"of a response":         {append(get[:8:8], ":status", "200"), ""},
		"after others":          {append([]string{"a", "b"}, get...), ""},
		"name in upper case":    {append(get[:8:8], "Abc", "x"), ""},
		"name that is none":     {append(get[:8:8], "a b", "x"), ""},
		"value with a new line": {append(get[:8:8], "a", "x\r\ny"), ""},
		"connection":            {append(get[:8:8], "connection", "close"), ""},
		"upgrade":               {append(good[:12:12], "upgrade", "websocket"), ""},
		"te":                    {append(get[:8:8], "te", "gzip"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.want == "" {
				tt.want = "RST_STREAM PROTOCOL_ERROR"
			}
			p := wstest.NewPeer(wstest.Options{})
			got := last(t, p.Receive(script(t, func(fr *http2.Framer, block func(...string) []byte) {
				fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: block(tt.fields...)})
			})))
			if got != tt.want || p.Over() {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// TestWindows: a client that sends without credit gets no further. As long as the WebSocket is not open nobody reads, so
// the stream's window is used up and the stream is reset.
func TestWindows(t *testing.T) {
	sent := script(t, func(fr *http2.Framer, block func(...string) []byte) {
		fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: block(":method", "CONNECT", ":protocol",
			"websocket", ":scheme", "http", ":authority", "a", ":path", "/", "sec-websocket-version", "13")})
		for range 5 {
			fr.WriteData(1, false, make([]byte, 16384))
		}
	})
	p := wstest.NewPeer(wstest.Options{Protocols: []httpconn.Version{httpconn.HTTP2}, Behavior: wstest.Behavior{HandshakeDelay: -1}})
	if got := last(t, p.Receive(sent)); got != "RST_STREAM FLOW_CONTROL_ERROR" {
		t.Error(got)
	}
}

// TestSlot: a stream that both sides have ended makes room for the request that comes in the same read.
func TestSlot(t *testing.T) {
	const all = 40 // for the first 32, httpconn.Conn.Finish ends our side with RST_STREAM
	peer := wstest.NewPeer(wstest.Options{MaxStreams: 1})
	var out httpconn.Output
	var in mintws.Inbox
	var ws mintws.WebSocket
	conn, err := httpconn.New(httpconn.HTTP2, httpconn.Config{}, &out)
	opened := 0
	for range 2*all + 2 {
		if err == nil && conn.Slots() > 0 && opened < all {
			conn, ws, err = mintws.Upgrade(conn, &out, "ws://example.org/", mintws.Options{})
			opened++
		}
		data := peer.Receive(out.Take(nil))
		out.Reset()
		if err == nil {
			conn, err = conn.Stream(&out, data)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range out.Events {
			in.Reset()
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev) // a Close that comes back ends our side
			if ev.Kind == httpconn.EventHeaders {
				conn, ws, err = mintws.Send(conn, &out, ws, mintws.Close(mintws.CodeNormal, ""))
			}
		}
		if ws.State() == mintws.Failed {
			t.Fatalf("WebSocket %d: %v", opened, ws.Err())
		}
	}
	if opened != all || !ws.Over() {
		t.Errorf("%d were opened, and the last is %v", opened, ws.State())
	}
}

// TestNotHTTP has first bytes that are no request, and requests that open nothing.
func TestNotHTTP(t *testing.T) {
	ws := "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, tt := range []struct {
		sent, want string
		over       bool
	}{
		{"nonsense\r\n\r\n", "HTTP/1.1 400 ", true},
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 426 ", false},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 426 ", true},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 413 ", true},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 505 ", true},
		{"GET / HTTP/1.1\r\nA: " + strings.Repeat("a", 70_000), "HTTP/1.1 431 ", true},
		{ws + "\r\n", "HTTP/1.1 101 ", false},
		{ws + "\r\n\x88\x80\x00\x00\x00\x00", "HTTP/1.1 101 ", true},
	} {
		for _, cut := range []int{1, len(tt.sent)} {
			p := wstest.NewPeer(wstest.Options{Protocols: []httpconn.Version{httpconn.HTTP1}})
			var got []byte
			for rest := tt.sent; len(rest) > 0; {
				n := min(cut, len(rest))
				got = append(got, p.Receive([]byte(rest[:n]))...)
				rest = rest[n:]
			}
			if !strings.HasPrefix(string(got), tt.want) || strings.Count(string(got), "HTTP/1.1 ") < 1 || p.Over() != tt.over {
				t.Errorf("%.80q cut %d: %.100q, over %t; want %s, %t", tt.sent, cut, got, p.Over(), tt.want, tt.over)
			}
		}
	}
	p := wstest.NewPeer(wstest.Options{Protocols: []httpconn.Version{httpconn.HTTP2}})
	if got := last(t, p.Receive([]byte("GET / HTTP/1.1\r\n"))); got != "GOAWAY PROTOCOL_ERROR" || !p.Over() {
		t.Error(got)
	}
}
