package wsconn_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wshttp"
	"github.com/mintws/mintws/mintws/wstest"
)

// over returns an Options.Over that tells the code that the server was closed with.
func over(codes chan mintws.CloseCode) func(*http.Request, mintws.WebSocket) {
	return func(_ *http.Request, ws mintws.WebSocket) {
		code, _ := ws.PeerClose()
		codes <- code
	}
}

// short is a Timing for what is to be seen in a test.
var short = session.Timing{Ping: 50 * time.Millisecond, Pong: 100 * time.Millisecond, Close: 100 * time.Millisecond}

// TestEnds: however the server ends, Read says how, and again, and nothing hangs; over HTTP/1.1 and on a shared connection.
func TestEnds(t *testing.T) {
	closed := func(code mintws.CloseCode, complete bool) func(error) bool {
		return func(err error) bool {
			var end *mintws.CloseError
			return errors.As(err, &end) && end.Code == code && end.Complete == complete && wsconn.CloseCode(err) == code
		}
	}
	late := func(what session.Wait) func(error) bool {
		return func(err error) bool {
			var timeout *session.TimeoutError
			return errors.As(err, &timeout) && timeout.For == what
		}
	}
	broke := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	for _, tt := range []struct {
		name     string
		behavior wstest.Behavior
		opt      wsconn.Options
		err      func(error) bool
		close    func(error) bool // Close instead of Read
	}{
		{name: "closed", behavior: wstest.Behavior{Fault: wstest.FaultClose, Code: 4321, Reason: "why"}, err: closed(4321, true)},
		{name: "closed without a code", behavior: wstest.Behavior{Fault: wstest.FaultClose}, err: closed(mintws.CodeNoStatus, true)},
		{name: "vanished", behavior: wstest.Behavior{Fault: wstest.FaultVanish, After: 1}, err: closed(mintws.CodeAbnormal, false)},
		{name: "reset", behavior: wstest.Behavior{Fault: wstest.FaultReset, After: 1}, err: closed(mintws.CodeAbnormal, false)},
		{name: "silent", behavior: wstest.Behavior{Fault: wstest.FaultSilence}, opt: wsconn.Options{Timing: short}, err: late(session.ForPong)},
		{name: "reserved opcode", behavior: wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte{0x83, 0}}, err: broke(mintws.ErrReservedOpcode)},
		{name: "masked", behavior: wstest.Behavior{Fault: wstest.FaultBytes, Bytes: wstest.MaskedFrames(mintws.Text("a"))}, err: broke(mintws.ErrMasked)},
		{name: "no UTF-8", behavior: wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte{0x81, 1, 0xff}}, err: broke(mintws.ErrInvalidUTF8)},
		{name: "too big", behavior: wstest.Behavior{Greeting: []mintws.Frame{mintws.Binary(make([]byte, 1001))}},
			opt: wsconn.Options{WebSocket: mintws.Options{Limits: mintws.Limits{MaxMessage: 1000}}}, err: broke(mintws.ErrMessageTooBig)},
		{name: "Close is not answered", behavior: wstest.Behavior{Fault: wstest.FaultSilence}, opt: wsconn.Options{Timing: short},
			close: late(session.ForClose)},
	} {
		for _, kind := range []string{"HTTP/1.1", "HTTP/2"} {
			t.Run(tt.name+" over "+kind, func(t *testing.T) {
				t.Parallel()
				s := wstest.NewServer(wstest.Options{Behavior: tt.behavior})
				defer s.Close()
				ctx, c := bounded(t), (*wsconn.Conn)(nil)
				var err error
				if kind == "HTTP/2" {
					cl := wsconn.Client{Options: tt.opt}
					defer cl.Close()
					c, err = cl.Dial(ctx, s.URL, tt.opt.WebSocket)
				} else {
					c, err = wsconn.Dial(ctx, s.URL, tt.opt)
				}
				if err != nil {
					t.Fatal(err)
				}
				defer c.CloseNow()
				if tt.close != nil {
					if err = c.Close(mintws.CodeNormal, ""); !tt.close(err) {
						t.Errorf("Close: %v", err)
					}
					return
				}
				if tt.behavior.After > 0 { // not with the answer, which a reset would take along
					if err = c.Write(ctx, mintws.OpText, nil); err != nil {
						t.Fatal(err)
					}
				}
				for err = nil; err == nil; {
					_, _, err = c.Read(ctx)
				}
				if !tt.err(err) {
					t.Errorf("Read: %v", err)
				}
				if _, _, again := c.Read(ctx); again != err || c.Err() != err {
					t.Errorf("Read again: %v, Err %v", again, c.Err())
				}
				if err = c.Write(ctx, mintws.OpText, nil); err != c.Err() {
					t.Errorf("Write: %v", err)
				}
				<-c.Done()
			})
		}
	}
}

