package wstest_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"

	"golang.org/x/net/http2"
)

var versions = []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2}

// client is this module's client and a Peer, in one function.
type client struct {
	t      *testing.T
	peer   *wstest.Peer
	cut    int // bytes of a piece, 0 for all at once
	conn   httpconn.Conn
	out    httpconn.Output
	in     mintws.Inbox
	ws     map[httpconn.StreamID]mintws.WebSocket
	frames map[httpconn.StreamID][]string
	gone   bool
}

func newClient(t *testing.T, v httpconn.Version, opt wstest.Options, cut int) *client {
	t.Helper()
	c := &client{t: t, peer: wstest.NewPeer(opt), cut: cut, ws: map[httpconn.StreamID]mintws.WebSocket{},
		frames: map[httpconn.StreamID][]string{}}
	var err error
	if c.conn, err = httpconn.New(v, httpconn.Config{}, &c.out); err != nil {
		t.Fatal(err)
	}
	c.run()
	return c
}

// run passes bytes to and fro until neither side has any.
func (c *client) run() {
	for len(c.out.Send) > 0 && !c.gone {
		sent := c.out.Take(nil)
		for len(sent) > 0 && !c.gone {
			n := len(sent)
			if c.cut > 0 {
				n = min(n, c.cut)
			}
			piece := append([]byte{}, sent[:n]...)
			got := bytes.Clone(c.peer.Receive(piece))
			for i := range piece {
				piece[i] = 0xaa // the Peer keeps nothing of its input
			}
			sent = sent[n:]
			for len(got) > 0 {
				k := len(got)
				if c.cut > 0 {
					k = min(k, c.cut)
				}
				c.conn, _ = c.conn.Stream(&c.out, got[:k])
				got = got[k:]
				c.events()
			}
			if c.peer.Over() {
				c.gone = true
				c.conn, _ = c.conn.StreamEOF(&c.out)
				c.events()
			}
		}
	}
}

func (c *client) events() {
	for _, ev := range c.out.Events {
		ws, ok := c.ws[ev.StreamID]
		if !ok {
			continue
		}
		c.in.Reset()
		c.conn, ws, _ = mintws.Receive(c.conn, &c.out, ws, &c.in, ev) // ws.Err keeps the error
		c.ws[ev.StreamID] = ws
		for _, f := range c.in.Frames {
			c.frames[ev.StreamID] = append(c.frames[ev.StreamID], fmt.Sprintf("%v %d %.40q", f.Opcode, f.Code, f.Payload))
		}
	}
	c.out.Events = c.out.Events[:0]
}

// open opens a WebSocket, or tries to.
func (c *client) open(opt mintws.Options) httpconn.StreamID {
	c.t.Helper()
	conn, ws, err := mintws.Upgrade(c.conn, &c.out, "ws://example.org/chat?x=1", opt)
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn = conn
	c.ws[ws.StreamID()] = ws
	c.run()
	return ws.StreamID()
}

func (c *client) send(id httpconn.StreamID, frames ...mintws.Frame) {
	c.t.Helper()
	for _, f := range frames {
		conn, ws, err := mintws.Send(c.conn, &c.out, c.ws[id], f)
		if err != nil {
			c.t.Fatal(err)
		}
		c.conn, c.ws[id] = conn, ws
	}
	c.run()
}

// each runs a test on both versions of HTTP, with everything in one piece and cut at each byte.
func each(t *testing.T, f func(t *testing.T, v httpconn.Version, cut int)) {
	for _, v := range versions {
		for _, cut := range []int{0, 1} {
			t.Run(fmt.Sprintf("%v cut %d", v, cut), func(t *testing.T) { f(t, v, cut) })
		}
	}
}

