package wshttp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// tunnels is how many goroutines are in a method of the stream on HTTP/2.
func tunnels(t *testing.T) int {
	t.Helper()
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 2); err != nil {
		t.Fatal(err)
	}
	n := 0
	for g := range bytes.SplitSeq(b.Bytes(), []byte("\n\n")) {
		if bytes.Contains(g, []byte("wshttp.(*tunnel)")) {
			n++
		}
	}
	return n
}

// TestHandlerGoneHTTP2 has handlers that end without Close, in the ways there are, while more input is there than they have read.
// Nothing is left of their streams.
func TestHandlerGoneHTTP2(t *testing.T) {
	const streams = 20
	for name, end := range map[string]func(){
		"returns": func() {},
		"panics":  func() { panic(http.ErrAbortHandler) },
		"exits":   func() { panic("a panic that http.Server logs") },
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{}, streams)
			ts := startHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
				if err != nil {
					t.Error(err)
				}
				s, err := wshttp.Answer(w, r, status, header)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err = io.ReadFull(s, make([]byte, 1<<15+1)); err != nil {
					t.Error(err)
				}
				// And a goroutine that waits for the body when the handler goes.
				if err = s.SetReadDeadline(time.Unix(1, 0)); err != nil {
					t.Error(err)
				}
				for err == nil {
					_, err = s.Read(make([]byte, 1))
				}
				ended <- struct{}{}
				end()
			}))
			ts.Config.ErrorLog = log.New(io.Discard, "", 0)
			for range streams {
				resp, w := connect(t, ts, websocket())
				go func() {
					for noise := make([]byte, 1<<16); ; {
						if _, err := w.Write(noise); err != nil {
							return
						}
					}
				}()
				<-ended
				io.Copy(io.Discard, resp.Body) // it ends, well or not
			}
			for until := time.Now().Add(limit); tunnels(t) > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(until) {
					t.Fatalf("%d goroutines are left of %d streams", tunnels(t), streams)
				}
			}
		})
	}
}

// finished is a ResponseWriter that panics where net/http's does: after the handler's return.
type finished struct {
	http.ResponseWriter
	over *bool
}

func (w finished) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w finished) Write(p []byte) (int, error) {
	if *w.over {
		panic("Write called after Handler finished")
	}
	return w.ResponseWriter.Write(p)
}

// TestLeftBehindHTTP2 has a goroutine that goes on with the stream when the handler has returned.
func TestLeftBehindHTTP2(t *testing.T) {
	ts := startHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var s wshttp.Stream
		over := false
		ctx, cancel := context.WithCancel(r.Context()) // as net/http's ends
		func(w http.ResponseWriter, r *http.Request) {
			_, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
			if err != nil {
				t.Error(err)
			}
			if s, err = wshttp.Answer(w, r, status, header); err != nil {
				t.Error(err)
			}
		}(finished{w, &over}, r.WithContext(ctx))
		if _, err := s.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		over = true
		cancel()
		if n, err := s.Write([]byte("y")); n != 0 || !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write: %d, %v", n, err)
		}
		if err := errors.Join(s.SetWriteDeadline(time.Unix(1, 0)), s.Close()); err != nil {
			t.Error(err)
		}
	}))
	resp, _ := connect(t, ts, websocket())
	if got, err := io.ReadAll(resp.Body); string(got) != "x" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
