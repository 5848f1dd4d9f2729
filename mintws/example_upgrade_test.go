package mintws_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// The request that starts a WebSocket, and the answer that opens it. Rand is fixed so that the key is that of RFC 6455 section 1.3.
func ExampleUpgrade() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		panic(err)
	}
	conn, ws, err := mintws.Upgrade(conn, &out, "ws://example.org/chat", mintws.Options{
		Subprotocols: []string{"v2.chat", "v1.chat"},
		Rand:         strings.NewReader("the sample nonce"),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(ws.State())
	fmt.Print(strings.ReplaceAll(string(out.Send), "\r\n", "\n"))

	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: v1.chat\r\n\r\n" +
		"\x81\x07welcome" // a frame that came with the answer is not lost
	out.Reset()
	conn, err = conn.Stream(&out, []byte(answer))
	if err != nil {
		panic(err)
	}
	var in mintws.Inbox
	for _, ev := range out.Events {
		conn, ws, err = mintws.Receive(conn, &out, ws, &in, ev)
		if err != nil {
			panic(err)
		}
	}
	fmt.Println(ws.State(), ws.Subprotocol(), conn.Next())
	fmt.Printf("%s\n", in.Frames[0].Payload)
	// Output:
	// Connecting
	// GET /chat HTTP/1.1
	// Host: example.org
	// Connection: Upgrade
	// Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
	// Sec-WebSocket-Protocol: v2.chat, v1.chat
	// Sec-WebSocket-Version: 13
	// Upgrade: websocket
	//
	// Open v1.chat Read
	// welcome
}

// A server that refuses leaves the connection usable, and the content of its answer can be read.
func ExampleUpgrade_refused() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		panic(err)
	}
	conn, ws, err := mintws.Upgrade(conn, &out, "ws://example.org/chat", mintws.Options{})
	if err != nil {
		panic(err)
	}
	out.Reset()
	conn, err = conn.Stream(&out, []byte("HTTP/1.1 401 Unauthorized\r\nContent-Length: 10\r\n\r\nwho's that"))
	if err != nil {
		panic(err)
	}
	var in mintws.Inbox
	for _, ev := range out.Events {
		conn, ws, err = mintws.Receive(conn, &out, ws, &in, ev)
		var refused *mintws.HandshakeError
		switch {
		case errors.As(err, &refused):
			fmt.Println(refused.Status, errors.Is(err, mintws.ErrBadStatus), "canceled:", refused.Canceled)
		case ev.Kind == httpconn.EventData:
			fmt.Printf("%s\n", ev.Data)
		}
	}
	fmt.Println(ws.State(), conn.Next(), "slots:", conn.Slots())
	// Output:
	// 401 true canceled: false
	// who's that
	// Failed Read slots: 1
}

// Without httpconn: somebody else made the request, and JudgeAnswer is given the head of the answer. Here the answer is wrong.
func ExampleWebSocket_JudgeAnswer() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		panic(err)
	}
	_, ws, err := mintws.Upgrade(conn, &out, "ws://example.org/", mintws.Options{Rand: strings.NewReader("the sample nonce")})
	if err != nil {
		panic(err)
	}
	_, err = ws.JudgeAnswer(101, map[string][]string{
		"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": {"c3VycmVuZGVyIQ=="},
	})
	fmt.Println(err)
	// Output:
	// mintws: Sec-WebSocket-Accept does not match: Sec-WebSocket-Accept is "c3VycmVuZGVyIQ==", want "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
}
