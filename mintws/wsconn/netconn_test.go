package wsconn_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestNetConn: bytes go there and back as they do on a TCP connection, deadlines pass and can be moved, and a good end is io.EOF.
func TestNetConn(t *testing.T) {
	c := dial(t, wstest.Options{}, wsconn.Options{})
	n := wsconn.NetConn(c, mintws.OpBinary)
	if n.LocalAddr().Network() != "tcp" || n.RemoteAddr().String() == n.LocalAddr().String() {
		t.Errorf("addresses %v and %v", n.LocalAddr(), n.RemoteAddr())
	}
	want := bytes.Repeat([]byte("0123456789"), 10_000)
	wrote := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < len(want) && err == nil; i += 1000 {
			_, err = n.Write(want[i : i+1000])
		}
		wrote <- err
	}()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(n, got); err != nil || !bytes.Equal(got, want) {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}

	n.SetReadDeadline(time.Now().Add(-time.Second))
	if _, err := n.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline that has passed: %v", err)
	}
	n.SetReadDeadline(time.Now().Add(time.Hour))
	read := make(chan error, 1)
	go func() {
		_, err := n.Read(got)
		read <- err
	}()
	n.SetReadDeadline(time.Now().Add(time.Millisecond)) // counts for a Read under way
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline that was moved: %v", err)
	}
	n.SetDeadline(time.Time{})
	if _, err := n.Write([]byte("again")); err != nil {
		t.Error(err)
	}
	if k, err := n.Read(got); string(got[:k]) != "again" || err != nil {
		t.Errorf("after the deadlines: %q, %v", got[:k], err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if _, err := n.Read(got); err != io.EOF {
		t.Errorf("Read after a good end: %v", err)
	}
}

// TestNetConnKind: a message of the other kind ends the connection with 1003.
func TestNetConnKind(t *testing.T) {
	peer := make(chan mintws.CloseCode, 1)
	c := dial(t, wstest.Options{Behavior: wstest.Behavior{Greeting: []mintws.Frame{mintws.Text("a")}}, Over: over(peer)}, wsconn.Options{})
	_, err := wsconn.NetConn(c, mintws.OpBinary).Read(make([]byte, 1))
	if !errors.Is(err, wsconn.ErrUnwanted) {
		t.Errorf("error %v", err)
	}
	if code := <-peer; code != mintws.CodeUnsupportedData {
		t.Errorf("code %v", code)
	}
}
