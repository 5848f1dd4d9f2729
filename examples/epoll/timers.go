//go:build linux

package main

import "time"

// wheel is a timer wheel: a ring of slots, each with the connections to look at when its moment has come. Setting and removing
// change a few pointers, however many connections there are, and take no memory beside these.
//
// A deadline moves with each frame that is received. A connection stays where it is then: it is looked at too early, at most once
// in the time that it waits, and put where it belongs by now. Only one that is to be looked at earlier moves.
type wheel struct {
	slots [256]*conn // lists
	at    time.Time  // the moment of slots[cur]: everything before was looked at
	cur   uint8
	count int
}

const tick = 250 * time.Millisecond // 256 of them are 64 s; what is later is looked at then, and set again

// set has c looked at not before due, and not much later, unless that will happen earlier anyway. The zero time is never.
func (w *wheel) set(c *conn, due time.Time) {
	if due.IsZero() {
		w.remove(c)
		return
	}
	ahead := uint8(min(max(1, (due.Sub(w.at)+tick-1)/tick), time.Duration(len(w.slots)-1)))
	if c.set {
		if c.slot-w.cur <= ahead { // modulo 256, as everything here
			return
		}
		w.remove(c)
	}
	c.slot, c.set = w.cur+ahead, true
	if c.next = w.slots[c.slot]; c.next != nil {
		c.next.prev = c
	}
	w.slots[c.slot] = c
	w.count++
}

func (w *wheel) remove(c *conn) {
	if !c.set {
		return
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		w.slots[c.slot] = c.next
	}
	c.next, c.prev, c.set = nil, nil, false
	w.count--
}

// advance calls f for the connections whose moment has come. They are out of the wheel then; f sets those again that go on.
func (w *wheel) advance(now time.Time, f func(*conn)) {
	if idle := now.Sub(w.at); idle > time.Duration(len(w.slots))*tick { // once around is enough
		w.at = now.Add(-time.Duration(len(w.slots)) * tick)
	}
	for next := w.at.Add(tick); !next.After(now); next = w.at.Add(tick) {
		w.cur++
		w.at = next
		for c := w.slots[w.cur]; c != nil; c = w.slots[w.cur] { // f may change the list; it puts nothing into this one
			w.remove(c)
			f(c)
		}
	}
}

// wait is how many milliseconds nothing has to be looked at; -1 is for ever.
func (w *wheel) wait(now time.Time) int {
	if w.count == 0 {
		return -1
	}
	return int(max(0, w.at.Add(tick).Sub(now)+time.Millisecond-1) / time.Millisecond) // a turn that comes too early would be for nothing
}
