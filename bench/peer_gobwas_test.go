package bench

import (
	"bytes"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/mintws/mintws/mintws"
)

// gobwasEncoder encodes with gobwas's low-level functions and without allocation: the payload is copied first and masked in
// the copy, as the caller's own must not change.
type gobwasEncoder struct {
	buf    bytes.Buffer
	header [ws.MaxHeaderSize]byte
}

// encode appends one whole message to e.buf.
func (e *gobwasEncoder) encode(role mintws.Role, op mintws.Opcode, p []byte) error {
	return e.frame(role, ws.Header{Fin: true, OpCode: ws.OpCode(op)}, p)
}

// frame appends one frame.
func (e *gobwasEncoder) frame(role mintws.Role, h ws.Header, p []byte) error {
	h.Length = int64(len(p))
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

// encodeGobwas is encodeOurs for gobwas. It leaves the validation of text to its user, who here calls utf8.Valid.
func encodeGobwas(b *testing.B, role mintws.Role, op mintws.Opcode, p []byte) {
	var e gobwasEncoder
	e.buf.Grow(ws.MaxHeaderSize + len(p))
	for b.Loop() {
		if op == mintws.OpText && !utf8.Valid(p) {
			b.Fatal("not UTF-8")
		}
		e.buf.Reset()
		if err := e.encode(role, op, p); err != nil {
			b.Fatal(err)
		}
	}
}

// fragmentsGobwas is fragmentsOurs for gobwas.
func fragmentsGobwas(b *testing.B, op mintws.Opcode, p []byte, n int) {
	var e gobwasEncoder
	for b.Loop() {
		if op == mintws.OpText && !utf8.Valid(p) {
			b.Fatal("not UTF-8")
		}
		e.buf.Reset()
		for i, piece := range pieces(p, n) {
			h := ws.Header{Fin: i == n-1}
			if i == 0 {
				h.OpCode = ws.OpCode(op)
			}
			if err := e.frame(mintws.Client, h, piece); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// decodeGobwas reads with gobwas's low-level functions into a buffer that is reused or, with fresh, into a new one for each
// frame. They leave the validation of text to their user.
func decodeGobwas(b *testing.B, j decodeJob, fresh bool) {
	state := ws.StateClientSide
	if j.role == mintws.Server {
		state = ws.StateServerSide
	}
	conn, header, buf := memConn{read: j.read}, make([]byte, ws.MaxHeaderSize), make([]byte, j.size)
	r := io.Reader(&conn)
	for b.Loop() {
		conn.in.Reset(j.wire)
		at := 0
		for left := j.messages; left > 0; {
			h, err := ws.ReadHeaderBuffer(r, header)
			if err == nil {
				err = ws.CheckHeader(h, state)
			}
			if err == nil && fresh {
				buf, at = make([]byte, h.Length), 0
			}
			if err != nil || h.Length > int64(len(buf)-at) {
				b.Fatalf("%d bytes, %v", h.Length, err)
			}
			p := buf[at : at+int(h.Length)]
			if _, err = io.ReadFull(r, p); err != nil {
				b.Fatal(err)
			}
			if h.Masked {
				ws.Cipher(p, h.Mask, 0)
			}
			if at += len(p); !h.Fin {
				state = state.Set(ws.StateFragmented)
				continue
			}
			if j.op == mintws.OpText && !utf8.Valid(buf[:at]) {
				b.Fatal("not UTF-8")
			}
			state = state.Clear(ws.StateFragmented)
			sink, at = buf[:at], 0
			left--
		}
	}
}
