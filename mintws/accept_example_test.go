package mintws_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// A server that reads its own bytes, without net/http's server: package handshake parses the request and writes the answer.
func ExampleAccept() {
	request := "GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Protocol: soap, wamp\r\n\r\n"
	_, r, _, err := handshake.Head{}.Feed([]byte(request))
	if err != nil {
		panic(err)
	}
	ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{Subprotocols: []string{"wamp", "soap"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(ws.State(), ws.Subprotocol(), status)
	fmt.Println(header.Get("Sec-WebSocket-Accept"), header.Get("Sec-WebSocket-Protocol"))
	// Output:
	// Open wamp 101
	// s3pPLMBiTxaQ9kYGzzhZRbK+xOo= wamp
}

// A refusal says what to answer, and what was wrong.
func ExampleAccept_refused() {
	r, err := http.NewRequest("GET", "http://example.org/chat", nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Sec-WebSocket-Version", "8")
	_, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
	fmt.Println(status, header.Get("Sec-WebSocket-Version"), errors.Is(err, mintws.ErrBadVersion))
	fmt.Println(err)
	// Output:
	// 426 13 true
	// mintws: Sec-WebSocket-Version is not 13: Sec-WebSocket-Version is "8", want "13"
}

// A function judges origins when a list is not enough.
func ExampleAcceptOptions_checkOrigin() {
	opt := mintws.AcceptOptions{CheckOrigin: func(r *http.Request) error {
		if o := r.Header.Get("Origin"); o != "" && !strings.HasSuffix(o, ".example.org") {
			return errors.New("not one of our sites")
		}
		return nil
	}}
	r, err := http.NewRequest("GET", "http://chat.example.org/", nil)
	if err != nil {
		panic(err)
	}
	for name, value := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "https://www.example.com",
	} {
		r.Header.Set(name, value)
	}
	_, status, _, err := mintws.Accept(r, opt)
	fmt.Println(status, err)
	// Output: 403 mintws: origin is not allowed (not one of our sites): Origin is "https://www.example.com"
}
