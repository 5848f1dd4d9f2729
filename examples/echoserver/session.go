package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// Sizes of the buffers of one connection.
const (
	minRead = 4 << 10  // for the many that say little
	maxRead = 64 << 10 // what a buffer that was filled to the brim grows to: beyond it a read costs less than its bytes
	maxKeep = 1 << 20  // a buffer that a large message made larger is not kept
	maxTake = 1 << 20  // of payload before it is answered: compressed bytes can grow a thousandfold
)

// session is one WebSocket. All of it but stop belongs to the goroutine that is in run; stream is set under the server's
// lock, and others use those methods of it that may be called at any time.
type session struct {
	opt    options
	stream wshttp.Stream
	ws     mintws.WebSocket
	sum    summary
	stop   atomic.Bool

	in      mintws.Inbox
	out     []byte // the answers to what one Read brought, which go into one Write
	buf     []byte
	until   time.Time // when waiting for the peer ends; zero is never
	began   time.Time // when the first byte of the message that is arriving came; zero where none is
	closing bool      // our Close is sent
}

// interrupt makes run send a Close with 1001. Writing that here would need a lock around the WebSocket. Instead the Read
// under way is made to return, and the only goroutine that has the value goes on from there. Called under the server's
// lock.
func (s *session) interrupt() {
	s.stop.Store(true)
	if s.stream != nil {
		s.stream.SetReadDeadline(time.Unix(1, 0))
	}
}

// run echoes on ws until the connection is over. It returns nil after a closing handshake.
func (s *session) run(ws mintws.WebSocket) error {
	s.ws, s.buf, s.in.Max = ws, make([]byte, minRead), maxTake
	for {
		if !s.closing {
			s.until = s.patience(time.Now())
		}
		if err := s.stream.SetReadDeadline(s.until); err != nil {
			return s.lost(err)
		}
		// Only after the deadline is set, or the one that interrupt sets could be overwritten and nobody would look at stop.
		if s.stop.Load() && !s.closing {
			if err := s.close(mintws.CodeGoingAway, "server is shutting down"); err != nil {
				return err
			}
			continue
		}
		n, readErr := s.stream.Read(s.buf)
		if n > 0 {
			if done, err := s.receive(s.buf[:n]); done {
				return err
			}
		}
		if n == len(s.buf) && n < maxRead {
			s.buf = make([]byte, 2*n)
		}
		if readErr == nil {
			continue
		}
		if !errors.Is(readErr, os.ErrDeadlineExceeded) {
			return s.lost(readErr)
		}
		switch {
		case s.stop.Load() && (!s.closing || time.Now().Before(s.until)):
			// interrupt, not the time: the next turn sees to it
		case s.closing:
			return s.lost(errors.New("the peer did not answer our Close"))
		default:
			code, reason := mintws.CodeGoingAway, "idle for "+s.opt.Idle.String()
			if s.late(time.Now()) {
				code, reason = mintws.CodePolicyViolation, "message not complete after "+s.opt.MessageTimeout.String()
			}
			if err := s.close(code, reason); err != nil {
				return err
			}
		}
	}
}

// patience returns until when the peer may be silent, or the message that is arriving may take if that is earlier.
func (s *session) patience(now time.Time) (until time.Time) {
	if s.opt.Idle > 0 {
		until = now.Add(s.opt.Idle)
	}
	if s.opt.MessageTimeout > 0 && !s.began.IsZero() {
		if end := s.began.Add(s.opt.MessageTimeout); until.IsZero() || end.Before(until) {
			until = end
		}
	}
	return until
}

// late reports whether the message that is arriving has taken too long.
func (s *session) late(now time.Time) bool {
	return s.opt.MessageTimeout > 0 && !s.began.IsZero() && now.Sub(s.began) >= s.opt.MessageTimeout
}

