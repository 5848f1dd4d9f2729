package readme

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// The loop of README.md and of the package documentation against peers that do something wrong: the failure of each must be
// reported and named, what came before it must not be lost, and the peer must get the last words that are due.

// badPeer is a server that does what play says, and what greet is to make of it.
type badPeer struct {
	name  string
	play  func(p *peer)
	lines []string         // what is printed
	err   error            // what the error is; nil for none
	text  string           // what it says
	last  mintws.Opcode    // what the peer has to get at last; 0: no matter
	code  mintws.CloseCode // of that Close
}

// peer is the server's end of a connection.
type peer struct {
	t      *testing.T
	sock   *net.TCPConn
	r      *bufio.Reader
	accept string
	cancel context.CancelFunc // of the client's context
	got    []mintws.Frame     // after the script: what the client sent on its WebSocket
}

func (p *peer) send(parts ...string) {
	_, _ = p.sock.Write([]byte(strings.Join(parts, ""))) // the client may be gone by then
}

// open returns the head that opens the WebSocket.
func (p *peer) open() string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + p.accept + "\r\n\r\n"
}

// hello waits for the first frame of the client.
func (p *peer) hello() {
	p.frames(func() bool { return len(p.got) > 0 })
}

// frames reads until enough has come, or the end.
func (p *peer) frames(enough func() bool) {
	ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
	if err != nil {
		p.t.Error(err)
		return
	}
	buf := make([]byte, 4096)
	for !enough() {
		n, readErr := p.r.Read(buf)
		var frames []mintws.Frame
		if ws, frames, err = ws.Decode(buf[:n]); err != nil {
			p.t.Errorf("the client sent %q: %v", buf[:n], err)
		}
		for _, f := range frames {
			p.got = append(p.got, f.Clone())
		}
		if readErr != nil {
			return
		}
	}
}

// closed reports whether the client has sent its Close.
func (p *peer) closed() bool { return len(p.got) > 0 && p.got[len(p.got)-1].Opcode == mintws.OpClose }

// reset ends the connection with a RST.
func (p *peer) reset() {
	_ = p.sock.SetLinger(0)
	p.sock.Close()
}

const (
	text1      = "\x81\x03one"
	closeOK    = "\x88\x02\x03\xe8"
	close1008  = "\x88\x08\x03\xf0policy"
	close1011  = "\x88\x02\x03\xf3"
	reserved   = "\x83\x00"
	notUTF8    = "\x81\x01\xff"
	masked     = "\x81\x81\x00\x00\x00\x00a"
	halfFrame  = "\x82\x05ab"
	tooBig     = "\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff"
	helloLine  = `Text "Hello"`
	oneLine    = `Text "one"`
	normalLine = "Close 1000 normal closure"
)

