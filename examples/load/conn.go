package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// conn is one connection and the WebSockets on it, one over HTTP/1.1 and many over HTTP/2. Two Sessions would be two forks of the
// connection, so it has the parts: one Conn, and a WebSocket and its Deadlines for each stream.
type conn struct {
	test  *test
	sock  net.Conn
	http  httpconn.Conn
	peers []peer         // the tag of an event says which
	out   session.Output // scratch space, as buf and payload are
	buf   []byte
	next  time.Time // when the Deadlines are to be looked at

	payload  []byte
	underWay int           // messages that are not back yet
	unsent   int           // messages that were due and could not be sent
	lost     int           // messages that were sent and did not come back
	other    int           // messages that came too late, or are no answers
	last     time.Duration // when the last answer came, after the start
	latency  histogram
	late     histogram
	err      error // what went wrong first
}

// peer is one WebSocket.
type peer struct {
	ws     mintws.WebSocket
	time   session.Deadlines
	over   bool
	failed bool
	wait   int // messages that are not back yet
}

func (p *peer) open() bool { return !p.over && p.ws.State() == mintws.Open }

// dial opens n WebSockets on a connection of their own, and returns when each is open or has failed.
func dial(ctx context.Context, t *test, n int) (*conn, error) {
	c := &conn{test: t, peers: make([]peer, n), buf: make([]byte, 16<<10), payload: make([]byte, t.size)}
	sock, http, err := httpdial.Dial(ctx, t.url, &c.out.Output, httpdial.Options{
		Protocols: []httpconn.Version{t.version}, TLS: &tls.Config{RootCAs: t.roots}})
	if err != nil {
		return nil, err
	}
	c.sock, c.http = sock, http
	begin := session.NewDeadlines(session.Timing{Close: t.patience}, time.Now())
	for i := range c.peers {
		p := &c.peers[i]
		if c.http.Slots() == 0 { // as when the server allows fewer at a time
			c.fail(p, errors.New("the connection takes no more WebSockets"))
			continue
		}
		if c.http, p.ws, err = mintws.Upgrade(c.http, &c.out.Output, t.url, mintws.Options{Tag: uint64(i)}); err != nil {
			c.fail(p, err)
			continue
		}
		p.time = begin.Observe(time.Now(), p.ws.State(), false)
	}
	c.until(func(p *peer) bool { return p.ws.State() != mintws.Connecting })
	return c, nil
}

// until takes turns until all WebSockets that have not failed are as reached says. Their Deadlines see to it that this has an end.
func (c *conn) until(reached func(*peer) bool) {
	for i := range c.peers {
		for p := &c.peers[i]; !p.over && !reached(p); {
			c.turn(time.Time{})
		}
	}
}

// turn writes what is to be written, waits for bytes until then (zero: as long as the Deadlines allow), and handles what came.
func (c *conn) turn(then time.Time) {
	if now := time.Now(); !now.Before(c.next) {
		c.tick(now)
	}
	if then.IsZero() || c.next.Before(then) {
		then = c.next
	}
	c.sock.SetWriteDeadline(time.Now().Add(time.Minute))
	_, writeErr := c.out.WriteTo(c.sock)
	c.out.Output.Reset()
	c.sock.SetReadDeadline(then)
	n, readErr := c.sock.Read(c.buf) // also after a failed Write: the server may have said why it went
	switch {
	case n > 0:
		c.http, _ = c.http.Stream(&c.out.Output, c.buf[:n])
	case writeErr == nil && errors.Is(readErr, os.ErrDeadlineExceeded):
	default:
		c.http, _ = c.http.StreamEOF(&c.out.Output) // each WebSocket gets its end as an event
	}
	now := time.Now()
	for _, ev := range c.out.Events {
		if ev.StreamID != 0 && !c.peers[ev.Tag].over {
			c.event(now, &c.peers[ev.Tag], ev)
		}
	}
}

// tick does what is to be done by now for the time of each WebSocket, and says when to look again: in a second at the latest, for a
// deadline may have come nearer meanwhile.
func (c *conn) tick(now time.Time) {
	c.next = now.Add(time.Second)
	for i := range c.peers {
		p := &c.peers[i]
		if p.over {
			continue
		}
		var ping bool
		var late error
		if p.time, ping, late = p.time.Tick(now); ping {
			c.http, p.ws, _ = mintws.Send(c.http, &c.out.Output, p.ws, mintws.Ping(nil))
		}
		if late != nil {
			c.http, _ = c.http.Cancel(&c.out.Output, p.ws.StreamID(), http2.ErrCodeCancel)
			if p.over = true; p.ws.State() != mintws.Closed { // else only the end of the stream was still to come
				c.fail(p, late)
			}
		}
		if next := p.time.Next(); !next.IsZero() && next.Before(c.next) {
			c.next = next
		}
	}
}

// event passes an event to its WebSocket, and counts the answers that it brings.
func (c *conn) event(now time.Time, p *peer, ev httpconn.Event) {
	c.out.Inbox.Reset()
	c.http, p.ws, _ = mintws.Receive(c.http, &c.out.Output, p.ws, &c.out.Inbox, ev) // p.ws.Err keeps the error
	p.time = p.time.Observe(now, p.ws.State(), true)
	for _, f := range c.out.Frames {
		if f.Opcode.IsControl() {
			continue
		}
		took := c.took(now, f)
		if p.wait == 0 || took < 0 {
			c.other++
			continue
		}
		p.wait--
		c.underWay--
		c.last = now.Sub(c.test.start)
		c.latency.add(took)
		c.test.back.Add(1)
	}
	switch end := ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset; {
	case ev.Kind == httpconn.EventHeaders && p.ws.State() == mintws.Open:
		c.test.opened.Add(1)
	case p.ws.State() == mintws.Failed:
		c.fail(p, p.ws.Err())
	case end && p.wait > 0:
		c.fail(p, cmp.Or(p.ws.Err(), errClosed))
	case end:
		p.over = true
	}
}

var errClosed = errors.New("the server closed or did not answer")

// fail gives up a WebSocket, and with it what it has not answered.
func (c *conn) fail(p *peer, err error) {
	if !p.failed {
		p.failed = true
		c.test.failed.Add(1)
	}
	p.over = true
	c.underWay -= p.wait
	c.lost += p.wait
	p.wait = 0
	c.err = cmp.Or(c.err, err)
}
