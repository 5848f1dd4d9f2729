package main

import (
	"slices"
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	for _, tt := range []struct{ behavior, behaviorClose, want string }{
		{"OK", "OK", "OK"},
		{"OK", "INFORMATIONAL", "INFORMATIONAL"},
		{"INFORMATIONAL", "OK", "INFORMATIONAL"},
		{"NON-STRICT", "INFORMATIONAL", "NON-STRICT"},
		{"NON-STRICT", "UNCLEAN", "UNCLEAN"},
		{"INFORMATIONAL", "UNCLEAN", "UNCLEAN"},
		{"FAILED", "UNCLEAN", "FAILED"},
		{"UNIMPLEMENTED", "OK", "UNIMPLEMENTED"},
		{"", "", ""},
	} {
		if got := (result{Behavior: tt.behavior, BehaviorClose: tt.behaviorClose}).word(); got != tt.want {
			t.Errorf("%q, close %q: %q, want %q", tt.behavior, tt.behaviorClose, got, tt.want)
		}
	}
}

func TestCompareIDs(t *testing.T) {
	ids := strings.Fields("10.1.1 2.10 2.9 1.1.10 2 1.1.9 2.x")
	slices.SortFunc(ids, compareIDs)
	if got, want := strings.Join(ids, " "), "1.1.9 1.1.10 2 2.9 2.10 2.x 10.1.1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOneLine(t *testing.T) {
	for _, tt := range []struct {
		s    string
		n    int
		want string
	}{
		{" a \n b ", 3, "a b"},
		{"abcd", 3, "abc…"},
		{"aéb", 2, "a…"},
	} {
		if got := oneLine(tt.s, tt.n); got != tt.want {
			t.Errorf("oneLine(%q, %d) = %q, want %q", tt.s, tt.n, got, tt.want)
		}
	}
}
