package bench

import (
	"fmt"
	"testing"

	"github.com/gobwas/ws"

	"github.com/mintws/mintws/mintws"
)

// decodeJob is what is to be decoded again and again.
type decodeJob struct {
	role      mintws.Role
	op        mintws.Opcode
	wire      []byte
	messages  int // in wire
	size      int // of each
	fragments int // of each
	read      int // the most that one read returns
}

// newJob returns a job of n messages with the payload p. read 0 means that all comes with one read.
func newJob(role mintws.Role, op mintws.Opcode, p []byte, n, fragments, read int) decodeJob {
	j := decodeJob{role: role, op: op, messages: n, size: len(p), fragments: fragments, read: read}
	for range n {
		for i, piece := range pieces(p, fragments) {
			f := ws.NewFrame(ws.OpCode(op), i == fragments-1, piece)
			if i > 0 {
				f.Header.OpCode = ws.OpContinuation
			}
			if role == mintws.Server {
				f = ws.MaskFrameWith(f, [4]byte{0x37, 0xFA, 0x21, 0x3D})
			}
			j.wire = append(j.wire, ws.MustCompileFrame(f)...)
		}
	}
	if read == 0 {
		j.read = len(j.wire)
	}
	return j
}

// BenchmarkDecode decodes one whole message that a server sent, and that one read brings, into memory that is reused.
func BenchmarkDecode(b *testing.B) {
	for _, c := range contents {
		for _, s := range sizes {
			benchmarkDecode(b, c.name+"/"+s.name, newJob(mintws.Client, c.op, c.make(s.n), 1, 1, 0))
		}
	}
	for _, c := range sparse {
		for _, s := range sparseSizes {
			benchmarkDecode(b, c.name+"/"+s.name, newJob(mintws.Client, c.op, c.make(s.n), 1, 1, 0))
		}
	}
}

// BenchmarkDecodeServer is BenchmarkDecode in the server role, where frames are masked.
func BenchmarkDecodeServer(b *testing.B) {
	for _, s := range sizes {
		benchmarkDecode(b, "binary/"+s.name, newJob(mintws.Server, mintws.OpBinary, fill(s.n), 1, 1, 0))
	}
}

// BenchmarkDecodeBatch decodes 16 messages of 20 bytes that come with one read.
func BenchmarkDecodeBatch(b *testing.B) {
	for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
		benchmarkDecode(b, fmt.Sprintf("16x20B/%v", role), newJob(role, mintws.OpBinary, fill(20), 16, 1, 0))
	}
}

// BenchmarkDecodeFragments decodes a message of 16 KiB in 16 fragments that come with one read.
func BenchmarkDecodeFragments(b *testing.B) {
	for _, c := range contents {
		benchmarkDecode(b, c.name+"/16x1KiB", newJob(mintws.Client, c.op, c.make(16<<10), 1, 16, 0))
	}
}

// BenchmarkDecodeReads decodes one message that comes in smaller reads. Ours is a new one each time, that may be kept for
// ever; most peers fill one buffer, of the right size from the start, again and again. So append joins the same in new
// memory, gobwas+new makes a buffer for each message, and mintws+pieces hands over the payload as it comes and joins
// nothing.
func BenchmarkDecodeReads(b *testing.B) {
	for _, s := range []size{{"16KiB", 16 << 10}, {"1KiB", 1 << 10}} {
		for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
			j := newJob(role, mintws.OpBinary, fill(1<<20), 1, 1, s.n)
			benchmarkDecode(b, fmt.Sprintf("1MiB/%s/%v", s.name, role), j)
		}
	}
	for _, c := range contents {
		benchmarkDecode(b, "64KiB-"+c.name+"/1460B/Client", newJob(mintws.Client, c.op, c.make(64<<10), 1, 1, 1460))
	}
}

// BenchmarkDecodeInPlace decodes one whole message where it is, so that there is no read, which otherwise takes as long as
// the rest. mutable is the same decoder with its state behind a pointer.
func BenchmarkDecodeInPlace(b *testing.B) {
	for _, c := range contents[:2] {
		for _, s := range sizes {
			j := newJob(mintws.Client, c.op, c.make(s.n), 1, 1, 0)
			versus(b, c.name+"/"+s.name, j.size,
				run{"mintws", func(b *testing.B) { inPlaceOurs(b, j) }},
				run{"mutable", func(b *testing.B) { inPlaceMutable(b, j) }},
				run{"floor", func(b *testing.B) {
					for b.Loop() {
						_, sink, _, _ = floorDecode(j.wire)
					}
				}},
			)
		}
	}
}

