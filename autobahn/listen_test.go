package main

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestFreePort: it can be listened on, and only loopback is asked.
func TestFreePort(t *testing.T) {
	port, err := freePort()
	if err != nil || port < 1 {
		t.Fatal(port, err)
	}
	l, err := net.Listen("tcp", loopback(port))
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

// TestListenAgain: a port that was taken in the meantime is replaced, three times at most.
func TestListenAgain(t *testing.T) {
	for failures, want := range []int{1, 2, 3, 3} {
		r, _, _ := newFakeRunner(t, "taken", "client")
		tries := 0
		_, port, err := r.listen("a server", r.log("server"), func(port int) (*exec.Cmd, error) {
			tries++
			cmd := r.command(r.program("echoserver"), "-addr", loopback(port))
			if tries > failures {
				cmd.Env = append(cmd.Environ(), fakeMode+"=fake")
			}
			return cmd, nil
		})
		if listens := failures < 3; (err == nil) != listens || listens && !reachable(loopback(port)) || tries != want {
			t.Errorf("%d failures: %d tries, port %d, %v", failures, tries, port, err)
		}
	}
}

// TestListenOnce: a server that ends for another reason is not tried again.
func TestListenOnce(t *testing.T) {
	r, _, stderr := newFakeRunner(t, "", "client")
	tries := 0
	_, _, err := r.listen("a server", r.log("server"), func(int) (*exec.Cmd, error) {
		tries++
		return r.command(r.program("echoserver"), "-addr", "nonsense"), nil
	})
	if err == nil || tries != 1 || !strings.Contains(stderr.String(), "missing port") {
		t.Errorf("%d tries, %v, %s", tries, err, stderr)
	}
}

// TestListenLate: a server that never listens ends with the time for the run.
func TestListenLate(t *testing.T) {
	r, _, _ := newFakeRunner(t, "wait", "client")
	_, _, err := r.listen("a server", r.log("server"), func(int) (*exec.Cmd, error) {
		return r.command(r.python, "autobahn/wstest_spec.py"), nil
	})
	if err == nil || err.Error() != "not done after 900 s: a server, waiting for it to listen" {
		t.Errorf("error %v", err)
	}
}

// TestCloseStops: close ends what runs, and by force what does not heed SIGTERM.
func TestCloseStops(t *testing.T) {
	for _, mode := range []string{"", "stubborn"} {
		r, _, _ := newFakeRunner(t, mode, "client")
		r.grace = 100 * time.Millisecond
		p, port, err := r.listen("a server", r.log("server"), func(port int) (*exec.Cmd, error) {
			return r.command(r.program("echoserver"), "-addr", loopback(port)), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r.close()
		select {
		case <-p.done:
		default:
			t.Errorf("%s: it runs", mode)
		}
		if reachable(loopback(port)) {
			t.Errorf("%s: it listens", mode)
		}
	}
}
