package main

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// link is one WebSocket and what is below it. Its methods are called by one goroutine; two others do nothing but read and
// write, so that neither waits for the other.
type link struct {
	sock   net.Conn
	server bool          // then there is no conn
	conn   httpconn.Conn // of a client
	ws     mintws.WebSocket
	clock  session.Deadlines
	out    httpconn.Output
	in     mintws.Inbox

	rx    chan chunk    // what was read
	done  chan struct{} // closed when nobody listens to rx any more
	tx    chan []byte   // what is to be written, one piece at a time
	wrote chan error    // the end of a piece
	busy  int           // bytes of the piece that is being written
	spare []byte        // the memory of the one before

	caused   int    // of what is unwritten: bytes that answer what came
	atEnd    bool   // the peer sends nothing more
	lost     error  // what the socket said
	halfway  bool   // our direction has been ended
	content  []byte // the beginning of what came with a refusal
	answered bool   // that is complete
}

type chunk struct {
	data []byte
	err  error
}

// Bounds of what is unwritten. Above the first no line is read from standard input. Above the second, which is for answers
// alone, nothing is read from the peer: one that asks and does not listen is stopped by TCP.
const (
	enough  = 256 << 10
	tooMuch = 1 << 20
	preview = 1 << 10 // of the content of a refusal
)

// start begins to read and to write.
func (l *link) start() {
	l.rx, l.done = make(chan chunk), make(chan struct{})
	l.tx, l.wrote = make(chan []byte, 1), make(chan error, 1)
	go func() {
		var bufs [2][]byte // one is filled while the other is looked at
		for i := 0; ; i ^= 1 {
			if bufs[i] == nil {
				bufs[i] = make([]byte, 64<<10)
			}
			n, err := l.sock.Read(bufs[i])
			select {
			case l.rx <- chunk{bufs[i][:n], err}:
			case <-l.done:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		for p := range l.tx {
			_, err := l.sock.Write(p)
			l.wrote <- err
		}
	}()
}

// close lets go of everything.
func (l *link) close() {
	l.sock.Close()
	close(l.done)
	close(l.tx)
}

// flush gives the writer what is to be written, if it has nothing to do.
func (l *link) flush() {
	if l.busy > 0 || len(l.out.Send) == 0 {
		return
	}
	p := l.out.Take(l.spare[:0])
	l.spare, l.busy = p, len(p)
	l.tx <- p
}

// written takes note that a piece is written. When that failed, the last words of the peer may still be there to be read.
func (l *link) written(now time.Time, err error) {
	l.caused = max(0, l.caused-l.busy)
	l.busy = 0
	if err == nil {
		l.clock = l.clock.Observe(now, l.ws.State(), true) // whoever takes bytes is there
		return
	}
	l.out.Send = l.out.Send[:0]
	l.lost = errors.Join(l.lost, err)
	l.sock.SetReadDeadline(now.Add(time.Second))
}

// unwritten is how many bytes wait for the writer, or for credit of the peer.
func (l *link) unwritten() int { return l.busy + len(l.out.Send) + l.conn.Buffered(0) }

// received takes what was read and passes each frame to each.
func (l *link) received(now time.Time, c chunk, each func(mintws.Frame)) {
	before, queued := len(l.out.Send), l.conn.Buffered(0)
	if len(c.data) > 0 {
		l.took(c.data, each)
	}
	if c.err != nil {
		l.atEnd = true
		if c.err != io.EOF {
			l.lost = errors.Join(l.lost, c.err)
		}
		l.ended(each)
	}
	l.caused += max(0, len(l.out.Send)-before-(queued-l.conn.Buffered(0)))
	l.clock = l.clock.Observe(now, l.ws.State(), true)
}

func (l *link) took(data []byte, each func(mintws.Frame)) {
	if !l.server {
		l.conn, _ = l.conn.Stream(&l.out, data) // its error reaches the stream as an event
		l.events(each)
		return
	}
	for more := true; more; more = len(l.in.Rest) > 0 {
		rest := l.in.Rest
		if rest == nil {
			rest = data
		}
		l.in.Reset()
		var err error
		l.ws, err = l.ws.AppendDecode(&l.in, rest)
		for _, f := range l.in.Frames {
			each(f)
			if reply, ok := l.ws.Reply(f); ok {
				_ = l.send(reply) // refused only where the WebSocket is over
			}
		}
		if reply, ok := mintws.CloseFrame(err); ok {
			_ = l.send(reply)
		}
	}
}

// ended passes on that the peer sends nothing more.
func (l *link) ended(each func(mintws.Frame)) {
	if l.server {
		l.ws, _ = l.ws.EOF() // Err keeps it
		return
	}
	l.conn, _ = l.conn.StreamEOF(&l.out)
	l.events(each)
}

// events passes on what the server did.
func (l *link) events(each func(mintws.Frame)) {
	for _, ev := range l.out.Events {
		if ev.StreamID != l.ws.StreamID() && ev.StreamID != 0 {
			continue
		}
		refused := l.refused() != nil
		for more := true; more; more = len(l.in.Rest) > 0 {
			if len(l.in.Rest) > 0 {
				ev.Data = l.in.Rest
			}
			l.in.Reset()
			l.conn, l.ws, _ = mintws.Receive(l.conn, &l.out, l.ws, &l.in, ev) // Err keeps the error
			for _, f := range l.in.Frames {
				each(f)
			}
		}
		switch err := l.refused(); {
		case err != nil && !refused: // its content is worth a moment
			l.answered = err.Canceled
			l.sock.SetReadDeadline(time.Now().Add(time.Second))
		case ev.Kind == httpconn.EventData && refused:
			l.content = append(l.content, ev.Data[:min(len(ev.Data), preview-len(l.content))]...)
			l.answered = len(l.content) == preview
		case ev.Kind == httpconn.EventDone, ev.Kind == httpconn.EventReset:
			l.answered = true
		}
	}
	l.out.Events = l.out.Events[:0]
}

// send encodes a frame. An error means that nothing has changed.
func (l *link) send(f mintws.Frame) (err error) {
	if l.server {
		l.ws, l.out.Send, err = l.ws.AppendEncode(l.out.Send, f)
	} else {
		l.conn, l.ws, err = mintws.Send(l.conn, &l.out, l.ws, f)
	}
	return err
}

// tick does what is due. The error says that the peer has taken too long.
func (l *link) tick(now time.Time) error {
	var ping bool
	var err error
	l.clock, ping, err = l.clock.Tick(now)
	if ping {
		err = l.send(mintws.Ping(nil))
	}
	l.clock = l.clock.Observe(now, l.ws.State(), false)
	return err
}

// refused returns why no WebSocket was opened.
func (l *link) refused() *mintws.HandshakeError {
	var refused *mintws.HandshakeError
	errors.As(l.ws.Err(), &refused)
	return refused
}

// finished reports whether the socket can be closed. The server closes first (RFC 6455 section 7.1.1), and a server reads on
// until the client has closed too, so that its last words are not lost.
func (l *link) finished() bool {
	if l.unwritten() > 0 && !l.atEnd && l.lost == nil || !l.ws.Over() {
		return false
	}
	switch {
	case l.atEnd:
		return true
	case l.refused() != nil:
		return l.answered
	case l.ws.State() != mintws.Closed:
		return true
	case !l.server:
		return l.conn.Next() != httpconn.NextAwaitEOF
	case !l.halfway:
		half, ok := l.sock.(interface{ CloseWrite() error })
		l.halfway = true
		return !ok || half.CloseWrite() != nil
	}
	return false
}
