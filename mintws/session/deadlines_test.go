package session_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

const sec = time.Second

// epoch is when the made-up clock of the tests begins.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// step is one call at a time after epoch, and what is due then.
type step struct {
	at    time.Duration
	state mintws.State // of Observe; Invalid stands for a call of Tick
	heard bool
	ping  bool           // what Tick says
	err   session.Wait   // the For of its error
	after time.Duration  // and the After
	next  *time.Duration // what Next says after epoch; nil: never
}

func in(d time.Duration) *time.Duration { return &d }

const (
	tick       = mintws.Invalid
	connecting = mintws.Connecting
	open       = mintws.Open
	closing    = mintws.Closing
	closed     = mintws.Closed
	failed     = mintws.Failed
)

var deadlineTests = map[string]struct {
	timing session.Timing
	steps  []step
}{
	"an answer in time": {steps: []step{
		{at: 1 * sec, state: connecting, next: in(31 * sec)},
		{at: 2 * sec, state: connecting, heard: true, next: in(31 * sec)}, // half an answer is no answer
		{at: 30 * sec, state: open, heard: true, next: in(60 * sec)},
	}},
	"no answer": {steps: []step{
		{state: connecting, next: in(30 * sec)},
		{at: 30*sec - 1, next: in(30 * sec)},
		{at: 30 * sec, err: session.ForAnswer, after: 30 * sec},
		{at: 31 * sec},
	}},
	"the default rounds": {steps: []step{
		{state: open, next: in(30 * sec)},
		{at: 20 * sec, state: open, next: in(30 * sec)}, // we sent something, which proves nothing
		{at: 29 * sec, state: open, heard: true, next: in(59 * sec)},
		{at: 30 * sec, next: in(59 * sec)}, // the timer that was set before
		{at: 59 * sec, ping: true, next: in(74 * sec)},
		{at: 60 * sec, state: open, next: in(74 * sec)},
		{at: 61 * sec, next: in(74 * sec)},
		{at: 73 * sec, state: open, heard: true, next: in(103 * sec)},
		{at: 103 * sec, ping: true, next: in(118 * sec)},
		{at: 118 * sec, err: session.ForPong, after: 15 * sec},
	}},
	"a Ping that is sent late": {steps: []step{
		{state: open, next: in(30 * sec)},
		{at: 500 * sec, ping: true, next: in(515 * sec)}, // the Pong has its whole time
		{at: 515 * sec, err: session.ForPong, after: 15 * sec},
	}},
	"who goes on after an error begins anew": {steps: []step{
		{state: open, next: in(30 * sec)},
		{at: 30 * sec, ping: true, next: in(45 * sec)},
		{at: 45 * sec, err: session.ForPong, after: 15 * sec},
		{at: 46 * sec, state: open, next: in(76 * sec)},
	}},
	"closing": {steps: []step{
		{state: open, next: in(30 * sec)},
		{at: 10 * sec, state: closing, next: in(15 * sec)},
		{at: 11 * sec, state: closing, heard: true, next: in(15 * sec)}, // messages that were on their way
		{at: 15 * sec, err: session.ForClose, after: 5 * sec},
	}},
	"closed, and the stream does not end": {steps: []step{
		{state: closing, next: in(5 * sec)},
		{at: 1 * sec, state: closed, heard: true, next: in(2 * sec)},
		{at: 1500 * time.Millisecond, state: closed, heard: true, next: in(2 * sec)},
		{at: 2 * sec, err: session.ForEnd, after: sec},
	}},
	"closed when the time for it is nearly over": {steps: []step{
		{state: closing, next: in(5 * sec)},
		{at: 4500 * time.Millisecond, state: closed, next: in(5 * sec)},
	}},
	"closed by the peer": {steps: []step{
		{state: open, next: in(30 * sec)},
		{at: 1 * sec, state: closed, next: in(2 * sec)},
	}},
	"failed": {steps: []step{
		{state: open, next: in(30 * sec)},
		{at: 1 * sec, state: failed},
		{at: 100 * sec},
	}},
	"failed when the program was held up": {steps: []step{
		{state: connecting, next: in(30 * sec)},
		{at: 40 * sec, next: in(41 * sec)},
		{at: 40 * sec, state: failed},
		{at: 100 * sec},
	}},
	"a clock that is set back when the program was held up": {steps: []step{
		{state: connecting, next: in(30 * sec)},
		{at: 40 * sec, next: in(41 * sec)},
		{at: 5 * sec, state: connecting, next: in(6 * sec)},
	}},
	"open when the program was held up": {steps: []step{
		{state: connecting, next: in(30 * sec)},
		{at: 40 * sec, next: in(41 * sec)},
		{at: 40 * sec, state: open, heard: true, next: in(70 * sec)},
		{at: 70 * sec, ping: true, next: in(85 * sec)},
		{at: 100 * sec, next: in(101 * sec)},
	}},
	"never": {timing: session.Timing{Open: -1, Ping: -1, Pong: -1, Close: -1}, steps: []step{
		{state: connecting}, {at: 1e6 * sec},
		{at: 1e6 * sec, state: open}, {at: 2e6 * sec},
		{at: 2e6 * sec, state: open, heard: true}, {at: 3e6 * sec},
		{at: 3e6 * sec, state: closing}, {at: 4e6 * sec},
		{at: 4e6 * sec, state: closed}, {at: 5e6 * sec},
	}},
	"pings that nobody waits for": {timing: session.Timing{Ping: 10 * sec, Pong: -1}, steps: []step{
		{state: open, next: in(10 * sec)},
		{at: 10 * sec, ping: true, next: in(20 * sec)},
		{at: 20 * sec, ping: true, next: in(30 * sec)},
		{at: 25 * sec, state: open, heard: true, next: in(35 * sec)},
	}},
	"a clock that is set back": {steps: []step{
		{at: 1000 * sec, state: open, next: in(1030 * sec)},
		{at: 10 * sec, state: open, next: in(40 * sec)},
		{at: 40 * sec, ping: true, next: in(55 * sec)},
		{at: 5 * sec, next: in(20 * sec)}, // Tick sees it too
		{at: 20 * sec, err: session.ForPong, after: 15 * sec},
	}},
	"a program that was held up": {steps: []step{
		{state: open, next: in(30 * sec)},
		{at: 30 * sec, ping: true, next: in(45 * sec)},
		{at: 90 * sec, next: in(91 * sec)}, // the Pong has been in the socket for a minute
		{at: 90 * sec, state: open, heard: true, next: in(120 * sec)},
		{at: 120 * sec, ping: true, next: in(135 * sec)},
		{at: 1000 * sec, next: in(1001 * sec)},
		{at: 1000 * sec, state: open, next: in(1001 * sec)}, // and this time it is not
		{at: 2000 * sec, err: session.ForPong, after: 15 * sec},
	}},
	"the answer lay in the socket": {steps: []step{
		{state: connecting, next: in(30 * sec)},
		{at: 31*sec + 1, next: in(32*sec + 1)},
		{at: 32*sec + 1, err: session.ForAnswer, after: 30 * sec},
	}},
	"a second is not late": {steps: []step{
		{state: connecting, next: in(30 * sec)},
		{at: 31 * sec, err: session.ForAnswer, after: 30 * sec},
	}},
	"times that saturate": {timing: session.Timing{Ping: math.MaxInt64}, steps: []step{
		{at: math.MinInt64, state: connecting, next: in(math.MinInt64 + 30*sec)},
		{at: math.MinInt64, next: in(math.MinInt64 + 30*sec)},
		{at: math.MaxInt64, next: nil, state: open},
		{at: math.MaxInt64, state: closing, next: nil}, // there is no time after it
		{at: math.MaxInt64},
	}},
	"late by centuries": {steps: []step{
		{at: math.MinInt64, state: connecting, next: in(math.MinInt64 + 30*sec)},
		{at: math.MaxInt64 - 10*sec, next: in(math.MaxInt64 - 9*sec)},
		{at: math.MaxInt64 - 9*sec, err: session.ForAnswer, after: 30 * sec},
	}},
}

