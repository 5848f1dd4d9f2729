// Command multiplex opens many WebSockets on one TCP connection (RFC 8441), on one goroutine, or on several connections with a
// goroutine each. It sends messages on all of them, checks that each comes back, and prints what they take. It fails if anything
// is lost.
//
//	go run ./examples/multiplex -n 10000
//	go run ./examples/multiplex -n 1000000 -conns 100
//
// The server is this program once more, in a process of its own, unless -url names another. One that allows fewer WebSockets at a
// time gets them in rounds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// How much garbage may stand beside what is in use, in percent, unless GOGC says otherwise.
const (
	clientGC = 50
	serverGC = 50
)

func main() {
	err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "multiplex:", err)
		os.Exit(1)
	}
}

// run does what args say and prints the table to stdout, progress and mistakes in args to stderr.
func run(args []string, stdin io.Reader, stdout io.Writer, stderr *os.File) error {
	fs := flag.NewFlagSet("multiplex", flag.ContinueOnError)
	fs.SetOutput(stderr)
	n := fs.Int("n", 1000, "`number` of WebSockets")
	conns := fs.Int("conns", 1, "`number` of TCP connections, among which they are divided")
	messages := fs.Int("messages", 1, "`number` of messages on each, one after the other")
	size := fs.Int("size", 128, "`bytes` of a message")
	url := fs.String("url", "", "ws or wss `URL` of an echo server that speaks HTTP/2; one of its own if not given")
	timeout := fs.Duration("timeout", 10*time.Minute, "how long all of it may take")
	streams := fs.Int("serve", 0, "only be the echo server, for this `number` of WebSockets a connection, until standard input ends")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 || *n < 1 || *conns < 1 || *conns > *n || *messages < 1 || *size < 0 || *streams < 0 {
		return errors.New("want positive numbers, no more connections than WebSockets, and no other arguments")
	}
	if *streams > 0 {
		return serve(stdin, stdout, *streams)
	}
	gc := setGC(clientGC)
	var server *own
	if *url == "" {
		var err error
		if server, err = startServer((*n+*conns-1) / *conns, stderr); err != nil {
			return err
		}
		*url = server.url
	}
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	a := &all{url: *url, messages: *messages, size: *size, progress: newProgress(stderr, *n)}
	began := time.Now()
	err := a.dial(ctx, *n, *conns)
	if err == nil {
		a.exchange()
		err = a.err()
	}
	took := time.Since(began)
	a.leave()
	a.progress.clear()
	peak := ""
	if server != nil {
		peak = server.stop()
	}
	if len(a.clients) == *conns {
		a.print(stdout, took, gc, server, peak)
	}
	return err
}
