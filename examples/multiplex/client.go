package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// client is one connection with all its WebSockets. Only the goroutine that runs the loop touches it.
type client struct {
	url      string
	messages int
	size     int
	progress func(format string, args ...any)

	sock    *counted
	conn    httpconn.Conn
	out     httpconn.Output // scratch space, as in and buf are
	in      mintws.Inbox
	buf     []byte
	peers   []peer
	waiting int // peers that have not done yet what the loop waits for

	// For the table.
	opened, atOnce, rounds, failed      int
	sent, received, framesIn, framesOut int
	took                                [3]time.Duration // to open, to exchange messages, to close
	memory                              uint64
}

// counted is a socket that counts.
type counted struct {
	net.Conn
	read, written int
}

func (c *counted) Read(p []byte) (n int, err error) {
	n, err = c.Conn.Read(p)
	c.read += n
	return n, err
}

func (c *counted) Write(p []byte) (n int, err error) {
	n, err = c.Conn.Write(p)
	c.written += n
	return n, err
}

// peer is one WebSocket.
type peer struct {
	ws      mintws.WebSocket
	waiting bool
	got     int   // messages that came back
	err     error // what went wrong first
}

var errLost = errors.New("the server closed it before all messages were back")

// round opens WebSockets, exchanges messages on all of them at once, and closes them. The number of the first is base.
func (c *client) round(peers []peer, base int) (err error) {
	steps := []func(p *peer, i int) error{
		func(p *peer, i int) error { // the tag comes back with each event
			c.conn, p.ws, err = mintws.Upgrade(c.conn, &c.out, c.url, mintws.Options{Tag: uint64(i)})
			return err
		},
		c.say,
		func(p *peer, _ int) error { return c.send(p, mintws.Close(mintws.CodeNormal, "")) },
	}
	for step, do := range steps {
		began := time.Now()
		for i := range peers {
			if p := &peers[i]; p.err == nil {
				p.waiting = true
				c.waiting++
				if err = do(p, base+i); err != nil {
					c.fail(p, err)
				}
			}
		}
		if err = c.until(func() bool { return c.waiting == 0 }); err != nil {
			return err
		}
		c.took[step] += time.Since(began)
		if step == 1 { // all are open
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			c.memory = max(c.memory, m.HeapInuse+m.StackInuse)
			open := 0
			for i := range peers {
				if peers[i].ws.State() == mintws.Open {
					open++
				}
			}
			c.atOnce = max(c.atOnce, open)
		}
	}
	c.rounds++
	return nil
}

// until runs the loop: write, read, handle what was read.
func (c *client) until(done func() bool) error {
	for !done() {
		if c.conn.Next() == httpconn.NextClose {
			return errors.New("the server ends the connection")
		}
		var lost error
		c.conn, lost = turn(c.sock, c.conn, &c.out, c.buf)
		for _, ev := range c.out.Events { // also when the connection is lost: they came before that
			if ev.StreamID != 0 {
				c.event(&c.peers[ev.Tag], int(ev.Tag), ev)
			}
		}
		if lost != nil {
			return lost
		}
		c.progress("%d of %d WebSockets opened, %d messages back", c.opened, len(c.peers), c.received)
	}
	return nil
}

// event passes one event to its WebSocket.
func (c *client) event(p *peer, i int, ev httpconn.Event) {
	c.in.Reset()
	var err error
	c.conn, p.ws, err = mintws.Receive(c.conn, &c.out, p.ws, &c.in, ev)
	for _, f := range c.in.Frames {
		c.framesIn++
		if f.Opcode != mintws.OpBinary || err != nil {
			continue
		}
		if !bytes.Equal(f.Payload, c.message(i, p.got)) {
			err = fmt.Errorf("message %d came back changed: %d bytes", p.got, len(f.Payload))
			continue
		}
		c.received++
		if p.got++; p.got < c.messages {
			err = c.say(p, i)
		} else {
			c.reached(p)
		}
	}
	switch {
	case err != nil:
		c.fail(p, err)
	case ev.Kind == httpconn.EventHeaders:
		c.opened++
		c.reached(p)
	case ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset: // the end, after a complete closing handshake
		if p.got < c.messages {
			c.fail(p, errLost)
		}
		c.reached(p)
	}
}

// say sends p's next message.
func (c *client) say(p *peer, i int) error {
	c.sent++
	return c.send(p, mintws.Binary(c.message(i, p.got)))
}

// send sends a frame; what flow control does not allow yet stays in conn.
func (c *client) send(p *peer, f mintws.Frame) (err error) {
	c.framesOut++
	c.conn, p.ws, err = mintws.Send(c.conn, &c.out, p.ws, f)
	return err
}

// message is the content of a message: no two are the same, if the size leaves room for both numbers.
func (c *client) message(i, k int) []byte {
	text := fmt.Sprintf("WebSocket %d, message %d. ", i, k)
	return []byte(strings.Repeat(text, c.size/len(text)+1)[:c.size])
}

func (c *client) reached(p *peer) {
	if p.waiting {
		p.waiting = false
		c.waiting--
	}
}

func (c *client) fail(p *peer, err error) {
	c.reached(p)
	if p.err == nil {
		p.err = err
		c.failed++
	}
}
