package interop

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/internal/test/echo"
	"github.com/mintws/mintws/mintws"
)

// deflateLimit is how long one exchange of messages may take, whoever drives it.
const deflateLimit = 60 * time.Second

// deflateOptions are what one side asks for, as parameters of RFC 7692 section 7.1, in our terms.
func deflateOptions(role mintws.Role, asked []string) (opt mintws.DeflateOptions) {
	ours := "client" // whose sending is ours
	if role == mintws.Server {
		ours = "server"
	}
	for _, p := range asked {
		name, value, _ := strings.Cut(p, "=")
		side, what, _ := strings.Cut(name, "_")
		switch {
		case what == "no_context_takeover" && side == ours:
			opt.SendNoTakeover = true
		case what == "no_context_takeover":
			opt.ReceiveNoTakeover = true
		case side != ours:
			opt.ReceiveWindowBits, _ = strconv.Atoi(value)
		default:
			bits, _ := strconv.Atoi(value)
			opt.AnnounceSendWindow, opt.SendWindow = true, 1<<bits
		}
	}
	opt.Threshold = -1
	return opt
}

// sameParams reports whether two elements of Sec-WebSocket-Extensions have the same parameters, in whatever order.
func sameParams(a, b string) bool {
	sorted := func(s string) []string {
		list := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ' ' })
		slices.Sort(list)
		return list
	}
	return slices.Equal(sorted(a), sorted(b))
}

// outcome is how a WebSocket ended, as the server saw it.
type outcome struct {
	messages int
	ws       mintws.WebSocket
}

// echoServer starts an echo server with permessage-deflate and returns its address. What became of each WebSocket goes to
// done.
func echoServer(t *testing.T, opt mintws.DeflateOptions) (addr string, done <-chan outcome) {
	t.Helper()
	deflate, err := mintws.NewDeflate(opt)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan outcome, 1)
	hs := &http.Server{Handler: echo.New(echo.Options{
		Accept: mintws.AcceptOptions{Extensions: []mintws.Extension{deflate}},
		Done:   func(messages int, ws mintws.WebSocket) { over <- outcome{messages, ws} },
	})}
	serveUntilEnd(t, hs, func() error { return hs.Serve(l) })
	return l.Addr().String(), over
}

// deflateMessage returns message number i: JSON-like text, the same as binary, or noise; 0 to 64 KiB, most of them small.
func deflateMessage(rng *rand.Rand, i int) mintws.Frame {
	most := []int{64, 512, 512, 512, 4096}[rng.IntN(5)]
	if i%50 == 0 {
		most = 64 << 10
	}
	size := rng.IntN(most + 1)
	switch i % 250 {
	case 0:
		size = 64 << 10
	case 1:
		size = 0
	}
	if i%10 == 3 || i%100 == 50 {
		return mintws.Binary(blob(size, rng.Uint64()))
	}
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, `{"id":%d,"symbol":"SYM%d","price":%d.%02d,"side":"%s"},`,
			i, rng.IntN(30), rng.IntN(1000), rng.IntN(100), []string{"buy", "sell", "läßt", "売"}[rng.IntN(4)])
	}
	if i%7 == 0 {
		return mintws.Binary(b.Bytes()[:size])
	}
	return mintws.Text(strings.ToValidUTF8(b.String()[:size], "?"))
}

// sender is our client on HTTP/1.1, with one WebSocket.
type sender struct {
	t     *testing.T
	conn  httpconn.Conn
	ws    mintws.WebSocket
	out   httpconn.Output
	in    mintws.Inbox
	sock  net.Conn
	buf   []byte
	write chan []byte // to the goroutine that writes, so that neither side waits for the other
	wrote chan error
	bytes [2]int // out and in
}