// receive decodes bytes and answers what is in them. It reports whether the connection is over.
func (s *session) receive(data []byte) (done bool, err error) {
	before := s.sum.MessagesIn
	for len(data) > 0 {
		if data, done, err = s.take(data); done {
			return true, err
		}
	}
	switch {
	case !s.ws.Receiving():
		s.began = time.Time{}
	case s.began.IsZero() || s.sum.MessagesIn != before: // it is not the one that was arriving earlier
		s.began = time.Now()
	}
	return false, nil
}

// take decodes as much of data as one batch of answers is for, writes these at once, and returns the rest of data.
func (s *session) take(data []byte) (rest []byte, done bool, err error) {
	var failure error
	s.ws, failure = s.ws.AppendDecode(&s.in, data)
	var messages, bytes int64
	for _, f := range s.in.Frames { // those before a failure are answered too
		if err = s.answer(f, &messages, &bytes); err != nil {
			return nil, true, err
		}
	}
	if f, ok := mintws.CloseFrame(failure); ok && !s.closing {
		if err = s.encode(f); err != nil {
			return nil, true, err
		}
	}
	rest = s.in.Rest
	s.in.Reset()
	if err = s.flush(); err != nil {
		return nil, true, err
	}
	s.sum.MessagesOut += messages
	s.sum.BytesOut += bytes
	if failure != nil || s.ws.State() == mintws.Closed {
		// RFC 6455 section 7.1.1: the server closes TCP first. A peer that is still sending must get our Close nevertheless.
		if err = wshttp.Linger(s.stream, s.opt.CloseTimeout); err != nil && failure == nil {
			failure = fmt.Errorf("after the closing handshake: %w", err)
		}
		return nil, true, failure
	}
	return rest, false, nil
}

// answer appends what a frame calls for to out, and counts messages and bytes that are so returned.
func (s *session) answer(f mintws.Frame, messages, bytes *int64) error {
	if f.Opcode.IsControl() {
		if f.Opcode == mintws.OpClose && s.sum.Code == 0 {
			if s.sum.Code = f.Code; f.Code == 0 {
				s.sum.Code = mintws.CodeNoStatus
			}
		}
		reply, ok := s.ws.Reply(f)
		if !ok {
			return nil
		}
		return s.encode(reply)
	}
	whole := int64(1)
	if f.More {
		whole = 0
	}
	s.sum.MessagesIn += whole
	s.sum.BytesIn += int64(len(f.Payload))
	if s.closing { // RFC 6455 section 5.5.1: no more data after our Close
		return nil
	}
	*messages += whole
	*bytes += int64(len(f.Payload))
	return s.encode(mintws.Frame{Opcode: f.Opcode, More: f.More, Payload: f.Payload})
}

// close starts the closing handshake and bounds it.
func (s *session) close(code mintws.CloseCode, reason string) error {
	if err := s.encode(mintws.Close(code, reason)); err != nil {
		return err
	}
	s.until = time.Now().Add(s.opt.CloseTimeout)
	return s.flush()
}

// encode appends f to out.
func (s *session) encode(f mintws.Frame) (err error) {
	if s.ws, s.out, err = s.ws.AppendEncode(s.out, f); err != nil {
		return fmt.Errorf("%v frame: %w", f.Opcode, err)
	}
	if f.Opcode == mintws.OpClose {
		s.closing = true
		if s.sum.Code == 0 {
			s.sum.Code = f.Code
		}
	}
	return nil
}

// flush writes out. It blocks while the peer does not read, and then nothing is read from the peer either.
func (s *session) flush() error {
	if len(s.out) == 0 {
		return nil
	}
	if err := s.stream.SetWriteDeadline(time.Now().Add(s.opt.WriteTimeout)); err != nil {
		return s.lost(err)
	}
	if _, err := s.stream.Write(s.out); err != nil {
		return s.lost(err)
	}
	if s.out = s.out[:0]; cap(s.out) > maxKeep {
		s.out = nil
	}
	return nil
}

// lost returns the error for a connection that ended by cause.
func (s *session) lost(cause error) error {
	var err error
	if s.ws, err = s.ws.EOF(); err == nil {
		return cause
	}
	if s.sum.Code == 0 {
		s.sum.Code = mintws.CodeAbnormal
	}
	if cause == io.EOF {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