// TestEcho: messages, fragments, Ping and the closing handshake, with a subprotocol and permessage-deflate.
func TestEcho(t *testing.T) {
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, compressed := range []bool{false, true} {
		each(t, func(t *testing.T, v httpconn.Version, cut int) {
			var over []string
			c := newClient(t, v, wstest.Options{
				Accept:    mintws.AcceptOptions{Subprotocols: []string{"b"}},
				NoDeflate: !compressed,
				Over: func(r *http.Request, ws mintws.WebSocket) {
					code, reason := ws.PeerClose()
					over = append(over, fmt.Sprint(r.RequestURI, " ", r.Host, " ", ws.State(), " ", ws.Err(), " ", uint16(code), reason))
				},
			}, cut)
			id := c.open(mintws.Options{Subprotocols: []string{"a", "b"}, Extensions: []mintws.Extension{deflate}})
			if ws := c.ws[id]; ws.State() != mintws.Open || ws.Subprotocol() != "b" || len(ws.Extensions()) != map[bool]int{true: 1}[compressed] {
				t.Fatal(ws.State(), ws.Err(), ws.Subprotocol(), ws.Extensions())
			}
			large := strings.Repeat("0123456789", 20_000)
			c.send(id, mintws.Text("Hello"), mintws.Frame{Opcode: mintws.OpText, More: true, Payload: []byte("one, ")}, mintws.Ping([]byte("p")),
				mintws.Frame{Opcode: mintws.OpContinuation, Payload: []byte("two")}, mintws.Binary([]byte(large)))
			c.send(id, mintws.Close(1000, "enough"))
			want := []string{`Text 0 "Hello"`, `Pong 0 "p"`, `Text 0 "one, two"`, fmt.Sprintf("Binary 0 %.40q", large), `Close 1000 ""`}
			if got := c.frames[id]; strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if ws := c.ws[id]; ws.State() != mintws.Closed || ws.Err() != nil || !ws.Over() {
				t.Error(ws.State(), ws.Err(), ws.Over())
			}
			if want := "[/chat?x=1 example.org Closed <nil> 1000enough]"; fmt.Sprint(over) != want {
				t.Errorf("over: %v, want %v", over, want)
			}
			if c.peer.Over() != (v == httpconn.HTTP1) {
				t.Errorf("the connection is over: %t", c.peer.Over())
			}
		})
	}
}

// TestRefuse: the client gets the status and the fields, and can ask again on the same connection.
func TestRefuse(t *testing.T) {
	each(t, func(t *testing.T, v httpconn.Version, cut int) {
		n := 0
		c := newClient(t, v, wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
			if n++; n == 1 {
				return wstest.Behavior{Refuse: 503, Header: http.Header{"Retry-After": {"7"}}}
			}
			return wstest.Behavior{}
		}}, cut)
		id := c.open(mintws.Options{})
		var refused *mintws.HandshakeError
		if err := c.ws[id].Err(); !errors.As(err, &refused) || refused.Status != 503 || refused.Header.Get("Retry-After") != "7" {
			t.Fatal(err)
		}
		id = c.open(mintws.Options{})
		c.send(id, mintws.Text("x"))
		if got := fmt.Sprint(c.frames[id]); got != `[Text 0 "x"]` {
			t.Error(got)
		}
	})
}

// TestFaults has each fault, behind one message that is still answered.
func TestFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		how   wstest.Behavior
		want  string
		err   string
		state mintws.State
	}{
		"close": {wstest.Behavior{Fault: wstest.FaultClose, Code: 1012, Reason: "restart"},
			`[Text 0 "x" Close 1012 "restart"]`, "1012", mintws.Closed},
		"vanish":  {wstest.Behavior{Fault: wstest.FaultVanish}, `[Text 0 "x"]`, "without a complete closing handshake", mintws.Failed},
		"reset":   {wstest.Behavior{Fault: wstest.FaultReset}, `[Text 0 "x"]`, "without a complete closing handshake", mintws.Failed},
		"silence": {wstest.Behavior{Fault: wstest.FaultSilence}, `[Text 0 "x"]`, "<nil>", mintws.Closing},
		"bytes":   {wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte("\x83\x00")}, `[Text 0 "x"]`, "reserved opcode", mintws.Failed},
		"mistake": {wstest.Behavior{Reply: func(mintws.Frame) []mintws.Frame { return []mintws.Frame{{Opcode: 3}} }},
			`[Close 1011 "wstest: mintws: invalid frame`, "1011", mintws.Closed},
		"reply": {wstest.Behavior{Greeting: []mintws.Frame{mintws.Text("hi")}, Reply: func(f mintws.Frame) []mintws.Frame {
			return []mintws.Frame{mintws.Ping(f.Payload), mintws.Text("other")}
		}}, `[Text 0 "hi" Ping 0 "x" Text 0 "other" Ping 0 "y" Text 0 "other" Close 1000 ""]`, "<nil>", mintws.Closed},
	} {
		tt.how.After = 1
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, v httpconn.Version, cut int) {
				over := 0
				c := newClient(t, v, wstest.Options{Behavior: tt.how, Over: func(*http.Request, mintws.WebSocket) { over++ }}, cut)
				id := c.open(mintws.Options{})
				c.send(id, mintws.Text("x"))
				if !c.gone && c.ws[id].State() == mintws.Open {
					c.send(id, mintws.Text("y"), mintws.Ping(nil), mintws.Close(1000, ""))
				}
				got := strings.ReplaceAll(fmt.Sprint(c.frames[id]), ` Pong 0 ""`, "")
				if !strings.HasPrefix(got, tt.want) {
					t.Errorf("got %v\nwant %v", got, tt.want)
				}
				if ws := c.ws[id]; ws.State() != tt.state || !strings.Contains(fmt.Sprint(ws.Err()), tt.err) {
					t.Errorf("%v, %v", ws.State(), ws.Err())
				}
				c.peer.EOF()
				if over != 1 {
					t.Errorf("told %d times that it is over", over)
				}
			})
		})
	}
}