// TestLargeLimit: the read limit can be raised, and lowered again, while messages come.
func TestLargeLimit(t *testing.T) {
	c := dial(t, wstest.Options{}, wsconn.Options{WebSocket: mintws.Options{Limits: mintws.Limits{MaxMessage: 10}}})
	ctx := bounded(t)
	c.SetReadLimit(100_000)
	if err := c.Write(ctx, mintws.OpBinary, make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	if _, p, err := c.Read(ctx); err != nil || len(p) != 100_000 {
		t.Fatal(len(p), err)
	}
	c.SetReadLimit(99_999)
	if err := c.Write(ctx, mintws.OpBinary, make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	var fault *mintws.ProtocolError
	if _, _, err := c.Read(ctx); !errors.As(err, &fault) || fault.Code != mintws.CodeMessageTooBig {
		t.Fatal(err)
	}
}

// TestCloseWhileReading: Close takes its time for the closing handshake while somebody else reads, who gets what comes meanwhile.
func TestCloseWhileReading(t *testing.T) {
	c := dial(t, wstest.Options{}, wsconn.Options{})
	ctx := bounded(t)
	ends := make(chan error, 3)
	for range cap(ends) { // that one should be enough is for others to know
		go func() {
			for {
				if _, _, err := c.Read(ctx); err != nil {
					ends <- err
					return
				}
			}
		}()
	}
	if err := c.Write(ctx, mintws.OpText, []byte("a")); err != nil {
		t.Error(err)
	}
	if err := c.Close(mintws.CodeGoingAway, ""); err != nil {
		t.Error(err)
	}
	for range cap(ends) {
		if err := <-ends; wsconn.CloseCode(err) != mintws.CodeGoingAway {
			t.Errorf("the reader's end: %v", err)
		}
	}
	if err := c.Close(mintws.CodeGoingAway, ""); err != nil {
		t.Errorf("Close again: %v", err)
	}
	c.CloseNow()
}

// TestCloseDropsMessages: Close reads what the peer still had to say.
func TestCloseDropsMessages(t *testing.T) {
	greeting := make([]mintws.Frame, 1000)
	for i := range greeting {
		greeting[i] = mintws.Binary(make([]byte, 1000))
	}
	c := dial(t, wstest.Options{Behavior: wstest.Behavior{Greeting: greeting}}, wsconn.Options{})
	_, p, err := c.Read(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	if err = c.Close(mintws.CodeNormal, ""); err != nil {
		t.Error(err)
	}
	for _, b := range p {
		if b != 0 {
			t.Fatal("Close has written over the last message")
		}
	}
}

// TestCloseNow: a Read and a Write under way return.
func TestCloseNow(t *testing.T) {
	c := dial(t, wstest.Options{Behavior: wstest.Behavior{Fault: wstest.FaultSilence}}, wsconn.Options{})
	ends := make(chan error, 1)
	go func() {
		_, _, err := c.Read(context.Background())
		ends <- err
	}()
	c.CloseNow()
	if err := <-ends; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Read: %v", err)
	}
	if err := c.Close(mintws.CodeNormal, ""); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Close: %v", err)
	}
	if err := c.Ping(context.Background()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Ping: %v", err)
	}
}

// TestInvalidClose: a code that cannot be sent changes nothing.
func TestInvalidClose(t *testing.T) {
	c := dial(t, wstest.Options{}, wsconn.Options{})
	if err := c.Close(mintws.CodeAbnormal, ""); !errors.Is(err, mintws.ErrInvalidFrame) {
		t.Errorf("error %v", err)
	}
	if err := c.Write(bounded(t), mintws.OpText, []byte{0xff}); !errors.Is(err, mintws.ErrInvalidFrame) {
		t.Errorf("error %v", err)
	}
	if err := c.Write(bounded(t), mintws.OpPing, nil); !errors.Is(err, mintws.ErrInvalidFrame) {
		t.Errorf("error %v", err)
	}
	if err := c.Close(mintws.CodeNormal, ""); err != nil {
		t.Error(err)
	}
}

// TestCloseRead: Pings are answered, the end is told, a context leaves the connection usable, and a message is a breach.
func TestCloseRead(t *testing.T) {
	peer := make(chan mintws.CloseCode, 1)
	c := dial(t, wstest.Options{Over: over(peer)}, wsconn.Options{})
	ctx, cancel := context.WithCancelCause(bounded(t))
	ended := make(chan error, 1)
	go func() { ended <- c.CloseRead(ctx) }()
	if err := c.Ping(bounded(t)); err != nil {
		t.Error(err)
	}
	cancel(errors.New("enough"))
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := c.Write(bounded(t), mintws.OpText, nil); err != nil { // which is echoed
		t.Error(err)
	}
	if err := c.CloseRead(bounded(t)); !errors.Is(err, wsconn.ErrUnwanted) {
		t.Errorf("error %v", err)
	}
	if code := <-peer; code != mintws.CodePolicyViolation {
		t.Errorf("code %v", code)
	}
}

// TestKeepAlive: while somebody reads, a silent peer is asked again and again, and one that answers is not given up.
func TestKeepAlive(t *testing.T) {
	const pings = 5
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		stream, err := wshttp.Answer(w, r, status, header)
		if err != nil {
			t.Error(err)
			return
		}
		defer stream.Close()
		var in mintws.Inbox
		buf := make([]byte, 1000)
		for came := 0; came < pings; {
			n, readErr := stream.Read(buf)
			if readErr != nil {
				t.Error(readErr)
				return
			}
			in.Reset()
			if ws, err = ws.AppendDecode(&in, buf[:n]); err != nil {
				t.Error(err)
			}
			var out []byte
			for _, f := range in.Frames {
				if reply, ok := ws.Reply(f); ok {
					came++
					ws, out, _ = ws.AppendEncode(out, reply)
				}
			}
			if came == pings {
				ws, out, _ = ws.AppendEncode(out, mintws.Text("enough"))
			}
			stream.Write(out)
		}
		stream.Read(buf)
	}))
	defer s.Close()
	c, err := wsconn.Dial(bounded(t), "ws"+strings.TrimPrefix(s.URL, "http"),
		wsconn.Options{Timing: session.Timing{Ping: 5 * time.Millisecond, Pong: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if _, p, readErr := c.Read(bounded(t)); readErr != nil || string(p) != "enough" {
		t.Errorf("%q, %v", p, readErr)
	}
}

// TestWriteTimeout: a peer that takes nothing is given up, without any context.
func TestWriteTimeout(t *testing.T) {
	for _, kind := range kinds {
		stop := make(chan bool)
		c := pair(t, kind, wsconn.Options{WriteTimeout: 50 * time.Millisecond}, func(*wsconn.Conn) { <-stop })
		if err := c.Write(context.Background(), mintws.OpBinary, make([]byte, large)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(kind, err)
		}
		if _, _, err := c.Read(context.Background()); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(kind, err)
		}
		close(stop)
	}
}

// TestSilentClient: a server gives up a client that says nothing, not even Pong, without any deadline of the handler's, over either version.
func TestSilentClient(t *testing.T) {
	ends := make(chan error, 1)
	url, _ := serveBoth(t, wsconn.AcceptOptions{Timing: short}, func(c *wsconn.Conn) {
		_, _, err := c.Read(context.Background())
		ends <- err
	})
	for _, v := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
		opt := wsconn.Options{}
		opt.Dial.Protocols = []httpconn.Version{v}
		c, err := wsconn.Dial(bounded(t), url, opt) // nobody reads from it
		if err != nil {
			t.Fatal(err)
		}
		var late *session.TimeoutError
		if err = <-ends; !errors.As(err, &late) || late.For != session.ForPong {
			t.Errorf("%v: %v", v, err)
		}
		c.CloseNow()
	}
}
