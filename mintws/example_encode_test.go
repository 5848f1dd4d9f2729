package mintws_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mintws/mintws/mintws"
)

// The masked frame of RFC 6455 section 5.7. Rand is fixed so that the masking key is the one there; leave it out in a program.
func ExampleWebSocket_Encode() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Rand: bytes.NewReader([]byte{0x37, 0xfa, 0x21, 0x3d})})
	if err != nil {
		panic(err)
	}
	ws, send, err := ws.Encode(mintws.Text("Hello"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("% x\n", send)
	fmt.Println(ws.State())
	// Output:
	// 81 85 37 fa 21 3d 7f 9f 4d 51 58
	// Open
}

// Many frames in one buffer make one write, and a buffer that is used again costs nothing.
func ExampleWebSocket_AppendEncode() {
	ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{}) // a server does not mask, so that one can read this
	if err != nil {
		panic(err)
	}
	send := make([]byte, 0, 4096)
	for _, price := range []string{"101.25", "101.30", "101.27"} {
		ws, send, err = ws.AppendEncode(send, mintws.Text(price))
		if err != nil {
			panic(err)
		}
	}
	fmt.Printf("%q\n", send)
	send = send[:0] // written; now use it again
	ws, send, err = ws.AppendEncode(send, mintws.Ping(nil))
	fmt.Printf("%q %v %v\n", send, ws.State(), err)
	// Output:
	// "\x81\x06101.25\x81\x06101.30\x81\x06101.27"
	// "\x89\x00" Open <nil>
}

// What may not be sent is refused, and neither the WebSocket nor the buffer has changed.
func ExampleWebSocket_AppendEncode_refused() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	for _, f := range []mintws.Frame{
		mintws.Text("no \xff"),
		mintws.Ping(make([]byte, 126)),
		mintws.Close(mintws.CodeAbnormal, ""),
		{Opcode: mintws.OpContinuation},
	} {
		next, send, encodeErr := ws.AppendEncode(nil, f)
		fmt.Println(encodeErr)
		if errors.Is(encodeErr, mintws.ErrInvalidFrame) && (!next.Equal(ws) || send != nil) {
			panic("something has changed")
		}
	}
	// Output:
	// mintws: invalid frame: text is not UTF-8: byte 0xff at offset 3
	// mintws: invalid frame: Ping frame of 126 bytes, at most 125 are allowed
	// mintws: invalid frame: close code 1006 abnormal closure must not be sent
	// mintws: fragment out of order: Continuation frame, but no fragmented message is being sent
}