// play takes one step, and reports what differs from what the step says.
func (s step) play(t *testing.T, d session.Deadlines) session.Deadlines {
	t.Helper()
	now, ping, err := epoch.Add(s.at), false, error(nil)
	if s.state == tick {
		d, ping, err = d.Tick(now)
	} else {
		d = d.Observe(now, s.state, s.heard)
	}
	var timeout *session.TimeoutError
	errors.As(err, &timeout)
	if timeout == nil {
		timeout = &session.TimeoutError{}
	}
	if want := (session.TimeoutError{For: s.err, After: s.after}); ping != s.ping || *timeout != want {
		t.Errorf("at %v: ping %v, error %v, want %v, %+v", s.at, ping, err, s.ping, want)
	}
	if next := d.Next(); s.next == nil && !next.IsZero() || s.next != nil && !next.Equal(epoch.Add(*s.next)) {
		t.Errorf("at %v: next is %v after the epoch, want %v", s.at, next.Sub(epoch), s.next)
	}
	return d
}

// TestDeadlines plays each conversation with a made-up clock, and then every old value once more.
func TestDeadlines(t *testing.T) {
	for name, tt := range deadlineTests {
		t.Run(name, func(t *testing.T) {
			values := []session.Deadlines{session.NewDeadlines(tt.timing, epoch)}
			for i, s := range tt.steps {
				values = append(values, s.play(t, values[i]))
			}
			for i, s := range tt.steps {
				if again := s.play(t, values[i]); again != values[i+1] {
					t.Errorf("step %d, again: %v, want %v", i, again, values[i+1])
				}
			}
		})
	}
}

