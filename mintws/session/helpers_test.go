package session_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

const url = "ws://example.org/chat"

var versions = []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2}

// at returns a time of the made-up clock.
func at(d time.Duration) time.Time { return epoch.Add(d) }

// zeros makes keys and masks the same in each run.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// plain are options under which the same calls give the same bytes.
func plain() mintws.Options { return mintws.Options{Rand: zeros{}} }

// timing are the Deadlines of the tests.
var timing = session.NewDeadlines(session.Timing{}, epoch)

// connect returns a connection to p, on which a WebSocket can be asked for.
func connect(t testing.TB, v httpconn.Version, p *wstest.Peer) httpconn.Conn {
	t.Helper()
	var out httpconn.Output
	conn, err := httpconn.New(v, httpconn.Config{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for len(out.Send) > 0 {
		answer := bytes.Clone(p.Receive(out.Take(nil)))
		if conn, err = conn.Stream(&out, answer); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// call is one call on a Session. Of data, eof and send one is set, or it is a Tick.
type call struct {
	at   time.Duration
	data []byte // what was read
	eof  bool
	send *mintws.Frame
}

// do makes the call, and notes what it brings.
func (c call) do(s session.Session, out *session.Output, log *notes) session.Session {
	var err error
	switch {
	case c.data != nil:
		for data := slices.Clone(c.data); len(data) > 0; data = out.Rest {
			s, err = s.Received(out, at(c.at), data)
			log.received(out, err)
		}
		return s
	case c.eof:
		s, err = s.EOF(out, at(c.at))
	case c.send != nil:
		s, err = s.Send(out, at(c.at), *c.send)
		if err != nil {
			log.errs = append(log.errs, err.Error())
		}
		log.sent = out.Take(log.sent)
		return s
	default:
		s, err = s.Tick(out, at(c.at))
	}
	log.received(out, err)
	return s
}

// notes are what calls brought.
type notes struct {
	frames []string
	heads  []int
	errs   []string
	sent   []byte
}

func (n *notes) received(out *session.Output, err error) {
	for _, f := range out.Frames {
		n.frames = append(n.frames, fmt.Sprint(f))
	}
	if status, _, ok := out.Answer(); ok {
		n.heads = append(n.heads, status)
	}
	if err != nil {
		n.errs = append(n.errs, err.Error())
	}
	n.sent = out.Take(n.sent)
}

// ended describes how s ended.
func ended(s session.Session) string {
	return fmt.Sprintf("over %v, state %v, error %v", s.Over(), s.State(), s.Err())
}

// poison overwrites what belongs to the caller.
func poison(out *session.Output, data []byte) {
	for _, p := range [][]byte{data, out.Send[:cap(out.Send)], out.Buf[:cap(out.Buf)]} {
		for i := range p {
			p[i] = 0xaa
		}
	}
}

// pipe is a socket whose other end is a Peer.
type pipe struct {
	peer   *wstest.Peer
	unread bytes.Buffer
}

func (p *pipe) Write(b []byte) (int, error) {
	p.unread.Write(p.peer.Receive(b))
	return len(b), nil
}

func (p *pipe) Read(b []byte) (int, error) {
	if p.unread.Len() == 0 && p.peer.Over() {
		return 0, io.EOF
	}
	n, _ := p.unread.Read(b)
	return n, nil
}

// isRest reports whether err says that Output.Rest was not passed in.
func isRest(err error) bool { return errors.Is(err, mintws.ErrRest) }
