package mintws_test

import (
	"errors"
	"fmt"

	"github.com/mintws/mintws/mintws"
)

// A closing handshake that we begin: messages may still come until the peer's Close does, and nothing may be sent.
func ExampleClose() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	ws, send, err := ws.Encode(mintws.Close(mintws.CodeNormal, "done"))
	fmt.Println(len(send), ws.State(), err)

	_, _, err = ws.Encode(mintws.Text("one more thing"))
	fmt.Println(errors.Is(err, mintws.ErrCloseSent))

	ws, frames, err := ws.Decode([]byte("\x81\x04late\x88\x02\x03\xe8"))
	for _, f := range frames {
		fmt.Printf("%v %q %d\n", f.Opcode, f.Payload, f.Code)
	}
	fmt.Println(ws.State(), err)

	_, err = ws.EOF() // the server has closed the connection
	fmt.Println(err)
	// Output:
	// 12 Closing <nil>
	// true
	// Text "late" 0
	// Close "" 1000
	// Closed <nil>
	// <nil>
}

// A closing handshake that the peer begins: Reply gives the answer to it. Receive and Send do the same on an HTTP
// connection.
func ExampleWebSocket_Reply() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	ws, frames, err := ws.Decode([]byte("\x89\x02hi\x88\x09\x03\xe9restart"))
	if err != nil {
		panic(err)
	}
	fmt.Println(ws.State())
	var send []byte
	for _, f := range frames {
		reply, ok := ws.Reply(f)
		if !ok {
			continue
		}
		ws, send, err = ws.AppendEncode(send, reply)
		fmt.Printf("%v for %v %q\n", reply.Opcode, f.Opcode, f.Payload)
	}
	fmt.Println(len(send), ws.State(), err)
	// Output:
	// Closing
	// Pong for Ping "hi"
	// Close for Close "restart"
	// 16 Closed <nil>
}

// The end of the peer's bytes is good news only after a complete closing handshake.
func ExampleWebSocket_EOF() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	ws, err = ws.EOF()
	var broken *mintws.CloseError
	fmt.Println(errors.As(err, &broken), broken.Code, ws.State())
	// Output: true 1006 abnormal closure Failed
}

// CloseFrame tells the errors that the peer has to hear about from those that it need not.
func ExampleCloseFrame() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Limits: mintws.Limits{MaxMessage: 1000}})
	if err != nil {
		panic(err)
	}
	_, _, err = ws.Decode([]byte{0x82, 126, 0x10, 0x00}) // the header of a message of 4096 bytes
	f, ok := mintws.CloseFrame(err)
	fmt.Printf("%v %v\n%s\n", ok, f.Code, f.Payload)

	_, _, err = ws.Encode(mintws.Ping(make([]byte, 200)))
	_, ok = mintws.CloseFrame(err)
	fmt.Println(ok)
	// Output:
	// true 1009 message too big
	// frame or message exceeds the limit: message of at least 4096 bytes, MaxMessage is 1000
	// false
}
