//go:build linux

package main

import (
	"errors"
	"syscall"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/session"
)

// conn is one connection. While nothing happens this is all that there is of it, 416 bytes: no goroutine, and no buffer.
type conn struct {
	s       session.Session
	pending session.Pending // what the socket has not taken
	user    any             // the program's
	edge    *edge           // nil while the WebSocket is running

	next, prev *conn // in the timer wheel: the list of a slot
	fd         int32
	fault      int16 // why the socket has failed, an errno
	slot       uint8 // of the timer wheel
	interest   uint8 // EPOLLIN and EPOLLOUT: what epoll has been told to wait for
	state      state
	set        bool // it is in the timer wheel
	ended      bool // no more bytes will come
	woken      bool // it is in loop.woken
}

// edge is what a connection needs at its beginning and at its end.
type edge struct {
	due  time.Time      // when that must be over
	head handshake.Head // a server's: what has come of the request
}

// linger is how long the last words may take, and the peer's end of the connection after them.
const linger = time.Second

type state uint8

const (
	running  state = iota // s says all about it; a client's begins with connecting
	greeting              // a server's, waiting for the request
	leaving               // it is over, but for the last words
	gone                  // the socket is closed
)

// due is when something has to be done if nothing happens; the zero time is never.
func (c *conn) due() time.Time {
	if c.edge != nil {
		return c.edge.due
	}
	return c.s.Deadline()
}

func (c *conn) late(now time.Time) bool {
	due := c.due()
	return !due.IsZero() && !due.After(now)
}

// socket writes without waiting. One that takes a part is full, and is not asked again to hear so.
type socket int32

func (fd socket) Write(p []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), p)
		switch {
		case err == syscall.EINTR:
			continue
		case err == nil && n < len(p):
			err = syscall.EAGAIN
		}
		return max(0, n), err
	}
}

// read takes what the socket has, 64 KiB at most: then it is the others' turn.
func (l *loop) read(c *conn) {
	n, err := syscall.Read(int(c.fd), l.buf)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return
	}
	if n <= 0 { // a failure ends the connection just as well
		c.ended = true
		c.failed(err)
	}
	switch c.state {
	case greeting:
		l.greet(c, l.buf[:max(0, n)])
	case running:
		l.receive(c, l.buf[:max(0, n)])
	}
	l.settle(c)
}

// receive hands data, or the end, to the Session, and the frames that this brings to the handler.
func (l *loop) receive(c *conn, data []byte) {
	before := c.s.State()
	if l.current = c; c.ended {
		c.s, _ = c.s.EOF(&l.out, l.now) // c.s.Err keeps the error
	} else {
		c.s, _ = c.s.Received(&l.out, l.now, data)
	}
	if before == mintws.Connecting && c.s.State() == mintws.Open {
		l.handler.opened(c)
		l.wake(c)
	}
	for _, f := range l.out.Frames {
		l.handler.received(c, f)
	}
	l.put(c, (*session.Pending).Caused)
}

// produce has the handler say something, until the socket does not keep up.
func (l *loop) produce(c *conn) {
	if c.woken = false; c.state == gone {
		return
	}
	const batch = 64 << 10 // goes out in one write
	l.current = c
	for c.state == running && c.s.State() == mintws.Open && c.pending.MayProduce() && l.handler.produce(c) {
		if len(l.out.Send) >= batch {
			l.wake(c) // there may be more, in the next turn
			break
		}
	}
	l.put(c, (*session.Pending).Produced)
	l.settle(c)
}

var errTurn = errors.New("only the connection whose turn it is can send: wake the other one")

// send sends f on c. It is for handlers, in received and produce, and for the connection that these were called with. The bytes of
// all the frames that are sent in one turn go out together after it.
func (l *loop) send(c *conn, f mintws.Frame) error {
	if c != l.current {
		return errTurn
	}
	var err error
	c.s, err = c.s.Send(&l.out, l.now, f)
	return err
}

// put writes what is in the loop's scratch space. What the socket does not take becomes c's, by take, which is Caused or Produced.
func (l *loop) put(c *conn, take func(*session.Pending, *httpconn.Output, int)) {
	var err error
	if c.pending.Len() == 0 {
		_, err = l.out.WriteTo(socket(c.fd))
	}
	take(&c.pending, &l.out.Output, c.s.Buffered())
	l.current = nil
	c.wrote(err)
}

// write goes on with what the socket did not take before.
func (l *loop) write(c *conn) {
	n, err := c.pending.WriteTo(socket(c.fd))
	if n > 0 {
		c.s = c.s.Heard(l.now) // the peer takes bytes, so it is there, though the Ping may wait behind others
		l.wake(c)
	}
	c.wrote(err)
	l.settle(c)
}

// wrote takes the error of a write. If it means that the peer is gone, reading will say so, after what the peer said at last.
func (c *conn) wrote(err error) {
	if err != nil && err != syscall.EAGAIN {
		c.pending.Reset()
		c.failed(err)
	}
}

// failed keeps the first reason, which the socket tells only once.
func (c *conn) failed(err error) {
	if errno, ok := err.(syscall.Errno); ok && c.fault == 0 {
		c.fault = int16(errno)
	}
}

// expired is called when c may have waited long enough. A peer that is not read from, because it takes nothing, has as long to take
// something as one that is read from has to say something: see write.
func (l *loop) expired(c *conn) {
	if c.state == running && c.late(l.now) && c.pending.MayRead() {
		l.read(c) // the Pong may have arrived this very moment
	}
	switch {
	case c.state == gone:
		return
	case !c.late(l.now): // as a rule: something was heard since c was put into the wheel
	case c.state != running:
		l.close(c)
		return
	default:
		l.current = c
		c.s, _ = c.s.Tick(&l.out, l.now)
		l.put(c, (*session.Pending).Caused)
	}
	l.settle(c) // which puts it into the wheel again
}
