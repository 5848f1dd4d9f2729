package session

import (
	"math"
	"time"

	"github.com/mintws/mintws/mintws"
)

// Timing is how long things may take. In each field 0 means the default and a negative number that there is no bound.
type Timing struct {
	// Open is how long the opening handshake may take, from the request to the whole answer. Default 30 s.
	Open time.Duration
	// Ping is how long the peer of an open WebSocket may be silent before a Ping is due. Default 30 s.
	Ping time.Duration
	// Pong is how long the peer may be silent after that before it counts as gone. Any sign of life will do. Default 15 s.
	// Where it is negative, a Ping is due each time that Ping has passed in silence, and nobody waits for an answer.
	Pong time.Duration
	// Close is how long the closing handshake may take, from the first Close, and the end of the stream after it, for which
	// at most a second of that is left: there are peers that never end it. Default 5 s.
	Close time.Duration
}

// Defaults of Timing.
const (
	DefaultOpen  = 30 * time.Second // enough for TCP to send a lost answer four times more, after 1, 2, 4 and 8 s
	DefaultPing  = 30 * time.Second // many proxies drop a connection that was silent for a minute
	DefaultPong  = 15 * time.Second // so that a peer that is gone is noticed within 45 s
	DefaultClose = 5 * time.Second  // many round trips, and no longer than a program that is to end will wait
)

const (
	linger = time.Second // of Timing.Close, for the end of the stream: the round trips that it takes, and some
	grace  = time.Second // see Tick
	never  = math.MaxInt64
)

// Deadlines are the time of one WebSocket, as an immutable value of 24 bytes: what is waited for, and until when. Two calls
// keep it: Observe tells it what has become of the WebSocket, and Tick acts when the time has come. Next says when that is,
// for a timer. There is no need to set the timer anew after each Observe: Tick does nothing when it is called early, so a
// timer that runs out, or the slot of a timer wheel, calls it and waits for the Next that there is then.
//
// The zero Deadlines waits for nothing. All methods return the next value and leave the receiver as it was.
//
// Times are compared by their monotonic reading where they have one, so with those of time.Now a clock that is set does no
// harm. Without it a clock that is set back prolongs nothing beyond what Timing says, and one that jumps forward is treated
// like a call that comes late: see Tick. Times that are more than 292 years from that of NewDeadlines count as if they were
// just that far away.
type Deadlines struct {
	t    *timing
	due  int64 // when something is to be done, in nanoseconds after t.start
	wait wait
	late bool // Tick was called late, and due is put off once
}

// timing is what all Deadlines share that come from one call of NewDeadlines. Nobody writes it.
type timing struct {
	Timing           // with defaults filled in
	start  time.Time // a time for others to be measured from, so that one needs 8 bytes and not 24
}

// wait is a Wait, or the silence that a Ping ends.
type wait uint8

const silence = wait(ForEnd) + 1

// NewDeadlines returns the Deadlines of a WebSocket that nothing is known of yet: the first Observe begins. A program makes
// one and uses it for all its WebSockets, since they share the memory of t. now can be any time that is not centuries away
// from the others.
func NewDeadlines(t Timing, now time.Time) Deadlines {
	set := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	set(&t.Open, DefaultOpen)
	set(&t.Ping, DefaultPing)
	set(&t.Pong, DefaultPong)
	set(&t.Close, DefaultClose)
	return Deadlines{t: &timing{Timing: t, start: now}, due: never}
}

