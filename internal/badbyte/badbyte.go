// Package badbyte says what is wrong with a text that may be a secret, so that an error can name the fault and show nothing
// of the text but one byte.
package badbyte

import (
	"fmt"

	"golang.org/x/net/http/httpguts"
)

// Show returns b as errors show it.
func Show(b byte) string {
	if b > ' ' && b < 0x7f {
		return fmt.Sprintf("0x%02x (%q)", b, rune(b))
	}
	return fmt.Sprintf("0x%02x", b)
}

// At says that s has a byte at index i which it may not have.
func At(s string, i int) string { return fmt.Sprintf("has byte %s at index %d", Show(s[i]), i) }

// InToken says why s is no token (RFC 9110 section 5.6.2), or returns "".
func InToken(s string) string {
	for i := range len(s) {
		if !httpguts.IsTokenRune(rune(s[i])) {
			return At(s, i)
		}
	}
	if s == "" {
		return "is empty"
	}
	return ""
}

// InValue says why s is no field value (RFC 9110 section 5.5), or returns "": it holds control characters.
func InValue(s string) string {
	for i := range len(s) {
		if b := s[i]; b < ' ' && b != '\t' || b == 0x7f {
			return At(s, i)
		}
	}
	return ""
}
