package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestEndings: one client, brought to its second price once, and from there on each ending that a server can give it. Each one
// begins with the same value, and changes nothing for the next.
func TestEndings(t *testing.T) {
	v, _ := start(t, 3)
	v, _, _ = feed(v, answer+first+second, 1024)
	frames := func(f ...mintws.Frame) string { return string(wstest.Frames(f...)) }
	before := v
	for _, tt := range []struct {
		name, server string
		sent         []mintws.Frame
		got          []price
		state        mintws.State
		want         string // in the error, none if empty
	}{
		{name: "the last price", server: frames(mintws.Text(`{"seq":3,"price":"19"}`), mintws.Close(1000, "")),
			sent: []mintws.Frame{mintws.Close(1000, "")}, got: []price{{3, "19"}}, state: mintws.Closed},
		{name: "a price twice", server: frames(mintws.Text(`{"seq":2,"price":"18.5"}`)), state: mintws.Open, want: "1006"},
		{name: "a gap", server: frames(mintws.Text(`{"seq":4,"price":"20"}`), mintws.Text(`{"seq":5,"price":"21"}`)),
			sent: []mintws.Frame{mintws.Text("resend MINT 3")}, state: mintws.Open, want: "1006"},
		{name: "a gap that is filled", server: frames(mintws.Text(`{"seq":4,"price":"20"}`), mintws.Text(`{"seq":3,"price":"19"}`)),
			sent: []mintws.Frame{mintws.Text("resend MINT 3"), mintws.Close(1000, "")}, got: []price{{3, "19"}}, state: mintws.Closing},
		{name: "nonsense", server: frames(mintws.Text("nonsense"), mintws.Text(`{"seq":3,"price":"19"}`)),
			sent: []mintws.Frame{mintws.Close(mintws.CodePolicyViolation, "not a price")}, state: mintws.Closing, want: "no price"},
		{name: "a Close", server: frames(mintws.Close(mintws.CodeTryAgainLater, "full")),
			sent: []mintws.Frame{mintws.Close(mintws.CodeTryAgainLater, "")}, state: mintws.Closed, want: `1013 try again later "full"`},
		{name: "a masked frame", server: "\x81\x80\x00\x00\x00\x00",
			state: mintws.Failed, want: "masked frame"},
		{name: "half a frame", server: "\x81\x7e\x01", state: mintws.Open, want: "1006"},
	} {
		next, sent, got := feed(v, tt.server, 1024)
		if f, ok := mintws.CloseFrame(next.s.Err()); ok {
			tt.sent = []mintws.Frame{f} // with a reason that is the library's
		}
		if want := string(wstest.MaskedFrames(tt.sent...)); sent != want {
			t.Errorf("%s: sent %q, want %q", tt.name, sent, want)
		}
		if diff := cmp.Diff(tt.got, got); diff != "" || next.s.State() != tt.state {
			t.Errorf("%s: %v, %s", tt.name, next.s.State(), diff)
		}
		var out session.Output
		next.s, _ = next.s.EOF(&out, began) // then the connection ends
		if err := next.err(); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if !v.s.Equal(before.s) || v.seq != 2 {
		t.Error("an ending has changed the value that it began with")
	}
}

// TestSilence: what a server does that does nothing, in no time. The clock is an argument.
func TestSilence(t *testing.T) {
	v, _ := start(t, 3)
	v, _, _ = feed(v, answer+first, 1024)
	var out session.Output
	due := v.s.Deadline()
	v.s, _ = v.s.Tick(&out, due)
	if got := out.Take(nil); string(got) != string(wstest.MaskedFrames(mintws.Ping(nil))) {
		t.Errorf("after %v of silence sent %q", due.Sub(began), got)
	}
	alive, _, got := feed(v, "\x8a\x00"+second, 1024) // a Pong, in time
	if len(got) != 1 || alive.s.Over() {
		t.Errorf("after the Pong: %v, %v", got, alive.err())
	}
	v.s, _ = v.s.Tick(&out, v.s.Deadline()) // the same moment, and no Pong
	if err := v.err(); !v.s.Over() || err == nil || !strings.Contains(err.Error(), "sign of life") {
		t.Errorf("no Pong: %v", err)
	}
}
