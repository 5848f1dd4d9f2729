//go:build linux

package main

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// handler is what a program makes of its connections. The loop calls it, on its only goroutine, so it must not block. It says
// something with loop.send: in received, or in produce.
type handler interface {
	opened(c *conn)
	// received is called for each frame. What is sent in it is an answer: while the peer does not take its answers, nothing more is
	// read from it.
	received(c *conn, f mintws.Frame)
	// produce says one thing of the program's own accord, or returns false if there is nothing to say. It is called when c was
	// woken, and again and again while c's socket keeps up; while that does not, it is not called, and reading goes on.
	produce(c *conn) bool
	closed(c *conn, err error)
}

// loop is the event loop. One goroutine waits for all sockets at once, and all scratch space is there once: out and buf serve
// each connection in its turn. Nothing in it is for other goroutines: they leave their work in a queue, and write a byte into a pipe
// that the loop watches.
type loop struct {
	handler   handler
	deadlines session.Deadlines // for new connections
	now       time.Time         // when this turn began
	epoll     int
	conns     []*conn          // by descriptor
	others    map[int32]func() // what is watched beside them
	timers    wheel
	woken     []*conn // to be asked whether they have something to say
	spare     []*conn // the memory of woken, to be used again
	stopped   int     // how many times a connection was not read from, because it did not take its answers

	out     session.Output
	current *conn // whose bytes are in out
	buf     []byte
	ready   []syscall.EpollEvent
}

func newLoop(h handler, timing session.Timing) (*loop, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	now := time.Now()
	return &loop{
		handler: h, deadlines: session.NewDeadlines(timing, now), now: now, epoll: epoll, others: map[int32]func(){},
		timers: wheel{at: now}, buf: make([]byte, 64<<10), ready: make([]syscall.EpollEvent, 512),
	}, err
}

// turn waits until something can be done, and does all that can be done now.
func (l *loop) turn() error {
	wait := l.timers.wait(time.Now())
	if len(l.woken) > 0 {
		wait = 0
	}
	n, err := syscall.EpollWait(l.epoll, l.ready, wait)
	if err != nil && err != syscall.EINTR {
		return err
	}
	l.now = time.Now()
	for _, ev := range l.ready[:max(n, 0)] {
		if other := l.others[ev.Fd]; other != nil {
			other()
			continue
		}
		// The event may be that of a connection that was closed a moment ago, and ev.Fd a new one by now. That does no harm: it
		// is asked for nothing that it does not have.
		if c := l.find(ev.Fd); c != nil && ev.Events&^syscall.EPOLLOUT != 0 { // EPOLLERR and EPOLLHUP come unasked
			l.read(c)
		}
		if c := l.find(ev.Fd); c != nil && ev.Events&^syscall.EPOLLIN != 0 {
			l.write(c)
		}
	}
	l.timers.advance(l.now, l.expired) // after reading: what is waited for may have arrived
	woken := l.woken
	l.woken = l.spare[:0]
	for _, c := range woken {
		l.produce(c)
	}
	clear(woken)
	l.spare = woken
	return nil
}

func (l *loop) find(fd int32) *conn {
	if int(fd) < len(l.conns) {
		return l.conns[fd]
	}
	return nil
}

// wake has the handler asked whether it has something to say to c. It is how one connection's frame, or a timer, makes another
// connection speak.
func (l *loop) wake(c *conn) {
	if !c.woken {
		c.woken = true
		l.woken = append(l.woken, c)
	}
}

// add takes a socket into the loop.
func (l *loop) add(c *conn) error {
	c.interest = syscall.EPOLLIN
	ev := syscall.EpollEvent{Events: uint32(c.interest), Fd: c.fd}
	if err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, int(c.fd), &ev); err != nil {
		return err
	}
	if more := int(c.fd) + 1 - len(l.conns); more > 0 {
		l.conns = slices.Grow(l.conns, more)[:c.fd+1]
	}
	l.conns[c.fd] = c
	return nil
}

// watch calls f whenever fd, which is no connection, is readable.
func (l *loop) watch(fd int, f func()) error {
	l.others[int32(fd)] = f
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &ev)
}

// settle is called when something has become of c: it ends c where it is over, and tells epoll and the wheel what to wait for.
func (l *loop) settle(c *conn) {
	if c.state == running && c.s.Over() {
		err := c.s.Err()
		if err != nil && c.fault != 0 {
			err = fmt.Errorf("%w: %w", syscall.Errno(c.fault), err)
		}
		c.s, c.state, c.edge = session.Session{}, leaving, &edge{due: l.now.Add(linger)}
		l.handler.closed(c, err)
	}
	if c.state == leaving && c.pending.Len() == 0 {
		if c.ended {
			l.close(c)
			return
		}
		syscall.Shutdown(int(c.fd), syscall.SHUT_WR) // so that the peer sees our last words, and then the end
	}
	var interest uint8
	if !c.ended && (c.state == leaving || c.pending.MayRead()) {
		interest = syscall.EPOLLIN
	}
	if c.pending.Len() > 0 {
		interest |= syscall.EPOLLOUT
	}
	if interest != c.interest {
		if c.state == running && c.interest&^interest&syscall.EPOLLIN != 0 {
			l.stopped++
		}
		c.interest = interest
		ev := syscall.EpollEvent{Events: uint32(interest), Fd: c.fd}
		syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_MOD, int(c.fd), &ev)
	}
	l.timers.set(c, c.due())
}

// close gives up the socket, which ends its place in epoll too.
func (l *loop) close(c *conn) {
	l.timers.remove(c)
	l.conns[c.fd] = nil
	c.state = gone
	syscall.Close(int(c.fd))
}
