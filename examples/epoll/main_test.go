//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// TestHeap: an idle connection takes at most 450 bytes of the heap, with its deadlines.
func TestHeap(t *testing.T) {
	stdout, stderr, code := program(t, "-n=2000", "-messages=1", "-size=1000", "-idle=300ms", "-ping=100ms")
	m := regexp.MustCompile(`(?m)^(\d+) B of heap for each`).FindStringSubmatch(stdout)
	if code != 0 || m == nil {
		t.Fatalf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
	}
	if each, _ := strconv.Atoi(m[1]); each > 450 || each < 100 {
		t.Errorf("%d bytes", each)
	}
	if size := unsafe.Sizeof(conn{}); size > 416 {
		t.Errorf("conn has %d bytes; its comment says 416, for which the runtime takes no more than that", size)
	}
}

// TestMain makes the test's binary the program itself where a test asks for that. The servers that such a program starts are the
// program as well.
func TestMain(m *testing.M) {
	if os.Getenv("EPOLL_EXAMPLE_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program runs main with args in a process of its own.
func program(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "EPOLL_EXAMPLE_MAIN=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

var result = regexp.MustCompile(`^(\d+) connections are open, and their greetings came back: \d+\.\d s
idle for 500ms, (\d+) pings were answered
(\d+) B of heap for each, after a collection: with its deadlines, without what the kernel needs for a socket
RSS (\d+) KiB, the server's (\d+) KiB
8 messages of 1024 KiB each way: \d+\.\d s, while at most (\d+) KiB waited for the socket
all are closed, none was lost
the server: (\d+) connections, reading stopped (\d+) times
$`)

var progress = regexp.MustCompile(`(?m)^ *\d+\.\d s  [a-z]+: \d+ opened, \d+ greetings came back, \d+ pongs, \d+ ended\n`)

func TestProgram(t *testing.T) {
	for _, n := range []int{1, 200} {
		stdout, stderr, code := program(t, "-n", strconv.Itoa(n), "-messages=8", "-size", strconv.Itoa(1<<20), "-idle=500ms", "-ping=50ms")
		if stderr != "" || code != 0 {
			t.Fatalf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
		}
		m := result.FindStringSubmatch(progress.ReplaceAllString(stdout, ""))
		if m == nil {
			t.Fatalf("printed\n%s", stdout)
		}
		num := func(i int) int { v, _ := strconv.Atoi(m[i]); return v }
		switch {
		case num(1) != n || num(7) != n+1:
			t.Errorf("%d connections, the server had %d, want %d", num(1), num(7), n)
		case num(2) < n:
			t.Errorf("%d pings for %d connections", num(2), n)
		case num(4) < 1<<10 || num(5) < 1<<10:
			t.Errorf("RSS is %d KiB, the server's %d KiB", num(4), num(5))
		case num(6) > 64+64+1: // what may wait, and one frame with its header
			t.Errorf("%d KiB waited", num(6))
		}
	}
	if stdout, stderr, code := program(t, "-n", "2000000000"); code != 1 || !strings.Contains(stderr, "ulimit -n 2000000064") || stdout != "" {
		t.Errorf("too many descriptors: exit code %d, stderr %q, stdout %q", code, stderr, stdout)
	}
	if stdout, stderr, code := program(t, "-n", "0"); code != 1 || stderr != "epoll: -n is at least 1\n" || stdout != "" {
		t.Errorf("no connections: exit code %d, stderr %q, stdout %q", code, stderr, stdout)
	}
	if _, stderr, code := program(t, "-help"); code != 0 || !strings.Contains(stderr, "-messages") {
		t.Errorf("-help: exit code %d, stderr %q", code, stderr)
	}
}

// TestMany: three clients, each with a server of its own, hold their connections at the same time.
func TestMany(t *testing.T) {
	stdout, stderr, code := program(t, "-n=200", "-procs=3", "-idle=200ms", "-ping=50ms")
	want := regexp.MustCompile(`^client 1: 66 connections, (\d+) B of heap for each; RSS (\d+) KiB, the server's (\d+) KiB
client 2: 67 connections, (\d+) B of heap for each; RSS (\d+) KiB, the server's (\d+) KiB
client 3: 67 connections, (\d+) B of heap for each; RSS (\d+) KiB, the server's (\d+) KiB
200 connections are open at the same time, in 6 processes with (\d+) KiB of RSS: \d+ B for each, both ends together
all are closed, none was lost
$`)
	m := want.FindStringSubmatch(stdout)
	if stderr != "" || code != 0 || m == nil {
		t.Fatalf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
	}
	sum := 0
	for i := 1; i < 10; i += 3 {
		own, _ := strconv.Atoi(m[i+1])
		server, _ := strconv.Atoi(m[i+2])
		sum += own + server
		if own < 1<<10 || server < 1<<10 {
			t.Errorf("RSS %d and %d KiB", own, server)
		}
	}
	if m[10] != strconv.Itoa(sum) {
		t.Errorf("%s KiB in all, want %d", m[10], sum)
	}
}

// TestManyLost: where a client fails, the others go on, and what has failed is said.
func TestManyLost(t *testing.T) {
	stdout, stderr, code := program(t, "-n=5", "-procs=2", "-idle=100ms", "-timeout=1ns")
	if code != 1 || !strings.Contains(stderr, "no time is left") || !strings.Contains(stderr, "client 2: exit status 1") ||
		!strings.HasPrefix(stdout, "0 connections are open at the same time, in 4 processes") {
		t.Errorf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
	}
	for _, args := range []string{"-procs=0", "-n=3 -procs=4", "-n=3 -procs=2 ws://127.0.0.1:1/"} {
		if stdout, stderr, code = program(t, strings.Fields(args)...); code != 1 || !strings.HasPrefix(stderr, "epoll: -procs is ") || stdout != "" {
			t.Errorf("%s: exit code %d, stderr %q, stdout %q", args, code, stderr, stdout)
		}
	}
}
