package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws/wstest"
)

// TestMain makes the test's binary the program itself where a test asks for that.
func TestMain(m *testing.M) {
	if os.Getenv("MINTCAT_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process returns the program, to be started with args.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "MINTCAT_MAIN=1", "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	return cmd
}

// mintcat runs the program with input in a pipe.
func mintcat(t *testing.T, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := process(t, args...)
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// startServer starts a server and returns its URL.
func startServer(t *testing.T, opt wstest.Options) string {
	server := wstest.NewServer(opt)
	t.Cleanup(server.Close)
	return server.URL
}

// TestHelp: it fits a screen, and says nothing on standard error.
func TestHelp(t *testing.T) {
	stdout, stderr, code := mintcat(t, "", "--help")
	if stdout != help || stderr != "" || code != 0 {
		t.Errorf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
	}
	lines := strings.Split(strings.TrimSuffix(help, "\n"), "\n")
	if len(lines) > 23 { // and the prompt of the shell
		t.Errorf("%d lines, want 23", len(lines))
	}
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("%d columns, want 80: %s", len(line), line)
		}
	}
}

// TestPipes: nothing but the messages is on standard output, and nothing on standard error.
func TestPipes(t *testing.T) {
	long := strings.Repeat("x", 70000) + "\n" // more than is read at once
	many := strings.Repeat("a line\n", 30000)
	url := startServer(t, wstest.Options{}) + "/any/path?x=y"
	for _, tt := range []struct {
		input string
		args  []string
		want  string
	}{
		{"one\ntwo\r\n\nthree", nil, "one\ntwo\n\nthree\n"},
		{"", nil, ""},
		{long + many + long + "end", nil, long + many + long + "end\n"},
		{"one\n/ping\n", []string{"--http2"}, "one\n/ping\n"},
		{"one\n", []string{"--compress", "--http1"}, "one\n"},
		{"a\nb\n\x00\xff", []string{"-b"}, "a\nb\n\x00\xff"},
		{"one\ntwo\nthree\n", []string{"-1"}, "one\n"},
	} {
		stdout, stderr, code := mintcat(t, tt.input, append(tt.args, url)...)
		if stdout != tt.want || stderr != "" || code != 0 {
			t.Errorf("%q: exit code %d, stderr %q, stdout %q, want %q", tt.args, code, stderr, stdout, tt.want)
		}
	}
}
