package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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

// program runs main with args in a process of its own, and returns the values of its table by name.
func program(t *testing.T, args ...string) (table map[string]string, stderr string, code int) {
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
	table = map[string]string{}
	for line := range strings.Lines(out.String()) {
		name, value, ok := strings.Cut(line, "   ")
		if !ok {
			t.Errorf("line without a value: %q", line)
		}
		table[name] = strings.TrimSpace(value)
	}
	return table, errs.String(), cmd.ProcessState.ExitCode()
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
		{"-n 50", map[string]int{"WebSockets opened": 50, "at once": 50, "rounds": 1, "messages sent": 150, "frames sent": 200}},
		{"-n 400 -messages 1 -size 0", map[string]int{"WebSockets opened": 400, "at once": 400, "rounds": 1,
			"messages sent": 400, "frames sent": 800}}, // 250 is what the server takes if nobody tells it otherwise
		{"-n 50 -messages 2 -url " + fewer, map[string]int{"WebSockets opened": 50, "at once": 20, "rounds": 3,
			"messages sent": 100, "frames sent": 150}},
		{"-n 20 -messages 2 -size 200000 -url " + large, map[string]int{"WebSockets opened": 20, "at once": 20, "rounds": 1,
			"messages sent": 40, "frames sent": 60}}, // more than the windows allow
	} {
		table, stderr, code := program(t, strings.Fields(tt.args)...)
		tt.exact["TCP connections"], tt.exact["WebSockets that failed"] = 1, 0
		tt.exact["messages back"], tt.exact["frames received"] = tt.exact["messages sent"], tt.exact["frames sent"]
		for name, want := range tt.exact {
			if got := table[name]; got != fmt.Sprint(want) {
				t.Errorf("%s: %s is %q, want %d", tt.args, name, got, want)
			}
		}
		if len(table) != 16 || stderr != "" || code != 0 { // and no progress, as this is no terminal
			t.Errorf("%s: %d rows, exit code %d, stderr %q", tt.args, len(table), code, stderr)
		}
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
		"refuses":      {does(wstest.Behavior{Refuse: 404}), "5 of 5 WebSockets failed; number 0: ", 16},
		"closes":       {does(wstest.Behavior{Fault: wstest.FaultClose, Code: 1001}), "5 of 5 WebSockets failed", 16},
		"changes":      {does(wstest.Behavior{Reply: other}), "message 0 came back changed", 16},
		"resets":       {does(wstest.Behavior{Fault: wstest.FaultReset}), "5 of 5 WebSockets failed", 16},
		"hangs up":     {does(wstest.Behavior{Fault: wstest.FaultVanish}), "5 of 5 WebSockets failed", 16},
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
		{"-help", 0, "-messages"}, {"-n 0", 1, "positive"}, {"-messages 0", 1, "positive"}, {"-size -1", 1, "positive"},
		{"rest", 1, "no other"}, {"-nonsense", 1, "not defined"},
	} {
		table, stderr, code := program(t, strings.Fields(tt.args)...)
		if code != tt.code || !strings.Contains(stderr, tt.want) || len(table) > 0 {
			t.Errorf("%s: exit code %d, stderr %q", tt.args, code, stderr)
		}
	}
}
