package wshttp_test

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// shout is a whole handler: it returns text in capital letters.
func shout(w http.ResponseWriter, r *http.Request) {
	ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
	if err != nil {
		wshttp.Refuse(w, err)
		return
	}
	stream, err := wshttp.Answer(w, r, status, header)
	if err != nil {
		return
	}
	defer stream.Close()

	var in mintws.Inbox
	var out []byte
	buf := make([]byte, 4096)
	for ws.State() == mintws.Open {
		if err = stream.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			return
		}
		n, readErr := stream.Read(buf)
		in.Reset()
		out = out[:0]
		var failure error
		ws, failure = ws.AppendDecode(&in, buf[:n])
		for _, f := range in.Frames {
			reply, ok := ws.Reply(f) // to a Ping or a Close
			if f.Opcode == mintws.OpText {
				reply, ok = mintws.Text(strings.ToUpper(string(f.Payload))), true
			}
			if ok {
				if ws, out, err = ws.AppendEncode(out, reply); err != nil {
					return
				}
			}
		}
		if f, ok := mintws.CloseFrame(failure); ok {
			if ws, out, err = ws.AppendEncode(out, f); err != nil {
				return
			}
		}
		// A client that does not read must not keep us for ever either.
		if err = stream.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return
		}
		if _, err = stream.Write(out); err != nil || readErr != nil {
			return
		}
	}
	wshttp.Linger(stream, time.Second) // nothing is left to be done about it
}

func Example() {
	server := httptest.NewServer(http.HandlerFunc(shout))
	defer server.Close()

	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	// A masked text "hi", and a masked Close, in bytes: this is about the server.
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"+
		"\x81\x82\x00\x00\x00\x00hi"+"\x88\x80\x00\x00\x00\x00")
	r := bufio.NewReader(conn)
	for range 5 {
		line, readErr := r.ReadString('\n')
		if readErr != nil {
			log.Fatal(readErr)
		}
		fmt.Println(strings.TrimSpace(line))
	}
	rest := make([]byte, 6)
	n, err := io.ReadFull(r, rest)
	fmt.Printf("%q %v\n", rest[:n], err)
	// Output:
	// HTTP/1.1 101 Switching Protocols
	// Connection: Upgrade
	// Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
	// Upgrade: websocket
	//
	// "\x81\x02HI\x88\x00" <nil>
}
