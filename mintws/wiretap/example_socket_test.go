package wiretap_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wiretap"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// tapped is a client's socket whose bytes a Tap sees.
type tapped struct {
	net.Conn
	mu  sync.Mutex // one goroutine reads while another writes
	tap *wiretap.Tap
	log func(wiretap.Record)
}

func (t *tapped) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.feed(wiretap.FromServer, p[:n])
	return n, err
}

func (t *tapped) Write(p []byte) (int, error) {
	t.feed(wiretap.FromClient, p) // before the answer can come
	return t.Conn.Write(p)
}

func (t *tapped) feed(from wiretap.Direction, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tap.Feed(from, p, t.log)
}

// A Tap on each connection that a client dials.
func Example_socket() {
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	show := func(r wiretap.Record) {
		if r.Kind == wiretap.Frame {
			fmt.Println(r.From, r.Opcode, r.Length)
		}
	}
	c, err := wsconn.Dial(ctx, server.URL, wsconn.Options{Dial: httpdial.Options{Wrap: func(sock net.Conn) net.Conn {
		return &tapped{Conn: sock, tap: wiretap.New(wiretap.Options{}), log: show}
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err = c.Write(ctx, mintws.OpText, []byte("Hello")); err == nil {
		_, _, err = c.Read(ctx)
	}
	fmt.Println(err, c.Close(mintws.CodeNormal, ""))
	// Output:
	// > Text 5
	// < Text 5
	// > Close 2
	// < Close 2
	// <nil> <nil>
}

// TestDocCode: the socket of the package documentation is that of the example.
func TestDocCode(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_socket_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code := strings.ReplaceAll("\n"+string(doc), "\n//\t", "\n")
	code = strings.ReplaceAll(code, "\n//\n", "\n\n")
	_, code, found := strings.Cut(code, "// tapped")
	code, _, end := strings.Cut(code, "\n// ")
	if !found || !end || !strings.Contains(string(example), "// tapped"+strings.TrimRight(code, "\n")) {
		t.Errorf("not the example's:\n%s", code)
	}
}
