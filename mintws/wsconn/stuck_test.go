package wsconn_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestBothWaysAtOnce: much is sent both ways on one connection with small buffers, to a server that answers before it reads on. The
// reader of the connection must not wait for its own writing then.
func TestBothWaysAtOnce(t *testing.T) {
	for _, tls := range []bool{false, true} {
		s := wstest.NewServer(wstest.Options{TLS: tls})
		defer s.Close()
		cl, ctx := newClient(t), bounded(t)
		cl.Options.Dial.TLS = s.ClientTLS()
		cl.Options.Dial.DialContext = narrow
		var all sync.WaitGroup
		for range 10 {
			c, err := cl.Dial(ctx, s.URL, mintws.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			const messages, size = 10, 200_000
			all.Go(func() {
				for range messages {
					if err := c.Write(ctx, mintws.OpBinary, make([]byte, size)); err != nil {
						t.Error(err)
						return
					}
				}
			})
			all.Go(func() {
				for range messages {
					if _, p, err := c.Read(ctx); err != nil || len(p) != size {
						t.Error(len(p), err)
						return
					}
				}
			})
		}
		all.Wait()
	}
}

// TestServerDoesNotRead: a server takes nothing more from the socket of a shared connection, and what it sends is received all the same. A
// Write that is blocked by that can be interrupted, and the connection goes on when the server does.
func TestServerDoesNotRead(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	say, listen, heard := make(chan string), make(chan bool), make(chan error, 1)
	go func() { heard <- deaf(ln, say, listen) }()
	cl, ctx := newClient(t), bounded(t)
	cl.Options.Dial.Protocols = []httpconn.Version{httpconn.HTTP2}
	cl.Options.Dial.DialContext = narrow
	var conns [2]*wsconn.Conn
	for i := range conns {
		if conns[i], err = cl.Dial(ctx, "ws://"+ln.Addr().String(), mintws.Options{}); err != nil {
			t.Fatal(err)
		}
		defer conns[i].CloseNow()
	}
	read := func(want string) {
		t.Helper()
		say <- want
		if _, p, readErr := conns[1].Read(ctx); readErr != nil || string(p) != want {
			t.Fatalf("%q, %v", p, readErr)
		}
	}
	blocking, cancel := context.WithCancel(ctx)
	wrote := make(chan error, 2)
	go func() { wrote <- conns[0].Write(blocking, mintws.OpBinary, make([]byte, 2*large)) }()
	for range 20 {
		read("while a Write is blocked")
	}
	cancel()
	canceled(t, "Write", <-wrote)
	for range 20 {
		read("while nobody is in Write")
	}
	go func() { wrote <- conns[1].Write(ctx, mintws.OpText, []byte("still here")) }()
	read("while another Write is blocked")
	close(listen)
	if err = <-wrote; err != nil {
		t.Error(err)
	}
	if err = <-heard; err != nil {
		t.Error(err)
	}
	read("after all that")
	close(say)
}

// deaf is a server that opens two WebSockets, and then reads nothing until listen is closed: then until the second one has sent a frame,
// which is the first to end with a masked byte of text. On that one it says what it is told to.
func deaf(ln net.Listener, say chan string, listen chan bool) error {
	sock, err := ln.Accept()
	if err != nil {
		return err
	}
	fr := http2.NewFramer(sock, sock)
	if _, err = io.ReadFull(sock, make([]byte, len(http2.ClientPreface))); err != nil {
		return err
	}
	const much = 1 << 30
	fr.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: much})
	fr.WriteWindowUpdate(0, much)
	var last uint32
	for last != 3 {
		f, readErr := fr.ReadFrame()
		if readErr != nil {
			return readErr
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				fr.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			last = f.StreamID
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: last, BlockFragment: []byte{0x88}, EndHeaders: true}) // :status 200
		}
	}
	go func() {
		for text := range say {
			fr.WriteData(3, false, wstest.Frames(mintws.Text(text)))
		}
		sock.Close()
	}()
	<-listen
	for {
		f, readErr := fr.ReadFrame()
		if readErr != nil {
			return readErr
		}
		if data, ok := f.(*http2.DataFrame); ok && data.StreamID == 3 {
			return nil
		}
	}
}
