package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestMain makes the test's binary the program itself where a test asks for that.
func TestMain(m *testing.M) {
	if os.Getenv("MULTIPLEX_EXAMPLE_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process runs main with args in a process of its own.
func process(t *testing.T, args ...string) (stdout, stderr string, state *os.ProcessState) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "MULTIPLEX_EXAMPLE_MAIN=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState
}

// values returns those of a table by name.
func values(t *testing.T, text string) map[string]string {
	t.Helper()
	table := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, "   ")
		if !ok {
			t.Errorf("line without a value: %q", line)
		}
		table[name] = strings.TrimSpace(value)
	}
	return table
}

// program is process and values.
func program(t *testing.T, args ...string) (table map[string]string, stderr string, code int) {
	t.Helper()
	stdout, stderr, state := process(t, args...)
	return values(t, stdout), stderr, state.ExitCode()
}

// start starts a server and returns its URL.
func start(t *testing.T, opt wstest.Options) string {
	server := wstest.NewServer(opt)
	t.Cleanup(server.Close)
	return server.URL
}

func TestProgram(t *testing.T) {
	fewer := start(t, wstest.Options{MaxStreams: 20})
	large := start(t, wstest.Options{MaxStreams: 100})
	for _, tt := range []struct {
		args  string
		exact map[string]int
	}{
		{"-n 50 -messages 3", map[string]int{"WebSockets opened": 50, "at once": 50, "rounds": 1, "messages sent": 150, "frames sent": 200}},
		{"-n 400 -size 0", map[string]int{"WebSockets opened": 400, "at once": 400, "rounds": 1,
			"messages sent": 400, "frames sent": 800}}, // 250 is what the server takes if nobody tells it otherwise
		{"-n 50 -conns 3", map[string]int{"TCP connections": 3, "WebSockets opened": 50, "at once": 50, "rounds": 1,
			"messages sent": 50, "frames sent": 100}},
		{"-n 50 -conns 2 -url " + fewer, map[string]int{"TCP connections": 2, "WebSockets opened": 50, "at once": 40, "rounds": 2,
			"messages sent": 50, "frames sent": 100}},
		{"-n 50 -messages 2 -url " + fewer, map[string]int{"WebSockets opened": 50, "at once": 20, "rounds": 3,
			"messages sent": 100, "frames sent": 150}},
		{"-n 20 -messages 2 -size 200000 -url " + large, map[string]int{"WebSockets opened": 20, "at once": 20, "rounds": 1,
			"messages sent": 40, "frames sent": 60}}, // more than the windows allow
	} {
		table, stderr, code := program(t, strings.Fields(tt.args)...)
		tt.exact["WebSockets that failed"] = 0
		if !strings.Contains(tt.args, "-conns") {
			tt.exact["TCP connections"] = 1
		}
		tt.exact["messages back"], tt.exact["frames received"] = tt.exact["messages sent"], tt.exact["frames sent"]
		for name, want := range tt.exact {
			if got := table[name]; got != fmt.Sprint(want) {
				t.Errorf("%s: %s is %q, want %d", tt.args, name, got, want)
			}
		}
		rows := rowsOwn
		if strings.Contains(tt.args, "-url") {
			rows = rowsOther
		}
		if len(table) != rows || stderr != "" || code != 0 { // and no progress, as this is no terminal
			t.Errorf("%s: %d rows, exit code %d, stderr %q", tt.args, len(table), code, stderr)
		}
	}
}

// Rows of the table: two are about a server that the program has started.
const (
	rowsOther = 22
	rowsOwn   = rowsOther + 2
)

