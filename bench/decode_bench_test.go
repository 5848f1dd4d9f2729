package bench

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"github.com/gorilla/websocket"

	"github.com/mintws/mintws/mintws"
)

// frames returns n whole frames with the payload p, as the peer of role sends them.
func frames(role mintws.Role, op mintws.Opcode, p []byte, n int) (wire []byte) {
	for range n {
		f := ws.NewFrame(ws.OpCode(op), true, p)
		if role == mintws.Server {
			f = ws.MaskFrameWith(f, [4]byte{0x37, 0xFA, 0x21, 0x3D})
		}
		wire = append(wire, ws.MustCompileFrame(f)...)
	}
	return wire
}

// BenchmarkDecode decodes one whole message that a server sent, all of it there at once.
func BenchmarkDecode(b *testing.B) {
	for _, c := range contents {
		for _, s := range sizes {
			benchmarkDecode(b, mintws.Client, c.name+"/"+s.name, c.op, c.make(s.n), 1, 0)
		}
	}
}

// BenchmarkDecodeServer is BenchmarkDecode in the server role, where frames are masked.
func BenchmarkDecodeServer(b *testing.B) {
	for _, s := range sizes {
		benchmarkDecode(b, mintws.Server, "binary/"+s.name, mintws.OpBinary, fill(s.n), 1, 0)
	}
}

// BenchmarkDecodeBatch decodes 16 messages of 20 bytes that came with one read.
func BenchmarkDecodeBatch(b *testing.B) {
	for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
		benchmarkDecode(b, role, fmt.Sprintf("16x20B/%v", role), mintws.OpBinary, fill(20), 16, 0)
	}
}

// BenchmarkDecodeReads decodes one message of 1 MiB that comes in reads of a smaller size. Ours is a new one each time, that
// may be kept; the peers fill one buffer, of the right size from the start, again and again. So gobwas+new makes a buffer for
// each message, and mintws+pieces hands over the payload as it comes and joins nothing.
func BenchmarkDecodeReads(b *testing.B) {
	for _, s := range []size{{"16KiB", 16 << 10}, {"1KiB", 1 << 10}} {
		for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
			name, p := fmt.Sprintf("1MiB/%s/%v", s.name, role), fill(1<<20)
			benchmarkDecode(b, role, name, mintws.OpBinary, p, 1, s.n)
			wire := frames(role, mintws.OpBinary, p, 1)
			versus(b, name, len(p),
				run{"gobwas+new", func(b *testing.B) { decodeGobwas(b, role, wire, 0, 1, s.n, false) }},
				run{"mintws+pieces", func(b *testing.B) { decodePieces(b, role, wire, s.n) }},
			)
		}
	}
}

// decodePieces decodes wire again and again with DeliverPayload and an Inbox that is emptied after each read.
func decodePieces(b *testing.B, role mintws.Role, wire []byte, read int) {
	endpoint, err := mintws.NewWebSocket(role, mintws.Options{Delivery: mintws.DeliverPayload})
	if err != nil {
		b.Fatal(err)
	}
	var in mintws.Inbox
	for b.Loop() {
		for p := wire; len(p) > 0; p = p[min(read, len(p)):] {
			in.Reset()
			if endpoint, err = endpoint.AppendDecode(&in, p[:min(read, len(p))]); err != nil {
				b.Fatal(err)
			}
		}
		if len(in.Frames) != 1 || in.Frames[0].More {
			b.Fatalf("%d frames at the end", len(in.Frames))
		}
	}
}

// benchmarkDecode decodes n messages with the payload p that come in reads of at most read bytes; 0 means all at once.
func benchmarkDecode(b *testing.B, role mintws.Role, name string, op mintws.Opcode, p []byte, n, read int) {
	wire := frames(role, op, p, n)
	if read == 0 {
		read = len(wire)
	}
	runs := []run{
		{"mintws", func(b *testing.B) { decodeOurs(b, role, wire, n, read) }},
		{"gobwas", func(b *testing.B) { decodeGobwas(b, role, wire, len(p), n, read, false) }},
		{"gorilla", func(b *testing.B) { decodeGorilla(b, role, wire, len(p), n, read) }},
		{"floor", func(b *testing.B) { decodeFloor(b, wire, n, read) }},
	}
	if op == mintws.OpText {
		runs = append(runs, run{"gobwas+utf8", func(b *testing.B) { decodeGobwas(b, role, wire, len(p), n, read, true) }})
	}
	versus(b, name, n*len(p), runs...)
}

