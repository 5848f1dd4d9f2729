package wsconn_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// TestConcurrentWriters: messages of many goroutines, whole, prepared, in fragments, compressed or not, with Pings between them, arrive
// whole and in each one's order.
func TestConcurrentWriters(t *testing.T) {
	const writers, messages = 12, 30
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		c := pair(t, kind, wsconn.Options{WebSocket: mintws.Options{Extensions: []mintws.Extension{deflate}}}, echo)
		ctx := bounded(t)
		message := func(writer, i int) []byte {
			p := bytes.Repeat([]byte{byte(writer)}, 8+i*i*10)
			binary.BigEndian.PutUint32(p, uint32(writer))
			binary.BigEndian.PutUint32(p[4:], uint32(i))
			return p
		}
		send := func(writer, i int) error {
			p := message(writer, i)
			switch i % 4 {
			case 0:
				return c.Write(ctx, mintws.OpBinary, p)
			case 1:
				prepared, prepareErr := mintws.Prepare(mintws.Binary(p))
				if prepareErr != nil {
					return prepareErr
				}
				return c.WritePrepared(ctx, prepared)
			case 2:
				if pingErr := c.Ping(ctx); pingErr != nil {
					return pingErr
				}
			}
			w, writerErr := c.Writer(ctx, mintws.OpBinary)
			if writerErr != nil {
				return writerErr
			}
			if _, copyErr := io.Copy(w, bytes.NewReader(p)); copyErr != nil {
				return copyErr
			}
			return w.Close()
		}
		var all sync.WaitGroup
		for writer := range writers {
			all.Go(func() {
				for i := range messages {
					if sendErr := send(writer, i); sendErr != nil {
						t.Error(kind, sendErr)
						return
					}
				}
			})
		}
		var got [writers]int
		for range writers * messages {
			_, p, readErr := c.Read(ctx)
			if readErr != nil {
				t.Fatal(kind, readErr)
			}
			writer := binary.BigEndian.Uint32(p)
			if !bytes.Equal(p, message(int(writer), got[writer])) {
				t.Fatalf("%s: message %d of writer %d is %d bytes, % x…", kind, got[writer], writer, len(p), p[:8])
			}
			got[writer]++
		}
		all.Wait()
		if err = c.Close(mintws.CodeNormal, ""); err != nil {
			t.Error(kind, err)
		}
	}
}

// TestPongWhileBlocked: a Ping that comes while a writer is blocked does not stop the reader, and is answered once the writer is free.
func TestPongWhileBlocked(t *testing.T) {
	for _, kind := range kinds {
		start, blocked := make(chan bool), make(chan bool)
		pinged := make(chan error, 1)
		c := pair(t, kind, wsconn.Options{}, func(c *wsconn.Conn) {
			ctx := context.Background()
			<-blocked
			go func() { pinged <- c.Ping(ctx) }()
			for range 100 { // the Ping is among them
				if err := c.Write(ctx, mintws.OpText, []byte("a")); err != nil {
					t.Error(err)
				}
			}
			<-start
			echo(c)
		})
		wrote := make(chan error, 1)
		ctx := bounded(t)
		go func() {
			close(blocked)
			wrote <- c.Write(ctx, mintws.OpBinary, make([]byte, large))
		}()
		for range 100 {
			if _, _, err := c.Read(ctx); err != nil {
				t.Fatal(kind, err)
			}
		}
		close(start)
		if _, p, err := c.Read(ctx); err != nil || len(p) != large {
			t.Fatal(kind, len(p), err)
		}
		go c.CloseRead(ctx)
		if err := <-pinged; err != nil {
			t.Error(kind, err)
		}
		if err := <-wrote; err != nil {
			t.Error(kind, err)
		}
	}
}

// TestHeader: what was agreed on can be asked, on both sides.
func TestHeader(t *testing.T) {
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	extensions := []mintws.Extension{deflate}
	server := make(chan *wsconn.Conn, 1)
	url := serve(t, wsconn.AcceptOptions{WebSocket: mintws.AcceptOptions{Subprotocols: []string{"b"}, Extensions: extensions}},
		func(c *wsconn.Conn) {
			server <- c
			echo(c)
		})
	c, err := wsconn.Dial(bounded(t), url, wsconn.Options{WebSocket: mintws.Options{Subprotocols: []string{"a", "b"}, Extensions: extensions}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, side := range []*wsconn.Conn{c, <-server} {
		if side.Subprotocol() != "b" || len(side.Extensions()) != 1 || !strings.HasPrefix(side.Extensions()[0], "permessage-deflate") ||
			side.Header().Get("Sec-WebSocket-Protocol") != "b" {
			t.Errorf("%q, %q, %v", side.Subprotocol(), side.Extensions(), side.Header())
		}
	}
	usable(t, c)
}
