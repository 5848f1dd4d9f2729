package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// startListening starts a server and returns its URL.
func startListening(t *testing.T, args ...string) (*running, string) {
	t.Helper()
	p := startProcess(t, append([]string{"--listen", "127.0.0.1:0"}, args...)...)
	p.err.wait(t, "/\n")
	return p, regexp.MustCompile(`wss?://127\.0\.0\.1:\d+/`).FindString(p.err.String())
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

// TestListenTLS: with a certificate the server speaks TLS, and a client shows its own to a server that asks.
func TestListenTLS(t *testing.T) {
	file := certificate(t)
	p, url := startListening(t, "--cert", file, "-v")
	stdout, stderr, code := mintcat(t, "hello\n", "--ca", file, "-v", url)
	p.wait("hello\n")
	if code != 0 || p.end() != 0 || stdout != "" || !strings.HasPrefix(url, "wss:") {
		t.Errorf("%s: exit code %d, stdout %q, stderr %q", url, code, stdout, stderr)
	}
	for _, text := range []string{stderr, p.err.String()} {
		if !strings.Contains(text, "> GET / HTTP/1.1\n") || !strings.Contains(text, `"hello"`) {
			t.Errorf("not shown: %s", text)
		}
	}

	shown := make(chan string, 1)
	asks := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown <- r.TLS.PeerCertificates[0].Subject.CommonName
	}))
	asks.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	asks.StartTLS()
	defer asks.Close()
	if _, stderr, code = mintcat(t, "", "--insecure", "--cert", file, "wss"+strings.TrimPrefix(asks.URL, "https")); code != 4 {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	if name := <-shown; name != "mintcat" {
		t.Errorf("the client shows the certificate of %q", name)
	}
}

// certificate writes one for loopback, which signs itself, and its key to a file.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mintcat"}, NotAfter: time.Now().AddDate(0, 0, 1),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	file := filepath.Join(t.TempDir(), "cert.pem")
	if err = os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
