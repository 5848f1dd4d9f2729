package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
)

// TestShutdownLosesNothing has 200 connections with messages under way. Each message that the server answered reaches its
// client before the Close.
func TestShutdownLosesNothing(t *testing.T) {
	const n = 200
	s, addr, done := startEcho(t, options{CloseTimeout: testLimit})
	received, err := flood(addr, n, func() {
		ctx, cancel := context.WithTimeout(context.Background(), testLimit)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var answered int64
	for range n {
		sum := <-done
		answered += sum.MessagesOut
		if sum.Err != nil || sum.Code != mintws.CodeGoingAway {
			t.Errorf("summary %+v", sum)
		}
	}
	if received != answered || received < n {
		t.Errorf("%d messages were answered, %d were received", answered, received)
	}
}

// TestShutdownIdle shows that connections on which nothing happens are told, that new ones are refused meanwhile, and
// that a second Shutdown waits like the first.
func TestShutdownIdle(t *testing.T) {
	s, addr, done := startEcho(t, options{Idle: -1, CloseTimeout: testLimit})
	c := dial(t, addr)
	result := make(chan error, 2)
	for range 2 {
		go func() { result <- s.Shutdown(context.Background()) }()
	}
	f, err := c.Next()
	if err != nil || f.Opcode != mintws.OpClose || f.Code != 1001 || string(f.Payload) != "server is shutting down" {
		t.Fatalf("got %v, %v", f, err)
	}
	// While our Close is outstanding, Shutdown waits.
	if _, err = dialClient(addr); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a new connection gave %v, want 503", err)
	}
	if sum := <-done; sum.Status != http.StatusServiceUnavailable {
		t.Errorf("summary %+v", sum)
	}
	if len(result) != 0 {
		t.Error("Shutdown did not wait for the closing handshake")
	}
	send(t, c, mintws.Text("too late"), mintws.Ping(nil), mintws.Close(1001, ""))
	if _, err = c.Next(); err == nil {
		t.Error("something came after the Close")
	}
	c.Conn.Close()
	for range 2 {
		if err = <-result; err != nil {
			t.Error(err)
		}
	}
	if sum := <-done; sum.Err != nil || sum.Code != 1001 || sum.MessagesIn != 1 || sum.MessagesOut != 0 {
		t.Errorf("summary %+v", sum)
	}
}

// TestShutdownBounded has a peer that never answers. Either bound drops it.
func TestShutdownBounded(t *testing.T) {
	t.Run("context", func(t *testing.T) {
		s, addr, done := startEcho(t, options{CloseTimeout: testLimit})
		c := dial(t, addr)
		ctx, cancel := context.WithCancel(context.Background())
		result := make(chan error)
		go func() { result <- s.Shutdown(ctx) }()
		expect(t, c, mintws.Close(1001, "server is shutting down"))
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown returned %v", err)
		}
		if sum := <-done; sum.Err == nil || sum.Code != 1001 {
			t.Errorf("summary %+v", sum)
		}
	})
	t.Run("CloseTimeout", func(t *testing.T) {
		s, addr, done := startEcho(t, options{CloseTimeout: time.Millisecond})
		c := dial(t, addr)
		send(t, c, mintws.Text("x"))
		expect(t, c, mintws.Text("x"))
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if sum := <-done; sum.Err == nil || !strings.Contains(sum.Err.Error(), "did not answer our Close") {
			t.Errorf("summary %+v", sum)
		}
	})
	t.Run("nothing to do", func(t *testing.T) {
		if err := newEchoServer(options{}).Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// TestShutdownWhileClosing has a connection that waits for the peer's Close already. Shutdown wakes it, which must not
// cut that short.
func TestShutdownWhileClosing(t *testing.T) {
	s, addr, done := startEcho(t, options{Idle: time.Millisecond, CloseTimeout: testLimit})
	c := dial(t, addr)
	expect(t, c, mintws.Close(1001, "idle for 1ms"))
	result := make(chan error, 1)
	go func() { result <- s.Shutdown(context.Background()) }()
	for others := 0; ; others++ { // a refusal shows that all connections have been woken
		other, err := dialClient(addr)
		if err == nil {
			other.Conn.Close()
			continue
		}
		for range others + 1 {
			<-done
		}
		break
	}
	send(t, c, mintws.Close(1001, ""))
	if _, err := c.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want a clean end", err)
	}
	c.Conn.Close()
	if err := <-result; err != nil {
		t.Error(err)
	}
	if sum := <-done; sum.Err != nil || sum.Code != 1001 {
		t.Errorf("summary %+v", sum)
	}
}
