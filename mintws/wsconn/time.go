package wsconn

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mintws/mintws/mintws"
)

// away is how long nobody may have been reading without that being taken for the peer's silence.
const away = time.Second

// observe notes that somebody is reading, and whether something was heard, and returns when the reader is to look at the time. What was
// not heard while nobody was listening proves nothing.
func (c *Conn) observe(heard bool) time.Time {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Observe(now, c.ws.State(), heard || now.Sub(c.listening) > away)
	c.listening = now
	return c.time.Next()
}

// until is when the reader is to look at the time.
func (c *Conn) until() time.Time { return c.observe(false) }

// silence is called where a read has brought nothing but err. It returns an error where there is no reason to go on.
func (c *Conn) silence(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return c.gone(err)
	}
	now := time.Now()
	c.mu.Lock()
	c.listening = now
	next, ping, late := c.time.Tick(now)
	c.time = next
	if ping && c.lost == nil {
		b := c.buffer()
		c.ws, b.b, _ = c.ws.AppendEncode(b.b, mintws.Ping(nil)) // it has been closed meanwhile, or it can be sent
	}
	c.mu.Unlock()
	if late != nil {
		return c.kill(late)
	}
	c.answer()
	return nil
}

// gone ends c where the stream has ended, with err.
func (c *Conn) gone(err error) error {
	c.mu.Lock()
	var how error
	c.ws, how = c.ws.EOF()
	lost := c.lost
	c.mu.Unlock()
	if err == io.EOF {
		err = nil
	}
	var end *mintws.CloseError
	if errors.As(how, &end) { // it is the WebSocket's own, and not to be written
		how = &mintws.CloseError{Code: end.Code, Reason: end.Reason, Err: errors.Join(err, lost)}
	}
	return c.kill(how)
}

// longAgo as a deadline ends a read or a write at once.
var longAgo = time.Unix(1, 0)

// watch lets a context interrupt the reading of a stream, or the writing. It needs no goroutine, and nothing is registered anew
// as long as the context stays the same.
type watch struct {
	set func(time.Time) error // the stream's SetReadDeadline or SetWriteDeadline

	mu    sync.Mutex
	done  <-chan struct{} // of the context that is watched
	stop  func() bool
	ended bool // that context has ended
	over  bool
}

// follow makes w watch ctx, and what it has watched before no more.
func (w *watch) follow(ctx context.Context) {
	done := ctx.Done()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.done == done {
		return
	}
	if w.stop != nil {
		w.stop()
	}
	w.done, w.stop, w.ended = done, nil, false
	if done == nil {
		return
	}
	w.stop = context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.done == done { // the context may have ended just when another took its place
			w.ended = true
			w.set(longAgo)
		}
	})
}

// arm sets the deadline that until returns, unless the context has ended or the Conn has: then ok is false. Until is called with
// w locked, so that a deadline computed earlier never takes the place of one computed later.
func (w *watch) arm(until func() time.Time) (ok bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended || w.over {
		return false, nil
	}
	return true, w.set(until())
}

// halt interrupts for good.
func (w *watch) halt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.stop != nil {
		w.stop()
	}
	w.set(longAgo)
}