// decodeOurs decodes wire again and again with the same Inbox.
func decodeOurs(b *testing.B, role mintws.Role, wire []byte, n, read int) {
	endpoint, err := benchEndpoint(b, role), error(nil)
	var in mintws.Inbox
	for b.Loop() {
		in.Reset()
		for p := wire; len(p) > 0; p = p[min(read, len(p)):] {
			if endpoint, err = endpoint.AppendDecode(&in, p[:min(read, len(p))]); err != nil {
				b.Fatal(err)
			}
		}
		if len(in.Frames) != n {
			b.Fatalf("%d frames", len(in.Frames))
		}
	}
}

// chunks reads from wire in pieces of a given size.
type chunks struct {
	bytes.Reader
	read int
}

// Read returns a piece.
func (c *chunks) Read(p []byte) (int, error) { return c.Reader.Read(p[:min(len(p), c.read)]) }

// decodeGobwas reads wire with gobwas's low-level functions into a buffer of that size, which is reused; where size is 0
// a new one is made for each frame. They do not validate text; with check, utf8.Valid does.
func decodeGobwas(b *testing.B, role mintws.Role, wire []byte, size, n, read int, check bool) {
	state := ws.StateClientSide
	if role == mintws.Server {
		state = ws.StateServerSide
	}
	r, header, buf := &chunks{read: read}, make([]byte, ws.MaxHeaderSize), make([]byte, size)
	for b.Loop() {
		r.Reset(wire)
		for range n {
			h, err := ws.ReadHeaderBuffer(r, header)
			if err == nil {
				err = ws.CheckHeader(h, state)
			}
			if err == nil && size == 0 {
				buf = make([]byte, h.Length)
			}
			if err == nil {
				_, err = io.ReadFull(r, buf[:h.Length])
			}
			if err != nil {
				b.Fatal(err)
			}
			if h.Masked {
				ws.Cipher(buf[:h.Length], h.Mask, 0)
			}
			if check && !utf8.Valid(buf[:h.Length]) {
				b.Fatal("not UTF-8")
			}
		}
	}
}

// decodeGorilla reads wire with gorilla's NextReader into a buffer that is reused. It does not validate text.
func decodeGorilla(b *testing.B, role mintws.Role, wire []byte, size, n, read int) {
	c, conn := newGorilla(b, role)
	conn.read = read
	buf := make([]byte, size+1) // one more, so that the end of the message is read with it
	for b.Loop() {
		conn.in.Reset(wire)
		for range n {
			if err := readMessage(c, buf, size); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// readMessage reads one message of the given size.
func readMessage(c *websocket.Conn, buf []byte, size int) error {
	_, r, err := c.NextReader()
	if err != nil {
		return err
	}
	got, err := io.ReadFull(r, buf)
	if err != io.ErrUnexpectedEOF || got != size {
		return fmt.Errorf("%d bytes, %w", got, err)
	}
	return nil
}

// decodeFloor parses wire in place and unmasks into a buffer that is reused. What comes in several reads is joined first, by
// append to a buffer that is reused as well.
func decodeFloor(b *testing.B, wire []byte, n, read int) {
	joined, plain := []byte(nil), make([]byte, len(wire))
	for b.Loop() {
		p := wire
		if read < len(wire) {
			joined = joined[:0]
			for q := wire; len(q) > 0; q = q[min(read, len(q)):] {
				joined = append(joined, q[:min(read, len(q))]...)
			}
			p = joined
		}
		for range n {
			_, payload, key, size := floorDecode(p)
			if key != 0 {
				floorMask(plain[:len(payload)], payload, key)
				payload = plain[:len(payload)]
			}
			sink, p = payload, p[size:]
		}
	}
}
