// Package readme holds the documents to account: what README.md shows is compiled and run, and everything exported is
// documented.
package readme

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"
	"github.com/mintws/mintws/mintws/wstest"
)

// snippet: greet
func greet(ctx context.Context, url string, w io.Writer) error {
	var out httpconn.Output // scratch space: what the server did, and what is to be written
	var in mintws.Inbox     // scratch space: the frames that were received
	buf := make([]byte, 64<<10)

	sock, conn, err := httpdial.Dial(ctx, url, &out, httpdial.Options{})
	if err != nil {
		return err
	}
	defer sock.Close()
	defer context.AfterFunc(ctx, func() { sock.Close() })()
	conn, ws, err := mintws.Upgrade(conn, &out, url, mintws.Options{})
	var lost error
	for err == nil && !ws.Over() {
		conn, lost = turn(sock, conn, &out, buf)
		for _, ev := range out.Events { // also when the connection is lost: they came before that
			in.Reset()
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)              // ws.Err keeps the error
			if ev.Kind == httpconn.EventHeaders && ws.State() == mintws.Open { // the handshake is complete
				conn, ws, err = mintws.Send(conn, &out, ws, mintws.Text("Hello"))
			}
			for _, f := range in.Frames {
				fmt.Fprintln(w, f)
				if f.Opcode == mintws.OpText && ws.State() == mintws.Open && err == nil {
					conn, ws, err = mintws.Send(conn, &out, ws, mintws.Close(mintws.CodeNormal, ""))
				}
			}
		}
	}
	leave(sock, conn, &out)
	if ws.State() == mintws.Closed { // what became of the connection after that does not matter
		return ws.Err()
	}
	return errors.Join(context.Cause(ctx), ws.Err(), err, lost)
}

// end

// snippet: turn
// turn writes what is to be written, reads once, and passes on what that brings. Its error is the socket's. A fault of the
// protocol, and the end of the connection, reach each stream as an event.
func turn(sock net.Conn, conn httpconn.Conn, out *httpconn.Output, buf []byte) (httpconn.Conn, error) {
	sock.SetWriteDeadline(time.Now().Add(time.Minute)) // how long to wait is the caller's to say
	_, writeErr := out.WriteTo(sock)
	out.Reset()
	sock.SetReadDeadline(time.Now().Add(time.Minute))
	n, readErr := sock.Read(buf) // also after a failed Write: the server may have said why it went
	if n > 0 {
		conn, _ = conn.Stream(out, buf[:n])
		readErr = nil // if there was one, it comes again
	}
	if readErr != nil || writeErr != nil {
		conn, _ = conn.StreamEOF(out)
	}
	if readErr == io.EOF {
		readErr = nil
	}
	return conn, cmp.Or(writeErr, readErr)
}

// leave writes the last words: after a fault the Close or the GOAWAY that it calls for. On HTTP/1.1 it gives the server a
// moment to close first (RFC 6455 section 7.1.1).
func leave(sock net.Conn, conn httpconn.Conn, out *httpconn.Output) {
	next := conn.Next()
	_ = conn.Close(out) // nobody needs the value after this one
	sock.SetDeadline(time.Now().Add(time.Second))
	if _, err := out.WriteTo(sock); err == nil && next == httpconn.NextAwaitEOF {
		io.Copy(io.Discard, sock)
	}
}

// end

// snippet: pair
func pair(ctx context.Context, url string, w io.Writer) error {
	var out httpconn.Output
	var in mintws.Inbox
	buf := make([]byte, 64<<10)

	sock, conn, err := httpdial.Dial(ctx, url, &out, httpdial.Options{
		Protocols: []httpconn.Version{httpconn.HTTP2}, // or fail; with HTTP1 behind it, fall back to HTTP/1.1
	})
	if err != nil {
		return err
	}
	defer sock.Close()
	defer context.AfterFunc(ctx, func() { sock.Close() })()
	open := make(map[httpconn.StreamID]mintws.WebSocket)
	for range 2 { // conn.Slots says how many the server allows
		var ws mintws.WebSocket
		if conn, ws, err = mintws.Upgrade(conn, &out, url, mintws.Options{}); err != nil {
			return err
		}
		open[ws.StreamID()] = ws
	}
	refused := make(map[httpconn.StreamID]error)
	var failures, lost error
	for len(open) > 0 {
		conn, lost = turn(sock, conn, &out, buf)
		for _, ev := range out.Events {
			ws, ok := open[ev.StreamID]
			if !ok {
				continue // the connection's own, or of a WebSocket that is over
			}
			in.Reset()
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)
			if ev.Kind == httpconn.EventHeaders && ws.State() == mintws.Open {
				conn, ws, err = mintws.Send(conn, &out, ws, mintws.Text(fmt.Sprint("Hello from ", ev.StreamID)))
			}
			for _, f := range in.Frames {
				fmt.Fprintf(w, "%d: %v\n", ev.StreamID, f)
				if f.Opcode == mintws.OpText && ws.State() == mintws.Open && err == nil {
					conn, ws, err = mintws.Send(conn, &out, ws, mintws.Close(mintws.CodeNormal, ""))
				}
			}
			if err != nil {
				refused[ev.StreamID], err = err, nil
			}
			if open[ev.StreamID] = ws; ws.Over() { // a map, too, holds values: put the next one back
				failures = errors.Join(failures, ws.Err()) // the others go on
				delete(open, ev.StreamID)
			}
		}
		for id, why := range refused { // if it was because the stream had ended, an event has said so by now
			if _, ok := open[id]; ok {
				failures = errors.Join(failures, why)
				delete(open, id)
			}
		}
		clear(refused)
	}
	leave(sock, conn, &out)
	if failures != nil {
		failures = errors.Join(context.Cause(ctx), failures, lost)
	}
	return failures
}

