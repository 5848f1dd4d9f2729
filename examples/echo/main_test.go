package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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
	stdout, stderr, code := program(t)
	if stdout != transcript || stderr != "" || code != 0 {
		t.Errorf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
	}
	server := httptest.NewServer(echo.New(echo.Options{}))
	defer server.Close()
	stdout, stderr, code = program(t, "ws"+strings.TrimPrefix(server.URL, "http")+"/any/path?x=y")
	if stdout != transcript || stderr != "" || code != 0 {
		t.Errorf("with a URL: exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
	}
	for _, args := range [][]string{{"ftp://example.org/"}, {"ws://127.0.0.1/#x"}, {"one", "two"}} {
		stdout, stderr, code = program(t, args...)
		if stdout != "" || !strings.HasPrefix(stderr, "echo: ") || code != 1 {
			t.Errorf("%q: exit code %d, stderr %q, stdout\n%s", args, code, stderr, stdout)
		}
	}
}

// answers starts a server that does after the handshake what f does, and returns its URL.
func answers(t *testing.T, f func(s wshttp.Stream, ws mintws.WebSocket)) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// frames writes frames in the server's role.
func frames(s io.Writer, ws mintws.WebSocket, list ...mintws.Frame) {
	var p []byte
	for _, f := range list {
		ws, p, _ = ws.AppendEncode(p, f)
	}
	s.Write(p) //nolint:errcheck // the client sees it
}

// TestOtherServers: what servers do that do not simply echo.
func TestOtherServers(t *testing.T) {
	refuses := httptest.NewServer(http.NotFoundHandler())
	defer refuses.Close()
	for name, c := range map[string]struct {
		url     string
		timeout time.Duration // for the whole program, 0 for a long one
		want    string        // in the error
	}{
		"refuses": {url: "ws" + strings.TrimPrefix(refuses.URL, "http"), want: "status 404"},
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
			url:  answers(t, func(s wshttp.Stream, ws mintws.WebSocket) { frames(s, ws, mintws.Close(mintws.CodeGoingAway, "")) }),
			want: "4 of 4 did not come back: the server closed",
		},
		"hangs up": {
			url:  answers(t, func(wshttp.Stream, mintws.WebSocket) {}),
			want: "4 of 4 did not come back: mintws: closed without a complete closing handshake",
		},
		"breaks the protocol": {
			url:  answers(t, func(s wshttp.Stream, _ mintws.WebSocket) { io.WriteString(s, "\x83\x00") }), //nolint:errcheck // none
			want: mintws.ErrReservedOpcode.Error(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(c.timeout, 20*time.Second))
			defer cancel()
			var w bytes.Buffer
			if err := run(ctx, []string{c.url}, &w); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q; transcript\n%s", err, c.want, w.String())
			}
		})
	}
}

// TestGreeting: a message that is no echo does no harm.
func TestGreeting(t *testing.T) {
	url := answers(t, func(s wshttp.Stream, ws mintws.WebSocket) {
		frames(s, ws, mintws.Text("Welcome"))
		io.ReadFull(s, make([]byte, 1)) //nolint:errcheck // none
		frames(s, ws, append(wanted[:len(wanted):len(wanted)], mintws.Close(mintws.CodeNormal, ""))...)
	})
	var w bytes.Buffer
	if err := run(t.Context(), []string{url}, &w); err != nil || !strings.Contains(w.String(), `← Text            7  "Welcome"`) {
		t.Errorf("%v\n%s", err, w.String())
	}
}

// TestServerKeepsConnection: a server that completes the closing handshake but never closes the connection does not hold us up.
func TestServerKeepsConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		frames(s, ws, append(wanted[:len(wanted):len(wanted)], mintws.Close(mintws.CodeNormal, ""))...)
		<-over
	})}
	go server.Serve(listener) //nolint:errcheck // it ends with Close
	defer server.Close()
	defer close(over)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err = run(ctx, []string{"ws://" + listener.Addr().String()}, io.Discard); err != nil {
		t.Error(err)
	}
}
