package http2_test

import (
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
)

// illegal is a server that does what it must not.
type illegal struct {
	name    string
	section string // where it is forbidden; of RFC 9113 where no other is named
	play    func(s *h2test.Server) error
	cfg     httpconn.Config
	want    error         // the sentinel
	code    http2.ErrCode // what the server is told, in GOAWAY or RST_STREAM
	fed     int           // at most so many bytes are read before; 64 KiB by default
	least   int           // and at least so many
	opt     mintws.Options
}

// outcome is what became of a connection.
type outcome struct {
	l    *h2test.Loop
	id   httpconn.StreamID // the first WebSocket; 0 if none was opened
	err  error             // what ended the loop; nil: done said so
	ends []h2test.Frame    // the RST_STREAM and GOAWAY that the server got
}

// meet runs play against a client that opens a WebSocket as soon as it may, and goes on until done or an error. After it,
// finish may do what a program would do then; the socket is closed when it returns.
func meet(t *testing.T, cfg httpconn.Config, opt mintws.Options, play func(s *h2test.Server) error,
	done func(o *outcome) bool, finish func(o *outcome)) *outcome {
	t.Helper()
	ends := make(chan []h2test.Frame, 1)
	sock := h2test.Start(t, func(s *h2test.Server) error {
		err := play(s)
		if errors.Is(err, errHangUp) {
			ends <- nil
			return s.Flush()
		}
		ends <- s.Drain()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) { // the client was done before the script
			err = nil
		}
		return err
	})
	l, err := h2test.NewLoop(sock, cfg)
	if err != nil {
		t.Fatal(err)
	}
	turn := 0
	l.Fork = func() bool { turn++; return turn%2 == 0 } // what is illegal is illegal both times
	o := &outcome{l: l}
	o.err = l.Until("meeting the server", func() bool {
		if o.id == 0 && l.Ready() {
			if o.id, err = l.Upgrade("ws://example.org/", opt); err != nil {
				t.Fatal(err)
			}
		}
		return done(o)
	})
	if finish != nil {
		finish(o)
	}
	if err = l.Write(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	sock.Close()
	o.ends = <-ends
	return o
}

// errHangUp is returned by scripts that close the connection without waiting for the client.
var errHangUp = errors.New("hang up")

func never(*outcome) bool { return false }

// TestHTTP2IllegalConnections: whatever breaks the rules of a connection ends it, with a clear error, after few bytes, and
// the server is told why. The error sticks, and the WebSocket has it as its cause.
func TestHTTP2IllegalConnections(t *testing.T) {
	for _, list := range [][]illegal{illegalStart, illegalFrames, illegalBlocks, illegalFloods} {
		for _, c := range list {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				o := meet(t, c.cfg, c.opt, c.play, never, nil)
				var ce *httpconn.ConnError
				if !errors.As(o.err, &ce) || !errors.Is(ce, c.want) || ce.Code != c.code || ce.Reason == "" {
					t.Fatalf("error is %v, want one over %v with %v", o.err, c.want, c.code)
				}
				c.over(t, o, ce)
				if n := len(o.ends); n == 0 || o.ends[n-1].Type != http2.FrameGoAway || o.ends[n-1].Value != uint32(c.code) {
					t.Errorf("the server got %v, want GOAWAY with %v", o.ends, c.code)
				}
			})
		}
	}
}

// over holds a connection that has failed against what all of them must be.
func (c illegal) over(t *testing.T, o *outcome, cause error) {
	t.Helper()
	if next := o.l.Conn.Next(); next != httpconn.NextClose {
		t.Errorf("next is %v, want %v", next, httpconn.NextClose)
	}
	var out httpconn.Output
	if _, err := o.l.Conn.Stream(&out, []byte{0}); !errors.Is(err, cause) || len(out.Send) > 0 || len(out.Events) > 0 {
		t.Errorf("a further call returns %v and sends % x, want the same error and nothing", err, out.Send)
	}
	if o.id != 0 && o.l.WS[o.id].State() != mintws.Closed { // where the fault came later, it is too late for the WebSocket
		var we *mintws.CloseError
		if err := o.l.Errs[o.id]; !errors.As(err, &we) || we.Code != mintws.CodeAbnormal || !errors.Is(err, cause) {
			t.Errorf("the WebSocket says %v, want 1006 for %v", err, cause)
		}
		if state := o.l.WS[o.id].State(); state != mintws.Failed {
			t.Errorf("the WebSocket is %v, want %v", state, mintws.Failed)
		}
	}
	if n := o.l.Conn.Buffered(0); n != 0 {
		t.Errorf("%d bytes are queued for nobody", n)
	}
	most := c.fed
	if most == 0 {
		most = 64 << 10
	}
	if o.l.Fed > most || o.l.Peak > most || o.l.Fed < c.least {
		t.Errorf("%d bytes were read, and %d to be written at once; want %d to %d", o.l.Fed, o.l.Peak, c.least, most)
	}
}

// TestHTTP2IllegalStreams: whatever breaks the rules of one stream ends that one. The server is told, and the next WebSocket
// on the same connection opens.
func TestHTTP2IllegalStreams(t *testing.T) {
	for _, list := range [][]illegal{illegalHeads, illegalTunnels} {
		for _, c := range list {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				var second httpconn.StreamID
				o := meet(t, c.cfg, c.opt, func(s *h2test.Server) error {
					if err := c.play(s); err != nil {
						return err
					}
					f, err := s.Await(http2.FrameHeaders)
					s.Respond(f.StreamID, ":status", "200")
					return err
				}, func(o *outcome) bool {
					if o.l.Errs[o.id] != nil && second == 0 {
						second, _ = o.l.Upgrade("ws://example.org/", mintws.Options{})
					}
					return o.l.WS[second].State() == mintws.Open
				}, nil)
				if o.err != nil {
					t.Fatal(o.err)
				}
				err := o.l.Errs[o.id]
				var se *httpconn.StreamError
				if !errors.Is(err, c.want) || errors.As(err, &se) && (se.Code != c.code || se.Reason == "") {
					t.Fatalf("the WebSocket says %v, want %v and %v", err, c.want, c.code)
				}
				if state := o.l.WS[o.id].State(); state != mintws.Failed {
					t.Errorf("the WebSocket is %v, want %v", state, mintws.Failed)
				}
				if n := len(o.ends); n != 1 || o.ends[0].StreamID != uint32(o.id) || o.ends[0].Value != uint32(c.code) {
					t.Errorf("the server got %v, want RST_STREAM with %v on stream %d", o.ends, c.code, o.id)
				}
				if o.l.Fed > 70_000 || o.l.Fed < c.least {
					t.Errorf("%d bytes were read, want %d to 70,000", o.l.Fed, c.least)
				}
			})
		}
	}
}

// timedOut reports whether the loop ended because the server said nothing more.
func (o *outcome) timedOut() bool { return errors.Is(o.err, os.ErrDeadlineExceeded) }
