// Command feed stays subscribed: it connects, sends its subscriptions, prints what comes, and begins anew whenever the connection
// is lost, until it is interrupted.
//
//	go run ./examples/feed                                   # to a server of its own, which does what servers do to clients
//	go run ./examples/feed -token file wss://host/path a b c # to that server, subscribing with the messages a, b and c
//
// The file is read anew each time that a token is needed: at the start, and when the server has refused the last one.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/mintws/mintws/mintws/session"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "feed:", err)
		os.Exit(1)
	}
}

// run does what args say and prints to w.
func run(ctx context.Context, args []string, w io.Writer) error {
	fs := flag.NewFlagSet("feed", flag.ContinueOnError)
	file := fs.String("token", "", "`file` with the token for the server; none is sent without")
	n := fs.Int("n", 300, "`number` of subscriptions with the server of its own")
	if err := fs.Parse(args); err != nil {
		return err
	}
	f := &feed{wait: wait, random: rand.Float64, log: func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }}
	if fs.NArg() == 0 {
		return demonstrate(ctx, f, *n)
	}
	f.url, f.subscribe = fs.Arg(0), fs.Args()[1:]
	if *file != "" {
		f.token = func(context.Context) (string, error) {
			token, err := os.ReadFile(*file)
			return string(bytes.TrimSpace(token)), err
		}
	}
	f.update = func(text []byte) bool {
		fmt.Fprintf(w, "%s\n", text)
		return false
	}
	size := 0
	f.snapshot = func(piece []byte, last bool) {
		if size += len(piece); last {
			fmt.Fprintf(w, "a snapshot of %d bytes\n", size)
			size = 0
		}
	}
	return f.run(ctx)
}

// demonstrate has f subscribe to n topics of a server that misbehaves, until all are confirmed on one connection.
func demonstrate(ctx context.Context, f *feed, n int) error {
	server := newMoody(n)
	defer server.Close()
	f.url, f.token = server.URL, server.issue
	f.timing = session.Timing{Ping: 500 * time.Millisecond, Pong: 500 * time.Millisecond} // for those who watch; else the default
	for i := range n {
		f.subscribe = append(f.subscribe, fmt.Sprint("subscribe topic", i))
	}
	live := map[string]bool{} // what is confirmed on the connection that there is
	f.opened = func() { clear(live) }
	f.update = func(text []byte) bool {
		topic, _, _ := strings.Cut(string(text), " ")
		live[topic] = true
		return len(live) == n
	}
	size, largest := 0, 0
	f.snapshot = func(piece []byte, last bool) {
		size, largest = size+len(piece), max(largest, len(piece))
		if last {
			f.log("a snapshot of %d KiB came, and no more than %d KiB of it were held at a time", size>>10, largest>>10)
		}
	}
	err := f.run(ctx)
	f.log("%d of %d subscriptions are confirmed", len(live), n)
	return err
}

// wait returns nil after d, or the error of ctx if that ends sooner.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
