package mintws_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// TestAllowedOrigins holds each entry to the origins that a browser sends for pages, those that are allowed and those that
// are not.
func TestAllowedOrigins(t *testing.T) {
	tests := []struct {
		allowed string
		yes, no []string
	}{
		{"https://*.example.org",
			[]string{"https://a.example.org", "https://a.b.example.org", "https://A.Example.org", "https://a.example.org:443"},
			[]string{"https://example.org", "https://.example.org", "http://a.example.org", "https://a.example.org:8443",
				"https://aexample.org", "https://a.example.org.evil.example", "https://a.example.org.", "null", "https://*.example.org.",
				"https://a.example.org@evil.example", "https://a.example.org/"}},
		{"HTTPS://*.Example.ORG:8443", []string{"https://a.example.org:8443"}, []string{"https://a.example.org", "https://example.org:8443"}},
		{"https://bücher.example", []string{"https://xn--bcher-kva.example"}, []string{"https://bcher.example", "https://bücher.example"}},
		{"https://*.BÜCHER.example", []string{"https://a.xn--bcher-kva.example"}, []string{"https://xn--bcher-kva.example"}},
		{"https://faß.example", []string{"https://xn--fa-hia.example"}, []string{"https://fass.example"}},
		{"https://xn--bcher-kva.example", []string{"https://xn--bcher-kva.example"}, nil},
		{"https://例え。テスト", []string{"https://xn--r8jz45g.xn--zckzah"}, nil},
		{"http://１２７.0.0.1", []string{"http://127.0.0.1"}, nil},
		{"http://[0:0:0:0:0:0:0:1]:8080", []string{"http://[::1]:8080"}, []string{"http://[::1]", "http://[::2]:8080"}},
		{"http://[::ffff:127.0.0.1]", []string{"http://[::ffff:7f00:1]"}, []string{"http://127.0.0.1"}},
		{"http://localhost:08080", []string{"http://localhost:8080"}, nil},
		{"https://a_b.example", []string{"https://a_b.example"}, nil},
		{"https://r3---sn-abc.example", []string{"https://r3---sn-abc.example"}, nil},
		{"https://example.org.", []string{"https://example.org."}, []string{"https://example.org"}},
		{"chrome-extension://abcdefgh", []string{"chrome-extension://abcdefgh"}, []string{"https://abcdefgh"}},
		{"null", []string{"null"}, []string{"https://example.org", ""}},
		{"*", []string{"null", "https://example.org", "anything"}, nil},
	}
	for _, tt := range tests {
		opt := mintws.AcceptOptions{AllowedOrigins: []string{"https://other.example", tt.allowed}}
		if err := opt.Check(); err != nil {
			t.Errorf("%q: %v", tt.allowed, err)
		}
		for i, o := range append(tt.yes, tt.no...) {
			r := upgradeRequest(t, "Origin: "+o)
			if _, _, _, err := mintws.Accept(r, opt); (err == nil) != (i < len(tt.yes)) {
				t.Errorf("AllowedOrigins %q, Origin %q: %v", tt.allowed, o, err)
			}
		}
	}
}

// TestAcceptAbsoluteForm: a request in the form that is made to a proxy is accepted, as every server must (RFC 9112 section
// 3.2.2).
func TestAcceptAbsoluteForm(t *testing.T) {
	for _, target := range []string{"http://server.example.com/chat", "http://server.example.com", "/*", "//a", "/"} {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatal(err)
		}
		r := upgradeRequest(t)
		r.URL, r.RequestURI = u, target
		if _, _, _, err = mintws.Accept(r, mintws.AcceptOptions{}); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// TestAllowedOriginsThatMatchNothing: entries that are mistakes, as no browser sends anything equal to them, are errors.
func TestAllowedOriginsThatMatchNothing(t *testing.T) {
	for entry, want := range map[string]string{
		"":                               "want",
		"example.org":                    "want",
		"*.example.org":                  "want",
		"//example.org":                  "want",
		"https://":                       "want",
		"https://*":                      "want",
		"https://*.":                     "want",
		"https://*.*.example.org":        "want",
		"https://a.*.example.org":        "want",
		"https://*a.example.org":         "want",
		"https://example.*":              "want",
		"https://example.org/":           "want",
		"https://example.org?":           "want",
		"https://example.org#a":          "want",
		"https://example.org/secret":     "want",
		"https://secret@example.org":     "want",
		"https://u:secret@example.org":   "want",
		"https://example.org:":           "want",
		"https://example.org:0":          "want",
		"https://example.org:65536":      "want",
		"https://example.org:*":          "want",
		"https://ex%61mple.org":          "want",
		"https://exa mple.org":           "want",
		"https://exam\nple.org":          "want",
		"https://[::1":                   "want",
		"NULL":                           "want",
		"wss://example.org":              "scheme",
		"ws://*.example.org":             "scheme",
		"https://[fe80::1%25eth0]":       "want",
		"https://127.1":                  "IPv4",
		"https://0x7f000001":             "IPv4",
		"https://256.0.0.1":              "IPv4",
		"https://a.0x":                   "IPv4",
		"https://1.2.3.4.":               "IPv4",
		"https://*.0.0.1":                "IPv4",
		"https://*.127.0.0.1":            "below",
		"https://*.[::1]":                "below",
		"https://xn--a.example":          "name",
		"https://xn--":                   "name",
		"https://\u00ad":                 "name",
		"https://xn--bcher-kva8.example": "name",
		"https://a\u200b\u2488.example":  "name",
		"https://a／b.example":            "character",
		"https://a<b.example":            "character",
		"moz-extension://bücher":         "Unicode",
	} {
		opt := mintws.AcceptOptions{AllowedOrigins: []string{"https://example.org", entry}}
		err := opt.Check()
		if !errors.Is(err, mintws.ErrInvalidOptions) || !strings.Contains(err.Error(), "AllowedOrigins[1]") ||
			!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("AllowedOrigins %q: %v, want %q in it", entry, err, want)
		}
	}
}

// FuzzAllowedOrigins: an entry that is accepted matches the origin that is spelled like it, or one below.
func FuzzAllowedOrigins(f *testing.F) {
	for _, s := range []string{"https://example.org", "https://*.example.org:8443", "https://bücher.example", "http://[::1]:80", "https://127.1",
		"https://xn--bcher-kva.example", "null", "*", "app://x", "https://example.org."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		opt := mintws.AcceptOptions{AllowedOrigins: []string{entry}}
		if opt.Check() != nil {
			return
		}
		for _, c := range entry {
			if c >= 0x80 {
				return // browsers spell it otherwise
			}
		}
		r := upgradeRequest(t)
		r.Header.Set("Origin", strings.Replace(entry, "://*.", "://a.", 1))
		if _, _, _, err := mintws.Accept(r, opt); err != nil {
			t.Errorf("%q does not mean itself: %v", entry, err)
		}
	})
}
