package wsconn_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// A WebSocket over HTTP/1.1, with one over HTTP/2, and on a shared connection, to a server of ours.
var kinds = []string{"HTTP/1.1", "HTTP/2", "shared"}

// pair opens a WebSocket of a kind, whose server's side is given to handle.
func pair(t *testing.T, kind string, opt wsconn.Options, handle func(*wsconn.Conn)) *wsconn.Conn {
	t.Helper()
	url, _ := serveBoth(t, wsconn.AcceptOptions{}, handle)
	opt.Dial.DialContext = narrow
	var c *wsconn.Conn
	var err error
	switch kind {
	case "shared":
		cl := &wsconn.Client{Options: opt}
		t.Cleanup(func() { cl.Close() })
		c, err = cl.Dial(bounded(t), url, opt.WebSocket)
	case "HTTP/2":
		opt.Dial.Protocols = []httpconn.Version{httpconn.HTTP2}
		c, err = wsconn.Dial(bounded(t), url, opt)
	default:
		c, err = wsconn.Dial(bounded(t), url, opt)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// narrow connects with a small buffer for what is sent, so that writers are blocked soon.
func narrow(ctx context.Context, network, address string) (net.Conn, error) {
	sock, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		err = sock.(*net.TCPConn).SetWriteBuffer(16 << 10)
	}
	return sock, err
}

// large is more than all buffers between a writer and one who does not read.
const large = 4 << 20

// usable checks that messages go there and back.
func usable(t *testing.T, c *wsconn.Conn) {
	t.Helper()
	if err := c.Write(bounded(t), mintws.OpText, []byte("usable")); err != nil {
		t.Fatal(err)
	}
	if _, p, err := c.Read(bounded(t)); err != nil || string(p) != "usable" {
		t.Fatalf("%q, %v", p, err)
	}
}

// canceled checks an error of a call whose context was cancelled.
func canceled(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%s: %v", what, err)
	}
}

// TestCanceledBefore: a context that has ended before the call does nothing.
func TestCanceledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, kind := range kinds {
		c := pair(t, kind, wsconn.Options{}, echo)
		prepared, err := mintws.Prepare(mintws.Text("a"))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = c.Read(ctx)
		canceled(t, "Read", err)
		_, _, err = c.Reader(ctx)
		canceled(t, "Reader", err)
		canceled(t, "Write", c.Write(ctx, mintws.OpText, []byte("a")))
		canceled(t, "WritePrepared", c.WritePrepared(ctx, prepared))
		_, err = c.Writer(ctx, mintws.OpText)
		canceled(t, "Writer", err)
		canceled(t, "Ping", c.Ping(ctx))
		canceled(t, "CloseRead", c.CloseRead(ctx))
		usable(t, c)
		if err = c.Close(mintws.CodeNormal, ""); err != nil {
			t.Error(kind, err)
		}
	}
}

// TestCanceledWhileReading: wherever a context ends that something is received with, nothing is lost: before a message, inside one,
// in Ping. A Reader that was given up is left behind.
func TestCanceledWhileReading(t *testing.T) {
	for _, kind := range kinds {
		next := make(chan bool)
		c := pair(t, kind, wsconn.Options{}, func(c *wsconn.Conn) {
			ctx := context.Background()
			for range 3 {
				w, err := c.Writer(ctx, mintws.OpText)
				if err != nil {
					t.Error(err)
					return
				}
				w.Write(bytes.Repeat([]byte("a"), 5000))
				<-next
				io.WriteString(w, "b")
				w.Close()
			}
			echo(c)
		})
		want := string(bytes.Repeat([]byte("a"), 5000)) + "b"
		half := func() context.Context { // ends when the first half was read, or before
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			t.Cleanup(cancel)
			return ctx
		}
		for range 3 { // a Read goes on with what another has begun
			if _, _, err := c.Read(half()); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(kind, err)
			}
		}
		next <- true
		if _, p, err := c.Read(bounded(t)); err != nil || string(p) != want {
			t.Fatal(kind, len(p), err)
		}

		if _, _, err := c.Read(half()); !errors.Is(err, context.DeadlineExceeded) { // and so does a Reader
			t.Fatal(kind, err)
		}
		next <- true
		_, r, err := c.Reader(bounded(t))
		if err != nil {
			t.Fatal(kind, err)
		}
		if p, readErr := io.ReadAll(r); readErr != nil || string(p) != want {
			t.Fatal(kind, len(p), readErr)
		}

		ctx, cancel := context.WithCancel(context.Background())
		if _, r, err = c.Reader(ctx); err != nil {
			t.Fatal(kind, err)
		}
		if _, err = io.ReadFull(r, make([]byte, 5000)); err != nil {
			t.Fatal(kind, err)
		}
		cancel()
		_, err = r.Read(make([]byte, 1))
		canceled(t, "Read of a Reader", err)
		next <- true
		usable(t, c) // drops the rest
		if err = c.Write(bounded(t), mintws.OpText, []byte("ab")); err != nil {
			t.Fatal(kind, err)
		}
		if _, r, err = c.Reader(bounded(t)); err != nil {
			t.Fatal(kind, err)
		}
		usable(t, c)
		if n, readErr := r.Read(make([]byte, 1)); n != 0 || readErr != wsconn.ErrStaleReader {
			t.Errorf("%s: a Reader that was left behind: %d, %v", kind, n, readErr)
		}
	}
}

