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
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/echo"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"
)

// snippet: greet
func greet(ctx context.Context, url string, w io.Writer) error {
	var out httpconn.Output // scratch space: what the server did, and what is to be written
	var in mintws.Inbox     // scratch space: the frames that were received
	buf := make([]byte, 64<<10)

	sock, conn, err := httpconn.Dial(ctx, url, &out, httpconn.DialOptions{})
	if err != nil {
		return err
	}
	defer sock.Close()
	conn, ws, err := mintws.Upgrade(conn, &out, url, mintws.Options{})
	for err == nil && conn.Next() != httpconn.NextClose {
		if _, err = sock.Write(out.Send); err != nil {
			break
		}
		out.Reset()
		in.Reset()
		sock.SetReadDeadline(time.Now().Add(time.Minute)) // how long to wait is the caller's to say
		n, readErr := sock.Read(buf)
		switch {
		case n > 0:
			conn, err = conn.Stream(&out, buf[:n])
		case readErr == io.EOF:
			conn, err = conn.StreamEOF(&out)
		default:
			err = readErr
		}
		for _, ev := range out.Events { // with an error too: they came before it
			var failure error
			conn, ws, failure = mintws.Receive(conn, &out, ws, &in, ev)
			err = cmp.Or(failure, err)
			if ev.Kind == httpconn.EventHeaders && failure == nil { // the WebSocket is open
				conn, ws, err = mintws.Send(conn, &out, ws, mintws.Text("Hello"))
			}
		}
		for _, f := range in.Frames {
			fmt.Fprintf(w, "%v %q\n", f.Opcode, f.Payload)
			if f.Opcode == mintws.OpText && ws.State() == mintws.Open {
				conn, ws, err = mintws.Send(conn, &out, ws, mintws.Close(mintws.CodeNormal, ""))
			}
		}
	}
	sock.Write(out.Send) // the last words: after an error there may be a Close in it
	return err
}

// end

// snippet: pair
func pair(ctx context.Context, url string, w io.Writer) error {
	var out httpconn.Output
	var in mintws.Inbox
	buf := make([]byte, 64<<10)

	sock, conn, err := httpconn.Dial(ctx, url, &out, httpconn.DialOptions{
		Protocols: []httpconn.Version{httpconn.HTTP2}, // or fail; with HTTP1 behind it, fall back to HTTP/1.1
	})
	if err != nil {
		return err
	}
	defer sock.Close()
	open := make(map[httpconn.StreamID]mintws.WebSocket)
	for range min(2, conn.Slots()) { // as many as the server allows
		var ws mintws.WebSocket
		if conn, ws, err = mintws.Upgrade(conn, &out, url, mintws.Options{}); err != nil {
			return err
		}
		open[ws.StreamID()] = ws
	}
	for err == nil && len(open) > 0 {
		if _, err = sock.Write(out.Send); err != nil { // what all of them have to say
			break
		}
		out.Reset()
		n, readErr := sock.Read(buf)
		if n > 0 {
			conn, err = conn.Stream(&out, buf[:n])
		} else {
			conn, err = conn.StreamEOF(&out)
			err = cmp.Or(err, readErr)
		}
		for _, ev := range out.Events {
			ws, ok := open[ev.StreamID]
			if !ok {
				continue // it is the connection's own: its SETTINGS, say
			}
			in.Reset()
			var failure error
			conn, ws, failure = mintws.Receive(conn, &out, ws, &in, ev)
			err = cmp.Or(failure, err)
			if ev.Kind == httpconn.EventHeaders && failure == nil {
				conn, ws, err = mintws.Send(conn, &out, ws, mintws.Text(fmt.Sprint("Hello from ", ev.StreamID)))
			}
			for _, f := range in.Frames {
				fmt.Fprintf(w, "%d: %v %q\n", ev.StreamID, f.Opcode, f.Payload)
				if f.Opcode == mintws.OpText && ws.State() == mintws.Open {
					conn, ws, err = mintws.Send(conn, &out, ws, mintws.Close(mintws.CodeNormal, ""))
				}
			}
			open[ev.StreamID] = ws // a map, too, holds values: put the next one back
			if ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset {
				delete(open, ev.StreamID)
			}
		}
	}
	conn.Close(&out) // GOAWAY
	sock.Write(out.Send)
	return err
}

// end

