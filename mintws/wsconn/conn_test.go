package wsconn_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// bounded is a context that ends a test which hangs.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// dial opens a WebSocket on a server for tests.
func dial(t *testing.T, server wstest.Options, opt wsconn.Options) *wsconn.Conn {
	t.Helper()
	s := wstest.NewServer(server)
	t.Cleanup(s.Close)
	if server.TLS {
		opt.Dial.TLS = s.ClientTLS()
	}
	c, err := wsconn.Dial(bounded(t), s.URL, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// serve starts a net/http server whose handler has a Conn, and returns its URL.
func serve(t *testing.T, opt wsconn.AcceptOptions, handle func(*wsconn.Conn)) string {
	t.Helper()
	s := httptest.NewServer(handler(opt, handle))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// handler accepts WebSockets.
func handler(opt wsconn.AcceptOptions, handle func(*wsconn.Conn)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := wsconn.Accept(w, r, opt); err == nil {
			defer c.CloseNow()
			handle(c)
		}
	})
}

// refused checks that err is the 401 that it should be.
func refused(t *testing.T, err error) {
	t.Helper()
	var r *session.Refusal
	if !errors.As(err, &r) || r.Status != 401 || r.Header.Get("Www-Authenticate") != "Bearer" || !errors.Is(err, mintws.ErrBadStatus) {
		t.Errorf("error %v", err)
	}
}

// echo returns messages until the end.
func echo(c *wsconn.Conn) {
	for {
		op, p, err := c.Read(context.Background())
		if err == nil {
			err = c.Write(context.Background(), op, p)
		}
		if err != nil {
			return
		}
	}
}

// TestEcho: messages of many sizes go there and back between our client and our server, and both close well.
func TestEcho(t *testing.T) {
	ended := make(chan error, 1)
	url := serve(t, wsconn.AcceptOptions{}, func(c *wsconn.Conn) {
		echo(c)
		_, _, err := c.Read(context.Background())
		ended <- err
	})
	ctx := bounded(t)
	c, err := wsconn.Dial(ctx, url, wsconn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, n := range []int{0, 1, 125, 126, 5000, 65535, 65536, 1 << 20, 3 << 20} {
		message := bytes.Repeat([]byte("ä"), (n+1)/2)[:n/2*2]
		if err = c.Write(ctx, mintws.OpText, message); err != nil {
			t.Fatal(err)
		}
		if op, p, readErr := c.Read(ctx); readErr != nil || op != mintws.OpText || !bytes.Equal(p, message) {
			t.Fatalf("%d bytes: got %v of %d, %v", n, op, len(p), readErr)
		}
	}
	if err = c.Close(mintws.CodeNormal, "bye"); err != nil {
		t.Error(err)
	}
	var end *mintws.CloseError
	if err = <-ended; !errors.As(err, &end) || !end.Complete || end.Code != mintws.CodeNormal || end.Reason != "bye" {
		t.Errorf("the server's end: %v", err)
	}
	if _, _, err = c.Read(ctx); wsconn.CloseCode(err) != mintws.CodeNormal {
		t.Errorf("Read after Close: %v", err)
	}
	if err = c.Write(ctx, mintws.OpText, nil); wsconn.CloseCode(err) != mintws.CodeNormal {
		t.Errorf("Write after Close: %v", err)
	}
}

// TestStreams: a message is written and read piece by piece.
func TestStreams(t *testing.T) {
	c := dial(t, wstest.Options{TLS: true}, wsconn.Options{})
	ctx := bounded(t)
	for _, piece := range []int{1, 100, 4096, 70_000} {
		w, err := c.Writer(ctx, mintws.OpBinary)
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Repeat([]byte("0123456789"), 20_000)
		for p := want; len(p) > 0; p = p[min(piece, len(p)):] {
			if n, writeErr := w.Write(p[:min(piece, len(p))]); writeErr != nil || n != min(piece, len(p)) {
				t.Fatal(n, writeErr)
			}
		}
		if err = w.Close(); err != nil {
			t.Fatal(err)
		}
		op, r, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || op != mintws.OpBinary || !bytes.Equal(got, want) {
			t.Fatalf("pieces of %d: got %v of %d, %v", piece, op, len(got), err)
		}
	}
	if err := c.Close(mintws.CodeNormal, ""); err != nil {
		t.Error(err)
	}
}
