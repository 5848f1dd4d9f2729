package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// table runs the program and returns the values of its table by name.
func table(t *testing.T, args string) (rows map[string]string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	err = run(ctx, strings.Fields(args), &out, io.Discard)
	rows = map[string]string{}
	for line := range strings.Lines(out.String()) {
		rows[strings.TrimSpace(line[:28])] = strings.TrimSpace(line[28:])
	}
	return rows, err
}

// start starts a server and returns its URL.
func start(t *testing.T, opt wstest.Options) string {
	server := wstest.NewServer(opt)
	t.Cleanup(server.Close)
	return server.URL
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args         string
		connections  string
		opened, sent int
	}{
		{"-n 20 -connections 3 -rate 2000 -duration 200ms", "3, HTTP/2", 20, 400},
		{"-n 5 -connections 0 -rate 1000 -duration 100ms -size 8", "5, HTTP/1.1", 5, 100},
		{"-n 2 -connections 9 -rate 100 -duration 100ms -size 65536", "2, HTTP/2", 2, 10},
		{"-n 3 -connections 1 -rate 1000000 -duration 5ms -size 1000", "1, HTTP/2", 3, 5000}, // more than any server can do
	} {
		rows, err := table(t, c.args+" -patience 30s")
		sent := fmt.Sprint(c.sent)
		want := map[string]string{
			"connections": c.connections, "WebSockets opened": fmt.Sprint(c.opened), "WebSockets that failed": "0", "messages sent": sent,
			"messages back": sent, "messages lost": "0", "due, but never sent": "0", "too late, or no answers": "0",
		}
		for name, value := range want {
			if rows[name] != value {
				t.Errorf("%s: %s is %q, want %q", c.args, name, rows[name], value)
			}
		}
		if len(rows) != len(want)+4 || err != nil {
			t.Errorf("%s: %v, %d rows", c.args, err, len(rows))
		}
	}
}

// TestLost: whatever goes wrong is counted, and is an error.
func TestLost(t *testing.T) {
	does := func(how wstest.Behavior) string { return start(t, wstest.Options{Behavior: how}) }
	other := func(mintws.Frame) []mintws.Frame { return []mintws.Frame{mintws.Binary([]byte("other"))} }
	for name, c := range map[string]struct {
		url  string
		want string // in the error
		rows map[string]string
	}{
		"refuses":      {does(wstest.Behavior{Refuse: 404}), "4 WebSockets failed, 0 messages did not come back, 40 were never sent: ", map[string]string{"due, but never sent": "40", "messages sent": "0"}},
		"takes fewer":  {start(t, wstest.Options{MaxStreams: 1}), "2 WebSockets failed, 0 messages did not come back, 20 were never sent: the conn", map[string]string{"due, but never sent": "20", "messages back": "20"}},
		"is silent":    {does(wstest.Behavior{Fault: wstest.FaultSilence}), "messages did not come back", map[string]string{"messages back": "0"}},
		"says others":  {does(wstest.Behavior{Reply: other}), "0 WebSockets failed, ", map[string]string{"messages back": "0"}},
		"vanishes":     {does(wstest.Behavior{Fault: wstest.FaultVanish, After: 1}), "4 WebSockets failed", nil},
		"closes":       {does(wstest.Behavior{Fault: wstest.FaultClose, Code: 1001}), "were never sent", map[string]string{"messages back": "0"}},
		"HTTP/1 alone": {start(t, wstest.Options{Protocols: []httpconn.Version{httpconn.HTTP1}}), "does not speak HTTP/2", nil},
		"no port":      {"ws://127.0.0.1:0", "invalid URL", nil},
	} {
		t.Run(name, func(t *testing.T) {
			patience := "20s"
			if name == "is silent" || name == "says others" {
				patience = "500ms" // it will be needed in vain
			}
			rows, err := table(t, "-n 4 -connections 2 -rate 1000 -duration 40ms -patience "+patience+" -url "+c.url)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			for name, value := range c.rows {
				if rows[name] != value {
					t.Errorf("%s is %q, want %q", name, rows[name], value)
				}
			}
		})
	}
}

// TestStall: a server that stops for a while is charged for all that was due meanwhile.
func TestStall(t *testing.T) {
	answered := 0
	stall := func(f mintws.Frame) []mintws.Frame {
		if answered++; answered == 10 {
			time.Sleep(300 * time.Millisecond)
		}
		return []mintws.Frame{f}
	}
	test := &test{version: httpconn.HTTP2, size: 100, rate: 1000, messages: 300, patience: 20 * time.Second,
		url: start(t, wstest.Options{Behavior: wstest.Behavior{Reply: stall}})}
	conns, err := test.run(t.Context(), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	// The 200 that were due in the first 200 ms of the pause were back at the end of it at the earliest.
	if h := &conns[0].latency; h.n != 300 || h.quantile(0.34) < 100*time.Millisecond {
		t.Errorf("%d came back, a third of them within %v", h.n, h.quantile(0.34))
	}
}

// TestGoroutines: WebSockets need none, only connections do.
func TestGoroutines(t *testing.T) {
	var most atomic.Int64
	count := func(f mintws.Frame) []mintws.Frame {
		most.Store(max(most.Load(), int64(runtime.NumGoroutine())))
		return []mintws.Frame{f}
	}
	before := runtime.NumGoroutine()
	url := start(t, wstest.Options{MaxStreams: 500, Behavior: wstest.Behavior{Reply: count}})
	if _, err := table(t, "-n 500 -connections 2 -rate 5000 -duration 100ms -patience 20s -url "+url); err != nil {
		t.Fatal(err)
	}
	if extra := int(most.Load()) - before; extra > 30 {
		t.Errorf("%d goroutines, with the server's, for 500 WebSockets on 2 connections", extra)
	}
}

// watcher interrupts when it sees the first line.
type watcher struct {
	bytes.Buffer
	interrupt func()
}

func (w *watcher) Write(p []byte) (int, error) {
	w.interrupt()
	return w.Buffer.Write(p)
}

// TestInterrupted: the table has what was done until then, and nothing of that is lost.
func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var out bytes.Buffer
	progress := watcher{interrupt: interrupt}
	err := run(ctx, strings.Fields("-n 1 -connections 1 -rate 100 -duration 1h -patience 20s -url "+start(t, wstest.Options{})), &out, &progress)
	if err != nil || !strings.Contains(out.String(), "messages lost                0\n") || !strings.HasPrefix(progress.String(), "1 open, 0 failed, ") {
		t.Errorf("%v\n%s%s", err, progress.String(), out.String())
	}
}

// TestTLS: a read that is cut off because a message is due does TLS no harm.
func TestTLS(t *testing.T) {
	server := wstest.NewServer(wstest.Options{TLS: true, Behave: func(*http.Request) wstest.Behavior { return wstest.Behavior{} }})
	defer server.Close()
	file := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := table(t, "-n 4 -connections 2 -rate 500 -duration 200ms -patience 20s -ca "+file+" -url "+server.URL)
	if err != nil || rows["messages back"] != "100" {
		t.Errorf("%v, %v", err, rows)
	}
}

func TestArguments(t *testing.T) {
	for _, args := range []string{"-n 0", "-connections -1", "-rate 0", "-duration 0s", "-size 7", "-size 65537", "-ca main.go", "-ca none", "rest", "-nonsense"} {
		if rows, err := table(t, args); err == nil || len(rows) > 0 {
			t.Errorf("%s: %v, %d rows", args, err, len(rows))
		}
	}
}
