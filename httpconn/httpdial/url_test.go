package httpdial

import "testing"

// TestDialRefusesURL: what the URL must be is tested with the package that reads it; here, that Dial says so in its own
// terms.
func TestDialRefusesURL(t *testing.T) {
	for _, url := range []string{
		"", "example.org", "ftp://example.org", "ws://", "ws://example.org/#part", "ws://example.org:0", "ws://a:b c@d",
	} {
		refused(t, t.Context(), url, Options{}, "url", ErrInvalidURL)
	}
}
