package wstest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// talk opens a WebSocket at url, sends the frames as soon as it is open, and reads until it is over. It returns what came,
// in one line, and how the WebSocket ended.
func talk(t *testing.T, s *wstest.Server, v httpconn.Version, frames ...mintws.Frame) (got string, last mintws.WebSocket) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out httpconn.Output
	var in mintws.Inbox
	sock, conn, err := httpdial.Dial(ctx, s.URL, &out, httpdial.Options{Protocols: []httpconn.Version{v}, TLS: s.ClientTLS()})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	defer context.AfterFunc(ctx, func() { sock.Close() })()
	if conn.Version() != v {
		t.Errorf("version %v, want %v", conn.Version(), v)
	}
	conn, ws, err := mintws.Upgrade(conn, &out, s.URL+"/path", mintws.Options{})
	buf := make([]byte, 4<<10)
	for err == nil && !ws.Over() {
		_, writeErr := out.WriteTo(sock)
		out.Reset()
		n, readErr := sock.Read(buf)
		if conn, _ = conn.Stream(&out, buf[:n]); readErr != nil || writeErr != nil {
			conn, _ = conn.StreamEOF(&out)
		}
		for _, ev := range out.Events {
			in.Reset()
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev) // ws.Err keeps the error
			for _, f := range in.Frames {
				got += fmt.Sprintf("%v %d %.40q|", f.Opcode, f.Code, f.Payload)
			}
		}
		for ; ws.State() == mintws.Open && len(frames) > 0 && err == nil; frames = frames[1:] {
			conn, ws, err = mintws.Send(conn, &out, ws, frames[0])
		}
	}
	if err != nil {
		t.Error(err)
	}
	conn.Close(&out)
	out.WriteTo(sock) // the server may be gone
	return got, ws
}

// TestServer has each version with and without TLS, and several clients at the same time.
func TestServer(t *testing.T) {
	for _, tls := range []bool{false, true} {
		for _, v := range versions {
			t.Run(fmt.Sprint(v, tls), func(t *testing.T) {
				over := make(chan string, 10)
				s := wstest.NewServer(wstest.Options{TLS: tls, Over: func(r *http.Request, ws mintws.WebSocket) {
					over <- fmt.Sprint(r.URL.Path, ws.State(), " ", ws.Err(), " ", r.TLS != nil, r.RemoteAddr != "")
				}})
				defer s.Close()
				if (s.Certificate() != nil) != tls {
					t.Error("certificate")
				}
				for range 3 {
					got, ws := talk(t, s, v, mintws.Text("a"), mintws.Binary([]byte("b")), mintws.Close(1000, ""))
					if want := `Text 0 "a"|Binary 0 "b"|Close 1000 ""|`; got != want || ws.Err() != nil || ws.State() != mintws.Closed {
						t.Errorf("got %s, want %s; %v", got, want, ws.Err())
					}
					if got, want := <-over, fmt.Sprint("/pathClosed <nil> ", tls, true); got != want {
						t.Errorf("over: %s, want %s", got, want)
					}
				}
			})
		}
	}
}

// TestServerFaults has the faults on sockets, and one after the other different behavior.
func TestServerFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		how  wstest.Behavior
		want string // in the error
	}{
		"vanish": {wstest.Behavior{Fault: wstest.FaultVanish, After: 1}, "without a complete closing handshake"},
		"reset":  {wstest.Behavior{Fault: wstest.FaultReset, After: 1}, "without a complete closing handshake"},
		"refuse": {wstest.Behavior{Refuse: 403}, "403"},
		"close":  {wstest.Behavior{Fault: wstest.FaultClose, Code: 1013}, "1013"},
		"delays": {wstest.Behavior{HandshakeDelay: time.Millisecond, Delay: time.Millisecond}, "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, tls := range []bool{false, true} {
				for _, v := range versions {
					s := wstest.NewServer(wstest.Options{TLS: tls, Behavior: tt.how})
					defer s.Close()
					got, ws := talk(t, s, v, mintws.Text("a"), mintws.Ping([]byte("b")), mintws.Text("c"), mintws.Close(1000, ""))
					if !strings.Contains(fmt.Sprint(ws.Err()), tt.want) {
						t.Errorf("%v TLS %t: got %s, %v", v, tls, got, ws.Err())
					}
					if want := `Text 0 "a"|Pong 0 "b"|Text 0 "c"|Close 1000 ""|`; name == "delays" && got != want {
						t.Errorf("%v: got %s, want %s", v, got, want)
					}
				}
			}
		})
	}
}

