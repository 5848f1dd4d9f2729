package session_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// shared is one HTTP/2 connection with many WebSockets.
type shared struct {
	conn    httpconn.Conn
	streams map[httpconn.StreamID]stream
}

type stream struct {
	ws   mintws.WebSocket
	time session.Deadlines
}

// received handles the events in out; frame may send an answer.
func (c *shared) received(out *session.Output, now time.Time, frame func(*stream, mintws.Frame)) {
	for _, ev := range out.Events {
		s, ok := c.streams[ev.StreamID]
		if !ok {
			continue
		}
		out.Inbox.Reset()
		c.conn, s.ws, _ = mintws.Receive(c.conn, &out.Output, s.ws, &out.Inbox, ev) // s.ws.Err keeps the error
		for _, f := range out.Frames {
			frame(&s, f)
		}
		s.time = s.time.Observe(now, s.ws.State(), true)
		ended := ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset || s.ws.State() == mintws.Failed
		if c.streams[ev.StreamID] = s; ended {
			delete(c.streams, ev.StreamID)
		}
	}
}

// tick does what is to be done by now, and returns when it is to be called again.
func (c *shared) tick(out *session.Output, now time.Time) (next time.Time) {
	for id, s := range c.streams {
		var ping bool
		var late error
		if s.time, ping, late = s.time.Tick(now); ping {
			c.conn, s.ws, _ = mintws.Send(c.conn, &out.Output, s.ws, mintws.Ping(nil))
		}
		if c.streams[id] = s; late != nil { // a *session.TimeoutError says what did not come
			c.conn, _ = c.conn.Cancel(&out.Output, id, http2.ErrCodeCancel)
			delete(c.streams, id)
		} else if t := s.time.Next(); next.IsZero() || !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	return next
}

// serve stays with the connection until all its WebSockets are over.
func (c *shared) serve(sock net.Conn, out *session.Output, frame func(*stream, mintws.Frame)) {
	buf := make([]byte, 64<<10)
	for next := c.tick(out, time.Now()); len(c.streams) > 0; next = c.tick(out, time.Now()) {
		sock.SetWriteDeadline(time.Now().Add(time.Minute))
		_, writeErr := out.WriteTo(sock)
		out.Reset()
		sock.SetReadDeadline(next)
		n, readErr := sock.Read(buf)
		switch {
		case n > 0:
			c.conn, _ = c.conn.Stream(&out.Output, buf[:n])
		case writeErr != nil || !errors.Is(readErr, os.ErrDeadlineExceeded):
			c.conn, _ = c.conn.StreamEOF(&out.Output)
		}
		c.received(out, time.Now(), frame)
	}
	out.WriteTo(sock) // the last words
}

// Many WebSockets on one HTTP/2 connection: one Conn, and a WebSocket and its Deadlines for each stream.
func Example_shared() {
	server := wstest.NewServer(wstest.Options{Behavior: wstest.Behavior{Greeting: []mintws.Frame{mintws.Text("welcome")}}})
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var out session.Output
	sock, conn, err := httpdial.Dial(ctx, server.URL, &out.Output, httpdial.Options{Protocols: []httpconn.Version{httpconn.HTTP2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sock.Close()
	begin := session.NewDeadlines(session.Timing{}, time.Now())
	c := shared{conn: conn, streams: map[httpconn.StreamID]stream{}}
	for range 3 {
		var s stream
		if c.conn, s.ws, err = mintws.Upgrade(c.conn, &out.Output, server.URL, mintws.Options{}); err != nil {
			fmt.Println(err)
			return
		}
		s.time = begin.Observe(time.Now(), s.ws.State(), false)
		c.streams[s.ws.StreamID()] = s
	}
	c.serve(sock, &out, func(s *stream, f mintws.Frame) {
		if f.Opcode == mintws.OpText {
			fmt.Println(f)
			c.conn, s.ws, _ = mintws.Send(c.conn, &out.Output, s.ws, mintws.Close(mintws.CodeNormal, ""))
		}
	})
	// Output:
	// Text "welcome"
	// Text "welcome"
	// Text "welcome"
}

// TestSharedSilence: the loop of the example ends when the last of its WebSockets is given up.
func TestSharedSilence(t *testing.T) {
	server := wstest.NewServer(wstest.Options{Behavior: wstest.Behavior{HandshakeDelay: -1}})
	defer server.Close()
	var out session.Output
	sock, conn, err := httpdial.Dial(t.Context(), server.URL, &out.Output, httpdial.Options{Protocols: []httpconn.Version{httpconn.HTTP2}})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	var s stream
	c := shared{streams: map[httpconn.StreamID]stream{}}
	if c.conn, s.ws, err = mintws.Upgrade(conn, &out.Output, server.URL, mintws.Options{}); err != nil {
		t.Fatal(err)
	}
	s.time = session.NewDeadlines(session.Timing{Open: time.Millisecond}, time.Now()).Observe(time.Now(), s.ws.State(), false)
	c.streams[s.ws.StreamID()] = s
	c.serve(sock, &out, func(*stream, mintws.Frame) {})
}
