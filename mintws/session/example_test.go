package session_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// greet says Hello, prints what comes, and closes the WebSocket after the first text.
func greet(ctx context.Context, url string, w io.Writer) error {
	var out session.Output // scratch space: what came, and what is to be written
	buf := make([]byte, 64<<10)
	sock, conn, err := httpdial.Dial(ctx, url, &out.Output, httpdial.Options{})
	if err != nil {
		return err
	}
	defer sock.Close()
	defer context.AfterFunc(ctx, func() { sock.Close() })()
	d := session.NewDeadlines(session.Timing{}, time.Now()) // one for all Sessions of a program
	s, err := session.Upgrade(conn, &out, url, mintws.Options{}, d, time.Now())
	for err == nil && !s.Over() {
		s = turn(sock, s, &out, buf)
		if _, _, ok := out.Answer(); ok && s.State() == mintws.Open { // it has just opened
			s, err = s.Send(&out, time.Now(), mintws.Text("Hello"))
		}
		for _, f := range out.Frames {
			fmt.Fprintln(w, f)
			if f.Opcode == mintws.OpText && s.State() == mintws.Open {
				s, err = s.Send(&out, time.Now(), mintws.Close(mintws.CodeNormal, ""))
			}
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

// A client with a socket that blocks. The same turn serves a server.
func Example() {
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := greet(ctx, server.URL, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Text "Hello"
	// Close 1000 normal closure
}
