package share

import (
	"context"
	"sync"
	"time"
)

// Watch lets a context interrupt the reading of a stream, or the writing. It needs no goroutine, and nothing is registered anew
// as long as the context stays the same.
type Watch struct {
	Set func(time.Time) error // the stream's SetReadDeadline or SetWriteDeadline

	mu    sync.Mutex
	done  <-chan struct{} // of the context that is watched
	stop  func() bool
	ended bool // that context has ended
	over  bool
}

// Follow makes w watch ctx, and what it has watched before no more.
func (w *Watch) Follow(ctx context.Context) {
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
			w.Set(longAgo)
		}
	})
}

// Arm sets the deadline that until returns, unless the context has ended or the Conn has: then ok is false. Until is called with
// w locked, so that a deadline computed earlier never takes the place of one computed later.
func (w *Watch) Arm(until func() time.Time) (ok bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended || w.over {
		return false, nil
	}
	return true, w.Set(until())
}

// Halt interrupts for good.
func (w *Watch) Halt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.stop != nil {
		w.stop()
	}
	w.Set(longAgo)
}
