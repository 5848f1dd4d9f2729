package session_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// talk has a conversation with a Peer: Hello when the WebSocket is open, Close after the echo. It returns the calls that it
// made.
func talk(t *testing.T, v httpconn.Version, opt wstest.Options, ask mintws.Options) (first session.Session, calls []call, last session.Session, log notes) {
	t.Helper()
	sock := &pipe{peer: wstest.NewPeer(opt)}
	conn := connect(t, v, sock.peer)
	var out session.Output
	s, err := session.Upgrade(conn, &out, url, ask, timing, epoch)
	if err != nil {
		t.Fatal(err)
	}
	first = s
	out.WriteTo(sock)
	greeted := false
	buf := make([]byte, 64<<10)
	do := func(c call) {
		before := len(log.sent)
		s = c.do(s, &out, &log)
		sock.Write(log.sent[before:])
		calls = append(calls, c)
	}
	for i := 0; !s.Over(); i++ {
		if i > 100 {
			t.Fatalf("%v: after 100 turns the session is not over", v)
		}
		n, readErr := sock.Read(buf)
		switch {
		case readErr == io.EOF:
			do(call{eof: true})
		case n == 0:
			do(call{at: s.Deadline().Sub(epoch)})
		default:
			do(call{data: slices.Clone(buf[:n])})
		}
		if s.State() == open && !greeted {
			greeted = true
			do(call{send: &mintws.Frame{Opcode: mintws.OpText, Payload: []byte("Hello")}})
		}
		if len(log.frames) > 0 && s.State() == open {
			f := mintws.Close(mintws.CodeNormal, "bye")
			do(call{send: &f})
		}
	}
	return first, calls, s, log
}

func TestSession(t *testing.T) {
	for _, v := range versions {
		ask := mintws.Options{Subprotocols: []string{"chat"}}
		_, _, s, log := talk(t, v, wstest.Options{Accept: mintws.AcceptOptions{Subprotocols: []string{"chat"}}}, ask)
		want := []string{`Text "Hello"`, `Close 1000 normal closure`}
		status := map[httpconn.Version]int{httpconn.HTTP1: 101, httpconn.HTTP2: 200}[v]
		if !slices.Equal(log.frames, want) || len(log.errs) != 0 || !slices.Equal(log.heads, []int{status}) {
			t.Errorf("%v: frames %q, heads %v, errors %q", v, log.frames, log.heads, log.errs)
		}
		if s.Err() != nil || s.State() != closed || s.Conn().Next() != httpconn.NextClose || !s.Deadline().IsZero() {
			t.Errorf("%v: %s, %v, deadline %v", v, ended(s), s.Conn().Next(), s.Deadline())
		}
		if code, _ := s.WebSocket().PeerClose(); code != mintws.CodeNormal || s.WebSocket().Subprotocol() != "chat" {
			t.Errorf("%v: code %v, subprotocol %q", v, code, s.WebSocket().Subprotocol())
		}
		if goaway := []byte{0, 0, 8, 7, 0, 0, 0, 0, 0}; v == httpconn.HTTP2 && !bytes.Contains(log.sent, goaway) {
			t.Error("no GOAWAY at the end")
		}
	}
}

// server returns the session of a server on a byte stream.
func server(t testing.TB, opt mintws.Options) session.Session {
	t.Helper()
	ws, err := mintws.NewWebSocket(mintws.Server, opt)
	if err != nil {
		t.Fatal(err)
	}
	return session.New(httpconn.Conn{}, ws, timing, epoch)
}

func TestServer(t *testing.T) {
	s := server(t, mintws.Options{})
	if s.Over() || s.State() != open || s.Deadline() != at(30*sec) {
		t.Fatalf("a new one: %s, deadline %v", ended(s), s.Deadline())
	}
	var out session.Output
	var log notes
	s = call{data: wstest.MaskedFrames(mintws.Text("Hello"), mintws.Ping([]byte("x")))}.do(s, &out, &log)
	hello := mintws.Text("Hello")
	s = call{send: &hello}.do(s, &out, &log)
	s = call{at: 30 * sec}.do(s, &out, &log)
	s = call{data: wstest.MaskedFrames(mintws.Close(mintws.CodeGoingAway, ""))}.do(s, &out, &log)
	want := wstest.Frames(mintws.Pong([]byte("x")), hello, mintws.Ping(nil), mintws.Close(mintws.CodeGoingAway, ""))
	if !bytes.Equal(log.sent, want) {
		t.Errorf("sent %x, want %x", log.sent, want)
	}
	if !s.Over() || s.State() != closed || s.Err() != nil || !s.Deadline().IsZero() {
		t.Errorf("%s, deadline %v", ended(s), s.Deadline())
	}
	if _, err := s.Send(&out, epoch, hello); err != mintws.ErrClosed || len(out.Send) != 0 {
		t.Errorf("Send at the end: %v, %x", err, out.Send)
	}
	if again, err := s.Received(&out, epoch, []byte("xxx")); err != nil || len(out.Frames) != 0 || !again.Equal(s) {
		t.Errorf("bytes after the end: %v, %v", err, out.Frames)
	}
}

