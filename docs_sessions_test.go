package readme

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// snippet: sessionTurn
// advance writes what is to be written, and takes what comes until the deadline.
func advance(sock net.Conn, s session.Session, out *session.Output, buf []byte) session.Session {
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

// end

// snippet: sessionConnect
// connect asks until the server agrees. It follows redirects, keeps cookies, and gets a new token where one is refused. The
// socket, if there is one, is the caller's to close.
func connect(ctx context.Context, url string, dial httpdial.Options, token func() string, d session.Deadlines,
	out *session.Output) (sock net.Conn, s session.Session, err error) {
	header, buf := http.Header{"Authorization": {token()}}, make([]byte, 4<<10)
	var conn httpconn.Conn
	for tries := 0; ; tries++ {
		opt := mintws.Options{Header: header}
		if sock != nil {
			s, err = s.Again(out, time.Now(), url, opt)
		} else if sock, conn, err = httpdial.Dial(ctx, url, &out.Output, dial); err == nil {
			s, err = session.Upgrade(conn, out, url, opt, d, time.Now())
		}
		for err == nil && s.State() == mintws.Connecting {
			s = advance(sock, s, out, buf)
		}
		var r *session.Refusal
		if err != nil || !errors.As(s.Err(), &r) || tries == 5 {
			return sock, s, cmp.Or(err, s.Err())
		}
		for _, c := range (&http.Response{Header: r.Header}).Cookies() {
			header.Add("Cookie", c.Name+"="+c.Value)
		}
		keep := r.Reusable
		switch location, same := r.Location(url); {
		case location != "":
			if url = location; !same { // what is for one server is not for another
				header, keep = http.Header{}, false
			}
		case r.Status == http.StatusUnauthorized && tries == 0:
			header.Set("Authorization", token())
		default:
			return sock, s, r
		}
		if !keep {
			out.WriteTo(sock) // on HTTP/2 there may be something
			out.Reset()       // which must not go to the next one
			sock.Close()
			sock = nil
		}
	}
}

// end

// snippet: sessionLink
// wire is one connection of an event loop: a value, and what its socket has not taken yet. out belongs to the loop.
type wire struct {
	sock   io.Writer // does not block; Write takes what it can
	s      session.Session
	unsent session.Pending
}

// readable takes what the socket gave; handle may answer a frame.
func (w *wire) readable(out *session.Output, now time.Time, data []byte, handle func(mintws.Frame) (mintws.Frame, bool)) {
	for len(data) > 0 {
		w.s, _ = w.s.Received(out, now, data)
		for _, f := range out.Frames {
			if answer, ok := handle(f); ok && w.s.State() == mintws.Open {
				w.s, _ = w.s.Send(out, now, answer)
			}
		}
		w.write(out, w.unsent.Caused)
		data = out.Rest
	}
}

// eof takes the end of the socket's input, or its failure.
func (w *wire) eof(out *session.Output, now time.Time) {
	w.s, _ = w.s.EOF(out, now)
	w.unsent.Reset()
}

// tick is for the timer: Deadline has passed.
func (w *wire) tick(out *session.Output, now time.Time) {
	w.s, _ = w.s.Tick(out, now)
	w.write(out, w.unsent.Caused)
}

// say says something of the program's own accord.
func (w *wire) say(out *session.Output, now time.Time, f mintws.Frame) (err error) {
	w.s, err = w.s.Send(out, now, f)
	w.write(out, w.unsent.Produced)
	return err
}

// writable writes what is left. A socket that takes bytes belongs to a peer that is there.
func (w *wire) writable(now time.Time) {
	if n, _ := w.unsent.WriteTo(w.sock); n > 0 { // what the socket refuses for now is no error; its failures show when it is read
		w.s = w.s.Heard(now)
	}
}

// write writes at once what it can, and lets unsent take the rest.
func (w *wire) write(out *session.Output, rest func(*httpconn.Output, int)) {
	if w.unsent.Len() == 0 {
		out.WriteTo(w.sock)
	}
	rest(&out.Output, w.s.Buffered())
}

// interest is what the loop waits for on the socket.
func (w *wire) interest() (read, write bool) { return w.unsent.MayRead(), w.unsent.Len() > 0 }

// over reports whether to close the socket.
func (w *wire) over() bool { return w.s.Over() && w.unsent.Len() == 0 }

// end

// strait is a socket that takes some bytes at a time, with a server at its other end.
type strait struct {
	peer *wstest.Peer
	room int
	back bytes.Buffer
}

func (s *strait) Write(b []byte) (int, error) {
	n := min(len(b), s.room)
	s.room -= n
	s.back.Write(s.peer.Receive(b[:n]))
	if n < len(b) {
		return n, errors.New("would block")
	}
	return n, nil
}

// TestDocsSessionLink: the loop of the page, with a socket that takes little at a time, over both versions.
func TestDocsSessionLink(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, v := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
		var out session.Output
		out.Max = 10
		conn, err := httpconn.New(v, httpconn.Config{}, &out.Output)
		if err != nil {
			t.Fatal(err)
		}
		sock := &strait{peer: wstest.NewPeer(wstest.Options{})}
		w := wire{sock: sock}
		d := session.NewDeadlines(session.Timing{}, start)
		if w.s, err = session.Upgrade(conn, &out, "ws://example.org/", mintws.Options{}, d, start); err != nil {
			t.Fatal(err)
		}
		w.write(&out, w.unsent.Produced)
		var got []string
		said := false
		handle := func(f mintws.Frame) (mintws.Frame, bool) {
			got = append(got, f.Opcode.String())
			if f.Opcode == mintws.OpText {
				return mintws.Binary(slices.Clone(f.Payload)), true
			}
			return mintws.Close(mintws.CodeNormal, ""), f.Opcode == mintws.OpBinary
		}
		now := start
		for i := 0; !w.over(); i++ {
			if i > 10_000 {
				t.Fatalf("%v: not over: %v, %v", v, w.s.State(), got)
			}
			if now = now.Add(time.Millisecond); i%50 == 49 && w.s.State() == mintws.Open {
				now = w.s.Deadline()
				w.tick(&out, now)
			}
			read, write := w.interest()
			if sock.room = 50; write {
				w.writable(now)
			}
			if data := sock.back.Next(23); read && len(data) > 0 {
				w.readable(&out, now, data, handle)
			} else if w.s.State() == mintws.Closed && sock.peer.Over() {
				w.eof(&out, now)
			}
			if w.s.State() == mintws.Open && !said {
				said = true
				if err = w.say(&out, now, mintws.Text(strings.Repeat("x", 1000))); err != nil {
					t.Fatal(err)
				}
			}
		}
		talk := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s == "Pong" }) // of the ticks
		if err = w.s.Err(); err != nil || strings.Join(talk, " ") != "Text Binary Close" || len(talk) == len(got) {
			t.Errorf("%v: %v, %v", v, got, err)
		}
	}
}

