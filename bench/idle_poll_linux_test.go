package bench

import (
	"bytes"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// pollLoop is an event loop: one goroutine, one buffer and one epoll instance for all connections, of each of which it keeps
// the descriptor and the two values.
type pollLoop struct {
	epoll int
	echo  chan []byte // payloads that came

	mu    sync.Mutex
	conns map[int]*idlePair
	out   httpconn.Output
}

// sharedLoop is started by the first client, and lives as long as the process.
var sharedLoop = sync.OnceValues(func() (*pollLoop, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	l := &pollLoop{epoll: epoll, echo: make(chan []byte), conns: map[int]*idlePair{}}
	go l.run()
	return l, nil
})

func (l *pollLoop) run() {
	events, buf := make([]syscall.EpollEvent, 64), make([]byte, loopBuffer)
	var in mintws.Inbox
	for {
		n, err := syscall.EpollWait(l.epoll, events, -1)
		if err != nil && err != syscall.EINTR {
			return
		}
		for _, ev := range events[:max(n, 0)] {
			in.Reset()
			l.read(int(ev.Fd), &in, buf)
			for _, f := range in.Frames {
				l.echo <- bytes.Clone(f.Payload)
			}
		}
	}
}

// read takes what fd has.
func (l *pollLoop) read(fd int, in *mintws.Inbox, buf []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.conns[fd]
	if c == nil {
		return
	}
	n, err := syscall.Read(fd, buf)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return
	}
	l.out.Reset()
	if n > 0 {
		c.conn, err = c.conn.Stream(&l.out, buf[:n])
	}
	for _, ev := range l.out.Events {
		if err == nil {
			c.conn, c.ws, err = mintws.Receive(c.conn, &l.out, c.ws, in, ev)
		}
	}
	if n <= 0 || err != nil || l.write(fd) != nil {
		l.forget(fd)
	}
}

// write writes what is to be written. On a socket that takes no more it fails: messages here are few and small.
func (l *pollLoop) write(fd int) error {
	if len(l.out.Send) == 0 {
		return nil
	}
	n, err := syscall.Write(fd, l.out.Send)
	if err == nil && n < len(l.out.Send) {
		err = syscall.EAGAIN
	}
	return err
}

// send sends p.
func (l *pollLoop) send(fd int, p []byte) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.conns[fd]
	if c == nil {
		return syscall.EBADF
	}
	l.out.Reset()
	if c.conn, c.ws, err = mintws.Send(c.conn, &l.out, c.ws, mintws.Binary(p)); err != nil {
		return err
	}
	return l.write(fd)
}

// forget closes fd.
func (l *pollLoop) forget(fd int) {
	if l.conns[fd] != nil {
		delete(l.conns, fd)
		syscall.Close(fd) // leaves epoll with it
	}
}

// pollClient is our client in an event loop.
type pollClient struct {
	loop *pollLoop
	fd   int
}

func init() { idleLibs = append(idleLibs, loopLib{"mintws+poll", loopPoll}) }

func loopPoll(addr, path string) (loopClient, error) {
	l, err := sharedLoop()
	if err != nil {
		return nil, err
	}
	c, err := loopMintws(addr, path)
	if err != nil {
		return nil, err
	}
	defer c.close()
	dialed := c.(*mintwsLoop)
	raw, err := dialed.sock.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if failed := raw.Control(func(own uintptr) { fd, err = syscall.Dup(int(own)) }); failed != nil || err != nil {
		return nil, fmt.Errorf("dup: %v, %w", failed, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[fd] = &idlePair{dialed.conn, dialed.ws}
	return &pollClient{l, fd}, syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd,
		&syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

func (c *pollClient) trips(n int, p []byte) error {
	for range n {
		if err := c.loop.send(c.fd, p); err != nil {
			return err
		}
		select {
		case got := <-c.loop.echo:
			if !bytes.Equal(got, p) {
				return errEcho
			}
		case <-time.After(patience):
			return errEcho
		}
	}
	return nil
}

func (c *pollClient) send(n int, p []byte) error {
	for range n {
		if err := c.loop.send(c.fd, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *pollClient) wait() {}

func (c *pollClient) close() {
	c.loop.mu.Lock()
	defer c.loop.mu.Unlock()
	c.loop.forget(c.fd)
}

// TestPoll: connections in the event loop get their echoes, and are let go of when one side closes them.
func TestPoll(t *testing.T) {
	s := newLoopServer(t)
	var all []loopClient
	for range 3 {
		c, err := loopPoll(s.addr(), "/echo")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for i, c := range all {
		if err := c.trips(3, fill(100+i)); err != nil {
			t.Errorf("connection %d: %v", i, err)
		}
	}
	all[0].close()
	if err := all[0].send(1, fill(1)); err == nil {
		t.Error("a closed connection sends")
	}
	if err := all[1].trips(1, fill(10)); err != nil {
		t.Errorf("after another was closed: %v", err)
	}
	for _, c := range all {
		c.close()
	}
}
