package httpdial

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
)

// looked notes what is written and how much is read.
type looked struct {
	net.Conn
	written strings.Builder
	read    int
}

func (w *looked) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.read += n
	return n, err
}

func (w *looked) Write(p []byte) (int, error) {
	w.written.Write(p)
	return w.Conn.Write(p)
}

// TestDialWrap: what Wrap returns sees HTTP from its first byte, and nothing of TLS. Dial returns it.
func TestDialWrap(t *testing.T) {
	setProxies(t, nil)
	var made []*looked
	wrap := func(c net.Conn) net.Conn {
		made = append(made, &looked{Conn: c})
		return made[len(made)-1]
	}
	last := func(sock net.Conn, conns int) *looked {
		t.Helper()
		w, ok := sock.(*looked)
		if !ok || len(made) != conns || w != made[conns-1] {
			t.Fatalf("Dial returned %T, Wrap was called %d times, want %d", sock, len(made), conns)
		}
		return w
	}
	cfg := certified(t, "example.test")
	cfg.NextProtos = []string{"h2", "http/1.1"}
	s := speaks(extends, limited)
	secure := tcpServer(t, overTLS(cfg, func(c *tls.Conn) { s.serve(c) }))
	sock, _ := dialed2(t, "wss://example.test", Options{DialContext: toServer(secure), TLS: trust(), Protocols: onlyTwo, Wrap: wrap})
	w := last(sock, 1)
	if _, ok := w.Conn.(*tls.Conn); !ok || !strings.HasPrefix(w.written.String(), http2.ClientPreface) || w.read < 9+12 {
		t.Errorf("wrapped %T: %q was written, %d bytes were read", w.Conn, w.written.String(), w.read)
	}

	made = nil
	plain := tcpServer(t, speaks(limited).serve) // without extended CONNECT, so there is a second connection
	sock = dialed(t, "ws://example.test", Options{DialContext: toServer(plain), Protocols: both, Wrap: wrap})
	if w = last(sock, 2); w.written.Len() != 0 || w.read != 0 {
		t.Errorf("%q was written, %d bytes were read, want none on HTTP/1.1", w.written.String(), w.read)
	}
	checkEcho(t, sock)

	var out httpconn.Output
	made = nil
	sock, _, err := Dial(t.Context(), "ws://example.test", &out, Options{Proxy: UseProxy(newProxy(t, plain).url()), Wrap: wrap})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	if w = last(sock, 1); w.written.Len() != 0 {
		t.Errorf("what the proxy was told is none of its business: %q", w.written.String())
	}
}
