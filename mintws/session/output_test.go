package session_test

import (
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestOutputReset: nothing of one connection is left for the next, neither bytes nor a rest that is owed.
func TestOutputReset(t *testing.T) {
	open := func(out *session.Output) (session.Session, error) {
		ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := session.New(httpconn.Conn{}, ws, timing, epoch)
		return s.Received(out, epoch, wstest.MaskedFrames(mintws.Ping(nil), mintws.Text("one"), mintws.Text("two")))
	}
	var out session.Output
	out.Max = 1
	for range 2 {
		if _, err := open(&out); err != nil || len(out.Send) == 0 || len(out.Frames) == 0 || len(out.Rest) == 0 {
			t.Fatalf("%v, %d bytes, %v, rest %q", err, len(out.Send), out.Frames, out.Rest)
		}
		out.Reset()
		if len(out.Send) > 0 || len(out.Frames) > 0 || len(out.Events) > 0 || len(out.Rest) > 0 || out.Max != 1 {
			t.Fatalf("%d bytes, %v, %v, rest %q, Max %d", len(out.Send), out.Frames, out.Events, out.Rest, out.Max)
		}
	}
}
