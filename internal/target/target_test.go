package target

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		url, address, remote, text, plain string
	}{
		{"ws://example.org", "example.org:80", "", "ws://example.org", "http://example.org"},
		{"wss://example.org/feed?token=1", "example.org:443", "", "wss://example.org", "https://example.org/feed?token=1"},
		{"http://example.org:8080/#part", "example.org:8080", "", "http://example.org:8080", "http://example.org:8080/"},
		{"https://example.org:/", "example.org:443", "", "https://example.org", "https://example.org/"},
		{"WSS://Example.ORG:0443/", "Example.ORG:443", "", "wss://Example.ORG:443", "https://Example.ORG:443/"},
		{"ws://user:secret@example.org/", "example.org:80", "", "ws://example.org", "http://example.org/"},
		{"ws://127.0.0.1:65535/", "127.0.0.1:65535", "", "ws://127.0.0.1:65535", "http://127.0.0.1:65535/"},
		{"ws://[::1]/", "[::1]:80", "", "ws://[::1]", "http://[::1]/"},
		{"wss://[2001:db8::1]:444/", "[2001:db8::1]:444", "", "wss://[2001:db8::1]:444", "https://[2001:db8::1]:444/"},
		{"ws://[fe80::1%25eth0]/", "[fe80::1%eth0]:80", "[fe80::1]:80", "ws://[fe80::1%eth0]", "http://[fe80::1]/"},
		{"ws://bücher.example/", "xn--bcher-kva.example:80", "", "ws://xn--bcher-kva.example", "http://xn--bcher-kva.example/"},
		{"ws://BÜCHER.Example:81", "xn--bcher-kva.example:81", "", "ws://xn--bcher-kva.example:81", "http://xn--bcher-kva.example:81"},
		{"ws://b%C3%BCcher.example/", "xn--bcher-kva.example:80", "", "ws://xn--bcher-kva.example", "http://xn--bcher-kva.example/"},
		{"ws://my_service.local./", "my_service.local.:80", "", "ws://my_service.local.", "http://my_service.local./"},
	} {
		got, err := Parse(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		if tt.remote == "" {
			tt.remote = tt.address
		}
		if got.Address() != tt.address || got.Remote() != tt.remote || got.String() != tt.text || got.Plain().String() != tt.plain {
			t.Errorf("%s: got %q, %q, %q, %q, want %q, %q, %q, %q", tt.url,
				got.Address(), got.Remote(), got, got.Plain(), tt.address, tt.remote, tt.text, tt.plain)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"", "no scheme"},
		{"example.org/feed", "no scheme"},
		{"//example.org/feed", "no scheme"},
		{"ftp://user:secret@example.org/", `scheme "ftp", want ws, wss, http or https`},
		{"ws+unix:///run/sock", `scheme "ws+unix"`},
		{"ws:example.org", "no host"},
		{"ws:///feed", "no host"},
		{"ws://:80/feed", "no host"},
		{"ws://example.org/#part", "a ws URL has no fragment"},
		{"wss://example.org/#", "a wss URL has no fragment"},
		{"ws://example.org:0/", "port 0 is not between 1 and 65535"},
		{"ws://example.org:65536/", "port 65536"},
		{"ws://example.org:99999999999999999999/", "port 99999999999999999999"},
		{"ws://example.org:http/", `invalid port ":http"`},
		{"ws://example.org:+80/", `invalid port ":+80"`},
		{"ws://::1/", "IPv6 address in brackets"},
		{"ws://[example.org]/", "cannot be parsed"},
		{"ws://[::1/", "cannot be parsed"},
		{"ws://exam ple.org/", "cannot be parsed"},
		{"ws://example.org/\r\nX: y", "cannot be parsed"},
		{"ws://a／b.example/", "disallowed"},
		{"ws://user:secret word@example.org/", "cannot be parsed"},
		{"ws://user:%zzsecret@example.org/", "cannot be parsed"},
		{"ws://user:secret/word@example.org/", "cannot be parsed"}, // its port is ":secret"
	} {
		_, err := Parse(tt.url)
		switch {
		case err == nil:
			t.Errorf("%q was accepted", tt.url)
		case !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret"):
			t.Errorf("%q: error %q, want %q", tt.url, err, tt.want)
		}
	}
}

func TestHostField(t *testing.T) {
	for url, want := range map[string]string{
		"ws://example.org": "example.org", "ws://example.org:80/": "example.org", "wss://example.org:443": "example.org",
		"wss://example.org:80": "example.org:80", "ws://example.org:0443": "example.org:443", "ws://[fe80::1%25eth0]/": "[fe80::1]",
		"ws://[::1]:81/": "[::1]:81", "https://BÜCHER.example/": "xn--bcher-kva.example",
	} {
		got, err := Parse(url)
		if err != nil || got.HostField() != want {
			t.Errorf("%s: %q, %v, want %q", url, got.HostField(), err, want)
		}
	}
}
