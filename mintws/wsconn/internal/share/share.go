// Package share lets the WebSockets of a client share an HTTP/2 connection: each has a stream of it, with blocking calls and deadlines,
// as package wshttp gives one to a server's. It makes the opening handshake over HTTP/1.1 as well, which is the same calls.
package share

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// Conn is a connection of which each stream is below a WebSocket. On HTTP/2 one goroutine reads from it and hands out what comes. It
// never waits for those that it hands to: what nobody reads stays within the stream's window, as credit is given only for what was read.
// What is to be written is written by whoever comes along while nobody else does.
type Conn struct {
	sock    net.Conn
	patient time.Duration // how long the server may take nothing of what is written
	alone   bool          // the connection ends with its first stream
	http1   bool
	buf     []byte        // who reads from sock has it
	below   *Pipe         // what sock is written to, nil over HTTP/1.1
	sending chan struct{} // held by who writes: the next four are that one's
	spare   []byte        // for Send
	rest    []byte        // taken by TLS, and not by below
	memory  []byte
	since   time.Time // when the server last took something, or had taken all

	mu      sync.Mutex // held to compute, never to wait
	conn    httpconn.Conn
	out     httpconn.Output // Send: what is to be written
	streams map[httpconn.StreamID]*Stream
	room    chan struct{} // closed when Send was emptied
	writing *gate         // whose call writes, nil where that is nobody's who can be interrupted
	stuck   bool          // there is a rest, which run is to see to
	reads   int           // from the socket
	retired bool          // no further streams
	over    bool
	lost    error // why nothing can be written any more
}

const (
	bufSize  = 64 << 10             // of a read, and of what is written in one go
	maxSend  = 64 << 10             // what waits for the socket before writers wait too
	minQueue = 4 << 10              // of a stream, what waits for the server's credit
	maxKeep  = 1 << 20              // of memory that is used again
	maxIdle  = 16 << 10             // of that, what a stream keeps
	maxBody  = 1 << 10              // see session.Refusal
	last     = time.Second          // for what the server still says
	slice    = 5 * time.Millisecond // which run writes or reads, where the socket takes nothing
)

// longAgo as a deadline ends a read at once.
var longAgo = time.Unix(1, 0)

// New returns what shares a connection that httpdial made on below; send is what was to be written then. With alone there is one stream,
// and the connection ends with it. On HTTP/2 the connection is read from now on, until it ends.
func New(sock net.Conn, below *Pipe, conn httpconn.Conn, send []byte, patient time.Duration, alone bool) *Conn {
	m := &Conn{sock: sock, conn: conn, out: httpconn.Output{Send: send}, patient: patient, alone: alone, buf: make([]byte, 4<<10),
		sending: make(chan struct{}, 1), streams: map[httpconn.StreamID]*Stream{}, room: make(chan struct{})}
	if m.http1 = conn.Version() == httpconn.HTTP1; !m.http1 {
		m.buf, m.below = make([]byte, bufSize), below
		below.queue(true)
		go m.run()
	}
	return m
}

// run reads until the connection ends. It never waits for the socket to take something, as the server may not read before we do.
func (m *Conn) run() {
	for m.turn() {
	}
	m.flush(nil, last) // the last words, as a GOAWAY
	m.below.queue(false)
	m.sock.Close()
}

// turn writes what is to be written, reads once, and hands out what came. It reports whether there is more to come.
func (m *Conn) turn() bool {
	m.flush(nil, slice)
	m.mu.Lock()
	if !m.http1 && !m.over && m.lost == nil {
		var until time.Time
		if m.stuck {
			until = time.Now().Add(slice)
		}
		m.sock.SetReadDeadline(until)
	}
	m.mu.Unlock()
	n, err := m.sock.Read(m.buf)
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > 0 {
		m.reads++
		m.conn, _ = m.conn.Stream(&m.out, m.buf[:n]) // its error reaches the streams as an event
	} else if m.over || m.lost != nil || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		m.conn, _ = m.conn.StreamEOF(&m.out)
	}
	for i, ev := range m.out.Events {
		if s := m.streams[ev.StreamID]; s != nil {
			s.receive(ev)
		}
		m.out.Events[i] = httpconn.Event{}
	}
	m.out.Events = m.out.Events[:0]
	m.over = m.over || m.conn.Next() == httpconn.NextClose
	return m.conn.Next() != httpconn.NextClose
}

// flush writes what is to be written, unless somebody else does: for so long, 0 is as long as the server takes something, and not after
// the deadline of by, which is nil if it is run that writes. What is left run sees to.
func (m *Conn) flush(by *gate, long time.Duration) {
	for more := true; more; {
		select {
		case m.sending <- struct{}{}:
		default:
			return
		}
		m.write(by, long)
		<-m.sending
		m.mu.Lock()
		more = len(m.out.Send) > 0 && !m.stuck
		m.mu.Unlock()
	}
}

