package handshake_test

import (
	"fmt"
	"strings"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// lines is what a terminal shows.
func lines(b []byte) string { return strings.ReplaceAll(string(b), "\r", "") }

// A request comes in two reads, of which the second holds a first frame as well.
func Example() {
	reads := []string{
		"GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upg",
		"rade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
			"\x81\x82\x00\x00\x00\x00hi",
	}
	var head handshake.Head
	for _, read := range reads {
		next, r, rest, err := head.Feed([]byte(read))
		head = next
		fmt.Println(head.Len(), "bytes wait")
		if r == nil || err != nil {
			continue // read on; an error would be answered with AppendRefusal
		}
		ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
		if err != nil {
			panic(err)
		}
		out, err := handshake.AppendAnswer(nil, status, header)
		fmt.Print(lines(out), err, "\n")
		_, frames, err := ws.Decode(rest)
		fmt.Println(frames, err)
	}
	// Output:
	// 74 bytes wait
	// 0 bytes wait
	// HTTP/1.1 101 Switching Protocols
	// Connection: Upgrade
	// Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
	// Upgrade: websocket
	//
	// <nil>
	// [Text "hi"] <nil>
}

// Somebody looks at the server with a browser. The connection stays usable.
func ExampleAppendRefusal() {
	_, r, _, err := handshake.Head{}.Feed([]byte("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"))
	if err != nil {
		panic(err)
	}
	_, _, _, err = mintws.Accept(r, mintws.AcceptOptions{})
	out, again := handshake.AppendRefusal(nil, r, err)
	fmt.Println(lines(out), again)
	// Output:
	// HTTP/1.1 426 Upgrade Required
	// Connection: Upgrade
	// Content-Length: 60
	// Content-Type: text/plain; charset=utf-8
	// Sec-WebSocket-Version: 13
	// Upgrade: websocket
	// X-Content-Type-Options: nosniff
	//
	// 426 Upgrade Required: Upgrade is missing, want "websocket".
	//  true
}

// What could not be read as a request is answered too, and the connection closed.
func ExampleHead_Feed() {
	_, r, _, err := handshake.Head{}.Feed([]byte("GET / HTTP/1.1\r\nHost : example.org\r\n\r\n"))
	fmt.Println(r == nil, err)
	out, again := handshake.AppendRefusal(nil, r, err)
	fmt.Println(lines(out), again)
	// Output:
	// true httpconn: malformed message: byte 0x20 at index 20 of the request, in field name "Host", want a token character or ':'
	// HTTP/1.1 400 Bad Request
	// Connection: close
	// Content-Length: 108
	// Content-Type: text/plain; charset=utf-8
	// X-Content-Type-Options: nosniff
	//
	// 400 Bad Request: byte 0x20 at index 20 of the request, in field name "Host", want a token character or ':'.
	//  false
}
