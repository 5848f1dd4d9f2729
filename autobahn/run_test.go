package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// variable is what differs from run to run.
var variable = regexp.MustCompile(`127\.0\.0\.1:\d+|[0-9.]+ s$|(?m:[0-9.]+ s$)`)

// TestCases has whole runs of fake programs.
func TestCases(t *testing.T) {
	const over1 = "report: OUT/index.html\nreport: -dir OUT -agent mintws -role client -transport http/1.1 -want 3 -strict=false\n"
	const over2 = "report: OUT/index.html\nreport: -dir OUT -agent mintws -role client -transport http/2 -want 3 -strict=true\n"
	server := func(s string) string { return strings.ReplaceAll(s, "role client", "role server") }
	const client1 = "3 cases against our client, over http/1.1\nclient: -url ws://ADDR -agent mintws -want 3 -http2=false -wsconn=false\n"
	const client2 = "3 cases against our client, over http/2\nclient: -url ws://ADDR -agent mintws -want 3 -http2=true -wsconn=false\n"
	const server1 = "3 cases against our server, over http/1.1\n"
	for _, tt := range []wholeRun{
		{args: "client", stdout: client1 + over1},
		{args: "client --h2 --strict", stdout: client2 + over2},
		{args: "server", stdout: server1 + "case 3 of 3, TIME\n" + server(over1)},
		{args: "server --h2 --strict", stdout: "3 cases against our server, over http/2\ncase 3 of 3, TIME\n" + server(over2)},
		{args: "client --wsconn", stdout: strings.Replace(client1, "-wsconn=false", "-wsconn=true", 1) + over1},
		{args: "server --wsconn", stdout: server1 + "case 3 of 3, TIME\n" + server(over1)},
		{args: "client", mode: "failed", code: 1, stdout: client1 + over1},
		{args: "client", mode: "late", code: 1, stdout: client1 + over1},
		{args: "client", mode: "late failed", code: 1, stdout: client1 + over1},
		{args: "client", mode: "crash", err: "the run was not completed", stdout: client1, stderr: "--- end of OUT/wstest.log\n"},
		{args: "client --h2", mode: "crash", err: "the run was not completed", stdout: client2, stderr: "--- end of OUT/haproxy.log\n"},
		{args: "server", mode: "crash", err: "the run was not completed", stdout: server1, stderr: "Traceback\n"},
		{args: "client", mode: "taken", err: "fuzzing_server: ended instead of listening", stderr: "already in use\n"},
		{args: "server", mode: "nocases", err: "exit code 2", stderr: "no case of the suite matches *\n"},
		{args: "client --timeout 99", mode: "hang", err: "not done after 99 s: the cases", stdout: client1, stderr: "--- end of OUT/wstest.log\n"},
		{args: "server --timeout 99", mode: "hang", err: "not done after 99 s: the cases, at 1.1.2", stdout: server1,
			stderr: "Running test case ID 1.1.2"},
	} {
		tt.test(t)
	}
}

// wholeRun is a run of fake programs.
type wholeRun struct {
	args, mode string
	code       int
	err        string
	stdout     string
	stderr     string // is in it; nothing: it is empty
}

// test has the run.
func (tt wholeRun) test(t *testing.T) {
	t.Run(strings.Join([]string{tt.args, tt.mode}, " "), func(t *testing.T) {
		r, stdout, stderr := newFakeRunner(t, tt.mode, strings.Fields(tt.args)...)
		code, err := r.cases()
		r.close()
		if code != tt.code || err == nil && tt.err != "" || err != nil && err.Error() != tt.err {
			t.Errorf("exit code %d, error %v; want %d, %q", code, err, tt.code, tt.err)
		}
		if got := plain(r, stdout); got != tt.stdout {
			t.Errorf("stdout\n%swant\n%s", got, tt.stdout)
		}
		if got := plain(r, stderr); !strings.Contains(got, tt.stderr) || tt.stderr == "" && got != "" {
			t.Errorf("stderr\n%swant in it\n%s", got, tt.stderr)
		}
	})
}

