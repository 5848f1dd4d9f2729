package bench

import (
	"bytes"
	"iter"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/mintws/mintws/mintws"
)

// sink keeps the compiler from leaving work out.
var sink []byte

// BenchmarkEncode encodes one whole message as a client does, masked with a fresh key, into memory that is reused. Libraries
// that write to a connection have one that takes everything.
func BenchmarkEncode(b *testing.B) {
	for _, c := range contents {
		for _, s := range sizes {
			benchmarkEncode(b, c, s)
		}
	}
	for _, c := range sparse {
		for _, s := range sparseSizes {
			benchmarkEncode(b, c, s)
		}
	}
}

// benchmarkEncode encodes s bytes of c with every library.
func benchmarkEncode(b *testing.B, c content, s size) {
	p := c.make(s.n)
	runs := []run{
		{"mintws", func(b *testing.B) { encodeOurs(b, mintws.Client, c.op, p) }},
		{"floor", func(b *testing.B) { encodeFloor(b, c.op, p, floorKey) }},
		{"floor+key", func(b *testing.B) { encodeFloorKey(b, c.op, p) }},
		{"gobwas", func(b *testing.B) { encodeGobwas(b, mintws.Client, c.op, p) }},
		{"wsutil", func(b *testing.B) { encodeWsutil(b, c.op, p) }},
		{"gorilla", func(b *testing.B) { encodeGorilla(b, mintws.Client, c.op, p) }},
		{"coder", func(b *testing.B) { encodeCoder(b, c.op, p) }},
		{"gws", func(b *testing.B) { encodeGws(b, c.op, p) }},
		{"nbio", func(b *testing.B) { encodeNbio(b, c.op, p) }},
		{"xnet", func(b *testing.B) { encodeXnet(b, c.op, p) }},
	}
	if c.op == mintws.OpText {
		runs = append(runs, run{"utf8.Valid", func(b *testing.B) { validate(b, p) }})
	}
	versus(b, c.name+"/"+s.name, s.n, runs...)
}

// BenchmarkEncodeServer is BenchmarkEncode in the server role: nothing is masked.
func BenchmarkEncodeServer(b *testing.B) {
	for _, s := range sizes {
		p := fill(s.n)
		versus(b, "binary/"+s.name, s.n,
			run{"mintws", func(b *testing.B) { encodeOurs(b, mintws.Server, mintws.OpBinary, p) }},
			run{"floor", func(b *testing.B) { encodeFloor(b, mintws.OpBinary, p, 0) }},
			run{"gobwas", func(b *testing.B) { encodeGobwas(b, mintws.Server, mintws.OpBinary, p) }},
			run{"gorilla", func(b *testing.B) { encodeGorilla(b, mintws.Server, mintws.OpBinary, p) }},
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
			run{"floor", func(b *testing.B) {
				for b.Loop() {
					sink = floorEncode(make([]byte, 0, 14+len(p)), 2, p, floorKey)
				}
			}},
			run{"gobwas", func(b *testing.B) {
				for b.Loop() {
					if _, err := ws.CompileFrame(ws.MaskFrame(ws.NewBinaryFrame(p))); err != nil {
						b.Fatal(err)
					}
				}
			}},
		)
	}
}

// BenchmarkEncodeBatch encodes 16 messages of 20 bytes for one write, with the libraries that can.
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
		run{"floor", func(b *testing.B) {
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				buf = buf[:0]
				for range 16 {
					buf = floorEncode(buf, 2, p, floorKey)
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
		run{"wsutil", func(b *testing.B) {
			var buf bytes.Buffer
			w := wsutil.NewWriterSize(&buf, ws.StateClientSide, ws.OpBinary, len(p))
			for b.Loop() {
				buf.Reset()
				for range 16 {
					_, err := w.Write(p)
					if err == nil {
						err = w.Flush()
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		}},
	)
}

// BenchmarkEncodeFragments encodes a message of 16 KiB in 16 fragments, with the libraries whose interface has fragments.
func BenchmarkEncodeFragments(b *testing.B) {
	const n = 16
	for _, c := range contents {
		p := c.make(16 << 10)
		versus(b, c.name+"/16x1KiB", len(p),
			run{"mintws", func(b *testing.B) { fragmentsOurs(b, c.op, p, n) }},
			run{"floor", func(b *testing.B) { fragmentsFloor(b, c.op, p, n) }},
			run{"gobwas", func(b *testing.B) { fragmentsGobwas(b, c.op, p, n) }},
			run{"wsutil", func(b *testing.B) { fragmentsWsutil(b, c.op, p, n) }},
			run{"gorilla", func(b *testing.B) { fragmentsGorilla(b, c.op, p, n) }},
			run{"coder", func(b *testing.B) { fragmentsCoder(b, c.op, p, n) }},
			run{"nbio", func(b *testing.B) { fragmentsNbio(b, c.op, p, n) }},
		)
	}
}

// pieces cuts p into n pieces of about the same size.
func pieces(p []byte, n int) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := range n {
			if !yield(i, p[i*len(p)/n:(i+1)*len(p)/n]) {
				return
			}
		}
	}
}

// encodeOurs encodes p again and again into the same buffer.
func encodeOurs(b *testing.B, role mintws.Role, op mintws.Opcode, p []byte) {
	endpoint, buf, err := benchEndpoint(b, role), make([]byte, 0, 14+len(p)), error(nil)
	for b.Loop() {
		if endpoint, buf, err = endpoint.AppendEncode(buf[:0], mintws.Frame{Opcode: op, Payload: p}); err != nil {
			b.Fatal(err)
		}
	}
}

// fragmentsOurs encodes p in n fragments, for one write.
func fragmentsOurs(b *testing.B, op mintws.Opcode, p []byte, n int) {
	endpoint, buf, err := benchEndpoint(b, mintws.Client), []byte(nil), error(nil)
	for b.Loop() {
		buf = buf[:0]
		f := mintws.Frame{Opcode: op}
		for i, piece := range pieces(p, n) {
			f.More, f.Payload = i < n-1, piece
			if endpoint, buf, err = endpoint.AppendEncode(buf, f); err != nil {
				b.Fatal(err)
			}
			f.Opcode = mintws.OpContinuation
		}
	}
}
