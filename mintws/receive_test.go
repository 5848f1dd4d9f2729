package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
)

const rfcResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + rfcAccept + "\r\n\r\n"

// client is a connection with one WebSocket, driven as a program would.
type client struct {
	conn   httpconn.Conn
	ws     WebSocket
	out    httpconn.Output
	in     Inbox
	frames []Frame          // received
	sent   []byte           // all that was to be written
	errs   []string         // of Stream and Receive
	last   error            // the last of them
	other  []httpconn.Event // events that were not the WebSocket's data
	body   []byte           // content of a response that opened no WebSocket
}

func newClient(t testing.TB, opt Options) *client {
	cl := &client{}
	cl.conn, cl.ws = connecting(t, opt)
	return cl
}

// read is one turn of the loop: data nil is the end of input.
func (cl *client) read(data []byte) {
	var err error
	buf := bytes.Clone(data)
	if data == nil {
		cl.conn, err = cl.conn.StreamEOF(&cl.out)
	} else {
		cl.conn, err = cl.conn.Stream(&cl.out, buf)
	}
	cl.note(err)
	for _, ev := range cl.out.Events {
		cl.conn, cl.ws, err = Receive(cl.conn, &cl.out, cl.ws, &cl.in, ev)
		cl.note(err)
		if ev.Kind != httpconn.EventData || cl.ws.State() == Failed {
			cl.other = append(cl.other, ev)
			cl.body = append(cl.body, ev.Data...)
		}
	}
	for _, f := range cl.in.Frames {
		cl.frames = append(cl.frames, f.Clone())
	}
	cl.sent = append(cl.sent, cl.out.Send...)
	cl.out.Reset()
	cl.in.Reset()
	for i := range buf {
		buf[i] = 0xDB
	}
}

func (cl *client) note(err error) {
	if err != nil {
		cl.errs, cl.last = append(cl.errs, err.Error()), err
	}
}

// sentFrames decodes what the client sent after the handshake.
func (cl *client) sentFrames(t testing.TB) []Frame {
	t.Helper()
	r, err := decodeAll(opened(Server)(t), cl.sent)
	if err != nil {
		t.Fatalf("the client sent what a server refuses: %v", err)
	}
	return r.Frames
}

