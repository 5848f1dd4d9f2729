//lint:file-ignore SA1019 http.Transport, which is to replace http2.Transport, refuses :protocol

package wshttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"

	"golang.org/x/net/http2"
)

// startHTTP2 runs a server with HTTP/2 and short deadlines for ordinary requests.
func startHTTP2(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	ts := httptest.NewUnstartedServer(h)
	ts.EnableHTTP2 = true
	ts.StartTLS()
	t.Cleanup(ts.Close)
	return ts
}

// connect makes an extended CONNECT. What is written to the returned writer is the request's content.
func connect(t *testing.T, ts *httptest.Server, header http.Header) (*http.Response, *io.PipeWriter) {
	t.Helper()
	pr, pw := io.Pipe()
	t.Cleanup(func() { pw.Close() })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodConnect, ts.URL+"/chat?x=1", pr)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	tr := &http2.Transport{TLSClientConfig: ts.Client().Transport.(*http.Transport).TLSClientConfig}
	t.Cleanup(tr.CloseIdleConnections)
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp, pw
}

// websocket is the header of a good request.
func websocket() http.Header {
	return http.Header{":protocol": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Protocol": {"a"}}
}

func TestAnswerHTTP2(t *testing.T) {
	interrupted := make(chan struct{})
	handler := accept(t, mintws.AcceptOptions{Subprotocols: []string{"a"}}, func(s wshttp.Stream) {
		// A deadline interrupts reading, and reading goes on after it.
		if err := s.SetReadDeadline(time.Unix(1, 0)); err != nil {
			t.Error(err)
		}
		if n, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read = %d, %v, want the deadline", n, err)
		}
		close(interrupted)
		if err := errors.Join(s.SetReadDeadline(time.Time{}), s.SetWriteDeadline(time.Now().Add(limit))); err != nil {
			t.Error(err)
		}
		if n, err := io.Copy(s, s); n != 3+1<<20 || err != nil {
			t.Errorf("echoed %d bytes, %v", n, err)
		}
		if err := s.CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("CloseWrite: %v", err)
		}
		if err := wshttp.Linger(s, time.Hour); err != nil {
			t.Error(err)
		}
		_, err := s.Write([]byte("x"))
		for _, err = range []error{err, s.SetWriteDeadline(time.Time{}), s.Close()} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		}
	})
	ts := startHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=1")
		w.Header().Set("Content-Length", "5")
		if r.ProtoMajor != 2 || r.RequestURI != "/chat?x=1" {
			t.Errorf("request for %s on %s", r.RequestURI, r.Proto)
		}
		handler.ServeHTTP(w, r)
	}))
	resp, w := connect(t, ts, websocket())
	if resp.StatusCode != 200 || resp.Header.Get("Sec-WebSocket-Protocol") != "a" || resp.Header.Get("Set-Cookie") != "a=1" ||
		resp.ContentLength != -1 {
		t.Errorf("response %d %v, length %d", resp.StatusCode, resp.Header, resp.ContentLength)
	}
	<-interrupted
	// A few bytes come back before more is sent; then more than the windows hold goes both ways at once.
	if _, err := io.WriteString(w, "abc"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != "abc" {
		t.Fatalf("got %q, %v", got, err)
	}
	large := strings.Repeat("0123456789abcdef", 1<<16)
	go func() {
		_, err := io.WriteString(w, large)
		if err = errors.Join(err, w.Close()); err != nil {
			t.Error(err)
		}
	}()
	rest, err := io.ReadAll(resp.Body) // up to the END_STREAM that the handler's return sends
	if err != nil || string(rest) != large {
		t.Errorf("got %d bytes, %v", len(rest), err)
	}
}

// TestLastWordsHTTP2 has a handler that writes and returns while the client is sending. What was written arrives, and a
// clean end.
func TestLastWordsHTTP2(t *testing.T) {
	ts := startHTTP2(t, accept(t, mintws.AcceptOptions{}, func(s wshttp.Stream) {
		if _, err := io.WriteString(s, "last words"); err != nil {
			t.Error(err)
		}
		if err := wshttp.Linger(s, limit); err != nil {
			t.Error(err)
		}
	}))
	resp, w := connect(t, ts, websocket())
	go func() {
		noise := make([]byte, 1<<16)
		for {
			if _, err := w.Write(noise); err != nil {
				return // the client stops reading from the pipe when the stream is over
			}
		}
	}()
	if got, err := io.ReadAll(resp.Body); string(got) != "last words" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestResetHTTP2 shows that a stream that the client resets does not look like one that it ended.
func TestResetHTTP2(t *testing.T) {
	result := make(chan error, 1)
	ts := startHTTP2(t, accept(t, mintws.AcceptOptions{}, func(s wshttp.Stream) {
		_, err := io.Copy(io.Discard, s)
		result <- err
	}))
	resp, w := connect(t, ts, websocket())
	if err := w.CloseWithError(errors.New("enough")); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := <-result; err == nil {
		t.Error("a reset was read as the end")
	}
}

// TestWriteDeadlineHTTP2 has a client that does not read, so that its window fills.
func TestWriteDeadlineHTTP2(t *testing.T) {
	result := make(chan error, 1)
	ts := startHTTP2(t, accept(t, mintws.AcceptOptions{}, func(s wshttp.Stream) {
		var err error
		for chunk := make([]byte, 1<<20); err == nil; {
			if err = s.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err == nil {
				_, err = s.Write(chunk)
			}
		}
		result <- err
	}))
	connect(t, ts, websocket())
	if err := <-result; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Write failed with %v, want the deadline", err)
	}
}