// TestServerFault: the Close that a breach of the protocol calls for goes out, with ManualReply too.
func TestServerFault(t *testing.T) {
	for _, manual := range []bool{false, true} {
		s := server(t, mintws.Options{ManualReply: manual})
		var out session.Output
		s, err := s.Received(&out, epoch, append(wstest.MaskedFrames(mintws.Text("before"), mintws.Ping(nil)), 0x83))
		var broken *mintws.ProtocolError
		if !errors.As(err, &broken) || !s.Over() || s.Err() != err || len(out.Frames) != 2 {
			t.Errorf("manual %v: %v, %s, frames %v", manual, err, ended(s), out.Frames)
		}
		f, _ := mintws.CloseFrame(err)
		want := wstest.Frames(mintws.Pong(nil), f)
		if manual {
			want = wstest.Frames(f)
		}
		if !bytes.Equal(out.Send, want) {
			t.Errorf("manual %v: sent %x, want %x", manual, out.Send, want)
		}
	}
}

// TestSessionFault is the same for clients.
func TestSessionFault(t *testing.T) {
	for _, v := range versions {
		for _, manual := range []bool{false, true} {
			ask := plain()
			ask.ManualReply = manual
			fault := wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte{0x83}, Greeting: []mintws.Frame{mintws.Text("before")}}
			_, _, s, log := talk(t, v, wstest.Options{Behavior: fault}, ask)
			var broken *mintws.ProtocolError
			if !errors.As(s.Err(), &broken) || !slices.Contains(log.frames, `Text "before"`) {
				t.Errorf("%v, manual %v: %s, frames %q", v, manual, ended(s), log.frames)
			}
			if !bytes.Contains(log.sent, []byte("reserved opcode")) {
				t.Errorf("%v, manual %v: no Close with the reason in %q", v, manual, log.sent)
			}
		}
	}
}

func TestSessionEnds(t *testing.T) {
	var lost *mintws.CloseError
	for _, fault := range []wstest.Fault{wstest.FaultVanish, wstest.FaultReset} {
		for _, v := range versions {
			_, _, s, _ := talk(t, v, wstest.Options{Behavior: wstest.Behavior{Fault: fault}}, plain())
			if !s.Over() || !errors.As(s.Err(), &lost) || lost.Complete || s.State() != failed {
				t.Errorf("fault %v, %v: %s", fault, v, ended(s))
			}
		}
	}
	var out session.Output
	for _, v := range versions {
		s, err := session.Upgrade(connect(t, v, wstest.NewPeer(wstest.Options{})), &out, url, plain(), timing, epoch)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = s.EOF(&out, epoch); !s.Over() || !errors.As(err, &lost) || !errors.Is(err, mintws.ErrNoAnswer) || s.Err() != err {
			t.Errorf("%v, before the answer: %s", v, ended(s))
		}
	}
	s := server(t, mintws.Options{})
	if end, err := s.EOF(&out, epoch); !end.Over() || !errors.As(err, &lost) || end.Err() != err {
		t.Errorf("a server's: %s", ended(end))
	}
}

