package mintws_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestAppendReceive: what a server owes for what it received, in order, behind what dst held.
func TestAppendReceive(t *testing.T) {
	ping, bye := mintws.Ping([]byte("x")), mintws.Close(mintws.CodeGoingAway, "bye")
	fault := append(wstest.MaskedFrames(ping), 0x83, 0x80)
	for name, tt := range map[string]struct {
		data   []byte
		manual bool
		want   []byte
		state  mintws.State
		err    error
	}{
		"nothing":        {state: mintws.Open},
		"messages":       {data: wstest.MaskedFrames(mintws.Text("a"), mintws.Binary(nil)), state: mintws.Open},
		"pings":          {data: wstest.MaskedFrames(ping, mintws.Text("a"), ping), want: wstest.Frames(mintws.Pong([]byte("x")), mintws.Pong([]byte("x"))), state: mintws.Open},
		"Close":          {data: wstest.MaskedFrames(ping, bye), want: wstest.Frames(mintws.Pong([]byte("x")), mintws.Close(mintws.CodeGoingAway, "")), state: mintws.Closed},
		"a fault":        {data: fault, want: append(wstest.Frames(mintws.Pong([]byte("x"))), 0x88), state: mintws.Failed, err: mintws.ErrReservedOpcode},
		"manual":         {data: wstest.MaskedFrames(ping, bye), manual: true, state: mintws.Closing},
		"manual a fault": {data: fault, manual: true, state: mintws.Failed, err: mintws.ErrReservedOpcode},
	} {
		first, err := mintws.NewWebSocket(mintws.Server, mintws.Options{ManualReply: tt.manual})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time from a value that was used
			var in mintws.Inbox
			ws, sent, receiveErr := first.AppendReceive([]byte("before"), &in, tt.data)
			if !errors.Is(receiveErr, tt.err) || ws.State() != tt.state {
				t.Errorf("%s: %v, %v", name, ws.State(), receiveErr)
			}
			if want := append([]byte("before"), tt.want...); !bytes.HasPrefix(sent, want) || tt.err == nil && len(sent) != len(want) {
				t.Errorf("%s: sent %q, want %q", name, sent, want)
			}
			if again, sentAgain, _ := ws.AppendReceive(nil, &in, tt.data); tt.state == mintws.Failed && (len(sentAgain) != 0 || !again.Equal(ws)) {
				t.Errorf("%s: after the failure: sent %q", name, sentAgain)
			}
		}
	}
	if _, sent, err := (mintws.WebSocket{}).AppendReceive(nil, &mintws.Inbox{}, []byte{1}); err != mintws.ErrNotOpen || len(sent) != 0 {
		t.Errorf("the zero WebSocket: %v, sent %q", err, sent)
	}
}

// TestAppendReceiveRest: with Inbox.Max each call answers what it has read.
func TestAppendReceiveRest(t *testing.T) {
	ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ping, text := mintws.Ping([]byte("x")), mintws.Text("0123456789")
	in := mintws.Inbox{Max: 10}
	data := wstest.MaskedFrames(ping, text, ping, text)
	var sent []byte
	for calls := 1; len(data) > 0; calls++ {
		in.Reset()
		if ws, sent, err = ws.AppendReceive(sent, &in, data); err != nil {
			t.Fatal(err)
		}
		if want := bytes.Repeat(wstest.Frames(mintws.Pong([]byte("x"))), calls); !bytes.Equal(sent, want) {
			t.Errorf("after %d calls: sent %q, want %q", calls, sent, want)
		}
		data = in.Rest
		if _, kept, restErr := ws.AppendReceive(sent, &in, []byte("other")); len(data) > 0 && (restErr != mintws.ErrRest || len(kept) != len(sent)) { //mintvet:fork
			t.Errorf("other bytes before the rest: %v", restErr)
		}
	}
}