func TestReceive(t *testing.T) {
	closeDue := func(data []byte) Frame {
		r, err := decodeAll(opened(Client)(t), data)
		f, ok := CloseFrame(err)
		if !ok {
			t.Fatal(r, err)
		}
		return f
	}
	reserved := join(0x81, 1, "a", 0x89, 1, "p", 0x83)
	tests := []struct {
		name   string
		opt    Options
		in     []byte
		eof    bool
		frames []Frame
		sent   []Frame
		err    error
		state  State
		next   httpconn.Next
	}{
		{name: "opens", in: join(rfcResponse), state: Open, next: httpconn.NextRead},
		{name: "103 first", in: join("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", rfcResponse), state: Open, next: httpconn.NextRead},
		{name: "frames in the same read", in: join(rfcResponse, 0x81, 5, "Hello", 0x82, 0), frames: []Frame{Text("Hello"), Binary(nil)},
			state: Open, next: httpconn.NextRead},
		{name: "ping", in: join(rfcResponse, 0x89, 2, "ab"), frames: []Frame{Ping([]byte("ab"))}, sent: []Frame{Pong([]byte("ab"))},
			state: Open, next: httpconn.NextRead},
		{name: "manual reply", opt: Options{ManualReply: true}, in: join(rfcResponse, 0x89, 2, "ab", 0x88, 0),
			frames: []Frame{Ping([]byte("ab")), Close(0, "")}, state: Closing, next: httpconn.NextRead},
		{name: "close", in: join(rfcResponse, 0x88, 3, 0x03, 0xE9, "x"), frames: []Frame{Close(1001, "x")}, sent: []Frame{Close(1001, "")},
			state: Closed, next: httpconn.NextAwaitEOF},
		{name: "close and EOF", in: join(rfcResponse, 0x88, 0), eof: true, frames: []Frame{Close(0, "")}, sent: []Frame{Close(0, "")},
			state: Closed, next: httpconn.NextClose},
		{name: "EOF without close", in: join(rfcResponse, 0x81, 1, "a"), eof: true, frames: []Frame{Text("a")}, err: &CloseError{},
			state: Failed, next: httpconn.NextClose},
		{name: "violation", in: join(rfcResponse, reserved), frames: []Frame{Text("a"), Ping([]byte("p"))},
			sent: []Frame{Pong([]byte("p")), closeDue(reserved)}, err: ErrReservedOpcode, state: Failed, next: httpconn.NextAwaitEOF},
		{name: "violation, more and EOF", in: join(rfcResponse, reserved, "whatever"), eof: true, frames: []Frame{Text("a"), Ping([]byte("p"))},
			sent: []Frame{Pong([]byte("p")), closeDue(reserved)}, err: ErrReservedOpcode, state: Failed, next: httpconn.NextClose},
		{name: "violation, manual", opt: Options{ManualReply: true}, in: join(rfcResponse, 0x83), err: ErrReservedOpcode, state: Failed,
			next: httpconn.NextRead},
		{name: "wrong accept", in: join("HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"),
			err: ErrBadAccept, state: Failed, next: httpconn.NextClose},
		{name: "EOF before the answer", in: join("HTTP/1.1 1"), eof: true, err: &CloseError{}, state: Failed, next: httpconn.NextClose},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run := func(pieces ...[]byte) *client {
				cl := newClient(t, tt.opt)
				for _, p := range pieces {
					cl.read(p)
				}
				if tt.eof {
					cl.read(nil)
				}
				return cl
			}
			cl := run(tt.in)
			if diff := diffFrames(cl.frames, tt.frames); diff != "" {
				t.Errorf("received (-want +got):\n%s", diff)
			}
			if diff := diffFrames(cl.sentFrames(t), tt.sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if cl.ws.State() != tt.state || cl.conn.Next() != tt.next {
				t.Errorf("state %v, next %v; want %v, %v", cl.ws.State(), cl.conn.Next(), tt.state, tt.next)
			}
			var ce *CloseError
			switch {
			case tt.err == nil && len(cl.errs) > 0:
				t.Errorf("errors %q", cl.errs)
			case tt.err != nil && !errors.Is(cl.last, tt.err) && !(errors.As(tt.err, &ce) && errors.As(cl.last, &ce) && ce.Code == CodeAbnormal):
				t.Errorf("errors %q, want %v", cl.errs, tt.err)
			}
			for i := range tt.in { // any split gives the same
				got := run(tt.in[:i], tt.in[i:])
				if diff := diffFrames(got.frames, cl.frames); diff != "" || !got.ws.Equal(cl.ws) || got.conn.Next() != cl.conn.Next() ||
					!cmp.Equal(got.errs, cl.errs) || diffFrames(got.sentFrames(t), tt.sent) != "" {
					t.Fatalf("cut at %d: %v, %v, errors %q, want %q", i, got.ws.State(), diff, got.errs, cl.errs)
				}
			}
		})
	}
}

// TestRefusedUpgrade: the body of the refusal can be read, and the connection takes another request.
func TestRefusedUpgrade(t *testing.T) {
	for _, status := range []int{200, 302, 401, 403, 426, 503} {
		cl := newClient(t, Options{})
		cl.read(fmt.Appendf(nil, "HTTP/1.1 %d Refused\r\nContent-Length: 5\r\nX-Why: because\r\n\r\nsorry", status))
		var he *HandshakeError
		if !errors.As(cl.last, &he) || he.Status != status || he.Header.Get("X-Why") != "because" || he.Canceled || len(cl.errs) != 1 {
			t.Fatalf("%d: errors %q", status, cl.errs)
		}
		if string(cl.body) != "sorry" || len(cl.other) != 3 || cl.other[2].Kind != httpconn.EventDone {
			t.Fatalf("%d: events %v, body %q", status, cl.other, cl.body)
		}
		if cl.conn.Next() != httpconn.NextRead || cl.conn.Slots() != 1 {
			t.Fatalf("%d: next %v, %d slots", status, cl.conn.Next(), cl.conn.Slots())
		}
		var err error
		if cl.conn, cl.ws, err = Upgrade(cl.conn, &cl.out, "ws://example.com/", Options{Rand: rfcKey{}}); err != nil {
			t.Fatal(err)
		}
		cl.out.Reset()
		if cl.read([]byte(rfcResponse)); cl.ws.State() != Open {
			t.Fatalf("%d: second upgrade: %v, %q", status, cl.ws.State(), cl.errs)
		}
	}
}

