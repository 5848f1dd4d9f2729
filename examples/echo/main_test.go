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
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/internal/echo"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
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
	url := serve(t, echo.New(echo.Options{})) + "/any/path?x=y"
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
	oldServer := httptest.NewServer(echo.New(echo.Options{}))
	defer oldServer.Close()
	stdout, stderr, code = program(t, "-http2", "ws"+strings.TrimPrefix(oldServer.URL, "http"))
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

// serve starts a server that speaks HTTP/1.1 and, to those who know beforehand, HTTP/2, and returns its URL.
func serve(t *testing.T, handler http.Handler) string {
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// TestNegotiated: over TLS the server chooses, and a WebSocket works with either choice.
func TestNegotiated(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(echo.New(echo.Options{}))
		server.EnableHTTP2 = http2
		server.StartTLS()
		defer server.Close()
		file := filepath.Join(t.TempDir(), "cert.pem")
		cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		if err := os.WriteFile(file, cert, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SSL_CERT_FILE", file)
		want := map[bool]string{false: "HTTP/1.1\n", true: "HTTP/2\n"}[http2] + transcript
		stdout, stderr, code := program(t, "wss"+strings.TrimPrefix(server.URL, "https"))
		if stdout != want || stderr != "" || code != 0 {
			t.Errorf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
		}
	}
}

// answers starts a server that does after the handshake what f does, and returns its URL.
func answers(t *testing.T, f func(s wshttp.Stream, ws mintws.WebSocket)) string {
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
		if err != nil {
			wshttp.Refuse(w, err)
			return
		}
		s, err := wshttp.Answer(w, r, status, header)
		if err != nil {
			return
		}
		f(s, ws)
		wshttp.Linger(s, 5*time.Second) //nolint:errcheck // the client is gone
	}))
}

// frames writes frames in the server's role, the last of them a Close.
func frames(s wshttp.Stream, ws mintws.WebSocket, list ...mintws.Frame) {
	var p []byte
	for _, f := range list {
		ws, p, _ = ws.AppendEncode(p, f)
	}
	s.Write(p)                                            //nolint:errcheck // the client sees it
	if errors.Is(s.CloseWrite(), errors.ErrUnsupported) { // HTTP/2: the stream lasts as long as the handler
		io.Copy(io.Discard, s) //nolint:errcheck // up to the client's Close
	}
}

// TestOtherServers: what servers do that do not simply echo.
func TestOtherServers(t *testing.T) {
	for name, c := range map[string]struct {
		url     string
		timeout time.Duration // for the whole program, 0 for a long one
		want    string        // in the error
	}{
		"refuses": {url: serve(t, http.NotFoundHandler()), want: "status 404"},
		"says nothing": {
			url:     answers(t, func(s wshttp.Stream, _ mintws.WebSocket) { io.Copy(io.Discard, s) }), //nolint:errcheck // none
			timeout: 200 * time.Millisecond, want: "4 of 4 did not come back",
		},
		"echoes something else": {
			url: answers(t, func(s wshttp.Stream, ws mintws.WebSocket) {
				io.ReadFull(s, make([]byte, 1)) //nolint:errcheck // none
				frames(s, ws, mintws.Text("Hello, 世界"), mintws.Text("binary?"), mintws.Close(mintws.CodeGoingAway, "enough"))
			}),
			want: "3 of 4 did not come back: the server closed",
		},
		"closes at once": {
			url: answers(t, func(s wshttp.Stream, ws mintws.WebSocket) {
				frames(s, ws, mintws.Close(mintws.CodeGoingAway, ""))
			}),
			want: "4 of 4 did not come back: the server closed",
		},
		"hangs up": {
			url:  answers(t, func(wshttp.Stream, mintws.WebSocket) {}),
			want: "closed without a complete closing handshake",
		},
		"breaks the protocol": {
			url: answers(t, func(s wshttp.Stream, _ mintws.WebSocket) {
				io.WriteString(s, "\x83\x00") //nolint:errcheck // none
			}),
			want: mintws.ErrReservedOpcode.Error(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, args := range [][]string{{c.url}, {"-http2", c.url}} {
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
	url := answers(t, func(s wshttp.Stream, ws mintws.WebSocket) {
		_, welcome, _ := ws.Encode(mintws.Text("Welcome"))
		s.Write(welcome)                //nolint:errcheck // none
		io.ReadFull(s, make([]byte, 1)) //nolint:errcheck // none
		frames(s, ws, append(wanted[:len(wanted):len(wanted)], mintws.Close(mintws.CodeNormal, ""))...)
	})
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
