package mintws

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
)

// h2Server writes what an HTTP/2 server sends.
type h2Server struct {
	*http2.Framer
	buf bytes.Buffer
}

func newH2Server() *h2Server {
	s := new(h2Server)
	s.Framer = http2.NewFramer(&s.buf, nil)
	return s
}

// take returns what was written since the last call.
func (s *h2Server) take() []byte {
	p := bytes.Clone(s.buf.Bytes())
	s.buf.Reset()
	return p
}

func (s *h2Server) must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// respond writes a response head.
func (s *h2Server) respond(t testing.TB, id httpconn.StreamID, end bool, fields ...string) {
	t.Helper()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for i := 0; i < len(fields); i += 2 {
		s.must(t, enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	s.must(t, s.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(id), BlockFragment: block.Bytes(), EndHeaders: true, EndStream: end}))
}

// newH2Client returns a client whose server allows extended CONNECT, waiting for the answer to its upgrade.
func newH2Client(t testing.TB, opt Options) (*client, *h2Server) {
	t.Helper()
	cl, s := &client{}, newH2Server()
	var err error
	if cl.conn, err = httpconn.New(httpconn.HTTP2, httpconn.Config{}, &cl.out); err != nil {
		t.Fatal(err)
	}
	if _, _, err = Upgrade(cl.conn, &cl.out, "ws://example.com/", opt); !errors.Is(err, ErrSettingsPending) {
		t.Fatalf("before the server's SETTINGS: %v", err)
	}
	s.must(t, s.WriteSettings())
	cl.read(s.take())
	if _, _, err = Upgrade(cl.conn, &cl.out, "ws://example.com/", opt); !errors.Is(err, ErrExtendedConnectDisabled) {
		t.Fatalf("after SETTINGS without ENABLE_CONNECT_PROTOCOL: %v", err)
	}
	s.must(t, s.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1}))
	cl.read(s.take())
	if cl.conn, cl.ws, err = Upgrade(cl.conn, &cl.out, "wss://example.com/chat?x", opt); err != nil {
		t.Fatal(err)
	}
	return cl, s
}

// TestH2Upgrade: the request is that of RFC 8441 section 5.1, and has no key.
func TestH2Upgrade(t *testing.T) {
	cl, _ := newH2Client(t, Options{Origin: "http://example.com", Subprotocols: []string{"chat", "superchat"}})
	got := map[string]string{}
	fr := http2.NewFramer(nil, bytes.NewReader(cl.out.Send))
	fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f, err := fr.ReadFrame()
	if err != nil {
		t.Fatal(err)
	}
	head, ok := f.(*http2.MetaHeadersFrame)
	if !ok || head.StreamEnded() {
		t.Fatalf("sent %v", f)
	}
	for _, f := range head.Fields {
		got[f.Name] = f.Value
	}
	want := map[string]string{":method": "CONNECT", ":protocol": "websocket", ":scheme": "https", ":path": "/chat?x", ":authority": "example.com",
		"sec-websocket-version": "13", "sec-websocket-protocol": "chat, superchat", "origin": "http://example.com"}
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%s is %q, want %q", name, got[name], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("fields %v", got)
	}
}

