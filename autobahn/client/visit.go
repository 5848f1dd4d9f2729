package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
)

// awaitEOF is how long the server has to close the TCP connection once both sides have said all they had to say.
const awaitEOF = 2 * time.Second

// maxInflated bounds what one read can grow to before it is answered.
const maxInflated = 1 << 20

// visit is the visitor over HTTP/1.1, a connection for each WebSocket: the library's client in a loop like that of its
// documentation.
func visit(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool)) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	var out httpconn.Output
	sock, conn, err := httpdial.Dial(ctx, target, &out, httpdial.Options{})
	if err != nil {
		return err
	}
	defer sock.Close()
	if err = sock.SetDeadline(deadline); err != nil {
		return err
	}
	opt, err := options()
	if err != nil {
		return err
	}
	v := visitation{conn: conn, answer: answer}
	v.conn, v.ws, err = mintws.Upgrade(conn, &out, target, opt)
	if err != nil {
		return err
	}
	return v.loop(sock, &out, deadline)
}

// visitation is the part of a visit that goes on from one read to the next.
type visitation struct {
	conn   httpconn.Conn
	ws     mintws.WebSocket
	in     mintws.Inbox
	answer func(mintws.Frame) (mintws.Frame, bool)
	opened bool
	over   bool  // the server has ended the stream, or reset it
	err    error // why the handshake failed
	lost   error // why an answer could not be sent, if that is our own fault
}

// loop writes and reads until the connection is over.
func (v *visitation) loop(sock net.Conn, out *httpconn.Output, deadline time.Time) error {
	buf := make([]byte, 64<<10)
	for v.conn.Next() != httpconn.NextClose {
		_, lost := out.WriteTo(sock)
		out.Reset()
		awaiting := v.conn.Next() == httpconn.NextAwaitEOF
		if soon := time.Now().Add(awaitEOF); awaiting && soon.Before(deadline) {
			deadline = soon
			if err := sock.SetReadDeadline(deadline); err != nil {
				return v.ended(err)
			}
		}
		n, err := sock.Read(buf) // also after a failed Write: the server may have said why it went
		if awaiting && errors.Is(err, os.ErrDeadlineExceeded) {
			return v.ended(nil) // the server leaves it to us to close
		}
		if n > 0 {
			v.read(out, buf[:n])
		}
		if err == io.EOF {
			v.read(out, nil)
			err = nil
		}
		if err = cmp.Or(lost, err); err != nil {
			return v.ended(err)
		}
	}
	_, err := out.WriteTo(sock)
	return v.ended(err)
}

// read takes the bytes of one read, none for the end of input, and answers all that came with them in out.Send.
func (v *visitation) read(out *httpconn.Output, data []byte) {
	// Errors of the connection and of the WebSocket are what the cases are about. With one or without, the values
	// returned are the next ones, and conn.Next says how to go on. Only the error that no WebSocket was opened is kept.
	if len(data) > 0 {
		v.conn, _ = v.conn.Stream(out, data)
	} else {
		v.conn, _ = v.conn.StreamEOF(out)
	}
	for _, ev := range out.Events {
		v.handle(out, ev)
	}
}

// handle takes one event, and answers what came with it.
func (v *visitation) handle(out *httpconn.Output, ev httpconn.Event) {
	v.in.Max = maxInflated
	for more := true; more; more = len(ev.Data) > 0 {
		v.in.Reset()
		var err error
		v.conn, v.ws, err = mintws.Receive(v.conn, out, v.ws, &v.in, ev)
		v.opened = v.opened || v.ws.State() == mintws.Open
		if err != nil && !v.opened {
			v.err = err
		}
		for _, f := range v.in.Frames {
			v.reply(out, f)
		}
		if closing, ok := mintws.CloseFrame(err); ok {
			v.send(out, closing)
			v.conn, _ = v.conn.SendData(out, v.ws.StreamID(), nil, true) // in case our Close was sent before
		}
		ev.Data = v.in.Rest
	}
	if ended := ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset; ended && ev.StreamID == v.ws.StreamID() {
		v.over = true
	}
}

// reply sends what f calls for: the protocol's answer to Ping and Close, ours to a message.
func (v *visitation) reply(out *httpconn.Output, f mintws.Frame) {
	reply, ok := v.ws.Reply(f)
	if !f.Opcode.IsControl() {
		reply, ok = v.answer(f)
	}
	if ok {
		v.send(out, reply)
	}
}

// send sends f unless the WebSocket takes no more frames, as after a Close.
func (v *visitation) send(out *httpconn.Output, f mintws.Frame) {
	var err error
	v.conn, v.ws, err = mintws.Send(v.conn, out, v.ws, f) // unchanged on error
	if errors.Is(err, httpconn.ErrBufferFull) {
		v.lost = err
	}
}

// ended judges how the loop ended. Once the WebSocket was open, only a deadline that passed is an error: a server
// that drops the connection is part of some cases.
func (v *visitation) ended(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case v.lost != nil:
		return v.lost
	case v.opened:
		return nil
	case v.err != nil:
		return v.err
	case err != nil:
		return err
	}
	return errors.New("the connection ended before the WebSocket was open")
}
