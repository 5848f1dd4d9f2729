package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wshttp"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"
	"github.com/mintws/mintws/mintws/wstest"
)

// relayTo starts a relay to a backend. What it says in the end is on the channel.
func relayTo(t *testing.T, backend string) (r *relay, url string, stop func(), ended <-chan error) {
	t.Helper()
	r, err := dial(t.Context(), backend, 50)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	done := make(chan error, 1)
	over := make(chan struct{})
	go func() {
		done <- r.run(ctx, l)
		close(over)
	}()
	t.Cleanup(func() {
		cancel()
		<-over
	})
	return r, "ws://" + l.Addr().String(), cancel, done
}

// later lets the seconds pass that the relay has for something, without waiting for them: each tick has the time as an argument.
func (r *relay) later(seconds int) {
	now := time.Now()
	for i := 0; i < seconds; {
		ticked := make(chan bool)
		if !r.hand(func() {
			for _, c := range r.clients {
				if !c.box.idle() { // that is slow, and not silent: let it be written first
					ticked <- false
					return
				}
			}
			r.heard = now.Add(time.Duration(i) * time.Second) // of the backend
			r.tick(r.heard)
			ticked <- true
		}) {
			return
		}
		if <-ticked {
			i++
		}
	}
}

// TestSilentClient: a client that is there no more, and has not said so, is asked and then given up.
func TestSilentClient(t *testing.T) {
	lost := make(chan mintws.WebSocket, 1)
	backend := wstest.NewServer(wstest.Options{Over: func(_ *http.Request, ws mintws.WebSocket) { lost <- ws }})
	defer backend.Close()
	r, url, _, _ := relayTo(t, backend.URL)
	sock, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	io.WriteString(sock, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x81\x80\x00\x00\x00\x00")
	var got []byte
	buf := make([]byte, 1024)
	for !strings.HasSuffix(string(got), "\r\n\r\n\x81\x00") { // it is open, and an echo has come
		n, readErr := sock.Read(buf)
		if got = append(got, buf[:n]...); readErr != nil {
			t.Fatalf("%v, %q", readErr, got)
		}
	}
	r.later(60)
	rest, err := io.ReadAll(sock)
	if string(rest) != "\x89\x00" || err != nil {
		t.Errorf("the client got %q, %v", rest, err)
	}
	if code, _ := (<-lost).PeerClose(); code != mintws.CodeGoingAway {
		t.Errorf("the backend got a Close with %v", code)
	}
}

// TestSilentBackend: one that does not answer costs the client no more than that answer, and one that is gone ends the relay.
func TestSilentBackend(t *testing.T) {
	backend := wstest.NewServer(wstest.Options{Behavior: wstest.Behavior{HandshakeDelay: -1}})
	defer backend.Close()
	r, url, _, ended := relayTo(t, backend.URL)
	refused := make(chan error, 1)
	go func() {
		_, err := wsconn.Dial(t.Context(), url, wsconn.Options{})
		refused <- err
	}()
	for asked := false; !asked; time.Sleep(time.Millisecond) {
		counted := make(chan bool)
		r.hand(func() { counted <- len(r.clients) > 0 })
		asked = <-counted
	}
	r.later(60)
	var he *mintws.HandshakeError
	if err := <-refused; !errors.As(err, &he) || he.Status != http.StatusGatewayTimeout {
		t.Errorf("the client got %v", err)
	}
	r.hand(func() {
		r.tick(r.heard.Add(silence))
		r.tick(r.heard.Add(2 * silence)) // and no answer to the PING
	})
	var late *session.TimeoutError
	if err := <-ended; !errors.As(err, &late) {
		t.Errorf("the relay ended with %v", err)
	}
}

// TestSlowBackend: while a backend does not read, the relay holds no more of a client than what it reads at a time. The backend
// is net/http's.
func TestSlowBackend(t *testing.T) {
	const size = 8 << 20
	release, got := make(chan struct{}), make(chan int64, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ws, status, header, acceptErr := mintws.Accept(req, mintws.AcceptOptions{Delivery: mintws.DeliverPayload})
		if acceptErr != nil {
			t.Error(acceptErr)
			return
		}
		s, answerErr := wshttp.Answer(w, req, status, header)
		if answerErr != nil {
			t.Error(answerErr)
			return
		}
		defer s.Close()
		<-release
		var in mintws.Inbox
		total := int64(0)
		for buf := make([]byte, 64<<10); total < size; in.Reset() {
			n, readErr := s.Read(buf)
			if ws, err = ws.AppendDecode(&in, buf[:n]); err != nil || readErr != nil {
				break
			}
			for _, f := range in.Frames {
				total += int64(len(f.Payload))
			}
		}
		got <- total
	})}
	go server.Serve(l) //nolint:errcheck // it ends with Close
	defer server.Close()
	r, url, _, _ := relayTo(t, "ws://"+l.Addr().String())
	c := connect(t, url, mintws.Options{})
	go c.Write(t.Context(), mintws.OpBinary, make([]byte, size)) //nolint:errcheck // what arrives is counted
	held, stopped := 0, false
	for range 2000 {
		counted := make(chan struct{})
		r.hand(func() {
			for id, c := range r.clients {
				held = max(held, r.conn.Buffered(id))
				stopped = c.paused && r.conn.Buffered(id) > 0
			}
			close(counted)
		})
		<-counted
		if stopped {
			break
		}
		time.Sleep(time.Millisecond)
	}
	close(release)
	if total := <-got; total != size || !stopped || held == 0 || held > chunk+64 {
		t.Errorf("the backend got %d bytes; stopped %t, %d were held", total, stopped, held)
	}
}
