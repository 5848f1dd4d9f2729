package wsconn_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// TestJoinedMessages: messages larger than a read come as they were sent, compressed or not, whatever they inflate to.
func TestJoinedMessages(t *testing.T) {
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, extensions := range [][]mintws.Extension{nil, {deflate}} {
		url := serve(t, wsconn.AcceptOptions{WebSocket: mintws.AcceptOptions{Extensions: extensions}}, echo)
		ctx := bounded(t)
		c, dErr := wsconn.Dial(ctx, url, wsconn.Options{WebSocket: mintws.Options{Extensions: extensions}})
		if dErr != nil {
			t.Fatal(dErr)
		}
		defer c.CloseNow()
		rng := rand.New(rand.NewPCG(1, 2))
		for _, kinds := range []int{2, 16, 256} {
			for _, size := range []int{500_000, 70_000, 64 << 10, 1 << 20, 1_200_000, 5000} {
				sent := make([]byte, size)
				for i := range sent {
					sent[i] = byte(rng.IntN(kinds))
				}
				wrote := make(chan error, 1)
				go func() { wrote <- c.Write(ctx, mintws.OpBinary, sent) }()
				_, got, rErr := c.Read(ctx)
				if wErr := <-wrote; rErr != nil || wErr != nil || !bytes.Equal(got, sent) {
					t.Fatalf("%v, %d bytes of %d kinds: %d bytes, %v, %v", c.Extensions(), size, kinds, len(got), rErr, wErr)
				}
			}
		}
	}
}
