package readme

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// muxPeer is a server with HTTP/2 that does something wrong on one of two WebSockets, 1 and 3, or on the connection, and what
// pair is to make of it. What play writes before wait or its end is sent at once.
type muxPeer struct {
	name  string
	play  func(p *mux)
	lines []string      // what is printed, in any order
	errs  []error       // each of them is in the error; none: it is nil
	texts []string      // each of them is in its text
	last  http2.ErrCode // of the GOAWAY that the peer has to get
}

// mux is the server's end of a connection.
type mux struct {
	*http2.Framer // writes to buf, reads from the socket
	sock          *net.TCPConn
	buf           bytes.Buffer
	block         bytes.Buffer
	enc           *hpack.Encoder
	goAway        *http2.ErrCode
	ended         map[uint32]bool // streams that the client ended or reset
	texts         int             // DATA frames with content
	cancel        context.CancelFunc
}

func (p *mux) flush() {
	_, _ = p.sock.Write(p.buf.Bytes()) // the client may be gone by then
	p.buf.Reset()
}

// head answers a request.
func (p *mux) head(id uint32, status string, end bool) {
	p.block.Reset()
	_ = p.enc.WriteField(hpack.HeaderField{Name: ":status", Value: status})
	_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block.Bytes(), EndHeaders: true, EndStream: end})
}

func (p *mux) data(id uint32, parts ...string) {
	_ = p.WriteData(id, false, []byte(strings.Join(parts, "")))
}

// end sends END_STREAM.
func (p *mux) end(ids ...uint32) {
	for _, id := range ids {
		_ = p.WriteData(id, true, nil)
	}
}

// well opens a WebSocket, says something and closes it.
func (p *mux) well(ids ...uint32) {
	for _, id := range ids {
		p.head(id, "200", false)
		p.data(id, text1, closeOK)
		p.end(id)
	}
}

// wait sends what was written and reads until enough has come, or the end.
func (p *mux) wait(enough func() bool) {
	p.flush()
	for !enough() {
		f, err := p.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.GoAwayFrame:
			p.goAway = &f.ErrCode
		case *http2.DataFrame:
			if len(f.Data()) > 0 {
				p.texts++
			}
			p.ended[f.StreamID] = p.ended[f.StreamID] || f.StreamEnded()
		case *http2.RSTStreamFrame:
			p.ended[f.StreamID] = true
		}
	}
}

func never() bool { return false }

var (
	well1 = []string{`1: Text "one"`, "1: " + normalLine}
	well3 = []string{`3: Text "one"`, "3: " + normalLine}
	both  = slices.Concat(well1, well3)
)