// TestSessionTimes: what a Session does when nothing is heard, with a made-up clock.
func TestSessionTimes(t *testing.T) {
	for _, v := range versions {
		// No answer.
		_, calls, s, _ := talk(t, v, wstest.Options{Behavior: wstest.Behavior{HandshakeDelay: -1}}, plain())
		checkTimeout(t, s, session.ForAnswer)
		if last := calls[len(calls)-1]; last.at != 30*sec {
			t.Errorf("%v: given up after %v", v, last.at)
		}
		// Nothing but silence: a Ping after 30 s, a Close and the end after 45.
		silence := wstest.Options{Behavior: wstest.Behavior{Fault: wstest.FaultSilence}}
		_, calls, s, log := talk(t, v, silence, plain())
		checkTimeout(t, s, session.ForPong)
		if last := calls[len(calls)-1]; last.at != 45*sec {
			t.Errorf("%v: given up after %v", v, last.at)
		}
		if !bytes.Contains(log.sent, []byte{0x89, 0x80, 0, 0, 0, 0}) || !bytes.Contains(log.sent, []byte("no sign of life")) {
			t.Errorf("%v: no Ping or no Close in %q", v, log.sent)
		}
		// The Close is not answered.
		silence.Behavior.After = 1
		_, calls, s, _ = talk(t, v, silence, plain())
		checkTimeout(t, s, session.ForClose)
		if last := calls[len(calls)-1]; last.at != 5*sec {
			t.Errorf("%v: given up after %v", v, last.at)
		}
	}
	// The closing handshake is complete, and the server does not end the stream.
	var two session.Output
	h2 := opened(t, httpconn.HTTP2, wstest.Options{}, plain())
	h2, _ = h2.Send(&two, epoch, mintws.Close(mintws.CodeNormal, ""))
	h2, err := h2.Received(&two, at(2*sec), data(httpconn.HTTP2, wstest.Frames(mintws.Close(mintws.CodeNormal, "")), 1))
	if err != nil || h2.Over() || h2.State() != closed || h2.Deadline() != at(3*sec) {
		t.Fatalf("%v, %s, deadline %v", err, ended(h2), h2.Deadline())
	}
	two.Take(nil)
	h2, err = h2.Tick(&two, at(3*sec))
	if err != nil || !h2.Over() || h2.Err() != nil || h2.State() != closed || !bytes.HasPrefix(two.Send, []byte{0, 0, 8, 7}) {
		t.Errorf("after a second: %v, %s, sent %x", err, ended(h2), two.Send)
	}
	// The same on a connection of HTTP/1.1.
	first, calls, _, _ := talk(t, httpconn.HTTP1, wstest.Options{}, plain())
	var out session.Output
	var log notes
	s := first
	for _, c := range calls {
		if !c.eof {
			s = c.do(s, &out, &log)
		}
	}
	if s.Over() || s.State() != closed || s.Deadline() != at(sec) {
		t.Fatalf("%s, deadline %v", ended(s), s.Deadline())
	}
	s = call{at: sec}.do(s, &out, &log)
	if !s.Over() || s.Err() != nil || s.State() != closed {
		t.Errorf("after a second: %s", ended(s))
	}
}

func checkTimeout(t *testing.T, s session.Session, what session.Wait) {
	t.Helper()
	var timeout *session.TimeoutError
	if !s.Over() || s.State() != failed || !errors.As(s.Err(), &timeout) || timeout.For != what || !s.Deadline().IsZero() {
		t.Errorf("%s, want a TimeoutError for %v", ended(s), what)
	}
}

// TestSessionHeard: who does not read says so.
func TestSessionHeard(t *testing.T) {
	var out session.Output
	s := server(t, mintws.Options{})
	s, _ = s.Tick(&out, at(30*sec))
	s = s.Heard(at(40 * sec))
	if s.Deadline() != at(70*sec) {
		t.Errorf("deadline %v, want 70 s after the beginning", s.Deadline())
	}
	if s, _ = s.Received(&out, at(50*sec), nil); s.Deadline() != at(70*sec) {
		t.Errorf("nothing was heard, and the deadline is %v", s.Deadline())
	}
}

func TestSessionSize(t *testing.T) {
	if size := unsafe.Sizeof(session.Session{}); size > 288 {
		t.Errorf("a Session has %d bytes, want 288 at most", size)
	}
}

func TestSessionZero(t *testing.T) {
	var zero session.Session
	var out session.Output
	var errs []error
	_, err := zero.Received(&out, epoch, []byte("x"))
	errs = append(errs, err)
	_, err = zero.EOF(&out, epoch)
	errs = append(errs, err)
	_, err = zero.Tick(&out, epoch)
	errs = append(errs, err)
	_, err = zero.Send(&out, epoch, mintws.Text("x"))
	errs = append(errs, err)
	_, err = zero.Again(&out, epoch, url, mintws.Options{})
	errs = append(errs, err)
	if want := []error{nil, nil, nil, mintws.ErrClosed, httpconn.ErrClosed}; !slices.Equal(errs, want) {
		t.Errorf("errors %v, want %v", errs, want)
	}
	if !zero.Over() || zero.State() != mintws.Invalid || zero.Err() != nil || !zero.Deadline().IsZero() || !cmp.Equal(zero, zero.Heard(epoch)) || len(out.Send) != 0 {
		t.Errorf("%s, deadline %v", ended(zero), zero.Deadline())
	}
}

// TestNew: a WebSocket that is over is a Session that is over, and what it was asked with does not matter.
func TestNew(t *testing.T) {
	ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := session.New(httpconn.Conn{}, ws, timing, epoch); s.Over() || s.Deadline() != at(30*sec) {
		t.Errorf("an open one: %s, deadline %v", ended(s), s.Deadline())
	}
	ws, _ = ws.EOF()
	if s := session.New(httpconn.Conn{}, ws, timing, epoch); !s.Over() || s.Err() == nil || s.State() != failed || !s.Deadline().IsZero() {
		t.Errorf("a failed one: %s, deadline %v", ended(s), s.Deadline())
	}
	if s := session.New(httpconn.Conn{}, mintws.WebSocket{}, timing, epoch); !s.Over() || s.State() != mintws.Invalid {
		t.Errorf("the zero WebSocket: %s", ended(s))
	}
}

