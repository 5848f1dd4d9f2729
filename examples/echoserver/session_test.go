package main

import (
	"io"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
)

// quiet is a stream on which nothing comes and everything can be written.
type quiet struct{ io.Writer }

func (quiet) Read([]byte) (int, error)           { return 0, io.EOF }
func (quiet) Close() error                       { return nil }
func (quiet) CloseWrite() error                  { return nil }
func (quiet) SetReadDeadline(time.Time) error    { return nil }
func (quiet) SetWriteDeadline(d time.Time) error { return nil }

// TestPatience shows which message the time is counted for: the one that is arriving, from its own beginning.
func TestPatience(t *testing.T) {
	const mask = "\x00\x00\x00\x00"
	ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{opt: options{Idle: time.Hour, MessageTimeout: time.Minute}, stream: quiet{io.Discard}, ws: ws}
	old := time.Unix(1e9, 0)
	for _, tt := range []struct {
		name, bytes string
		began       string // "": nothing is arriving; old: what was; new: another
	}{
		{"a message", "\x82\x81" + mask + "x", ""},
		{"a beginning", "\x82", "new"},
		{"more of it", "\x82" + mask + "a", "old"},
		{"its end", "b", ""},
		{"a first fragment", "\x02\x81" + mask + "x", "new"},
		{"a Ping in between", "\x89\x80" + mask, "old"},
		{"a Ping that is arriving", "\x89\x80" + mask[:2], "old"},
		{"its end, the message's, and another beginning", mask[2:] + "\x80\x80" + mask + "\x02\x80" + mask, "new"},
		{"its end, and one between", "\x80\x80" + mask + "\x82\x80" + mask + "\x01", "new"},
		{"all that, and no more", "\x80" + mask + "\x80\x80" + mask, ""},
	} {
		before := s.began
		if done, receiveErr := s.receive([]byte(tt.bytes)); done || receiveErr != nil {
			t.Fatalf("%s: %t, %v", tt.name, done, receiveErr)
		}
		got := "new"
		switch {
		case s.began.IsZero():
			got = ""
		case s.began.Equal(before):
			got = "old"
		}
		if got != tt.began {
			t.Errorf("%s: time is counted for %q, want %q", tt.name, got, tt.began)
		}
		want := old.Add(2 * time.Hour)
		if !s.began.IsZero() {
			s.began = old
			want = old.Add(time.Minute)
		}
		if until := s.patience(old.Add(time.Hour)); !until.Equal(want) {
			t.Errorf("%s: waits until %v, want %v", tt.name, until, want)
		}
	}
	if until := (&session{opt: options{Idle: -1, MessageTimeout: -1}, began: old}).patience(old); !until.IsZero() {
		t.Errorf("without limits it waits until %v", until)
	}
}
