//lint:file-ignore SA1019 http.Transport, which is to replace http2.Transport, refuses :protocol

package wstest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"

	"golang.org/x/net/http2"
)

// TestOtherClient: the HTTP/2 of golang.org/x/net finds nothing wrong with the server's, on many streams of one connection, with
// more on each than the windows allow, and with a request that opens nothing between them.
func TestOtherClient(t *testing.T) {
	s := wstest.NewServer(wstest.Options{TLS: true})
	defer s.Close()
	tr := &http2.Transport{TLSClientConfig: s.ClientTLS()}
	defer tr.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	url := "https" + strings.TrimPrefix(s.URL, "wss") + "/"
	sent := wstest.MaskedFrames(mintws.Text("Hello"), mintws.Binary(make([]byte, 300_000)), mintws.Close(1000, ""))
	want := wstest.Frames(mintws.Text("Hello"), mintws.Binary(make([]byte, 300_000)), mintws.Close(1000, ""))
	for range 10 {
		pr, pw := io.Pipe()
		r, err := http.NewRequestWithContext(ctx, http.MethodConnect, url, pr)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{":protocol": {"websocket"}, "Sec-Websocket-Version": {"13"}}
		resp, err := tr.RoundTrip(r)
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(resp, err)
		}
		go func() {
			pw.Write(sent)
			pw.Close()
		}()
		got, err := io.ReadAll(resp.Body)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %d bytes, want %d; %v", len(got), len(want), err)
		}
		if r, err = http.NewRequestWithContext(ctx, http.MethodGet, url, nil); err != nil {
			t.Fatal(err)
		}
		if resp, err = tr.RoundTrip(r); err != nil {
			t.Fatal(err)
		}
		if got, err = io.ReadAll(resp.Body); err != nil || resp.StatusCode != 405 || !strings.Contains(string(got), "method") {
			t.Errorf("%v %q, %v", resp.Status, got, err)
		}
		resp.Body.Close()
	}
}

// TestTooMuchWhileWaiting: what a client sends while its request waits for its answer is bounded.
func TestTooMuchWhileWaiting(t *testing.T) {
	p := wstest.NewPeer(wstest.Options{Behavior: wstest.Behavior{HandshakeDelay: -1}})
	p.Receive([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	for n := 0; !p.Over(); n++ {
		if n > 100 {
			t.Fatal("it is not")
		}
		p.Receive(make([]byte, 64<<10))
	}
}