// TestStreams: as many WebSockets as the server says, no more, and all of them work; a fault of one leaves the others alone.
func TestStreams(t *testing.T) {
	const n = 1000
	c := newClient(t, httpconn.HTTP2, wstest.Options{MaxStreams: n, Behave: func(r *http.Request) wstest.Behavior {
		if r.Header.Get("Fault") != "" {
			return wstest.Behavior{Fault: wstest.FaultReset}
		}
		return wstest.Behavior{}
	}}, 0)
	var ids []httpconn.StreamID
	for i := range n {
		opt := mintws.Options{}
		if i == n/2 {
			opt.Header = http.Header{"Fault": {"1"}}
		}
		ids = append(ids, c.open(opt))
	}
	if c.conn.Slots() != 1 { // that of the stream that was reset
		t.Errorf("%d slots are left", c.conn.Slots())
	}
	large := mintws.Binary(make([]byte, 3000)) // all together far more than the windows
	for i, id := range ids {
		if i == n/2 {
			if c.ws[id].Err() == nil {
				t.Error("no fault")
			}
			continue
		}
		conn, ws, err := mintws.Send(c.conn, &c.out, c.ws[id], large)
		if err != nil {
			t.Fatal(err)
		}
		c.conn, c.ws[id] = conn, ws
	}
	c.run()
	for i, id := range ids {
		if i != n/2 && len(c.frames[id]) != 1 {
			t.Fatalf("stream %d: %v, %v", id, c.frames[id], c.ws[id].Err())
		}
	}
	for i, id := range ids {
		if i != n/2 {
			c.send(id, mintws.Close(1000, ""))
		}
		if ws := c.ws[id]; !ws.Over() {
			t.Fatal(ws.State())
		}
	}
	if c.conn.Slots() != n {
		t.Errorf("%d slots after all are over", c.conn.Slots())
	}
}

// TestSettings: what is announced need not be true.
func TestSettings(t *testing.T) {
	c := newClient(t, httpconn.HTTP2, wstest.Options{Settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 0}}}, 0)
	if n := c.conn.Slots(); n != 0 {
		t.Errorf("%d slots", n)
	}
	c = newClient(t, httpconn.HTTP2, wstest.Options{Settings: []http2.Setting{{ID: http2.SettingEnableConnectProtocol, Val: 0}}}, 0)
	if _, _, err := mintws.Upgrade(c.conn, &c.out, "ws://example.org/", mintws.Options{}); !errors.Is(err, mintws.ErrExtendedConnectDisabled) {
		t.Error(err)
	}
	c = newClient(t, httpconn.HTTP2, wstest.Options{Settings: []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 100}}}, 0)
	id := c.open(mintws.Options{})
	c.send(id, mintws.Binary(make([]byte, 10_000)))
	if len(c.frames[id]) != 1 {
		t.Errorf("with a small window: %v", c.frames[id])
	}
}

// TestPanics: options that cannot be used.
func TestPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"NewPeer":   func() { wstest.NewPeer(wstest.Options{Accept: mintws.AcceptOptions{Subprotocols: []string{"a b"}}}) },
		"NewServer": func() { wstest.NewServer(wstest.Options{Accept: mintws.AcceptOptions{Subprotocols: []string{"a b"}}}) },
		"Frames":    func() { wstest.Frames(mintws.Text("\xff")) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
