package readme

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// snippet: link
// link is one connection of an event loop. Its socket, which does not block, is the loop's.
type link struct {
	conn    httpconn.Conn
	ws      mintws.WebSocket
	unsent  []byte // encoded, and not taken by the socket yet
	caused  int    // how much of all that waits is answers to what came
	refused error  // what a call of ours was refused with, if one was
}

// bound is how much may wait to be written to one socket.
const bound = 64 << 10

// read takes what the socket gave. out and in belong to the loop and serve all its links; handle may answer a frame.
func (l *link) read(out *httpconn.Output, in *mintws.Inbox, data []byte, handle func(mintws.Frame) (mintws.Frame, bool)) {
	queued := l.conn.Buffered(0)
	l.conn, _ = l.conn.Stream(out, data) // a fault reaches the WebSocket as an event, too
	l.receive(out, in, handle)
	l.caused += len(out.Send) - (queued - l.conn.Buffered(0)) // what credit released was counted when it was queued
	l.take(out)
}

// eof takes the end of the socket's input, or its failure.
func (l *link) eof(out *httpconn.Output, in *mintws.Inbox, handle func(mintws.Frame) (mintws.Frame, bool)) {
	l.conn, _ = l.conn.StreamEOF(out)
	l.receive(out, in, handle)
	l.take(out)
}

func (l *link) receive(out *httpconn.Output, in *mintws.Inbox, handle func(mintws.Frame) (mintws.Frame, bool)) {
	for _, ev := range out.Events {
		in.Reset()
		l.conn, l.ws, _ = mintws.Receive(l.conn, out, l.ws, in, ev) // ws.Err keeps the error
		for _, f := range in.Frames {
			if answer, ok := handle(f); ok && l.ws.State() == mintws.Open {
				l.send(out, answer)
			}
		}
	}
}

// send says something. Call take when all is said that there is to say in this round.
func (l *link) send(out *httpconn.Output, f mintws.Frame) {
	var err error
	l.conn, l.ws, err = mintws.Send(l.conn, out, l.ws, f)
	l.refused = cmp.Or(l.refused, err)
}

// take moves what is to be written from the scratch space of the loop to the link, so that it cannot go to another one.
func (l *link) take(out *httpconn.Output) {
	l.unsent = out.Take(l.unsent)
	out.Reset()
}

// wrote says that the socket took n bytes.
func (l *link) wrote(n int) {
	l.unsent = l.unsent[:copy(l.unsent, l.unsent[n:])]
	l.caused = max(0, l.caused-n)
}

// interest is what the loop waits for on the socket.
func (l *link) interest() (read, write bool) { return l.caused < bound, len(l.unsent) > 0 }

// mayProduce reports whether the program may say something of its own accord.
func (l *link) mayProduce() bool {
	return l.ws.State() == mintws.Open && len(l.unsent)+l.conn.Buffered(0) < bound
}

// end

// snippet: fill
// fill sends what next has to say until enough is waiting, and reports whether next may have more.
func (l *link) fill(out *httpconn.Output, next func() (mintws.Frame, bool)) bool {
	for l.mayProduce() {
		f, ok := next()
		if !ok {
			return false
		}
		l.send(out, f)
		l.take(out)
	}
	return true
}

// end

// far is the other side of a link: a server's WebSocket that echoes, and the bytes that it has not sent yet.
type far struct {
	ws     mintws.WebSocket
	in     mintws.Inbox
	unsent []byte
	opened bool
}

// answer is the server's side of the handshake, without a network.
func answer(request []byte) (response []byte, ws mintws.WebSocket, err error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		return nil, ws, err
	}
	ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
	if err != nil {
		return nil, ws, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	if err = header.Write(&b); err != nil {
		return nil, ws, err
	}
	b.WriteString("\r\n")
	return b.Bytes(), ws, nil
}

