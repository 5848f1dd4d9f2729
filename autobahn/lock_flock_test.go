//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLock: one run at a time has it, and to wait for it takes no longer than a run may take.
func TestLock(t *testing.T) {
	newInstallation(t, "")
	first := newRunner(t.Context(), options{limit: time.Minute}, nil, nil)
	defer first.close()
	unlock, err := first.lock(requirements[1])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	second := newRunner(ctx, options{limit: time.Minute}, nil, nil)
	defer second.close()
	cancel(&stoppedError{})
	if _, err = second.lock(requirements[1]); err == nil || !strings.HasPrefix(err.Error(), "stopped by") {
		t.Errorf("error %v", err)
	}
	unlock()
	third := newRunner(t.Context(), options{limit: time.Minute}, nil, nil)
	defer third.close()
	if unlock, err = third.lock(requirements[1]); err != nil {
		t.Fatal(err)
	}
	unlock()
	if _, err = third.lock(filepath.Join("autobahn", "nothing")); err == nil {
		t.Error("a file that is not there is locked")
	}
}

// TestLockWaits: one that waits gets it when the other has done.
func TestLockWaits(t *testing.T) {
	newInstallation(t, "")
	r := newRunner(t.Context(), options{limit: time.Minute}, nil, nil)
	defer r.close()
	unlock, err := r.lock(requirements[1])
	if err != nil {
		t.Fatal(err)
	}
	free := make(chan struct{})
	go func() {
		time.Sleep(50 * time.Millisecond) // so that it has to wait; otherwise the test shows nothing
		close(free)
		unlock()
	}()
	again, err := r.lock(requirements[1])
	if err != nil {
		t.Fatal(err)
	}
	again()
	select {
	case <-free:
	default:
		t.Error("two have the lock")
	}
}
