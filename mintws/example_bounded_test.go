package mintws_test

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"net/http"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// compressing returns a client and a server that agreed to permessage-deflate.
func compressing(opt mintws.Options) (client, server mintws.WebSocket) {
	ext, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		panic(err)
	}
	answer, t, ok := ext.Answer(ext.Offers()[0])
	if !ok {
		panic("declined")
	}
	server, err = mintws.NewWebSocket(mintws.Server, mintws.Options{Transforms: []mintws.Transform{t}})
	if err != nil {
		panic(err)
	}
	if t, err = ext.Check(answer); err != nil {
		panic(err)
	}
	opt.Transforms = []mintws.Transform{t}
	client, err = mintws.NewWebSocket(mintws.Client, opt)
	if err != nil {
		panic(err)
	}
	return client, server
}

// One read of compressed bytes can stand for a thousand times as much. With Max it is handed over a little at a time: handle the
// frames, let go of them with Reset, and pass in the Rest.
func ExampleInbox() {
	client, server := compressing(mintws.Options{})
	var read []byte // what one Read has brought
	for range 40 {
		var err error
		server, read, err = server.AppendEncode(read, mintws.Binary(make([]byte, 100<<10)))
		if err != nil {
			panic(err)
		}
	}

	in := mintws.Inbox{Max: 1 << 20}
	var err error
	for data := read; len(data) > 0; data = in.Rest {
		in.Reset()
		client, err = client.AppendDecode(&in, data)
		bytes := 0
		for _, f := range in.Frames { // with an error too: they came before it
			bytes += len(f.Payload)
		}
		fmt.Printf("%d messages, %d KiB\n", len(in.Frames), bytes>>10)
	}
	fmt.Println(len(read) < 8<<10, err)
	// Output:
	// 11 messages, 1100 KiB
	// 11 messages, 1100 KiB
	// 11 messages, 1100 KiB
	// 7 messages, 700 KiB
	// true <nil>
}

// With DeliverPayload a call stops within a message, too: here one of 4 MiB, whose compressed bytes come in one read.
func ExampleInbox_payload() {
	client, server := compressing(mintws.Options{Delivery: mintws.DeliverPayload})
	_, read, err := server.Encode(mintws.Text(make([]byte, 4<<20)))
	if err != nil {
		panic(err)
	}
	in := mintws.Inbox{Max: 1 << 20}
	for data := read; len(data) > 0; data = in.Rest {
		in.Reset()
		client, err = client.AppendDecode(&in, data)
		for _, f := range in.Frames {
			fmt.Printf("%v, %d KiB, more=%v\n", f.Opcode, len(f.Payload)>>10, f.More)
		}
	}
	fmt.Println(client.State(), err)
	// Output:
	// Text, 1024 KiB, more=true
	// Continuation, 1024 KiB, more=true
	// Continuation, 1024 KiB, more=true
	// Continuation, 1024 KiB, more=false
	// Open <nil>
}

// With Receive it is the same event that is passed in again, with the Rest as its Data. Each call answers the Pings and the
// Close that it has read, and the next event's turn comes when there is no Rest.
func ExampleInbox_receive() {
	conn, ws, read := bigAnswer()
	var out httpconn.Output
	conn, err := conn.Stream(&out, read) // what one Read has brought: the answer to the upgrade, and what followed it
	in := mintws.Inbox{Max: 1 << 20}
	for _, ev := range out.Events {
		for more := true; more; more = len(in.Rest) > 0 {
			in.Reset()
			var failure error
			conn, ws, failure = mintws.Receive(conn, &out, ws, &in, ev)
			err = cmp.Or(err, failure)
			for _, f := range in.Frames {
				fmt.Printf("%v of %d bytes; ", f.Opcode, len(f.Payload))
			}
			fmt.Printf("%v, more=%v\n", ev.Kind, len(in.Rest) > 0)
			ev.Data = in.Rest
		}
	}
	fmt.Println(ws.State(), conn.Next(), err)
	// Output:
	// Headers, more=false
	// Binary of 1000000 bytes; Ping of 0 bytes; Binary of 1000000 bytes; Data, more=true
	// Binary of 1000000 bytes; Ping of 0 bytes; Close of 3 bytes; Data, more=false
	// Closed AwaitEOF <nil>
}

// bigAnswer returns a client that asks for a WebSocket, and what the server sends, in memory.
func bigAnswer() (conn httpconn.Conn, ws mintws.WebSocket, answer []byte) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ext, err := mintws.NewDeflate(mintws.DeflateOptions{})
	must(err)
	var out httpconn.Output
	conn, err = httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	must(err)
	conn, ws, err = mintws.Upgrade(conn, &out, "ws://example.com/", mintws.Options{Extensions: []mintws.Extension{ext}})
	must(err)
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(out.Send)))
	must(err)
	server, status, header, err := mintws.Accept(r, mintws.AcceptOptions{Extensions: []mintws.Extension{ext}})
	must(err)
	answer = fmt.Appendf(nil, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for name, values := range header {
		answer = fmt.Appendf(answer, "%s: %s\r\n", name, values[0])
	}
	answer = append(answer, "\r\n"...)
	big := mintws.Binary(make([]byte, 1e6))
	for _, f := range []mintws.Frame{big, mintws.Ping(nil), big, big, mintws.Ping(nil), mintws.Close(mintws.CodeNormal, "bye")} {
		server, answer, err = server.AppendEncode(answer, f)
		must(err)
	}
	return conn, ws, answer
}
