package wshttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// tunnel is the stream on HTTP/2: the request's body and the response's.
//
// A deadline on a body of net/http's breaks the body when it passes, so that the reading that is interrupted cannot go
// on. For that reason another goroutine reads the body, and Read waits for it. Each reading has a new one, with a place
// for what it brings, so that it never waits for anything but the body. net/http ends the body when the handler is over,
// by a panic too, so nothing is left of a stream that nobody closed.
type tunnel struct {
	w    http.ResponseWriter
	rc   *http.ResponseController
	body io.ReadCloser
	over context.Context // the request's: done when the handler is over, at the latest

	// These belong to the goroutine that is in Read. While one is reading, buf is that one's.
	buf     []byte
	rest    []byte // of buf: read from the body and not yet by Read
	err     error  // how the body ended
	reading bool
	read    chan reading  // has room for one
	wake    chan struct{} // makes Read look at what is below; has room for one

	mu         sync.Mutex
	closed     bool // the handler may return, and then w must not be touched
	writing    bool
	readUntil  alarm
	writeUntil alarm
}

// reading is what one read of the body gave.
type reading struct {
	n   int
	err error
}

// bufSize is how much is taken from the body at once: a DATA frame of the default size.
const bufSize = 16 << 10

// newTunnel sends the head and returns the stream (RFC 8441 section 5).
func newTunnel(w http.ResponseWriter, r *http.Request, status int, header http.Header) (*tunnel, error) {
	rc := http.NewResponseController(w)
	// The deadlines that http.Server set are for a request that ends.
	if err := errors.Join(rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{})); err != nil {
		return nil, err
	}
	clear(w.Header())
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	if err := rc.Flush(); err != nil {
		return nil, err
	}
	t := &tunnel{w: w, rc: rc, body: r.Body, over: r.Context(), read: make(chan reading, 1), wake: make(chan struct{}, 1)}
	t.readUntil = alarm{mu: &t.mu, ring: t.rouse}
	t.writeUntil = alarm{mu: &t.mu, ring: t.interrupt}
	return t, nil
}

// Read implements Stream.
func (t *tunnel) Read(p []byte) (int, error) {
	for {
		t.mu.Lock()
		closed, late := t.closed, t.readUntil.passed()
		t.mu.Unlock()
		switch {
		case closed:
			return 0, net.ErrClosed
		case late:
			return 0, os.ErrDeadlineExceeded
		case len(t.rest) > 0 || len(p) == 0:
			n := copy(p, t.rest)
			t.rest = t.rest[n:]
			return n, nil
		case t.err != nil:
			return 0, t.err // a reset is not io.EOF
		case !t.reading:
			if t.buf == nil {
				t.buf = make([]byte, bufSize)
			}
			t.reading = true
			go t.fetch()
		}
		select {
		case r := <-t.read:
			t.reading, t.rest, t.err = false, t.buf[:r.n], r.err
		case <-t.wake:
		}
	}
}

// fetch reads the body once.
func (t *tunnel) fetch() {
	n, err := t.body.Read(t.buf)
	t.read <- reading{n, err}
}

// rouse makes a Read under way look again at what it may do.
func (t *tunnel) rouse() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// SetReadDeadline implements Stream.
func (t *tunnel) SetReadDeadline(d time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return net.ErrClosed
	}
	t.readUntil.set(d)
	return nil
}

// Write implements Stream. What it has written is on its way when it returns.
func (t *tunnel) Write(p []byte) (n int, err error) {
	t.mu.Lock()
	closed, late := t.closed, t.writeUntil.passed()
	t.writing = !closed && !late
	t.mu.Unlock()
	switch {
	case closed:
		return 0, net.ErrClosed
	case late:
		return 0, os.ErrDeadlineExceeded
	}
	defer func() {
		if t.over.Err() != nil && recover() != nil {
			n, err = 0, net.ErrClosed // net/http panics if a goroutine writes that the handler left behind
		}
		t.mu.Lock()
		t.writing, late = false, t.writeUntil.passed()
		t.mu.Unlock()
		if err != nil && late {
			err = fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err) // net/http says only that the stream is closed
		}
	}()
	if n, err = t.w.Write(p); err == nil {
		err = t.rc.Flush()
	}
	return n, err
}

// interrupt ends the Write under way, and the stream with it: net/http has no other way. If none is under way the stream
// lives on, as a net.Conn does.
func (t *tunnel) interrupt() {
	defer func() {
		if t.over.Err() != nil {
			recover() // as in Write
		}
	}()
	if t.writing {
		t.rc.SetWriteDeadline(time.Unix(1, 0))
	}
}

// SetWriteDeadline implements Stream.
func (t *tunnel) SetWriteDeadline(d time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return net.ErrClosed
	}
	t.writeUntil.set(d)
	return nil
}

// CloseWrite implements Stream. Only the handler's return ends the response.
func (t *tunnel) CloseWrite() error { return errors.ErrUnsupported }

// Close implements Stream. It ends the reading; the rest of the end is the handler's return.
func (t *tunnel) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return net.ErrClosed
	}
	t.closed = true
	t.readUntil.stop()
	t.writeUntil.stop()
	t.rouse()
	return t.body.Close()
}
