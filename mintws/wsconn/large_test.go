package wsconn_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// pattern returns n bytes of ASCII that differ from place to place, so that a piece out of its place or masked with another part
// of the key is noticed.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		at := uint64(i)
		p[i] = ' ' + byte((at*at>>7+at)%90)
	}
	return p
}

// TestLargeMessages: messages of sizes around those of reads and writes arrive as they were sent, in both directions, by several
// writers at once and with Pings between them, whether they are read whole or piece by piece.
func TestLargeMessages(t *testing.T) {
	sizes := []int{4 << 10, 64<<10 - 10, 64 << 10, 64<<10 + 1, 72 << 10, 72<<10 + 1, 128 << 10, 160 << 10, 160<<10 + 1, 256<<10 + 3, 1<<20 + 5}
	for _, kind := range kinds {
		c := pair(t, kind, wsconn.Options{}, func(c *wsconn.Conn) {
			ctx, pinging := context.WithCancel(context.Background())
			var pings sync.WaitGroup
			pings.Go(func() {
				for ctx.Err() == nil && c.Ping(ctx) == nil {
				}
			})
			defer pings.Wait()
			defer pinging()
			for {
				op, r, err := c.Reader(ctx)
				if err != nil {
					return
				}
				p, err := io.ReadAll(r)
				if err == nil {
					err = c.Write(ctx, op, p)
				}
				if err != nil {
					return
				}
			}
		})
		ctx := bounded(t)
		var writers sync.WaitGroup
		for _, op := range []mintws.Opcode{mintws.OpText, mintws.OpBinary} {
			writers.Go(func() {
				for _, n := range sizes {
					p := pattern(n)
					if err := c.Write(ctx, op, p); err != nil {
						t.Errorf("%s: %v of %d bytes: %v", kind, op, n, err)
						return
					}
					if !bytes.Equal(p, pattern(n)) {
						t.Errorf("%s: %d bytes were changed", kind, n)
					}
				}
			})
		}
		left := map[mintws.Opcode][]int{mintws.OpText: sizes, mintws.OpBinary: sizes}
		for range 2 * len(sizes) {
			op, p, err := c.Read(ctx)
			if err != nil {
				t.Fatal(kind, err)
			}
			if want := left[op][0]; len(p) != want || !bytes.Equal(p, pattern(want)) {
				t.Fatalf("%s: %v of %d bytes, want the %d that were sent", kind, op, len(p), want)
			}
			left[op] = left[op][1:]
		}
		writers.Wait()
		if err := c.Close(mintws.CodeNormal, ""); err != nil {
			t.Error(kind, err)
		}
	}
}

// TestLargeTextRefused: of text that is not UTF-8 nothing is sent, and the connection goes on.
func TestLargeTextRefused(t *testing.T) {
	for _, kind := range kinds {
		c, ctx := pair(t, kind, wsconn.Options{}, echo), bounded(t)
		bad := append(pattern(1<<20), 0xFF)
		if err := c.Write(ctx, mintws.OpText, bad); !errors.Is(err, mintws.ErrInvalidFrame) {
			t.Errorf("%s: %v", kind, err)
		}
		if err := c.Write(ctx, mintws.OpText, bad[:1<<20]); err != nil {
			t.Fatal(kind, err)
		}
		if _, p, err := c.Read(ctx); err != nil || !bytes.Equal(p, bad[:1<<20]) {
			t.Error(kind, len(p), err)
		}
	}
}

// slowLink takes some bytes of a write, as long as there are any to take, and then lets its deadline pass.
type slowLink struct {
	net.Conn
	takes *atomic.Int64 // of what is left to take; negative for no bound
}

func (l slowLink) Write(p []byte) (int, error) {
	n := len(p)
	if most := l.takes.Load(); most >= 0 {
		n = min(n, 10_000, int(most))
		l.takes.Add(int64(-n))
	}
	if n < len(p) {
		n, _ = l.Conn.Write(p[:n])
		return n, os.ErrDeadlineExceeded
	}
	return l.Conn.Write(p)
}

// TestSlowLink: a link that takes a little of each write is not given up, and one that takes nothing is.
func TestSlowLink(t *testing.T) {
	var takes atomic.Int64
	takes.Store(-1)
	ctx := bounded(t)
	c, err := wsconn.Dial(ctx, serve(t, wsconn.AcceptOptions{}, echo), wsconn.Options{Dial: httpdial.Options{
		Wrap: func(sock net.Conn) net.Conn { return slowLink{sock, &takes} },
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, size := range []int{100_000, 1 << 20} {
		takes.Store(2 << 20)
		p := pattern(size)
		if err = c.Write(ctx, mintws.OpBinary, p); err != nil {
			t.Fatal(err)
		}
		if _, got, readErr := c.Read(ctx); readErr != nil || !bytes.Equal(got, p) {
			t.Fatal(len(got), readErr)
		}
	}
	takes.Store(200_000)
	if err = c.Write(ctx, mintws.OpBinary, pattern(1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "taken nothing") {
		t.Errorf("the link took nothing any more: %v", err)
	}
	if left := takes.Load(); left != 0 {
		t.Errorf("it was given up with %d bytes that it would have taken", left)
	}
}

// TestLargeMemory: sending and receiving large messages allocates nothing of their size once memory has grown.
func TestLargeMemory(t *testing.T) {
	const size, rounds = 1 << 20, 20
	ctx := bounded(t)
	c, err := wsconn.Dial(ctx, serve(t, wsconn.AcceptOptions{}, echo), wsconn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	p := pattern(size)
	trip := func() {
		var sent sync.WaitGroup
		sent.Go(func() {
			if sendErr := c.Write(ctx, mintws.OpBinary, p); sendErr != nil {
				t.Error(sendErr)
			}
		})
		if _, got, readErr := c.Read(ctx); readErr != nil || len(got) != size {
			t.Fatal(len(got), readErr)
		}
		sent.Wait()
	}
	for range 3 {
		trip()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		trip()
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > rounds*size/4 {
		t.Errorf("%d bytes were allocated for %d echoes of %d bytes", n, rounds, size)
	}
}
