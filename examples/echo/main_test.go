package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"
	"github.com/mintws/mintws/mintws/wstest"
)

const transcript = `→ Text           13  "Hello, 世界"
→ Binary          4  00 01 fe ff
→ Text           13  "one message, " …
→ Ping           10  "in between"
→ Continuation   13  "two fragments"
← Text           13  "Hello, 世界"
← Binary          4  00 01 fe ff
← Pong           10  "in between"
← Text           26  "one message, two fragments"
→ Close           3  1000 normal closure "bye"
← Close           0  1000 normal closure ""
`

// TestMain makes the test's binary the program itself where a test asks for that.
func TestMain(m *testing.M) {
	if os.Getenv("ECHO_EXAMPLE_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program runs main with args in a process of its own.
func program(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "ECHO_EXAMPLE_MAIN=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestProgram(t *testing.T) {
	url := start(t, wstest.Options{}) + "/any/path?x=y"
	const one, two = "HTTP/1.1\n" + transcript, "HTTP/2\n" + transcript
	for _, tt := range []struct {
		args []string
		want string
	}{{nil, one + two}, {[]string{"-http2"}, two}, {[]string{url}, one}, {[]string{"-http2", url}, two}} {
		stdout, stderr, code := program(t, tt.args...)
		if stdout != tt.want || stderr != "" || code != 0 {
			t.Errorf("%q: exit code %d, stderr %q, stdout\n%s", tt.args, code, stderr, stdout)
		}
	}
	stdout, stderr, code := program(t, "-help")
	if stdout != "" || !strings.Contains(stderr, "-http2") || code != 0 {
		t.Errorf("-help: exit code %d, stderr %q, stdout %q", code, stderr, stdout)
	}
	stdout, stderr, code = program(t, "-http2", start(t, wstest.Options{Protocols: []httpconn.Version{httpconn.HTTP1}}))
	if stdout != "" || !strings.Contains(stderr, "does not speak HTTP/2") || code != 1 {
		t.Errorf("HTTP/1.1 alone: exit code %d, stderr %q, stdout %q", code, stderr, stdout)
	}
	for _, args := range [][]string{{"ftp://example.org/"}, {"ws://127.0.0.1/#x"}, {"one", "two"}} {
		stdout, stderr, code = program(t, args...)
		if stdout != "" || !strings.HasPrefix(stderr, "echo: ") || code != 1 {
			t.Errorf("%q: exit code %d, stderr %q, stdout\n%s", args, code, stderr, stdout)
		}
	}
}

// start starts a server and returns its URL.
func start(t *testing.T, opt wstest.Options) string {
	server := wstest.NewServer(opt)
	t.Cleanup(server.Close)
	return server.URL
}

// TestNegotiated: over TLS the server chooses, and a WebSocket works with either choice.
func TestNegotiated(t *testing.T) {
	for _, protocols := range [][]httpconn.Version{{httpconn.HTTP1}, {httpconn.HTTP2}, {httpconn.HTTP1, httpconn.HTTP2}} {
		server := wstest.NewServer(wstest.Options{TLS: true, Protocols: protocols})
		defer server.Close()
		file := filepath.Join(t.TempDir(), "cert.pem")
		cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		if err := os.WriteFile(file, cert, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SSL_CERT_FILE", file)
		want := protocols[len(protocols)-1].String() + "\n" + transcript
		stdout, stderr, code := program(t, server.URL)
		if stdout != want || stderr != "" || code != 0 {
			t.Errorf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
		}
	}
}

// TestOtherServers: what servers do that do not simply echo.
func TestOtherServers(t *testing.T) {
	something := func(mintws.Frame) []mintws.Frame {
		return []mintws.Frame{mintws.Text("Hello, 世界"), mintws.Text("binary?"), mintws.Close(mintws.CodeGoingAway, "enough")}
	}
	for name, c := range map[string]struct {
		how     wstest.Behavior
		timeout time.Duration // for the whole program, 0 for a long one
		want    string        // in the error
	}{
		"refuses":               {how: wstest.Behavior{Refuse: 404}, want: "status 404"},
		"says nothing":          {how: wstest.Behavior{Fault: wstest.FaultSilence}, timeout: 200 * time.Millisecond, want: "4 of 4 did not come back"},
		"echoes something else": {how: wstest.Behavior{Reply: something}, want: "3 of 4 did not come back: the server closed"},
		"closes at once": {how: wstest.Behavior{Fault: wstest.FaultClose, Code: mintws.CodeGoingAway},
			want: "4 of 4 did not come back: the server closed"},
		"hangs up":            {how: wstest.Behavior{Fault: wstest.FaultVanish}, want: "closed without a complete closing handshake"},
		"breaks the protocol": {how: wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte("\x83\x00")}, want: mintws.ErrReservedOpcode.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			url := start(t, wstest.Options{Behavior: c.how})
			for _, args := range [][]string{{url}, {"-http2", url}} {
				ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(c.timeout, 20*time.Second))
				defer cancel()
				var w bytes.Buffer
				if err := run(ctx, args, &w); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%q: error %v, want one with %q; transcript\n%s", args, err, c.want, w.String())
				}
			}
		})
	}
}

// TestGreeting: a message that is no echo does no harm.
func TestGreeting(t *testing.T) {
	url := start(t, wstest.Options{Behavior: wstest.Behavior{Greeting: []mintws.Frame{mintws.Text("Welcome")}}})
	for _, args := range [][]string{{url}, {"-http2", url}} {
		var w bytes.Buffer
		err := run(t.Context(), args, &w)
		if err != nil || !strings.Contains(w.String(), `← Text            7  "Welcome"`) {
			t.Errorf("%q: %v\n%s", args, err, w.String())
		}
	}
}

// TestServerKeepsConnection: a server that completes the closing handshake but never closes the connection, or the stream,
// does not hold us up.
func TestServerKeepsConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, status, header, acceptErr := mintws.Accept(r, mintws.AcceptOptions{})
		if acceptErr != nil {
			return
		}
		s, answerErr := wshttp.Answer(w, r, status, header)
		if answerErr != nil {
			return
		}
		defer s.Close()
		io.ReadFull(s, make([]byte, 1)) //nolint:errcheck // none
		var p []byte
		for _, f := range append(wanted[:len(wanted):len(wanted)], mintws.Close(mintws.CodeNormal, "")) {
			ws, p, _ = ws.AppendEncode(p, f)
		}
		s.Write(p) //nolint:errcheck // none
		<-over
	})}
	go server.Serve(listener) //nolint:errcheck // it ends with Close
	defer server.Close()
	defer close(over)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, args := range [][]string{{}, {"-http2"}} {
		if err = run(ctx, append(args, "ws://"+listener.Addr().String()), io.Discard); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}
