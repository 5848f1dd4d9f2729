package main

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestAsked: what of the options stands in the request.
func TestAsked(t *testing.T) {
	asked := make(chan *http.Request, 1)
	opt := wstest.Options{Accept: mintws.AcceptOptions{Subprotocols: []string{"superchat"}, AllowedOrigins: []string{"https://example.org"}}}
	opt.Behave = func(r *http.Request) wstest.Behavior { asked <- r; return wstest.Behavior{} }
	url := startServer(t, opt) + "/a/b?c=d"
	for _, version := range []string{"--http1", "--http2"} {
		stdout, stderr, code := mintcat(t, "hi\n", version, "-H", "X-A: 1", "-H", "X-B:2:3", "--origin", "https://example.org", "--subprotocol", "chat, superchat",
			"--compress", url, "-v")
		r := <-asked
		if stdout != "hi\n" || code != 0 || r.Header.Get("X-A") != "1" || r.Header.Get("X-B") != "2:3" || r.URL.String() != "/a/b?c=d" ||
			r.Header.Get("Origin") != "https://example.org" || r.Header.Get("Sec-Websocket-Protocol") != "chat, superchat" ||
			!strings.Contains(r.Header.Get("Sec-Websocket-Extensions"), "permessage-deflate") || (r.ProtoMajor == 2) != (version == "--http2") {
			t.Errorf("%s: %v %v, exit code %d, stdout %q, stderr\n%s", version, r.URL, r.Header, code, stdout, stderr)
		}
	}
}

// TestReached: TLS, proxies, unix sockets.
func TestReached(t *testing.T) {
	server := wstest.NewServer(wstest.Options{TLS: true})
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	forward(t, "unix", path, func(io.ReadWriter) string { return server.Listener.Addr().String() })
	proxy := forward(t, "tcp", "127.0.0.1:0", connect)
	for _, args := range [][]string{
		{"--ca", ca}, {"--insecure"}, {"--ca", ca, "--http2"}, {"--ca", ca, "--http2", "--http1"},
		{"--ca", ca, "--proxy", "http://me:secret@" + proxy}, {"--ca", ca, "--proxy", "none"}, {"--ca", ca, "--unix", path},
	} {
		stdout, stderr, code := mintcat(t, "hi\n", append(args, "-v", server.URL)...)
		if stdout != "hi\n" || code != 0 {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

// forward listens, and connects whoever comes to where they want.
func forward(t *testing.T, network, address string, where func(io.ReadWriter) string) string {
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, acceptErr := l.Accept()
			if acceptErr != nil {
				return
			}
			go func() {
				defer c.Close()
				s, dialErr := net.Dial("tcp", where(c))
				if dialErr != nil {
					return
				}
				defer s.Close()
				go io.Copy(s, c)
				io.Copy(c, s)
			}()
		}
	}()
	return l.Addr().String()
}

// connect answers a CONNECT request, and returns what it is for. The client waits for the answer.
func connect(c io.ReadWriter) string {
	var head []byte
	for p := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, p...) {
		if _, err := c.Read(p); err != nil {
			return ""
		}
	}
	io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
	return strings.Fields(string(head))[1]
}

