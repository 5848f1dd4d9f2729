// Package right has programs as people write them, in which nothing is lost.
package right

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// A struct with a lock, whose methods try first and keep afterwards.
type client struct {
	mu     sync.Mutex
	sock   net.Conn
	conn   httpconn.Conn
	ws     mintws.WebSocket
	out    httpconn.Output
	in     mintws.Inbox
	closed bool
}

func (c *client) send(f mintws.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	conn, ws, err := mintws.Send(c.conn, &c.out, c.ws, f)
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	c.conn, c.ws = conn, ws
	_, err = c.out.WriteTo(c.sock)
	return err
}

func (c *client) dial(ctx context.Context, url string) (err error) {
	var d net.Dialer
	if c.sock, err = d.DialContext(ctx, "tcp", url); err != nil {
		return err
	}
	conn, err := httpconn.New(&c.out)
	if err != nil {
		return err
	}
	c.conn, c.ws, err = mintws.Upgrade(conn, &c.out, url)
	return err
}

func dialed(url string) (*client, error) {
	c := &client{}
	conn, err := httpconn.New(&c.out)
	if err != nil {
		return nil, err
	}
	conn, ws, err := mintws.Upgrade(conn, &c.out, url)
	if err != nil {
		return nil, err
	}
	c.conn, c.ws = conn, ws
	return c, nil
}

func inLiteral(url string, out *httpconn.Output) (client, error) {
	conn, err := httpconn.New(out)
	if err != nil {
		return client{}, err
	}
	next, ws, err := mintws.Upgrade(conn, out, url)
	return client{conn: next, ws: ws}, err
}

// A value of the program's own, passed and returned.
type state struct {
	conn httpconn.Conn
	ws   mintws.WebSocket
	dl   session.Deadlines
}

func (s state) handle(out *httpconn.Output, in *mintws.Inbox, ev httpconn.Event, now time.Time) (state, error) {
	var err error
	s.conn, s.ws, err = mintws.Receive(s.conn, out, s.ws, in, ev)
	s.dl = s.dl.Observe(now, s.ws.State(), len(in.Frames) > 0)
	return s, err
}

func advance(s state, out *httpconn.Output, f mintws.Frame) (next state, err error) {
	next = s
	next.conn, next.ws, err = mintws.Send(s.conn, out, s.ws, f)
	if err != nil {
		return s, err
	}
	return next, nil
}

// A server: a goroutine for each connection, which is given the value.
func serve(l net.Listener, accept func(net.Conn) (mintws.WebSocket, error)) error {
	for {
		sock, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer sock.Close()
			ws, err := accept(sock)
			if err != nil {
				log.Print(err)
				return
			}
			if err := talk(sock, ws); err != nil {
				log.Print(err)
			}
		}()
	}
}

func talk(sock net.Conn, ws mintws.WebSocket) error {
	ws, hello, err := ws.Encode(mintws.Text("Hello"))
	if err != nil {
		return err
	}
	if _, err := sock.Write(hello); err != nil {
		return err
	}
	buf := make([]byte, 4096)
	for {
		n, err := sock.Read(buf)
		if errors.Is(err, io.EOF) {
			ws, err = ws.EOF()
			return err
		}
		var frames []mintws.Frame
		if ws, frames, err = ws.Decode(buf[:n]); err != nil {
			return err
		}
		for _, f := range frames {
			reply, ok := ws.Reply(f)
			if !ok {
				continue
			}
			var p []byte
			if ws, p, err = ws.Encode(reply); err != nil {
				return err
			}
			if _, err = sock.Write(p); err != nil {
				return err
			}
		}
	}
}

// A broadcast: each is advanced where it is, and those that fail are taken out.
func broadcast(links map[int]*client, f mintws.Frame) {
	for id, c := range links {
		if err := c.send(f); err != nil {
			delete(links, id)
		}
	}
}

func sweep(list []state, out *httpconn.Output, now time.Time) []state {
	kept := list[:0]
	for _, s := range list {
		next, ping, err := s.dl.Tick(now)
		if err != nil {
			continue
		}
		s.dl = next
		if ping {
			s.conn, s.ws, _ = mintws.Send(s.conn, out, s.ws, mintws.Text("ping"))
		}
		kept = append(kept, s)
	}
	return kept
}

func byID(open map[httpconn.StreamID]state, out *httpconn.Output, in *mintws.Inbox, now time.Time) (err error) {
	for _, ev := range out.Events {
		s, ok := open[ev.StreamID]
		if !ok {
			continue
		}
		if s, err = s.handle(out, in, ev, now); err != nil {
			delete(open, ev.StreamID)
			continue
		}
		open[ev.StreamID] = s
	}
	return nil
}

