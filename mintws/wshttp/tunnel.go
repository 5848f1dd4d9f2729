package wshttp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// tunnel is the stream on HTTP/2: the request's body and the response's.
//
// A deadline on a body of net/http's breaks the body when it passes, so that the reading that is interrupted cannot go
// on. For that reason one goroutine reads the body into a pipe, which has deadlines of the usual kind. It ends with
// Close.
type tunnel struct {
	r    net.Conn // our end of the pipe
	w    http.ResponseWriter
	rc   *http.ResponseController
	body io.Closer
	done chan struct{} // closed when the goroutine is over
	err  error         // why the body ended, if not by the peer's END_STREAM; set before the pipe ends

	writeUntil atomic.Int64 // nanoseconds of the epoch; 0 is never
	mu         sync.Mutex
	closed     bool // the handler may return, and then w must not be touched
}

// pumpSize is how much the goroutine takes from the body at once: a DATA frame of the default size.
const pumpSize = 16 << 10

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
	far, near := net.Pipe()
	t := &tunnel{r: near, w: w, rc: rc, body: r.Body, done: make(chan struct{})}
	go t.pump(r.Body, far)
	return t, nil
}

// pump copies the body into the pipe until one of them ends.
func (t *tunnel) pump(body io.Reader, far net.Conn) {
	defer close(t.done)
	defer far.Close()
	buf := make([]byte, pumpSize)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, closed := far.Write(buf[:n]); closed != nil {
				return
			}
		}
		if err != nil {
			if err != io.EOF {
				t.err = err
			}
			return
		}
	}
}

// Read implements Stream.
func (t *tunnel) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err == io.EOF && t.err != nil {
		err = t.err // a reset is not an end
	}
	return n, err
}

// Write implements Stream. What it has written is on its way when it returns.
func (t *tunnel) Write(p []byte) (int, error) {
	t.mu.Lock()
	closed := t.closed
	t.mu.Unlock()
	if closed {
		return 0, net.ErrClosed
	}
	n, err := t.w.Write(p)
	if err == nil {
		err = t.rc.Flush()
	}
	if until := t.writeUntil.Load(); err != nil && until != 0 && time.Now().UnixNano() >= until {
		err = fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err) // net/http says only that the stream is closed
	}
	return n, err
}

// CloseWrite implements Stream. Only the handler's return ends the response.
func (t *tunnel) CloseWrite() error { return errors.ErrUnsupported }

// SetReadDeadline implements Stream.
func (t *tunnel) SetReadDeadline(d time.Time) error { return t.r.SetReadDeadline(d) }

// SetWriteDeadline implements Stream. When it passes the stream is reset.
func (t *tunnel) SetWriteDeadline(d time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return net.ErrClosed
	}
	nano := int64(0)
	if !d.IsZero() {
		nano = d.UnixNano()
	}
	t.writeUntil.Store(nano)
	return t.rc.SetWriteDeadline(d)
}

// Close implements Stream. It ends the reading; the rest of the end is the handler's return.
func (t *tunnel) Close() error {
	t.mu.Lock()
	again := t.closed
	t.closed = true
	t.mu.Unlock()
	if again {
		return net.ErrClosed
	}
	err := errors.Join(t.r.Close(), t.body.Close())
	<-t.done
	return err
}
