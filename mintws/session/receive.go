package session

import (
	"cmp"
	"errors"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/inplace"
	"github.com/mintws/mintws/mintws"
)

// Received takes bytes that were read from the socket, in pieces of any size: the frames that they complete are in
// out.Frames, and what is owed for them, such as a Pong, is in out.Send. Ping and Close are answered as [mintws.Receive]
// does it; with Options.ManualReply they are left to you, but for the Close that a breach of the protocol calls for.
//
// Handle the frames, and then ask whether s is over. The error can be ignored if you do that: if this call ended s, it is
// [Session.Err]. Else it is the error of a reply that could not be sent, or mintws.ErrRest. What comes after the end is discarded;
// but as long as [Session.Again] may still be called, pass it in, for a connection over HTTP/2 has more to say.
//
// With out.Max one call hands over no more than that: see [mintws.Inbox]. It leaves the rest of data in out.Rest. Pass that
// in with the same Output, before that is used for any other Session, until it is empty:
//
//	for data := buf[:n]; len(data) > 0; data = out.Rest {
//		s, err = s.Received(&out, now, data)
//		// handle out.Frames, and write out.Send
//	}
//
// Until then a part of the input is in the scratch space and not in the value. To fork or replay such a Session, start from the one
// before. ErrRest says that something else was passed in, and changes nothing.
func (s Session) Received(out *Output, now time.Time, data []byte) (Session, error) {
	err := s.received(out, now, data)
	return s, err
}

// received is Received, and moves s on itself. Received is so small that it is compiled into its callers, which saves copies
// of s.
func (s *Session) received(out *Output, now time.Time, data []byte) (err error) {
	rest := s.flags&hasRest != 0
	switch {
	case rest && !out.isRest(data):
		return mintws.ErrRest
	case rest:
		out.resume()
	default:
		out.begin()
	}
	switch {
	case s.Over():
		_ = s.conn.InPlace(inplace.Key{}).Stream(&out.Output, data) // for Again; a connection that is over refuses it
		return s.Err()
	case s.flags&noConn != 0:
		err = s.bytes(out, data)
	case rest:
		err = s.events(out)
	case s.asking():
		lost := s.conn.InPlace(inplace.Key{}).Stream(&out.Output, data)
		s.settings(out, lost)
	default:
		_ = s.conn.InPlace(inplace.Key{}).Stream(&out.Output, data) // its error reaches the WebSocket as an event
		err = s.events(out)
	}
	s.flags &^= hasRest
	if out.rest = out.Rest; len(out.rest) > 0 {
		s.flags |= hasRest
	}
	if s.ws.State() == mintws.Open { // as it mostly is
		s.d = s.d.Observe(now, mintws.Open, len(data) > 0)
		return err
	}
	if s.ended() {
		s.finish(out)
	}
	s.d = s.d.Observe(now, s.phase(), len(data) > 0)
	if s.Over() {
		err = s.Err()
	}
	return err
}

// EOF takes the end of the socket's input, or its failure. Then s is over, and the error is that of [Session.Err].
func (s Session) EOF(out *Output, now time.Time) (Session, error) {
	out.begin()
	if s.Over() {
		s.conn, _ = s.conn.StreamEOF(&out.Output) // Again is too late
		return s, s.Err()
	}
	lost := s.flags&hasRest != 0
	if s.flags&noConn != 0 {
		s.ws, _ = s.ws.EOF()
	} else {
		var end error
		if s.conn, end = s.conn.StreamEOF(&out.Output); s.asking() {
			s.settings(out, cmp.Or(end, httpconn.ErrUnexpectedEOF))
		} else {
			_ = s.events(out)
		}
	}
	if lost { // the peer's last words may have been in it
		s.more = &more{fail: &mintws.CloseError{Code: mintws.CodeAbnormal, Err: mintws.ErrRest}}
	}
	s.finish(out)
	s.d = s.d.Observe(now, s.phase(), false)
	return s, s.Err()
}

// Tick does what is to be done at the time now, which before [Session.Deadline] is nothing. A peer that was silent is sent a
// Ping. Where the time for something is over, s is over, with a *[TimeoutError] as [Session.Err] and as the error: out.Send
// has the last words. A refusal whose content is too slow ends as a *[Refusal], and that a server does not end the
// connection after the closing handshake is no error.
//
// Read before you call it: see [Deadlines.Tick].
func (s Session) Tick(out *Output, now time.Time) (Session, error) {
	if s.flags&hasRest == 0 {
		out.begin()
	} else {
		out.resume()
	}
	if s.Over() {
		return s, s.Err()
	}
	ping, late := s.d.tick(now)
	switch {
	case ping:
		return s.Send(out, now, mintws.Ping(nil))
	case late == nil:
		return s, nil
	case late.For == ForPong: // RFC 6455 section 7.1.7: a Close should be sent
		s, _ = s.Send(out, now, mintws.Close(mintws.CodeGoingAway, "no sign of life"))
	}
	if late.For != ForEnd && (s.more == nil || s.more.refused == nil) {
		s.ws, _ = s.ws.EOF()
		s.more = &more{fail: late}
	}
	s.finish(out)
	s.d = s.d.Observe(now, s.phase(), false)
	return s, s.Err()
}

