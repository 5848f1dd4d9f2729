package httpconn_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/mintws/mintws/httpconn"
)

// Dial connects; from there on the socket and the loop are the caller's.
func ExampleDial() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "you asked for %s", r.URL.Path)
	}))
	defer server.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var out httpconn.Output
	sock, conn, err := httpconn.Dial(ctx, server.URL, &out, httpconn.DialOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer sock.Close()

	// Values are advanced with plain "=": a ":=" in the loop would make a new conn and lose it at the end of each round.
	conn, _, err = conn.Request(&out, httpconn.Request{
		Scheme:    "http",
		Authority: server.Listener.Addr().String(),
		Path:      "/feed",
		Header:    http.Header{"Connection": {"close"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	var body []byte
	buf := make([]byte, 4096)
	for err == nil && conn.Next() != httpconn.NextClose {
		sock.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, writeErr := out.WriteTo(sock)
		out.Reset()
		sock.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, readErr := sock.Read(buf) // also after a failed Write: the server may have said why it went
		if n > 0 {
			conn, err = conn.Stream(&out, buf[:n])
			readErr = nil // if there was one, it comes again
		}
		if err == nil && (readErr != nil || writeErr != nil) {
			conn, err = conn.StreamEOF(&out)
		}
		for _, ev := range out.Events { // they are valid with an error too
			switch ev.Kind {
			case httpconn.EventHeaders:
				fmt.Println("status", ev.Status)
			case httpconn.EventData:
				body = append(body, ev.Data...)
			case httpconn.EventReset:
				fmt.Println(ev.Err)
			}
		}
	}
	fmt.Printf("%s\n", body)
	// Output:
	// status 200
	// you asked for /feed
}

// A proxy of the program's own choice instead of the environment's, and what it said when it refuses.
func ExampleUseProxy() {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Proxy-Authenticate", `Basic realm="office"`)
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		log.Fatal(err)
	}

	var out httpconn.Output
	_, _, err = httpconn.Dial(context.Background(), "wss://example.org/feed", &out, httpconn.DialOptions{
		Proxy: httpconn.UseProxy(proxyURL),
	})
	var refused *httpconn.ProxyError
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Header.Get("Proxy-Authenticate"))
		fmt.Printf("%s", refused.Body)
	}
	// Output:
	// 407 Basic realm="office"
	// who are you?
}

// A tunnel without Dial, for a program that has its own way of doing I/O: one Conn speaks to the proxy, and once that has
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
