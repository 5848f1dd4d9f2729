package badbyte

import (
	"testing"

	"golang.org/x/net/http/httpguts"
)

// TestSameAsHTTPGuts: what is found is what x/net refuses, for every byte at every place.
func TestSameAsHTTPGuts(t *testing.T) {
	for i := range 256 {
		b := string([]byte{byte(i)})
		for _, s := range []string{b, b + "a", "a" + b, "a" + b + "a"} {
			if got := InToken(s); (got == "") != httpguts.ValidHeaderFieldName(s) {
				t.Errorf("InToken(%q) = %q", s, got)
			}
			if got := InValue(s); (got == "") != httpguts.ValidHeaderFieldValue(s) {
				t.Errorf("InValue(%q) = %q", s, got)
			}
		}
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{InToken(""), "is empty"},
		{InToken("secret word"), "has byte 0x20 at index 6"},
		{InToken("secret:"), "has byte 0x3a (':') at index 6"},
		{InToken("s\xc3\xa9cret"), "has byte 0xc3 at index 1"},
		{InToken("secret"), ""},
		{InValue(""), ""},
		{InValue("secret\nsecret"), "has byte 0x0a at index 6"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
