package bench

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/mintws/mintws/mintws"
)

// BenchmarkEncode encodes one whole message as a client does, masked with a fresh key, into memory that is reused.
func BenchmarkEncode(b *testing.B) {
	for _, c := range contents {
		for _, s := range sizes {
			p := c.make(s.n)
			runs := []run{
				{"mintws", func(b *testing.B) { encodeOurs(b, mintws.Client, c.op, p) }},
				{"gobwas", func(b *testing.B) { encodeGobwas(b, mintws.Client, c.op, p, false) }},
				{"gorilla", func(b *testing.B) { encodeGorilla(b, mintws.Client, c.op, p) }},
				{"floor", func(b *testing.B) { encodeFloor(b, c.op, p, 0x3D21FA37) }},
			}
			if c.op == mintws.OpText {
				checked := func(b *testing.B) { encodeGobwas(b, mintws.Client, c.op, p, true) }
				runs = append(runs, run{"gobwas+utf8", checked})
			}
			versus(b, c.name+"/"+s.name, s.n, runs...)
		}
	}
}

// BenchmarkEncodeServer is BenchmarkEncode in the server role: nothing is masked.
func BenchmarkEncodeServer(b *testing.B) {
	for _, s := range sizes {
		p := fill(s.n)
		versus(b, "binary/"+s.name, s.n,
			run{"mintws", func(b *testing.B) { encodeOurs(b, mintws.Server, mintws.OpBinary, p) }},
			run{"gobwas", func(b *testing.B) { encodeGobwas(b, mintws.Server, mintws.OpBinary, p, false) }},
			run{"gorilla", func(b *testing.B) { encodeGorilla(b, mintws.Server, mintws.OpBinary, p) }},
			run{"floor", func(b *testing.B) { encodeFloor(b, mintws.OpBinary, p, 0) }},
		)
	}
}

// BenchmarkEncodeNew encodes one masked binary message into a new buffer each time.
func BenchmarkEncodeNew(b *testing.B) {
	for _, s := range sizes {
		p := fill(s.n)
		versus(b, "binary/"+s.name, s.n,
			run{"mintws", func(b *testing.B) {
				endpoint := benchEndpoint(b, mintws.Client)
				for b.Loop() {
					next, _, err := endpoint.Encode(mintws.Binary(p))
					if err != nil {
						b.Fatal(err)
					}
					endpoint = next
				}
			}},
			run{"gobwas", func(b *testing.B) {
				for b.Loop() {
					if _, err := ws.CompileFrame(ws.MaskFrame(ws.NewBinaryFrame(p))); err != nil {
						b.Fatal(err)
					}
				}
			}},
			run{"floor", func(b *testing.B) {
				for b.Loop() {
					sink = floorEncode(make([]byte, 0, 14+len(p)), 2, p, 0x3D21FA37)
				}
			}},
		)
	}
}

// BenchmarkEncodeBatch encodes 16 messages of 20 bytes for one write.
func BenchmarkEncodeBatch(b *testing.B) {
	p := fill(20)
	versus(b, "16x20B", 16*20,
		run{"mintws", func(b *testing.B) {
			endpoint, buf, err := benchEndpoint(b, mintws.Client), []byte(nil), error(nil)
			for b.Loop() {
				buf = buf[:0]
				for range 16 {
					if endpoint, buf, err = endpoint.AppendEncode(buf, mintws.Binary(p)); err != nil {
						b.Fatal(err)
					}
				}
			}
		}},
		run{"gobwas", func(b *testing.B) {
			var e gobwasEncoder
			for b.Loop() {
				e.buf.Reset()
				for range 16 {
					if err := e.encode(mintws.Client, mintws.OpBinary, p); err != nil {
						b.Fatal(err)
					}
				}
			}
		}},
		run{"floor", func(b *testing.B) {
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				buf = buf[:0]
				for range 16 {
					buf = floorEncode(buf, 2, p, 0x3D21FA37)
				}
			}
		}},
	)
}

// sink keeps the compiler from leaving work out.
var sink []byte

// encodeOurs encodes p again and again into the same buffer.
func encodeOurs(b *testing.B, role mintws.Role, op mintws.Opcode, p []byte) {
	endpoint, buf, err := benchEndpoint(b, role), []byte(nil), error(nil)
	for b.Loop() {
		if endpoint, buf, err = endpoint.AppendEncode(buf[:0], mintws.Frame{Opcode: op, Payload: p}); err != nil {
			b.Fatal(err)
		}
	}
}

// gobwasEncoder encodes with gobwas's low-level functions and without allocation: the payload is copied first and masked in
// the copy, as the caller's own must not change.
type gobwasEncoder struct {
	buf    bytes.Buffer
	header [ws.MaxHeaderSize]byte
}

// encode appends one whole message to e.buf.
func (e *gobwasEncoder) encode(role mintws.Role, op mintws.Opcode, p []byte) error {
	h := ws.Header{Fin: true, OpCode: ws.OpCode(op), Length: int64(len(p))}
	if role == mintws.Client {
		h.Masked, h.Mask = true, ws.NewMask()
	}
	if err := ws.WriteHeaderBuffer(&e.buf, h, e.header[:]); err != nil {
		return err
	}
	at := e.buf.Len()
	e.buf.Write(p)
	if h.Masked {
		ws.Cipher(e.buf.Bytes()[at:], h.Mask, 0)
	}
	return nil
}

// encodeGobwas is encodeOurs for gobwas. It does not validate text itself; with check, utf8.Valid does.
func encodeGobwas(b *testing.B, role mintws.Role, op mintws.Opcode, p []byte, check bool) {
	var e gobwasEncoder
	for b.Loop() {
		if check && !utf8.Valid(p) {
			b.Fatal("not UTF-8")
		}
		e.buf.Reset()
		if err := e.encode(role, op, p); err != nil {
			b.Fatal(err)
		}
	}
}

// encodeGorilla is encodeOurs for gorilla, which writes to a connection that takes everything. It does not validate text. As
// a client it cuts what is longer than its buffer into fragments; as a server it copies none of it, but writes the caller's
// slice, so that large frames cost nothing until a socket takes them.
func encodeGorilla(b *testing.B, role mintws.Role, op mintws.Opcode, p []byte) {
	c, _ := newGorilla(b, role)
	for b.Loop() {
		if err := c.WriteMessage(int(op), p); err != nil {
			b.Fatal(err)
		}
	}
}

// encodeFloor is encodeOurs for the floor.
func encodeFloor(b *testing.B, op mintws.Opcode, p []byte, key uint32) {
	buf := make([]byte, 0, 14+len(p))
	for b.Loop() {
		buf = floorEncode(buf[:0], byte(op), p, key)
	}
}