// TestCanceledPing: a Ping whose answer nobody reads.
func TestCanceledPing(t *testing.T) {
	c := pair(t, "HTTP/1.1", wsconn.Options{}, echo)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	usable(t, c)
}

// TestCanceledAtRandom: a reader whose contexts end all the time gets every message, in order.
func TestCanceledAtRandom(t *testing.T) {
	const messages = 300
	for _, kind := range kinds {
		c := pair(t, kind, wsconn.Options{}, func(c *wsconn.Conn) {
			for i := range messages {
				p := make([]byte, 4+i*i%20_000)
				binary.BigEndian.PutUint32(p, uint32(i))
				if err := c.Write(context.Background(), mintws.OpBinary, p); err != nil {
					t.Error(err)
					return
				}
			}
			c.Close(mintws.CodeNormal, "")
		})
		for i := 0; i < messages; {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(200))*time.Microsecond)
			_, p, err := c.Read(ctx)
			cancel()
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				// and the next goes on
			case err != nil || len(p) != 4+i*i%20_000 || int(binary.BigEndian.Uint32(p)) != i:
				t.Fatalf("%s: message %d: %d bytes, %v", kind, i, len(p), err)
			default:
				i++
			}
		}
		if _, _, err := c.Read(bounded(t)); wsconn.CloseCode(err) != mintws.CodeNormal {
			t.Error(kind, err)
		}
	}
}

// TestCanceledWhileWriting: a Write that waits for another message or another writer can be given up; one whose frame is on its way
// ends the connection.
func TestCanceledWhileWriting(t *testing.T) {
	for _, kind := range kinds {
		start := make(chan bool)
		c := pair(t, kind, wsconn.Options{}, func(c *wsconn.Conn) {
			<-start
			echo(c)
		})
		w, err := c.Writer(bounded(t), mintws.OpText)
		if err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		if err = c.Write(soon, mintws.OpText, []byte("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(kind, err) // it waits for the message before
		}
		if err = w.Close(); err != nil {
			t.Fatal(err)
		}
		cancel()

		ctx, stop := context.WithCancel(context.Background())
		blocked := make(chan error, 1)
		go func() {
			blocked <- c.Write(ctx, mintws.OpBinary, make([]byte, large))
		}()
		for err = nil; err == nil; cancel() { // it may begin before that one
			soon, cancel = context.WithTimeout(context.Background(), 10*time.Millisecond)
			err = c.Write(soon, mintws.OpText, []byte("a"))
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(kind, err)
		}
		soon, cancel = context.WithTimeout(context.Background(), 10*time.Millisecond)
		if err = c.Ping(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(kind, err)
		}
		cancel()
		if c.Err() != nil {
			t.Fatal(kind, c.Err())
		}
		stop()
		canceled(t, kind, <-blocked)
		_, _, err = c.Read(bounded(t))
		canceled(t, kind+": Read after that", err)
		close(start)
	}
}

// TestCanceledWriter: a message that was begun and cannot be completed ends the connection; one of which nothing was sent does not.
func TestCanceledWriter(t *testing.T) {
	for _, kind := range kinds {
		c := pair(t, kind, wsconn.Options{}, echo)
		ctx, cancel := context.WithCancel(context.Background())
		w, err := c.Writer(ctx, mintws.OpText)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "a")
		cancel()
		canceled(t, "Close", w.Close())
		usable(t, c)

		ctx, cancel = context.WithCancel(context.Background())
		if w, err = c.Writer(ctx, mintws.OpText); err != nil {
			t.Fatal(err)
		}
		if _, err = w.Write(make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
		cancel()
		canceled(t, "Close", w.Close())
		canceled(t, "Close again", w.Close())
		_, _, err = c.Read(bounded(t))
		canceled(t, "Read", err)
	}
}

// TestCanceledDial: an answer that does not come is not awaited for longer than the context and Timing.Open allow.
func TestCanceledDial(t *testing.T) {
	for _, v := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
		s := wstest.NewServer(wstest.Options{Behavior: wstest.Behavior{HandshakeDelay: -1}})
		opt := wsconn.Options{}
		opt.Dial.Protocols = []httpconn.Version{v}
		cl := &wsconn.Client{Options: opt}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		if _, err := wsconn.Dial(ctx, s.URL, opt); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v: %v", v, err)
		}
		if _, err := cl.Dial(ctx, s.URL, mintws.Options{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v: %v", v, err)
		}
		cancel()
		opt.Timing = session.Timing{Open: 20 * time.Millisecond}
		var late *session.TimeoutError
		if _, err := wsconn.Dial(bounded(t), s.URL, opt); !errors.As(err, &late) || late.For != session.ForAnswer {
			t.Errorf("%v: %v", v, err)
		}
		cl.Close()
		s.Close()
	}
}