// TestSessionEqual: what makes a difference is seen.
func TestSessionEqual(t *testing.T) {
	var out session.Output
	refused := func(status int, content string, end bool) session.Session {
		s, _ := asked(t, httpconn.HTTP1, plain()).Received(&out, epoch, answer(httpconn.HTTP1, status, nil, []byte(content), end))
		return s
	}
	pending := func(url string) session.Session {
		conn, _ := httpconn.New(httpconn.HTTP2, httpconn.Config{}, &out.Output)
		s, err := session.Upgrade(conn, &out, url, plain(), timing, epoch)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	cut := func(most int) session.Session { // two messages, of which the second is taken with the first or not at all
		bounded, two := session.Output{}, wstest.Frames(mintws.Text("x"), mintws.Text("y"))
		bounded.Max = most
		s, _ := opened(t, httpconn.HTTP2, wstest.Options{}, plain()).Received(&bounded, epoch, data(httpconn.HTTP2, two, 2))
		s, _ = s.EOF(&bounded, epoch)
		return s
	}
	late, _ := asked(t, httpconn.HTTP1, plain()).Tick(&out, at(30*sec))
	gone, _ := asked(t, httpconn.HTTP1, plain()).EOF(&out, at(30*sec))
	kinds := []func() session.Session{
		func() session.Session { return session.Session{} },
		func() session.Session { return asked(t, httpconn.HTTP1, plain()) },
		func() session.Session { return refused(401, "no", true) },
		func() session.Session { return refused(403, "no", true) },
		func() session.Session { return refused(401, "no", false) },
		func() session.Session { return refused(401, "na", false) },
		func() session.Session { return pending("ws://example.org/a") },
		func() session.Session { return pending("ws://example.org/b") },
		func() session.Session { return refused(401, "na", true) },
		func() session.Session { return cut(0) },
		func() session.Session { return cut(1) },
		func() session.Session { return late },
		func() session.Session { return gone },
		func() session.Session { return server(t, plain()) },
		func() session.Session { return server(t, plain()).Heard(at(sec)) },
	}
	for i, a := range kinds {
		for j, b := range kinds {
			if cmp.Equal(a(), b()) != (i == j) {
				t.Errorf("%d and %d: equal %v", i, j, i != j)
			}
		}
	}
}

// TestUpgradeError: a mistake changes nothing.
func TestUpgradeError(t *testing.T) {
	var out session.Output
	conn, _ := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out.Output)
	s, err := session.Upgrade(conn, &out, "ftp://example.org", mintws.Options{}, timing, epoch)
	if !errors.Is(err, mintws.ErrInvalidOptions) || !s.Over() || len(out.Send) != 0 {
		t.Errorf("%v, %s, %x", err, ended(s), out.Send)
	}
	s, err = session.Upgrade(conn, &out, url, mintws.Options{}, timing, epoch)
	if err != nil || s.State() != connecting {
		t.Fatalf("%v, %s", err, ended(s))
	}
	sent := len(out.Send)
	for _, f := range []mintws.Frame{mintws.Text("too early"), {Opcode: 3}} {
		if next, sendErr := s.Send(&out, epoch, f); sendErr == nil || !next.Equal(s) || len(out.Send) != sent {
			t.Errorf("%v: %v", f, sendErr)
		}
	}
	if again, againErr := s.Again(&out, epoch, url, mintws.Options{}); againErr != session.ErrNotOver || !again.Equal(s) || len(out.Send) != sent {
		t.Errorf("Again: %v", againErr)
	}
}

// TestPrepared: a frame that was prepared for many.
func TestPrepared(t *testing.T) {
	p, err := mintws.Prepare(mintws.Text("to all"))
	if err != nil {
		t.Fatal(err)
	}
	var out session.Output
	s := server(t, mintws.Options{})
	if next, nilErr := s.SendPrepared(&out, epoch, nil); !errors.Is(nilErr, mintws.ErrInvalidFrame) || !next.Equal(s) {
		t.Errorf("nil: %v", nilErr)
	}
	if s, err = s.SendPrepared(&out, epoch, p); err != nil || !bytes.Equal(out.Take(nil), wstest.Frames(mintws.Text("to all"))) {
		t.Errorf("a server's: %v, %s", err, ended(s))
	}
	first, calls, _, _ := talk(t, httpconn.HTTP1, wstest.Options{}, plain())
	if s, err = calls[0].do(first, &out, &notes{}).SendPrepared(&out, epoch, p); err != nil || !bytes.HasSuffix(out.Send, []byte("to all")) {
		t.Errorf("a client's: %v, %q, %s", err, out.Send, ended(s))
	}
}