// A select loop that owns its values; others talk to it by channels.
func owner(s session.Session, out *session.Output, reads <-chan []byte, says <-chan mintws.Frame, w io.Writer) (err error) {
	for !s.Over() {
		timer := time.NewTimer(time.Until(s.Deadline()))
		select {
		case data, ok := <-reads:
			if !ok {
				return io.ErrUnexpectedEOF
			}
			s, err = s.Received(out, time.Now(), data)
		case f := <-says:
			s, err = s.Send(out, time.Now(), f)
		case now := <-timer.C:
			if s, err = s.Tick(out, now); err != nil {
				return err
			}
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// An actor: functions that run one after the other change what they capture.
func actor(conn httpconn.Conn, out *httpconn.Output, jobs <-chan func()) func(mintws.Frame) error {
	var ws mintws.WebSocket
	go func() {
		for job := range jobs {
			job()
		}
	}()
	return func(f mintws.Frame) (err error) {
		conn, ws, err = mintws.Send(conn, out, ws, f)
		return err
	}
}

// Old values that are kept: to look at, to retry with, to go back to.
func history(ws mintws.WebSocket, reads [][]byte) (all []mintws.WebSocket) {
	for _, data := range reads {
		all = append(all, ws)
		ws, _, _ = ws.Decode(data)
	}
	return append(all, ws)
}

func retry(ws mintws.WebSocket, w io.Writer, f, other mintws.Frame) (mintws.WebSocket, error) {
	next, p, err := ws.Encode(f)
	if err != nil {
		next, p, err = ws.Encode(other)
	}
	if err != nil {
		return ws, err
	}
	_, err = w.Write(p)
	return next, err
}

func until(ws mintws.WebSocket, read func() ([]byte, error), done func(mintws.Frame) bool) (mintws.WebSocket, error) {
	for {
		data, err := read()
		if err != nil {
			return ws, err
		}
		next, frames, err := ws.Decode(data)
		ws = next
		for _, f := range frames {
			if done(f) {
				return ws, nil
			}
		}
		if err != nil {
			return ws, err
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func generic(conn httpconn.Conn, out *httpconn.Output, data []byte) httpconn.Conn {
	conn = must(conn.Stream(out, data))
	return must(conn.Ping(out, [8]byte{}))
}

// An atomic exchange by a channel of one.
func exchange(slot chan mintws.WebSocket, f mintws.Frame) ([]byte, error) {
	ws := <-slot
	next, p, err := ws.Encode(f)
	slot <- next
	return p, err
}

func swapped(p *mintws.WebSocket, f mintws.Frame) (b []byte, err error) {
	*p, b, err = p.Encode(f)
	ws := *p
	ws, _, err = ws.Encode(f)
	*p = ws
	return b, err
}

// Arrays and nested structs.
type shard struct {
	slots [8]struct {
		link state
		used bool
	}
}

func (s *shard) run(i int, data []byte) (err error) {
	slot := &s.slots[i]
	slot.link.ws, _, err = slot.link.ws.Decode(data)
	ws := s.slots[i].link.ws
	if ws, _, err = ws.Decode(data); err != nil {
		return err
	}
	s.slots[i].link.ws = ws
	link := s.slots[i].link
	link.ws, _, err = link.ws.Decode(data)
	s.slots[i].link = link
	return err
}

func closing(conn httpconn.Conn, ws mintws.WebSocket, out *httpconn.Output, sock net.Conn) (err error) {
	defer func() {
		conn = conn.Close(out)
		out.WriteTo(sock)
		err = errors.Join(err, sock.Close())
	}()
	conn, ws, err = mintws.Send(conn, out, ws, mintws.Close())
	if err != nil {
		return err
	}
	return ws.Err()
}

// A check that the same input gives the same twice.
func (c *client) twice(data []byte) (err error) {
	before := c.conn
	c.conn, err = before.Stream(&c.out, data)
	again, e := before.Stream(new(httpconn.Output), data)
	if !again.Equal(c.conn) || e != err {
		return errors.New("two values that differ")
	}
	if err == nil && len(data) > 10 {
		c.conn = again
	}
	return err
}

// The last words of a connection that is inside another value.
type wraps struct{ conn httpconn.Conn }

func (w wraps) Conn() httpconn.Conn { return w.conn }

func (w wraps) end(out *httpconn.Output) { _ = w.Conn().Close(out) }
