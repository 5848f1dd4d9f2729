package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestFindHAProxy: it is looked for on PATH first; where it is not, and there is no apt-get, the error says what is needed.
func TestFindHAProxy(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	r := newRunner(context.Background(), options{limit: time.Minute}, nil, nil)
	defer r.close()
	got, err := r.findHAProxy()
	if at, ok := lookHAProxy(); ok && (got != at || err != nil) || !ok && !errors.Is(err, errNoHAProxy) {
		t.Errorf("%s, %v; haproxy is %s", got, err, at)
	}
	want := filepath.Join(dir, "haproxy")
	if err = os.WriteFile(want, []byte("#!/bin/sh\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	if got, err = r.findHAProxy(); got != want || err != nil {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

// TestBridge: haproxy gets the addresses of one direction, and none of the other.
func TestBridge(t *testing.T) {
	for role, want := range map[string]string{
		roleClient: "H1_BIND false\nECHO false\nH2_BIND true\nSUITE true\n",
		roleServer: "H1_BIND true\nECHO true\nH2_BIND false\nSUITE false\n",
	} {
		r, _, _ := newFakeRunner(t, "", role, "--h2")
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := l.Addr().(*net.TCPAddr).Port
		port, err := r.bridge(server)
		if err != nil || port == server {
			t.Errorf("%s: port %d before %d, %v", role, port, server, err)
		}
		_ = l.Close()
		if said, err := os.ReadFile(r.log("haproxy")); err != nil || string(said) != want {
			t.Errorf("%s: %v\n%swant\n%s", role, err, said, want)
		}
	}
}
