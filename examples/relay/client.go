package main

import (
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wshttp"
)

// client is a client's WebSocket, and that on the backend's connection which belongs to it. All of it but the first group is
// loop's.
type client struct {
	sock    *net.TCPConn
	request *http.Request
	offered []string      // subprotocols
	answer  chan error    // what has become of the request
	again   chan struct{} // lets the reader go on

	down, up         mintws.WebSocket // the hops: to the client, and to the backend
	downTime, upTime session.Deadlines
	downOver, upOver bool // the connection, or the stream, is given up
	isAnswered       bool
	heard            bool // something has come from the client since the last tick

	box              outbox       // what the client is to be sent
	held, unwritten  int          // credit owed to the backend, for what is in the next batch and in the one being written
	paused, stalled  bool         // the reader waits; and is in relay.stalled
	pongDown, pongUp mintws.Frame // the last Ping counts, if several wait for an answer (RFC 6455 section 5.5.3)
}

// fromClient takes what was read from a client.
func (r *relay) fromClient(c *client, data []byte, err error) {
	if c.downOver {
		return
	}
	c.heard, c.paused = true, true
	r.in.Reset()
	var fault error
	c.down, fault = c.down.AppendDecode(&r.in, data)
	for _, f := range r.in.Frames {
		r.toBackend(c, f)
	}
	switch f, ok := mintws.CloseFrame(fault); {
	case ok:
		r.tell(c, f)
		r.abandon(c)
	case err != nil && !c.down.Over():
		r.vanished(c)
	}
	r.settle(c)
}

// toBackend passes a frame on. A message larger than a read goes on as fragments, as it comes.
func (r *relay) toBackend(c *client, f mintws.Frame) {
	switch f.Opcode {
	case mintws.OpPing:
		if reply, ok := c.down.Reply(f); ok {
			c.pongDown = reply.Clone()
		}
		return
	case mintws.OpPong:
		return
	}
	err := mintws.ErrClosed
	if !c.upOver {
		r.conn, c.up, err = mintws.Send(r.conn, &r.out, c.up, f)
	}
	if err != nil && f.Opcode == mintws.OpClose { // there is nobody to pass it to
		if reply, ok := c.down.Reply(f); ok {
			r.tell(c, reply)
		}
	}
}

// event takes what has happened on a stream of the backend's.
func (r *relay) event(c *client, ev httpconn.Event) {
	if ev.Kind == httpconn.EventData {
		c.held += len(ev.Data)
	}
	r.in.Reset()
	var fault error
	r.conn, c.up, fault = mintws.Receive(r.conn, &r.out, c.up, &r.in, ev)
	if !c.isAnswered && c.up.State() != mintws.Connecting {
		r.answered(c, ev.Header, fault)
	}
	for _, f := range r.in.Frames {
		switch reply, ok := c.up.Reply(f); {
		case f.Opcode == mintws.OpPing && ok:
			c.pongUp = reply.Clone()
		case f.Opcode != mintws.OpPing && f.Opcode != mintws.OpPong:
			r.tell(c, f)
		}
	}
	c.upOver = c.upOver || ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset
	if c.up.State() == mintws.Failed {
		if f, ok := mintws.CloseFrame(fault); ok {
			r.conn, c.up, _ = mintws.Send(r.conn, &r.out, c.up, f)
		}
		r.cancel(c)
		r.tell(c, mintws.Close(mintws.CodeBadGateway, "the backend is lost"))
	}
	r.settle(c)
}

// tell sends a frame to the client, if that is still there.
func (r *relay) tell(c *client, f mintws.Frame) {
	if !c.downOver {
		c.down, c.box.next, _ = c.down.AppendEncode(c.box.next, f) // after a Close nothing is sent
	}
}

