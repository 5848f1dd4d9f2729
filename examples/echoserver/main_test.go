package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"

	"golang.org/x/net/http2"
)

// TestMain makes the test's binary the program itself when it is started with this variable: the real main in a process
// of its own.
func TestMain(m *testing.M) {
	if os.Getenv("ECHOSERVER_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// listening finds the address in the log.
var listening = regexp.MustCompile(`msg=listening url=(\S+)`)

// readAddress reads the log up to where the address is.
func readAddress(t *testing.T, r *bufio.Reader) (scheme, addr string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if m := listening.FindStringSubmatch(line); m != nil {
			u, parseErr := url.Parse(m[1])
			if parseErr != nil {
				t.Fatal(parseErr)
			}
			return u.Scheme, u.Host
		}
		if err != nil {
			t.Fatalf("no address in the log: %q, %v", line, err)
		}
	}
}

// start runs the server in this process. stop ends it and returns its exit status and the rest of its log.
func start(t *testing.T, args ...string) (scheme, addr string, stop func() (int, string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r, w := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), w)
		w.Close()
	}()
	br := bufio.NewReader(r)
	scheme, addr = readAddress(t, br)
	rest := make(chan string, 1)
	go func() {
		b, err := io.ReadAll(br)
		if err != nil {
			t.Error(err)
		}
		rest <- string(b)
	}()
	return scheme, addr, func() (int, string) {
		cancel()
		return <-status, <-rest
	}
}

func TestRun(t *testing.T) {
	scheme, addr, stop := start(t, "-max-message", "10", "-max-frame", "10", "-idle", "10m", "-subprotocols", "a, b,", "-skip-utf8",
		"-origins", "https://one.example,https://two.example")
	if scheme != "ws" {
		t.Errorf("scheme is %q", scheme)
	}
	if _, err := dialClient(addr, "Origin: https://three.example"); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("foreign origin: %v", err)
	}
	c, err := dialClient(addr, "Origin: https://two.example", "Sec-WebSocket-Protocol: b")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Conn.Close()
	// Ten bytes of text that are not UTF-8: \xff. They are raw, because our own client would not send them.
	if _, err = io.WriteString(c.Conn, "\x81\x8a\x00\x00\x00\x00123456789\xff\x81\x8b\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	f, err := c.Next()
	if err == nil || !strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("got %v, %v; want the client to find the text invalid", f, err)
	}
	c.Conn.Close()
	status, log := stop()
	for _, want := range []string{"msg=refused", "status=403", "subprotocol=b in=1 out=1 bytesIn=10 bytesOut=10 code=1009", "msg=stopped"} {
		if !strings.Contains(log, want) {
			t.Errorf("log has no %q:\n%s", want, log)
		}
	}
	if status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestQuiet(t *testing.T) {
	_, addr, stop := start(t, "-quiet")
	c, err := dialClient(addr)
	if err != nil {
		t.Fatal(err)
	}
	if err = c.Send(mintws.Close(1000, "")); err != nil {
		t.Fatal(err)
	}
	if _, err = c.Finish(); err != nil {
		t.Error(err)
	}
	if status, log := stop(); status != 0 || strings.Contains(log, "remote=") {
		t.Errorf("exit status %d, log\n%s", status, log)
	}
}

func TestTLSFlags(t *testing.T) {
	cert, err := selfSigned()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: der},
	}
	for name, block := range files {
		if err = os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	for _, tt := range []struct {
		args   []string
		config *tls.Config
	}{
		{[]string{"-tls"}, &tls.Config{InsecureSkipVerify: true}}, // it is made anew at each start
		{[]string{"-cert", filepath.Join(dir, "cert.pem"), "-key", filepath.Join(dir, "key.pem")}, &tls.Config{RootCAs: roots}},
	} {
		scheme, addr, stop := start(t, tt.args...)
		conn, err := tls.Dial("tcp", addr, tt.config)
		if err != nil {
			t.Fatal(err)
		}
		c, err := openClient(conn, "/")
		if err != nil || scheme != "wss" {
			t.Fatal(scheme, err)
		}
		if err = c.Send(mintws.Close(1000, "")); err != nil {
			t.Fatal(err)
		}
		if _, err = c.Finish(); err != nil {
			t.Error(err)
		}
		if status, log := stop(); status != 0 {
			t.Errorf("exit status %d, log\n%s", status, log)
		}
	}
}

