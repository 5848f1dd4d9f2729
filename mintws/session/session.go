package session

import (
	"errors"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/inplace"
	"github.com/mintws/mintws/mintws"
)

// Session is one WebSocket on a connection of its own, with its time, as an immutable value: bytes that were read go in;
// frames, bytes to write and the next deadline come out. A client's has the [httpconn.Conn] inside, over HTTP/1.1 or HTTP/2;
// a server's is on the byte stream that is left after the handshake.
//
// Each method that does something returns the next Session and leaves the receiver valid for ever: it can be kept, forked,
// replayed, and used from several goroutines at once. What is written belongs to one connection with one history, of course.
// Its size is 288 bytes; pass it by value, and keep it in a slice or a struct of yours.
//
// The zero Session is over.
type Session struct {
	conn    httpconn.Conn // the zero Conn: there is none, and ws is on a byte stream
	ws      mintws.WebSocket
	d       Deadlines
	more    *more
	content int32 // how much of a refusal's content has come
	flags   flags
	_       [8]byte // values whose size is a multiple of 16 are copied faster: see mintws.WebSocket
}

// ErrNotOver: [Session.Again] was called while the WebSocket before it was still under way.
var ErrNotOver = errors.New("session: the WebSocket before is not over")

// more is what few Sessions have. It is never written once a Session has it.
type more struct {
	ask     *ask                   // what is to be asked for once the server's SETTINGS have come; there is no WebSocket yet
	refused *mintws.HandshakeError // the server said no, and the content of its answer follows
	body    []byte                 // the beginning of that
	fail    error                  // how the Session ended, where the WebSocket does not say
}

// flags are the yes-or-no parts of a Session's state.
type flags uint8

const (
	isOver  flags = 1 << iota
	gotEnd        // the server has ended the stream
	hasRest       // the last call has left something in Output.Rest
	noConn        // there is no Conn
)

// New returns a Session for a WebSocket that is there already. A server passes the zero Conn and the WebSocket that
// [mintws.Accept] gave it; from there on bytes are those of the stream behind the handshake. A client that asked for the
// WebSocket itself passes the Conn that it is on; [Upgrade] does both.
//
// d is what [NewDeadlines] returned, one for all Sessions of a program.
func New(c httpconn.Conn, ws mintws.WebSocket, d Deadlines, now time.Time) Session {
	s := Session{conn: c, ws: ws, d: Deadlines{t: d.t, due: never}}
	if c.Version() == 0 {
		s.flags = noConn
	}
	if s.ended() {
		s.flags |= isOver
	}
	s.d = s.d.Observe(now, s.phase(), false)
	return s
}

// Upgrade asks c, a connection on which nothing else is under way, for a WebSocket at url: see [mintws.Upgrade], whose
// errors it returns. Then nothing is changed. The request is in out.Send. On a new HTTP/2 connection, where no request can
// start before the server's SETTINGS have come, the Session asks when they have; where they do not allow WebSockets it ends
// with [httpconn.ErrExtendedConnectDisabled].
//
// c gives credit by itself, so do not set Config.ManualCredit: to hold up a server that has a connection of its own, do not
// read.
func Upgrade(c httpconn.Conn, out *Output, url string, opt mintws.Options, d Deadlines, now time.Time) (Session, error) {
	next, ws, err := mintws.Upgrade(c, &out.Output, url, opt)
	switch {
	case errors.Is(err, httpconn.ErrSettingsPending):
		s := New(c, ws, d, now)
		s.flags, s.more = 0, &more{ask: newAsk(url, opt)}
		s.d = s.d.Observe(now, s.phase(), false)
		return s, nil
	case err != nil:
		return Session{}, err
	}
	return New(next, ws, d, now), nil
}

// Again asks for a WebSocket on the connection of s, where that is over and has refused one: with the token that a 401
// called for, say, or at another path of the same server. [Refusal.Reusable] says whether that can succeed. The time for the
// answer begins anew. The error is that of [mintws.Upgrade], or ErrNotOver. Then s is returned as it is.
func (s Session) Again(out *Output, now time.Time, url string, opt mintws.Options) (Session, error) {
	if !s.Over() {
		return s, ErrNotOver
	}
	next, err := Upgrade(s.conn, out, url, opt, s.d, now)
	if err != nil {
		return s, err
	}
	return next, nil
}

// Send sends f: what has to be written is in out.Send. The error is that of [mintws.Send], such as mintws.ErrNotOpen before
// the answer has come, mintws.ErrCloseSent after a Close and mintws.ErrClosed once s is over. Then nothing is changed, and s
// is as good as before.
//
// A Close begins the closing handshake, or completes it. Go on until s is over: messages may still come.
func (s Session) Send(out *Output, now time.Time, f mintws.Frame) (Session, error) {
	err := s.send(out, now, &f, nil)
	return s, err
}

