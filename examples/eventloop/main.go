// Command eventloop has WebSockets in the event loop of a library, github.com/lesismal/nbio: an echo server and its clients. What
// is done for a connection is in hub.go; server.go and client.go are short.
//
//	go run . -n 1000                     # both
//	go run . -listen 127.0.0.1:8080      # the server, until it is interrupted
//	go run . -n 10 ws://127.0.0.1:8080/  # the clients
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/lesismal/nbio/logging"
	"github.com/mintws/mintws/mintws/session"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	logging.SetLevel(logging.LevelNone) // it would go to standard output
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "eventloop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, w io.Writer) error {
	fs := flag.NewFlagSet("eventloop", flag.ContinueOnError)
	n := fs.Int("n", 100, "how many clients")
	messages := fs.Int("messages", 10, "how many messages each of them sends")
	size := fs.Int("size", 10<<10, "bytes of each")
	listen := fs.String("listen", "", "only be the server, at this address")
	ping := fs.Duration("ping", 30*time.Second, "after how much silence a client sends a Ping")
	pong := fs.Duration("pong", 15*time.Second, "how long it waits for a sign of life then")
	if err := fs.Parse(args); err != nil {
		return err
	}
	url := fs.Arg(0)
	if url == "" {
		addr := *listen
		if addr == "" {
			addr = "127.0.0.1:0"
		}
		server, err := serve(addr)
		if err != nil {
			return err
		}
		defer server.stop()
		url = "ws://" + server.engine.Addrs[0] + "/"
		if *listen != "" {
			fmt.Fprintln(w, url)
			<-ctx.Done()
			return nil
		}
	}
	p, err := newClient(url, *n, *messages, *size, session.Timing{Ping: *ping, Pong: *pong})
	if err != nil {
		return err
	}
	defer p.stop()
	began := time.Now()
	for range *n {
		if err = p.dial(); err != nil {
			return err
		}
	}
	lost := 0
	for range *n {
		select {
		case result := <-p.results:
			if result != nil {
				lost++
				err = result
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if lost > 0 {
		return fmt.Errorf("%d of %d connections were lost, the last one thus: %w", lost, *n, err)
	}
	fmt.Fprintf(w, "%d clients, %d messages of %d B each, there and back: %v\n", *n, *messages, *size, time.Since(began).Round(time.Millisecond))
	return nil
}
