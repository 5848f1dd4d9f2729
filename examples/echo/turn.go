package main

import (
	"cmp"
	"io"
	"net"
	"time"

	"github.com/mintws/mintws/httpconn"
)

// turn writes what is to be written, reads once, and passes on what that brings. Its error is the socket's. A fault of the
// protocol, and the end of the connection, reach each stream as an event.
func turn(sock net.Conn, conn httpconn.Conn, out *httpconn.Output, buf []byte) (httpconn.Conn, error) {
	sock.SetWriteDeadline(time.Now().Add(time.Minute)) // how long to wait is the caller's to say
	_, writeErr := out.WriteTo(sock)
	out.Reset()
	sock.SetReadDeadline(time.Now().Add(time.Minute))
	n, readErr := sock.Read(buf) // also after a failed Write: the server may have said why it went
	if n > 0 {
		conn, _ = conn.Stream(out, buf[:n])
		readErr = nil // if there was one, it comes again
	}
	if readErr != nil || writeErr != nil {
		conn, _ = conn.StreamEOF(out)
	}
	if readErr == io.EOF {
		readErr = nil
	}
	return conn, cmp.Or(writeErr, readErr)
}

// leave writes the last words: after a fault the Close or the GOAWAY that it calls for. On HTTP/1.1 it gives the server a
// moment to close first (RFC 6455 section 7.1.1).
func leave(sock net.Conn, conn httpconn.Conn, out *httpconn.Output) {
	next := conn.Next()
	_ = conn.Close(out) // nobody needs the value after this one
	sock.SetDeadline(time.Now().Add(time.Second))
	if _, err := out.WriteTo(sock); err == nil && next == httpconn.NextAwaitEOF {
		io.Copy(io.Discard, sock)
	}
}
