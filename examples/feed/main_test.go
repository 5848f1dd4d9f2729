package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// newFeed returns a feed that waits for nothing and leaves nothing to chance, the pauses it would have made, and what it has said.
func newFeed(t *testing.T) (f *feed, pauses *[]time.Duration, said *bytes.Buffer) {
	pauses, said = new([]time.Duration), new(bytes.Buffer)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return &feed{
		wait:     func(ctx context.Context, d time.Duration) error { *pauses = append(*pauses, d); return ctx.Err() },
		random:   func() float64 { return 0.5 },
		log:      func(format string, args ...any) { fmt.Fprintf(said, format+"\n", args...) },
		update:   func([]byte) bool { return true },
		snapshot: func([]byte, bool) {},
	}, pauses, said
}

// limited returns a context that ends what hangs.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// TestDemonstrate: the feed comes through all that its server does, and is asked no more often than it has to be.
func TestDemonstrate(t *testing.T) {
	for _, v := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
		f, pauses, said := newFeed(t)
		f.dial.Protocols = []httpconn.Version{v}
		if err := demonstrate(limited(t), f, 300); err != nil {
			t.Fatalf("%v: %v", v, err)
		}
		for line, want := range map[string]int{
			"redirected to ":                         5, // once for each connection
			"open, with 300 subscriptions to send\n": 4,
			"status 503, want ":                      1,
			"; again in 1s\n":                        1, // as the server has asked for
			"1006 abnormal closure":                  1,
			"a sign of life after a Ping has not ":   1,
			"the token is refused, getting a new ":   1,
			"1012 service restart \"new version\"; ": 1,
			"a snapshot of 16384 KiB came, and ":     1,
			"300 of 300 subscriptions are confirmed": 1,
		} {
			if got := strings.Count(said.String(), line); got != want {
				t.Errorf("%v: %d times %q, want %d", v, got, line, want)
			}
		}
		if len(*pauses) != 4 {
			t.Errorf("%v: %d pauses, want 4: %v", v, len(*pauses), *pauses)
		}
	}
}

// user reads what is printed, and has enough at some point.
type user struct {
	bytes.Buffer
	enough    string
	interrupt func()
}

func (u *user) Write(p []byte) (int, error) {
	if string(p) == u.enough {
		u.interrupt()
	}
	return u.Buffer.Write(p)
}

// TestRun: against a server that another has started, with a token from a file, until the user has had enough.
func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(limited(t))
	server := wstest.NewServer(wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
		if r.Header.Get("Authorization") != "Bearer secret" {
			return wstest.Behavior{Refuse: http.StatusForbidden}
		}
		return wstest.Behavior{Greeting: []mintws.Frame{mintws.Binary(make([]byte, 100_000))}}
	}})
	defer server.Close()
	w := user{enough: "b\n", interrupt: cancel}
	err := run(ctx, []string{"-token", file, server.URL, "a", "b"}, &w)
	if want := "open, with 2 subscriptions to send\na snapshot of 100000 bytes\na\nb\n"; err != context.Canceled || w.String() != want {
		t.Errorf("%v\n%s", err, w.String())
	}
	if err = run(limited(t), []string{server.URL, "a"}, &w); err == nil || !strings.Contains(err.Error(), "status 403") {
		t.Errorf("without a token: %v", err)
	}
	if err = run(limited(t), []string{"ftp://example.org/"}, &w); err == nil {
		t.Error("no error for a URL of another scheme")
	}
}

// TestLargeUpdate: a text that is too large to be held is refused, with 1009 for the server; a snapshot is not, and holds up no texts.
func TestLargeUpdate(t *testing.T) {
	over := make(chan mintws.WebSocket, 2) // one for each connection
	first := true
	server := wstest.NewServer(wstest.Options{
		Behave: func(*http.Request) wstest.Behavior {
			greeting := []mintws.Frame{
				{Opcode: mintws.OpBinary, More: true, Payload: make([]byte, maxUpdate)}, mintws.Ping(nil),
				{Opcode: mintws.OpContinuation, Payload: make([]byte, maxUpdate)},
			}
			if first {
				first = false
				greeting = []mintws.Frame{mintws.Text(strings.Repeat("x", maxUpdate+1))}
			}
			return wstest.Behavior{Greeting: append(greeting, mintws.Text("last"))}
		},
		Over: func(_ *http.Request, ws mintws.WebSocket) {
			select {
			case over <- ws:
			default:
			}
		},
	})
	defer server.Close()
	f, pauses, _ := newFeed(t)
	f.url = server.URL
	var updates, sizes []string
	size, largest := 0, 0
	f.update = func(text []byte) bool { updates = append(updates, string(text)); return true }
	f.snapshot = func(piece []byte, last bool) {
		largest = max(largest, len(piece))
		if size += len(piece); last {
			sizes = append(sizes, fmt.Sprint(size))
		}
	}
	if err := f.run(limited(t)); err != nil {
		t.Fatal(err)
	}
	one, _ := (<-over).PeerClose() // in either order
	two, _ := (<-over).PeerClose()
	if min(one, two) != mintws.CodeNormal || max(one, two) != mintws.CodeMessageTooBig {
		t.Errorf("the server was told %v and %v", one, two)
	}
	if largest > 64<<10 {
		t.Errorf("a piece of %d bytes, which is more than is read at a time", largest)
	}
	if len(*pauses) != 1 || fmt.Sprint(updates) != "[last]" || fmt.Sprint(sizes) != fmt.Sprintf("[%d]", 2*maxUpdate) {
		t.Errorf("%d pauses, updates %q, snapshots %q", len(*pauses), updates, sizes)
	}
}