// plain returns what a run wrote without what differs from run to run.
func plain(r *runner, b *bytes.Buffer) string {
	text := variable.ReplaceAllStringFunc(b.String(), func(s string) string {
		if strings.HasPrefix(s, "127.") {
			return "ADDR"
		}
		return "TIME"
	})
	return strings.ReplaceAll(listed.ReplaceAllString(text, ""), r.out, "OUT")
}

// TestCaseLog: a line may come in parts, and the log gets all of it.
func TestCaseLog(t *testing.T) {
	const said = "Autobahn\nRunning test case ID 1.1.1 for agent x\nSkipping\nRunning test case ID 9.12.3 for agent x\nend"
	for step := 1; step <= len(said); step++ {
		var log, stdout bytes.Buffer
		c := newCaseLog(&log, &stdout, 2)
		for rest := []byte(said); len(rest) > 0; {
			n := min(step, len(rest))
			if m, err := c.Write(rest[:n]); m != n || err != nil {
				t.Fatal(m, err)
			}
			rest = rest[n:]
		}
		c.end(true)
		if log.String() != said || c.begun != 2 || c.id != "9.12.3" || !strings.HasPrefix(stdout.String(), "case 2 of 2") {
			t.Fatalf("in steps of %d: %d begun, last %s, progress %q, log %q", step, c.begun, c.id, &stdout, &log)
		}
	}
}

// TestEmptyOut: an older report goes, logs and other files stay.
func TestEmptyOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	r := newRunner(context.Background(), options{out: dir, limit: time.Minute}, nil, nil)
	defer r.close()
	for range 2 {
		if err := r.emptyOut(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"index.html", "index.json", "x.log"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.emptyOut(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "x.log" {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestMainUsage: what run makes of its arguments alone.
func TestMainUsage(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || stdout.String() != usage || stderr.Len() > 0 {
		t.Errorf("help: exit code %d, %s%s", code, &stdout, &stderr)
	}
	stdout.Reset()
	if code := run([]string{"x"}, &stdout, &stderr); code != 2 || stdout.Len() > 0 ||
		stderr.String() != "autobahn: unknown argument: x\n"+usage {
		t.Errorf("usage error: exit code %d, %s%s", code, &stdout, &stderr)
	}
}

// TestSignals: a run that somebody ends says so, with the exit code that shells use, and stops what it has started.
func TestSignals(t *testing.T) {
	for sent, want := range map[os.Signal]struct {
		says string
		code int
	}{
		os.Interrupt:    {"autobahn: stopped by INT\n", 130},
		syscall.SIGTERM: {"autobahn: stopped by TERM\n", 143},
		syscall.SIGHUP:  {"autobahn: stopped by HUP\n", 129},
	} {
		if signal.Ignored(sent) {
			t.Logf("%v is ignored where this test runs", sent)
			continue
		}
		cmd := fakeRun(t, "wait", "client")
		stderr, err := cmd.StderrPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		said := bufio.NewReader(stderr)
		if line, failure := said.ReadString('\n'); line != "waiting\n" {
			t.Errorf("says %q, %v", line, failure)
		}
		if err = cmd.Process.Signal(sent); err != nil {
			t.Fatal(err)
		}
		// The end of stderr comes when nobody has it any more, the program that the runner started included.
		rest := new(strings.Builder)
		if _, err = said.WriteTo(rest); err != nil {
			t.Error(err)
		}
		err = cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != want.code || rest.String() != want.says {
			t.Errorf("%v: %v, says %q; want %d, %q", sent, err, rest, want.code, want.says)
		}
	}
}

// TestNoCases: patterns that match nothing are a usage error, which the suite's own list finds.
func TestNoCases(t *testing.T) {
	out, err := fakeRun(t, "nocases", "client", "--cases", "99.*").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || string(out) != "no case of the suite matches 99.*\n" {
		t.Errorf("%v, says %s", err, out)
	}
}

// fakeRun returns the program itself, as a process of its own that finds a fake suite.
func fakeRun(t *testing.T, mode string, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	fakeProgram(t, filepath.Join(dir, "python"))
	fakeProgram(t, filepath.Join(dir, "runner"))
	script := "#!" + filepath.Join(dir, "python") + " -u\n"
	if err := os.WriteFile(filepath.Join(dir, "wstest"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "runner"), args...)
	cmd.Env = append(os.Environ(), fakeMode+"="+mode, "PATH="+dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return cmd
}
