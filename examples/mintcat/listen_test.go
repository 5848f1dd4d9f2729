package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// startListening starts a server and returns its URL.
func startListening(t *testing.T, args ...string) (*running, string) {
	t.Helper()
	p := startProcess(t, append([]string{"--listen", "127.0.0.1:0"}, args...)...)
	p.err.wait(t, "/\n")
	return p, regexp.MustCompile(`ws://127\.0\.0\.1:\d+/`).FindString(p.err.String())
}

// TestListen: both ends are mintcat.
func TestListen(t *testing.T) {
	p, url := startListening(t, "--subprotocol", "b,a", "--compress", "-H", "X-Y: z", "--preamble", "welcome", "-v", "--wait", "forever")
	q := startProcess(t, url, "--subprotocol", "a,b", "--compress", "-v")
	q.wait("welcome\n")
	q.say(strings.Repeat("to the server ", 20) + "\n")
	p.wait(strings.Repeat("to the server ", 20) + "\n")
	p.say("to the client\n")
	q.wait("to the client\n")
	q.stdin.Close()
	if code := q.end(); code != 0 {
		t.Errorf("exit code %d of the client", code)
	}
	if code := p.end(); code != 0 {
		t.Errorf("exit code %d of the server", code)
	}
	for _, want := range []string{"> GET / HTTP/1.1\n", "Protocol: b\n", "X-Y: z\n", "permessage-deflate", "> Text RSV1, ", "< Text, 13 bytes, 15 on the wire: ", "> Close", "< Close"} {
		if !strings.Contains(p.err.String(), want) || !strings.Contains(q.err.String(), want) {
			t.Errorf("no %q in\n%s\nor\n%s", want, p.err.String(), q.err.String())
		}
	}
}

// TestListenRefuses: plain requests get an answer, and so does a second client and a page from elsewhere.
func TestListenRefuses(t *testing.T) {
	p, url := startListening(t, "--origin", "https://example.org")
	r, err := http.Get("http" + strings.TrimPrefix(url, "ws"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if r.StatusCode != http.StatusUpgradeRequired || len(text) == 0 {
		t.Errorf("a plain request gets %s %q", r.Status, text)
	}
	if _, stderr, code := mintcat(t, "", "--origin", "https://example.com", url); code != 4 || !strings.Contains(stderr, "403") {
		t.Errorf("another page: exit code %d, stderr %q", code, stderr)
	}
	c, err := wsconn.Dial(t.Context(), url, wsconn.Options{WebSocket: mintws.Options{Origin: "https://example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if _, stderr, code := mintcat(t, "", url); code != 4 || !strings.Contains(stderr, "There is a client already") {
		t.Errorf("a second client: exit code %d, stderr %q", code, stderr)
	}
	if err = c.Close(3000, "bye"); err != nil {
		t.Error(err)
	}
	if code := p.end(); code != 7 || !strings.Contains(p.err.String(), "3000") {
		t.Errorf("exit code %d, stderr %q", code, p.err.String())
	}
}

// TestListenOn: with --reconnect there is a next client, until a signal comes.
func TestListenOn(t *testing.T) {
	p, url := startListening(t, "--reconnect", "--preamble", "welcome")
	for range 3 {
		if stdout, stderr, code := mintcat(t, "hello\n", url); stdout != "welcome\n" || code != 0 {
			t.Fatalf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
		}
		p.wait("hello\n")
	}
	p.signal(syscall.SIGINT)
	if code := p.end(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}