func newSender(t *testing.T, url string, opt mintws.DeflateOptions) *sender {
	t.Helper()
	deflate, err := mintws.NewDeflate(opt)
	if err != nil {
		t.Fatal(err)
	}
	s := &sender{t: t, buf: make([]byte, 64<<10), write: make(chan []byte, 100), wrote: make(chan error, 1)}
	ctx, cancel := context.WithTimeout(t.Context(), deflateLimit)
	defer cancel()
	if s.sock, s.conn, err = httpdial.Dial(ctx, url, &s.out, httpdial.Options{Proxy: httpdial.NoProxy}); err != nil {
		t.Fatal(err)
	}
	if err = s.sock.SetDeadline(time.Now().Add(deflateLimit)); err != nil {
		t.Fatal(err)
	}
	go func() {
		var failed error
		for p := range s.write {
			if failed == nil {
				_, failed = s.sock.Write(p)
			}
		}
		s.wrote <- failed
	}()
	t.Cleanup(func() {
		close(s.write)
		s.sock.Close()
		if e := <-s.wrote; e != nil {
			t.Error(e)
		}
	})
	s.conn, s.ws, err = mintws.Upgrade(s.conn, &s.out, url, mintws.Options{Extensions: []mintws.Extension{deflate}})
	if err != nil {
		t.Fatal(err)
	}
	for s.ws.State() == mintws.Connecting {
		s.turn()
	}
	return s
}

// turn has written what is to be written, and handles one read.
func (s *sender) turn() {
	s.t.Helper()
	if len(s.out.Send) > 0 {
		s.bytes[0] += len(s.out.Send)
		s.write <- bytes.Clone(s.out.Send)
	}
	s.out.Reset()
	s.in.Reset()
	n, err := s.sock.Read(s.buf)
	if err != nil {
		s.t.Fatal(err)
	}
	s.bytes[1] += n
	if s.conn, err = s.conn.Stream(&s.out, s.buf[:n]); err != nil {
		s.t.Fatal(err)
	}
	for _, ev := range s.out.Events {
		if s.conn, s.ws, err = mintws.Receive(s.conn, &s.out, s.ws, &s.in, ev); err != nil {
			s.t.Fatal(err)
		}
	}
}

// send sends a message, each fourth in fragments, each fourth prepared.
func (s *sender) send(i int, m mintws.Frame) {
	s.t.Helper()
	if i%4 == 2 {
		p, err := mintws.Prepare(m)
		if err != nil {
			s.t.Fatalf("message %d: %v", i, err)
		}
		if s.conn, s.ws, err = mintws.SendPrepared(s.conn, &s.out, s.ws, p); err != nil {
			s.t.Fatalf("message %d: %v", i, err)
		}
		return
	}
	frames := []mintws.Frame{m}
	if n := len(m.Payload); i%4 == 0 {
		frames = []mintws.Frame{{Opcode: m.Opcode, More: true, Payload: m.Payload[:n/4]},
			{More: true, Payload: m.Payload[n/4 : n/2]}, {Payload: m.Payload[n/2:]}}
	}
	for _, f := range frames {
		var err error
		if s.conn, s.ws, err = mintws.Send(s.conn, &s.out, s.ws, f); err != nil {
			s.t.Fatalf("message %d: %v", i, err)
		}
	}
}

// exchange sends n messages and compares the echoes, then closes.
func (s *sender) exchange(n int) {
	s.t.Helper()
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	plain, received := 0, 0
	var waiting []mintws.Frame
	for i := 0; received < n; {
		for ; i < n && len(waiting) < 32; i++ {
			m := deflateMessage(rng, i)
			s.send(i, m)
			waiting = append(waiting, m)
			plain += len(m.Payload)
		}
		s.turn()
		for _, f := range s.in.Frames {
			if len(waiting) == 0 || f.Opcode != waiting[0].Opcode || !bytes.Equal(f.Payload, waiting[0].Payload) {
				s.t.Fatalf("message %d comes back different", received)
			}
			waiting = waiting[1:]
			received++
		}
	}
	var err error
	if s.conn, s.ws, err = mintws.Send(s.conn, &s.out, s.ws, mintws.Close(mintws.CodeNormal, "")); err != nil {
		s.t.Fatal(err)
	}
	for s.ws.State() != mintws.Closed {
		s.turn()
	}
	// A fair part of the bytes is noise.
	if s.bytes[0] > plain*3/4 || s.bytes[1] > plain*3/4 {
		s.t.Errorf("%d bytes became %d on the way there and %d on the way back", plain, s.bytes[0], s.bytes[1])
	}
	s.t.Logf("%d messages, %d bytes, %d and %d on the wire", n, plain, s.bytes[0], s.bytes[1])
}