// TestDeadlinesMonotonic: with times that have a monotonic reading, Next has one too, which is what a net.Conn and a timer
// go by.
func TestDeadlinesMonotonic(t *testing.T) {
	now := time.Now()
	next := session.NewDeadlines(session.Timing{}, now).Observe(now, connecting, false).Next()
	if next == next.Round(0) || next.Sub(now) != session.DefaultOpen {
		t.Errorf("Next is %v, want %v with a monotonic reading", next, now.Add(session.DefaultOpen))
	}
}

func TestDeadlinesZero(t *testing.T) {
	var zero session.Deadlines
	next, ping, err := zero.Observe(epoch, open, true).Tick(epoch)
	if next != zero || ping || err != nil || !zero.Next().IsZero() {
		t.Errorf("the zero Deadlines does something: %v, %v, %v", next, ping, err)
	}
	begun := session.NewDeadlines(session.Timing{}, epoch)
	if next, ping, err = begun.Tick(epoch.Add(1e6 * sec)); next != begun || ping || err != nil || !begun.Next().IsZero() {
		t.Errorf("Deadlines before the first Observe do something: %v, %v, %v", next, ping, err)
	}
}

// TestDeadlinesSize: what an idle connection costs.
func TestDeadlinesSize(t *testing.T) {
	if size := unsafe.Sizeof(session.Deadlines{}); size > 24 {
		t.Errorf("Deadlines have %d bytes, want 24 at most", size)
	}
}

func TestDeadlinesEqual(t *testing.T) {
	a := session.NewDeadlines(session.Timing{Ping: sec}, epoch)
	b := session.NewDeadlines(session.Timing{Ping: sec}, epoch.Add(-sec))
	if !cmp.Equal(a, b) || !cmp.Equal(a.Observe(epoch, open, false), b.Observe(epoch, open, true)) {
		t.Error("the same from another beginning is not equal")
	}
	for _, c := range []session.Deadlines{{}, session.NewDeadlines(session.Timing{}, epoch), a.Observe(epoch, closing, false)} {
		if cmp.Equal(a, c) || cmp.Equal(c, a) {
			t.Errorf("%+v and %+v are equal", a, c)
		}
	}
}

func TestDeadlinesAllocs(t *testing.T) {
	d := session.NewDeadlines(session.Timing{}, epoch)
	now := epoch
	n := testing.AllocsPerRun(100, func() {
		now = now.Add(sec)
		d = d.Observe(now, open, true)
		d, _, _ = d.Tick(now)
		_ = d.Next()
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestTimeoutError(t *testing.T) {
	var err error = &session.TimeoutError{For: session.ForPong, After: 15 * sec}
	var netErr net.Error
	if !errors.As(err, &netErr) || !netErr.Timeout() {
		t.Errorf("%v is no net.Error with Timeout", err)
	}
	if got, want := err.Error(), "session: a sign of life after a Ping has not come after 15s"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	texts := map[string]bool{}
	for w := session.Wait(0); w < 6; w++ {
		texts[w.String()] = true
	}
	if len(texts) != 6 {
		t.Errorf("texts of 6 waits: %v", texts)
	}
}

// TestDeadlinesAnyOrder: whatever is called in whatever order, nothing is due later than the longest wait from the time of the
// last call, and Tick before Next does nothing.
func TestDeadlinesAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	jumps := []time.Duration{0, 1, sec, 20 * sec, -20 * sec, 1e5 * sec, -1e5 * sec, math.MaxInt64 / 2, math.MinInt64 / 2}
	d, now := session.NewDeadlines(session.Timing{}, epoch), epoch
	for range 100_000 {
		now = now.Add(jumps[rnd.IntN(len(jumps))])
		if now.Sub(epoch).Abs() > 200*365*24*time.Hour {
			now = epoch
		}
		before := d
		if rnd.IntN(2) == 0 {
			d = d.Observe(now, mintws.State(rnd.IntN(7)), rnd.IntN(2) == 0)
		} else {
			var ping bool
			var err error
			d, ping, err = d.Tick(now)
			if early := before.Next().IsZero() || now.Before(before.Next()) && !before.Next().After(now.Add(30*sec)); early && (ping || err != nil) {
				t.Fatalf("a Tick at %v, before %v: ping %v, error %v", now, before.Next(), ping, err)
			}
		}
		if d.Next().After(now.Add(30 * sec)) {
			t.Fatalf("at %v the next is %v", now, d.Next())
		}
	}
}
