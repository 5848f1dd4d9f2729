package mintws

import (
	"bytes"
	"errors"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/inplace"
)

// TestInPlace: the calls in place give the next values, the output and the error of the calls that take and return values.
func TestInPlace(t *testing.T) {
	cl := newClient(t, Options{Rand: rfcKey{}})
	cl.read([]byte(rfcResponse))
	prepared := mustPrepare(t, Text("prepared"))
	frames := []Frame{Text("text"), Text("\xff"), {Opcode: OpText, More: true, Payload: []byte("a")}, Ping(nil), Close(1000, "bye"), Pong(zeros(200))}
	events := []httpconn.Event{
		{Kind: httpconn.EventData, StreamID: cl.ws.id, Data: []byte{0x82, 1, 'a'}}, {Kind: httpconn.EventData, StreamID: cl.ws.id, Data: []byte{0x89, 0}},
		{Kind: httpconn.EventData, StreamID: cl.ws.id, Data: []byte{0xff}}, {Kind: httpconn.EventDone, StreamID: cl.ws.id}, {Kind: httpconn.EventDone, StreamID: 9},
	}
	type state struct {
		conn httpconn.Conn
		ws   WebSocket
		out  httpconn.Output
		in   Inbox
	}
	var values, places []func(s *state) error
	for _, f := range frames {
		values = append(values, func(s *state) (err error) {
			s.conn, s.ws, err = Send(s.conn, &s.out, s.ws, f)
			return err
		}, func(s *state) (err error) {
			s.ws, s.out.Send, err = s.ws.AppendEncode(s.out.Send, f)
			return err
		})
		places = append(places, func(s *state) error {
			return s.ws.InPlace(inplace.Key{}).Send(&s.conn, &s.out, &f)
		}, func(s *state) (err error) {
			s.out.Send, err = s.ws.InPlace(inplace.Key{}).AppendEncode(s.out.Send, &f)
			return err
		})
	}
	for _, p := range []*Prepared{prepared, nil} {
		values = append(values, func(s *state) (err error) {
			s.conn, s.ws, err = SendPrepared(s.conn, &s.out, s.ws, p)
			return err
		}, func(s *state) (err error) {
			s.ws, s.out.Send, err = s.ws.AppendPrepared(s.out.Send, p)
			return err
		})
		places = append(places, func(s *state) error {
			return s.ws.InPlace(inplace.Key{}).SendPrepared(&s.conn, &s.out, p)
		}, func(s *state) (err error) {
			s.out.Send, err = s.ws.InPlace(inplace.Key{}).AppendPrepared(s.out.Send, p)
			return err
		})
	}
	for _, ev := range events {
		values = append(values, func(s *state) (err error) {
			s.conn, s.ws, err = Receive(s.conn, &s.out, s.ws, &s.in, ev)
			return err
		}, func(s *state) (err error) {
			s.ws, s.out.Send, err = s.ws.AppendReceive(s.out.Send, &s.in, ev.Data)
			return err
		}, func(s *state) (err error) {
			s.ws, err = s.ws.AppendDecode(&s.in, ev.Data)
			return err
		})
		places = append(places, func(s *state) error {
			return s.ws.InPlace(inplace.Key{}).Receive(&s.conn, &s.out, &s.in, &ev)
		}, func(s *state) (err error) {
			s.out.Send, err = s.ws.InPlace(inplace.Key{}).AppendReceive(s.out.Send, &s.in, ev.Data)
			return err
		}, func(s *state) error {
			return s.ws.InPlace(inplace.Key{}).AppendDecode(&s.in, ev.Data)
		})
	}
	for i := range values {
		got, want := state{conn: cl.conn, ws: cl.ws}, state{conn: cl.conn, ws: cl.ws}
		e, err := places[i](&got), values[i](&want)
		if !sameError(e, err) || !got.conn.Equal(want.conn) || !got.ws.Equal(want.ws) || !bytes.Equal(got.out.Send, want.out.Send) ||
			len(got.in.Frames) != len(want.in.Frames) {
			t.Errorf("call %d in place: %v, %q, %d frames, %v; want %v, %q, %d frames, %v", i, e, got.out.Send, len(got.in.Frames), got.ws.State(),
				err, want.out.Send, len(want.in.Frames), want.ws.State())
		}
	}
}

func sameError(a, b error) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error())
}

// TestSendRefusedAtTheEnd: a stream on which a Content-Length asks for more than a Close refuses the end that goes with it, when
// the Close is encoded already. Then the WebSocket, the Conn and the Output are as they were.
func TestSendRefusedAtTheEnd(t *testing.T) {
	cl := newClient(t, Options{Rand: rfcKey{}, ManualReply: true})
	cl.read([]byte(rfcResponse))
	ws, err := cl.ws.AppendDecode(&cl.in, []byte{0x88, 0})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &cl.out)
	if err != nil {
		t.Fatal(err)
	}
	conn, id, err := conn.Request(&cl.out, httpconn.Request{Method: "PUT", Authority: "example.test", Path: "/", HasBody: true,
		Header: map[string][]string{"Content-Length": {"1000"}}})
	if err != nil || id != ws.StreamID() {
		t.Fatal(id, err)
	}
	out := httpconn.Output{Send: []byte("before")}
	c, next, err := Send(conn, &out, ws, Close(1000, ""))
	if !errors.Is(err, httpconn.ErrBodyLength) || !next.Equal(ws) || !c.Equal(conn) || string(out.Send) != "before" {
		t.Errorf("%v, %v, want %v; %q", err, next.State(), ws.State(), out.Send)
	}
}
