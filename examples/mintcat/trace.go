package main

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/mintws/mintws/mintws/wiretap"
)

// trace is a socket that shows what goes over it, for -v. One goroutine may read while another writes.
type trace struct {
	net.Conn
	reads wiretap.Direction // what is read: a client reads what the server says
	show  func(wiretap.Record)
	mu    sync.Mutex
	tap   *wiretap.Tap
}

// tracing returns what makes a trace of a socket, nil without -v.
func (opt *options) tracing(con *console, reads wiretap.Direction) func(net.Conn) net.Conn {
	if !opt.verbose {
		return nil
	}
	show := func(r wiretap.Record) {
		stamp := ""
		if opt.stamps {
			stamp = time.Now().Format(clock)
		}
		con.note("%s%v", stamp, r)
	}
	return func(c net.Conn) net.Conn {
		return &trace{Conn: c, reads: reads, show: show, tap: wiretap.New(wiretap.Options{Secrets: opt.secrets})}
	}
}

func (t *trace) feed(from wiretap.Direction, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tap.Feed(from, p, t.show)
}

func (t *trace) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.feed(t.reads, p[:n])
	return n, err
}

// Write shows what it writes first: the answer may be read before Write has returned.
func (t *trace) Write(p []byte) (int, error) {
	t.feed(1-t.reads, p)
	return t.Conn.Write(p)
}

// Close shows what was cut off.
func (t *trace) Close() error {
	err := t.Conn.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tap.End(wiretap.FromClient, t.show)
	t.tap.End(wiretap.FromServer, t.show)
	return err
}

func (t *trace) CloseWrite() error {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// tracedListener makes a trace of each connection.
type tracedListener struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (l tracedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil && l.wrap != nil {
		c = l.wrap(c)
	}
	return c, err
}
