package bench

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mintws/mintws/mintws"
)

// memConn is a net.Conn in memory: reads come from in, writes go to out.
type memConn struct {
	in   bytes.Reader
	out  io.Writer
	read int // the most that one Read returns; 0 means no limit
	// answer, if it is set, is asked for the bytes to read after each write.
	answer func(written []byte) []byte
}

// Read takes from in.
func (c *memConn) Read(p []byte) (int, error) {
	if c.read > 0 && len(p) > c.read {
		p = p[:c.read]
	}
	n, err := c.in.Read(p[:min(len(p), copyBlock)])
	for err == nil && n < len(p) && c.in.Len() > 0 {
		var m int
		m, err = c.in.Read(p[n:min(len(p), n+copyBlock)])
		n += m
	}
	return n, err
}

// copyBlock is how much is copied at once. From 1 MiB on copy bypasses the cache, and whoever looks at the bytes next
// waits for them. That hangs on a few bytes more or less, and is no merit or fault of a library.
const copyBlock = 64 << 10

// received copies what a read of buf would get of wire.
func received(buf, wire []byte) (n int) {
	for n < len(buf) && n < len(wire) {
		n += copy(buf[n:min(len(buf), n+copyBlock)], wire[n:])
	}
	return n
}

// Write hands p to out.
func (c *memConn) Write(p []byte) (int, error) {
	if c.answer != nil {
		c.in.Reset(c.answer(p))
	}
	return c.out.Write(p)
}

// What follows does nothing: there is nothing to close, and nobody waits.

func (c *memConn) Close() error                     { return nil }
func (c *memConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *memConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *memConn) SetDeadline(time.Time) error      { return nil }
func (c *memConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memConn) SetWriteDeadline(time.Time) error { return nil }

// hijackable is a ResponseWriter that hands over a memConn.
type hijackable struct {
	http.ResponseWriter
	conn *memConn
}

// Hijack gives the connection away, as net/http does.
func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReaderSize(h.conn, 16), bufio.NewWriterSize(h.conn, 16)), nil
}

// gorillaBuffer is the size of its buffers here, its own default.
const gorillaBuffer = 4096

// newGorilla returns gorilla's endpoint in the given role after a handshake in memory, and the connection below it.
func newGorilla(t testing.TB, role mintws.Role) (*websocket.Conn, *memConn) {
	t.Helper()
	if role == mintws.Server {
		return gorillaServer(t)
	}
	return newGorillaSize(t, gorillaBuffer)
}

// newGorillaSize returns gorilla's client with another size of the buffer that it writes from.
func newGorillaSize(t testing.TB, size int) (*websocket.Conn, *memConn) {
	t.Helper()
	conn := &memConn{out: io.Discard}
	conn.answer = func(request []byte) []byte {
		_, after, _ := strings.Cut(string(request), "Sec-WebSocket-Key: ")
		key, _, _ := strings.Cut(after, "\r\n")
		return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: " + mintws.AcceptKey(key) + "\r\n\r\n")
	}
	dialer := websocket.Dialer{
		ReadBufferSize: gorillaBuffer, WriteBufferSize: size,
		NetDialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	c, _, err := dialer.Dial("ws://memory.invalid/", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.answer = nil
	return c, conn
}

// gorillaServer is newGorilla in the server role.
func gorillaServer(t testing.TB) (*websocket.Conn, *memConn) {
	t.Helper()
	conn := &memConn{out: io.Discard}
	r := httptest.NewRequest(http.MethodGet, "http://memory.invalid/", nil)
	for name, value := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", // of RFC 6455 section 1.3
	} {
		r.Header.Set(name, value)
	}
	upgrader := websocket.Upgrader{ReadBufferSize: gorillaBuffer, WriteBufferSize: gorillaBuffer}
	c, err := upgrader.Upgrade(hijackable{httptest.NewRecorder(), conn}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, conn
}
