//go:build !race

// The race detector makes sync.Pool drop what it holds, so allocations are counted without it.

package mintws

import (
	"encoding/binary"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// TestSteadyStateAllocatesNothing: encoding into a buffer with room, and decoding whole frames into a reused Inbox.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, n := range []int{16, 128, 1 << 10, 16 << 10, 64 << 10} {
		for _, f := range []Frame{Binary(zeros(n)), Text(zeros(n)), {Opcode: OpBinary, More: true, Payload: zeros(n)}} {
			for _, role := range []Role{Client, Server} {
				ws := opened(role)(t)
				dst := make([]byte, 0, n+maxHeaderLen)
				if a := testing.AllocsPerRun(100, func() { _, _, _ = ws.AppendEncode(dst, f) }); a != 0 {
					t.Errorf("%v encodes %v of %d bytes with %v allocations", role, f.Opcode, n, a)
				}
				if f.More {
					continue
				}
				_, p, err := ws.Encode(f)
				if err != nil {
					t.Fatal(err)
				}
				peer := opened(1 - role)(t)
				var in Inbox
				decode := func() {
					in.Reset()
					next, e := peer.AppendDecode(&in, p)
					if peer = next; e != nil || len(in.Frames) != 1 {
						t.Fatal(e)
					}
				}
				decode() // in grows to its size
				if a := testing.AllocsPerRun(100, decode); a != 0 {
					t.Errorf("%v decodes %v of %d bytes with %v allocations", 1-role, f.Opcode, n, a)
				}
			}
		}
	}
}

// TestExtStateCost: what the documentation of ExtState says about the cost of changing it, in both directions.
func TestExtStateCost(t *testing.T) {
	other := shift{name: "x-other", rsv: RSV1, key: 1}
	for _, tt := range []struct {
		name      string
		list      []shift
		allocates bool
	}{
		{"the first one's Word", []shift{shift2}, false},
		{"the Words of two", []shift{shift2, other}, true},
		{"Memory", []shift{wide}, true},
	} {
		client, server := extended(t, Options{}, tt.list...)
		f, dst := Binary([]byte("four")), make([]byte, 0, 100)
		var wire []byte
		encode := func() {
			next, p, err := client.AppendEncode(dst, f)
			if client, wire = next, p; err != nil {
				t.Fatal(err)
			}
		}
		encode()
		if n := testing.AllocsPerRun(100, encode); n > 0 != tt.allocates {
			t.Errorf("%s: sending allocates %v times", tt.name, n)
		}
		in := Inbox{Buf: make([]byte, 0, 100)}
		decode := func() {
			in.Reset()
			next, err := server.AppendDecode(&in, wire)
			if server = next; err != nil {
				t.Fatal(err)
			}
		}
		decode()
		if n := testing.AllocsPerRun(100, decode); n > 0 != tt.allocates {
			t.Errorf("%s: receiving allocates %v times", tt.name, n)
		}
	}
}

// TestHandshakeAllocates: what an upgrade on HTTP/1.1 allocates, without the Output, which is used again. Of the request that is
// the URL, its authority, the key, what the answer must have, the fields (four) and the configuration; of the answer
// the fields (four). The WebSocket that opens shares its configuration with others.
func TestHandshakeAllocates(t *testing.T) {
	var out httpconn.Output
	start, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	var in Inbox
	answer := make([]byte, 0, 256)
	n := testing.AllocsPerRun(100, func() {
		out.Reset()
		c, ws, e := Upgrade(start, &out, "ws://127.0.0.1:8080/feed", Options{})
		if e != nil {
			t.Fatal(e)
		}
		answer = append(answer[:0], "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
		answer = append(append(answer, ws.cfg.accept...), "\r\n\r\n"...)
		out.Reset()
		if c, e = c.Stream(&out, answer); e != nil {
			t.Fatal(e)
		}
		if _, ws, e = Receive(c, &out, ws, &in, out.Events[0]); e != nil || ws.State() != Open {
			t.Fatal(ws.State(), e)
		}
	})
	if n > 12 {
		t.Errorf("%v allocations", n)
	}
}

// TestHandshakeAllocatesH2: the same on HTTP/2, where a million WebSockets are opened on a few connections: what is garbage
// afterwards is at most 2.5 KiB for each of a thousand. A third of it is the connection's table of streams, which grows.
func TestHandshakeAllocatesH2(t *testing.T) {
	cl, _ := newH2Client(t, Options{})
	out, c := &cl.out, cl.conn
	var in Inbox
	answer := []byte{0, 0, 1, 1 /* HEADERS */, 4 /* END_HEADERS */, 0, 0, 0, 0, 0x88 /* :status 200 */}
	open := func() {
		var ws WebSocket
		var err error
		if c, ws, err = Upgrade(c, out, "ws://127.0.0.1:8080/feed", Options{}); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		binary.BigEndian.PutUint32(answer[5:], uint32(ws.StreamID()))
		if c, err = c.Stream(out, answer); err != nil {
			t.Fatal(err)
		}
		if c, ws, err = Receive(c, out, ws, &in, out.Events[0]); err != nil || ws.State() != Open {
			t.Fatal(ws.State(), err)
		}
		out.Reset()
	}
	open()
	const n = 1000
	got := allocated(func() {
		for range n {
			open()
		}
	})
	if got > n*2560 {
		t.Errorf("%d bytes", got/n)
	}
}
