package httpdial_test

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
	"github.com/mintws/mintws/httpconn/httpdial"
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
	sock, conn, err := httpdial.Dial(ctx, server.URL, &out, httpdial.Options{})
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
	_, _, err = httpdial.Dial(context.Background(), "wss://example.org/feed", &out, httpdial.Options{
		Proxy: httpdial.UseProxy(proxyURL),
	})
	var refused *httpdial.ProxyError
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Header.Get("Proxy-Authenticate"))
		fmt.Printf("%s", refused.Body)
	}
	// Output:
	// 407 Basic realm="office"
	// who are you?
}
