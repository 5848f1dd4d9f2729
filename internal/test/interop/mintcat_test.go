package interop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/internal/test/installed"
)

// buildMintcat returns the program of examples/mintcat.
func buildMintcat(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mintcat")
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "github.com/mintws/mintws/examples/mintcat").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return path
}

// mintcatServers are those that mintcat is tried with, and the options that each needs.
var mintcatServers = []struct {
	name  string
	start func(t *testing.T) (url string, args []string)
}{
	{"websockets", func(t *testing.T) (string, []string) {
		port := run(t, nil, nil, pythonWith(t, "websockets"), "deflate.py", "serve").port(t)
		return fmt.Sprintf("ws://127.0.0.1:%d/", port), []string{"--compress"}
	}},
	{"node-HTTP2", func(t *testing.T) (string, []string) { return node(t, false).url, []string{"--http2"} }},
	{"libwebsockets-HTTP1", func(t *testing.T) (string, []string) {
		return libwebsockets(t).url, []string{"--insecure", "--subprotocol", "lws-mirror-protocol"}
	}},
	{"libwebsockets-HTTP2", func(t *testing.T) (string, []string) {
		return libwebsockets(t).url, []string{"--insecure", "--http2", "--subprotocol", "lws-mirror-protocol"}
	}},
}

// TestMintcat: a conversation through pipes, and one as somebody types it on a terminal.
func TestMintcat(t *testing.T) {
	path := buildMintcat(t)
	for _, s := range mintcatServers {
		t.Run(s.name, func(t *testing.T) {
			url, args := s.start(t)
			t.Run("pipes", func(t *testing.T) {
				c := startMintcat(t, path, append(args, url)...)
				for _, line := range []string{"one\n", "a longer line, of which there is nothing to be seen but itself\n"} {
					c.say(line)
					c.wait(line)
				}
				c.stdin.Close()
				if code := c.end(); code != 0 || c.stderr.String() != "" {
					t.Errorf("exit code %d, it said %q", code, c.stderr.String())
				}
			})
			t.Run("terminal", func(t *testing.T) {
				words := strings.Join(append([]string{path, url}, args...), " ")
				c := startMintcat(t, installed.Program(t, "script"), "--quiet", "--return", "--command", words, "/dev/null")
				c.wait("connected")
				c.say("one\r")
				c.wait("one\r\n") // as it was typed
				c.wait("one\r\n") // as it came back
				c.say("/ping are you there\r")
				c.wait(`Pong "are you there"`)
				c.say("/close 4001 bye\r")
				if code := c.end(); code != 0 {
					t.Errorf("exit code %d, it said %q", code, c.stdout.String())
				}
			})
		})
	}
}

// talking is a program that is talked to.
type talking struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr lines
	seen           int
}

func startMintcat(t *testing.T, path string, args ...string) *talking {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c := &talking{t: t, cmd: exec.CommandContext(ctx, path, args...)}
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	var err error
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err = c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *talking) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.stdin, text); err != nil {
		c.t.Fatal(err)
	}
}

// wait waits for text behind what was waited for before.
func (c *talking) wait(text string) {
	c.t.Helper()
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(5 * time.Millisecond) {
		if at := strings.Index(c.stdout.String()[c.seen:], text); at >= 0 {
			c.seen += at + len(text)
			return
		}
	}
	c.t.Fatalf("no %q in %q; it said %q", text, c.stdout.String(), c.stderr.String())
}

func (c *talking) end() int {
	c.t.Helper()
	var exit *exec.ExitError
	if err := c.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return c.cmd.ProcessState.ExitCode()
}
