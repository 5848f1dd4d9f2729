package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain makes this test one of the programs that a run starts, if fakeMode says so.
func TestMain(m *testing.M) {
	// Built with -race, the programs would each take a second to end.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	if os.Getenv(fakeMode) != "" {
		os.Exit(fake(filepath.Base(os.Args[0]), os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fakeMode is the variable that says how the programs behave, in words separated by blanks.
const fakeMode = "AUTOBAHN_FAKE"

// mode reports whether a word stands in fakeMode.
func mode(word string) bool { return slices.Contains(strings.Fields(os.Getenv(fakeMode)), word) }

// fakeCases is how many cases the suite has.
const fakeCases = 3

// fake stands for all the programs. It returns the exit code.
func fake(name string, args []string) int {
	after := func(flag string) string {
		if i := slices.Index(args, flag); i >= 0 && i+1 < len(args) {
			return args[i+1]
		}
		return ""
	}
	all := strings.Join(args, " ")
	switch {
	case name == "runner":
		return run(args, os.Stdout, os.Stderr)
	case name == "client":
		return fakeClient(after("-url"), all)
	case name == "echoserver":
		return fakeServer(after("-addr"))
	case name == "haproxy":
		for _, there := range []string{os.Getenv("SUITE"), os.Getenv("ECHO")} {
			if there != "" && !reachable(there) {
				return 1
			}
		}
		for _, name := range []string{"H1_BIND", "ECHO", "H2_BIND", "SUITE"} {
			fmt.Printf("%s %t\n", name, os.Getenv(name) != "")
		}
		return fakeServer(cmp.Or(os.Getenv("H1_BIND"), os.Getenv("H2_BIND")))
	case name == "h2specd":
		return fakeH2specd(args)
	case name == "h2spec":
		return fakeH2spec("127.0.0.1:"+after("-p"), after("-j"), all)
	case name == "report":
		fmt.Println("report:", all)
		if mode("failed") {
			return 1
		}
		return 0
	case strings.HasPrefix(all, "autobahn/wstest_spec.py"):
		return fakeSpec(args)
	case after("-m") == "fuzzingserver":
		return fakeServer(fakeURL(after("-s")))
	case after("-m") == "fuzzingclient":
		return fakeFuzzer(fakeURL(after("-s")))
	}
	return fakePython(args, all)
}

// fakeSpec writes the address to the specification.
func fakeSpec(args []string) int {
	if mode("wait") {
		fmt.Fprintln(os.Stderr, "waiting")
		hang()
	}
	if mode("nocases") {
		fmt.Fprintln(os.Stderr, "no case of the suite matches", args[6])
		return 2
	}
	if err := os.WriteFile(args[2], []byte(args[3]), 0o666); err != nil {
		return 1
	}
	fmt.Println(fakeCases)
	return 0
}

func fakeURL(spec string) string {
	data, _ := os.ReadFile(spec)
	return strings.TrimPrefix(string(data), "ws://")
}

// fakeServer listens until it is stopped.
func fakeServer(addr string) int {
	if mode("taken") {
		fmt.Println("bind: address already in use")
		return 1
	}
	if mode("stubborn") {
		signal.Ignore(syscall.SIGTERM)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for {
		if _, err = l.Accept(); err != nil {
			return 1
		}
	}
}

// fakeFuzzer runs the cases against a server.
func fakeFuzzer(addr string) int {
	if !reachable(addr) {
		return 1
	}
	for i := range fakeCases {
		fmt.Printf("Running test case ID 1.1.%d for agent mintws from peer tcp4:%s\n", i+1, addr)
		if i == 1 && mode("hang") {
			hang()
		}
		if i == 1 && mode("crash") {
			fmt.Println("Traceback")
			return 1
		}
	}
	return 0
}

// fakeClient is our client.
func fakeClient(url, args string) int {
	if !reachable(strings.TrimPrefix(url, "ws://")) {
		return 1
	}
	fmt.Println("client:", args)
	switch {
	case mode("hang"):
		hang()
	case mode("crash"):
		return 1
	case mode("late"):
		return exitLate
	}
	return 0
}

// hang does nothing for long, and says so by a file: then the time for a run of newFakeRunner is over.
func hang() {
	if name := os.Getenv(hangs); name != "" {
		_ = os.WriteFile(name, nil, 0o666) // without it the test does not end
	}
	time.Sleep(time.Hour)
}

// hangs is the variable with the name of that file.
const hangs = "AUTOBAHN_HANGS"

// whenHanging returns a context of which the time is over as soon as a program hangs.
func whenHanging(t *testing.T) context.Context {
	name := filepath.Join(t.TempDir(), "hangs")
	t.Setenv(hangs, name)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(name); err == nil {
				cancel(context.DeadlineExceeded)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return ctx
}

func reachable(addr string) bool {
	c, err := net.Dial("tcp", addr)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// newFakeRunner returns a runner of fake programs that behave as mode says, and what it writes to stdout and stderr.
func newFakeRunner(t *testing.T, mode string, args ...string) (r *runner, stdout, stderr *bytes.Buffer) {
	t.Helper()
	t.Setenv(fakeMode, "fake "+mode)
	opt, err := parse(args)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	r = newRunner(whenHanging(t), opt, stdout, stderr)
	t.Cleanup(r.close)
	r.work, r.out = t.TempDir(), t.TempDir()
	for _, name := range []string{"python", "client", "report", "echoserver", "haproxy", "h2spec", "h2specd"} {
		fakeProgram(t, filepath.Join(r.work, name))
	}
	r.python, r.haproxy = r.program("python"), r.program("haproxy")
	return r, stdout, stderr
}

// fakeProgram puts a fake at a file's name.
func fakeProgram(t *testing.T, name string) {
	t.Helper()
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, name)
	}
	if err != nil {
		t.Fatal(err)
	}
}
