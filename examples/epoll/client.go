//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/mintws/mintws/mintws"
)

// client is the handler of the client's process: it greets on each connection, checks that the greeting comes back, and counts.
type client struct {
	l     *loop
	w     io.Writer
	began time.Time
	limit time.Time // for all of it
	shown time.Time // when the last progress was printed

	started, open, greeted, pongs int
	closes                        int // sent
	ended                         int // of those that were open or not

	lost    error // why a connection was lost, the first one that was
	closing bool
}

// stage is how far a connection has come, in conn.user. A small number in an interface takes no memory of its own.
type stage uint8

const (
	greetingSent stage = iota + 1
	greetingBack
	closeSent
)

func (p *client) opened(*conn) { p.open++ }

func (p *client) produce(c *conn) bool {
	switch {
	case p.closing && c.user != closeSent:
		c.user = closeSent
		p.closes++
		return p.l.send(c, mintws.Close(mintws.CodeNormal, "")) == nil
	case c.user == nil:
		c.user = greetingSent
		return p.l.send(c, mintws.Text(hello(c))) == nil
	}
	b, ok := c.user.(*bulk)
	return ok && b.produce(p.l, c)
}

func (p *client) received(c *conn, f mintws.Frame) {
	b, ok := c.user.(*bulk)
	switch {
	case f.Opcode == mintws.OpPong:
		p.pongs++
	case f.Opcode == mintws.OpClose:
	case ok:
		b.received(c, f)
	case c.user == greetingSent && string(f.Payload) == hello(c):
		c.user = greetingBack
		p.greeted++
	}
}

func hello(c *conn) string { return fmt.Sprintf("socket %d says hello", c.fd) }

func (p *client) closed(c *conn, err error) {
	p.ended++
	switch {
	case p.lost != nil || err == nil && c.user == closeSent:
	case err == nil:
		p.lost = errors.New("a connection was closed by the server")
	default:
		p.lost = fmt.Errorf("a connection was lost: %w", err)
	}
}

// until turns the loop until done says so, and prints once a second how far it is.
func (p *client) until(what string, done func() bool) error {
	for !done() {
		if err := p.l.turn(); err != nil {
			return err
		}
		if p.lost != nil {
			return fmt.Errorf("%w: %s: %s", p.lost, what, p)
		}
		if p.l.now.After(p.limit) {
			return fmt.Errorf("no time is left: %s: %s", what, p)
		}
		if p.l.now.Sub(p.shown) >= time.Second {
			p.shown = p.l.now
			fmt.Fprintf(p.w, "%5.1f s  %s: %s\n", p.l.now.Sub(p.began).Seconds(), what, p)
		}
	}
	return nil
}

func (p *client) String() string {
	return fmt.Sprintf("%d opened, %d greetings came back, %d pongs, %d ended", p.open, p.greeted, p.pongs, p.ended)
}

// dialMany opens n connections, some hundreds at a time: the queue of a server is finite.
func (p *client) dialMany(url string, n, buffer int) (err error) {
	var failed error
	err = p.until("opening", func() bool {
		for p.started < n && p.started-p.open < 256 && failed == nil {
			if _, failed = p.l.dial(url, buffer, mintws.Options{}); failed == nil {
				p.started++
			}
		}
		return failed != nil || p.greeted == n
	})
	return errors.Join(failed, err)
}

// closeAll closes all connections, some hundreds at a time: a server needs a while for each, and has as long for the last as for the
// first.
func (p *client) closeAll() error {
	p.closing = true
	left := p.l.conns
	return p.until("closing", func() bool {
		for n := p.closes - p.ended; n < 256 && len(left) > 0; left = left[1:] {
			if c := left[0]; c != nil {
				p.l.wake(c)
				n++
			}
		}
		return p.ended == p.started
	})
}

// heap returns how many bytes of the heap are in use.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what is in a sync.Pool survives one
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
