package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
)

// drain is how long the server has to read our last words and close. A socket that is closed with bytes unread says so by a
// reset, which may destroy what the server has not read yet.
const drain = 200 * time.Millisecond

// fetcher is one connection and the one request on it.
type fetcher struct {
	sock  net.Conn
	conn  httpconn.Conn
	out   httpconn.Output
	body  io.Writer
	id    httpconn.StreamID
	asked bool
	done  bool
}

// fetch gets target, stays for linger, and ends the connection. It does not outlast ctx, which has a deadline, by more
// than drain.
func fetch(ctx context.Context, target *url.URL, linger time.Duration, body io.Writer) error {
	f := fetcher{body: body}
	var err error
	f.sock, f.conn, err = httpdial.Dial(ctx, target.String(), &f.out, httpdial.Options{
		Protocols: []httpconn.Version{httpconn.HTTP2},
		Proxy:     httpdial.NoProxy,
	})
	if err != nil {
		return err
	}
	defer f.sock.Close()
	deadline, _ := ctx.Deadline()
	if err = f.sock.SetDeadline(deadline); err != nil {
		return err
	}
	err = f.exchange(target)
	if err == nil && linger > 0 {
		err = f.stay(min(linger, time.Until(deadline)))
	}
	f.part()
	return err
}

// exchange makes the request as soon as the server's SETTINGS allow it, and returns when the response is complete.
func (f *fetcher) exchange(target *url.URL) error {
	for !f.done {
		if !f.asked && f.conn.Slots() > 0 {
			var err error
			f.conn, f.id, err = f.conn.Request(&f.out, httpconn.Request{
				Scheme: target.Scheme, Authority: target.Host, Path: target.RequestURI()})
			if err != nil {
				return err
			}
			f.asked = true
		}
		if err := f.turn(); err != nil {
			return err
		}
		if f.conn.Next() == httpconn.NextClose && !f.done {
			return errors.New("the connection ended before the response")
		}
	}
	return nil
}

// turn writes what is to be written and handles what one read brings. That nothing came in time changes nothing.
func (f *fetcher) turn() error {
	_, lost := f.out.WriteTo(f.sock)
	f.out.Reset()
	buf := make([]byte, 32<<10)
	n, readErr := f.sock.Read(buf) // also after a failed Write: the server may have said why it went
	if errors.Is(readErr, os.ErrDeadlineExceeded) {
		return cmp.Or(lost, readErr)
	}
	var err error
	if n > 0 {
		f.conn, err = f.conn.Stream(&f.out, buf[:n])
		readErr = nil // if there was one, it comes again
	}
	if err == nil && (readErr != nil || lost != nil) {
		f.conn, err = f.conn.StreamEOF(&f.out)
	}
	if readErr != io.EOF {
		lost = cmp.Or(lost, readErr)
	}
	for _, ev := range f.out.Events { // those before a fault are good
		if failure := f.handle(ev); failure != nil {
			return failure
		}
	}
	return cmp.Or(err, lost)
}

// handle takes one event.
func (f *fetcher) handle(ev httpconn.Event) error {
	if !f.asked || ev.StreamID != f.id {
		return nil
	}
	switch ev.Kind {
	case httpconn.EventHeaders:
		if ev.Status/100 != 2 {
			return fmt.Errorf("status %d", ev.Status)
		}
	case httpconn.EventData:
		if _, err := f.body.Write(ev.Data); err != nil {
			return err
		}
	case httpconn.EventDone:
		f.done = true
	case httpconn.EventReset:
		return ev.Err
	}
	return nil
}

// stay goes on with the connection for a while.
func (f *fetcher) stay(d time.Duration) error {
	if err := f.sock.SetDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	for f.conn.Next() != httpconn.NextClose {
		err := f.turn()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// part ends the connection: our last words, GOAWAY among them, then the end of our side, then what the server has still to
// say.
func (f *fetcher) part() {
	f.conn = f.conn.Close(&f.out) // after a fault Send has a GOAWAY already
	_ = f.sock.SetDeadline(time.Now().Add(drain))
	if _, err := f.out.WriteTo(f.sock); err != nil {
		return
	}
	if half, ok := f.sock.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, f.sock) // until the deadline at the latest
	}
}