// SendPrepared is Send for a frame that was prepared.
func (s Session) SendPrepared(out *Output, now time.Time, p *mintws.Prepared) (Session, error) {
	err := s.send(out, now, nil, p)
	return s, err
}

// send is Send for f, or else SendPrepared, and moves s on itself. The calls below it change nothing where they fail.
func (s *Session) send(out *Output, now time.Time, f *mintws.Frame, p *mintws.Prepared) (err error) {
	switch {
	case s.Over():
		return mintws.ErrClosed
	case s.flags&noConn != 0 && f != nil:
		out.Send, err = s.ws.InPlace(inplace.Key{}).AppendEncode(out.Send, f)
	case s.flags&noConn != 0:
		out.Send, err = s.ws.InPlace(inplace.Key{}).AppendPrepared(out.Send, p)
	case f != nil:
		err = s.ws.InPlace(inplace.Key{}).Send(&s.conn, &out.Output, f)
	default:
		err = s.ws.InPlace(inplace.Key{}).SendPrepared(&s.conn, &out.Output, p)
	}
	if err == nil && s.ws.State() != mintws.Open {
		if s.ended() {
			s.finish(out)
		}
		s.d = s.d.Observe(now, s.phase(), false)
	}
	return err
}

// Heard is for a sign of life that the Session cannot see, or could not: call it when a socket that was full takes bytes
// again, and at each Deadline while you do not read because you cannot keep up: see [Deadlines.Observe].
func (s Session) Heard(now time.Time) Session {
	s.d = s.d.Observe(now, s.phase(), true)
	return s
}

// Deadline returns when [Session.Tick] is to be called if nothing else happens; the zero Time is never.
func (s Session) Deadline() time.Time { return s.d.Next() }

// Over reports whether s is at its end: write what is in Output.Send, and close the socket. It is one answer for both
// versions of HTTP and for both roles. After a closing handshake a client's Session is not over before the server has ended
// the connection or, on HTTP/2, the stream, or the time for that has passed (RFC 6455 section 7.1.1). After a refusal it is
// not over before the content has come: then [Session.Again] may go on with the connection. A server's is over with the
// closing handshake: end your direction of the socket and read what is left for a moment, as wshttp.Linger does.
//
// There is no Deadline any more then. So give the last words a moment of your own to be written, and no longer.
func (s Session) Over() bool {
	return s.flags&isOver != 0 || s.ws.State() == mintws.Invalid && s.more == nil
}

// Err says how s ended. It is nil while s is not over, which it may not be yet when its state is Closed, and if it
// ended well. Otherwise it is a *[Refusal], a *[TimeoutError], or
// what [mintws.WebSocket.Err] says: a *mintws.ProtocolError or a *mintws.CloseError.
func (s Session) Err() error {
	switch {
	case !s.Over():
		return nil
	case s.more != nil && s.more.fail != nil:
		return s.more.fail
	}
	return s.ws.Err()
}

// State returns where the WebSocket stands: Connecting until the server has answered, with all of the content if it refuses; Open
// while messages flow; Closing and Closed in the closing handshake, after which s need not be over yet; Failed once s has ended in
// any other way.
func (s Session) State() mintws.State {
	switch st := s.ws.State(); {
	case st == mintws.Invalid && s.more == nil, st == mintws.Closed:
		return st
	default:
		return s.phase()
	}
}

// WebSocket returns the WebSocket inside s, to be asked: Subprotocol, PeerClose, Receiving. To advance it is to fork it from s.
func (s Session) WebSocket() mintws.WebSocket { return s.ws }

// Conn returns the connection inside s, to be asked: Version, Buffered, Next. It is the zero Conn if s has none. To advance it is
// to fork it from s.
func (s Session) Conn() httpconn.Conn { return s.conn }

// Buffered returns how many bytes wait in the connection for the server's flow control, which is 0 but for HTTP/2: see
// [httpconn.Conn.Buffered].
func (s Session) Buffered() int { return s.conn.Buffered(0) }

// Equal reports whether s and x are in the same state, so that both go on in the same way. It is for tests: go-cmp uses it.
func (s Session) Equal(x Session) bool {
	return s.flags == x.flags && s.content == x.content && s.more.equal(x.more) &&
		s.d.Equal(x.d) && s.ws.Equal(x.ws) && s.conn.Equal(x.conn)
}

func (m *more) equal(x *more) bool {
	if m == nil || x == nil {
		return m == x
	}
	if (m.ask == nil) != (x.ask == nil) || m.ask != nil && m.ask.url != x.ask.url {
		return false
	}
	return text(m.fail) == text(x.fail) && string(m.body) == string(x.body) && (m.refused == nil) == (x.refused == nil) &&
		(m.refused == nil || m.refused.Error() == x.refused.Error())
}

// text returns the text of an error, "" where there is none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