// TestSendFailsWhole: when Send fails, Conn, WebSocket and Output are as before.
func TestSendFailsWhole(t *testing.T) {
	cl := newClient(t, Options{})
	check := func(what string, c httpconn.Conn, ws WebSocket, f Frame, want error) {
		t.Helper()
		out := httpconn.Output{Send: append(make([]byte, 0, 100), "before"...)}
		nc, nws, err := Send(c, &out, ws, f)
		if !errors.Is(err, want) || !nc.Equal(c) || !nws.Equal(ws) || string(out.Send) != "before" || len(out.Events) != 0 {
			t.Errorf("%s: %v, %q", what, err, out.Send)
		}
	}
	check("connecting", cl.conn, cl.ws, Text("a"), ErrNotOpen)
	cl.read([]byte(rfcResponse))
	check("bad frame", cl.conn, cl.ws, Close(1005, ""), ErrInvalidFrame)
	check("zero Conn", httpconn.Conn{}, cl.ws, Text("a"), httpconn.ErrClosed)
	check("zero WebSocket", cl.conn, WebSocket{}, Text("a"), ErrNotOpen)
	var out httpconn.Output
	check("closed Conn", cl.conn.Close(&out), cl.ws, Text("a"), httpconn.ErrClosed)
}

// TestReceiveOldValues: a Conn and WebSocket kept before an event can go on from there any number of times.
func TestReceiveOldValues(t *testing.T) {
	cl := newClient(t, Options{})
	cl.read(join(rfcResponse, 0x01, 2, "ab"))
	conn, ws := cl.conn, cl.ws
	for _, tail := range []string{"one", "two", "three"} {
		fork := &client{conn: conn, ws: ws}
		fork.read(join(0x80, len(tail), tail))
		fork.read(join(0x88, 0))
		if diff := diffFrames(fork.frames, []Frame{Text("ab" + tail), Close(0, "")}); diff != "" || fork.ws.State() != Closed {
			t.Errorf("fork %q: %v %s", tail, fork.ws.State(), diff)
		}
	}
	if !conn.Equal(cl.conn) || ws.State() != Open {
		t.Error("the old values changed")
	}
}

// TestWeCloseFirst: the peer's Close completes the handshake, and with it our side of the stream is ended.
func TestWeCloseFirst(t *testing.T) {
	for _, manual := range []bool{false, true} {
		cl := newClient(t, Options{ManualReply: manual})
		cl.read([]byte(rfcResponse))
		var err error
		if cl.conn, cl.ws, err = Send(cl.conn, &cl.out, cl.ws, Close(1000, "")); err != nil {
			t.Fatal(err)
		}
		if cl.ws.State() != Closing || cl.conn.Next() != httpconn.NextRead {
			t.Fatalf("after our Close: %v, %v", cl.ws.State(), cl.conn.Next())
		}
		if cl.read(join(0x88, 2, 0x03, 0xE8)); cl.ws.State() != Closed || cl.conn.Next() != httpconn.NextAwaitEOF || len(cl.errs) != 0 {
			t.Errorf("after the peer's: %v, %v, %q", cl.ws.State(), cl.conn.Next(), cl.errs)
		}
	}
}

