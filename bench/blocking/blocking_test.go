// Package blocking measures package wsconn next to the libraries whose shape it has. The server is the same for all, and both ends are on
// one core: across two, what is measured is how long the other one takes to wake up.
//
//	go test -bench . ./blocking
package blocking

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// libs are the clients: open returns a round trip, which sends p and returns the echo.
var libs = []struct {
	name string
	open func(url string) (trip func(p []byte) ([]byte, error), close func(), err error)
}{
	{"wsconn", func(url string) (func([]byte) ([]byte, error), func(), error) {
		ctx := context.Background()
		c, err := wsconn.Dial(ctx, url, wsconn.Options{})
		if err != nil {
			return nil, nil, err
		}
		return func(p []byte) ([]byte, error) {
			if writeErr := c.Write(ctx, mintws.OpBinary, p); writeErr != nil {
				return nil, writeErr
			}
			_, got, readErr := c.Read(ctx)
			return got, readErr
		}, func() { c.CloseNow() }, nil
	}},
	{"gorilla", func(url string) (func([]byte) ([]byte, error), func(), error) {
		c, _, err := gorilla.DefaultDialer.Dial(url, nil)
		if err != nil {
			return nil, nil, err
		}
		return func(p []byte) ([]byte, error) {
			if writeErr := c.WriteMessage(gorilla.BinaryMessage, p); writeErr != nil {
				return nil, writeErr
			}
			_, got, readErr := c.ReadMessage()
			return got, readErr
		}, func() { c.Close() }, nil
	}},
	{"coder", func(url string) (func([]byte) ([]byte, error), func(), error) {
		ctx := context.Background()
		c, _, err := coder.Dial(ctx, url, nil)
		if err != nil {
			return nil, nil, err
		}
		c.SetReadLimit(-1)
		return func(p []byte) ([]byte, error) {
			if writeErr := c.Write(ctx, coder.MessageBinary, p); writeErr != nil {
				return nil, writeErr
			}
			_, got, readErr := c.Read(ctx)
			return got, readErr
		}, func() { c.CloseNow() }, nil
	}},
}

// serve starts the server, and returns its URL.
func serve(tb testing.TB) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := wsconn.Accept(w, r, wsconn.AcceptOptions{})
		for err == nil {
			var op mintws.Opcode
			var p []byte
			if op, p, err = c.Read(context.Background()); err == nil {
				err = c.Write(context.Background(), op, p)
			}
		}
		if c != nil {
			c.CloseNow()
		}
	}))
	tb.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// trips makes n round trips.
func trips(n int, p []byte, trip func([]byte) ([]byte, error)) error {
	for range n {
		got, err := trip(p)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, p) {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

func BenchmarkRoundTrip(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	url := serve(b)
	for _, size := range []int{128, 64 << 10} {
		for _, lib := range libs {
			b.Run(fmt.Sprintf("%dB/lib=%s", size, lib.name), func(b *testing.B) {
				trip, end, err := lib.open(url)
				if err != nil {
					b.Fatal(err)
				}
				defer end()
				p := make([]byte, size)
				if err = trips(20, p, trip); err != nil { // buffers have grown
					b.Fatal(err)
				}
				b.SetBytes(int64(2 * size))
				b.ReportAllocs()
				b.ResetTimer()
				if err = trips(b.N, p, trip); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// TestTrips: what is measured does what it should.
func TestTrips(t *testing.T) {
	url := serve(t)
	for _, lib := range libs {
		trip, end, err := lib.open(url)
		if err != nil {
			t.Fatal(lib.name, err)
		}
		for _, size := range []int{0, 1, 128, 64 << 10, 1 << 20} {
			if err = trips(2, bytes.Repeat([]byte{1}, size), trip); err != nil {
				t.Error(lib.name, size, err)
			}
		}
		end()
	}
}