// settle does what has become possible for c, whatever has happened.
func (r *relay) settle(c *client) {
	if c.pongUp.Opcode != 0 && r.conn.Buffered(c.up.StreamID()) == 0 {
		r.conn, c.up, _ = mintws.Send(r.conn, &r.out, c.up, c.pongUp)
		c.pongUp = mintws.Frame{}
	}
	if c.box.writing == 0 && !c.downOver {
		if c.pongDown.Opcode != 0 {
			r.tell(c, c.pongDown)
			c.pongDown = mintws.Frame{}
		}
		if len(c.box.next) > 0 {
			c.held, c.unwritten = 0, c.held
			r.flush(&c.box, func(err error) { r.wrote(c, err) })
		}
	}
	if c.downOver || c.box.idle() { // what came was for us, or there is nobody to take it
		r.credit(c, &c.held)
	}
	if c.paused && !c.downOver && r.conn.Buffered(c.up.StreamID()) == 0 { // the backend has allowed what came before
		if r.waiting() < high {
			c.paused = false
			c.again <- struct{}{}
		} else if !c.stalled {
			c.stalled = true
			r.stalled = append(r.stalled, c)
		}
	}
	if c.down.Over() && c.isAnswered && !c.downOver && c.box.idle() {
		c.downOver = true
		close(c.again)
		r.pumps.Go(func() { wshttp.Linger(c.sock, time.Second) }) // the last words must not be lost
	}
	if c.downOver && c.upOver {
		delete(r.clients, c.up.StreamID())
	}
}

// wrote: the client's system has taken a batch, or the client is gone. The backend may send as much again.
func (r *relay) wrote(c *client, err error) {
	r.credit(c, &c.unwritten)
	if err != nil {
		r.vanished(c)
	}
	r.settle(c)
}

func (r *relay) credit(c *client, n *int) {
	if *n > 0 {
		r.conn, _ = r.conn.Consume(&r.out, c.up.StreamID(), *n)
		*n = 0
	}
}

// vanished: the client is gone.
func (r *relay) vanished(c *client) {
	if c.downOver {
		return
	}
	c.downOver, c.box.next = true, nil
	c.sock.Close()
	close(c.again)
	r.abandon(c)
}

// abandon ends the stream of a client that is gone, unless a Close of it has gone there before. It does so with a Close as well:
// servers count streams that are reset, and drop a connection with too many, on which all the others are.
func (r *relay) abandon(c *client) {
	if r.conn.Buffered(c.up.StreamID()) > 0 {
		r.cancel(c) // the backend takes nothing
		return
	}
	r.conn, c.up, _ = mintws.Send(r.conn, &r.out, c.up, mintws.Close(mintws.CodeGoingAway, "the client is gone"))
}

// cancel gives up the stream, where the backend does not do its part.
func (r *relay) cancel(c *client) {
	r.credit(c, &c.held) // if the stream is over already, this has to be given back too
	r.conn, _ = r.conn.Cancel(&r.out, c.up.StreamID(), http2.ErrCodeCancel)
	c.upOver = true
}

// bye closes a WebSocket from the middle.
func (r *relay) bye(c *client, code mintws.CloseCode) {
	if !c.isAnswered {
		r.answered(c, nil, refusal(http.StatusServiceUnavailable, "the relay is going away", mintws.ErrNoAnswer))
	}
	r.tell(c, mintws.Close(code, ""))
	r.conn, c.up, _ = mintws.Send(r.conn, &r.out, c.up, mintws.Close(code, ""))
	r.settle(c)
}

// time does what is due on both hops. While bytes wait for a peer it is not silent, only slow; how slow it may be is for the
// deadline of the write to say, or for the backend.
func (r *relay) time(c *client, now time.Time) {
	if c.isAnswered && !c.downOver {
		state := c.down.State()
		if !c.box.idle() {
			state, c.heard = mintws.Open, true
		}
		c.downTime = c.downTime.Observe(now, state, c.heard || c.paused)
		c.heard = false
		var ping bool
		var late error
		if c.downTime, ping, late = c.downTime.Tick(now); ping {
			r.tell(c, mintws.Ping(nil))
		}
		if late != nil {
			r.vanished(c)
		}
	}
	if !c.upOver && r.conn.Buffered(c.up.StreamID()) == 0 {
		c.upTime = c.upTime.Observe(now, c.up.State(), true)
		var late error
		if c.upTime, _, late = c.upTime.Tick(now); late != nil {
			if !c.isAnswered {
				r.answered(c, nil, refusal(http.StatusGatewayTimeout, "the backend did not answer", errors.Join(mintws.ErrNoAnswer, late)))
			}
			r.cancel(c)
			r.tell(c, mintws.Close(mintws.CodeBadGateway, "the backend is lost"))
		}
	}
	r.settle(c)
}
