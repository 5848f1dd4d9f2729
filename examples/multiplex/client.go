package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// client is one connection with its WebSockets. One goroutine at a time touches it.
type client struct {
	all   *all
	first int    // the number of its first WebSocket among those of all connections
	peers []peer // by the tag that comes back with each event
	begin int    // of peers, those from begin to end are under way in this round
	end   int

	sock    *counted
	conn    httpconn.Conn
	out     httpconn.Output // scratch space, as in, buf and text are
	in      mintws.Inbox
	buf     []byte
	text    []byte
	waiting int   // peers that have not done yet what the step waits for
	lost    error // the connection, and why

	// For the table.
	opened, failed                      int
	sent, received, framesIn, framesOut int
	why                                 error // why the first one failed
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

// peer is one WebSocket: 120 bytes. What is the same for all of them is in the client, and errors, which few have, too.
type peer struct {
	ws      mintws.WebSocket
	got     int32 // messages that came back
	waiting bool
	failed  bool
}

var errLost = errors.New("the server closed it before all messages were back")

// underWay is how many WebSockets of a connection wait for the server at a time. So what is written at once, and what waits for
// flow control, does not grow with the number of WebSockets.
const underWay = 256

// open asks for a WebSocket.
func (c *client) open(p *peer, i int) (err error) {
	c.conn, p.ws, err = mintws.Upgrade(c.conn, &c.out, c.all.url, mintws.Options{Tag: uint64(i)})
	return err
}

// say sends p's next message.
func (c *client) say(p *peer, i int) error {
	c.sent++
	return c.send(p, mintws.Binary(c.message(i, int(p.got))))
}

// close begins the closing handshake.
func (c *client) close(p *peer, _ int) error { return c.send(p, mintws.Close(mintws.CodeNormal, "")) }

// step does something on each WebSocket of the round, and waits until each has reached what follows from it. Its error is the
// connection's.
func (c *client) step(do func(c *client, p *peer, i int) error) error {
	for next := c.begin; next < c.end || c.waiting > 0; {
		for ; next < c.end && c.waiting < underWay; next++ {
			if p := &c.peers[next]; !p.failed {
				p.waiting = true
				c.waiting++
				if err := do(c, p, next); err != nil {
					c.fail(p, next, err)
				}
			}
		}
		if c.waiting > 0 {
			if err := c.turn(); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn writes, reads, and handles what was read.
func (c *client) turn() error {
	if c.conn.Next() == httpconn.NextClose {
		return errors.New("the server ends the connection")
	}
	opened, received := c.opened, c.received
	var lost error
	c.conn, lost = turn(c.sock, c.conn, &c.out, c.buf)
	for _, ev := range c.out.Events { // also when the connection is lost: they came before that
		if ev.StreamID != 0 {
			c.event(&c.peers[ev.Tag], int(ev.Tag), ev)
		}
	}
	c.all.progress.add(c.opened-opened, c.received-received)
	return lost
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
		if !bytes.Equal(f.Payload, c.message(i, int(p.got))) {
			err = fmt.Errorf("message %d came back changed: %d bytes", p.got, len(f.Payload))
			continue
		}
		c.received++
		if p.got++; int(p.got) < c.all.messages {
			err = c.say(p, i)
		} else {
			c.reached(p)
		}
	}
	switch {
	case err != nil:
		c.fail(p, i, err)
	case ev.Kind == httpconn.EventHeaders:
		c.opened++
		c.reached(p)
	case ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset: // the end, after a complete closing handshake
		if int(p.got) < c.all.messages {
			c.fail(p, i, errLost)
		}
		c.reached(p)
	}
}

// send sends a frame; what flow control does not allow yet stays in conn.
func (c *client) send(p *peer, f mintws.Frame) (err error) {
	c.framesOut++
	c.conn, p.ws, err = mintws.Send(c.conn, &c.out, p.ws, f)
	return err
}

// message is the content of message k on WebSocket i: no two are the same, if the size leaves room for both numbers. It is valid
// until the next call.
func (c *client) message(i, k int) []byte {
	c.text = fmt.Appendf(c.text[:0], "WebSocket %d, message %d. ", c.first+i, k)
	for len(c.text) < c.all.size {
		c.text = append(c.text, c.text[:min(len(c.text), c.all.size-len(c.text))]...)
	}
	return c.text[:c.all.size]
}

func (c *client) reached(p *peer) {
	if p.waiting {
		p.waiting = false
		c.waiting--
	}
}

func (c *client) fail(p *peer, i int, err error) {
	c.reached(p)
	if p.failed {
		return
	}
	if p.failed = true; c.failed == 0 {
		c.why = fmt.Errorf("number %d: %w", c.first+i, err)
	}
	c.failed++
}
