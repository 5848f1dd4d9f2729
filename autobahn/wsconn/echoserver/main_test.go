package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// TestEchoServer: it echoes and closes, whatever page asks.
func TestEchoServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer("")
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	defer func() {
		s.Close()
		if err = <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	opt := wsconn.Options{WebSocket: mintws.Options{Origin: "https://elsewhere.example"}}
	c, err := wsconn.Dial(ctx, "ws://"+ln.Addr().String(), opt)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err = c.Write(ctx, mintws.OpText, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if op, p, readErr := c.Read(ctx); readErr != nil || op != mintws.OpText || string(p) != "a" {
		t.Errorf("got %v %q, %v", op, p, readErr)
	}
	if err = c.Close(mintws.CodeNormal, ""); err != nil {
		t.Error(err)
	}
}