// TestDeadlinesHTTP2 has deadlines that interrupt what is under way, and one that passes while nothing is: the stream lives on.
func TestDeadlinesHTTP2(t *testing.T) {
	done := make(chan struct{})
	ts := startHTTP2(t, accept(t, mintws.AcceptOptions{}, func(s wshttp.Stream) {
		var b [1]byte
		for _, later := range []time.Time{{}, time.Now().Add(limit), time.Now().Add(time.Millisecond)} {
			// Put off, brought forward and taken away before it counts.
			err := errors.Join(s.SetReadDeadline(time.Now().Add(2*limit)), s.SetReadDeadline(time.Time{}), s.SetReadDeadline(later))
			interrupted := make(chan error)
			go func() {
				_, readErr := s.Read(b[:])
				interrupted <- readErr
			}()
			if later.IsZero() || time.Until(later) > limit/2 {
				err = errors.Join(err, s.SetReadDeadline(time.Unix(1, 0)))
			}
			if readErr := <-interrupted; err != nil || !errors.Is(readErr, os.ErrDeadlineExceeded) {
				t.Errorf("Read: %v, %v; want the deadline", readErr, err)
			}
		}
		if err := errors.Join(s.SetReadDeadline(time.Time{}), s.SetWriteDeadline(time.Unix(1, 0))); err != nil {
			t.Error(err)
		}
		if _, err := s.Write(b[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write after its deadline: %v", err)
		}
		if err := s.SetWriteDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
		close(done)
		if _, err := io.Copy(s, s); err != nil {
			t.Error(err)
		}
	}))
	resp, w := connect(t, ts, websocket())
	<-done
	if _, err := io.WriteString(w, "still there"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got, err := io.ReadAll(resp.Body); string(got) != "still there" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestServerTimeouts has a server with timeouts for ordinary requests. A WebSocket outlives one that is ended by them and
// came after it.
func TestServerTimeouts(t *testing.T) {
	for _, major := range []int{1, 2} {
		t.Run(fmt.Sprintf("HTTP %d", major), func(t *testing.T) {
			t.Parallel()
			echo := accept(t, mintws.AcceptOptions{}, func(s wshttp.Stream) { io.Copy(struct{ io.Writer }{s}, struct{ io.Reader }{s}) })
			timeouts := make(chan error, 2)
			mux := http.NewServeMux()
			mux.Handle("/chat", echo)
			mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
				_, err := r.Body.Read(make([]byte, 1))
				timeouts <- err
				for err = nil; err == nil; {
					_, err = w.Write(make([]byte, 1<<16))
				}
				timeouts <- err
			})
			ts := httptest.NewUnstartedServer(mux)
			ts.Config.ReadTimeout, ts.Config.WriteTimeout = 2*time.Second, 2*time.Second // for the TLS handshake too
			ts.EnableHTTP2 = major == 2
			ts.StartTLS()
			t.Cleanup(ts.Close) // after those of connect, or it would wait for the stream
			var in io.Reader
			var out io.Writer
			if major == 1 {
				c := dial(t, ts)
				if _, err := io.WriteString(c, request); err != nil {
					t.Fatal(err)
				}
				head := make([]byte, len(wantHead))
				if _, err := io.ReadFull(c, head); err != nil || string(head) != wantHead {
					t.Fatalf("got %q, %v", head, err)
				}
				in, out = c, c
			} else {
				resp, w := connect(t, ts, websocket())
				in, out = resp.Body, w
			}
			ctx, cancel := context.WithCancel(t.Context())
			t.Cleanup(cancel)
			body, never := io.Pipe() // its content
			defer never.Close()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, ts.URL+"/slow", body)
			if err != nil {
				t.Fatal(err)
			}
			go func() { // its response is not read
				if resp, slowErr := ts.Client().Do(r); slowErr == nil {
					defer resp.Body.Close()
					<-ctx.Done()
				}
			}()
			for range 2 {
				if err = <-timeouts; err == nil {
					t.Error("the server has no timeouts")
				}
			}
			if _, err = io.WriteString(out, "still there"); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len("still there"))
			if _, err = io.ReadFull(in, got); err != nil || string(got) != "still there" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestRefuseHTTP2 has an answer with a status and a sentence, on a connection that remains.
func TestRefuseHTTP2(t *testing.T) {
	ts := startHTTP2(t, accept(t, mintws.AcceptOptions{}, func(wshttp.Stream) {}))
	header := websocket()
	header.Set("Sec-WebSocket-Version", "8")
	resp, _ := connect(t, ts, header)
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 400 || resp.Header.Get("Sec-WebSocket-Version") != "13" ||
		!strings.Contains(string(body), `Sec-WebSocket-Version is "8"`) {
		t.Errorf("got %d %v %q, %v", resp.StatusCode, resp.Header, body, err)
	}
}

// TestPathHTTP2 has a :path that is for OPTIONS alone.
func TestPathHTTP2(t *testing.T) {
	ts := startHTTP2(t, accept(t, mintws.AcceptOptions{}, func(wshttp.Stream) {}))
	for path, want := range map[string]int{"*": 400, "/*": 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodConnect, ts.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque, r.Header = path, websocket()
		tr := &http2.Transport{TLSClientConfig: ts.Client().Transport.(*http.Transport).TLSClientConfig}
		resp, err := tr.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		tr.CloseIdleConnections()
		if resp.StatusCode != want {
			t.Errorf("path %s: status %d, want %d", path, resp.StatusCode, want)
		}
	}
}
