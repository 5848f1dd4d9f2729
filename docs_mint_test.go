package readme

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// snippet: mint
func hello(ctx context.Context, url string, w io.Writer) error {
	var out httpconn.Output

	// {:ok, conn} = Mint.HTTP.connect(:http, host, port)
	sock, conn, err := httpdial.Dial(ctx, url, &out, httpdial.Options{})
	if err != nil {
		return err
	}
	defer sock.Close()

	// {:ok, conn, ref} = Mint.WebSocket.upgrade(:ws, conn, path, [])
	conn, ws, err := mintws.Upgrade(conn, &out, url, mintws.Options{})
	if err != nil {
		return err
	}

	buf := make([]byte, 16<<10)
	for !ws.Over() {
		if _, err = out.WriteTo(sock); err != nil { // Mint writes by itself; here it is up to you
			return err
		}
		out.Reset()

		// message = receive(do: (message -> message))
		n, readErr := sock.Read(buf)
		if readErr != nil {
			return readErr
		}

		// {:ok, conn, responses} = Mint.WebSocket.stream(conn, message)
		if conn, err = conn.Stream(&out, buf[:n]); err != nil {
			return err
		}
		for _, ev := range out.Events {
			switch ev.Kind {
			case httpconn.EventHeaders: // {:status, ref, status} and {:headers, ref, headers}
				// {:ok, conn, websocket} = Mint.WebSocket.new(conn, ref, status, headers)
				if ws, err = ws.JudgeAnswer(ev.Status, ev.Header); err != nil {
					return err
				}
				// {:ok, websocket, data} = Mint.WebSocket.encode(websocket, {:text, "hello"})
				// {:ok, conn} = Mint.WebSocket.stream_request_body(conn, ref, data)
				if conn, ws, err = mintws.Send(conn, &out, ws, mintws.Text("hello")); err != nil {
					return err
				}
			case httpconn.EventData: // {:data, ref, data}
				var frames []mintws.Frame
				// {:ok, websocket, frames} = Mint.WebSocket.decode(websocket, data)
				if ws, frames, err = ws.Decode(ev.Data); err != nil {
					return err
				}
				for _, f := range frames {
					fmt.Fprintln(w, f)
					next := mintws.Close(mintws.CodeNormal, "")
					if f.Opcode.IsControl() { // {:ping, data} and {:close, code, reason}: as in Mint, answering is up to you
						var owed bool
						if next, owed = ws.Reply(f); !owed {
							continue
						}
					}
					if conn, ws, err = mintws.Send(conn, &out, ws, next); err != nil {
						return err
					}
				}
			case httpconn.EventDone: // {:done, ref}
				ws, _ = ws.EOF()
			}
		}
	}
	out.WriteTo(sock) // the answer to the server's Close, if it closed first
	return ws.Err()
}

// end

func TestHello(t *testing.T) {
	ping := wstest.Behavior{Greeting: []mintws.Frame{mintws.Ping([]byte("?"))}}
	server := wstest.NewServer(wstest.Options{Behavior: ping})
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var w strings.Builder
	err := hello(ctx, server.URL, &w)
	if want := "Ping \"?\"\nText \"hello\"\nClose 1000 normal closure\n"; err != nil || w.String() != want {
		t.Errorf("%v\n%s", err, w.String())
	}
}