func (s *far) read(t *testing.T, data []byte) {
	var err error
	if !s.opened {
		s.opened = true
		if s.unsent, s.ws, err = answer(data); err != nil {
			t.Fatal(err)
		}
		return
	}
	s.in.Reset()
	if s.ws, err = s.ws.AppendDecode(&s.in, data); err != nil {
		t.Fatal(err)
	}
	for _, f := range s.in.Frames {
		echo, ok := f, !f.Opcode.IsControl()
		if !ok {
			echo, ok = s.ws.Reply(f)
		}
		if ok {
			if s.ws, s.unsent, err = s.ws.AppendEncode(s.unsent, echo); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// dialed is a link whose upgrade request waits to be written.
func dialed(t *testing.T, out *httpconn.Output) *link {
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, out)
	if err != nil {
		t.Fatal(err)
	}
	conn, ws, err := mintws.Upgrade(conn, out, "ws://example.org/", mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &link{conn: conn, ws: ws}
	l.take(out)
	return l
}

// TestLink: a loop with sockets that take and give some bytes at a time. All that is produced comes back, nothing grows
// beyond its bound, and the closing handshake completes.
func TestLink(t *testing.T) {
	const messages = 200
	for _, step := range []int{1000, 20_000, 1 << 20} {
		var out httpconn.Output
		var in mintws.Inbox
		l, server := dialed(t, &out), new(far)
		payload := bytes.Repeat([]byte("x"), 4000)
		said, heard, most := 0, 0, 0
		next := func() (mintws.Frame, bool) {
			said++
			return mintws.Binary(payload), said <= messages
		}
		handle := func(f mintws.Frame) (mintws.Frame, bool) {
			if f.Opcode == mintws.OpBinary && len(f.Payload) == len(payload) {
				heard++
			}
			return mintws.Close(mintws.CodeNormal, ""), heard == messages
		}
		for round := 0; !l.ws.Over(); round++ {
			if round > 100*messages {
				t.Fatalf("step %d: %d of %d messages have come back, then nothing moves", step, heard, said)
			}
			if said <= messages {
				l.fill(&out, next)
			}
			most = max(most, len(l.unsent))
			read, write := l.interest()
			if write {
				n := len(l.unsent)
				if server.opened {
					n = min(n, step)
				}
				server.read(t, bytes.Clone(l.unsent[:n]))
				l.wrote(n)
			}
			if n := min(step, len(server.unsent)); read && n > 0 {
				l.read(&out, &in, server.unsent[:n], handle)
				server.unsent = server.unsent[n:]
			}
		}
		if l.eof(&out, &in, handle); heard != messages || l.ws.Err() != nil || l.refused != nil {
			t.Errorf("step %d: %d messages, %v, %v", step, heard, l.ws.Err(), l.refused)
		}
		if most > bound+2*len(payload) {
			t.Errorf("step %d: %d bytes waited to be written", step, most)
		}
		if strings.Contains(l.conn.Next().String(), "Read") {
			t.Errorf("step %d: %v", step, l.conn.Next())
		}
	}
}

// TestLinkStopsReading: a peer that asks and never listens is not read any more.
func TestLinkStopsReading(t *testing.T) {
	var out httpconn.Output
	var in mintws.Inbox
	l, server := dialed(t, &out), new(far)
	server.read(t, l.unsent)
	l.wrote(len(l.unsent))
	none := func(mintws.Frame) (mintws.Frame, bool) { return mintws.Frame{}, false }
	l.read(&out, &in, server.unsent, none)
	_, ping, err := server.ws.Encode(mintws.Ping(make([]byte, 125)))
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		if read, _ := l.interest(); read {
			l.read(&out, &in, ping, none)
		}
	}
	if read, write := l.interest(); read || !write || len(l.unsent) > bound+200 || l.ws.Over() {
		t.Errorf("read %v, write %v, %d bytes wait", read, write, len(l.unsent))
	}
	l.wrote(len(l.unsent))
	if read, write := l.interest(); !read || write {
		t.Errorf("after all was written: read %v, write %v", read, write)
	}
}