// write is flush for who has m.sending.
func (m *Conn) write(by *gate, long time.Duration) {
	if m.http1 || long == 0 {
		long = m.patient
	}
	until := time.Now().Add(long)
	for err := m.fill(); err == nil && len(m.rest) > 0; {
		if err = m.arm(by, until); err == nil {
			to := m.sock
			if m.below != nil {
				to = m.below.Conn
			}
			var n int
			n, err = to.Write(m.rest[:min(len(m.rest), bufSize)])
			if m.rest = m.rest[n:]; n > 0 {
				m.since = time.Now()
				if long == m.patient {
					until = m.since.Add(long)
				}
			}
		}
		if late := errors.Is(err, os.ErrDeadlineExceeded); err != nil && (!late || time.Since(m.since) >= m.patient) {
			m.lose(err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writing = nil
	if m.lost != nil {
		m.rest = nil
	}
	if m.stuck = len(m.rest) > 0; m.stuck && by != nil && !m.over {
		m.sock.SetReadDeadline(longAgo) // wakes run
	}
}

// fill moves what is to be written to the rest, where there is none.
func (m *Conn) fill() (err error) {
	if len(m.rest) > 0 {
		return nil
	}
	if m.since = time.Now(); cap(m.memory) > maxKeep {
		m.memory = nil
	}
	m.mu.Lock()
	b := m.out.Send
	m.out.Send, m.spare, err = m.spare[:0], nil, m.lost
	close(m.room)
	m.room = make(chan struct{})
	m.mu.Unlock()
	if m.below == nil {
		m.rest = b
		return err
	}
	if err == nil {
		_, err = m.sock.Write(b)
	}
	if err != nil {
		m.lose(err)
		return err
	}
	if cap(b) <= maxKeep {
		m.spare = b
	}
	m.rest = m.below.take(m.memory)
	m.memory = m.rest
	return nil
}

// arm sets the deadline for a write, unless by's has passed.
func (m *Conn) arm(by *gate, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writing = by; by != nil && by.late() {
		return os.ErrDeadlineExceeded
	}
	return m.sock.SetWriteDeadline(until)
}

// lose gives up writing.
func (m *Conn) lose(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lost == nil {
		m.lost = err
		m.sock.SetReadDeadline(time.Now().Add(last)) // it may have said why it went
	}
}

// Over reports whether the connection has ended.
func (m *Conn) Over() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.over
}

// retire has no more streams start. Without any the connection ends. The caller has m.mu.
func (m *Conn) retire() {
	if m.retired = true; len(m.streams) == 0 {
		m.finish()
	}
}

// finish ends the connection: run writes the GOAWAY. The caller has m.mu.
func (m *Conn) finish() {
	if !m.over {
		m.over = true
		m.conn = m.conn.Close(&m.out)
		m.sock.SetReadDeadline(longAgo)
	}
}

// End ends the connection and all streams, for which err is the reason.
func (m *Conn) End(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.streams {
		s.receive(httpconn.Event{Kind: httpconn.EventReset, Err: err})
	}
	m.finish()
}

// ErrFull: no further stream can start, but one on another connection can.
var ErrFull = errors.New("share: no further streams")

// Begin asks for a WebSocket. The error is that of [mintws.Upgrade], or ErrFull.
func (m *Conn) Begin(url string, opt mintws.Options) (*Stream, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.retired || m.over || m.lost != nil || !m.http1 && m.conn.Slots() == 0 {
		return nil, ErrFull
	}
	conn, ws, err := mintws.Upgrade(m.conn, &m.out, url, opt)
	if err != nil {
		if m.alone {
			m.retire()
		}
		return nil, err
	}
	s := &Stream{m: m, id: ws.StreamID(), ws: ws, before: m.reads, reads: newGate(), writes: newGate()}
	m.conn, m.streams[s.id] = conn, s
	return s, nil
}

// Open waits for the answer, and returns the WebSocket that it opens and its header. The error is a *[session.Refusal] for an answer
// that opens none, or that of ctx, or of the stream; the stream is closed then. With again, another connection may do better.
func (s *Stream) Open(ctx context.Context) (ws mintws.WebSocket, header http.Header, again bool, err error) {
	m := s.m
	m.flush(s.reads, 0)
	stop := context.AfterFunc(ctx, func() { s.SetReadDeadline(longAgo) })
	ws, header, err = s.judge(s.ws)
	if stop() && err == nil {
		return ws, header, false, nil
	}
	m.mu.Lock()
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		err = ctx.Err()
		m.retired = m.retired || m.reads == s.before // nothing has come: it may be dead
	}
	m.retired = m.retired || s.retryable
	m.mu.Unlock()
	s.Close()
	return ws, nil, s.retryable, err
}

// judge waits for the answer.
func (s *Stream) judge(ws mintws.WebSocket) (mintws.WebSocket, http.Header, error) {
	head, err := s.head()
	if err != nil {
		return ws, nil, err
	}
	next, err := ws.JudgeAnswer(head.Status, head.Header)
	var refused *mintws.HandshakeError
	if errors.As(err, &refused) {
		var body []byte
		if head.Status >= 300 {
			s.SetReadDeadline(time.Now().Add(last))
			body, _ = io.ReadAll(io.LimitReader(s, maxBody))
		}
		err = &session.Refusal{HandshakeError: refused, Body: body, Reusable: !s.m.alone}
	}
	return next, head.Header, err
}
