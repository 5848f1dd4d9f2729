package golden

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
)

// Words are what is left of a line. Its methods take words off its front.
type Words struct {
	t    *testing.T
	line string // whole, for messages
	rest string
}

// Read returns the words of line.
func Read(t *testing.T, line string) *Words { return &Words{t: t, line: line, rest: line} }

// Fail ends the test: the line is not understood.
func (w *Words) Fail(why string) {
	w.t.Helper()
	w.t.Fatalf("%q: %s, before %q", w.line, why, w.rest)
}

// Is takes the words given off the front, if they stand there.
func (w *Words) Is(words string) bool {
	rest, ok := strings.CutPrefix(w.rest, words)
	if !ok || rest != "" && rest[0] != ' ' {
		return false
	}
	w.rest = strings.TrimLeft(rest, " ")
	return true
}

// Over reports whether no word is left.
func (w *Words) Over() bool { return w.rest == "" }

// End fails the test if a word is left.
func (w *Words) End() {
	if w.t.Helper(); !w.Over() {
		w.Fail("not understood")
	}
}

// Peek returns the next word and leaves it.
func (w *Words) Peek() string {
	word, _, _ := strings.Cut(w.rest, " ")
	return word
}

// Next takes a word, which is "" where none is left.
func (w *Words) Next() (word string) {
	word, w.rest, _ = strings.Cut(w.rest, " ")
	w.rest = strings.TrimLeft(w.rest, " ")
	return word
}

// Number takes a number.
func (w *Words) Number() int {
	w.t.Helper()
	n, err := strconv.Atoi(w.Next())
	if err != nil {
		w.Fail("a number is missing")
	}
	return n
}

// HasNumber reports whether the next word begins with a digit.
func (w *Words) HasNumber() bool { return w.rest != "" && w.rest[0] >= '0' && w.rest[0] <= '9' }

// HasString reports whether a string comes next.
func (w *Words) HasString() bool { return strings.HasPrefix(w.rest, `"`) }

// String takes a string in quotes, as Go writes them.
func (w *Words) String() string {
	w.t.Helper()
	quoted, err := strconv.QuotedPrefix(w.rest)
	if err != nil {
		w.Fail("a string in quotes is missing")
	}
	s, err := strconv.Unquote(quoted)
	if err != nil {
		w.Fail(err.Error())
	}
	w.rest = strings.TrimLeft(w.rest[len(quoted):], " ")
	return s
}

// Bytes takes bytes, each of two hexadecimal digits, as long as there are any.
func (w *Words) Bytes() (p []byte) {
	for {
		word, rest, _ := strings.Cut(w.rest, " ")
		b, err := hex.DecodeString(word)
		if err != nil || len(b) == 0 {
			return p
		}
		p, w.rest = append(p, b...), strings.TrimLeft(rest, " ")
	}
}