// TestHTTP2 shows that the server announces extended CONNECT on HTTP/2, with TLS and without (RFC 8441 section 3), and how
// many streams it takes.
func TestHTTP2(t *testing.T) {
	for _, args := range [][]string{{"-tls", "-max-streams", "9000"}, {"-max-streams", "9000"}, {}} {
		_, addr, stop := start(t, args...)
		var conn net.Conn
		var err error
		if slices.Contains(args, "-tls") {
			conn, err = tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		} else {
			conn, err = net.Dial("tcp", addr)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err = conn.SetDeadline(time.Now().Add(testLimit)); err != nil {
			t.Fatal(err)
		}
		framer := http2.NewFramer(conn, conn)
		if _, err = io.WriteString(conn, http2.ClientPreface); err != nil {
			t.Fatal(err)
		}
		if err = framer.WriteSettings(); err != nil {
			t.Fatal(err)
		}
		f, err := framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		settings, ok := f.(*http2.SettingsFrame)
		if !ok {
			t.Fatalf("first frame is %v", f)
		}
		if v, _ := settings.Value(http2.SettingEnableConnectProtocol); v != 1 {
			t.Errorf("%q: SETTINGS_ENABLE_CONNECT_PROTOCOL is %d, want 1", args, v)
		}
		want := uint32(250)
		if len(args) > 0 {
			want = 9000
		}
		if v, _ := settings.Value(http2.SettingMaxConcurrentStreams); v != want {
			t.Errorf("%q: SETTINGS_MAX_CONCURRENT_STREAMS is %d, want %d", args, v, want)
		}
		conn.Close()
		if status, log := stop(); status != 0 {
			t.Errorf("exit status %d, log\n%s", status, log)
		}
	}
}

// TestWrong has arguments that are refused before anything is started, and starts that fail.
func TestWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-help"}, 0, "-max-message"},
		{[]string{"-nonsense"}, 2, "not defined"},
		{[]string{"-max-streams", "-1"}, 2, "negative"},
		{[]string{"-max-connections", "0"}, 2, "1 at least"},
		{[]string{"-max-websockets", "0"}, 2, "1 at least"},
		{[]string{"-read-timeout", "0"}, 2, "positive"},
		{[]string{"-write-timeout", "-1s"}, 2, "positive"},
		{[]string{"-deflate-level", "10"}, 2, "Level"},
		{[]string{"-deflate-window", "100"}, 2, "SendWindow"},
		{[]string{"rest"}, 2, `unexpected argument "rest"`},
		{[]string{"-cert", "x"}, 2, "belong together"},
		{[]string{"-cert", "x", "-key", "x", "-tls"}, 2, "either"},
		{[]string{"-origins", "example.org"}, 2, "AllowedOrigins[0]"},
		{[]string{"-subprotocols", "a b"}, 2, `Subprotocols[0] has byte 0x20 at index 1, want a token`},
		{[]string{"-cert", "/does/not/exist", "-key", "x"}, 1, "exist"},
		{[]string{"-addr", taken.Addr().String()}, 1, "address already in use"},
	} {
		var b strings.Builder
		if status := run(context.Background(), tt.args, &b); status != tt.status || !strings.Contains(b.String(), tt.want) {
			t.Errorf("%q: exit status %d, %s; want %d with %q", tt.args, status, &b, tt.status, tt.want)
		}
	}
}
