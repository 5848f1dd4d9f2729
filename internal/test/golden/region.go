package golden

import (
	"os"
	"strings"
	"testing"
)

// The lines between which a document holds what a test makes.
const (
	begin = "<!-- begin: made by a test"
	end   = "<!-- end -->"
)

// Region checks that the part of file between the two marker lines is text. With -update it writes text there.
func Region(t *testing.T, file, text string) {
	t.Helper()
	has, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(has), begin)
	mark, rest, marked := strings.Cut(rest, "\n")
	_, after, ended := strings.Cut(rest, end)
	if !ok || !marked || !ended {
		t.Fatalf("%s has no lines %q and %q", file, begin, end)
	}
	Compare(t, file, has, []byte(before+begin+mark+"\n"+strings.TrimRight(text, "\n")+"\n"+end+after))
}
