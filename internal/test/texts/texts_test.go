package texts

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// TestKinds: every text is UTF-8 of the length that was asked for, and not the same as the next one.
func TestKinds(t *testing.T) {
	for _, k := range Kinds {
		for _, n := range []int{16, 1000, 64 << 10} {
			if p := k.Sized(n); len(p) != n || !utf8.Valid(p) {
				t.Errorf("%s: %d bytes of %d, valid: %v", k.Name, len(p), n, utf8.Valid(p))
			}
			list := k.Pieces(n)
			for _, p := range list {
				if len(p) > n || len(p) < n-utf8.UTFMax || !utf8.Valid(p) {
					t.Errorf("%s: %d bytes of %d, valid: %v", k.Name, len(p), n, utf8.Valid(p))
				}
			}
			if n >= 1000 && bytes.Equal(list[0], list[1]) {
				t.Errorf("%s: two texts of %d bytes are the same", k.Name, n)
			}
		}
	}
}

// TestJSON: it has one é or the like in 100 bytes.
func TestJSON(t *testing.T) {
	p := Named("json").Sized(64 << 10)
	if others := len(p) - utf8.RuneCount(p); others < len(p)/130 || others > len(p)/80 {
		t.Errorf("%d characters of two bytes in %d", others, len(p))
	}
}