// end

// snippet: exchange
func exchange(sock io.ReadWriter, ws mintws.WebSocket, w io.Writer) error {
	var in mintws.Inbox
	buf := make([]byte, 4096)

	ws, send, err := ws.AppendEncode(nil, mintws.Text("Hello"))
	var failure, lost error
	for err == nil && lost == nil && !ws.Over() {
		_, lost = sock.Write(send)
		send = send[:0]
		in.Reset()
		n, readErr := sock.Read(buf) // also after a failed Write: the peer may have said why it went
		lost = cmp.Or(lost, readErr)
		ws, failure = ws.AppendDecode(&in, buf[:n])
		for _, f := range in.Frames { // those before a failure too
			fmt.Fprintln(w, f)
			if reply, ok := ws.Reply(f); ok && err == nil { // the Pong for a Ping, the Close for a Close
				ws, send, err = ws.AppendEncode(send, reply)
			}
		}
		if f, ok := mintws.CloseFrame(failure); ok && err == nil { // the peer broke the protocol
			ws, send, err = ws.AppendEncode(send, f)
		}
	}
	sock.Write(send) // the last words
	if lost != nil {
		ws, _ = ws.EOF()
	}
	if ws.State() == mintws.Closed {
		return ws.Err()
	}
	return errors.Join(ws.Err(), err, lost)
}

// end

// snippet: handler
func handler(w http.ResponseWriter, r *http.Request) {
	ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
	if err != nil {
		wshttp.Refuse(w, err)
		return
	}
	sock, err := wshttp.Answer(w, r, status, header)
	if err != nil {
		return
	}
	defer wshttp.Linger(sock, time.Second) // closes it so that our last bytes arrive
	deadline := time.Now().Add(time.Minute)
	sock.SetReadDeadline(deadline)
	sock.SetWriteDeadline(deadline) // or a client that never reads would block us forever
	if err = exchange(sock, ws, io.Discard); err != nil {
		log.Print(err)
	}
}

// end

var (
	region = regexp.MustCompile(`(?s)\n// snippet: (\w+)\n(.*?)\n\n// end\n`)
	fence  = regexp.MustCompile("(?s)\n```go\n(.*?)\n```\n")
)

// TestPackageDocLoop: the loop in the documentation of package mintws, and what it does with its socket, are those of README.md.
func TestPackageDocLoop(t *testing.T) {
	doc := read(t, "mintws/doc.go")
	snippets := fence.FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(snippets) != 2 {
		t.Fatalf("README.md has %d snippets, want 2", len(snippets))
	}
	for _, m := range snippets {
		block := "//\t" + strings.ReplaceAll(strings.ReplaceAll(m[1], "\n", "\n//\t"), "//\t\n", "//\n") + "\n//\n"
		if !strings.Contains(doc, block) {
			t.Errorf("mintws/doc.go does not have what README.md has: %.40s…", m[1])
		}
	}
}

// TestReadmeIsShort: what takes longer to tell has a page in docs.
func TestReadmeIsShort(t *testing.T) {
	if n := strings.Count(read(t, "README.md"), "\n"); n >= 200 {
		t.Errorf("README.md has %d lines, want fewer than 200", n)
	}
}

// TestLoopsAreOne: the programs do with their sockets what README.md shows, or those with sessions the documentation of package
// session.
func TestLoopsAreOne(t *testing.T) {
	loops := map[string][]string{} // the code, and the programs that end with it
	for _, m := range region.FindAllStringSubmatch(read(t, "readme_test.go"), -1) {
		if m[1] == "turn" {
			loops[m[2]] = []string{"examples/multiplex/turn.go"}
		}
	}
	if m := regexp.MustCompile(`(?s)\n(// turn .*?\n})\n`).FindStringSubmatch(read(t, "mintws/session/example_test.go")); m != nil {
		loops[m[1]] = []string{"examples/blocking/main.go", "examples/echo/turn.go", "examples/feed/turn.go"}
	}
	if len(loops) != 2 {
		t.Fatalf("%d loops found, want 2", len(loops))
	}
	for text, files := range loops {
		for _, file := range files {
			if !strings.HasSuffix(read(t, file), "\n"+text+"\n") {
				t.Errorf("%s does not have the code of the documentation", file)
			}
		}
	}
}

