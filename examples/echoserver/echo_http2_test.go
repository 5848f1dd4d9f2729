//lint:file-ignore SA1019 http.Transport, which is to replace http2.Transport, refuses :protocol

package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mintws/mintws/mintws"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"

	"golang.org/x/net/http2"
)

// stream makes a request's content and the response's one connection.
type stream struct {
	net.Conn // none: what else it can do is not used
	io.Reader
	io.WriteCloser
}

func (s stream) Read(p []byte) (int, error)  { return s.Reader.Read(p) }
func (s stream) Write(p []byte) (int, error) { return s.WriteCloser.Write(p) }
func (s stream) Close() error                { return s.WriteCloser.Close() }

// startHTTP2 runs the server with HTTP/2 and returns a function that opens WebSockets, all on one connection.
func startHTTP2(t *testing.T, opt options) (*echoServer, func() *wsClient) {
	t.Helper()
	s := newEchoServer(opt)
	ts := httptest.NewUnstartedServer(s)
	ts.EnableHTTP2 = true
	ts.StartTLS()
	t.Cleanup(ts.Close)
	tr := &http2.Transport{TLSClientConfig: ts.Client().Transport.(*http.Transport).TLSClientConfig}
	t.Cleanup(tr.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(context.Background(), testLimit)
	t.Cleanup(cancel)
	return s, func() *wsClient {
		pr, pw := io.Pipe()
		t.Cleanup(func() { pw.Close() })
		r, err := http.NewRequestWithContext(ctx, http.MethodConnect, ts.URL+"/path", pr)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{":protocol": {"websocket"}, "Sec-Websocket-Version": {"13"}}
		resp, err := tr.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		if resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status)
		}
		c, err := newClient(stream{nil, resp.Body, pw})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// TestEchoHTTP2 echoes on one stream, breaks the protocol on another, and shuts the server down while a third is idle.
func TestEchoHTTP2(t *testing.T) {
	done := make(chan summary, 3)
	s, dial := startHTTP2(t, options{CloseTimeout: testLimit, Done: func(sum summary) { done <- sum }})
	idle, c, bad := dial(), dial(), dial()
	large := mintws.Binary(make([]byte, 1<<20))
	for _, f := range []mintws.Frame{mintws.Text("Hello"), large} {
		send(t, c, f)
		expect(t, c, f)
	}
	send(t, c, mintws.Close(3000, ""))
	finish(t, c, 3000, "")
	if sum := <-done; sum.Err != nil || sum.Status != 200 || sum.Path != "/path" || sum.MessagesOut != 2 || sum.Code != 3000 {
		t.Errorf("summary %+v", sum)
	}

	if _, err := io.WriteString(bad.Conn, "\x81\x01a"); err != nil {
		t.Fatal(err)
	}
	expectClose(t, bad, 1002)
	if sum := <-done; sum.Code != 1002 || !errors.Is(sum.Err, mintws.ErrUnmasked) {
		t.Errorf("summary %+v", sum)
	}

	result := make(chan error, 1)
	go func() { result <- s.Shutdown(context.Background()) }()
	finish(t, idle, 1001, "shutting down")
	if err := <-result; err != nil {
		t.Error(err)
	}
	if sum := <-done; sum.Err != nil || sum.Code != 1001 {
		t.Errorf("summary %+v", sum)
	}
}

// expectClose expects a Close and the end of the stream. The Close is not answered: the server is not listening any more.
func expectClose(t *testing.T, c *wsClient, code mintws.CloseCode) {
	t.Helper()
	f, err := c.Next()
	if err != nil || f.Opcode != mintws.OpClose || f.Code != code {
		t.Fatalf("got %v %v, %v; want Close %v", f.Opcode, f.Code, err, code)
	}
	var ce *mintws.CloseError
	if _, err = c.Next(); !errors.As(err, &ce) || ce.Code != code {
		t.Errorf("after the Close: %v", err)
	}
}

// TestEchoHTTP2Forced drops streams that do not answer the Close, one of them with a Write under way.
func TestEchoHTTP2Forced(t *testing.T) {
	done := make(chan summary, 2)
	s, dial := startHTTP2(t, options{CloseTimeout: testLimit, WriteTimeout: testLimit,
		Done: func(sum summary) { done <- sum }})
	silent, deaf := dial(), dial()
	message := mintws.Binary(make([]byte, 8<<20)) // more than the client's window: the answer is stuck
	send(t, deaf, message)
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error)
	go func() { result <- s.Shutdown(ctx) }()
	expect(t, silent, mintws.Close(1001, "server is shutting down"))
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown returned %v", err)
	}
	for range 2 {
		if sum := <-done; sum.Err == nil {
			t.Errorf("summary %+v", sum)
		}
	}
}
