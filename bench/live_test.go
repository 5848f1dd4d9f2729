package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/gorilla/websocket"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// patience bounds what happens on a socket, so that a test that hangs fails instead.
const patience = 10 * time.Second

// gorillaEcho answers each message with itself, Ping with Pong and Close with Close: gorilla's server.
func gorillaEcho(w http.ResponseWriter, r *http.Request) {
	c, err := new(websocket.Upgrader).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		op, p, err := c.ReadMessage()
		if err == nil {
			err = c.WriteMessage(op, p)
		}
		if err != nil {
			return
		}
	}
}

// gobwasEcho is the same with gobwas.
func gobwasEcho(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		p, op, err := wsutil.ReadClientData(conn) // answers control frames
		if err == nil {
			err = wsutil.WriteServerMessage(conn, op, p)
		}
		if err != nil {
			return
		}
	}
}

// mintEcho is the same with mintws.
func mintEcho(w http.ResponseWriter, r *http.Request) {
	endpoint, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
	if err != nil {
		wshttp.Refuse(w, err)
		return
	}
	stream, err := wshttp.Answer(w, r, status, header)
	if err != nil {
		return
	}
	var in mintws.Inbox
	var out []byte
	buf := make([]byte, 32<<10)
	for endpoint.State() == mintws.Open && err == nil {
		var n int
		n, err = stream.Read(buf)
		in.Reset()
		out = out[:0]
		var breach error
		endpoint, breach = endpoint.AppendDecode(&in, buf[:n])
		for _, f := range in.Frames {
			reply, ok := endpoint.Reply(f)
			if !f.Opcode.IsControl() {
				reply, ok = f, true
			}
			if ok {
				endpoint, out, _ = endpoint.AppendEncode(out, reply)
			}
		}
		if f, ok := mintws.CloseFrame(breach); ok {
			endpoint, out, _ = endpoint.AppendEncode(out, f)
		}
		if _, failed := stream.Write(out); failed != nil {
			break
		}
	}
	wshttp.Linger(stream, patience)
}

// client is our client: a socket and the two values, moved on by step.
type client struct {
	t        *testing.T
	sock     net.Conn
	conn     httpconn.Conn
	endpoint mintws.WebSocket
	out      httpconn.Output
	in       mintws.Inbox
	got      []refFrame
	buf      []byte
}

// dial opens a WebSocket at the server.
func dial(t *testing.T, server *httptest.Server) *client {
	t.Helper()
	target := "ws" + strings.TrimPrefix(server.URL, "http") + "/?live"
	c := &client{t: t, buf: make([]byte, 16<<10)}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	c.sock, c.conn, err = httpdial.Dial(ctx, target, &c.out, httpdial.Options{Proxy: httpdial.NoProxy})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.sock.Close() })
	if err = c.sock.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if c.conn, c.endpoint, err = mintws.Upgrade(c.conn, &c.out, target, mintws.Options{}); err != nil {
		t.Fatal(err)
	}
	for c.endpoint.State() == mintws.Connecting {
		c.step()
	}
	return c
}

// step writes what there is to write, reads once, and takes what came.
func (c *client) step() {
	c.t.Helper()
	if _, err := c.sock.Write(c.out.Send); err != nil {
		c.t.Fatal(err)
	}
	c.out.Reset()
	c.in.Reset()
	n, err := c.sock.Read(c.buf)
	if err != nil && !errors.Is(err, io.EOF) {
		c.t.Fatal(err)
	}
	if n > 0 {
		c.conn, err = c.conn.Stream(&c.out, c.buf[:n])
	} else {
		c.conn, err = c.conn.StreamEOF(&c.out)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	for _, ev := range c.out.Events {
		if c.conn, c.endpoint, err = mintws.Receive(c.conn, &c.out, c.endpoint, &c.in, ev); err != nil {
			c.t.Fatal(err)
		}
	}
	for _, f := range c.in.Frames {
		c.got = append(c.got, toRef(f))
	}
}

// send encodes f for the next step.
func (c *client) send(f mintws.Frame) {
	c.t.Helper()
	var err error
	if c.conn, c.endpoint, err = mintws.Send(c.conn, &c.out, c.endpoint, f); err != nil {
		c.t.Fatal(err)
	}
}

// conversation is what the clients send. Each frame is answered with one frame: itself or, for a Ping, the Pong.
func conversation() []mintws.Frame {
	return []mintws.Frame{
		mintws.Text("Größe 日本語 😀"), mintws.Text(""), mintws.Binary(fill(1 << 20)), mintws.Ping([]byte("are you there?")),
		mintws.Binary(fill(126)), mintws.Ping(fill(125)), mintws.Text("last"),
	}
}

// TestLiveClient: our client speaks to the server of each peer, and to ours, over a socket.
func TestLiveClient(t *testing.T) {
	servers := map[string]http.HandlerFunc{"gorilla": gorillaEcho, "gobwas": gobwasEcho, "mintws": mintEcho}
	for name, handler := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			c := dial(t, server)
			var want []refFrame
			for i, f := range conversation() {
				c.send(f)
				for len(c.got) <= i {
					c.step()
				}
				r := toRef(f)
				if r.op == mintws.OpPing {
					r.op = mintws.OpPong
				}
				want = append(want, r)
			}
			c.send(mintws.Close(mintws.CodeNormal, "bye"))
			for c.conn.Next() != httpconn.NextClose && c.endpoint.State() != mintws.Closed {
				c.step()
			}
			if c.endpoint.State() != mintws.Closed {
				t.Errorf("state %v at the end", c.endpoint.State())
			}
			last := len(c.got) - 1
			sameFrames(t, name, c.got[:last], want)
			if f := c.got[last]; f.op != mintws.OpClose || !strings.HasPrefix(string(f.payload), "\x03\xE8") { // 1000
				t.Errorf("the last frame is %v", f)
			}
		})
	}
}

// TestLiveServer: gorilla's client speaks to our server over a socket.
func TestLiveServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(mintEcho))
	t.Cleanup(server.Close)
	dialer := websocket.Dialer{HandshakeTimeout: patience}
	c, _, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err = c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var pongs []string
	c.SetPongHandler(func(p string) error { pongs = append(pongs, p); return nil })
	var want []string
	var op int
	var p []byte
	for _, f := range conversation() {
		if err = c.WriteMessage(int(f.Opcode), f.Payload); err != nil {
			t.Fatal(err)
		}
		if f.Opcode.IsControl() { // the Pong comes before the answer to the next message
			want = append(want, string(f.Payload))
			continue
		}
		if op, p, err = c.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		sameFrames(t, "echo", []refFrame{{op: mintws.Opcode(op), payload: p}}, []refFrame{toRef(f)})
	}
	if fmt.Sprint(pongs) != fmt.Sprint(want) {
		t.Errorf("Pongs %q, want %q", pongs, want)
	}
	if err = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "bye")); err != nil {
		t.Fatal(err)
	}
	if _, _, err = c.ReadMessage(); !websocket.IsCloseError(err, 4000) {
		t.Errorf("after Close: %v, want close error 4000", err)
	}
}