// TestDocsSessionConnect: a token that is refused, a redirect with a cookie, and another server, to which neither may go, nor may
// what was to be written to the first.
func TestDocsSessionConnect(t *testing.T) {
	for _, v := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
		t.Run(v.String(), func(t *testing.T) { testDocsSessionConnect(t, httpdial.Options{Protocols: []httpconn.Version{v}}) })
	}
}

func testDocsSessionConnect(t *testing.T, dial httpdial.Options) {
	asked := make(chan string, 10)
	note := func(r *http.Request) {
		asked <- r.URL.Path + " " + r.Header.Get("Authorization") + " " + r.Header.Get("Cookie")
	}
	other := wstest.NewServer(wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
		note(r)
		return wstest.Behavior{}
	}})
	defer other.Close()
	server := wstest.NewServer(wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
		note(r)
		switch {
		case r.Header.Get("Authorization") != "Bearer 2":
			return wstest.Behavior{Refuse: http.StatusUnauthorized}
		case r.URL.Path == "/":
			return wstest.Behavior{Refuse: http.StatusFound, Header: http.Header{"Location": {"/moved"}, "Set-Cookie": {"a=b; Path=/"}}}
		}
		return wstest.Behavior{Refuse: http.StatusTemporaryRedirect, Header: http.Header{"Location": {other.URL + "/here"}}}
	}})
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tokens := 0
	token := func() string { tokens++; return fmt.Sprint("Bearer ", tokens) }
	var out session.Output
	d := session.NewDeadlines(session.Timing{}, time.Now())
	sock, s, err := connect(ctx, server.URL, dial, token, d, &out)
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	close(asked)
	var got []string
	for line := range asked {
		got = append(got, line)
	}
	want := []string{"/ Bearer 1 ", "/ Bearer 2 ", "/moved Bearer 2 a=b", "/here  "}
	if s.State() != mintws.Open || !slices.Equal(got, want) {
		t.Errorf("%v, asked %q, want %q", s.State(), got, want)
	}
}
