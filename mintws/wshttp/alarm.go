package wshttp

import (
	"sync"
	"time"
)

// alarm is a deadline and the timer that tells when it passes. Its methods are called with mu held.
type alarm struct {
	mu    *sync.Mutex
	ring  func()    // called with mu held when the deadline passes or has passed already
	until time.Time // zero is never
	timer *time.Timer
}

// set moves the deadline. A timer that fires for one that was moved in the meantime does no harm.
func (a *alarm) set(d time.Time) {
	a.until = d
	switch {
	case d.IsZero():
		a.stop()
	case a.passed():
		a.stop()
		a.ring()
	case a.timer == nil:
		a.timer = time.AfterFunc(time.Until(d), a.fired)
	default:
		a.timer.Reset(time.Until(d))
	}
}

// fired is called by the timer, without mu.
func (a *alarm) fired() {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.passed():
		a.ring()
	case !a.until.IsZero():
		a.timer.Reset(time.Until(a.until)) // the deadline was moved, or the wall clock set back
	}
}

// passed reports whether the deadline has passed.
func (a *alarm) passed() bool { return !a.until.IsZero() && time.Until(a.until) <= 0 }

// stop lets go of the timer. The deadline stays as it is.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
