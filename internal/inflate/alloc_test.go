//go:build !race

package inflate

import (
	"bytes"
	"testing"
)

// The race detector empties pools at random, so these are for builds without it.

// TestAllocs holds the package to its budget.
func TestAllocs(t *testing.T) {
	text := jsonText(1, 2000)
	message := deflated(t, 6, text)[0]
	fixedBlock := []byte("\xf2\x48\xcd\xc9\xc9\x07\x00")
	dst := make([]byte, 0, len(text))
	forgets, err := New(15, false)
	if err != nil {
		t.Fatal(err)
	}
	newest, _ := must(t, State{}, bomb(1)) // a whole window
	old, _ := must(t, newest, message)
	middle, _, _, _ := forgets.Append(nil, message[:len(message)/2], -1)
	finish := func(s State, src []byte) func() {
		return func() { _, _, _, err = s.Finish(dst, src, -1) }
	}
	for _, c := range []struct {
		what string
		most float64
		call func()
	}{
		{"dynamic codes, no takeover", 0, finish(forgets, message)},
		{"fixed codes, no takeover", 0, finish(forgets, fixedBlock)},
		{"the end of a message in pieces", 0, finish(middle, message[len(message)/2:])},
		{"takeover, the newest State: rarely a store", 0, func() { newest, _, _, err = newest.Finish(dst, message, -1) }},
		{"takeover, an older State: a store, in two parts", 2, finish(newest, message)},
		{"takeover, an even older one", 2, finish(old, message)},
		{"limit, within dynamic codes: the tables", 1, func() { _, _, _, _ = forgets.Finish(dst, message, 0) }},
		{"a fault: itself, its reason, what that names", 4, func() { _, _, _, _ = forgets.Append(dst, []byte{6}, -1) }},
		{"a header under way", 1, func() { _, _, _, err = forgets.Append(dst, message[:10], -1) }},
		{"text that does not fit", 1, func() { _, _, _, err = forgets.Finish(nil, message, -1) }},
		{"Equal", 0, func() { _ = newest.Equal(old) }},
	} {
		err = nil
		if n := testing.AllocsPerRun(200, c.call); n > c.most || err != nil {
			t.Errorf("%s: %v allocations, at most %v; %v", c.what, n, c.most, err)
		}
	}
	// A store for each half of a window of text.
	const messages = 400
	n := testing.AllocsPerRun(1, func() {
		newest = State{}
		for range messages {
			newest, _, _, err = newest.Finish(dst, message, -1)
		}
	})
	if stores := messages*len(text)/(16<<10) + 7; n > float64(2*stores) {
		t.Errorf("%v allocations for %d bytes of text, at most %d stores in two parts", n, messages*len(text), stores)
	}
	if !bytes.HasSuffix(newest.Window(), text) {
		t.Error("other text")
	}
}
