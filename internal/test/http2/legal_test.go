package http2_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
)

// legal is a server that does what few do, and may.
type legal struct {
	name    string
	section string // where it is allowed; of RFC 9113 where no other is named
	echo    func() h2test.Echo
	streams int // 4 by default
	size    int // 64 KiB by default
	cfg     httpconn.Config
	short   bool // many round trips: the run with cut input has still smaller messages
	more    func(t *testing.T, l *h2test.Loop)
}

// smallWindows make flow control work in the direction to us, too.
var smallWindows = httpconn.Config{StreamWindow: 20_000, ConnWindow: 65_535}

// TestHTTP2LegalServers: with each of the servers several WebSockets on one connection echo 64 KiB. Nothing is lost, nothing
// hangs, everything ends in order on both sides; the servers watch that the client keeps to what they announced. Then the
// same with smaller messages: with the input cut into pieces of 1 to 7 bytes, and with every input taken twice by the same
// value, to the same effect.
func TestHTTP2LegalServers(t *testing.T) {
	for _, list := range [][]legal{legalWindows, legalFrames, legalHeads, legalOrder} {
		for _, c := range list {
			small := c
			switch {
			case c.short:
				small.size = 4 << 10
			case c.size == 0:
				small.size = 16 << 10
			}
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(t, nil, nil)
			})
			t.Run(c.name+"/cut", func(t *testing.T) {
				t.Parallel()
				rnd := rand.New(rand.NewPCG(1, 2))
				small.run(t, func() int { return 1 + rnd.IntN(7) }, nil)
			})
			t.Run(c.name+"/forked", func(t *testing.T) {
				t.Parallel()
				rnd := rand.New(rand.NewPCG(3, 4))
				small.run(t, func() int { return 1 + rnd.IntN(2000) }, func() bool { return rnd.IntN(2) == 0 })
			})
		}
	}
}

// run opens the WebSockets, as many at a time as the server allows, sends each a message, awaits its echo, and closes it.
func (c legal) run(t *testing.T, cut func() int, fork func() bool) {
	if c.streams == 0 {
		c.streams = 4
	}
	if c.size == 0 {
		c.size = 64 << 10
	}
	if c.cfg == (httpconn.Config{}) {
		c.cfg = smallWindows
	}
	l, err := h2test.NewLoop(h2test.Start(t, c.echo().Play), c.cfg)
	if err != nil {
		t.Fatal(err)
	}
	l.Cut, l.Fork = cut, fork
	echoes, over := map[httpconn.StreamID]int{}, 0
	started := map[httpconn.StreamID]bool{}
	l.Frame = func(id httpconn.StreamID, f mintws.Frame) error {
		switch {
		case f.Opcode == mintws.OpClose:
			return nil
		case f.Opcode != mintws.OpBinary || !bytes.Equal(f.Payload, pattern(id, c.size)):
			return fmt.Errorf("stream %d: %v frame of %d bytes is not the echo", id, f.Opcode, len(f.Payload))
		}
		echoes[id]++
		if l.WS[id].State() != mintws.Open { // the server's Close came in the same bytes
			return nil
		}
		return l.Send(id, mintws.Close(1000, "done"))
	}
	l.Event = func(ev httpconn.Event) {
		if ev.Kind == httpconn.EventDone {
			over++
		}
	}
	err = l.Until("echo", func() bool {
		for len(l.WS) < c.streams && l.Ready() {
			if _, err = l.Upgrade("ws://example.org/", mintws.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		for id, ws := range l.WS {
			if ws.State() == mintws.Open && !started[id] {
				started[id] = true
				if err = l.Send(id, mintws.Binary(pattern(id, c.size))); err != nil {
					t.Fatal(err)
				}
			}
		}
		return over == c.streams
	})
	if err != nil {
		t.Errorf("%v (%d of %d streams over, %d bytes queued)", err, over, c.streams, l.Conn.Buffered(0))
	}
	for id, ws := range l.WS {
		if ws.State() != mintws.Closed || l.Errs[id] != nil || echoes[id] != 1 {
			t.Errorf("stream %d: %v, %v, %d echoes", id, ws.State(), l.Errs[id], echoes[id])
		}
	}
	if n := l.Conn.Buffered(0); n != 0 {
		t.Errorf("%d bytes are still queued", n)
	}
	if c.more != nil {
		c.more(t, l)
	}
	if err = l.Close(); err != nil {
		t.Error(err)
	}
}

// pattern is the content of the message on a stream: different on each, and at each place.
func pattern(id httpconn.StreamID, size int) []byte {
	p := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(id)}).Read(p)
	return p
}
