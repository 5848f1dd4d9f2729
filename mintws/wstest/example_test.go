package wstest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// ask is the client that the examples test: it sends one text and returns the first text that comes back, and how the
// WebSocket ended if none does.
func ask(s *wstest.Server, question string) (answer string, err error) {
	var out httpconn.Output
	var in mintws.Inbox
	sock, conn, err := httpdial.Dial(context.Background(), s.URL, &out, httpdial.Options{TLS: s.ClientTLS()})
	if err != nil {
		return "", err
	}
	defer sock.Close()
	conn, ws, err := mintws.Upgrade(conn, &out, s.URL, mintws.Options{})
	if err != nil {
		return "", err
	}
	buf := make([]byte, 4<<10)
	for asked := false; !ws.Over(); {
		out.WriteTo(sock)
		out.Reset()
		n, readErr := sock.Read(buf)
		conn, _ = conn.Stream(&out, buf[:n])
		if readErr != nil {
			conn, _ = conn.StreamEOF(&out)
		}
		for _, ev := range out.Events {
			in.Reset()
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)
			for _, f := range in.Frames {
				if f.Opcode == mintws.OpText {
					return string(f.Payload), nil
				}
			}
		}
		if ws.State() == mintws.Open && !asked {
			asked = true
			if conn, ws, err = mintws.Send(conn, &out, ws, mintws.Text(question)); err != nil {
				return "", err
			}
		}
	}
	return "", ws.Err()
}

// A server that echoes, over TLS.
func ExampleNewServer() {
	s := wstest.NewServer(wstest.Options{TLS: true})
	defer s.Close()
	fmt.Println(ask(s, "Hello"))
	// Output: Hello <nil>
}

// A server that closes after the handshake, one that refuses, and one that answers something else.
func ExampleBehavior() {
	for _, how := range []wstest.Behavior{
		{Fault: wstest.FaultClose, Code: mintws.CodeInternalError, Reason: "oops"},
		{Refuse: http.StatusForbidden},
		{Reply: func(f mintws.Frame) []mintws.Frame {
			return []mintws.Frame{mintws.Text("you said " + string(f.Payload))}
		}},
	} {
		s := wstest.NewServer(wstest.Options{Behavior: how})
		answer, err := ask(s, "Hello")
		fmt.Printf("%q %v\n", answer, err)
		s.Close()
	}
	// Output:
	// "" mintws: closed with 1011 internal error "oops"
	// "" mintws: response status does not open a WebSocket: status 403, want 101
	// "you said Hello" <nil>
}

// A client and a server in one function, without a socket: bytes are handed from one to the other. It is the same on HTTP/2.
func ExamplePeer() {
	peer := wstest.NewPeer(wstest.Options{})
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		log.Fatal(err)
	}
	conn, ws, err := mintws.Upgrade(conn, &out, "ws://example.org/", mintws.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var in mintws.Inbox
	for len(out.Send) > 0 {
		conn, _ = conn.Stream(&out, peer.Receive(out.Take(nil)))
		for _, ev := range out.Events {
			in.Reset()
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)
			if ev.Kind == httpconn.EventHeaders && ws.State() == mintws.Open {
				conn, ws, _ = mintws.Send(conn, &out, ws, mintws.Text("Hello"))
				conn, ws, _ = mintws.Send(conn, &out, ws, mintws.Close(mintws.CodeNormal, ""))
			}
			for _, f := range in.Frames {
				fmt.Println(f)
			}
		}
		out.Events = out.Events[:0]
	}
	fmt.Println(ws.State(), peer.Over())
	// Output:
	// Text "Hello"
	// Close 1000 normal closure
	// Closed true
}

// The opening handshake, and the bytes that follow it.
func ExampleAnswer() {
	request := "GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, b\r\n\r\n"
	response, _, err := wstest.Answer([]byte(request), mintws.AcceptOptions{Subprotocols: []string{"b"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", response)
	fmt.Printf("%q\n", wstest.Frames(mintws.Text("Hello"), mintws.Close(mintws.CodeNormal, "bye")))
	fmt.Printf("%q\n", wstest.MaskedFrames(mintws.Text("Hello")))
	// Output:
	// "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: b\r\nUpgrade: websocket\r\n\r\n"
	// "\x81\x05Hello\x88\x05\x03\xe8bye"
	// "\x81\x85\x00\x00\x00\x00Hello"
}
