package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
)

// listen returns a listener on loopback, and the URL of a server with it.
func listen(t *testing.T) (target string, ln net.Listener) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return "ws://" + ln.Addr().String(), ln
}

// serve listens on loopback for one connection and returns its URL. It answers the upgrade request, unless refuse is
// set, sends what is said, and then half-closes and collects what the client writes; or, with hang, leaves the
// connection open. The function returned waits until the client is gone and gives the frames that it sent, unmasked.
func serve(t *testing.T, say []byte, refuse, hang bool) (target string, received func() []byte) {
	t.Helper()
	target, ln := listen(t)
	got := make(chan []byte, 1)
	go func() {
		defer close(got)
		sock, err := ln.Accept()
		if err != nil {
			return
		}
		defer sock.Close()
		_ = sock.SetDeadline(time.Now().Add(10 * time.Second))
		br := bufio.NewReader(sock)
		r, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		if refuse {
			_, _ = io.WriteString(sock, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			return
		}
		head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
			mintws.AcceptKey(r.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"
		if _, err = sock.Write(append([]byte(head), say...)); err != nil {
			return
		}
		if !hang {
			_ = sock.(*net.TCPConn).CloseWrite()
		}
		data, _ := io.ReadAll(br)
		got <- unmask(data)
	}()
	return target, func() []byte { return <-got }
}

// unmask takes short masked frames and returns them without their masks.
func unmask(data []byte) []byte {
	var plain []byte
	for len(data) >= 6 {
		size := int(data[1] & 0x7f)
		key := data[2:6]
		plain = append(plain, data[0], byte(size))
		for i, b := range data[6 : 6+size] {
			plain = append(plain, b^key[i%4])
		}
		data = data[6+size:]
	}
	return plain
}

// visits are what a server may do and what the client sends then, over HTTP/1.1 and HTTP/2 alike.
var visits = []struct {
	name         string
	say          string
	refuse, hang bool
	limit        time.Duration
	want         string // what the client sends: all of it, or, where it ends in …, its beginning
	err          func(error) bool
}{
	{name: "echo", say: "\x81\x01a\x82\x01b\x88\x02\x03\xe8", want: "\x81\x01a\x82\x01b\x88\x02\x03\xe8"},
	{name: "ping between fragments", say: "\x01\x01a\x89\x01p\x80\x01b\x88\x00", want: "\x8a\x01p\x81\x02ab\x88\x00"},
	{name: "order is kept", say: "\x81\x01a\x89\x01p\x81\x01b\x88\x00", want: "\x81\x01a\x8a\x01p\x81\x01b\x88\x00"},
	{name: "echo before a fault", say: "\x81\x01a\xc1\x01b\x81\x01c", want: "\x81\x01a\x88…"},
	{name: "nothing after a close", say: "\x88\x02\x03\xe8\x81\x01a\x89\x00", want: "\x88\x02\x03\xe8"},
	{name: "dropped", say: "\x81\x01a", want: "\x81\x01a"},
	{name: "server does not close", say: "\x88\x00", hang: true, limit: 200 * time.Millisecond, want: "\x88\x00"},
	{name: "server says nothing", hang: true, limit: 200 * time.Millisecond, want: "",
		err: func(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }},
	{name: "refused", refuse: true, err: func(err error) bool { return errors.Is(err, mintws.ErrBadStatus) }},
}

func TestVisit(t *testing.T)     { testVisitor(t, visit) }
func TestVisitConn(t *testing.T) { testVisitor(t, visitConn) }

// testVisitor tries a visitor over HTTP/1.1.
func testVisitor(t *testing.T, visit visitor) {
	for _, tt := range visits {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target, received := serve(t, []byte(tt.say), tt.refuse, tt.hang)
			err := visit(target, time.Now().Add(limit(tt.limit)), echo)
			if tt.err == nil && err != nil || tt.err != nil && !tt.err(err) {
				t.Errorf("error %v", err)
			}
			compare(t, received(), tt.want)
		})
	}
}

// limit is d, or long enough for anything.
func limit(d time.Duration) time.Duration {
	if d == 0 {
		return 10 * time.Second
	}
	return d
}

// compare compares what the client sent with what it should have; want may end in ….
func compare(t *testing.T, sent []byte, want string) {
	t.Helper()
	begin, cut := strings.CutSuffix(want, "…")
	if cut {
		sent = sent[:min(len(sent), len(begin))]
	}
	if string(sent) != begin {
		t.Errorf("the client sent %q, want %q", sent, begin)
	}
}

func TestVisitNobody(t *testing.T) {
	target, ln := listen(t)
	_ = ln.Close()
	if err := visit(target, time.Now().Add(10*time.Second), echo); !absent(err) {
		t.Errorf("error %v, want one of dialing", err)
	}
}
