package main

import (
	"context"
	"errors"
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
