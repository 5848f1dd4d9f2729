package mintws_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/echo"
	"github.com/mintws/mintws/mintws"
)

// The loop of a client, whole: it asks three questions one after the other and ends when the closing handshake is complete.
func Example() {
	server := httptest.NewServer(echo.New(echo.Options{}))
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")
	questions := []string{"who", "where", "when"}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var out httpconn.Output
	var in mintws.Inbox
	buf := make([]byte, 64<<10)
	sock, conn, err := httpconn.Dial(ctx, url, &out, httpconn.DialOptions{})
	if err != nil {
		panic(err)
	}
	defer sock.Close()
	conn, ws, err := mintws.Upgrade(conn, &out, url, mintws.Options{})
	for asked := 0; err == nil && conn.Next() != httpconn.NextClose; {
		sock.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err = sock.Write(out.Send); err != nil {
			break
		}
		out.Reset()
		in.Reset()
		n, readErr := sock.Read(buf)
		switch {
		case n > 0:
			conn, err = conn.Stream(&out, buf[:n])
		case readErr == io.EOF:
			conn, err = conn.StreamEOF(&out)
		default:
			err = readErr
		}
		for _, ev := range out.Events {
			var failure error
			conn, ws, failure = mintws.Receive(conn, &out, ws, &in, ev)
			err = cmp.Or(failure, err)
		}
		answers := 0
		for _, f := range in.Frames {
			fmt.Printf("%v %q\n", f.Opcode, f.Payload)
			if f.Opcode == mintws.OpText {
				answers++
			}
		}
		if ws.State() != mintws.Open || asked > 0 && answers == 0 {
			continue // closing, or nothing to react to
		}
		next := mintws.Close(mintws.CodeNormal, "")
		if asked < len(questions) {
			next = mintws.Text(questions[asked])
			asked++
		}
		conn, ws, err = mintws.Send(conn, &out, ws, next)
	}
	fmt.Println(ws.State(), err)
	// Output:
	// Text "who"
	// Text "where"
	// Text "when"
	// Close ""
	// Closed <nil>
}

// The same steps without a network: a client and a server in one function, bytes handed from one to the other.
func Example_memory() {
	client, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		panic(err)
	}
	server, err := mintws.NewWebSocket(mintws.Server, mintws.Options{})
	if err != nil {
		panic(err)
	}
	var there, back []byte // what is on its way
	client, there, err = client.AppendEncode(there, mintws.Text("ping"))
	if err != nil {
		panic(err)
	}
	client, there, err = client.AppendEncode(there, mintws.Close(mintws.CodeNormal, ""))
	if err != nil {
		panic(err)
	}
	var in mintws.Inbox
	server, err = server.AppendDecode(&in, there)
	if err != nil {
		panic(err)
	}
	for _, f := range in.Frames {
		answer, ok := server.Reply(f)
		if !ok {
			answer = mintws.Text("pong")
		}
		server, back, err = server.AppendEncode(back, answer)
		if err != nil {
			panic(err)
		}
	}
	client, frames, err := client.Decode(back)
	for _, f := range frames {
		fmt.Printf("%v %q %d\n", f.Opcode, f.Payload, f.Code)
	}
	fmt.Println(client.State(), server.State(), err)
	// Output:
	// Text "pong" 0
	// Close "" 1000
	// Closed Closed <nil>
}
