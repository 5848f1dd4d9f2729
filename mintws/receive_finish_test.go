package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
)

// h2Ends describes the frames that end something in what a client sent; for DATA, the WebSocket frame in it, unmasked.
func h2Ends(t *testing.T, sent []byte) string {
	t.Helper()
	var b strings.Builder
	fr := http2.NewFramer(nil, bytes.NewReader(sent))
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return strings.TrimSpace(b.String())
		}
		switch f := f.(type) {
		case *http2.DataFrame:
			if len(f.Data()) > 0 {
				fmt.Fprintf(&b, "%v ", Opcode(f.Data()[0]&0xf))
			}
			if f.StreamEnded() {
				b.WriteString("END_STREAM ")
			}
		case *http2.RSTStreamFrame:
			fmt.Fprintf(&b, "RST_STREAM(%v) ", f.ErrCode)
		case *http2.GoAwayFrame:
			fmt.Fprintf(&b, "GOAWAY(%v) ", f.ErrCode)
		}
	}
}

// TestReceiveFinishes: how our half of the stream is ended. Where the server answers our Close and ends its half with it,
// no DATA may follow, as libwebsockets would take that for an error of the connection: the server's RST_STREAM, which it
// sends next, comes in the same read, in the next one, or, from other servers, never. Everywhere else it is END_STREAM
// (RFC 8441 section 5). EventDone is delivered in any case.
func TestReceiveFinishes(t *testing.T) {
	closing := join(0x88, 2, 0x03, 0xE8)
	const oursFirst, theirsFirst = true, false
	reset := func(s *h2Server, id uint32) error { return s.WriteRSTStream(id, http2.ErrCodeNo) }
	for _, tt := range []struct {
		name  string
		first bool
		opt   Options
		reads []func(s *h2Server, id uint32) error
		want  string
		end   httpconn.EventKind
		state State
	}{
		{name: "Close and END_STREAM, RST_STREAM in the same read", first: oursFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return errors.Join(s.WriteData(id, true, closing), reset(s, id)) }},
			want: "Close", end: httpconn.EventDone, state: Closed},
		{name: "Close and END_STREAM, RST_STREAM in the next read", first: oursFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, true, closing) }, reset},
			want: "Close RST_STREAM(NO_ERROR)", end: httpconn.EventDone, state: Closed},
		{name: "Close and END_STREAM, never RST_STREAM", first: oursFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, true, closing) }},
			want: "Close RST_STREAM(NO_ERROR)", end: httpconn.EventDone, state: Closed},
		{name: "the same with manual replies", first: oursFirst, opt: Options{ManualReply: true}, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, true, closing) }},
			want: "Close RST_STREAM(NO_ERROR)", end: httpconn.EventDone, state: Closed},
		{name: "Close, then END_STREAM in the same read", first: oursFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error {
				return errors.Join(s.WriteData(id, false, closing), s.WriteData(id, true, nil))
			}},
			want: "Close RST_STREAM(NO_ERROR)", end: httpconn.EventDone, state: Closed},
		{name: "Close, then END_STREAM in the next read", first: oursFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, false, closing) },
			func(s *h2Server, id uint32) error { return s.WriteData(id, true, nil) }},
			want: "Close END_STREAM", end: httpconn.EventDone, state: Closed},
		{name: "END_STREAM without a Close", first: oursFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, true, nil) }},
			want: "Close END_STREAM", end: httpconn.EventDone, state: Failed},
		{name: "the server's Close", first: theirsFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, false, closing) }, reset},
			want: "Close END_STREAM", end: httpconn.EventReset, state: Closed},
		{name: "the server's Close, then END_STREAM", first: theirsFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, false, closing) },
			func(s *h2Server, id uint32) error { return s.WriteData(id, true, nil) }},
			want: "Close END_STREAM", end: httpconn.EventDone, state: Closed},
		{name: "the server's Close and END_STREAM", first: theirsFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, true, closing) }},
			want: "Close END_STREAM", end: httpconn.EventDone, state: Closed},
		{name: "nonsense and END_STREAM", first: theirsFirst, reads: []func(*h2Server, uint32) error{
			func(s *h2Server, id uint32) error { return s.WriteData(id, true, []byte("nonsense")) }},
			want: "Close END_STREAM", end: httpconn.EventDone, state: Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cl, s := newH2Client(t, tt.opt)
			id := uint32(cl.ws.StreamID())
			s.respond(t, cl.ws.StreamID(), false, ":status", "200")
			cl.read(s.take())
			if tt.first == oursFirst {
				var err error
				if cl.conn, cl.ws, err = Send(cl.conn, &cl.out, cl.ws, Close(1000, "")); err != nil {
					t.Fatal(err)
				}
			}
			cl.sent, cl.other = nil, nil
			for _, read := range tt.reads {
				s.must(t, read(s, id))
				cl.read(s.take())
			}
			if got := h2Ends(t, cl.sent); got != tt.want {
				t.Errorf("sent %s, want %s", got, tt.want)
			}
			ends := 0
			for _, ev := range cl.other {
				if ev.Kind == tt.end {
					ends++
				}
			}
			if ends != 1 || cl.ws.State() != tt.state || tt.state == Closed && len(cl.errs) > 0 {
				t.Errorf("%d times %v, the WebSocket is %v, %q", ends, tt.end, cl.ws.State(), cl.errs)
			}
			// The connection goes on, and the stream is free.
			s.must(t, s.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1}))
			if cl.read(s.take()); cl.conn.Slots() != 1 || cl.conn.Next() != httpconn.NextRead {
				t.Errorf("afterwards there are %d slots of 1, next is %v", cl.conn.Slots(), cl.conn.Next())
			}
		})
	}
}

// TestReceiveFinishesSplit: what the server sends may be cut anywhere inside its last DATA frame.
func TestReceiveFinishesSplit(t *testing.T) {
	for _, pad := range []int{-1, 0, 30} {
		cl, s := newH2Client(t, Options{})
		s.respond(t, cl.ws.StreamID(), false, ":status", "200")
		cl.read(s.take())
		var err error
		if cl.conn, cl.ws, err = Send(cl.conn, &cl.out, cl.ws, Close(1000, "")); err != nil {
			t.Fatal(err)
		}
		last := join(0x88, 2, 0x03, 0xE8, "ignored after it")
		if pad < 0 {
			s.must(t, s.WriteData(uint32(cl.ws.StreamID()), true, last))
		} else {
			s.must(t, s.WriteDataPadded(uint32(cl.ws.StreamID()), true, last, make([]byte, pad)))
		}
		input := s.take()
		for cut := range input {
			fork := &client{conn: cl.conn, ws: cl.ws}
			fork.read(input[:cut])
			fork.read(input[cut:])
			if got := h2Ends(t, fork.sent); got != "RST_STREAM(NO_ERROR)" || len(fork.errs) > 0 || fork.ws.State() != Closed ||
				len(fork.other) != 1 || fork.other[0].Kind != httpconn.EventDone {
				t.Errorf("padding %d, cut at %d: sent %s, %v, events %v, %q", pad, cut, got, fork.ws.State(), fork.other, fork.errs)
			}
		}
	}
}
