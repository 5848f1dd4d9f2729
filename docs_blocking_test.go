package readme

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// snippet: blocking
// Blocking is a WebSocket with a blocking Read and Write. One goroutine may read while others write.
type Blocking struct {
	sock net.Conn
	read struct { // for the goroutine that reads
		buf []byte
		in  mintws.Inbox
		got []mintws.Frame // received, and not returned yet
	}

	mu   sync.Mutex // for what follows
	conn httpconn.Conn
	ws   mintws.WebSocket
	out  httpconn.Output
}

// Open dials and upgrades.
func Open(ctx context.Context, url string, opt mintws.Options) (*Blocking, error) {
	b := new(Blocking)
	b.read.buf = make([]byte, 16<<10)
	var err error
	if b.sock, b.conn, err = httpdial.Dial(ctx, url, &b.out, httpdial.Options{}); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { b.sock.Close() })()
	if b.conn, b.ws, err = mintws.Upgrade(b.conn, &b.out, url, opt); err == nil {
		_, err = b.out.WriteTo(b.sock)
	}
	for err == nil && b.ws.State() == mintws.Connecting {
		err = b.turn()
	}
	if b.ws.State() == mintws.Failed { // before the socket's error: a *mintws.HandshakeError says more
		err = b.ws.Err()
	}
	if err != nil {
		b.sock.Close()
		return nil, errors.Join(context.Cause(ctx), err)
	}
	return b, nil
}

// turn reads once, and writes what that calls for.
func (b *Blocking) turn() error {
	n, lost := b.sock.Read(b.read.buf)
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > 0 {
		lost = nil // it comes again
		b.conn, _ = b.conn.Stream(&b.out, b.read.buf[:n])
	} else {
		b.conn, _ = b.conn.StreamEOF(&b.out)
	}
	for _, ev := range b.out.Events {
		b.read.in.Reset()
		b.conn, b.ws, _ = mintws.Receive(b.conn, &b.out, b.ws, &b.read.in, ev)
		for _, f := range b.read.in.Frames {
			b.read.got = append(b.read.got, f.Clone())
		}
	}
	_, err := b.out.WriteTo(b.sock)
	b.out.Reset()
	return errors.Join(lost, err)
}

// Read returns the next message, and after the last one how the WebSocket ended: nil error and ok false if it ended well.
func (b *Blocking) Read() (message mintws.Frame, ok bool, err error) {
	var lost error
	for {
		for len(b.read.got) > 0 {
			f := b.read.got[0]
			b.read.got = b.read.got[1:]
			if !f.Opcode.IsControl() {
				return f, true, nil
			}
		}
		b.mu.Lock()
		over, ended := b.ws.Over(), b.ws.Err()
		b.mu.Unlock()
		if over || lost != nil {
			return mintws.Frame{}, false, errors.Join(ended, lost)
		}
		lost = b.turn()
	}
}

// Write sends a frame: a message, a Ping, a Close.
func (b *Blocking) Write(f mintws.Frame) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	if b.conn, b.ws, err = mintws.Send(b.conn, &b.out, b.ws, f); err != nil {
		return err // nothing was sent, and nothing has changed
	}
	_, err = b.out.WriteTo(b.sock)
	return err
}

// SetDeadline bounds Reads and Writes to come.
func (b *Blocking) SetDeadline(t time.Time) error { return b.sock.SetDeadline(t) }

// Close lets go of the socket. To close the WebSocket, Write a Close and Read until the end first.
func (b *Blocking) Close() error { return b.sock.Close() }

// end

func TestBlocking(t *testing.T) {
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	b, err := Open(ctx, server.URL, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.SetDeadline(time.Now().Add(20 * time.Second))
	const writers, messages = 4, 50
	for range writers {
		go func() {
			for range messages {
				if writeErr := b.Write(mintws.Text(strings.Repeat("x", 1000))); writeErr != nil {
					t.Error(writeErr)
				}
			}
		}()
	}
	for i := range writers * messages {
		if f, ok, readErr := b.Read(); readErr != nil || !ok || len(f.Payload) != 1000 {
			t.Fatal(i, f, ok, readErr)
		}
	}
	if err = b.Write(mintws.Close(mintws.CodeNormal, "")); err != nil {
		t.Fatal(err)
	}
	if f, ok, readErr := b.Read(); ok || readErr != nil {
		t.Error(f, ok, readErr)
	}
	if err = b.Write(mintws.Text("late")); err == nil {
		t.Error("a message after the end was taken")
	}
}

func TestBlockingFails(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	refuses := wstest.NewServer(wstest.Options{Behavior: wstest.Behavior{Refuse: 401}})
	defer refuses.Close()
	var refused *mintws.HandshakeError
	if _, err := Open(ctx, refuses.URL, mintws.Options{}); !errors.As(err, &refused) || refused.Status != 401 {
		t.Error(err)
	}
	dies := wstest.NewServer(wstest.Options{Behavior: wstest.Behavior{Fault: wstest.FaultVanish, After: 1}})
	defer dies.Close()
	b, err := Open(ctx, dies.URL, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.SetDeadline(time.Now().Add(20 * time.Second))
	if err = b.Write(mintws.Text("one")); err != nil {
		t.Fatal(err)
	}
	var lost *mintws.CloseError
	for ok := true; ok; {
		_, ok, err = b.Read()
	}
	if !errors.As(err, &lost) || lost.Code != mintws.CodeAbnormal {
		t.Error(err)
	}
}
