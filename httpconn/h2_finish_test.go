package httpconn

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// TestFinish: END_STREAM (RFC 8441 section 5), except where the server's is in, on a tunnel of which nothing is queued.
func TestFinish(t *testing.T) {
	const done = "1 Headers 200\n1 Done\n"
	tunnel := f200(1) + fData(1, true, "")
	small := fSettings(uint32(http2.SettingInitialWindowSize), 3)
	for _, tt := range []struct {
		name         string
		req          Request
		input, queue string
		want, sent   string
		live         bool // the stream counts still
	}{
		{name: "open", req: h2Ext, input: f200(1), want: "1 Headers 200\n", sent: "DATA 1 0 end\n", live: true},
		{name: "ended by the server", req: h2Ext, input: tunnel, want: done, sent: "RST_STREAM 1 NO_ERROR\n"},
		{name: "plain CONNECT, ended by the server", req: h2Conn, input: tunnel, want: done, sent: "RST_STREAM 1 NO_ERROR\n"},
		{name: "ended and reset by the server", req: h2Ext, input: tunnel + fReset(1, 0), want: done},
		{name: "reset by the server", req: h2Ext, input: f200(1) + fReset(1, 0), want: "1 Headers 200\n1 Reset httpconn: stream 1 reset by the server (NO_ERROR)\n"},
		{name: "ended by the server, bytes queued", req: h2Ext, input: small + f200(1) + fData(1, true, ""), queue: "Close",
			want: "0 Settings\n" + done, sent: "DATA 1 3\n", live: true},
		{name: "refused", req: h2Ext, input: fHeaders(1, true, ":status: 403"), want: "1 Headers 403\n1 Done\n"},
		{name: "no tunnel, answered early", req: h2Post, input: fHeaders(1, true, ":status: 200"), want: done, sent: "DATA 1 0 end\n"},
		{name: "nothing to end", req: h2Get, input: fHeaders(1, true, ":status: 200"), want: done},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := h2Feed(h2Started(t, Config{}, tt.req), false, tt.input)
			var out Output
			before := r.conn
			if tt.queue != "" {
				before = h2Must(t)(before.SendData(&out, 1, []byte(tt.queue), false))
			}
			c := h2Must(t)(before.Finish(&out, 1))
			sent := strings.ReplaceAll(h2Sent(out.Send), "SETTINGS ack\n", "")
			if got := eventText(r.events); got != tt.want || sent != tt.sent {
				t.Errorf("events\n%ssent\n%swant\n%s%s", got, sent, tt.want, tt.sent)
			}
			if live := c.h2.rare.liveStreams == 1; live != tt.live {
				t.Errorf("the stream counts: %t, want %t", live, tt.live)
			}
			again := Output{}
			if c2 := h2Must(t)(c.Finish(&again, 1)); len(again.Send) > 0 || !c2.Equal(c) { // it is over
				t.Errorf("finished twice, it sends %s", h2Sent(again.Send))
			}
			if c2 := h2Must(t)(before.Finish(&again, 1)); !c2.Equal(c) || !strings.HasSuffix(string(out.Send), string(again.Send)) {
				t.Errorf("the old value sends %s", h2Sent(again.Send))
			}
		})
	}
}

// TestFinishErrors: they are those of SendData, and change nothing.
func TestFinishErrors(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{}, h2Ext), f200(1)+fData(1, true, ""))
	over := c.Close(new(Output))
	h1 := h1Conn(t)
	for _, tt := range []struct {
		name string
		conn Conn
		id   StreamID
		want error
	}{
		{"idle stream", c, 3, ErrUnknownStream},
		{"closed connection", over, 1, ErrClosed},
		{"zero Conn", Conn{}, 1, ErrClosed},
		{"HTTP/1.1, no stream", h1, 1, ErrUnknownStream},
	} {
		var out Output
		next, err := tt.conn.Finish(&out, tt.id)
		if !errors.Is(err, tt.want) || !next.Equal(tt.conn) || len(out.Send) > 0 {
			t.Errorf("%s: %v, want %v and nothing changed", tt.name, err, tt.want)
		}
	}
}

