package mintws_test

import (
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// TestReceiving cuts what a client sends at every byte: nothing is being received between messages, and something is inside
// of one, whatever comes between its fragments.
func TestReceiving(t *testing.T) {
	const mask = "\x00\x00\x00\x00"
	type piece struct {
		bytes string
		after bool // what Receiving says then; inside the piece it is true
	}
	pieces := []piece{
		{"\x81\x82" + mask + "hi", false},
		{"\x81\x80" + mask, false},
		{"\x89\x81" + mask + "p", false},
		{"\x01\x80" + mask, true}, // a message whose first fragment is empty
		{"\x89\x80" + mask, true}, // a Ping inside
		{"\x00\x82" + mask + "ab", true},
		{"\x80\x80" + mask, false},
		{"\x82\xfe\x00\x7e" + mask + strings.Repeat("a", 126), false},
		{"\x88\x82" + mask + "\x03\xe8", false},
		{"anything after a Close", false},
	}
	for _, delivery := range []mintws.Delivery{mintws.DeliverMessages, mintws.DeliverFragments, mintws.DeliverPayload} {
		ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{Delivery: delivery})
		if err != nil {
			t.Fatal(err)
		}
		if (mintws.WebSocket{}).Receiving() || ws.Receiving() {
			t.Error("receiving before anything came")
		}
		closed := false
		for i, p := range pieces {
			for j := range len(p.bytes) {
				before := ws
				if ws, _, err = ws.Decode([]byte{p.bytes[j]}); err != nil {
					t.Fatal(err)
				}
				want := !closed
				if j == len(p.bytes)-1 {
					want = p.after
				}
				if ws.Receiving() != want {
					t.Errorf("delivery %d, piece %d: %t after %d bytes, want %t", delivery, i, ws.Receiving(), j+1, want)
				}
				if again, _, _ := before.Decode([]byte{p.bytes[j]}); again.Receiving() != want {
					t.Errorf("delivery %d, piece %d, %d bytes: replayed it is another", delivery, i, j+1)
				}
			}
			closed = closed || p.bytes[0] == 0x88
		}
	}
}

// TestReceivingAtTheEnd: if nothing more can arrive, nothing is being received, whatever was incomplete.
func TestReceivingAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		name, bytes string
		eof         bool
	}{
		{"a Close with a reason", "\x88\x05\x03\xe8bye", false},
		{"a Close inside a message", "\x01\x01a\x88\x02\x03\xe8", false},
		{"the end inside a header", "\x82\x7e\x01", true},
		{"the end inside a frame", "\x82\x05ab", true},
		{"the end inside a message", "\x01\x01a", true},
		{"the end after a Close with a reason", "\x88\x05\x03\xe8bye", true},
	} {
		for _, delivery := range []mintws.Delivery{mintws.DeliverMessages, mintws.DeliverFragments, mintws.DeliverPayload} {
			ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Delivery: delivery})
			if err != nil {
				t.Fatal(err)
			}
			if ws, _, err = ws.Decode([]byte(c.bytes)); err != nil {
				t.Fatal(c.name, err)
			}
			if c.eof {
				ws, _ = ws.EOF()
			}
			if ws.Receiving() {
				t.Errorf("%s, delivery %d: still receiving", c.name, delivery)
			}
		}
	}
}