// TestScale: what the program does with a million WebSockets on a hundred connections it does with ten thousand on two. Each takes
// at most 400 bytes of the heap, of which docs/scale.md names 345; the server is another process; and the last two lines say how
// much memory this one took.
func TestScale(t *testing.T) {
	stdout, stderr, state := process(t, "-n", "10000", "-conns", "2")
	if stderr != "" || state.ExitCode() != 0 {
		t.Fatalf("exit code %d, stderr %q", state.ExitCode(), stderr)
	}
	table := values(t, stdout)
	for name, want := range map[string]string{"TCP connections": "2", "WebSockets opened": "10000", "at once": "10000", "messages back": "10000",
		"WebSockets that failed": "0"} {
		if table[name] != want {
			t.Errorf("%s is %q, want %s", name, table[name], want)
		}
	}
	var heap int
	if _, err := fmt.Sscanf(table["heap for each, while all were open"], "%d B", &heap); err != nil || heap < 100 || heap > 400 {
		t.Errorf("heap for each is %q, want 100 B to 400 B", table["heap for each, while all were open"])
	}
	if pid := table["the server's process"]; pid == "" || pid == fmt.Sprint(state.Pid()) {
		t.Errorf("the server's process is %q, the client's %d", pid, state.Pid())
	}
	var idle, peak float64
	last := regexp.MustCompile(`\n(.+) of this process, while all were open +([0-9.]+) MiB\n(.+) at the peak +([0-9.]+) MiB\n$`).FindStringSubmatch(stdout)
	if last == nil {
		t.Fatalf("the last lines are not about memory:\n%s", stdout)
	}
	fmt.Sscan(last[2], &idle) //nolint:errcheck // see below
	fmt.Sscan(last[4], &peak) //nolint:errcheck // see below
	if last[1] != last[3] || idle < 1 || idle > peak {
		t.Errorf("%s %v MiB, at the peak %v MiB", last[1], idle, peak)
	}
}

// TestLost: whatever goes wrong with one WebSocket is told, and the exit code says it.
func TestLost(t *testing.T) {
	does := func(how wstest.Behavior) string { return start(t, wstest.Options{MaxStreams: 100, Behavior: how}) }
	other := func(mintws.Frame) []mintws.Frame { return []mintws.Frame{mintws.Binary([]byte("other"))} }
	for name, tt := range map[string]struct {
		url  string
		want string
		rows int
	}{
		"refuses":      {does(wstest.Behavior{Refuse: 404}), "5 of 5 WebSockets failed; number 0: ", rowsOther},
		"closes":       {does(wstest.Behavior{Fault: wstest.FaultClose, Code: 1001}), "5 of 5 WebSockets failed", rowsOther},
		"changes":      {does(wstest.Behavior{Reply: other}), "message 0 came back changed", rowsOther},
		"resets":       {does(wstest.Behavior{Fault: wstest.FaultReset}), "5 of 5 WebSockets failed", rowsOther},
		"hangs up":     {does(wstest.Behavior{Fault: wstest.FaultVanish}), "5 of 5 WebSockets failed", rowsOther},
		"HTTP/1 alone": {start(t, wstest.Options{Protocols: []httpconn.Version{httpconn.HTTP1}}), "does not speak HTTP/2", 0},
		"no port":      {"ws://127.0.0.1:0", "invalid URL", 0},
	} {
		t.Run(name, func(t *testing.T) {
			table, stderr, code := program(t, "-n", "5", "-url", tt.url)
			if !strings.Contains(stderr, tt.want) || !strings.HasPrefix(stderr, "multiplex: ") || code != 1 || len(table) != tt.rows {
				t.Errorf("%d rows, exit code %d, stderr %q, want one with %q", len(table), code, stderr, tt.want)
			}
			if table["WebSockets that failed"] == "0" || table["messages back"] > "0" {
				t.Errorf("table %v", table)
			}
		})
	}
}

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"-help", 0, "-messages"}, {"-n 0", 1, "positive"}, {"-messages 0", 1, "positive"}, {"-conns 0", 1, "positive"},
		{"-n 3 -conns 4", 1, "no more connections"}, {"-serve -1", 1, "positive"}, {"-size -1", 1, "positive"},
		{"rest", 1, "no other"}, {"-nonsense", 1, "not defined"},
	} {
		table, stderr, code := program(t, strings.Fields(tt.args)...)
		if code != tt.code || !strings.Contains(stderr, tt.want) || len(table) > 0 {
			t.Errorf("%s: exit code %d, stderr %q", tt.args, code, stderr)
		}
	}
}
