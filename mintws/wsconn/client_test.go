package wsconn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect" // net/http's servers take WebSockets over HTTP/2
	"github.com/mintws/mintws/mintws/wstest"
)

// serveBoth is serve for a server that speaks HTTP/2 as well, on the same port, and counts its connections.
func serveBoth(t *testing.T, opt wsconn.AcceptOptions, handle func(*wsconn.Conn)) (url string, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	s := httptest.NewUnstartedServer(handler(opt, handle))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http"), connections
}

// newClient returns a Client that the test closes.
func newClient(t *testing.T) *wsconn.Client {
	cl := new(wsconn.Client)
	t.Cleanup(func() { cl.Close() })
	return cl
}

// TestClient: many WebSockets share one connection, and each carries what it should.
func TestClient(t *testing.T) {
	url, connections := serveBoth(t, wsconn.AcceptOptions{}, echo)
	cl, ctx := newClient(t), bounded(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			c, err := cl.Dial(ctx, url, mintws.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.CloseNow()
			for n := range 5 {
				message := bytes.Repeat([]byte{byte(i)}, n*50_000)
				wrote := make(chan error, 1)
				go func() { wrote <- c.Write(ctx, mintws.OpBinary, message) }()
				if op, p, readErr := c.Read(ctx); readErr != nil || op != mintws.OpBinary || !bytes.Equal(p, message) {
					t.Errorf("got %v of %d, %v", op, len(p), readErr)
				}
				if err = <-wrote; err != nil {
					t.Error(err)
				}
			}
			if err = c.Close(mintws.CodeNormal, ""); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	if err := cl.Close(); err != nil {
		t.Error(err)
	}
	if _, err := cl.Dial(ctx, url, mintws.Options{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial of a closed Client: %v", err)
	}
}

// TestSlowReader: one of the WebSockets of a connection is not read, and what it is sent stays within its window. The others go on.
func TestSlowReader(t *testing.T) {
	const messages = 20
	url, _ := serveBoth(t, wsconn.AcceptOptions{}, func(c *wsconn.Conn) {
		if _, _, err := c.Read(context.Background()); err != nil {
			return
		}
		for range messages {
			if c.Write(context.Background(), mintws.OpBinary, make([]byte, 64<<10)) != nil {
				return
			}
		}
		c.Close(mintws.CodeNormal, "")
	})
	cl, ctx := newClient(t), bounded(t)
	conns := make([]*wsconn.Conn, 30)
	for i := range conns {
		var err error
		if conns[i], err = cl.Dial(ctx, url, mintws.Options{}); err != nil {
			t.Fatal(err)
		}
		defer conns[i].CloseNow()
		if err = conns[i].Write(ctx, mintws.OpText, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := len(conns) - 1; i >= 0; i-- { // the others wait, each with its window full
		for n := range messages {
			if _, p, readErr := conns[i].Read(ctx); readErr != nil || len(p) != 64<<10 {
				t.Fatalf("conn %d, message %d: %d bytes, %v", i, n, len(p), readErr)
			}
		}
	}
}

// TestClientRefused: a refusal is an error with the answer, over either version, and the connection goes on.
func TestClientRefused(t *testing.T) {
	s := wstest.NewServer(wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
		if r.URL.Path == "/no" {
			return wstest.Behavior{Refuse: 401, Header: http.Header{"Www-Authenticate": {"Bearer"}}}
		}
		return wstest.Behavior{}
	}})
	defer s.Close()
	cl, ctx := newClient(t), bounded(t)
	_, err := cl.Dial(ctx, s.URL+"/no", mintws.Options{})
	refused(t, err)
	c, err := cl.Dial(ctx, s.URL, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err = c.Close(mintws.CodeNormal, ""); err != nil {
		t.Error(err)
	}
	_, err = wsconn.Dial(ctx, s.URL+"/no", wsconn.Options{})
	refused(t, err)
}

// TestClientManyConnections: where the server takes no more streams there is another connection.
func TestClientManyConnections(t *testing.T) {
	s := wstest.NewServer(wstest.Options{MaxStreams: 3})
	defer s.Close()
	cl, ctx := newClient(t), bounded(t)
	for i := range 10 {
		c, err := cl.Dial(ctx, s.URL, mintws.Options{})
		if err != nil {
			t.Fatal(i, err)
		}
		defer c.CloseNow()
		if err = c.Write(ctx, mintws.OpText, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
		if _, p, readErr := c.Read(ctx); readErr != nil || string(p) != fmt.Sprint(i) {
			t.Errorf("%d: %q, %v", i, p, readErr)
		}
	}
}

// TestClientConnectionLost: all WebSockets of a connection end with it, and the next one gets a new connection.
func TestClientConnectionLost(t *testing.T) {
	s := wstest.NewServer(wstest.Options{TLS: true})
	defer s.Close()
	cl, ctx := newClient(t), bounded(t)
	cl.Options.Dial.TLS = s.ClientTLS()
	for range 3 {
		var conns []*wsconn.Conn
		for range 5 {
			c, err := cl.Dial(ctx, s.URL, mintws.Options{})
			if err != nil {
				t.Fatal(err)
			}
			usable(t, c)
			conns = append(conns, c)
		}
		s.Drop()
		for _, c := range conns {
			if _, _, err := c.Read(ctx); wsconn.CloseCode(err) != mintws.CodeAbnormal {
				t.Error(err)
			}
			if err := c.Close(mintws.CodeNormal, ""); wsconn.CloseCode(err) != mintws.CodeAbnormal {
				t.Error(err)
			}
		}
	}
}

// TestClientHTTP1: where the server has no WebSockets over HTTP/2 each has a connection of its own.
func TestClientHTTP1(t *testing.T) {
	for _, opt := range []wstest.Options{
		{TLS: true, Protocols: []httpconn.Version{httpconn.HTTP1}},
		{TLS: true, Settings: []http2.Setting{{ID: http2.SettingEnableConnectProtocol, Val: 0}}},
	} {
		s := wstest.NewServer(opt)
		cl := newClient(t)
		cl.Options.Dial.TLS = s.ClientTLS()
		for range 2 {
			c, err := cl.Dial(bounded(t), s.URL, mintws.Options{})
			if err != nil {
				t.Fatal(err)
			}
			usable(t, c)
			if err = c.Close(mintws.CodeNormal, ""); err != nil {
				t.Error(err)
			}
		}
		s.Close()
	}
}

// TestClientMistakes: what cannot be asked for is an error, and the Client is as good as before.
func TestClientMistakes(t *testing.T) {
	s := wstest.NewServer(wstest.Options{})
	defer s.Close()
	cl := newClient(t)
	for range 2 {
		if _, err := cl.Dial(bounded(t), s.URL, mintws.Options{Subprotocols: []string{"no token"}}); !errors.Is(err, mintws.ErrInvalidOptions) {
			t.Error(err)
		}
		if _, err := cl.Dial(bounded(t), "ftp://example.org", mintws.Options{}); err == nil {
			t.Error("no error")
		}
		c, err := cl.Dial(bounded(t), s.URL, mintws.Options{})
		if err != nil {
			t.Fatal(err)
		}
		usable(t, c)
	}
	if _, err := wsconn.Dial(bounded(t), s.URL, wsconn.Options{WebSocket: mintws.Options{Subprotocols: []string{"no token"}}}); !errors.Is(err, mintws.ErrInvalidOptions) {
		t.Error(err)
	}
}

// TestWindows: a server may send as much ahead of a reader as the documentation says, whatever httpconn's defaults are.
func TestWindows(t *testing.T) {
	for _, tc := range []struct {
		cfg          httpconn.Config
		stream, conn uint32
	}{
		{httpconn.Config{}, 256 << 10, 1 << 30},
		{httpconn.Config{StreamWindow: 4 << 20, ConnWindow: 8 << 20}, 4 << 20, 8 << 20},
	} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(bounded(t))
		failed := make(chan error, 1)
		go func() {
			var opt wsconn.Options
			opt.Dial.Config, opt.Dial.Protocols = tc.cfg, []httpconn.Version{httpconn.HTTP2}
			_, dialErr := wsconn.Dial(ctx, "ws://"+ln.Addr().String(), opt)
			failed <- dialErr
		}()
		sock, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.ReadFull(sock, make([]byte, len(http2.ClientPreface))); err != nil {
			t.Fatal(err)
		}
		fr, stream, conn := http2.NewFramer(nil, sock), uint32(0), uint32(65535)
		for range 2 {
			f, readErr := fr.ReadFrame()
			switch f := f.(type) {
			case *http2.SettingsFrame:
				stream, _ = f.Value(http2.SettingInitialWindowSize)
			case *http2.WindowUpdateFrame:
				conn += f.Increment
			default:
				t.Errorf("%v, %v", f, readErr)
			}
		}
		if stream != tc.stream || conn != tc.conn {
			t.Errorf("windows of %d and %d, want %d and %d", stream, conn, tc.stream, tc.conn)
		}
		cancel()
		if <-failed == nil {
			t.Error("a WebSocket")
		}
		sock.Close()
		ln.Close()
	}
}

// TestAbandonedCredit: what was received on WebSockets that nobody read is credited when they end, so that the connection goes on.
func TestAbandonedCredit(t *testing.T) {
	url, connections := serveBoth(t, wsconn.AcceptOptions{}, func(c *wsconn.Conn) {
		for c.Write(context.Background(), mintws.OpBinary, make([]byte, 60_000)) == nil {
		}
	})
	cl, ctx := newClient(t), bounded(t)
	cl.Options.Dial.Config.ConnWindow = 1 << 20
	for range 50 {
		c, err := cl.Dial(ctx, url, mintws.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if _, _, err = c.Read(ctx); err != nil {
				t.Fatal(err)
			}
		}
		c.CloseNow()
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}