func h1Conn(t *testing.T) Conn {
	t.Helper()
	c, err := New(HTTP1, Config{}, new(Output))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestFinishHTTP1: on HTTP/1.1 there is no stream to be reset.
func TestFinishHTTP1(t *testing.T) {
	var out Output
	c, id, err := h1Conn(t).Request(&out, Request{Authority: "example.com:443", Method: "CONNECT"})
	if err != nil {
		t.Fatal(err)
	}
	c = h2Must(t)(c.Stream(&out, []byte("HTTP/1.1 200 OK\r\n\r\n")))
	sent := len(out.Send)
	c = h2Must(t)(c.Finish(&out, id))
	if c.Next() != NextAwaitEOF || len(out.Send) > sent {
		t.Errorf("next is %v, sent %q", c.Next(), out.Send[sent:])
	}
}

// TestFinishInFrame: the head of the server's last frame says that it ends the stream. What has not come of that frame does
// not change what is sent, and the EventDone comes with its end.
func TestFinishInFrame(t *testing.T) {
	last := fPadded(1, true, "Close and more", 20)
	for cut := 9; cut < len(last); cut++ {
		c := h2Fed(t, h2Started(t, Config{ManualCredit: cut%2 == 0}, h2Ext, h2Get), f200(1)+last[:cut])
		var out Output
		c = h2Must(t)(c.Finish(&out, 1))
		if got := h2Sent(out.Send); got != "RST_STREAM 1 NO_ERROR\n" {
			t.Fatalf("cut at %d: sent %s", cut, got)
		}
		r := h2Feed(c, false, last[cut:], fHeaders(3, true, ":status: 200"))
		if got := eventText(r.events); r.err != nil || !strings.HasSuffix(got, "1 Done\n3 Headers 200\n3 Done\n") || r.conn.h2.rare.liveStreams != 0 {
			t.Errorf("cut at %d: %s%v, %d streams live", cut, got, r.err, r.conn.h2.rare.liveStreams)
		}
	}
}

// TestFinishVerdicts: a stream that Finish ended takes what one takes that both sides ended.
func TestFinishVerdicts(t *testing.T) {
	ended := h2Fed(t, h2Started(t, Config{}, h2Get), fHeaders(1, true, ":status: 200"))
	finished := h2Fed(t, h2Started(t, Config{}, h2Ext), f200(1)+fData(1, true, ""))
	finished = h2Must(t)(finished.Finish(new(Output), 1))
	for name, frame := range h2FrameOf {
		want, got := h2Feed(ended, false, frame(1)), h2Feed(finished, false, frame(1))
		if want.String() != got.String() {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestFinishBounded: servers count the resets that they get. Ours are at most 32 more than theirs.
func TestFinishBounded(t *testing.T) {
	play := func(server func(id uint32) string) string {
		c := h2Started(t, Config{})
		var out Output
		for id := uint32(1); id < 2*200; id += 2 {
			c = h2Fed(t, h2Requests(t, c, h2Ext), f200(id)+fData(id, true, ""))
			c = h2Must(t)(c.Finish(&out, StreamID(id)))
			c = h2Fed(t, c, server(id))
		}
		sent := h2Sent(out.Send)
		return fmt.Sprint(strings.Count(sent, "RST_STREAM"), " ", strings.Count(sent, "end"))
	}
	forgotten := uint32(0)
	for _, tt := range []struct {
		name, want string
		server     func(id uint32) string
	}{
		{"never resets", "32 168", func(uint32) string { return "" }},
		{"resets as well", "200 0", func(id uint32) string { return fReset(id, 0) }},
		{"resets each second", "131 69", func(id uint32) string {
			if id%4 == 1 {
				return ""
			}
			return fReset(id, 0)
		}},
		{"resets much later, streams that are forgotten", "106 94", func(id uint32) string {
			if id < 251 {
				return ""
			}
			forgotten++
			return fReset(2*forgotten-1, 0)
		}},
	} {
		if got := play(tt.server); got != tt.want {
			t.Errorf("%s: resets and ends are %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestFinishManualCredit: what was received still waits to be consumed, as after END_STREAM.
func TestFinishManualCredit(t *testing.T) {
	c := h2Started(t, Config{ManualCredit: true, StreamWindow: 1000, ConnWindow: 65535}, h2Ext)
	c = h2Fed(t, c, f200(1)+fData(1, true, strings.Repeat("x", 900)))
	c = h2Must(t)(c.Finish(new(Output), 1))
	if _, err := c.Consume(new(Output), 1, 901); !errors.Is(err, ErrConsumed) {
		t.Errorf("more than was received: %v, want %v", err, ErrConsumed)
	}
	c = h2Must(t)(c.Consume(new(Output), 1, 900))
	if c.h2.recvUncredited != c.h2.recvConsumed {
		t.Errorf("received %d, owed %d", c.h2.recvUncredited, c.h2.recvConsumed)
	}
}
