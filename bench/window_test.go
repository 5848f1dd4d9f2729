package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// windowClients open a WebSocket with permessage-deflate as these libraries do by default, with takeover where they can.
// exchange sends a message and returns the next one that comes.
var windowClients = []struct {
	name string
	open func(t *testing.T, url string) (resp *http.Response, exchange func(p []byte) ([]byte, error))
}{
	{"gorilla", func(t *testing.T, url string) (*http.Response, func([]byte) ([]byte, error)) {
		conn, resp, err := (&gorilla.Dialer{EnableCompression: true}).Dial(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return resp, func(p []byte) ([]byte, error) {
			if err := conn.WriteMessage(gorilla.BinaryMessage, p); err != nil {
				return nil, err
			}
			_, got, err := conn.ReadMessage()
			return got, err
		}
	}},
	{"coder", func(t *testing.T, url string) (*http.Response, func([]byte) ([]byte, error)) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		t.Cleanup(cancel)
		conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.CloseNow() })
		conn.SetReadLimit(1 << 20)
		return resp, func(p []byte) ([]byte, error) {
			if err := conn.Write(ctx, websocket.MessageBinary, p); err != nil {
				return nil, err
			}
			_, got, err := conn.Read(ctx)
			return got, err
		}
	}},
	{"gws", func(t *testing.T, url string) (*http.Response, func([]byte) ([]byte, error)) {
		h := &windowGws{got: make(chan []byte, 1), over: make(chan error, 1)}
		conn, resp, err := gws.NewClient(h, &gws.ClientOption{Addr: url, PermessageDeflate: gws.PermessageDeflate{
			Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true}})
		if err != nil {
			t.Fatal(err)
		}
		go conn.ReadLoop()
		t.Cleanup(func() { conn.NetConn().Close() })
		return resp, func(p []byte) ([]byte, error) {
			if err := conn.WriteMessage(gws.OpcodeBinary, p); err != nil {
				return nil, err
			}
			select {
			case got := <-h.got:
				return got, nil
			case err := <-h.over:
				return nil, err
			}
		}
	}},
}

type windowGws struct {
	gws.BuiltinEventHandler
	got  chan []byte
	over chan error
}

func (h *windowGws) OnMessage(_ *gws.Conn, m *gws.Message) { h.got <- bytes.Clone(m.Bytes()) }
func (h *windowGws) OnClose(_ *gws.Conn, err error)        { h.over <- err }

// TestWindowUnasked: every client accepts a server that says unasked how small a window it compresses with (RFC 7692
// section 7.1.2.1). Those that are not written in Go are in internal/test/interop.
func TestWindowUnasked(t *testing.T) {
	for _, client := range windowClients {
		for bits := 8; bits < 15; bits++ {
			t.Run(fmt.Sprintf("%s/%d bits", client.name, bits), func(t *testing.T) {
				deflate, err := mintws.NewDeflate(mintws.DeflateOptions{AnnounceSendWindow: true, SendWindow: 1 << bits})
				if err != nil {
					t.Fatal(err)
				}
				s := wstest.NewServer(wstest.Options{Accept: mintws.AcceptOptions{Extensions: []mintws.Extension{deflate}}})
				t.Cleanup(s.Close)
				resp, exchange := client.open(t, s.URL)
				want := fmt.Sprintf("server_max_window_bits=%d", bits)
				if got := resp.Header.Get("Sec-WebSocket-Extensions"); !strings.Contains(got, want) {
					t.Fatalf("the answer is %q, want %s in it", got, want)
				}
				for i := range 30 {
					p := []byte(strings.Repeat(fmt.Sprintf(`{"id":%d,"symbol":"SYM%d"},`, i, i%7), 1<<(i%12)))
					if got, err := exchange(p); err != nil || !bytes.Equal(got, p) {
						t.Fatalf("message %d of %d bytes comes back with %d, %v", i, len(p), len(got), err)
					}
				}
			})
		}
	}
}
