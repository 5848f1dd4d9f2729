//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"net/url"
	"syscall"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// open returns a TCP socket that does not block. Buffer is the size of the kernel's buffers for it, 0 for the default.
func open(buffer int) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil || buffer == 0 {
		return fd, err
	}
	for _, option := range []int{syscall.SO_SNDBUF, syscall.SO_RCVBUF} {
		if err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, option, buffer); err != nil {
			syscall.Close(fd)
			return -1, err
		}
	}
	return fd, nil
}

// dial begins a connection, and asks for a WebSocket on it. Rawurl has an address and no name: to look up a name takes time,
// which a loop does not have. It is not for handlers; call it between turns.
func (l *loop) dial(rawurl string, buffer int, opt mintws.Options) (*conn, error) {
	u, err := url.Parse(rawurl)
	if err != nil {
		return nil, err
	}
	addr, err := netip.ParseAddrPort(u.Host)
	if err != nil || !addr.Addr().Is4() || u.Scheme != "ws" {
		return nil, fmt.Errorf("%s: the form is ws://127.0.0.1:8080/path", rawurl)
	}
	h1, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &l.out.Output)
	if err != nil {
		return nil, err
	}
	c := &conn{}
	if c.s, err = session.Upgrade(h1, &l.out, rawurl, opt, l.deadlines, l.now); err != nil {
		return nil, err
	}
	fd, err := open(buffer)
	if err == nil {
		err = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1) // frames are written when they are whole
		if err == nil {
			err = syscall.Connect(fd, &syscall.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())})
		}
		if c.fd = int32(fd); err == nil || err == syscall.EINPROGRESS {
			err = l.add(c)
		}
		if err != nil {
			syscall.Close(fd)
		}
	}
	if err != nil {
		l.out.Reset() // the request goes nowhere
		return nil, dialError(err)
	}
	l.put(c, (*session.Pending).Caused) // before the connection is there the socket takes nothing
	l.settle(c)
	return c, nil
}

// dialError says what to do about the two limits that many connections meet.
func dialError(err error) error {
	switch err {
	case syscall.EMFILE, syscall.ENFILE:
		return fmt.Errorf("%w: see \"ulimit -n\"", err)
	case syscall.EADDRNOTAVAIL:
		return fmt.Errorf("%w: no port is left to connect from: see net.ipv4.ip_local_port_range", err)
	}
	return err
}

// raise makes room for n descriptors.
func raise(n uint64) error {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil || lim.Cur >= n {
		return err
	}
	want := syscall.Rlimit{Cur: n, Max: max(n, lim.Max)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &want); err != nil {
		return fmt.Errorf("%d descriptors are needed, and the limit is %d: set it with \"ulimit -n %d\" as root, in limits.conf, "+
			"or with LimitNOFILE= in a unit of systemd: %w", n, lim.Max, n, err)
	}
	return nil
}
