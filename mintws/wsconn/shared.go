package wsconn

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// shared is an HTTP/2 connection, and each of its streams is below a WebSocket. One goroutine reads from it and hands out what comes;
// it ends with the connection. It never waits for those that it hands to: what nobody reads stays within the stream's window, as credit
// is given only for what was read. What is to be written is written by whoever comes along while nobody else does.
type shared struct {
	sock    net.Conn
	patient time.Duration
	sending chan struct{} // held by who writes to sock: spare is that one's
	spare   []byte
	single  bool // there is one stream, and the connection ends with it

	mu      sync.Mutex // held to compute, never to wait
	conn    httpconn.Conn
	out     httpconn.Output // Send: what is to be written
	streams map[httpconn.StreamID]*stream
	room    chan struct{} // closed when Send was emptied
	retired bool          // no further streams
	reads   int           // from the socket
	lost    error         // why nothing can be written any more
	over    bool
}

// share starts the reading of a connection that httpdial made.
func share(sock net.Conn, conn httpconn.Conn, out httpconn.Output, patient time.Duration, single bool) *shared {
	m := &shared{sock: sock, conn: conn, out: httpconn.Output{Send: out.Send}, patient: patient, single: single,
		sending: make(chan struct{}, 1), streams: map[httpconn.StreamID]*stream{}, room: make(chan struct{})}
	go m.run()
	return m
}

// run reads until the connection ends.
func (m *shared) run() {
	defer m.sock.Close()
	buf := make([]byte, maxRead)
	for over := false; !over; {
		m.flush()
		n, err := m.sock.Read(buf)
		m.mu.Lock()
		m.reads++
		if n > 0 {
			m.conn, _ = m.conn.Stream(&m.out, buf[:n]) // its error reaches the streams as an event
		} else if err != nil {
			m.conn, _ = m.conn.StreamEOF(&m.out)
		}
		for i, ev := range m.out.Events {
			if s := m.streams[ev.StreamID]; s != nil {
				s.receive(ev)
			}
			m.out.Events[i] = httpconn.Event{}
		}
		m.out.Events = m.out.Events[:0]
		over = m.conn.Next() == httpconn.NextClose
		m.over = m.over || over
		m.mu.Unlock()
	}
	m.flush() // the last words, as a GOAWAY
}

// flush writes what is to be written, unless somebody else does.
func (m *shared) flush() {
	for more := true; more; {
		select {
		case m.sending <- struct{}{}:
		default:
			return
		}
		m.write()
		<-m.sending
		m.mu.Lock()
		more = len(m.out.Send) > 0
		m.mu.Unlock()
	}
}

// write is flush for who has m.sending.
func (m *shared) write() {
	m.mu.Lock()
	b, lost := m.out.Send, m.lost
	m.out.Send, m.spare = m.spare[:0], nil
	close(m.room)
	m.room = make(chan struct{})
	m.mu.Unlock()
	for p := b; len(p) > 0 && lost == nil; {
		m.sock.SetWriteDeadline(time.Now().Add(m.patient))
		var n int
		n, lost = m.sock.Write(p[:min(len(p), maxChunk)])
		p = p[n:]
	}
	if lost != nil {
		m.mu.Lock()
		m.lost = lost
		m.mu.Unlock()
		m.sock.SetReadDeadline(time.Now().Add(lingering)) // there may be something to be read: why the server has gone
	}
	if cap(b) <= maxKeep {
		m.spare = b[:0]
	}
}

// usable reports whether another stream can start, and whether none ever will.
func (m *shared) usable() (usable, over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.retired && !m.over && m.lost == nil && m.conn.Slots() > 0, m.over
}

// retire has no more streams start. Without any the connection ends. The caller has m.mu.
func (m *shared) retire() {
	if m.retired = true; len(m.streams) == 0 {
		m.finish()
	}
}

// finish ends the connection: run writes the GOAWAY. The caller has m.mu.
func (m *shared) finish() {
	if !m.over {
		m.over = true
		m.conn = m.conn.Close(&m.out)
		m.sock.SetReadDeadline(longAgo)
	}
}

// end ends the connection and all streams.
func (m *shared) end(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.streams {
		s.receive(httpconn.Event{Kind: httpconn.EventReset, Err: err})
	}
	m.finish()
}

// open opens a WebSocket on a stream of its own. Where it fails, again says that another connection may do better.
func (m *shared) open(ctx context.Context, url string, opt Options) (c *Conn, again bool, err error) {
	ctx, cancel := opt.opening(ctx)
	defer cancel()
	m.mu.Lock()
	conn, ws, err := mintws.Upgrade(m.conn, &m.out, url, opt.websocket())
	if err != nil {
		again = errors.Is(err, httpconn.ErrTooManyStreams) || errors.Is(err, httpconn.ErrGoingAway) || m.over
		m.mu.Unlock()
		return nil, again, err
	}
	s := &stream{m: m, id: ws.StreamID(), reads: newGate(), writes: newGate()}
	m.conn, m.streams[s.id] = conn, s
	reads := m.reads
	m.mu.Unlock()
	m.flush()

	stop := context.AfterFunc(ctx, func() { s.SetReadDeadline(longAgo) })
	c, err = s.open(ws, opt)
	if err == nil && stop() {
		return c, false, nil
	}
	m.mu.Lock()
	if ctx.Err() != nil && err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		err = interrupted(ctx)
		m.retired = m.retired || m.reads == reads // nothing has come on it: it may be dead
	}
	again = s.retryable
	m.retired = m.retired || again
	m.mu.Unlock()
	stop()
	s.Close()
	return nil, again, err
}

// open waits for the answer, and returns the WebSocket that it opens.
func (s *stream) open(ws mintws.WebSocket, opt Options) (*Conn, error) {
	head, err := s.head()
	if err != nil {
		return nil, err
	}
	ws, err = ws.JudgeAnswer(head.Status, head.Header)
	var refused *mintws.HandshakeError
	if errors.As(err, &refused) {
		var body []byte
		if head.Status/100 != 2 {
			body, _ = io.ReadAll(io.LimitReader(s, maxBody))
		}
		return nil, &session.Refusal{HandshakeError: refused, Body: body, Reusable: true}
	}
	return newConn(s, ws, true, head.Header, nil, opt.settings()), nil
}
