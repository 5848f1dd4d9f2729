// Command multiplex opens many WebSockets on one TCP connection (RFC 8441), on one goroutine, sends messages on all of them
// at once and checks that each comes back. It fails if anything is lost.
//
//	go run ./examples/multiplex -n 10000
//
// The server is its own, in the same process, unless -url names another. One that allows fewer WebSockets at a time gets
// them in rounds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws/wstest"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "multiplex:", err)
		os.Exit(1)
	}
}

// run does what args say and prints the table to stdout, progress and mistakes in args to stderr.
func run(args []string, stdout io.Writer, stderr *os.File) error {
	fs := flag.NewFlagSet("multiplex", flag.ContinueOnError)
	fs.SetOutput(stderr)
	n := fs.Int("n", 1000, "`number` of WebSockets")
	messages := fs.Int("messages", 3, "`number` of messages on each, one after the other")
	size := fs.Int("size", 128, "`bytes` of a message")
	url := fs.String("url", "", "ws or wss `URL` of an echo server that speaks HTTP/2; one of its own if not given")
	timeout := fs.Duration("timeout", 2*time.Minute, "how long all of it may take")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 || *n < 1 || *messages < 1 || *size < 0 {
		return errors.New("want positive numbers and no other arguments")
	}
	own := *url == ""
	if own {
		server := wstest.NewServer(wstest.Options{MaxStreams: *n})
		defer server.Close()
		*url = server.URL
	}
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	c := &client{url: *url, peers: make([]peer, *n), messages: *messages, size: *size, progress: progress(stderr)}
	began := time.Now()
	err := c.run(ctx)
	c.progress("")
	if c.sock != nil {
		c.print(stdout, time.Since(began), own)
	}
	return err
}

// run makes the connection and uses it.
func (c *client) run(ctx context.Context) error {
	sock, conn, err := httpdial.Dial(ctx, c.url, &c.out, httpdial.Options{
		Protocols: []httpconn.Version{httpconn.HTTP2},
		Config:    httpconn.Config{Limits: httpconn.Limits{MaxBuffered: -1}}, // what is queued is ours, and we know how much
	})
	if err != nil {
		return err
	}
	defer sock.Close()
	defer context.AfterFunc(ctx, func() { sock.Close() })()
	c.sock, c.conn, c.buf = &counted{Conn: sock}, conn, make([]byte, 64<<10)
	err = c.exchange()
	leave(c.sock, c.conn, &c.out)
	for i, p := range c.peers {
		if p.err != nil { // the first one stands for all
			failed := fmt.Errorf("%d of %d WebSockets failed; number %d: %w", c.failed, len(c.peers), i, p.err)
			if err != nil {
				return fmt.Errorf("%w; %w", failed, err)
			}
			return failed
		}
	}
	return err
}

// exchange has as many rounds as it takes. Its error is the connection's.
func (c *client) exchange() error {
	for left := c.peers; len(left) > 0; {
		if err := c.until(func() bool { return c.conn.Slots() > 0 }); err != nil {
			return err
		}
		k := min(len(left), c.conn.Slots())
		if err := c.round(left[:k], len(c.peers)-len(left)); err != nil {
			return err
		}
		left = left[k:]
	}
	return nil
}
