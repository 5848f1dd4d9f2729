// Command echoserver is an echo server made with package wsconn, for the fuzzing client of the Autobahn suite. The server for people,
// which shows the layers below, is in examples/echoserver.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect" // WebSockets over HTTP/2
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9001", "`address` to listen on")
	flag.Bool("quiet", true, "say nothing; it never does")
	flag.Parse()
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(newServer(*addr, deflate).ListenAndServe())
}

// newServer returns a server that speaks HTTP/1.1 and, with prior knowledge, HTTP/2.
func newServer(addr string, extensions ...mintws.Extension) *http.Server {
	opt := wsconn.AcceptOptions{WebSocket: mintws.AcceptOptions{AllowedOrigins: []string{"*"}, Extensions: extensions}}
	s := &http.Server{Addr: addr, ReadHeaderTimeout: 10 * time.Second, Protocols: new(http.Protocols)}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := wsconn.Accept(w, r, opt); err == nil {
			echo(c)
		}
	})
	return s
}

// echo returns messages until the end.
func echo(c *wsconn.Conn) {
	defer c.CloseNow()
	ctx := context.Background()
	for {
		op, p, err := c.Read(ctx)
		if err != nil {
			return
		}
		_ = c.Write(ctx, op, p) // Read has the reason
	}
}