// snippet: exchange
func exchange(sock io.ReadWriter, ws mintws.WebSocket, w io.Writer) error {
	var in mintws.Inbox
	buf := make([]byte, 4096)

	ws, send, err := ws.AppendEncode(nil, mintws.Text("Hello"))
	for err == nil && ws.State() != mintws.Closed {
		if _, err = sock.Write(send); err != nil {
			break
		}
		send = send[:0]
		in.Reset()
		n, readErr := sock.Read(buf)
		if readErr != nil {
			_, err = ws.EOF() // not nil: the closing handshake is not complete
			break
		}
		ws, err = ws.AppendDecode(&in, buf[:n])
		for _, f := range in.Frames { // those before an error too
			fmt.Fprintf(w, "%v %q\n", f.Opcode, f.Payload)
			if reply, ok := ws.Reply(f); ok { // the Pong for a Ping, the Close for a Close
				ws, send, _ = ws.AppendEncode(send, reply)
			}
		}
		if f, ok := mintws.CloseFrame(err); ok { // the peer broke the protocol
			ws, send, _ = ws.AppendEncode(send, f)
		}
	}
	sock.Write(send)
	return err
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
	sock.SetReadDeadline(time.Now().Add(time.Minute))
	if err = exchange(sock, ws, io.Discard); err != nil {
		log.Print(err)
	}
}

// end

var (
	region = regexp.MustCompile(`(?s)\n// snippet: (\w+)\n(.*?)\n\n// end\n`)
	fence  = regexp.MustCompile("(?s)\n```go\n(.*?)\n```\n")
)

// TestSnippets: the Go code in README.md is the code in this file, which is compiled and run below.
func TestSnippets(t *testing.T) {
	var here, there []string
	for _, m := range region.FindAllStringSubmatch(read(t, "readme_test.go"), -1) {
		here = append(here, m[2])
	}
	readme := read(t, "README.md")
	for _, m := range fence.FindAllStringSubmatch(readme, -1) {
		there = append(there, m[1])
	}
	if len(here) == 0 || strings.Count(readme, "```go") != len(there) {
		t.Fatalf("%d snippets here, %d of %d in README.md understood", len(here), len(there), strings.Count(readme, "```go"))
	}
	for i := range max(len(here), len(there)) {
		if i >= len(here) || i >= len(there) || here[i] != there[i] {
			t.Errorf("snippet %d of README.md is not the one here", i+1)
		}
	}
	block := "//\t" + strings.ReplaceAll(strings.ReplaceAll(here[0], "\n", "\n//\t"), "//\t\n", "//\n") + "\n//\n"
	if !strings.Contains(read(t, "mintws/doc.go"), block) {
		t.Error("the loop in mintws/doc.go is not the one in README.md")
	}
}

// TestLinks: what README.md and CHANGELOG.md link to is there.
func TestLinks(t *testing.T) {
	for _, file := range []string{"README.md", "CHANGELOG.md"} {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(read(t, file), -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

func TestGreet(t *testing.T) {
	server := httptest.NewServer(echo.New(echo.Options{}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var w bytes.Buffer
	err := greet(ctx, "ws"+strings.TrimPrefix(server.URL, "http"), &w)
	if want := "Text \"Hello\"\nClose \"\"\n"; err != nil || w.String() != want {
		t.Errorf("%v\n%s", err, w.String())
	}
}

// TestPair: the snippet with two WebSockets on a connection, and with a server that has no HTTP/2.
func TestPair(t *testing.T) {
	server := httptest.NewUnstartedServer(echo.New(echo.Options{}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var w bytes.Buffer
	if err := pair(ctx, "ws"+strings.TrimPrefix(server.URL, "http"), &w); err != nil {
		t.Error(err)
	}
	lines := strings.Split(strings.TrimSpace(w.String()), "\n")
	slices.Sort(lines) // each WebSocket's are in order, but they do not wait for each other
	want := []string{`1: Close ""`, `1: Text "Hello from 1"`, `3: Close ""`, `3: Text "Hello from 3"`}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	oldServer := httptest.NewServer(echo.New(echo.Options{}))
	defer oldServer.Close()
	err := pair(ctx, "ws"+strings.TrimPrefix(oldServer.URL, "http"), &w)
	if !errors.Is(err, httpconn.ErrNotHTTP2) {
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
				want:   "Ping \"p\"\nText \"hi\"\nClose \"bye\"\n",
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
	err := greet(ctx, "ws"+strings.TrimPrefix(server.URL, "http")+"/here", &w)
	if want := "Text \"Hello\"\nClose \"\"\n"; err != nil || w.String() != want {
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