// TestDropAndClose: connections end, the server goes on, and Close ends that too, with clients that wait for an answer.
func TestDropAndClose(t *testing.T) {
	for _, v := range versions {
		var n atomic.Int32
		asked := make(chan struct{}, 3)
		over := make(chan error, 2)
		s := wstest.NewServer(wstest.Options{
			Behave: func(*http.Request) wstest.Behavior {
				asked <- struct{}{}
				if n.Add(1) == 3 {
					return wstest.Behavior{HandshakeDelay: -1}
				}
				return wstest.Behavior{Fault: wstest.FaultSilence, Greeting: []mintws.Frame{mintws.Text("x")}, Delay: time.Hour}
			},
			Over: func(_ *http.Request, ws mintws.WebSocket) { over <- ws.Err() },
		})
		defer s.Close()
		for i, end := range []func(){s.Drop, s.Drop, s.Close} {
			go func() {
				<-asked
				end()
			}()
			_, ws := talk(t, s, v, mintws.Text("is never answered"))
			if ws.Err() == nil {
				t.Error("no error")
			}
			if i < 2 {
				if err := <-over; err == nil {
					t.Error("the server saw no error")
				}
			}
		}
		if _, err := net.Dial("tcp", s.Listener.Addr().String()); err == nil {
			t.Error("still listening")
		}
		s.Close() // once more does no harm
	}
}

// TestProtocols: a server that speaks one version refuses the other.
func TestProtocols(t *testing.T) {
	for _, v := range versions {
		other := versions[0]
		if v == other {
			other = versions[1]
		}
		for _, tls := range []bool{false, true} {
			s := wstest.NewServer(wstest.Options{TLS: tls, Protocols: []httpconn.Version{v}})
			defer s.Close()
			if got, ws := talk(t, s, v, mintws.Close(1000, "")); ws.Err() != nil {
				t.Error(got, ws.Err())
			}
			var out httpconn.Output
			sock, conn, err := httpdial.Dial(t.Context(), s.URL, &out, httpdial.Options{Protocols: []httpconn.Version{other}, TLS: s.ClientTLS()})
			if err == nil && other == httpconn.HTTP1 { // only an answer shows it
				conn, _, err = mintws.Upgrade(conn, &out, s.URL, mintws.Options{})
				if err != nil {
					t.Fatal(err)
				}
				out.WriteTo(sock) // the answer may be there already
				b, _ := io.ReadAll(sock)
				_, err = conn.Stream(&out, b)
				sock.Close()
			}
			if err == nil {
				t.Errorf("%v server, TLS %t: no error for the other version", v, tls)
			}
		}
	}
}

// TestCertificate: a client trusts the server only if it is told to.
func TestCertificate(t *testing.T) {
	s := wstest.NewServer(wstest.Options{TLS: true})
	defer s.Close()
	_, err := tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{})
	var unknown *tls.CertificateVerificationError
	if !errors.As(err, &unknown) {
		t.Error(err)
	}
}

// TestImports: the package brings nothing into a program that changes it: no flags of package testing, no GODEBUG set by
// xconnect, nothing of net/http/httptest.
func TestImports(t *testing.T) {
	text, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	mine := 0
	for path := range strings.Lines(string(text)) {
		switch path = strings.TrimSpace(path); {
		case path == "testing", path == "flag", strings.HasPrefix(path, "testing/"), path == "net/http/httptest", path == "os/exec",
			strings.HasSuffix(path, "/xconnect"), strings.HasSuffix(path, "/wshttp"):
			t.Errorf("imports %s", path)
		case strings.HasPrefix(path, "github.com/mintws/mintws/"):
			mine++
		}
	}
	if mine < 3 {
		t.Errorf("these are not its imports:\n%s", text)
	}
	if v := os.Getenv("GODEBUG"); strings.Contains(v, "http2xconnect") {
		t.Errorf("GODEBUG is %q", v)
	}
}
