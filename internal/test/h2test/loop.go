package h2test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"syscall"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// Loop drives one connection with many WebSockets on one goroutine, as a program would.
type Loop struct {
	Sock net.Conn
	Conn httpconn.Conn
	Out  httpconn.Output
	WS   map[httpconn.StreamID]mintws.WebSocket
	Errs map[httpconn.StreamID]error // the first that Receive returned

	// Frame is called for each frame received, Event before that for each event.
	Frame func(id httpconn.StreamID, f mintws.Frame) error
	Event func(ev httpconn.Event)
	// Cut, if it is set, returns the size of the next piece that a read is cut into.
	Cut func() int
	// Fork, if it is set, makes every Conn take its input twice. Both results must be the same, and Fork says which of
	// the two next Conns to go on with.
	Fork func() (second bool)

	Fed  int // bytes that were read
	Peak int // the most bytes that had to be written after one read

	in  mintws.Inbox
	buf []byte
}

// NewLoop begins an HTTP/2 connection on sock.
func NewLoop(sock net.Conn, cfg httpconn.Config) (*Loop, error) {
	l := MakeLoop(sock, httpconn.Conn{})
	var err error
	l.Conn, err = httpconn.New(httpconn.HTTP2, cfg, &l.Out)
	return l, err
}

// MakeLoop goes on with a connection that was begun before.
func MakeLoop(sock net.Conn, conn httpconn.Conn) *Loop {
	return &Loop{Sock: sock, Conn: conn, buf: make([]byte, 16<<10),
		WS: map[httpconn.StreamID]mintws.WebSocket{}, Errs: map[httpconn.StreamID]error{},
		Frame: func(httpconn.StreamID, mintws.Frame) error { return nil }, Event: func(httpconn.Event) {}}
}

// ErrOver is what Turn returns when Next is not NextRead and nothing has failed.
var ErrOver = errors.New("the connection is over")

// Turn writes what is to be written and handles one read. A peer that reads no more may still have something to say.
func (l *Loop) Turn() error {
	if err := l.Write(); err != nil && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	if l.Conn.Next() == httpconn.NextClose {
		return ErrOver
	}
	n, readErr := l.Sock.Read(l.buf)
	l.Fed += n
	for data := l.buf[:n]; len(data) > 0; {
		k := len(data)
		if l.Cut != nil {
			k = min(k, l.Cut())
		}
		if err := l.feed(data[:k:k]); err != nil {
			return err
		}
		data = data[k:]
	}
	if errors.Is(readErr, io.EOF) {
		var err error
		l.Conn, err = l.Conn.StreamEOF(&l.Out)
		return errors.Join(l.handle(), err)
	}
	return readErr
}

func (l *Loop) feed(data []byte) (err error) {
	before, sent := l.Conn, len(l.Out.Send)
	l.Conn, err = before.Stream(&l.Out, data)
	if l.Fork != nil {
		var out httpconn.Output
		again, e := before.Stream(&out, data)
		switch {
		case fmt.Sprint(e) != fmt.Sprint(err):
			return fmt.Errorf("the same input gives %v at first and then %w", err, e)
		case !bytes.Equal(out.Send, l.Out.Send[sent:]):
			return fmt.Errorf("the same input has % x sent at first and then % x", l.Out.Send[sent:], out.Send)
		case len(out.Events)+len(l.Out.Events) > 0 && !reflect.DeepEqual(out.Events, l.Out.Events):
			return fmt.Errorf("the same input gives events %v at first and then %v", l.Out.Events, out.Events)
		case !again.Equal(l.Conn):
			return errors.New("the same input gives two values that differ")
		}
		if err == nil && l.Fork() {
			l.Conn = again
		}
	}
	return errors.Join(l.handle(), err)
}

// handle passes on the events, whatever error came with them.
func (l *Loop) handle() (err error) {
	for _, ev := range l.Out.Events {
		l.Event(ev)
		ws, ok := l.WS[ev.StreamID]
		if !ok {
			continue
		}
		l.in.Reset()
		var e error
		if l.Conn, ws, e = mintws.Receive(l.Conn, &l.Out, ws, &l.in, ev); e != nil && l.Errs[ev.StreamID] == nil {
			l.Errs[ev.StreamID] = e
		}
		l.WS[ev.StreamID] = ws
		for _, f := range l.in.Frames {
			err = errors.Join(err, l.Frame(ev.StreamID, f))
		}
	}
	l.Out.Events = l.Out.Events[:0]
	l.Peak = max(l.Peak, len(l.Out.Send))
	return err
}

// Write writes what is to be written.
func (l *Loop) Write() (err error) {
	if len(l.Out.Send) > 0 {
		_, err = l.Sock.Write(l.Out.Send)
	}
	l.Out.Reset()
	return err
}

// maxTurns bounds Until: a test that needs more of them does not end.
const maxTurns = 3_000_000

// Until takes turns until done.
func (l *Loop) Until(what string, done func() bool) error {
	for i := 0; !done(); i++ {
		if i > maxTurns {
			return fmt.Errorf("%s: no end after %d reads", what, i)
		}
		if err := l.Turn(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

// Ready reports whether a WebSocket can be opened.
func (l *Loop) Ready() bool {
	v, _ := l.Conn.PeerSetting(0x8) // ENABLE_CONNECT_PROTOCOL
	return v == 1 && l.Conn.Slots() > 0
}

// Upgrade opens a WebSocket.
func (l *Loop) Upgrade(url string, opt mintws.Options) (httpconn.StreamID, error) {
	c, ws, err := mintws.Upgrade(l.Conn, &l.Out, url, opt)
	if err != nil {
		return 0, err
	}
	l.Conn = c
	l.WS[ws.StreamID()] = ws
	return ws.StreamID(), nil
}

// Send sends f on the WebSocket of stream id.
func (l *Loop) Send(id httpconn.StreamID, f mintws.Frame) error {
	c, ws, err := mintws.Send(l.Conn, &l.Out, l.WS[id], f)
	if err != nil {
		return err
	}
	l.Conn, l.WS[id] = c, ws
	return nil
}

// Close ends the connection from our side and the socket with it.
func (l *Loop) Close() error {
	l.Conn = l.Conn.Close(&l.Out)
	err := l.Write()
	return errors.Join(err, l.Sock.Close())
}
