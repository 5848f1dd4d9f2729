package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
)

// all is all connections, with what they have in common.
type all struct {
	url            string
	messages, size int
	progress       *progress
	clients        []*client

	// For the table.
	before, idle memory // of this process, without WebSockets and with
	atOnce       int    // how many were open at the same time
	rounds       int
	took         [3]time.Duration // to open, to exchange messages, to close
}

// steps are what each WebSocket goes through in a round.
var steps = []func(c *client, p *peer, i int) error{(*client).open, (*client).say, (*client).close}

// dial makes the connections, for n WebSockets in all.
func (a *all) dial(ctx context.Context, n, conns int) error {
	a.before = measure()
	for i := range conns {
		c := &client{all: a, first: i * n / conns}
		sock, conn, err := httpdial.Dial(ctx, a.url, &c.out, httpdial.Options{
			Protocols: []httpconn.Version{httpconn.HTTP2},
			Config:    httpconn.Config{Limits: httpconn.Limits{MaxBuffered: -1}}, // what is queued is ours, and we know how much
		})
		if err != nil {
			return err
		}
		context.AfterFunc(ctx, func() { sock.Close() })
		c.sock, c.conn, c.buf = &counted{Conn: sock}, conn, make([]byte, 16<<10)
		c.peers = make([]peer, (i+1)*n/conns-c.first)
		a.clients = append(a.clients, c)
	}
	return nil
}

// each calls do for all connections that are left, each on a goroutine of its own, and waits for them.
func (a *all) each(do func(c *client) error) {
	var wg sync.WaitGroup
	for _, c := range a.clients {
		if c.lost == nil {
			wg.Go(func() { c.lost = do(c) })
		}
	}
	wg.Wait()
}

// exchange has as many rounds as it takes. A server that allows fewer WebSockets on a connection gets them in several.
func (a *all) exchange() {
	for a.left() {
		a.each(func(c *client) error {
			c.begin = c.end
			for c.begin < len(c.peers) && c.conn.Slots() == 0 {
				if err := c.turn(); err != nil {
					return err
				}
			}
			c.end += min(len(c.peers)-c.begin, c.conn.Slots())
			return nil
		})
		for i, do := range steps {
			began := time.Now()
			a.each(func(c *client) error { return c.step(do) })
			a.took[i] += time.Since(began)
			if i == 1 { // all are open, and nothing is under way
				a.rest()
			}
		}
		a.rounds++
	}
}

// left reports whether there are WebSockets that have not had their round.
func (a *all) left() bool {
	for _, c := range a.clients {
		if c.lost == nil && c.end < len(c.peers) {
			return true
		}
	}
	return false
}

// rest looks at how many are open, and at what they take.
func (a *all) rest() {
	open := 0
	for _, c := range a.clients {
		for i := range c.peers {
			if c.peers[i].ws.State() == mintws.Open {
				open++
			}
		}
	}
	if open > a.atOnce {
		a.atOnce, a.idle = open, measure()
	}
}

// leave ends the connections.
func (a *all) leave() {
	for _, c := range a.clients {
		leave(c.sock, c.conn, &c.out)
		c.sock.Close()
	}
}

// err returns what went wrong: with the first WebSocket that failed, which stands for all, and with the first connection.
func (a *all) err() error {
	var why, lost error
	n, failed := 0, 0
	for _, c := range a.clients {
		n += len(c.peers)
		failed += c.failed
		if why == nil {
			why = c.why
		}
		if lost == nil {
			lost = c.lost
		}
	}
	if failed == 0 {
		return lost
	}
	why = fmt.Errorf("%d of %d WebSockets failed; %w", failed, n, why)
	if lost == nil {
		return why
	}
	return fmt.Errorf("%w; %w", why, lost)
}
