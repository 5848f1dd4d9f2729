package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
)

// drip writes the pieces, the last one again and again, until that fails or stop is closed.
func drip(w io.Writer, stop <-chan struct{}, pieces ...string) {
	for {
		if _, err := io.WriteString(w, pieces[0]); err != nil {
			return
		}
		if len(pieces) > 1 {
			pieces = pieces[1:]
		}
		select {
		case <-stop:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// TestMessageTimeout has clients that are never silent and never finish what they began. The server does not wait for them.
func TestMessageTimeout(t *testing.T) {
	const mask = "\x00\x00\x00\x00"
	for name, pieces := range map[string][]string{
		"a frame, byte by byte":              {"\x82\xfe\xff\xff" + mask, "x"},
		"a header, and no more":              {"\x82\xff\x00\x00", ""},
		"a control frame, and no more":       {"\x89\xfd" + mask + "x", ""},
		"fragments without end":              {"\x02\x81" + mask + "x", "\x00\x81" + mask + "x"},
		"empty fragments":                    {"\x02\x80" + mask, "\x00\x80" + mask},
		"Pings inside a message":             {"\x02\x81" + mask + "x", "\x89\x80" + mask},
		"a message, then byte by byte again": {"\x82\x81" + mask + "x\x82\xfe\xff\xff" + mask, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, addr, done := startEcho(t, options{Idle: testLimit, MessageTimeout: 20 * time.Millisecond, CloseTimeout: testLimit,
				Accept: mintws.AcceptOptions{Limits: mintws.Limits{MaxFragments: -1}}})
			c := dial(t, addr)
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				drip(c.Conn, stop, pieces...)
			}()
			var f mintws.Frame
			var err error
			for f.Opcode != mintws.OpClose && err == nil { // there may be Pongs and an echo before it
				f, err = c.Next()
			}
			close(stop)
			<-stopped
			if err != nil || f.Code != mintws.CodePolicyViolation || string(f.Payload) != "message not complete after 20ms" {
				t.Errorf("got %v %v %q, %v", f.Opcode, f.Code, f.Payload, err)
			}
			c.Conn.Close()
			if sum := <-done; sum.Code != mintws.CodePolicyViolation {
				t.Errorf("summary %+v", sum)
			}
		})
	}
}

// TestMaxSessions has one client more than the server takes.
func TestMaxSessions(t *testing.T) {
	_, addr, done := startEcho(t, options{MaxSessions: 2})
	first, second := dial(t, addr), dial(t, addr)
	if _, err := dialClient(addr); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("the third: %v, want 503", err)
	}
	if sum := <-done; sum.Status != http.StatusServiceUnavailable || sum.Err == nil {
		t.Errorf("summary %+v", sum)
	}
	send(t, first, mintws.Close(1000, ""))
	finish(t, first, 1000, "")
	<-done
	for { // its place is free as soon as its handler is over, which is after Done
		third, err := dialClient(addr)
		if err == nil {
			defer third.Conn.Close()
			break
		}
		if !strings.Contains(err.Error(), "503") {
			t.Fatal(err)
		}
		<-done
	}
	send(t, second, mintws.Text("still there"))
	expect(t, second, mintws.Text("still there"))
}

// TestInflated has compressed messages that are a thousand times as large when they are returned, many in one read.
func TestInflated(t *testing.T) {
	_, addr, done := startEcho(t, options{})
	c := dial(t, addr, "Sec-WebSocket-Extensions: permessage-deflate")
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, transform, ok := deflate.Answer(mintws.Params{Name: "permessage-deflate"})
	if !ok || c.Response.Header.Get("Sec-WebSocket-Extensions") == "" {
		t.Fatalf("not agreed to: %v", c.Response.Header)
	}
	if c.WS, err = mintws.NewWebSocket(mintws.Client, mintws.Options{Transforms: []mintws.Transform{transform}}); err != nil {
		t.Fatal(err)
	}
	const n = 20
	message := mintws.Binary(make([]byte, 1<<20))
	frames := make([]mintws.Frame, n)
	for i := range frames {
		frames[i] = message
	}
	send(t, c, frames...)
	expect(t, c, frames...)
	send(t, c, mintws.Close(1000, ""))
	finish(t, c, 1000, "")
	if sum := <-done; sum.Err != nil || sum.MessagesOut != n || sum.BytesOut != n<<20 {
		t.Errorf("summary %+v", sum)
	}
}
