package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// start starts a server and returns its URL.
func start(t *testing.T, how wstest.Behavior) string {
	server := wstest.NewServer(wstest.Options{Behavior: how})
	t.Cleanup(server.Close)
	return server.URL
}

func TestTalk(t *testing.T) {
	const closed = "Close 1000 normal closure\n"
	for name, c := range map[string]struct {
		how   wstest.Behavior
		words []string
		want  string
	}{
		"echo":     {wstest.Behavior{}, []string{"Hello", "again"}, "Text \"Hello\"\nText \"again\"\n" + closed},
		"no words": {wstest.Behavior{}, nil, closed},
		"greeting": {wstest.Behavior{Greeting: []mintws.Frame{mintws.Ping([]byte("p")), mintws.Text("Welcome")}}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var w bytes.Buffer
			err := talk(ctx, start(t, c.how), c.words, &w)
			if err != nil || c.want != "" && w.String() != c.want || !strings.HasSuffix(w.String(), closed) {
				t.Errorf("%v\n%s", err, w.String())
			}
		})
	}
}

// TestEnds: every end that is no good one is an error that says what it was.
func TestEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var refusal *session.Refusal
	err := talk(ctx, start(t, wstest.Behavior{Refuse: http.StatusForbidden}), []string{"Hello"}, &bytes.Buffer{})
	if !errors.As(err, &refusal) || refusal.Status != http.StatusForbidden {
		t.Errorf("refused: %v", err)
	}
	var abnormal *mintws.CloseError
	err = talk(ctx, start(t, wstest.Behavior{Fault: wstest.FaultVanish, After: 1}), []string{"Hello", "again"}, &bytes.Buffer{})
	if !errors.As(err, &abnormal) {
		t.Errorf("vanished: %v", err)
	}
	if err = talk(ctx, "ftp://example.org/", nil, &bytes.Buffer{}); err == nil {
		t.Error("a URL of another scheme is no error")
	}
	over, end := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, end)
	if err = talk(over, start(t, wstest.Behavior{Fault: wstest.FaultSilence}), []string{"Hello"}, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