// bytes takes what came on a byte stream.
func (s *Session) bytes(out *Output, data []byte) (err error) {
	out.Send, err = s.ws.InPlace(inplace.Key{}).AppendReceive(out.Send, &out.Inbox, data)
	if err == nil {
		return nil
	}
	if f, ok := mintws.CloseFrame(err); ok { // with ManualReply it was not sent
		s.ws, out.Send, _ = s.ws.AppendEncode(out.Send, f)
	}
	return err
}

// events takes what came with a Conn, from out.next on.
func (s *Session) events(out *Output) (err error) {
	limit, taken := out.Max, 0
	for i := out.next; i < len(out.Events); i++ {
		ev := &out.Events[i]
		switch {
		case ev.StreamID != s.ws.StreamID():
			continue // the connection's own
		case ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset:
			s.flags |= gotEnd
		}
		if s.more != nil && s.more.refused != nil {
			s.keep(ev.Data)
			continue
		}
		if limit > 0 && ev.Kind == httpconn.EventData {
			if taken >= limit {
				out.Rest, out.next = ev.Data, i
				break
			}
			out.Max = limit - taken
		}
		first := len(out.Frames)
		fault := s.ws.InPlace(inplace.Key{}).Receive(&s.conn, &out.Output, &out.Inbox, ev)
		if limit > 0 {
			for _, f := range out.Frames[first:] {
				taken += len(f.Payload)
			}
			out.Max = limit
		}
		if fault != nil {
			err = s.judge(out, fault)
		}
		if len(out.Rest) > 0 {
			ev.Data, out.next = out.Rest, i
			break
		}
	}
	return err
}

// judge takes an error of Receive. It returns that if nothing else will tell of it.
func (s *Session) judge(out *Output, fault error) error {
	var refused *mintws.HandshakeError
	if errors.As(fault, &refused) {
		s.more = &more{refused: refused}
		if refused.Canceled {
			s.flags |= gotEnd
		}
	}
	if f, ok := mintws.CloseFrame(fault); ok { // with ManualReply it was not sent
		s.conn, s.ws, _ = mintws.Send(s.conn, &out.Output, s.ws, f)
	}
	if s.ws.Over() {
		return nil
	}
	return fault
}

// keep takes a piece of the content of a refusal.
func (s *Session) keep(data []byte) {
	s.content = int32(min(int(s.content)+len(data), maxContent+1))
	if n := min(len(data), maxBody-len(s.more.body)); n > 0 {
		m := *s.more
		m.body = append(m.body[:len(m.body):len(m.body)], data[:n]...)
		s.more = &m
	}
}

// ended reports whether nothing more is to come.
func (s *Session) ended() bool {
	switch {
	case !s.ws.Over() || s.flags&isOver != 0 || s.asking():
		return false
	case s.flags&(gotEnd|noConn) != 0 || s.content > maxContent:
		return true
	}
	return s.ws.State() == mintws.Failed && (s.more == nil || s.more.refused == nil)
}

// finish makes s be over.
func (s *Session) finish(out *Output) {
	s.flags = s.flags&^hasRest | isOver
	if s.more != nil && s.more.refused != nil {
		if s.flags&gotEnd == 0 {
			s.conn, _ = s.conn.Cancel(&out.Output, s.ws.StreamID(), http2.ErrCodeCancel)
		}
		r := &Refusal{HandshakeError: s.more.refused, Body: s.more.body}
		// On HTTP/1.1 how the reads were cut must not decide it.
		r.Reusable = s.conn.Slots() > 0 && (s.content <= maxContent || s.conn.Version() == httpconn.HTTP2)
		s.more = &more{fail: r, body: r.Body}
		if r.Reusable {
			return
		}
	}
	if s.flags&noConn == 0 {
		s.conn = s.conn.Close(&out.Output)
	}
}

// phase returns what s waits for, as a state of a WebSocket.
func (s *Session) phase() mintws.State {
	switch {
	case s.Over():
		return mintws.Failed
	case s.more != nil:
		return mintws.Connecting // the question is not asked, or the answer not complete
	}
	return s.ws.State()
}
