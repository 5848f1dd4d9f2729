//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"syscall"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/session"
)

// echo is a server's handler: it sends everything back, piece by piece as it comes, so a message of any size needs no memory. Where
// a message and a Close come in one read, the Session has answered the Close before the message gets here, and nothing may follow
// that. A server that has to answer all the same keeps the order by itself, as examples/echoserver does.
type echo struct {
	l     *loop
	count int // of connections
}

func (e *echo) opened(*conn)        { e.count++ }
func (e *echo) produce(*conn) bool  { return false }
func (e *echo) closed(*conn, error) {}

func (e *echo) received(c *conn, f mintws.Frame) {
	switch f.Opcode {
	case mintws.OpText, mintws.OpBinary, mintws.OpContinuation:
		_ = e.l.send(c, f)
	}
}

// listen accepts connections, and calls begin for each.
func (l *loop) listen(address string, buffer int) (url string, err error) {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is4() {
		return "", fmt.Errorf("-address %q is not one of IPv4", address)
	}
	fd, err := open(buffer)
	if err != nil {
		return "", err
	}
	if err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: ip.As4()}); err != nil {
		return "", err
	}
	if err = syscall.Listen(fd, 4096); err != nil {
		return "", err
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return "", err
	}
	reserve, err := syscall.Dup(fd)
	if err != nil {
		return "", err
	}
	err = l.watch(fd, func() { reserve = l.accept(fd, reserve) })
	return fmt.Sprintf("ws://%v:%d/", ip, name.(*syscall.SockaddrInet4).Port), err
}

// accept takes the connections that have come. Where there is no descriptor for one, it is taken and closed with the help of the
// one in reserve: left where it is, it would make every turn of the loop end at once.
func (l *loop) accept(listener, reserve int) int {
	for {
		fd, _, err := syscall.Accept4(listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		if err == syscall.EMFILE || err == syscall.ENFILE {
			syscall.Close(reserve)
			if fd, _, err = syscall.Accept4(listener, syscall.SOCK_CLOEXEC); err == nil {
				syscall.Close(fd)
			}
			reserve, _ = syscall.Dup(listener)
			if err == nil {
				continue
			}
		}
		if err != nil { // as a rule EAGAIN
			return reserve
		}
		c := &conn{fd: int32(fd), state: greeting, edge: &edge{due: l.now.Add(session.DefaultOpen)}}
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		if err = l.add(c); err != nil {
			syscall.Close(fd)
			continue
		}
		l.settle(c)
	}
}

// greet takes a part of the request, and answers it once it is complete.
func (l *loop) greet(c *conn, data []byte) {
	if c.ended {
		c.state = leaving
		return
	}
	l.current = c
	for c.state == greeting && len(data) > 0 {
		var r *http.Request
		var err error
		c.edge.head, r, data, err = c.edge.head.Feed(data)
		again := false
		switch {
		case err != nil:
			l.out.Send, again = handshake.AppendRefusal(l.out.Send, nil, err)
		case r == nil:
			continue
		default:
			again, err = l.accepted(c, r)
		}
		if err != nil && !again {
			c.state, c.edge = leaving, &edge{due: l.now.Add(linger)}
		}
	}
	l.put(c, (*session.Pending).Caused)
	if c.state == running {
		l.handler.opened(c)
		l.wake(c)
		if len(data) > 0 {
			l.receive(c, data)
		}
	}
}

// accepted answers r.
func (l *loop) accepted(c *conn, r *http.Request) (again bool, err error) {
	ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{Delivery: mintws.DeliverPayload})
	if err != nil {
		l.out.Send, again = handshake.AppendRefusal(l.out.Send, r, err)
		return again, err
	}
	if l.out.Send, err = handshake.AppendAnswer(l.out.Send, status, header); err != nil {
		return false, err
	}
	c.s = session.New(httpconn.Conn{}, ws, l.deadlines, l.now)
	c.state, c.edge = running, nil
	return false, nil
}

// serve is the server's process. It ends when its standard input does: with the process that started it.
func serve(w io.Writer, address string, buffer int) error {
	e := &echo{}
	l, err := newLoop(e, session.Timing{})
	if err != nil {
		return err
	}
	e.l = l
	url, err := l.listen(address, buffer)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, url)
	over, err := l.atEnd()
	for err == nil && !over() {
		err = l.turn()
	}
	fmt.Fprintf(w, "%d connections, reading stopped %d times\n", e.count, l.stopped)
	return err
}

// atEnd watches standard input. Over reports whether it has ended.
func (l *loop) atEnd() (over func() bool, err error) {
	ended := false
	err = l.watch(0, func() {
		n, readErr := syscall.Read(0, make([]byte, 64))
		if ended = n == 0 || readErr != nil && readErr != syscall.EINTR; ended { // it would be readable for ever
			syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_DEL, 0, nil)
			delete(l.others, 0)
		}
	})
	return func() bool { return ended }, err
}
