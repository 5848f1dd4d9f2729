//go:build !race

package hpack

import (
	"errors"
	"strings"
	"testing"
)

// The race detector empties pools at random, so these are for builds without it.

// TestAllocs holds the package to its budget.
func TestAllocs(t *testing.T) {
	table, _, err := Table{}.AppendFields(nil, responseHead, Limits{})
	if err != nil || table.Len() != 3 {
		t.Fatal(err)
	}
	fields, head := make([]Field, 0, 8), make([]byte, 0, 256)
	one := incremental(0, "name", "value").appendTo(nil, false)
	update, newest := []byte{0x3f, 0xe0, 0x1f, 0x88}, table
	for _, c := range []struct {
		what string
		most float64
		call func()
	}{
		{"indices", 0, func() { _, _, err = table.AppendFields(fields, responseAgain, Limits{}) }},
		{"a size update", 0, func() { _, _, err = table.AppendFields(fields, update, Limits{}) }},
		{"three values, one name", 4, func() { _, _, err = table.AppendFields(fields, responseNoneIn, Limits{}) }},
		{"insertion into the newest value: two strings, and rarely a store", 2,
			func() { newest, _, err = newest.AppendFields(fields, one, Limits{}) }},
		{"insertion into an older value: two strings and a store", 4,
			func() { _, _, err = table.AppendFields(fields, one, Limits{}) }},
		{"encoding", 0, func() { head = appendHead(head[:0]) }},
		{"encoding an update", 0, func() { head = AppendTableSizeUpdate(head[:0], 4096) }},
		{"Equal", 0, func() { _ = table.Equal(newest) }},
	} {
		if n := testing.AllocsPerRun(200, c.call); n > c.most || err != nil {
			t.Errorf("%s: %v allocations, at most %v; %v", c.what, n, c.most, err)
		}
	}
}

// TestAllocsTooLarge: a string beyond the limit costs nothing but its error, and nothing beyond that when more follow.
func TestAllocsTooLarge(t *testing.T) {
	block := rep{0x00, 0x0f, 1, "", strings.Repeat("0", 1<<18)}.appendTo(nil, true)
	for range 2 {
		var err error
		call := func() { _, _, err = Table{}.AppendFields(nil, block, Limits{}) }
		if n := testing.AllocsPerRun(20, call); n > 6 || !errors.Is(err, ErrTooLarge) {
			t.Errorf("%v allocations for %d bytes: %v", n, len(block), err)
		}
		block = append(block, block...)
	}
}
