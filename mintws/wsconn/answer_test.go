package wsconn

import (
	"bytes"
	"context"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestPongBehindFrame: a Ping that comes when a writer has encoded a large frame and has not begun to write it is answered behind
// that frame, and its reader goes on at once.
func TestPongBehindFrame(t *testing.T) {
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	ctx := context.Background()
	c, err := Dial(ctx, server.URL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.sending <- struct{}{} // somebody writes
	payload := bytes.Repeat([]byte("x"), 2*maxPend)
	if err = c.encode(mintws.Binary(payload), nil); err != nil {
		t.Fatal(err)
	}
	if err = c.control(mintws.Ping([]byte("ping"))); err != nil { // would wait for the writer, who is this goroutine
		t.Fatal(err)
	}
	if c.caused == 0 || c.caused > 20 {
		t.Errorf("%d bytes are counted as caused by reading", c.caused)
	}
	c.release()
	if op, p, readErr := c.Read(ctx); readErr != nil || op != mintws.OpBinary || !bytes.Equal(p, payload) {
		t.Error(op, len(p), readErr)
	}
	if c.caused != 0 || c.unsent() != 0 {
		t.Errorf("%d bytes are counted, %d unsent", c.caused, c.unsent())
	}
}
