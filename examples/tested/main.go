// Command tested prints the prices of one share as a server sends them, and asks again for those that are missing. It is an
// ordinary client; how it is tested is what there is to see: without a network, a clock or a goroutine.
//
//	go run ./examples/tested                                      # with a server of its own
//	go run ./examples/tested -n 100 wss://prices.example/v1 MINT
//	go test ./examples/tested -v
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "tested:", err)
		os.Exit(1)
	}
}

// run prints what args ask for.
func run(ctx context.Context, args []string, w io.Writer) error {
	fs := flag.NewFlagSet("tested", flag.ContinueOnError)
	n := fs.Int("n", 3, "`number` of prices")
	if err := fs.Parse(args); err != nil {
		return err
	}
	switch {
	case *n < 1 || fs.NArg() != 0 && fs.NArg() != 2:
		return errors.New("usage: tested [-n number] [ws://host/path | wss://host/path SHARE]")
	case fs.NArg() == 2:
		return prices(ctx, fs.Arg(0), fs.Arg(1), *n, session.Timing{}, w)
	}
	server := wstest.NewServer(wstest.Options{Behavior: wstest.Behavior{Reply: func(mintws.Frame) (say []mintws.Frame) {
		for i := range *n {
			say = append(say, mintws.Text(fmt.Sprintf(`{"seq":%d,"price":"%d.50"}`, i+1, 17+i)))
		}
		return say
	}}})
	defer server.Close()
	return prices(ctx, server.URL, "MINT", *n, session.Timing{}, w)
}

// prices is all that this program does with sockets and clocks. What it knows of prices is in watch.
func prices(ctx context.Context, url, share string, n int, timing session.Timing, w io.Writer) error {
	var out session.Output
	sock, conn, err := httpdial.Dial(ctx, url, &out.Output, httpdial.Options{})
	if err != nil {
		return err
	}
	defer sock.Close()
	defer context.AfterFunc(ctx, func() { sock.Close() })()
	s, err := session.Upgrade(conn, &out, url, mintws.Options{}, session.NewDeadlines(timing, time.Now()), time.Now())
	if err != nil {
		return err
	}
	buf := make([]byte, 16<<10)
	for v := (watch{s: s, share: share, want: n}); ; {
		if v.s.Over() {
			out.WriteTo(sock) // the last words
			if err = v.err(); err != nil {
				err = cmp.Or(context.Cause(ctx), err)
			}
			return err
		}
		var got []price
		v, got = turn(sock, v, &out, buf)
		for _, p := range got {
			fmt.Fprintf(w, "%s %d: %s\n", share, p.Seq, p.Price)
		}
	}
}

// turn writes what is to be written, and takes what comes until the deadline.
func turn(sock net.Conn, v watch, out *session.Output, buf []byte) (watch, []price) {
	sock.SetWriteDeadline(time.Now().Add(time.Minute))
	_, writeErr := out.WriteTo(sock)
	sock.SetReadDeadline(v.s.Deadline())
	n, readErr := sock.Read(buf)
	switch now := time.Now(); {
	case n > 0:
		return v.received(out, now, buf[:n])
	case writeErr == nil && errors.Is(readErr, os.ErrDeadlineExceeded):
		v.s, _ = v.s.Tick(out, now)
	default:
		v.s, _ = v.s.EOF(out, now)
	}
	return v, nil
}