// TestH2Answer: any 2xx opens the WebSocket, and a sec-websocket-accept means nothing (RFC 8441 section 5). Other statuses
// leave the connection usable.
func TestH2Answer(t *testing.T) {
	for _, status := range []string{"200", "201", "204", "299"} {
		cl, s := newH2Client(t, Options{})
		s.respond(t, cl.ws.StreamID(), false, ":status", status, "sec-websocket-accept", "nonsense")
		s.must(t, s.WriteData(uint32(cl.ws.StreamID()), false, join(0x81, 2, "hi")))
		if cl.read(s.take()); cl.ws.State() != Open || len(cl.errs) > 0 || diffFrames(cl.frames, []Frame{Text("hi")}) != "" {
			t.Errorf("%s: %v, %q, %v", status, cl.ws.State(), cl.errs, cl.frames)
		}
	}
	for _, status := range []string{"302", "403", "501"} {
		cl, s := newH2Client(t, Options{})
		s.respond(t, cl.ws.StreamID(), false, ":status", status)
		s.must(t, s.WriteData(uint32(cl.ws.StreamID()), true, []byte("sorry")))
		cl.read(s.take())
		var he *HandshakeError
		if !errors.As(cl.last, &he) || !errors.Is(he, ErrBadStatus) || he.Canceled || string(cl.body) != "sorry" || len(cl.errs) != 1 {
			t.Errorf("%s: %q, body %q", status, cl.errs, cl.body)
		}
		if cl.conn.Slots() == 0 || cl.conn.Next() != httpconn.NextRead {
			t.Errorf("%s: %d slots, %v", status, cl.conn.Slots(), cl.conn.Next())
		}
	}
	cl, s := newH2Client(t, Options{})
	s.respond(t, cl.ws.StreamID(), false, ":status", "200", "sec-websocket-protocol", "chat")
	cl.read(s.take())
	var he *HandshakeError
	if !errors.As(cl.last, &he) || !errors.Is(he, ErrBadSubprotocol) || !he.Canceled || he.Header.Get("Sec-WebSocket-Protocol") != "chat" {
		t.Errorf("subprotocol not offered: %q", cl.errs)
	}
	if want := "\x00\x00\x04\x03\x00"; !bytes.Contains(cl.sent, []byte(want)) { // RST_STREAM
		t.Errorf("the stream was not cancelled: % x", cl.sent)
	}
}

// TestH2Ends: how the end of the stream maps to that of the WebSocket (RFC 8441 section 5).
func TestH2Ends(t *testing.T) {
	closeFrame := join(0x88, 2, 0x03, 0xE8)
	for _, tt := range []struct {
		name string
		play func(s *h2Server, id uint32) error
		code CloseCode // of the CloseError; 0: none
		end  State
	}{
		{"closing handshake and END_STREAM", func(s *h2Server, id uint32) error { return s.WriteData(id, true, closeFrame) }, 0, Closed},
		{"Close, END_STREAM and RST_STREAM at once", func(s *h2Server, id uint32) error {
			return errors.Join(s.WriteData(id, false, closeFrame), s.WriteData(id, true, nil), s.WriteRSTStream(id, http2.ErrCodeNo))
		}, 0, Closed},
		{"Close after a ping, all over at once", func(s *h2Server, id uint32) error {
			return errors.Join(s.WriteData(id, true, join(0x89, 0, closeFrame)), s.WriteRSTStream(id, http2.ErrCodeNo))
		}, 0, Closed},
		{"END_STREAM without a Close", func(s *h2Server, id uint32) error { return s.WriteData(id, true, nil) }, CodeAbnormal, Failed},
		{"RST_STREAM", func(s *h2Server, id uint32) error { return s.WriteRSTStream(id, http2.ErrCodeCancel) }, CodeAbnormal, Failed},
	} {
		cl, s := newH2Client(t, Options{})
		id := uint32(cl.ws.StreamID())
		s.respond(t, cl.ws.StreamID(), false, ":status", "200")
		cl.read(s.take())
		s.must(t, tt.play(s, id))
		cl.read(s.take())
		var ce *CloseError
		switch {
		case tt.code == 0 && len(cl.errs) > 0:
			t.Errorf("%s: %q", tt.name, cl.errs)
		case tt.code != 0 && (!errors.As(cl.last, &ce) || ce.Code != tt.code):
			t.Errorf("%s: %q, want code %v", tt.name, cl.errs, tt.code)
		}
		if cl.ws.State() != tt.end || cl.conn.Next() != httpconn.NextRead {
			t.Errorf("%s: %v, next %v", tt.name, cl.ws.State(), cl.conn.Next())
		}
		if r := (httpconn.Request{Scheme: "https", Authority: "example.com", Method: http.MethodGet}); true {
			if _, _, err := cl.conn.Request(&cl.out, r); err != nil { // plain requests and WebSockets mix
				t.Errorf("%s: a request afterwards: %v", tt.name, err)
			}
		}
	}
}
