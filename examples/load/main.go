// Command load puts an echo server under load: many WebSockets on some connections, messages at a rate, and how long each took.
//
//	go run ./examples/load -n 1000 -connections 4 -rate 20000           # its own server, over HTTP/2 (RFC 8441)
//	go run ./examples/load -n 100 -connections 0 -url wss://host/echo   # each on a connection of its own, over HTTP/1.1
//
// Each message is due at a time that is settled before the test begins, and its latency counts from then, not from when it was sent: a
// server that stops for a second is charged for all messages that were due in that second, and not only for the one that it held up.
// There is one goroutine for each connection.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws/wstest"
)

const (
	maxSize     = 64 << 10 // of a message
	headLen     = 8        // of a frame of ours with as much, at most (RFC 6455 section 5.2)
	maxUnderWay = 64 << 10 // bytes on a connection that are not back yet: see full
	dialsAtOnce = 64       // a server's listen queue has an end
)

// test is what is to be done, and what was done so far.
type test struct {
	url      string
	roots    *x509.CertPool // whom to trust, nil for those of the system
	version  httpconn.Version
	size     int
	messages int
	rate     float64       // of messages a second
	patience time.Duration // for what is late at the end
	start    time.Time     // when message 0 is due
	stop     time.Time     // when nothing is waited for any more

	opened, failed, sent, back atomic.Int64
}

// due returns when message k is due, after the start.
func (t *test) due(k int) time.Duration {
	return time.Duration(float64(k) / t.rate * float64(time.Second))
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // the first ends the test with its table, the second the program
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// run does what args say and prints the table to stdout, the progress to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("load", flag.ContinueOnError)
	fs.SetOutput(stderr)
	n := fs.Int("n", 100, "`number` of WebSockets")
	m := fs.Int("connections", 4, "`number` of HTTP/2 connections that they share; 0: HTTP/1.1, where each has its own")
	rate := fs.Float64("rate", 1000, "messages a second, on all of them together")
	size := fs.Int("size", 128, "`bytes` of a message, from 8 to 65536")
	duration := fs.Duration("duration", 5*time.Second, "how long messages are sent")
	patience := fs.Duration("patience", 5*time.Second, "how long to wait after that for answers, and for the WebSockets to close")
	url := fs.String("url", "", "ws or wss `URL` of an echo server; one of its own if not given")
	ca := fs.String("ca", "", "PEM `file` with the certificates to trust, in place of the system's")
	if err := fs.Parse(args); err != nil {
		return err
	}
	t := &test{url: *url, version: httpconn.HTTP2, size: *size, rate: *rate, patience: *patience, messages: int(*rate * duration.Seconds())}
	if fs.NArg() > 0 || *n < 1 || *m < 0 || t.messages < 1 || *size < 8 || *size > maxSize {
		return errors.New("want positive numbers, a size from 8 to 65536, and no other arguments")
	}
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		if err != nil {
			return err
		}
		if t.roots = x509.NewCertPool(); !t.roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s holds no certificate", *ca)
		}
	}
	if *m == 0 {
		t.version, *m = httpconn.HTTP1, *n
	}
	if t.url == "" {
		server := wstest.NewServer(wstest.Options{MaxStreams: *n})
		defer server.Close()
		t.url = server.URL
	}
	show := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() { t.progress(stderr, show) })
	conns, err := t.run(ctx, *n, min(*m, *n))
	close(show)
	shown.Wait()
	return errors.Join(err, t.report(stdout, conns))
}

// run opens n WebSockets on m connections, sends the messages, and closes all. Only when all are open do the messages begin.
func (t *test) run(ctx context.Context, n, m int) (conns []*conn, err error) {
	conns = make([]*conn, m)
	errs := make([]error, m)
	slots := make(chan struct{}, dialsAtOnce)
	var opened, done sync.WaitGroup
	begin := make(chan struct{})
	for i := range conns {
		opened.Add(1)
		done.Go(func() {
			slots <- struct{}{}
			conns[i], errs[i] = dial(ctx, t, (n+m-1-i)/m) // n is spread over them as evenly as can be
			<-slots
			opened.Done()
			<-begin
			if c := conns[i]; c != nil {
				c.drive(ctx, i, m)
				c.close()
			}
		})
	}
	opened.Wait()
	t.start = time.Now()
	t.stop = t.start.Add(t.due(t.messages) + t.patience)
	close(begin)
	done.Wait()
	for _, err = range errs {
		if err != nil {
			break // it stands for all
		}
	}
	return conns, err
}

// progress prints a line each second until done is closed.
func (t *test) progress(w io.Writer, done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for before := int64(0); ; {
		select {
		case <-tick.C:
			back := t.back.Load()
			fmt.Fprintf(w, "%d open, %d failed, %d messages sent, %d back, %d/s\n", t.opened.Load(), t.failed.Load(), t.sent.Load(), back, back-before)
			before = back
		case <-done:
			return
		}
	}
}
