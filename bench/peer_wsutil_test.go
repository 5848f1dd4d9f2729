package bench

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/mintws/mintws/mintws"
)

// encodeWsutil is encodeOurs for gobwas's Writer with a buffer that has the right size and is reused. It leaves the
// validation of text to its user.
func encodeWsutil(b *testing.B, op mintws.Opcode, p []byte) {
	var buf bytes.Buffer
	w := wsutil.NewWriterSize(&buf, ws.StateClientSide, ws.OpCode(op), len(p))
	for b.Loop() {
		if op == mintws.OpText && !utf8.Valid(p) {
			b.Fatal("not UTF-8")
		}
		buf.Reset()
		_, err := w.Write(p)
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// fragmentsWsutil is fragmentsOurs for gobwas's Writer.
func fragmentsWsutil(b *testing.B, op mintws.Opcode, p []byte, n int) {
	var buf bytes.Buffer
	w := wsutil.NewWriterSize(&buf, ws.StateClientSide, ws.OpCode(op), (len(p)+n-1)/n)
	for b.Loop() {
		if op == mintws.OpText && !utf8.Valid(p) {
			b.Fatal("not UTF-8")
		}
		buf.Reset()
		for i, piece := range pieces(p, n) {
			_, err := w.Write(piece)
			if err == nil && i < n-1 {
				err = w.FlushFragment()
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	}
}

// decodeWsutil reads with gobwas's Reader into a buffer that is reused. Its own validation of text is left off, as utf8.Valid
// is many times faster.
func decodeWsutil(b *testing.B, j decodeJob) {
	conn, buf := &memConn{read: j.read}, make([]byte, j.size+1)
	r := wsutil.Reader{Source: conn, State: ws.StateClientSide}
	pull(b, j, conn, func() (int, error) {
		if _, err := r.NextFrame(); err != nil {
			return 0, err
		}
		n, err := readAll(&r, buf)
		if j.op == mintws.OpText && !utf8.Valid(buf[:n]) {
			b.Fatal("not UTF-8")
		}
		return n, err
	})
}
