package main

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/mintws/mintws/mintws"
)

// drive sends the messages of this connection, which are first and each one that is step further, each when it is due. What the server
// holds up is sent as soon as it can be, and still counts from when it was due.
func (c *conn) drive(ctx context.Context, first, step int) {
	t := c.test
	for k := first; k < t.messages && ctx.Err() == nil; k += step {
		due, p := t.start.Add(t.due(k)), &c.peers[k/step%len(c.peers)]
		now := time.Now()
		for p.open() && now.Before(t.stop) && (now.Before(due) || c.full(p)) {
			then := due
			if !now.Before(due) {
				then = t.stop
			}
			c.turn(then)
			now = time.Now()
		}
		if !p.open() || !now.Before(t.stop) {
			c.unsent++
			continue
		}
		c.late.add(now.Sub(due))
		c.say(p, t.due(k))
	}
	stop := t.stop
	if early := time.Now().Add(t.patience); ctx.Err() != nil && early.Before(stop) {
		stop = early
	}
	for c.underWay > 0 && time.Now().Before(stop) {
		c.turn(stop)
	}
}

// full reports whether to wait for answers before more is sent. A server that answers while we write stops reading when nobody reads
// its answers, and we do not read while we write: what is under way has to fit into the sockets' buffers. Over HTTP/2 what the
// server's windows do not allow would wait in the Conn, at a higher price than here.
func (c *conn) full(p *peer) bool {
	size := c.test.size + headLen
	return c.underWay > 0 && ((c.underWay+1)*size > maxUnderWay || c.http.SendWindow(p.ws.StreamID()) < size)
}

// close closes the WebSockets, and then the connection.
func (c *conn) close() {
	for i := range c.peers {
		p := &c.peers[i]
		c.lost += p.wait
		if p.wait = 0; p.open() { // what comes now is too late
			c.http, p.ws, _ = mintws.Send(c.http, &c.out.Output, p.ws, mintws.Close(mintws.CodeNormal, ""))
			p.time = p.time.Observe(time.Now(), p.ws.State(), false)
		}
	}
	c.next = time.Time{}
	c.until(func(*peer) bool { return false })
	c.http = c.http.Close(&c.out.Output)
	c.out.WriteTo(c.sock)
	c.sock.Close()
}

// say sends the next message of p, which was due at a time that stands at its beginning.
func (c *conn) say(p *peer, due time.Duration) {
	binary.BigEndian.PutUint64(c.payload, uint64(due))
	var err error
	if c.http, p.ws, err = mintws.Send(c.http, &c.out.Output, p.ws, mintws.Binary(c.payload)); err != nil {
		c.unsent++
		c.fail(p, err)
		return
	}
	p.wait++
	c.underWay++
	c.test.sent.Add(1)
}

// took returns how long ago it is that the message was due of which f is the answer, and a negative time where f is none.
func (c *conn) took(now time.Time, f mintws.Frame) time.Duration {
	if len(f.Payload) != c.test.size {
		return -1
	}
	return now.Sub(c.test.start) - time.Duration(binary.BigEndian.Uint64(f.Payload))
}
