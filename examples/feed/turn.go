package main

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/mintws/mintws/mintws/session"
)

// turn writes what is to be written, and takes what comes until the deadline.
func turn(sock net.Conn, s session.Session, out *session.Output, buf []byte) session.Session {
	sock.SetWriteDeadline(time.Now().Add(time.Minute))
	_, writeErr := out.WriteTo(sock)
	sock.SetReadDeadline(s.Deadline())
	n, readErr := sock.Read(buf) // also after a failed Write: the peer may have said why it went
	switch now := time.Now(); {
	case n > 0:
		s, _ = s.Received(out, now, buf[:n]) // s.Err keeps the error
	case writeErr == nil && errors.Is(readErr, os.ErrDeadlineExceeded):
		s, _ = s.Tick(out, now)
	default:
		s, _ = s.EOF(out, now)
	}
	return s
}
