package readme

import (
	"bytes"
	"context"
	"math"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// snippet: consume
// hold is what came on one stream and was not handled yet.
type hold struct {
	frames []mintws.Frame
	bytes  int // of EventData, for which the server has got no credit
}

// keep keeps the frames of one event for later.
func (h *hold) keep(ev httpconn.Event, frames []mintws.Frame) {
	for _, f := range frames {
		h.frames = append(h.frames, f.Clone()) // the read buffer is used again
	}
	h.bytes += len(ev.Data)
}

// handled lets the server send as much again, once the frames are done with.
func (h *hold) handled(conn httpconn.Conn, out *httpconn.Output, id httpconn.StreamID) (httpconn.Conn, error) {
	conn, err := conn.Consume(out, id, h.bytes)
	if err == nil {
		*h = hold{}
	}
	return conn, err
}

// end

// snippet: windows
// reach lets the server send at a rate, in bytes a second, on one stream over a round trip of that length.
func reach(conn httpconn.Conn, out *httpconn.Output, rate float64, rtt time.Duration) (httpconn.Conn, error) {
	const frame = 16 << 10 // the largest that a server sends, unless Settings.MaxFrame allows more
	window := int32(min((rate*rtt.Seconds()+frame)*16/15, math.MaxInt32))
	return conn.Settings(out, httpconn.Settings{
		StreamWindow: max(window, httpconn.DefaultStreamWindow),
		ConnWindow:   max(window, httpconn.DefaultConnWindow), // which can only be raised
	})
}

// end

// TestReach: what the page says of windows is what the server is told.
func TestReach(t *testing.T) {
	for _, tc := range []struct {
		rate         float64
		rtt          time.Duration
		stream, conn uint32
	}{
		{125e6, 60 * time.Millisecond, httpconn.DefaultStreamWindow, httpconn.DefaultConnWindow},
		{125e6, 100 * time.Millisecond, 13_350_809, httpconn.DefaultConnWindow},
		{1250e6, 100 * time.Millisecond, 133_350_809, 133_350_809},
		{1250e6, 10 * time.Second, math.MaxInt32, math.MaxInt32},
	} {
		var out httpconn.Output
		conn, err := httpconn.New(httpconn.HTTP2, httpconn.Config{}, &out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = reach(conn, &out, tc.rate, tc.rtt); err != nil {
			t.Fatal(err)
		}
		conns, stream := uint32(65535), uint32(0)
		fr := http2.NewFramer(nil, bytes.NewReader(out.Send[len(http2.ClientPreface):]))
		for {
			f, readErr := fr.ReadFrame()
			if readErr != nil {
				break
			}
			switch f := f.(type) {
			case *http2.SettingsFrame:
				stream, _ = f.Value(http2.SettingInitialWindowSize)
			case *http2.WindowUpdateFrame:
				conns += f.Increment
			}
		}
		if stream != tc.stream || conns != tc.conn {
			t.Errorf("%g bytes a second, %v: windows of %d and %d, want %d and %d", tc.rate, tc.rtt, stream, conns, tc.stream, tc.conn)
		}
	}
}

// TestConsume: a server that may send 64 KiB and gets no credit stops after it, and goes on when what came is consumed.
func TestConsume(t *testing.T) {
	const window, size, messages = 64 << 10, 10_000, 20
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out httpconn.Output
	var in mintws.Inbox
	sock, conn, err := httpdial.Dial(ctx, server.URL, &out, httpdial.Options{
		Protocols: []httpconn.Version{httpconn.HTTP2},
		Config:    httpconn.Config{ManualCredit: true, StreamWindow: window},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	conn, ws, err := mintws.Upgrade(conn, &out, server.URL, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var h hold
	buf, heard, full := make([]byte, 64<<10), 0, 0
	for heard < messages {
		var lost error
		conn, lost = turn(sock, conn, &out, buf)
		for _, ev := range out.Events {
			in.Reset()
			conn, ws, err = mintws.Receive(conn, &out, ws, &in, ev)
			if ev.Kind == httpconn.EventHeaders {
				for range messages {
					if conn, ws, err = mintws.Send(conn, &out, ws, mintws.Binary(make([]byte, size))); err != nil {
						break
					}
				}
			}
			if lost != nil || err != nil {
				t.Fatal(lost, err)
			}
			if ev.Kind == httpconn.EventData {
				h.keep(ev, in.Frames)
			}
		}
		if h.bytes > window {
			t.Fatalf("%d bytes came in a window of %d", h.bytes, window)
		}
		if rest := (messages - heard - len(h.frames)) * size; h.bytes == window || rest <= 0 {
			full++
			heard += len(h.frames)
			if conn, err = h.handled(conn, &out, ws.StreamID()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if full < messages*size/window {
		t.Errorf("the window was full %d times", full)
	}
}