// benchmarkDecode decodes j with every library that can.
func benchmarkDecode(b *testing.B, name string, j decodeJob) {
	runs := []run{
		{"mintws", func(b *testing.B) { decodeOurs(b, j, mintws.DeliverMessages) }},
		{"gobwas", func(b *testing.B) { decodeGobwas(b, j, false) }},
		{"gorilla", func(b *testing.B) { decodeGorilla(b, j) }},
	}
	if j.role == mintws.Client {
		runs = append(runs,
			run{"mutable", func(b *testing.B) { decodeMutable(b, j) }},
			run{"wsutil", func(b *testing.B) { decodeWsutil(b, j) }},
			run{"coder", func(b *testing.B) { decodeCoder(b, j) }},
			run{"gws", func(b *testing.B) { decodeGws(b, j) }},
			run{"nbio", func(b *testing.B) { decodeNbio(b, j) }},
		)
		if j.fragments == 1 { // it does not say where a message of several frames ends
			runs = append(runs, run{"xnet", func(b *testing.B) { decodeXnet(b, j) }})
		}
	}
	if j.role == mintws.Client || j.read == len(j.wire) {
		runs = append(runs, run{"floor", func(b *testing.B) { decodeFloor(b, j, false) }})
	}
	if j.op == mintws.OpText {
		p := contentOf(j)
		runs = append(runs, run{"utf8.Valid", func(b *testing.B) { validate(b, p) }})
	}
	if j.read < len(j.wire) {
		runs = append(runs,
			run{"gobwas+new", func(b *testing.B) { decodeGobwas(b, j, true) }},
			run{"mintws+pieces", func(b *testing.B) { decodeOurs(b, j, mintws.DeliverPayload) }})
		if j.role == mintws.Client {
			runs = append(runs, run{"append", func(b *testing.B) { decodeFloor(b, j, true) }})
		}
	}
	versus(b, name, j.messages*j.size, runs...)
}

// contentOf returns the payload of a job of one message.
func contentOf(j decodeJob) (p []byte) {
	for wire := j.wire; len(wire) > 0; {
		_, payload, _, size := floorDecode(wire)
		p = append(p, payload...)
		wire = wire[size:]
	}
	return p
}

// decodeOurs reads into a buffer and decodes that with the same Inbox again and again. With DeliverPayload the Inbox is
// emptied after each read.
func decodeOurs(b *testing.B, j decodeJob, d mintws.Delivery) {
	endpoint, err := mintws.NewWebSocket(j.role, mintws.Options{Delivery: d})
	if err != nil {
		b.Fatal(err)
	}
	var in mintws.Inbox
	buf := make([]byte, j.read)
	for b.Loop() {
		in.Reset()
		for wire := j.wire; len(wire) > 0; {
			n := received(buf, wire)
			if d == mintws.DeliverPayload {
				in.Reset()
			}
			if endpoint, err = endpoint.AppendDecode(&in, buf[:n]); err != nil {
				b.Fatal(err)
			}
			wire = wire[n:]
		}
		if len(in.Frames) != j.messages || in.Frames[0].More {
			b.Fatalf("%d frames", len(in.Frames))
		}
	}
}

// inPlaceOurs decodes j where it is.
func inPlaceOurs(b *testing.B, j decodeJob) {
	endpoint, err := benchEndpoint(b, j.role), error(nil)
	var in mintws.Inbox
	for b.Loop() {
		in.Reset()
		if endpoint, err = endpoint.AppendDecode(&in, j.wire); err != nil {
			b.Fatal(err)
		}
	}
	if len(in.Frames) != j.messages {
		b.Fatalf("%d frames", len(in.Frames))
	}
}

// pull decodes j with a library that is asked for one message after the other. message returns how long it is.
func pull(b *testing.B, j decodeJob, conn *memConn, message func() (int, error)) {
	b.Helper()
	for b.Loop() {
		conn.in.Reset(j.wire)
		for range j.messages {
			if n, err := message(); err != nil || n != j.size {
				b.Fatalf("%d bytes of %d, %v", n, j.size, err)
			}
		}
	}
}
