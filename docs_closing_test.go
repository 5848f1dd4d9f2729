package readme

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

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// snippet: goodbye
// goodbye closes a WebSocket and gives the peer some time to agree. Messages that were on their way are passed to handle.
func goodbye(sock net.Conn, conn httpconn.Conn, ws mintws.WebSocket, patience time.Duration, handle func(mintws.Frame)) error {
	var out httpconn.Output
	var in mintws.Inbox
	buf := make([]byte, 64<<10)

	conn, ws, err := mintws.Send(conn, &out, ws, mintws.Close(mintws.CodeNormal, ""))
	defer time.AfterFunc(patience, func() { sock.Close() }).Stop() // there are peers that never answer
	var lost error
	for err == nil && !ws.Over() {
		conn, lost = turn(sock, conn, &out, buf)
		for _, ev := range out.Events {
			in.Reset()
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)
			for _, f := range in.Frames {
				handle(f)
			}
		}
	}
	leave(sock, conn, &out)
	sock.Close()
	if ws.State() == mintws.Closed {
		return ws.Err()
	}
	return errors.Join(ws.Err(), err, lost)
}

// end

// snippet: ending
// ending says in a word how a WebSocket that is over has ended.
func ending(ws mintws.WebSocket) string {
	var refused *mintws.HandshakeError
	var broken *mintws.ProtocolError
	var closed *mintws.CloseError
	switch err := ws.Err(); {
	case err == nil:
		return "well"
	case errors.As(err, &refused):
		return fmt.Sprintf("refused: status %d", refused.Status)
	case errors.As(err, &broken):
		return fmt.Sprintf("the peer broke the protocol: we closed with %d", broken.Code)
	case errors.As(err, &closed) && closed.Complete:
		return fmt.Sprintf("closed with %d %q", closed.Code, closed.Reason)
	}
	return "lost"
}

// end

// opened is a WebSocket at a server, with what its handshake brought handled.
func opened(t *testing.T, server *httptest.Server) (net.Conn, httpconn.Conn, mintws.WebSocket) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out httpconn.Output
	var in mintws.Inbox
	url := "ws" + strings.TrimPrefix(server.URL, "http")
	sock, conn, err := httpdial.Dial(ctx, url, &out, httpdial.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	conn, ws, err := mintws.Upgrade(conn, &out, url, mintws.Options{})
	for err == nil && ws.State() == mintws.Connecting {
		conn, err = turn(sock, conn, &out, make([]byte, 4096))
		for _, ev := range out.Events {
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return sock, conn, ws
}

// saying is a server that opens WebSockets and then does as then says.
func saying(t *testing.T, then func(io.ReadWriter, mintws.WebSocket)) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
		if err != nil {
			wshttp.Refuse(w, err)
			return
		}
		sock, err := wshttp.Answer(w, r, status, header)
		if err != nil {
			return
		}
		defer sock.Close()
		sock.SetReadDeadline(time.Now().Add(20 * time.Second))
		then(sock, ws)
	}))
	t.Cleanup(server.Close)
	return server
}

// lastWord answers a Close with a text before its own.
func lastWord(sock io.ReadWriter, ws mintws.WebSocket) {
	buf := make([]byte, 4096)
	n, _ := sock.Read(buf)
	ws, frames, err := ws.Decode(buf[:n])
	var send []byte
	for _, f := range append([]mintws.Frame{mintws.Text("last")}, frames...) {
		if reply, ok := ws.Reply(f); ok {
			f = reply
		}
		if err == nil {
			ws, send, err = ws.AppendEncode(send, f)
		}
	}
	sock.Write(send)
}

func TestGoodbye(t *testing.T) {
	silent := make(chan struct{})
	for _, c := range []struct {
		name string
		then func(io.ReadWriter, mintws.WebSocket)
		want string
	}{
		{"agrees", lastWord, ""},
		{"goes", func(io.ReadWriter, mintws.WebSocket) {}, "1006"},
		{"silent", func(io.ReadWriter, mintws.WebSocket) { <-silent }, "1006"},
	} {
		sock, conn, ws := opened(t, saying(t, c.then))
		texts, patience := 0, 20*time.Second
		if c.name == "silent" {
			patience = 50 * time.Millisecond
		}
		err := goodbye(sock, conn, ws, patience, func(f mintws.Frame) {
			if f.Opcode == mintws.OpText {
				texts++
			}
		})
		if c.want == "" && (err != nil || texts == 0) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, %d texts", c.name, err, texts)
		}
	}
	close(silent)
}

func TestEnding(t *testing.T) {
	open := func() (mintws.WebSocket, mintws.WebSocket) {
		client, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
		if err != nil {
			t.Fatal(err)
		}
		server, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return client, server
	}
	closes := func(code mintws.CloseCode, reason string) mintws.WebSocket {
		client, server := open()
		_, bytes, err := server.Encode(mintws.Close(code, reason))
		if err != nil {
			t.Fatal(err)
		}
		client, frames, _ := client.Decode(bytes)
		reply, _ := client.Reply(frames[0])
		client, _, err = client.Encode(reply)
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	broken, _ := open()
	broken, _, _ = broken.Decode([]byte{0x83, 0})
	lost, _ := open()
	lost, _ = lost.EOF()
	var out httpconn.Output
	conn, _ := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	_, refused, err := mintws.Upgrade(conn, &out, "ws://example.org", mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	refused, _ = refused.JudgeAnswer(403, http.Header{})
	for want, ws := range map[string]mintws.WebSocket{
		"well":                       closes(1000, "bye"),
		`closed with 1008 "not you"`: closes(1008, "not you"),
		"the peer broke the protocol: we closed with 1002": broken,
		"lost":                lost,
		"refused: status 403": refused,
	} {
		if got := ending(ws); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
