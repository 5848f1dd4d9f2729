// Command echo talks to a WebSocket echo server and prints what it sends and receives: text, binary, a message in
// fragments with a ping between them, and the closing handshake. It fails unless everything came back.
//
//	go run ./examples/echo                               # a server of its own, over HTTP/1.1 and then over HTTP/2
//	go run ./examples/echo wss://example.org/echo        # that server, over what it prefers
//	go run ./examples/echo -http2 wss://example.org/echo # over HTTP/2 or not at all
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second) // for all of it
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

// run talks to the server that args name, or to one that it starts.
func run(ctx context.Context, args []string, w io.Writer) error {
	fs := flag.NewFlagSet("echo", flag.ContinueOnError)
	insist := fs.Bool("http2", false, "use HTTP/2 or fail")
	if err := fs.Parse(args); err != nil {
		return err
	}
	// Over TLS the server chooses one of them; without, the first is spoken.
	versions := []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2}
	if *insist {
		versions = versions[1:]
	}
	switch fs.NArg() {
	case 0:
	case 1:
		return talk(ctx, w, fs.Arg(0), versions)
	default:
		return errors.New("usage: echo [-http2] [ws://host/path | wss://host/path]")
	}
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	var err error
	for i := 0; i < len(versions) && err == nil; i++ {
		err = talk(ctx, w, server.URL, versions[i:i+1])
	}
	return err
}

var errClosed = errors.New("the server closed the WebSocket")

// talk has the loop of every client. It returns nil if all came back and the closing handshake is complete.
func talk(ctx context.Context, w io.Writer, url string, versions []httpconn.Version) error {
	var out session.Output // scratch space, as buf is
	buf := make([]byte, 64<<10)
	sock, conn, err := httpdial.Dial(ctx, url, &out.Output, httpdial.Options{Protocols: versions})
	if err != nil {
		return err
	}
	defer sock.Close()
	defer context.AfterFunc(ctx, func() { sock.Close() })() // the socket is ours, and so is the time for all of it
	fmt.Fprintln(w, conn.Version())
	s, err := session.Upgrade(conn, &out, url, mintws.Options{}, session.NewDeadlines(session.Timing{}, time.Now()), time.Now())
	greeted, missing := false, slices.Clone(wanted)
	for err == nil && !s.Over() {
		s = turn(sock, s, &out, buf) // Ping and Close are answered; s.Err keeps the error
		for _, f := range out.Frames {
			fmt.Fprintln(w, "←", show(f))
			same := func(m mintws.Frame) bool { return m.Opcode == f.Opcode && bytes.Equal(m.Payload, f.Payload) }
			if i := slices.IndexFunc(missing, same); i >= 0 && greeted {
				missing = slices.Delete(missing, i, i+1)
			}
		}
		var say []mintws.Frame
		switch {
		case s.State() != mintws.Open: // not yet, or not any more
		case !greeted:
			say, greeted = said, true
		case len(missing) == 0:
			say = []mintws.Frame{mintws.Close(mintws.CodeNormal, "bye")}
		}
		for i := 0; i < len(say) && err == nil; i++ {
			fmt.Fprintln(w, "→", show(say[i]))
			s, err = s.Send(&out, time.Now(), say[i])
		}
	}
	out.WriteTo(sock) // the last words
	if err = cmp.Or(err, s.Err()); len(missing) > 0 && (greeted || err == nil) {
		err = fmt.Errorf("%d of %d did not come back: %w", len(missing), len(wanted), cmp.Or(err, errClosed))
	}
	return err
}