// TestPongAfterOurClose: a Ping that comes between our Close and the peer's is answered (RFC 6455 sections 5.5.1 and 5.5.2);
// one in the same read as the peer's Close, or with ManualReply, is not.
func TestPongAfterOurClose(t *testing.T) {
	ping, pong, ours := join(0x89, 2, "ab"), []byte("\x8a\x02ab"), []byte{0x88, 0}
	for _, tt := range []struct {
		name   string
		manual bool
		reads  [][]byte
		sent   []byte
		state  State
	}{
		{"ping", false, [][]byte{ping}, join(ours, pong), Closing},
		{"pings", false, [][]byte{join(ping, ping), ping, {0x88, 0}}, join(ours, pong, pong, pong), Closed},
		{"ping and Close in one read", false, [][]byte{join(ping, 0x88, 0)}, ours, Closed},
		{"ping and a fault in one read", false, [][]byte{join(ping, 0x83)}, ours, Failed},
		{"manual", true, [][]byte{ping, {0x88, 0}}, ours, Closed},
	} {
		cl := newClient(t, Options{ManualReply: tt.manual})
		cl.read([]byte(rfcResponse))
		var err error
		if cl.conn, cl.ws, err = Send(cl.conn, &cl.out, cl.ws, Close(0, "")); err != nil {
			t.Fatal(err)
		}
		for _, p := range tt.reads {
			cl.read(p)
		}
		if got := unmasked(t, cl.sent); !bytes.Equal(got, tt.sent) || cl.ws.State() != tt.state || (len(cl.errs) != 0) != (tt.state == Failed) {
			t.Errorf("%s: sent % x, want % x; %v, %q", tt.name, got, tt.sent, cl.ws.State(), cl.errs)
		}
	}
}

// unmasked returns the frames of a client, all of them short, as a server would have sent them. Unlike Decode it goes on
// after a Close.
func unmasked(t *testing.T, wire []byte) (p []byte) {
	for len(wire) > 0 {
		n := int(wire[1] & 0x7F)
		if n > 125 || len(wire) < 6+n {
			t.Fatalf("not a short frame: % x", wire)
		}
		p = append(p, wire[0], byte(n))
		for i := range n {
			p = append(p, wire[6+i]^wire[2+i%4])
		}
		wire = wire[6+n:]
	}
	return p
}

// TestEventsOfOthers: events of another stream, or of the connection, change nothing.
func TestEventsOfOthers(t *testing.T) {
	cl := newClient(t, Options{})
	for _, ev := range []httpconn.Event{{Kind: httpconn.EventData, StreamID: 99, Data: join(0x83)}, {Kind: httpconn.EventGoAway},
		{Kind: httpconn.EventHeaders, StreamID: 99, Status: 500}, {}} {
		c, ws, err := Receive(cl.conn, &cl.out, cl.ws, &cl.in, ev)
		if err != nil || !c.Equal(cl.conn) || !ws.Equal(cl.ws) || len(cl.out.Send)+len(cl.in.Frames) != 0 {
			t.Errorf("%v: %v", ev, err)
		}
	}
	if c, ws, err := Receive(cl.conn, &cl.out, WebSocket{}, &cl.in, httpconn.Event{Kind: httpconn.EventData}); err != nil ||
		!c.Equal(cl.conn) || !ws.Equal(WebSocket{}) {
		t.Errorf("zero WebSocket: %v", err)
	}
}

// TestAnswerTwice: an answer that is passed in again changes nothing.
func TestAnswerTwice(t *testing.T) {
	cl := newClient(t, Options{})
	cl.read([]byte(rfcResponse))
	ev := httpconn.Event{Kind: httpconn.EventHeaders, StreamID: cl.ws.StreamID(), Status: 403}
	c, ws, err := Receive(cl.conn, &cl.out, cl.ws, &cl.in, ev)
	if err != ErrNotConnecting || !c.Equal(cl.conn) || !ws.Equal(cl.ws) || ws.State() != Open {
		t.Errorf("%v, %v", err, ws.State())
	}
}

// TestCanceledEndsTheStream: after a 101 that opens no WebSocket nothing more comes, not even an EventDone.
func TestCanceledEndsTheStream(t *testing.T) {
	cl := newClient(t, Options{})
	cl.read([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: another's\r\n\r\nbytes behind it"))
	var he *HandshakeError
	if !errors.As(cl.ws.Err(), &he) || !he.Canceled || !cl.ws.Over() {
		t.Fatalf("%v", cl.ws.Err())
	}
	var out httpconn.Output
	conn, _ := cl.conn.Stream(&out, []byte("and more"))
	conn, _ = conn.StreamEOF(&out)
	if len(out.Events) != 0 || conn.Next() != httpconn.NextClose {
		t.Errorf("%v, %v", out.Events, conn.Next())
	}
}
