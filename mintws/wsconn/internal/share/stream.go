package share

import (
	"cmp"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// Stream is one stream of a Conn. It is a wshttp.Stream.
type Stream struct {
	m  *Conn
	id httpconn.StreamID
	ws mintws.WebSocket // as it was asked for

	before int // reads of the connection, when it was

	// What follows is under m.mu.
	answer        httpconn.Event // the head, once it has come
	got           []byte         // received
	read          int            // of that
	err           error          // how the receiving ended: io.EOF if it ended well
	reset         bool           // and the sending with it
	retryable     bool           // the server has not looked at the request
	closed        bool
	reads, writes *gate
}

// receive takes an event.
func (s *Stream) receive(ev httpconn.Event) {
	switch ev.Kind {
	case httpconn.EventHeaders:
		s.answer = ev
	case httpconn.EventData:
		if s.read > len(s.got)/2 {
			s.got, s.read = s.got[:copy(s.got, s.got[s.read:])], 0
		}
		s.got = append(s.got, ev.Data...)
	case httpconn.EventDone:
		s.err = io.EOF
	case httpconn.EventReset:
		s.reset, s.retryable = true, ev.Retryable()
		s.err = cmp.Or(s.err, ev.Err)
	}
	s.reads.ring()
	s.writes.ring()
}

// head waits for the head of the answer.
func (s *Stream) head() (httpconn.Event, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for s.answer.Kind == 0 {
		if err := s.stopped(s.reads); err != nil {
			return s.answer, err
		}
		if s.err != nil {
			return s.answer, s.err
		}
		s.wait(s.reads)
	}
	return s.answer, nil
}

// Read implements io.Reader. The server gets credit for what it returns.
func (s *Stream) Read(p []byte) (int, error) {
	m := s.m
	m.mu.Lock()
	for s.read == len(s.got) {
		err := s.stopped(s.reads)
		if err == nil {
			err = s.err
		}
		if err != nil {
			m.mu.Unlock()
			return 0, err
		}
		s.wait(s.reads)
	}
	if err := s.stopped(s.reads); err != nil {
		m.mu.Unlock()
		return 0, err
	}
	n := copy(p, s.got[s.read:])
	if s.read += n; s.read == len(s.got) {
		if s.got, s.read = s.got[:0], 0; cap(s.got) > maxIdle {
			s.got = nil
		}
	}
	m.conn, _ = m.conn.Consume(&m.out, s.id, n) // a connection that is over needs no credit
	credit := len(m.out.Send) > 0
	m.mu.Unlock()
	if credit {
		m.flush(s.reads, slice)
	}
	return n, nil
}

// Write implements io.Writer. What it has written is queued for the socket, with at most 64 KiB before it.
func (s *Stream) Write(p []byte) (n int, err error) {
	m := s.m
	for n < len(p) && err == nil {
		m.mu.Lock()
		for {
			if err = s.stopped(s.writes); err == nil {
				switch {
				case s.reset:
					err = s.err
				case m.lost != nil:
					err = m.lost
				case m.over:
					err = net.ErrClosed
				}
			}
			if err != nil || m.conn.Buffered(s.id) == 0 && len(m.out.Send) < maxSend {
				break
			}
			s.wait(s.writes)
		}
		if err == nil {
			// What the windows do not allow yet waits in the Conn: no more of it than that its end be noticed.
			piece := p[n:min(len(p), n+max(minQueue, min(m.conn.SendWindow(s.id), bufSize)))]
			if m.conn, err = m.conn.SendData(&m.out, s.id, piece, false); err == nil {
				n += len(piece)
			}
		}
		m.mu.Unlock()
		m.flush(s.writes, 0)
	}
	return n, err
}

// stopped returns the error of a call at g that has to end.
func (s *Stream) stopped(g *gate) error {
	switch {
	case s.closed:
		return net.ErrClosed
	case g.late():
		return os.ErrDeadlineExceeded
	}
	return nil
}

// wait lets go of m.mu until there may be something new at g.
func (s *Stream) wait(g *gate) {
	room := s.m.room
	if g == s.reads {
		room = nil
	}
	s.m.mu.Unlock()
	defer s.m.mu.Lock()
	if s.m.http1 { // it is the handshake's, and nobody else reads
		s.m.turn()
		return
	}
	select {
	case <-g.bell:
	case <-room:
	}
}

// SetReadDeadline implements wshttp.Stream.
func (s *Stream) SetReadDeadline(t time.Time) error { return s.set(s.reads, t) }

// SetWriteDeadline implements wshttp.Stream.
func (s *Stream) SetWriteDeadline(t time.Time) error { return s.set(s.writes, t) }

func (s *Stream) set(g *gate, t time.Time) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	g.until = t
	if g == s.reads && s.m.http1 {
		return s.m.sock.SetReadDeadline(t)
	}
	g.timer.Stop()
	switch wait := time.Until(t); {
	case t.IsZero():
	case wait <= 0:
		if g.ring(); s.m.writing == g {
			return s.m.sock.SetWriteDeadline(longAgo)
		}
	default:
		g.timer.Reset(wait)
	}
	return nil
}

// CloseWrite implements wshttp.Stream, after the closing handshake: see httpconn.Conn.Finish.
func (s *Stream) CloseWrite() error {
	s.m.mu.Lock()
	var err error
	s.m.conn, err = s.m.conn.Finish(&s.m.out, s.id)
	s.m.mu.Unlock()
	s.m.flush(s.writes, slice)
	return err
}

// Close implements io.Closer. It gives up what has not ended, and the credit for what was not read.
func (s *Stream) Close() error {
	m := s.m
	m.mu.Lock()
	if s.closed {
		m.mu.Unlock()
		return net.ErrClosed
	}
	s.closed = true
	conn, err := m.conn.Cancel(&m.out, s.id, http2.ErrCodeCancel)
	if err != nil && s.read < len(s.got) {
		conn, _ = m.conn.Consume(&m.out, s.id, len(s.got)-s.read) // the stream is over; an error says that the connection is, too
	}
	m.conn = conn
	s.got, s.read = nil, 0
	delete(m.streams, s.id)
	for _, g := range []*gate{s.reads, s.writes} {
		g.timer.Stop()
		g.ring()
	}
	if m.alone || m.retired {
		m.retire()
	}
	m.mu.Unlock()
	m.flush(s.writes, slice)
	return nil
}

// Own reports whether the connection is the stream's own, which over HTTP/1.1 it is: what follows [Stream.Rest] is read from the socket.
func (s *Stream) Own() bool { return s.m.http1 }

// Rest returns what was received and not read.
func (s *Stream) Rest() []byte {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	return s.got[s.read:]
}

// gate is where a call waits until something has changed or a deadline has passed.
type gate struct {
	bell  chan struct{} // has room for one
	until time.Time     // zero is never
	timer *time.Timer
}

func newGate() *gate {
	g := &gate{bell: make(chan struct{}, 1)}
	g.timer = time.AfterFunc(time.Hour, g.ring)
	g.timer.Stop()
	return g
}

// late reports whether the deadline has passed.
func (g *gate) late() bool { return !g.until.IsZero() && time.Until(g.until) <= 0 }

// ring makes who waits look again.
func (g *gate) ring() {
	select {
	case g.bell <- struct{}{}:
	default:
	}
}