// TestLinks: what the pages link to is there.
func TestLinks(t *testing.T) {
	for _, page := range documents(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

func TestGreet(t *testing.T) {
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var w bytes.Buffer
	err := greet(ctx, server.URL, &w)
	if want := "Text \"Hello\"\nClose 1000 normal closure\n"; err != nil || w.String() != want {
		t.Errorf("%v\n%s", err, w.String())
	}
}

// TestPair: the snippet with two WebSockets on a connection, and with a server that has no HTTP/2.
func TestPair(t *testing.T) {
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var w bytes.Buffer
	if err := pair(ctx, server.URL, &w); err != nil {
		t.Error(err)
	}
	lines := strings.Split(strings.TrimSpace(w.String()), "\n")
	slices.Sort(lines) // each WebSocket's are in order, but they do not wait for each other
	want := []string{`1: Close 1000 normal closure`, `1: Text "Hello from 1"`, `3: Close 1000 normal closure`, `3: Text "Hello from 3"`}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	oldServer := wstest.NewServer(wstest.Options{Protocols: []httpconn.Version{httpconn.HTTP1}})
	defer oldServer.Close()
	err := pair(ctx, oldServer.URL, &w)
	if !errors.Is(err, httpdial.ErrNotHTTP2) {
		t.Errorf("a server without HTTP/2: %v", err)
	}
}

// TestExchange: the snippet in both roles, over a pipe, with a peer that says what the test wants.
func TestExchange(t *testing.T) {
	for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
		for _, c := range []struct {
			frames []mintws.Frame
			raw    string
			want   string
			err    string // "" for none
		}{
			{
				frames: []mintws.Frame{mintws.Ping([]byte("p")), mintws.Text("hi"), mintws.Close(mintws.CodeNormal, "bye")},
				want:   "Ping \"p\"\nText \"hi\"\nClose 1000 normal closure \"bye\"\n",
			},
			{frames: []mintws.Frame{mintws.Text("hi")}, raw: "\x83\x80\x00\x00\x00\x00", want: "Text \"hi\"\n", err: "reserved opcode"},
			{frames: []mintws.Frame{mintws.Text("hi")}, want: "Text \"hi\"\n", err: "1006"},
		} {
			var w bytes.Buffer
			got, err := withPeer(t, role, c.frames, c.raw, &w)
			if text := fmt.Sprint(err); w.String() != c.want || (err == nil) != (c.err == "") || !strings.Contains(text, c.err) && err != nil {
				t.Errorf("%v: %v\n%s", role, err, w.String())
			}
			if len(got) == 0 || got[0].Opcode != mintws.OpText {
				t.Errorf("%v: the peer got %v", role, got)
			}
			closes := slices.ContainsFunc(got, func(f mintws.Frame) bool { return f.Opcode == mintws.OpClose })
			if closes != (c.err != "1006") {
				t.Errorf("%v: the peer got %v", role, got)
			}
		}
	}
}

// withPeer runs exchange in a role against a peer that waits for the first frame, sends frames and raw, and hangs up
// once it has read an answer to a Close or to something illegal. It returns what the peer got.
func withPeer(t *testing.T, role mintws.Role, frames []mintws.Frame, raw string, w io.Writer) ([]mintws.Frame, error) {
	ws, err := mintws.NewWebSocket(role, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := mintws.NewWebSocket(1-role, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sock, other := sockets(t)
	defer sock.Close()
	deadline := time.Now().Add(20 * time.Second)
	if err = cmp.Or(sock.SetDeadline(deadline), other.SetDeadline(deadline)); err != nil {
		t.Fatal(err)
	}
	got := make(chan []mintws.Frame, 1)
	go func() {
		defer other.Close()
		var in mintws.Inbox
		defer func() { got <- in.Frames }()
		buf := make([]byte, 4096)
		for spoken := false; ; {
			n, readErr := other.Read(buf)
			if readErr != nil {
				return
			}
			var failure error
			peer, failure = peer.AppendDecode(&in, bytes.Clone(buf[:n]))
			if failure != nil || in.Frames[len(in.Frames)-1].Opcode == mintws.OpClose {
				return
			}
			if spoken {
				continue
			}
			spoken = true
			var send []byte
			for _, f := range frames {
				peer, send, _ = peer.AppendEncode(send, f)
			}
			if _, writeErr := other.Write(append(send, raw...)); writeErr != nil || raw == "" && peer.State() == mintws.Open {
				return
			}
		}
	}()
	err = exchange(sock, ws, w)
	sock.Close()
	return <-got, err
}

// sockets returns the two ends of a TCP connection.
func sockets(t *testing.T) (one, other net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if one, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if other, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	return one, other
}

func TestHandler(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(handler))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var w bytes.Buffer
	err := greet(ctx, server.URL+"/here", &w)
	if want := "Text \"Hello\"\nClose 1000 normal closure\n"; err != nil || w.String() != want {
		t.Errorf("%v\n%s", err, w.String())
	}
}

func read(t *testing.T, file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
