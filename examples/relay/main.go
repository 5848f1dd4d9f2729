// Command relay takes WebSockets from clients over HTTP/1.1 and puts them all onto one HTTP/2 connection to a backend, each
// as a stream (RFC 8441). A client that reads slowly makes the backend stop its stream, and no other; a backend that reads
// slowly makes the client stop. What is held for a client is bounded in both directions, whatever the size of its messages.
//
//	go run ./examples/relay -listen 127.0.0.1:8080 -backend wss://backend.example
//	go run ./examples/relay -measure   # with a backend and clients of its own: what it holds, and what those leave that vanish
//
// One goroutine owns the values of all connections. There is one more for each client, that reads, and one for each write
// that is under way.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// run does what args say until that is done or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("relay", flag.ContinueOnError)
	fs.SetOutput(stderr)
	listen := fs.String("listen", "127.0.0.1:8080", "`address` to listen on")
	backend := fs.String("backend", "", "ws or wss `URL` of the backend, without a path; it has to speak HTTP/2")
	limit := fs.Int("clients", 1000, "largest `number` of clients at a time, each of which may hold 128 KiB")
	m := measure{ctx: ctx, w: stdout}
	own := fs.Bool("measure", false, "measure, with a backend and clients of its own")
	fs.IntVar(&m.size, "size", 512, "with -measure: `MiB` that are sent to the backend and come back")
	fs.IntVar(&m.vanish, "vanish", 300, "with -measure: `number` of clients that vanish")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 || *own == (*backend != "") || *limit < 1 || m.size < 1 || m.vanish < 1 {
		return errors.New("want either -backend or -measure, positive numbers, and no other arguments")
	}
	if *own {
		return m.run(*limit)
	}
	r, err := dial(ctx, *backend, *limit)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		r.box.sock.Close()
		return err
	}
	fmt.Fprintln(stdout, "relay: listening on", l.Addr())
	return r.run(ctx, l)
}
