package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

const (
	window  = 128 << 10 // what the backend may send ahead of one client: the most that a slow one makes us hold
	chunk   = 16 << 10  // what is read from a client at a time: the most that waits here for the backend to allow it
	high    = 1 << 20   // of bytes that the backend's socket has not taken: above, no client is read
	silence = 30 * time.Second
)

// relay is one connection to the backend, with all clients on it. The goroutine in loop owns the values of all connections.
// The others only read or write: what they have read, or that they have written, they hand over as a function for loop to run.
type relay struct {
	backend string // its URL, without a path
	todo    chan func()
	done    chan struct{}  // closed when loop has ended
	pumps   sync.WaitGroup // the goroutines that read and write
	slots   chan struct{}  // one for each client that is served
	stop    func()         // accept no more clients

	// Of loop alone.
	conn     httpconn.Conn
	box      outbox
	again    chan struct{} // lets the backend's reader go on
	caused   [2]int        // bytes for the backend that reading it has caused: in the next batch, and in the one being written
	clients  map[httpconn.StreamID]*client
	stalled  []*client // those that wait for the backend's socket
	heard    time.Time // of the backend
	pinged   bool
	paused   bool // it is not read
	leaving  bool
	leaveBy  time.Time
	lost     error
	downTime session.Deadlines // how long a client may take
	upTime   session.Deadlines // how long the backend may take over one stream
	out      httpconn.Output   // scratch space, as in is
	in       mintws.Inbox
}

// dial connects to the backend, for up to limit clients at a time.
func dial(ctx context.Context, backend string, limit int) (*relay, error) {
	r := &relay{
		backend: backend, todo: make(chan func()), done: make(chan struct{}), slots: make(chan struct{}, limit),
		again: make(chan struct{}, 1), clients: make(map[httpconn.StreamID]*client), heard: time.Now(),
		downTime: session.NewDeadlines(session.Timing{Ping: silence, Close: silence}, time.Now()),
		upTime:   session.NewDeadlines(session.Timing{Ping: -1, Close: silence}, time.Now()), // the connection is asked, not each stream
	}
	sock, conn, err := httpdial.Dial(ctx, backend, &r.out, httpdial.Options{
		Protocols: []httpconn.Version{httpconn.HTTP2},
		Config: httpconn.Config{
			// Credit is given back when a client has taken what came. So a slow one stops its own stream, and no other: the
			// connection has credit for all windows at once.
			ManualCredit: true,
			StreamWindow: window,
			ConnWindow:   int32(min(limit*window, 1<<31-1)),
			Limits:       httpconn.Limits{MaxBuffered: -1}, // it is at most a chunk of each client
		},
	})
	r.conn, r.box = conn, outbox{sock: sock, keep: 2 * high}
	return r, err
}

// run serves the clients that come to l until ctx ends or the backend is lost. Then all is closed, and no goroutine left.
func (r *relay) run(ctx context.Context, l net.Listener) error {
	accepting, stop := context.WithCancel(ctx)
	r.stop = stop
	defer context.AfterFunc(accepting, func() { l.Close() })()
	r.pumps.Go(func() { r.accept(accepting, l) })
	r.pumps.Go(func() { r.read(r.box.sock, 4*chunk, nil, r.again, r.fromBackend) })
	r.loop(ctx)
	stop()
	close(r.done)
	r.box.sock.SetDeadline(time.Now().Add(time.Second)) // for what is still being written
	r.box.sock.SetReadDeadline(time.Now())
	r.pumps.Wait()
	r.conn = r.conn.Close(&r.out) // a GOAWAY
	r.out.WriteTo(r.box.sock)
	r.box.sock.Close()
	return r.lost
}

// loop runs what the others hand over, and keeps the time.
func (r *relay) loop(ctx context.Context) {
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	ended := ctx.Done()
	for !r.leaving || len(r.clients) > 0 {
		select {
		case do := <-r.todo:
			do()
		case <-clock.C:
			r.tick(time.Now())
		case <-ended:
			ended = nil
			r.leave()
		}
		r.box.next = r.out.Take(r.box.next)
		r.flush(&r.box, r.written)
	}
}

// fromBackend takes what was read from the backend.
func (r *relay) fromBackend(data []byte, err error) {
	r.heard, r.pinged = time.Now(), false
	sent, queued := len(r.out.Send), r.conn.Buffered(0)
	if len(data) > 0 {
		r.conn, _ = r.conn.Stream(&r.out, data) // a fault reaches each stream as an event
	}
	if err != nil {
		r.conn, _ = r.conn.StreamEOF(&r.out)
	}
	for _, ev := range r.out.Events {
		if c := r.clients[ev.StreamID]; c != nil {
			r.event(c, ev)
		} else if ev.Kind == httpconn.EventData { // of a stream that was given up
			r.conn, _ = r.conn.Consume(&r.out, ev.StreamID, len(ev.Data))
		}
	}
	r.caused[0] += len(r.out.Send) - sent - (queued - r.conn.Buffered(0)) // what was queued before is not caused by this
	r.box.next = r.out.Take(r.box.next)
	r.out.Reset()
	switch {
	case r.conn.Next() == httpconn.NextClose:
		r.lost = cmp.Or(r.lost, err, errors.New("the backend ended the connection"))
		r.leave()
	case err == nil:
		r.paused = true
		r.resume(nil)
	}
}

// resume reads on, unless too much that reading has caused waits to be written.
func (r *relay) resume(err error) {
	if r.paused && (err != nil || r.caused[0]+r.caused[1] < high) {
		r.paused = false
		r.again <- struct{}{}
	}
}

// written: a batch for the backend was written, or not.
func (r *relay) written(err error) {
	if err != nil {
		r.lost = cmp.Or(r.lost, err)
		r.box.sock.Close() // its reader says the rest
	}
	r.caused = [2]int{0, r.caused[0]} // flush comes next
	r.resume(err)
	stalled := r.stalled
	r.stalled = nil
	for _, c := range stalled {
		c.stalled = false
		r.settle(c)
	}
}

// waiting returns how many bytes the backend's socket has not taken.
func (r *relay) waiting() int { return len(r.out.Send) + len(r.box.next) + r.box.writing }

// leave says goodbye to all, and takes no more.
func (r *relay) leave() {
	r.leaving, r.leaveBy = true, time.Now().Add(5*time.Second)
	r.stop()
	for _, c := range r.clients {
		r.bye(c, mintws.CodeGoingAway)
	}
}

// tick does what is due at the time now.
func (r *relay) tick(now time.Time) {
	for _, c := range r.clients {
		if r.leaving && now.After(r.leaveBy) {
			r.cancel(c)
			r.vanished(c)
		}
		r.time(c, now)
	}
	switch silent := now.Sub(r.heard); {
	case r.paused || silent < silence:
	case !r.pinged:
		r.conn, _ = r.conn.Ping(&r.out, [8]byte{})
		r.pinged = true
	case silent > silence*3/2:
		r.lost = cmp.Or(r.lost, error(&session.TimeoutError{For: session.ForPong, After: silence / 2}))
		r.box.sock.Close()
	}
}

// refusal is the answer to a client that cannot be served.
func refusal(status int, why string, err error) error {
	return &mintws.HandshakeError{Server: true, Status: status, Header: http.Header{}, Err: err, Detail: why}
}
