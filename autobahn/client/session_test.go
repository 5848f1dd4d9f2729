package main

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect" // extended CONNECT in net/http
)

// TestSessionVisit has each of the visits twice, on one connection.
func TestSessionVisit(t *testing.T) {
	for _, tt := range visits {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer := saying(tt.say, tt.hang)
			if tt.refuse {
				answer = func(f *http2.Framer, _ int, id uint32) error { return respond(f, id, true, "403") }
			}
			server := serveH2(t, answer)
			var s session
			defer s.close()
			for range 2 {
				err := s.visit(server.target, time.Now().Add(limit(tt.limit)), echo)
				if tt.err == nil && err != nil || tt.err != nil && !tt.err(err) {
					t.Fatalf("error %v", err)
				}
				if tt.refuse {
					return // there is no stream to end
				}
				compare(t, next(t, server.bodies), tt.want)
			}
			first, second := next(t, server.opened), next(t, server.opened)
			if kept := tt.err == nil; (first == second) != kept {
				t.Errorf("connections %d and %d; want one: %t", first, second, kept)
			}
			// RFC 8441 section 5: what over TCP is a close in the middle is a RST_STREAM with CANCEL.
			if tt.hang {
				if code := next(t, server.codes); code != http2.ErrCodeCancel {
					t.Errorf("RST_STREAM with %v, want CANCEL", code)
				}
			}
		})
	}
}

// TestSessionLarge: a message of the largest size comes and goes while the server gives little credit at a time.
func TestSessionLarge(t *testing.T) {
	const size = 16 << 20
	message := make([]byte, 10+size)
	message[0], message[1] = 0x82, 127
	binary.BigEndian.PutUint64(message[2:], size)
	copy(message[10:], bytes.Repeat([]byte("no power of two"), size/15+1))
	echoed := make(chan error, 1)
	ts := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_, err := w.Write(message)
		err = errors.Join(err, rc.Flush())
		sent := make([]byte, 14+size) // a masked header is 4 bytes longer
		if _, failure := io.ReadFull(r.Body, sent); failure != nil {
			err = errors.Join(err, failure)
		}
		subtle.XORBytes(sent[14:], sent[14:], bytes.Repeat(sent[10:14], size/4))
		if !bytes.Equal(sent[14:], message[10:]) {
			err = errors.Join(err, errors.New("the echo differs"))
		}
		_, failure := io.WriteString(w, "\x88\x00")
		failure = errors.Join(failure, rc.Flush())
		_, _ = io.Copy(io.Discard, r.Body)
		echoed <- errors.Join(err, failure)
	}))
	ts.Config.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerConnection: 1 << 20, MaxReceiveBufferPerStream: 256 << 10}
	ts.Config.Protocols = new(http.Protocols)
	ts.Config.Protocols.SetUnencryptedHTTP2(true)
	ts.Start()
	defer ts.Close()
	var s session
	err := s.visit("ws://"+ts.Listener.Addr().String(), time.Now().Add(30*time.Second), echo)
	s.close()
	if err = errors.Join(err, next(t, echoed)); err != nil {
		t.Error(err)
	}
}

// TestSessionLost: an answer that there is no room for is a failure of the driver, and no case's result.
func TestSessionLost(t *testing.T) {
	server := serveH2(t, saying("\x81\x01a", true))
	var s session
	defer s.close()
	err := s.visit(server.target, time.Now().Add(10*time.Second), func(mintws.Frame) (mintws.Frame, bool) {
		return mintws.Binary(make([]byte, maxQueued+100_000)), true
	})
	if !errors.Is(err, httpconn.ErrBufferFull) {
		t.Errorf("error %v, want that there is no room", err)
	}
	if code := next(t, server.codes); code != http2.ErrCodeCancel {
		t.Errorf("RST_STREAM with %v, want CANCEL", code)
	}
}

// TestSessionReset: an abrupt end of a WebSocket that was open is no failure, and the connection goes on.
func TestSessionReset(t *testing.T) {
	server := serveH2(t, func(f *http2.Framer, _ int, id uint32) error {
		return errors.Join(respond(f, id, false, "200"), f.WriteRSTStream(id, http2.ErrCodeCancel))
	})
	var s session
	defer s.close()
	for range 2 {
		if err := s.visit(server.target, time.Now().Add(10*time.Second), echo); err != nil {
			t.Fatal(err)
		}
		if connection := next(t, server.opened); connection != 0 {
			t.Error("a new connection")
		}
	}
}

// TestSessionNewConnection: a connection that takes no more streams is replaced, whatever it says and when.
func TestSessionNewConnection(t *testing.T) {
	for name, leave := range map[string]func(f *http2.Framer, id uint32) error{
		"closed": func(*http2.Framer, uint32) error { return errHangUp },
		"GOAWAY": func(f *http2.Framer, id uint32) error { return f.WriteGoAway(id, http2.ErrCodeNo, nil) },
		"GOAWAY, then close": func(f *http2.Framer, id uint32) error {
			return errors.Join(f.WriteGoAway(id, http2.ErrCodeNo, nil), errHangUp)
		},
	} {
		t.Run(name, func(t *testing.T) {
			answered := make(chan int, 10)
			server := serveH2(t, func(f *http2.Framer, connection int, id uint32) error {
				if id > 1 {
					return nil // the client had not seen the GOAWAY yet
				}
				answered <- connection
				return errors.Join(saying("\x88\x00", false)(f, connection, id), leave(f, id))
			})
			var s session
			defer s.close()
			for i := range 3 {
				if err := s.visit(server.target, time.Now().Add(10*time.Second), echo); err != nil {
					t.Fatalf("visit %d: %v", i, err)
				}
				if connection := next(t, answered); connection != i {
					t.Errorf("visit %d is on connection %d", i, connection)
				}
			}
		})
	}
}

// TestSessionUnprocessed: a stream that the server says it has not looked at is tried once more, on another connection.
func TestSessionUnprocessed(t *testing.T) {
	server := serveH2(t, func(f *http2.Framer, connection int, id uint32) error {
		if id == 3 {
			return f.WriteGoAway(1, http2.ErrCodeNo, nil)
		}
		return saying("\x88\x00", false)(f, connection, id)
	})
	var s session
	defer s.close()
	for range 2 {
		if err := s.visit(server.target, time.Now().Add(10*time.Second), echo); err != nil {
			t.Fatal(err)
		}
	}
	if a, b, c := next(t, server.opened), next(t, server.opened), next(t, server.opened); a != 0 || b != 0 || c != 1 {
		t.Errorf("streams on connections %d, %d, %d; want 0, 0, 1", a, b, c)
	}
}

func TestSessionNobody(t *testing.T) {
	target, ln := listen(t)
	_ = ln.Close()
	var s session
	if err := s.visit(target, time.Now().Add(10*time.Second), echo); !absent(err) {
		t.Errorf("error %v, want one of dialing", err)
	}
}

// TestSessionSilent: a server that never sends SETTINGS.
func TestSessionSilent(t *testing.T) {
	target, _ := listen(t)
	var s session
	err := s.visit(target, time.Now().Add(100*time.Millisecond), echo)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v, want that the deadline passed", err)
	}
}
