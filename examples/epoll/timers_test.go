//go:build linux

package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestWheel: whatever is set and removed in whatever order, a connection is looked at when the earliest of the moments that were
// set for it has come, at most two ticks later, and once.
func TestWheel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	now := time.Now()
	w := wheel{at: now}
	conns := make([]conn, 50)
	want := map[*conn]time.Time{}
	const horizon = 254 * tick // what is later is looked at about then
	looked := 0
	for range 20000 {
		c := &conns[rnd.IntN(len(conns))]
		switch rnd.IntN(10) {
		case 0:
			w.remove(c)
			delete(want, c)
		case 1:
			w.set(c, time.Time{})
			delete(want, c)
		case 2, 3, 4, 5:
			due := now.Add(time.Duration(rnd.Int64N(int64(80*time.Second))) - time.Second)
			w.set(c, due)
			due = now.Add(min(max(0, due.Sub(now)), horizon)) // not before it was set
			if old, ok := want[c]; !ok || due.Before(old) {
				want[c] = due
			}
		default:
			now = now.Add(time.Duration(rnd.Int64N(int64(time.Second))))
			if rnd.IntN(500) == 0 {
				now = now.Add(time.Hour) // the machine was asleep
			}
			before := w.at
			w.advance(now, func(c *conn) {
				looked++
				due, ok := want[c]
				if delete(want, c); !ok || due.After(now) && due.Sub(now) > 2*tick {
					t.Fatalf("looked at %v before the time, or twice: %v", due.Sub(now), ok)
				}
			})
			for _, due := range want {
				if now.Sub(due) > 2*tick {
					t.Fatalf("%v late, %v", now.Sub(due), now.Sub(before))
				}
			}
		}
		count := 0
		for i := range conns {
			if conns[i].set {
				count++
			}
		}
		if count != len(want) || count != w.count {
			t.Fatalf("%d are set, the wheel counts %d, want %d", count, w.count, len(want))
		}
	}
	if looked < 1000 {
		t.Errorf("looked at %d", looked)
	}
	if ms := w.wait(now); w.count > 0 && ms > int(tick/time.Millisecond) || w.count == 0 && ms != -1 {
		t.Errorf("wait %d ms with %d set", ms, w.count)
	}
}

// TestWheelAllocs: deadlines take no memory but that in the connections.
func TestWheelAllocs(t *testing.T) {
	now := time.Now()
	w := wheel{at: now}
	conns := make([]conn, 1000)
	if n := testing.AllocsPerRun(10, func() {
		for i := range conns {
			w.set(&conns[i], now.Add(time.Duration(i)*tick/10))
		}
		now = now.Add(time.Minute)
		w.advance(now, func(c *conn) { w.set(c, now.Add(time.Second)) })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
