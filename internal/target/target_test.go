package target

import (
	"net/url"
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
		{"ws://example.org/\r\nX: y", "control character 0x0d"},
		{"ws://example.org/secret?secret\x7f", "control character 0x7f"},
		{" ws://example.org/", "no scheme"},
		{"ws:example.org/?u=http://secret", "no host"},
		{"example.org/secret?u=http://secret", "no scheme"},
		{"example.org:80/secret", "no scheme"},
		{"secret:word@example.org", "no scheme"},
		{"//me:secret@example.org/secret", "no scheme"},
		{"ftp:secret", "no scheme"},
		{"ws://example.org\\secret@evil.example/", "cannot be parsed"},
		{"ws://example.org\\path", "cannot be parsed"},
		{"ws://me:99999/secret@example.org/", "cannot be parsed"}, // its port is too large
		{"ws://example.org:http/secret?secret", `invalid port ":http"`},
		{"ws://exam ple.org/secret?a%zzsecret", "cannot be parsed"},
		{"https://example.org:0/secret#secret", "port 0"},
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

// TestParseEscapes: what browsers and people write in path and query becomes what RFC 3986 allows there, and nothing else
// is touched.
func TestParseEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"/a b?c d":                      "/a%20b?c%20d",
		`/"<>[]{}|\^` + "`":             "/%22%3C%3E%5B%5D%7B%7D%7C%5C%5E%60",
		`/?"<>[]{}|\^` + "`":            "/?%22%3C%3E%5B%5D%7B%7D%7C%5C%5E%60",
		"/räksmörgås?ö=日本":              "/r%C3%A4ksm%C3%B6rg%C3%A5s?%C3%B6=%E6%97%A5%E6%9C%AC",
		"/\xff?\x80":                    "/%FF?%80",
		"/a%20b%2f?%C3%a9":              "/a%20b%2f?%C3%a9", // as it was, in either case
		"/100%?x=%&y=%4":                "/100%25?x=%25&y=%254",
		"/%zz%u0041":                    "/%25zz%25u0041",
		"?a=[1]":                        "/?a=%5B1%5D",
		"":                              "/",
		"/?":                            "/?",
		"//a//b/../c/./":                "//a//b/../c/./",
		"/?a?b/c:@!$&'()*+,;=-._~":      "/?a?b/c:@!$&'()*+,;=-._~",
		"/a:@!$&'()*+,;=-._~/*":         "/a:@!$&'()*+,;=-._~/*",
		"/http://user@other.example:1/": "/http://user@other.example:1/",
	} {
		for _, front := range []string{"ws://example.org", "HTTPS://me:pass@example.org:81"} {
			got, err := Parse(front + in)
			if err != nil || got.URL.RequestURI() != want || got.Host != "example.org" {
				t.Errorf("%q: %v, %v, want %q", front+in, got.URL, err, want)
				continue
			}
			again, err := Parse("ws://example.org" + got.URL.RequestURI())
			if err != nil || again.URL.RequestURI() != want {
				t.Errorf("%q, once more: %v, %v", front+in, again.URL, err)
			}
		}
	}
}

// FuzzParse: no URL makes Parse panic, and what it accepts can be put on the wire: no byte that RFC 3986 forbids, and the
// same authority for whoever reads it as a URL.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"ws://a", "wss://u:p@[::1%25z]:81/a b?c#d", "http://exa%41mple\\x/%zz", "https://b\u00fc/?\xff", "ws:/x://y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Parse(s)
		if err != nil {
			return
		}
		uri := got.URL.RequestURI()
		if uri == "" || uri[0] != '/' || escape(uri) != uri || got.Host == "" {
			t.Fatalf("%q: %q, host %q", s, uri, got.Host)
		}
		again, err := Parse(got.URL.String())
		if err != nil || again.HostField() != got.HostField() || again.URL.RequestURI() != uri {
			t.Fatalf("%q is %v, which is %v, %v", s, got.URL, again.URL, err)
		}
	})
}

func TestBasic(t *testing.T) {
	for _, tt := range []struct {
		user      *url.Userinfo
		want, err string
	}{
		{url.UserPassword("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", ""},
		{url.User("Aladdin"), "Basic QWxhZGRpbjo=", ""},
		{url.UserPassword("", "a:ü"), "Basic OmE6w7w=", ""},
		{url.UserPassword("secret:", "secret"), "", "colon"},
		{url.UserPassword("secret", "secret\n"), "", "control character"},
		{url.UserPassword("secret\x7f", "secret"), "", "control character"},
	} {
		got, err := Basic(tt.user)
		if got != tt.want || (err != nil) != (tt.err != "") || err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%v: %q, %v", tt.user, got, err)
		}
	}
}
