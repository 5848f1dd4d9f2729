package wsconn_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// The first client: it says hello, and prints what it is told until the server closes.
func Example() {
	url, stop := greeter()
	defer stop()

	ctx := context.Background()
	c, err := wsconn.Dial(ctx, url, wsconn.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close(mintws.CodeNormal, "")
	err = c.Write(ctx, mintws.OpText, []byte("Hello"))
	for err == nil {
		var p []byte
		if _, p, err = c.Read(ctx); err == nil {
			fmt.Printf("%s\n", p)
		}
	}
	fmt.Println(err)
	// Output:
	// Hello, too
	// mintws: closed with 1000 normal closure "that is all"
}

// greeter starts a server that greets.
func greeter() (url string, stop func()) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := wsconn.Accept(w, r, wsconn.AcceptOptions{})
		if err != nil {
			return
		}
		defer c.Close(mintws.CodeNormal, "that is all")
		if op, p, readErr := c.Read(r.Context()); readErr == nil {
			_ = c.Write(r.Context(), op, append(p, ", too"...))
		}
	}))
	return "ws" + strings.TrimPrefix(s.URL, "http"), s.Close
}
