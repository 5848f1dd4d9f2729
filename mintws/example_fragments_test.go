package mintws_test

import (
	"errors"
	"fmt"

	"github.com/mintws/mintws/mintws"
)

// A message in fragments: More on all frames but the last, OpContinuation on all but the first. A Ping may stand between them,
// another message may not.
func ExampleFrame_fragments() {
	ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
	if err != nil {
		panic(err)
	}
	var send []byte
	for _, f := range []mintws.Frame{
		{Opcode: mintws.OpText, More: true, Payload: []byte("Hel")},
		mintws.Ping(nil),
		mintws.Text("not now"),
		{Opcode: mintws.OpContinuation, Payload: []byte("lo")},
	} {
		ws, send, err = ws.AppendEncode(send, f)
		if errors.Is(err, mintws.ErrFragmenting) {
			fmt.Println(err) // ws and send are as they were
		}
	}
	fmt.Printf("%q\n", send)

	peer, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	_, frames, err := peer.Decode(send)
	for _, f := range frames {
		fmt.Printf("%v %q\n", f.Opcode, f.Payload)
	}
	fmt.Println(err)
	// Output:
	// mintws: fragment out of order: Text frame, but a fragmented Text message is not complete
	// "\x01\x03Hel\x89\x00\x80\x02lo"
	// Ping ""
	// Text "Hello"
	// <nil>
}

// DeliverFragments hands over the frames as they were sent.
func ExampleDelivery_fragments() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Delivery: mintws.DeliverFragments})
	if err != nil {
		panic(err)
	}
	_, frames, err := ws.Decode([]byte("\x01\x03Hel\x89\x00\x80\x02lo"))
	for _, f := range frames {
		fmt.Printf("%-12v more=%-5v %q\n", f.Opcode, f.More, f.Payload)
	}
	fmt.Println(err)
	// Output:
	// Text         more=true  "Hel"
	// Ping         more=false ""
	// Continuation more=false "lo"
	// <nil>
}
