package httpconn_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/mintws/mintws/httpconn"
)

// A tunnel without httpdial, for a program that has its own way of doing I/O: one Conn speaks to the proxy, and once that has
// answered, a second one speaks to the server with the bytes that the first one carries. Nothing here reads or writes;
// what the sockets would bring stands in strings.
func Example_tunnel() {
	var out httpconn.Output
	proxy, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		log.Fatal(err)
	}
	proxy, _, err = proxy.Request(&out, httpconn.Request{Method: http.MethodConnect, Authority: "example.org:80"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("to the proxy:  %q\n", out.Send)
	out.Reset()

	// The proxy answers.
	proxy, err = proxy.Stream(&out, []byte("HTTP/1.1 200 Connection established\r\n\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	for _, ev := range out.Events {
		if ev.Kind == httpconn.EventHeaders && ev.Status/100 != 2 {
			log.Fatal("the proxy refuses with ", ev.Status)
		}
	}
	out.Reset()

	// The socket now leads to the server: what a second Conn wants to send is written as it is. Over TLS it would go
	// through a TLS client first.
	var inner httpconn.Output
	server, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &inner)
	if err != nil {
		log.Fatal(err)
	}
	server, _, err = server.Request(&inner, httpconn.Request{Authority: "example.org", Path: "/feed"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("to the server: %q\n", inner.Send)
	inner.Reset()

	// What arrives is data of the tunnel, also what came together with the proxy's answer.
	proxy, err = proxy.Stream(&out, []byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	if err != nil {
		log.Fatal(err)
	}
	for _, ev := range out.Events {
		if ev.Kind == httpconn.EventData {
			server, err = server.Stream(&inner, ev.Data)
			if err != nil {
				log.Fatal(err)
			}
		}
	}
	for _, ev := range inner.Events {
		fmt.Printf("from the server: %v %q\n", ev.Kind, ev.Data)
	}
	fmt.Println("next:", proxy.Next(), server.Next())
	// Output:
	// to the proxy:  "CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n"
	// to the server: "GET /feed HTTP/1.1\r\nHost: example.org\r\n\r\n"
	// from the server: Headers ""
	// from the server: Data "hello"
	// from the server: Done ""
	// next: Read Read
}