// Observe tells d that the WebSocket is in state st at the time now. Call it after whatever may have changed that, which is
// when something was received or sent. What it does:
//
//   - Connecting, Closing, Closed: the time for it runs from the first Observe in that state. What the peer says meanwhile does not
//     prolong it.
//   - Open: heard is a sign of life, and begins the time of silence anew. Any byte is one, not only a whole frame and not only
//     a Pong, so that a large message that takes minutes to arrive is no silence.
//   - Failed, Invalid: nothing is waited for any more.
//
// Silence proves nothing where nobody listens. Pass heard too
//
//   - while you do not read because you cannot keep up: the Pong lies in a buffer;
//   - when a socket that was full takes bytes again: the peer has acknowledged some, and the Ping waits behind the others.
//
// But not while you do not read because the peer does not, as [Pending.MayRead] says: if it takes nothing either, it is gone.
func (d Deadlines) Observe(now time.Time, st mintws.State, heard bool) Deadlines {
	if d.t == nil {
		return d
	}
	at := int64(now.Sub(d.t.start))
	switch st {
	case mintws.Connecting:
		d.enter(wait(ForAnswer), at)
	case mintws.Open:
		if heard || d.wait != wait(ForPong) {
			if heard {
				d.wait = 0
			}
			d.enter(silence, at)
		}
	case mintws.Closing:
		d.enter(wait(ForClose), at)
	case mintws.Closed:
		before := int64(never)
		if d.wait == wait(ForClose) {
			before = d.due
		}
		d.enter(wait(ForEnd), at)
		d.due = min(d.due, before)
	default:
		d.wait, d.due, d.late = 0, never, false
	}
	d.clamp(at)
	return d
}

// Next returns when Tick is to be called; the zero Time is never.
func (d Deadlines) Next() time.Time {
	if d.t == nil || d.due == never {
		return time.Time{}
	}
	return d.t.start.Add(time.Duration(d.due))
}

// Tick does what is to be done at the time now. Before Next that is nothing. Otherwise
//
//   - ping says that the peer has been silent for Timing.Ping: send it a Ping;
//   - err, a *[TimeoutError], says that what was waited for has not come, and that it is time to give up. After that nothing is
//     waited for; a program that goes on all the same begins anew with the next Observe.
//
// Read before you call it: what is waited for may have arrived and lie in the socket. For the same reason a call that comes
// more than a second after Next is taken for a program that was held up, or for a clock that jumped. It puts the error off,
// once and by a second, so that what has arrived can be read.
func (d Deadlines) Tick(now time.Time) (next Deadlines, ping bool, err error) {
	ping, late := d.tick(now)
	if late != nil {
		err = late
	}
	return d, ping, err
}

// tick is Tick, and moves d on itself.
func (d *Deadlines) tick(now time.Time) (ping bool, late *TimeoutError) {
	if d.t == nil || d.due == never {
		return false, nil
	}
	at := int64(now.Sub(d.t.start))
	d.clamp(at)
	switch {
	case at < d.due:
		return false, nil
	case d.wait == silence:
		d.wait = 0
		if d.t.Pong < 0 {
			d.enter(silence, at)
		} else {
			d.enter(wait(ForPong), at)
		}
		return true, nil
	case !d.late && uint64(at)-uint64(d.due) > uint64(grace): // at and due may be centuries apart, as no int64 is
		d.late, d.due = true, after(at, grace)
		return false, nil
	}
	late = &TimeoutError{For: Wait(d.wait), After: d.t.span(d.wait)}
	d.wait, d.due, d.late = 0, never, false
	return false, late
}

// Equal reports whether d and x wait for the same and have the same Timing. It is for tests: go-cmp uses it.
func (d Deadlines) Equal(x Deadlines) bool {
	if d.t == nil || x.t == nil {
		return d.t == x.t
	}
	return d.t.Timing == x.t.Timing && d.wait == x.wait && d.late == x.late && d.Next().Equal(x.Next())
}

// enter begins to wait for w, unless d does so already.
func (d *Deadlines) enter(w wait, at int64) {
	if d.wait != w {
		d.wait, d.late, d.due = w, false, after(at, d.t.span(w))
	}
}

// clamp keeps due as near as it would be if the wait began now: further away it is only after the clock was set back.
func (d *Deadlines) clamp(at int64) {
	span := d.t.span(d.wait)
	if d.late {
		span = grace
	}
	d.due = min(d.due, after(at, span))
}

// span returns how long w may take, a negative number where there is no bound.
func (t *timing) span(w wait) time.Duration {
	switch w {
	case silence:
		return t.Ping
	case wait(ForAnswer):
		return t.Open
	case wait(ForPong):
		return t.Pong
	case wait(ForClose):
		return t.Close
	case wait(ForEnd):
		return min(t.Close, linger)
	}
	return -1
}

// after returns the time that is d after at, or never.
func after(at int64, d time.Duration) int64 {
	if sum := at + int64(d); d >= 0 && sum >= at {
		return sum
	}
	return never
}
