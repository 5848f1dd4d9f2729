package bench

import (
	"testing"

	"github.com/gorilla/websocket"

	"github.com/mintws/mintws/mintws"
)

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

// fragmentsGorilla is fragmentsOurs for gorilla. A fragment is what its buffer holds.
func fragmentsGorilla(b *testing.B, op mintws.Opcode, p []byte, n int) {
	c, _ := newGorillaSize(b, (len(p)+n-1)/n)
	for b.Loop() {
		w, err := c.NextWriter(int(op))
		if err != nil {
			b.Fatal(err)
		}
		if _, err = w.Write(p); err == nil {
			err = w.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// decodeGorilla reads with gorilla's NextReader into a buffer that is reused. It does not validate text.
func decodeGorilla(b *testing.B, j decodeJob) {
	c, conn := newGorilla(b, j.role)
	conn.read = j.read
	buf := make([]byte, j.size+1)
	pull(b, j, conn, func() (int, error) { return readGorillaMessage(c, buf) })
}

// readGorillaMessage reads one message into buf, which has room for more.
func readGorillaMessage(c *websocket.Conn, buf []byte) (int, error) {
	_, r, err := c.NextReader()
	if err != nil {
		return 0, err
	}
	return readAll(r, buf)
}
