package wsconn_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

func hello(ctx context.Context, url string) error {
	c, err := wsconn.Dial(ctx, url, wsconn.Options{})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	if err = c.Write(ctx, mintws.OpText, []byte("Hello")); err != nil {
		return err
	}
	_, p, err := c.Read(ctx)
	fmt.Printf("%s, %v\n", p, err)
	return c.Close(mintws.CodeNormal, "")
}

func handle(w http.ResponseWriter, r *http.Request) {
	c, err := wsconn.Accept(w, r, wsconn.AcceptOptions{})
	if err != nil {
		return // the request is answered
	}
	defer c.CloseNow()
	for err == nil {
		var op mintws.Opcode
		var p []byte
		if op, p, err = c.Read(r.Context()); err == nil {
			err = c.Write(r.Context(), op, p)
		}
	}
	log.Print(err) // also after a good end: see CloseCode
}

// The client and the server of the package's documentation.
func Example() {
	log.SetFlags(0)
	done := make(chan bool)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		log.SetOutput(os.Stdout)
		defer log.SetOutput(os.Stderr)
		handle(w, r)
	}))
	defer s.Close()
	if err := hello(context.Background(), "ws"+strings.TrimPrefix(s.URL, "http")); err != nil {
		fmt.Println(err)
	}
	<-done
	// Output:
	// Hello, <nil>
	// mintws: closed with 1000 normal closure
}

// Many WebSockets to one server share a connection, and one goroutine reads them all.
func ExampleClient() {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := wsconn.Accept(w, r, wsconn.AcceptOptions{})
		if err != nil {
			return
		}
		defer c.Close(mintws.CodeNormal, "") // before the handler returns, over HTTP/2
		_ = c.Write(r.Context(), mintws.OpText, []byte(r.URL.Path+" over "+r.Proto))
	}))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	defer s.Close()

	var client wsconn.Client
	defer client.Close()
	for _, path := range []string{"/a", "/b"} {
		c, err := client.Dial(context.Background(), "ws"+strings.TrimPrefix(s.URL, "http")+path, mintws.Options{})
		if err != nil {
			log.Fatal(err)
		}
		defer c.CloseNow()
		_, p, err := c.Read(context.Background())
		fmt.Printf("%s %v\n", p, err)
	}
	// Output:
	// /a over HTTP/2.0 <nil>
	// /b over HTTP/2.0 <nil>
}

// TestDocIsCompiled: the functions in the package's documentation are those of this file, and the client has at most 15 lines.
func TestDocIsCompiled(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	functions := 0
	for _, block := range strings.Split(string(doc), "\n//\n") {
		if !strings.HasPrefix(block, "//\tfunc ") {
			continue
		}
		functions++
		code := strings.ReplaceAll(strings.TrimPrefix(block, "//\t"), "\n//\t", "\n")
		if !strings.Contains(string(file), code+"\n") {
			t.Errorf("not in this file:\n%s", code)
		}
		if n := strings.Count(code, "\n") + 1; strings.HasPrefix(code, "func hello(") && n > 15 {
			t.Errorf("the client has %d lines", n)
		}
	}
	if functions != 2 {
		t.Errorf("%d functions", functions)
	}
}
