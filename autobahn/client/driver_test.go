package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
)

// fakeServer stands in for a fuzzing server and everything between it and the driver.
type fakeServer struct {
	count   string           // what it answers to /getCaseCount
	fail    map[string]error // by target
	down    int              // so many attempts find nobody
	status  int              // what a proxy before it answers then; 0: there is none
	targets []string         // that were visited
}

func (s *fakeServer) visit(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool)) error {
	if s.down > 0 {
		s.down--
		if s.status != 0 {
			return &mintws.HandshakeError{Status: s.status, Err: mintws.ErrBadStatus}
		}
		return &net.OpError{Op: "dial", Err: errors.New("refused")}
	}
	if time.Until(deadline) <= 0 || time.Until(deadline) > time.Minute {
		return errors.New("deadline in " + time.Until(deadline).String())
	}
	target = strings.TrimPrefix(target, "ws://server:1")
	s.targets = append(s.targets, target)
	if n, found := strings.CutPrefix(target, "/getCaseInfo?case="); found && s.fail[target] == nil {
		answer(mintws.Text(fmt.Sprintf(`{"description": "a case", "id": "1.1.%s"}`, n)))
		return nil
	}
	f, ok := answer(mintws.Text(s.count))
	if echoes := strings.HasPrefix(target, "/runCase?"); ok != echoes || ok && string(f.Payload) != s.count {
		return errors.New("bad answer")
	}
	return s.fail[target]
}

func TestRun(t *testing.T) {
	const all = "/getCaseCount /runCase?agent=a+b&case=1 /runCase?agent=a+b&case=2 /updateReports?agent=a+b"
	const run1, run2 = "/runCase?agent=a+b&case=1", "/runCase?agent=a+b&case=2"
	late := fmt.Errorf("reading: %w", os.ErrDeadlineExceeded)
	gone := &net.OpError{Op: "dial", Err: errors.Join(os.ErrDeadlineExceeded, context.DeadlineExceeded)}
	tests := []struct {
		name    string
		server  fakeServer
		args    []string
		code    int
		targets string
		says    string // on stderr
	}{
		{name: "all", server: fakeServer{count: "2"}, args: []string{"-want", "2"}, targets: all},
		{name: "without reports", server: fakeServer{count: "1"}, args: []string{"-report=false"},
			targets: "/getCaseCount /runCase?agent=a+b&case=1"},
		{name: "another count", server: fakeServer{count: "2"}, args: []string{"-want", "3"}, code: 1,
			targets: "/getCaseCount", says: "2 cases, 3 wanted"},
		{name: "no count", server: fakeServer{count: "many"}, code: 1, targets: "/getCaseCount", says: `says "many"`},
		{name: "no cases", server: fakeServer{count: "0"}, code: 1, targets: "/getCaseCount", says: `says "0"`},
		{name: "case fails", code: 1, targets: "/getCaseCount /runCase?agent=a+b&case=1", says: "case 1 of 2: too late",
			server: fakeServer{count: "2", fail: map[string]error{"/runCase?agent=a+b&case=1": errors.New("too late")}}},
		{name: "late case", code: exitLate, says: "case 1.1.1 (1 of 2) is not over after 1m0s",
			targets: "/getCaseCount " + run1 + " /getCaseInfo?case=1 " + run2 + " /updateReports?agent=a+b",
			server:  fakeServer{count: "2", fail: map[string]error{run1: late}}},
		{name: "late cases", code: exitLate, says: "not over after 1m0s each: 1.1.1, 1.1.2\n",
			targets: "/getCaseCount " + run1 + " /getCaseInfo?case=1 " + run2 + " /getCaseInfo?case=2 /updateReports?agent=a+b",
			server:  fakeServer{count: "2", fail: map[string]error{run1: late, run2: late}}},
		{name: "late case without a name", code: exitLate, says: "case #1 (1 of 1)",
			targets: "/getCaseCount " + run1 + " /getCaseInfo?case=1 /updateReports?agent=a+b",
			server:  fakeServer{count: "1", fail: map[string]error{run1: late, "/getCaseInfo?case=1": late}}},
		{name: "server gone", code: 1, says: "case 1 of 2: ", targets: "/getCaseCount " + run1,
			server: fakeServer{count: "2", fail: map[string]error{run1: gone}}},
		{name: "reports fail", code: 1, targets: all, says: "reports: full",
			server: fakeServer{count: "2", fail: map[string]error{"/updateReports?agent=a+b": errors.New("full")}}},
		{name: "down", server: fakeServer{count: "2", down: 1}, code: 1, says: "refused"},
		{name: "down for a while", server: fakeServer{count: "2", down: 2}, args: []string{"-wait", "1m"}, targets: all},
		{name: "down behind a proxy", server: fakeServer{count: "2", down: 2, status: 503}, args: []string{"-wait", "1m"},
			targets: all},
		{name: "refused by a proxy", args: []string{"-wait", "1m"}, code: 1, says: "status",
			server: fakeServer{count: "2", down: 2, status: 403}},
		{name: "other failures are not waited for", args: []string{"-wait", "1m"}, code: 1,
			targets: "/getCaseCount", says: "500",
			server: fakeServer{count: "2", fail: map[string]error{"/getCaseCount": errors.New("500")}}},
		{name: "help", args: []string{"-help"}, says: "-agent name"},
		{name: "usage", args: []string{"ws://server:1"}, code: 2, says: "unexpected argument"},
		{name: "unknown flag", args: []string{"-x"}, code: 2, says: "not defined: -x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			args := append([]string{"-url", "ws://server:1", "-agent", "a b"}, tt.args...)
			code := run(args, &stdout, &stderr, [2]visitor{tt.server.visit}, [2]visitor{})
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if got := strings.Join(tt.server.targets, " "); got != tt.targets {
				t.Errorf("visited %s\nwant    %s", got, tt.targets)
			}
			if !strings.Contains(stderr.String(), tt.says) || tt.says == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want %q in it", stderr.String(), tt.says)
			}
		})
	}
}

// TestVisitorFlags: a flag chooses the visitor.
func TestVisitorFlags(t *testing.T) {
	for i, flags := range []string{"", "-http2", "-wsconn", "-http2 -wsconn"} {
		var visitors [4]fakeServer
		for j := range visitors {
			visitors[j].count = "2"
		}
		var stdout, stderr bytes.Buffer
		code := run(append(strings.Fields(flags), "-url", "ws://server:1"), &stdout, &stderr,
			[2]visitor{visitors[0].visit, visitors[1].visit}, [2]visitor{visitors[2].visit, visitors[3].visit})
		for j := range visitors {
			if n := len(visitors[j].targets); code != 0 || (n == 4) != (i == j) || n != 0 && n != 4 {
				t.Errorf("%q: exit code %d, visitor %d had %d visits: %s", flags, code, j, n, &stderr)
			}
		}
	}
}