var badPeers = []badPeer{
	{name: "content", play: func(p *peer) { p.send(p.open(), closeOK); p.frames(p.closed) },
		lines: []string{normalLine}, last: mintws.OpClose, code: 1000},
	{name: "content, gone at once", play: func(p *peer) { p.send(p.open(), text1); p.hello(); p.send(closeOK); p.reset() },
		lines: []string{oneLine, normalLine}},
	{name: "closes with 1001", play: func(p *peer) { p.send(p.open(), "\x88\x02\x03\xe9"); p.frames(p.closed) },
		lines: []string{"Close 1001 going away"}, last: mintws.OpClose, code: 1001},
	{name: "closes without a code", play: func(p *peer) { p.send(p.open(), "\x88\x00"); p.frames(p.closed) },
		lines: []string{"Close"}, last: mintws.OpClose},

	{name: "hangs up", play: func(p *peer) {}, err: httpconn.ErrUnexpectedEOF},
	{name: "resets", play: func(p *peer) { p.reset() }, err: httpconn.ErrUnexpectedEOF},
	{name: "hangs up within the head", play: func(p *peer) { p.send("HTTP/1.1 101 Sw") }, err: httpconn.ErrUnexpectedEOF},
	{name: "speaks TLS", play: func(p *peer) { p.send("\x15\x03\x01") }, err: httpconn.ErrMalformed, text: "TLS"},
	{name: "malformed head", play: func(p *peer) { p.send("HTTP/1.1 101 Switching\r\nUpgrade websocket\r\n\r\n") },
		err: httpconn.ErrMalformed},
	{name: "a head without end", play: func(p *peer) {
		p.send("HTTP/1.1 200 OK\r\nA: ", strings.Repeat("a", 100<<10))
		_, _ = io.Copy(io.Discard, p.r)
	}, err: httpconn.ErrHeaderTooLarge},
	{name: "1xx for ever", play: func(p *peer) { p.send(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100)) },
		err: httpconn.ErrTooManyInformational},
	{name: "refuses", play: func(p *peer) { p.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno") },
		err: mintws.ErrBadStatus, text: "403"},
	{name: "refuses and hangs up within the content", play: func(p *peer) {
		p.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 20\r\n\r\nno")
	}, err: mintws.ErrBadStatus, text: "503"},
	{name: "redirects", play: func(p *peer) { p.send("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n") },
		err: mintws.ErrBadStatus, text: "302"},
	{name: "knows no upgrade", play: func(p *peer) { p.send("HTTP/1.1 200 OK\r\n\r\nwelcome") }, err: mintws.ErrBadStatus, text: "200"},
	{name: "accepts another key", play: func(p *peer) { p.accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; p.send(p.open(), text1) },
		err: mintws.ErrBadAccept},
	{name: "an extension of its own", play: func(p *peer) {
		p.send(strings.TrimSuffix(p.open(), "\r\n"), "Sec-WebSocket-Extensions: x\r\n\r\n", text1)
	}, err: mintws.ErrBadExtension},
	{name: "a subprotocol of its own", play: func(p *peer) {
		p.send(strings.TrimSuffix(p.open(), "\r\n"), "Sec-WebSocket-Protocol: x\r\n\r\n", text1)
	}, err: mintws.ErrBadSubprotocol},

	{name: "closes with 1008", play: func(p *peer) { p.send(p.open(), text1, close1008); p.frames(p.closed) },
		lines: []string{oneLine, `Close 1008 policy violation "policy"`}, err: &mintws.CloseError{}, text: `1008 policy violation "policy"`,
		last: mintws.OpClose, code: 1008},
	{name: "closes with 1011 and resets", play: func(p *peer) { p.send(p.open()); p.hello(); p.send(close1011); p.reset() },
		lines: []string{"Close 1011 internal error"}, err: &mintws.CloseError{}, text: "1011"},
	{name: "closes with 1008 without reading, and resets", play: func(p *peer) { p.send(p.open(), close1008); p.reset() },
		lines: []string{`Close 1008 policy violation "policy"`}, err: &mintws.CloseError{}, text: "1008"},
	{name: "hangs up without a Close", play: func(p *peer) { p.send(p.open(), text1) },
		lines: []string{oneLine}, err: &mintws.CloseError{}, text: "1006"},
	{name: "hangs up within a frame", play: func(p *peer) { p.send(p.open(), text1, halfFrame) },
		lines: []string{oneLine}, err: &mintws.CloseError{}, text: "1006"},
	{name: "resets after a message", play: func(p *peer) { p.send(p.open(), "\x82\x01a"); p.hello(); p.reset() },
		lines: []string{"Binary 61"}, err: &mintws.CloseError{}, text: "1006"},
	{name: "a reserved opcode", play: func(p *peer) { p.send(p.open(), text1, reserved); p.frames(p.closed) },
		lines: []string{oneLine}, err: mintws.ErrReservedOpcode},
	{name: "a reserved opcode before anything", play: func(p *peer) { p.send(p.open(), reserved); p.frames(p.closed) },
		err: mintws.ErrReservedOpcode, last: mintws.OpClose, code: mintws.CodeProtocolError},
	{name: "a reserved opcode, and hangs up", play: func(p *peer) { p.send(p.open(), reserved) }, err: mintws.ErrReservedOpcode},
	{name: "text that is not UTF-8", play: func(p *peer) { p.send(p.open(), notUTF8); p.frames(p.closed) },
		err: mintws.ErrInvalidUTF8, last: mintws.OpClose, code: mintws.CodeInvalidPayload},
	{name: "a masked frame", play: func(p *peer) { p.send(p.open(), masked); p.frames(p.closed) },
		err: mintws.ErrMasked, last: mintws.OpClose, code: mintws.CodeProtocolError},
	{name: "a message too big", play: func(p *peer) { p.send(p.open(), tooBig); p.frames(p.closed) },
		err: mintws.ErrMessageTooBig, last: mintws.OpClose, code: mintws.CodeMessageTooBig},
	{name: "a Close with a forbidden code", play: func(p *peer) { p.send(p.open(), "\x88\x02\x03\xed"); p.frames(p.closed) },
		err: mintws.ErrClosePayload, last: mintws.OpClose, code: mintws.CodeProtocolError},

	{name: "says nothing", play: func(p *peer) { p.cancel(); _, _ = io.Copy(io.Discard, p.r) }, err: net.ErrClosed},
	{name: "says nothing more", play: func(p *peer) {
		p.send(p.open())
		p.hello()
		p.cancel()
		_, _ = io.Copy(io.Discard, p.r)
	}, err: net.ErrClosed, text: "1006"},
}

