package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestServers: the whole program, its sockets too, with servers that have bad days.
func TestServers(t *testing.T) {
	reply := func(f mintws.Frame) []mintws.Frame {
		return []mintws.Frame{mintws.Text(`{"seq":1,"price":"17.50"}`), mintws.Text(`{"seq":2,"price":"18.50"}`)}
	}
	for name, tt := range map[string]struct {
		server  wstest.Behavior
		printed string
		want    string // in the error, none if empty
	}{
		"sends prices": {wstest.Behavior{Reply: reply}, "MINT 1: 17.50\nMINT 2: 18.50\n", ""},
		"refuses":      {wstest.Behavior{Refuse: http.StatusServiceUnavailable}, "", "503"},
		"says nothing": {wstest.Behavior{Fault: wstest.FaultSilence}, "", "sign of life"},
		"vanishes":     {wstest.Behavior{Fault: wstest.FaultVanish}, "", "1006"},
		"leaves":       {wstest.Behavior{Fault: wstest.FaultClose, Code: mintws.CodeGoingAway}, "", "2 prices to come"},
		"is no server": {wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte("\x83\x00")}, "", "reserved opcode"},
	} {
		t.Run(name, func(t *testing.T) {
			server := wstest.NewServer(wstest.Options{Behavior: tt.server})
			defer server.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			timing := session.Timing{Ping: 50 * time.Millisecond, Pong: time.Second}
			var w strings.Builder
			err := prices(ctx, server.URL, "MINT", 2, timing, &w)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if w.String() != tt.printed {
				t.Errorf("printed %q, want %q", w.String(), tt.printed)
			}
		})
	}
}

// TestProgram: with its own server, and with arguments that it does not understand.
func TestProgram(t *testing.T) {
	var w strings.Builder
	if err := run(t.Context(), nil, &w); err != nil || w.String() != "MINT 1: 17.50\nMINT 2: 18.50\nMINT 3: 19.50\n" {
		t.Errorf("%v, printed %q", err, w.String())
	}
	for _, args := range []string{"one", "-n 0", "a b c", "ftp://x MINT"} {
		if err := run(t.Context(), strings.Fields(args), &w); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
