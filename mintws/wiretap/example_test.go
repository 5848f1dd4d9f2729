package wiretap_test

import (
	"fmt"

	"github.com/mintws/mintws/mintws/wiretap"
)

// What a connection carried, as the bytes of its reads and writes: shown for people, and counted.
func Example() {
	type read struct {
		from wiretap.Direction
		data string
	}
	connection := []read{
		{wiretap.FromClient, "GET /feed?token=xyz HTTP/1.1\r\nUpgrade: websocket\r\nAuthorization: Bearer xyz\r\n\r\n"},
		{wiretap.FromServer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02"},
		{wiretap.FromServer, "Hi"},
		{wiretap.FromClient, "\x89\x80\x01\x02\x03\x04"},
	}
	tap := wiretap.New(wiretap.Options{})
	frames, bytes := 0, int64(0)
	for _, r := range connection {
		tap.Feed(r.from, []byte(r.data), func(r wiretap.Record) {
			fmt.Println(r)
			if r.Kind == wiretap.Frame {
				frames++
				bytes += r.Wire
			}
		})
	}
	fmt.Println(frames, "frames of", bytes, "bytes")
	// Output:
	// > GET /feed?token=… HTTP/1.1
	// >   Upgrade: websocket
	// >   Authorization: …
	// < HTTP/1.1 101 Switching Protocols
	// <   Upgrade: websocket
	// < Text, 2 bytes, 4 on the wire: 81 02 | 48 69 | "Hi"
	// > Ping, 0 bytes, 6 on the wire: 89 80 01 02 03 04
	// 2 frames of 10 bytes
}
