package share

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
)

// broken is a TLS connection that has failed.
type broken struct{ net.Conn }

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }

// TestNothingPastTLS: what TLS does not take is not written to the socket below it, and the connection ends.
func TestNothingPastTLS(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	sock, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP2, httpconn.Config{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	below := &Pipe{Conn: sock}
	m := New(broken{below}, below, conn, out.Send, time.Minute, false)
	peer.SetDeadline(time.Now().Add(20 * time.Second))
	if got, readErr := io.ReadAll(peer); len(got) > 0 || readErr != nil {
		t.Errorf("%q, %v", got, readErr)
	}
	if !m.Over() {
		t.Error("the connection is not over")
	}
}