// TestLoopAgainstBadPeers: greet, the loop for one WebSocket.
func TestLoopAgainstBadPeers(t *testing.T) {
	for _, c := range badPeers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &peer{t: t}
			ctx, url, ended := servePeer(t, func(sock *net.TCPConn, cancel context.CancelFunc) {
				p.sock, p.r, p.cancel = sock, bufio.NewReader(sock), cancel
				req, err := http.ReadRequest(p.r)
				if err != nil {
					t.Error(err)
					return
				}
				_, _, header, err := mintws.Accept(req, mintws.AcceptOptions{})
				if err != nil {
					t.Error(err)
				}
				p.accept = header.Get("Sec-WebSocket-Accept")
				c.play(p)
			})
			var w bytes.Buffer
			err := greet(ctx, url, &w)
			judgeOutcome(t, err, c.err, c.text)
			if lines := strings.Split(strings.TrimSuffix(w.String(), "\n"), "\n"); !slices.Equal(lines, append([]string(nil), c.lines...)) && (w.Len() > 0 || len(c.lines) > 0) {
				t.Errorf("printed %q, want %q", lines, c.lines)
			}
			ended()
			if c.last == 0 {
				return
			}
			if len(p.got) == 0 || p.got[len(p.got)-1].Opcode != c.last || p.got[len(p.got)-1].Code != c.code {
				t.Errorf("the peer got %v, want at last %v %v", p.got, c.last, c.code)
			}
		})
	}
}

// servePeer serves one connection as play does, and returns the server's URL, the context for the client's part, which play may
// cancel, and what waits until play has returned.
func servePeer(t *testing.T, play func(sock *net.TCPConn, cancel context.CancelFunc)) (ctx context.Context, url string, ended func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	done := make(chan struct{})
	go func() {
		defer close(done)
		sock, acceptErr := listener.Accept()
		if acceptErr != nil {
			return
		}
		defer sock.Close()
		_ = sock.SetDeadline(time.Now().Add(20 * time.Second))
		play(sock.(*net.TCPConn), cancel)
	}()
	ended = func() {
		listener.Close() // in case nobody came
		<-done
	}
	t.Cleanup(func() { cancel(); ended() })
	return ctx, "ws://" + listener.Addr().String(), ended
}

// judgeOutcome compares an error with the one that is wanted: nil, a type or a value, and a text in it.
func judgeOutcome(t *testing.T, err, want error, text string) {
	t.Helper()
	_, wantClose := want.(*mintws.CloseError)
	var closed *mintws.CloseError
	switch {
	case want == nil && err == nil:
	case want == nil, err == nil:
		t.Errorf("error %v, want %v %q", err, want, text)
	case wantClose && !errors.As(err, &closed), !wantClose && !errors.Is(err, want), !strings.Contains(err.Error(), text):
		t.Errorf("error %v, want %v %q", err, want, text)
	case errors.Is(err, os.ErrDeadlineExceeded):
		t.Errorf("a deadline passed: %v", err)
	}
}
