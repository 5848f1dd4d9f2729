package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// talk sends the lines of input as messages, prints what comes, and has all of it recorded. It closes the WebSocket at the end
// of input, and when ctx ends.
func talk(ctx context.Context, url string, r *recorder, input io.Reader, stdout io.Writer) error {
	var out session.Output
	sock, conn, err := httpdial.Dial(ctx, url, &out.Output, httpdial.Options{
		Wrap: func(c net.Conn) net.Conn { return &recorded{Conn: c, r: r} },
	})
	if err != nil {
		return err
	}
	defer sock.Close()
	s, err := session.Upgrade(conn, &out, url, mintws.Options{}, session.NewDeadlines(session.Timing{}, time.Now()), time.Now())
	if err != nil {
		return err
	}
	// These three wait so that the loop need not: for lines, for the server, and for the socket to take what is written.
	done := make(chan struct{})
	defer close(done)
	var unread error
	lines, wrote := make(chan []byte), make(chan error, 1)
	go func() { // while standard input is open it may wait for that, even after the end
		defer close(lines)
		scan := bufio.NewScanner(input)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() && pass(lines, done, bytes.Clone(scan.Bytes())) {
		}
		unread = scan.Err()
	}()
	received, again := make(chan []byte), make(chan struct{})
	go func() {
		defer close(received)
		buf := make([]byte, 16<<10)
		for {
			n, readErr := sock.Read(buf)
			if n > 0 && (!pass(received, done, buf[:n]) || !pass(again, done, struct{}{})) || readErr != nil {
				return
			}
		}
	}()
	said, interrupted, writing, inputErr := lines, ctx.Done(), false, error(nil)
	for !s.Over() {
		if len(out.Send) > 0 && !writing {
			writing = true
			go func(batch []byte) {
				sock.SetWriteDeadline(time.Now().Add(time.Minute))
				_, writeErr := sock.Write(batch)
				wrote <- writeErr
			}(out.Take(nil))
		}
		speak := said
		if writing || s.State() != mintws.Open {
			speak = nil // no line is taken that would have to wait
		}
		select {
		case line, ok := <-speak:
			f := mintws.Text(line)
			if !ok {
				f, said, inputErr = mintws.Close(mintws.CodeNormal, ""), nil, unread
			}
			if s, err = s.Send(&out, time.Now(), f); err != nil { // it is not UTF-8
				return err
			}
		case data, ok := <-received:
			if !ok {
				s, _ = s.EOF(&out, time.Now())
				break
			}
			s, _ = s.Received(&out, time.Now(), data)
			for _, f := range out.Frames {
				fmt.Fprintln(stdout, f)
			}
			<-again
		case err = <-wrote:
			writing = false
			if err != nil {
				s, _ = s.EOF(&out, time.Now())
			}
		case <-time.After(time.Until(s.Deadline())):
			s, _ = s.Tick(&out, time.Now())
		case <-interrupted:
			interrupted, said = nil, nil
			if s.State() != mintws.Open {
				return context.Cause(ctx)
			}
			s, _ = s.Send(&out, time.Now(), mintws.Close(mintws.CodeGoingAway, ""))
		}
	}
	sock.SetWriteDeadline(time.Now().Add(time.Second))
	if writing {
		<-wrote
	}
	out.WriteTo(sock) // the last words
	return cmp.Or(s.Err(), inputErr)
}

// pass sends v, and reports whether somebody has taken it before done was closed.
func pass[T any](to chan T, done <-chan struct{}, v T) bool {
	select {
	case to <- v:
		return true
	case <-done:
		return false
	}
}