var muxPeers = []muxPeer{
	{name: "content", play: func(p *mux) { p.well(1, 3) }, lines: both},
	{name: "hangs up after both are closed", play: func(p *mux) {
		for _, id := range []uint32{1, 3} {
			p.head(id, "200", false)
			p.data(id, text1, closeOK)
		}
		p.flush()
		p.sock.Close()
	}, lines: both},
	{name: "resets both after they are closed", play: func(p *mux) {
		for _, id := range []uint32{1, 3} {
			p.head(id, "200", false)
			p.data(id, text1, closeOK)
			_ = p.WriteRSTStream(id, http2.ErrCodeNo)
		}
	}, lines: both},

	{name: "breaks the protocol on the first", play: func(p *mux) {
		p.head(1, "200", false)
		p.data(1, text1, reserved)
		p.well(3)
	}, lines: slices.Concat(well1[:1], well3), errs: []error{mintws.ErrReservedOpcode}},
	{name: "breaks the protocol on the second", play: func(p *mux) {
		p.well(1)
		p.head(3, "200", false)
		p.data(3, notUTF8)
	}, lines: well1, errs: []error{mintws.ErrInvalidUTF8}},
	{name: "breaks it on both", play: func(p *mux) {
		p.head(1, "200", false)
		p.head(3, "200", false)
		p.data(3, masked)
		p.data(1, notUTF8)
	}, errs: []error{mintws.ErrInvalidUTF8, mintws.ErrMasked}},
	{name: "refuses the first", play: func(p *mux) { p.head(1, "403", true); p.well(3) },
		lines: well3, errs: []error{mintws.ErrBadStatus}, texts: []string{"403"}},
	{name: "refuses the first, content pending", play: func(p *mux) { p.head(1, "403", false); p.well(3) },
		lines: well3, errs: []error{mintws.ErrBadStatus}, texts: []string{"403"}},
	{name: "refuses both", play: func(p *mux) { p.head(3, "503", true); p.head(1, "404", true) },
		errs: []error{mintws.ErrBadStatus}, texts: []string{"404", "503"}},
	{name: "resets the first before an answer", play: func(p *mux) { _ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream); p.well(3) },
		lines: well3, errs: []error{httpconn.ErrUnprocessed}, texts: []string{"REFUSED_STREAM"}},
	{name: "resets the first after a message", play: func(p *mux) {
		p.head(1, "200", false)
		p.data(1, text1)
		_ = p.WriteRSTStream(1, http2.ErrCodeInternal)
		p.well(3)
	}, lines: slices.Concat(well1[:1], well3), errs: []error{&mintws.CloseError{}}, texts: []string{"INTERNAL_ERROR", "1006"}},
	{name: "ends the first without a Close", play: func(p *mux) { p.head(1, "200", false); p.data(1, text1); p.end(1); p.well(3) },
		lines: slices.Concat(well1[:1], well3), errs: []error{&mintws.CloseError{}}, texts: []string{"1006"}},
	{name: "closes with 1008 and 1011", play: func(p *mux) {
		p.head(1, "200", false)
		p.data(1, close1008)
		p.end(1)
		p.head(3, "200", false)
		p.data(3, close1011)
		p.end(3)
	}, lines: []string{`1: Close 1008 policy violation "policy"`, "3: Close 1011 internal error"},
		errs: []error{&mintws.CloseError{}}, texts: []string{`1008 policy violation "policy"`, "1011"}},
	{name: "malformed head on the first", play: func(p *mux) { p.head(1, "2000", false); p.well(3) },
		lines: well3, errs: []error{httpconn.ErrMalformed}},

	{name: "goes away and drops the second", play: func(p *mux) { _ = p.WriteGoAway(1, http2.ErrCodeNo, nil); p.well(1) },
		lines: well1, errs: []error{httpconn.ErrUnprocessed}},
	{name: "hangs up", play: func(p *mux) { p.sock.Close() }, errs: []error{httpconn.ErrUnexpectedEOF}},
	{name: "hangs up with one closed", play: func(p *mux) {
		p.well(1)
		p.head(3, "200", false)
		p.flush()
		p.sock.Close()
	}, lines: well1, errs: []error{httpconn.ErrUnexpectedEOF}, texts: []string{"1006"}},
	{name: "resets the connection with one closed", play: func(p *mux) {
		p.well(1)
		p.head(3, "200", false)
		p.wait(func() bool { return p.ended[1] })
		_ = p.sock.SetLinger(0)
		p.sock.Close()
	}, lines: well1, errs: []error{httpconn.ErrUnexpectedEOF}, texts: []string{"1006"}},
	{name: "breaks HTTP/2 after good frames", play: func(p *mux) {
		p.well(1)
		p.head(3, "200", false)
		p.data(3, text1)
		_ = p.WriteWindowUpdate(0, 0)
		p.wait(never)
	}, lines: slices.Concat(well1, well3[:1]), errs: []error{httpconn.ErrMalformed}, last: http2.ErrCodeProtocol},
	{name: "breaks HTTP/2 after all is closed", play: func(p *mux) {
		p.well(1, 3)
		_ = p.WriteWindowUpdate(0, 0)
		p.wait(never)
	}, lines: both, last: http2.ErrCodeProtocol},
	{name: "overflows a window", play: func(p *mux) {
		p.well(1)
		_ = p.WriteWindowUpdate(0, 1<<31-1)
		_ = p.WriteWindowUpdate(0, 1<<31-1)
		p.wait(never)
	}, lines: well1, errs: []error{httpconn.ErrFlowControl}, last: http2.ErrCodeFlowControl},
	{name: "compression error", play: func(p *mux) {
		p.well(3)
		_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, EndHeaders: true})
		p.wait(never)
	}, lines: well3, errs: []error{httpconn.ErrMalformed}, last: http2.ErrCodeCompression},
	{name: "says nothing more on the second", play: func(p *mux) {
		p.well(1)
		p.wait(func() bool { return p.ended[1] })
		p.cancel()
	}, lines: well1, errs: []error{net.ErrClosed}},
}

// TestPairAgainstBadPeers: pair, the loop for many WebSockets on a connection.
func TestPairAgainstBadPeers(t *testing.T) {
	for _, c := range muxPeers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &mux{ended: make(map[uint32]bool)}
			ctx, url, ended := servePeer(t, func(sock *net.TCPConn, cancel context.CancelFunc) {
				p.sock, p.cancel = sock, cancel
				p.Framer, p.enc = http2.NewFramer(&p.buf, sock), hpack.NewEncoder(&p.block)
				p.AllowIllegalWrites = true
				if _, err := io.ReadFull(sock, make([]byte, len(http2.ClientPreface))); err != nil {
					t.Error(err)
					return
				}
				_ = p.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
				requests := 0
				p.flush()
				for requests < 2 {
					f, err := p.ReadFrame()
					if err != nil {
						t.Error(err)
						return
					}
					if _, ok := f.(*http2.HeadersFrame); ok {
						requests++
					}
				}
				c.play(p)
				p.wait(never) // the client ends it
			})
			var w bytes.Buffer
			err := pair(ctx, url, &w)
			if len(c.errs) == 0 && err != nil {
				t.Errorf("error %v, want none", err)
			}
			for _, want := range c.errs {
				judgeOutcome(t, err, want, "")
			}
			for _, text := range c.texts {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("error %v, want %q in it", err, text)
				}
			}
			lines := strings.FieldsFunc(w.String(), func(r rune) bool { return r == '\n' })
			slices.Sort(lines)
			if want := slices.Sorted(slices.Values(c.lines)); !slices.Equal(lines, want) {
				t.Errorf("printed %q, want %q", lines, want)
			}
			ended()
			if c.last != 0 && (p.goAway == nil || *p.goAway != c.last) {
				t.Errorf("the peer got GOAWAY %v, want %v", p.goAway, c.last)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Error("the test's time is over")
			}
		})
	}
}
