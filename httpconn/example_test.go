package httpconn_test

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/mintws/mintws/httpconn"
)

// A request and its response, with no socket: what would have been written is printed, what would have been read is a
// literal.
func Example() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, id, err := conn.Request(&out, httpconn.Request{
		Authority: "www.example.com",
		Path:      "/hello.txt",
		Header:    http.Header{"Accept-Language": {"en, mi"}},
	})
	fmt.Printf("stream %d, %v\n%q\n", id, err, out.Send)
	out.Reset()

	// Two reads, cut anywhere.
	for _, data := range []string{"HTTP/1.1 200 OK\r\nContent-Len", "gth: 14\r\n\r\nHello World!\r\n"} {
		conn, err = conn.Stream(&out, []byte(data))
		for _, ev := range out.Events {
			fmt.Printf("%v %d %q %q\n", ev.Kind, ev.Status, ev.Header, ev.Data)
		}
		fmt.Println(err, conn.Next(), conn.Slots())
		out.Reset()
	}
	// Output:
	// stream 1, <nil>
	// "GET /hello.txt HTTP/1.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n"
	// <nil> Read 0
	// Headers 200 map["Content-Length":["14"]] ""
	// Data 0 map[] "Hello World!\r\n"
	// Done 0 map[] ""
	// <nil> Read 1
}

// An upgrade that the server refuses leaves the connection usable: the content says why, and the next request goes out on
// the same connection.
func Example_refusedUpgrade() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		fmt.Println(err)
		return
	}
	ask := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}
	conn, _, err = conn.Request(&out, httpconn.Request{Authority: "example.org", Path: "/feed", Header: ask})
	fmt.Println(err, conn.Slots())

	conn, err = conn.Stream(&out, []byte("HTTP/1.1 401 Unauthorized\r\nContent-Length: 13\r\n\r\nWho are you?\n"))
	for _, ev := range out.Events {
		fmt.Printf("%v %d %q\n", ev.Kind, ev.Status, ev.Data)
	}
	fmt.Println(err, conn.Slots())
	out.Reset()

	ask.Set("Authorization", "Basic eDp5")
	conn, id, err := conn.Request(&out, httpconn.Request{Authority: "example.org", Path: "/feed", Header: ask})
	fmt.Println(id, err, conn.Next())
	// Output:
	// <nil> 0
	// Headers 401 ""
	// Data 0 "Who are you?\n"
	// Done 0 ""
	// <nil> 1
	// 2 <nil> Read
}

// CONNECT makes the connection a tunnel. Bytes that arrive with the answer are data of the same stream.
func Example_connect() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, id, err := conn.Request(&out, httpconn.Request{Method: "CONNECT", Authority: "mail.example.org:25"})
	fmt.Printf("%v %q\n", err, out.Send)
	out.Reset()

	conn, err = conn.Stream(&out, []byte("HTTP/1.1 200 OK\r\n\r\n220 mail.example.org ready\r\n"))
	for _, ev := range out.Events {
		fmt.Printf("%v %d %q\n", ev.Kind, ev.Status, ev.Data)
	}
	fmt.Println(err, conn.Next())
	out.Reset()

	conn, err = conn.SendData(&out, id, []byte("QUIT\r\n"), true) // all is said: the server closes first
	fmt.Printf("%v %q %v\n", err, out.Send, conn.Next())

	conn, err = conn.StreamEOF(&out)
	fmt.Println(err, out.Events[0].Kind, conn.Next())
	// Output:
	// <nil> "CONNECT mail.example.org:25 HTTP/1.1\r\nHost: mail.example.org:25\r\n\r\n"
	// Headers 200 ""
	// Data 0 "220 mail.example.org ready\r\n"
	// <nil> Read
	// <nil> "QUIT\r\n" AwaitEOF
	// <nil> Done Close
}

// Events that were complete before a fault come with the error. The request that it hit learns of it as well.
func ExampleConnError() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{Pipeline: 2}, &out)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/1", "/2"} {
		if conn, _, err = conn.Request(&out, httpconn.Request{Authority: "a", Path: path}); err != nil {
			fmt.Println(err)
		}
	}
	conn, err = conn.Stream(&out, []byte("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n"))
	for _, ev := range out.Events {
		fmt.Println(ev.StreamID, ev.Kind)
	}
	var fault *httpconn.ConnError
	fmt.Println(errors.As(err, &fault), errors.Is(err, httpconn.ErrMalformed), conn.Next())
	fmt.Println(fault.Reason)
	// Output:
	// 1 Headers
	// 1 Done
	// 2 Reset
	// true true Close
	// offset 61: byte 0x2c (',') in Content-Length, expected one decimal number
}

// BeginData and EndData frame in place what the caller appends, here as a chunk.
func ExampleConn_BeginData() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, id, err := conn.Request(&out, httpconn.Request{Method: "POST", Authority: "a", HasBody: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	out.Reset() // as if it were written
	mark, err := conn.BeginData(&out, id, 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	out.Send = fmt.Appendf(out.Send, "%020d", 42)
	conn, err = conn.EndData(&out, id, mark, true)
	fmt.Printf("%q %v %v\n", out.Send, err, conn.Next())
	// Output:
	// "14\r\n00000000000000000042\r\n0\r\n\r\n" <nil> Read
}
