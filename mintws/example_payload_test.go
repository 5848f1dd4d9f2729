package mintws_test

import (
	"crypto/sha256"
	"fmt"

	"github.com/mintws/mintws/mintws"
)

// DeliverPayload hands over bytes as they arrive and holds none: here a message of 32 MiB, in reads of 64 KiB, goes into a hash.
func ExampleDelivery_payload() {
	const length = 32 << 20
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Delivery: mintws.DeliverPayload})
	if err != nil {
		panic(err)
	}
	var in mintws.Inbox
	ws, err = ws.AppendDecode(&in, []byte{0x82, 127, 0, 0, 0, 0, length >> 24, length >> 16 & 0xff, 0, 0}) // the frame's header
	if err != nil {
		panic(err)
	}
	sum, pieces, bytes := sha256.New(), 0, 0
	buf := make([]byte, 64<<10)
	for more := true; more; {
		in.Reset()
		ws, err = ws.AppendDecode(&in, buf) // a Read that filled buf with zeros
		if err != nil {
			panic(err)
		}
		for _, f := range in.Frames {
			sum.Write(f.Payload)
			pieces++
			bytes += len(f.Payload)
			more = f.More
		}
	}
	fmt.Printf("%d bytes in %d pieces, %x…\n", bytes, pieces, sum.Sum(nil)[:4])
	// Output: 33554432 bytes in 512 pieces, 83ee4724…
}

// How a message looks in pieces: the first has its opcode, later ones are continuations, and all but the last have More.
// Control frames stand where they came.
func ExampleDelivery_pieces() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Delivery: mintws.DeliverPayload})
	if err != nil {
		panic(err)
	}
	var frames []mintws.Frame
	for _, read := range []string{"\x01\x07gr\xc3", "\xbcezi\x89\x00", "\x80\x01!"} {
		ws, frames, err = ws.Decode([]byte(read))
		if err != nil {
			panic(err)
		}
		for _, f := range frames {
			fmt.Printf("%-12v more=%-5v %q\n", f.Opcode, f.More, f.Payload)
		}
	}
	// Output:
	// Text         more=true  "gr\xc3"
	// Continuation more=true  "\xbcezi"
	// Ping         more=false ""
	// Continuation more=false "!"
}
