package main

import (
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wshttp"
)

// link is a session with its socket. One goroutine calls its methods; two others do nothing but read and write, so that neither
// direction waits for the other.
type link struct {
	sock net.Conn
	s    session.Session
	out  session.Output
	now  time.Time // when something happened last

	rx    chan chunk    // what was read
	done  chan struct{} // closed when nobody listens to rx any more
	tx    chan []byte   // what is to be written
	wrote chan progress // of writing that
	busy  int           // bytes of it that are left
	spare []byte        // its memory

	caused int   // of what is unwritten: bytes that answer what came
	lost   error // what the socket said
}

type chunk struct {
	data []byte
	err  error
}

type progress struct {
	n    int
	err  error
	full bool // the socket was full, and has taken bytes again
}

// Bounds of what is unwritten. Above the first no line is read from standard input. Above the second, which is for answers
// alone, nothing is read from the peer: one that asks and does not listen is stopped by TCP.
const (
	enough  = 256 << 10
	tooMuch = 1 << 20
	piece   = 64 << 10 // is written at a time
)

// long is what only a write to a full socket takes.
const long = 100 * time.Millisecond

// start begins to read and to write.
func (l *link) start() {
	l.now = time.Now()
	l.rx, l.done = make(chan chunk), make(chan struct{})
	l.tx, l.wrote = make(chan []byte, 1), make(chan progress, 1)
	go func() {
		bufs := [2][]byte{make([]byte, 64<<10), make([]byte, 64<<10)} // one is filled while the other is looked at
		for i := 0; ; i ^= 1 {
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
		for all := range l.tx {
			for p := range slices.Chunk(all, piece) {
				began := time.Now()
				_, err := l.sock.Write(p)
				l.wrote <- progress{len(p), err, time.Since(began) > long}
			}
		}
	}()
}

// end writes the last words, if the peer takes them within a second, and lets go of everything.
func (l *link) end() {
	l.sock.SetWriteDeadline(time.Now().Add(time.Second))
	for l.busy > 0 {
		l.written(<-l.wrote)
	}
	server := l.s.Conn().Version() == 0
	if !server {
		_ = l.s.Conn().Close(&l.out.Output) // on HTTP/2 a GOAWAY; nobody needs the value after this one
	}
	if l.lost == nil {
		_, l.lost = l.out.WriteTo(l.sock)
	}
	close(l.tx)
	close(l.done)
	if half, ok := l.sock.(wshttp.Stream); ok && l.lost == nil && server {
		wshttp.Linger(half, time.Second) // a server closes first, and so that nothing is lost
	}
	l.sock.Close()
}

// flush gives the writer what is to be written, if it has nothing to do.
func (l *link) flush() {
	if l.busy > 0 || len(l.out.Send) == 0 || l.lost != nil {
		return
	}
	l.spare = l.out.Take(l.spare[:0])
	l.busy = len(l.spare)
	l.tx <- l.spare
}

// written takes note of what was written. A peer that takes bytes again is there, whatever it says.
func (l *link) written(p progress) {
	l.busy -= p.n
	l.caused = max(0, l.caused-p.n)
	if p.full {
		l.s = l.s.Heard(time.Now())
	}
	if p.err != nil && l.lost == nil { // the last words of the peer may still be there to be read
		l.lost = p.err
		l.sock.SetReadDeadline(time.Now().Add(time.Second))
	}
}

// unwritten is how many bytes wait for the writer, or for credit of the peer.
func (l *link) unwritten() int { return l.busy + len(l.out.Send) + l.s.Conn().Buffered(0) }

// received takes what was read, and passes each frame to each.
func (l *link) received(c chunk, each func(mintws.Frame)) {
	before := l.unwritten()
	for data := c.data; len(data) > 0; data = l.out.Rest {
		l.s, _ = l.s.Received(&l.out, l.now, data) // Err keeps the error
		for _, f := range l.out.Frames {
			each(f)
		}
	}
	if l.caused += max(0, l.unwritten()-before); c.err == nil {
		return
	}
	if !errors.Is(c.err, io.EOF) && l.lost == nil {
		l.lost = c.err
	}
	l.s, _ = l.s.EOF(&l.out, l.now)
}

// send sends a frame. An error means that nothing has changed.
func (l *link) send(f mintws.Frame) (err error) {
	l.s, err = l.s.Send(&l.out, l.now, f)
	return err
}

// err is how it ended.
func (l *link) err() error {
	if err := l.s.Err(); err == nil || l.s.State() == mintws.Closed {
		return err // what became of the connection after that does not matter
	} else if refused := (*session.Refusal)(nil); errors.As(err, &refused) {
		return err
	} else {
		return errors.Join(err, l.lost)
	}
}
