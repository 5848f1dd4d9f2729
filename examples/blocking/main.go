// Command blocking is a client in one file, on a socket that blocks: it opens a WebSocket, says one word after the other, prints
// what comes, and closes it.
//
//	go run ./examples/blocking                                    # to an echo server of its own
//	go run ./examples/blocking wss://example.org/echo Hello again # to that server
//
// The Session is a value, and the socket is ours: turn is all that has to be done with it.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

func main() {
	args := os.Args[1:]
	if len(args) == 0 {
		server := wstest.NewServer(wstest.Options{})
		defer server.Close()
		args = []string{server.URL, "Hello", "again"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // for all of it
	defer cancel()
	if err := talk(ctx, args[0], args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// talk says the first word when the WebSocket is open, and the next when there is an answer. After the last it closes.
func talk(ctx context.Context, url string, words []string, w io.Writer) error {
	var out session.Output // scratch space: what came, and what is to be written
	buf := make([]byte, 64<<10)
	sock, conn, err := httpdial.Dial(ctx, url, &out.Output, httpdial.Options{})
	if err != nil {
		return err
	}
	defer sock.Close()
	defer context.AfterFunc(ctx, func() { sock.Close() })()
	s, err := session.Upgrade(conn, &out, url, mintws.Options{}, session.NewDeadlines(session.Timing{}, time.Now()), time.Now())
	for err == nil && !s.Over() {
		s = turn(sock, s, &out, buf)   // the next Session takes the place of the one before
		_, _, answered := out.Answer() // it is open now, or refused
		for _, f := range out.Frames {
			fmt.Fprintln(w, f)
			answered = answered || f.Opcode == mintws.OpText
		}
		if answered && s.State() == mintws.Open {
			next := mintws.Close(mintws.CodeNormal, "")
			if len(words) > 0 {
				next, words = mintws.Text(words[0]), words[1:]
			}
			s, err = s.Send(&out, time.Now(), next)
		}
	}
	out.WriteTo(sock) // the last words
	if err = cmp.Or(err, s.Err()); err != nil {
		err = cmp.Or(context.Cause(ctx), err)
	}
	return err
}

// turn writes what is to be written, and takes what comes until the deadline.
func turn(sock net.Conn, s session.Session, out *session.Output, buf []byte) session.Session {
	sock.SetWriteDeadline(time.Now().Add(time.Minute))
	_, writeErr := out.WriteTo(sock)
	sock.SetReadDeadline(s.Deadline())
	n, readErr := sock.Read(buf) // also after a failed Write: the peer may have said why it went
	switch now := time.Now(); {
	case n > 0:
		s, _ = s.Received(out, now, buf[:n]) // s.Err keeps the error
	case writeErr == nil && errors.Is(readErr, os.ErrDeadlineExceeded):
		s, _ = s.Tick(out, now)
	default:
		s, _ = s.EOF(out, now)
	}
	return s
}