// TestFormats: how messages are printed.
func TestFormats(t *testing.T) {
	url := startServer(t, wstest.Options{Behavior: wstest.Behavior{Greeting: []mintws.Frame{
		mintws.Text("a\nb \x1b[2J <\"é"), mintws.Binary([]byte{0, 1, 0x7e}), {Opcode: mintws.OpText, More: true, Payload: []byte("x")},
		{Opcode: mintws.OpContinuation, Payload: []byte("y")}, mintws.Ping(nil), mintws.Close(1000, "bye")}}})
	const stamp = `\d\d:\d\d:\d\d\.\d\d\d `
	for _, tt := range []struct {
		args []string
		want string // a regular expression
	}{
		{nil, regexp.QuoteMeta("a\nb \x1b[2J <\"é\n00 01 7e\nxy\n")},
		{[]string{"-t"}, stamp + "a\nb \x1b\\[2J <\"é\n" + stamp + "00 01 7e\n" + stamp + "xy\n"},
		{[]string{"-b"}, regexp.QuoteMeta("a\nb \x1b[2J <\"é\x00\x01~xy")},
		{[]string{"--format", "json"}, regexp.QuoteMeta(`{"text":"a\nb \u001b[2J <\"é"}` + "\n" + `{"binary":"AAF+"}` + "\n" + `{"text":"xy"}` + "\n")},
		{[]string{"--format=json", "-t", "-1"}, `\{"time":"[-0-9T:.Z+]+","text":"a\\nb .*\}` + "\n"},
		{[]string{"--format", "hex"}, "Text, 13 bytes\n00000000 .*\nBinary, 3 bytes\n00000000  00 01 7e .*\nText, 2 bytes\n00000000  78 79 .* \\|xy\\|\n"},
		{[]string{"-1"}, regexp.QuoteMeta("a\nb \x1b[2J <\"é\n")},
		{[]string{"-1", "-b", "--http2"}, regexp.QuoteMeta("a\nb \x1b[2J <\"é")},
	} {
		stdout, stderr, code := mintcat(t, "", append(tt.args, "--wait", "forever", url)...)
		if !regexp.MustCompile("^"+tt.want+"$").MatchString(stdout) || stderr != "" || code != 0 {
			t.Errorf("%q: exit code %d, stderr %q, stdout %q, want %q", tt.args, code, stderr, stdout, tt.want)
		}
	}
}

// TestVerbose: the handshake and the frames are on standard error, without secrets unless they are asked for.
func TestVerbose(t *testing.T) {
	server := wstest.NewServer(wstest.Options{TLS: true})
	defer server.Close()
	args := []string{"--insecure", "-v", "-H", "Cookie: s3cr3t", "--auth-command", "echo Bearer s3cr3t", server.URL + "/feed?token=s3cr3t"}
	for version, want := range map[string][]string{
		"--http1": {"> GET /feed?token=… HTTP/1.1\n", "\n>   Authorization: …\n", "\n< HTTP/1.1 101 ", "\n> Text, 2 bytes, 8 on the wire: 81 82 ",
			"\n< Text, 2 bytes, 4 on the wire: 81 02 | 68 69 | \"hi\"\n", "\n> Close, ", "\n< Close, "},
		"--http2": {"> PRI * HTTP/2.0\n", "\n> SETTINGS ", "\n>   :path: /feed?token=…\n", "\n>   authorization: …\n", "\n<   :status: 200\n",
			"\n> DATA ", "\n> [1] Text, 2 bytes, 8 on the wire: 81 82 ", "\n< [1] Text, 2 bytes, 4 on the wire: 81 02 | 68 69 | \"hi\"\n"},
	} {
		stdout, stderr, code := mintcat(t, "hi\n", append(args, version)...)
		for _, w := range want {
			if !strings.Contains(stderr, w) {
				t.Errorf("%s: no %q in\n%s", version, w, stderr)
			}
		}
		if stdout != "hi\n" || code != 0 || strings.Contains(stderr, "s3cr3t") {
			t.Errorf("%s: exit code %d, stdout %q, stderr\n%s", version, code, stdout, stderr)
		}
		_, stderr, _ = mintcat(t, "", append(args, version, "--secrets")...)
		if strings.Count(stderr, "s3cr3t") < 3 {
			t.Errorf("%s: the secrets are not shown:\n%s", version, stderr)
		}
	}
}

// TestMuch: as much as one likes, both ways at once, and a message of any size with -b.
func TestMuch(t *testing.T) {
	url := startServer(t, wstest.Options{Accept: mintws.AcceptOptions{Limits: mintws.Limits{MaxFrame: -1, MaxMessage: -1}}})
	lines := func(kib int) string { return strings.Repeat(strings.Repeat("x", 1023)+"\n", kib) }
	for _, tt := range []struct {
		input string
		args  []string
		end   string
	}{
		{input: lines(8 << 10), args: []string{"--http1"}}, // more than the buffers of two sockets
		{input: lines(2 << 10), args: []string{"--http2"}},
		{input: strings.Repeat("y", 17<<20), args: []string{"-b"}},
		{input: strings.Repeat("z", 1<<20), args: []string{"--compress"}, end: "\n"},
	} {
		if stdout, stderr, code := mintcat(t, tt.input, append(tt.args, url)...); stdout != tt.input+tt.end || stderr != "" || code != 0 {
			t.Errorf("%s: exit code %d, %d bytes, want %d; stderr %q", tt.args, code, len(stdout), len(tt.input), stderr)
		}
	}
}
