package mintws_test

import (
	"errors"
	"fmt"

	"github.com/mintws/mintws/mintws"
)

// Bytes may come in pieces of any size; frames come out when they are complete.
func ExampleWebSocket_Decode() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	var frames []mintws.Frame
	for _, piece := range []string{"\x81", "\x05He", "llo\x89\x02", "ok\x82\x01\xff"} {
		ws, frames, err = ws.Decode([]byte(piece))
		if err != nil {
			panic(err)
		}
		for _, f := range frames {
			fmt.Printf("%v %q\n", f.Opcode, f.Payload)
		}
	}
	// Output:
	// Text "Hello"
	// Ping "ok"
	// Binary "\xff"
}

// AppendDecode allocates nothing in the long run. Payloads are valid until the next read into buf or the next Reset: what has to
// last is cloned.
func ExampleWebSocket_AppendDecode() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	var in mintws.Inbox
	var last mintws.Frame
	buf := make([]byte, 64)
	for _, read := range []string{"\x81\x05first\x81\x06second", "\x81\x05third"} {
		in.Reset()
		n := copy(buf, read) // a Read
		ws, err = ws.AppendDecode(&in, buf[:n])
		if err != nil {
			panic(err)
		}
		fmt.Println(len(in.Frames), "frames")
		last = in.Frames[len(in.Frames)-1].Clone()
	}
	clear(buf)
	fmt.Printf("%s\n", last.Payload)
	// Output:
	// 2 frames
	// 1 frames
	// third
}

// A peer that breaks the protocol: what it sent before is delivered with the error, and CloseFrame says what to answer.
func ExampleWebSocket_AppendDecode_violation() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	var in mintws.Inbox
	ws, err = ws.AppendDecode(&in, []byte("\x81\x04fine\x81\x03no\xff"))
	for _, f := range in.Frames {
		fmt.Printf("%v %q\n", f.Opcode, f.Payload)
	}
	var broken *mintws.ProtocolError
	if errors.As(err, &broken) {
		fmt.Println(broken.Code, errors.Is(err, mintws.ErrInvalidUTF8))
	}
	f, ok := mintws.CloseFrame(err)
	fmt.Printf("%v %v %q\n", ok, f.Code, f.Payload)
	_, _, err = ws.Encode(f)
	fmt.Println(ws.State(), err)
	// Output:
	// Text "fine"
	// 1007 invalid payload data true
	// true 1007 invalid payload data "invalid UTF-8: byte 0xff at offset 2 of the text"
	// Failed <nil>
}

// A value can be used again, and forked: two futures that know nothing of each other.
func ExampleWebSocket_fork() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	half, _, err := ws.Decode([]byte("\x81\x06good "))
	if err != nil {
		panic(err)
	}
	_, one, err := half.Decode([]byte("a"))
	if err != nil {
		panic(err)
	}
	_, other, err := half.Decode([]byte("b"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s, %s\n", one[0].Payload, other[0].Payload)
	// Output: good a, good b
}
