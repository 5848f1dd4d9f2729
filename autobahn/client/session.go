package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
)

// Echoes wait for the server's credit. While more than enough of them do, the server gets none from us either: then it
// sends no more than the rest of its window, a MiB, before it has read. So at most that much is queued, with what masks
// add to short messages, and the echo of the one message of 16 MiB that may be complete with it.
const (
	enough    = 1 << 20
	maxQueued = 32 << 20
)

// lastWords is how long the server has to take what is left to say.
const lastWords = time.Second

// session is the visitor over HTTP/2: its WebSockets are streams of one connection, one after the other, for as long as the
// connection lasts. The zero session has none yet.
type session struct {
	sock net.Conn
	v    visitation // its conn is kept from visit to visit
	out  httpconn.Output
	buf  []byte
	owed int // bytes of the visit's stream that the server was not given credit for
}

// visit is the visitor. That a connection has ended since its last WebSocket is no failure: a new one is made.
func (s *session) visit(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool)) error {
	used := s.sock != nil
	err := s.try(target, deadline, answer)
	if used && !s.v.opened && worthAnother(err) {
		s.close()
		err = s.try(target, deadline, answer)
	}
	if err != nil {
		s.close()
	}
	return err
}

// worthAnother reports whether err may come from the connection alone: the server neither answered nor let the time pass.
func worthAnother(err error) bool {
	var refusal *mintws.HandshakeError
	return err != nil && !errors.As(err, &refusal) && !errors.Is(err, os.ErrDeadlineExceeded)
}

// try is one attempt at a visit.
func (s *session) try(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool)) error {
	s.v = visitation{conn: s.v.conn, answer: answer}
	err := s.open(target, deadline)
	if err != nil {
		return err
	}
	opt, err := options()
	if err != nil {
		return err
	}
	s.v.conn, s.v.ws, err = mintws.Upgrade(s.v.conn, &s.out, target, opt)
	if err != nil {
		return err
	}
	s.owed = 0
	for !s.v.over && s.v.lost == nil && err == nil && s.v.conn.Next() != httpconn.NextClose {
		err = s.turn(s.patience(deadline))
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && s.said() {
		err = nil // the server leaves it to us to end the stream
	}
	return s.v.ended(s.leave(err))
}

// open sees to a connection that takes a request.
func (s *session) open(target string, deadline time.Time) error {
	if s.sock == nil {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		var err error
		s.sock, s.v.conn, err = httpdial.Dial(ctx, target, &s.out, httpdial.Options{
			Protocols: []httpconn.Version{httpconn.HTTP2},
			Config:    httpconn.Config{ManualCredit: true, Limits: httpconn.Limits{MaxBuffered: maxQueued}},
		})
		if err != nil {
			return err
		}
		s.buf = make([]byte, 64<<10)
	}
	for s.v.conn.Slots() == 0 { // until the server's SETTINGS have come, or the end of the stream before
		if s.v.conn.Next() == httpconn.NextClose {
			return errors.New("the connection ended before it took a request")
		}
		if err := s.turn(deadline); err != nil {
			return err
		}
	}
	return nil
}

// turn writes what is to be written and handles what one read brings. conn.Next tells of errors of the protocol.
func (s *session) turn(deadline time.Time) error {
	if err := s.sock.SetDeadline(deadline); err != nil {
		return err
	}
	_, lost := s.out.WriteTo(s.sock)
	s.out.Reset()
	n, err := s.sock.Read(s.buf) // also after a failed Write: the server may have said why it went
	if n > 0 || err == io.EOF {
		s.v.read(&s.out, s.buf[:n]) // none is the end
		err = nil                   // another error comes again
	}
	for _, ev := range s.out.Events {
		if ev.Kind == httpconn.EventData && ev.StreamID == s.v.ws.StreamID() {
			s.owed += len(ev.Data)
		}
	}
	s.pay()
	return cmp.Or(lost, err)
}

// pay gives the server credit for what it has sent, unless it first has to take what we have for it.
func (s *session) pay() {
	id := s.v.ws.StreamID()
	if s.owed == 0 || s.v.conn.Buffered(id) > enough {
		return
	}
	s.v.conn, _ = s.v.conn.Consume(&s.out, id, s.owed) // a connection that is over needs no credit
	s.owed = 0
}

// said reports whether we have nothing more to say: our side of the stream is ended, and nothing of it waits.
func (s *session) said() bool {
	return s.v.ws.State() >= mintws.Closed && s.v.conn.Buffered(s.v.ws.StreamID()) == 0
}

// patience is the time until which to wait for the server's next word.
func (s *session) patience(deadline time.Time) time.Time {
	if soon := time.Now().Add(awaitEOF); s.said() && soon.Before(deadline) {
		return soon
	}
	return deadline
}

// leave ends the stream if the server has not, or does not take what is left of it, and writes what is to be written. An
// end in the middle is a RST_STREAM with CANCEL (RFC 8441 section 5).
func (s *session) leave(err error) error {
	id := s.v.ws.StreamID()
	if !s.v.over || s.v.conn.Buffered(id) > 0 {
		s.v.conn, _ = s.v.conn.Cancel(&s.out, id, http2.ErrCodeCancel) // an error says that there is nothing to cancel
	}
	s.pay()
	_ = s.sock.SetDeadline(time.Now().Add(lastWords)) // the visit's may have passed; Write tells what is wrong
	if _, failure := s.out.WriteTo(s.sock); err == nil {
		err = failure
	}
	s.out.Reset()
	return err
}

// close ends the connection, if there is one.
func (s *session) close() {
	if s.sock == nil {
		return
	}
	s.v.conn = s.v.conn.Close(&s.out)
	_ = s.sock.SetDeadline(time.Now().Add(lastWords))
	_, _ = s.out.WriteTo(s.sock) // GOAWAY
	s.sock.Close()
	*s = session{}
}
