package mintws_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// The whole loop of a client: it asks three questions one after the other and ends when the closing handshake is complete.
func Example() {
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	url := server.URL
	questions := []string{"who", "where", "when"}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var out httpconn.Output
	var in mintws.Inbox
	buf := make([]byte, 64<<10)
	sock, conn, err := httpdial.Dial(ctx, url, &out, httpdial.Options{})
	if err != nil {
		panic(err)
	}
	defer sock.Close()
	conn, ws, err := mintws.Upgrade(conn, &out, url, mintws.Options{})
	for asked := 0; err == nil && !ws.Over(); {
		sock.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, writeErr := out.WriteTo(sock)
		out.Reset()
		in.Reset()
		sock.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, readErr := sock.Read(buf) // also after a failed Write: the server may have said why it went
		if n > 0 {
			conn, _ = conn.Stream(&out, buf[:n]) // what is wrong comes as an event too
		} else {
			conn, _ = conn.StreamEOF(&out)
		}
		for _, ev := range out.Events {
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev) // ws.Err keeps the error
		}
		answers := 0
		for _, f := range in.Frames {
			fmt.Println(f)
			if f.Opcode == mintws.OpText {
				answers++
			}
		}
		next := mintws.Close(mintws.CodeNormal, "")
		switch {
		case ws.State() != mintws.Open || asked > 0 && answers == 0: // nothing to react to
			if !ws.Over() {
				err = cmp.Or(writeErr, readErr)
			}
			continue
		case asked < len(questions):
			next = mintws.Text(questions[asked])
			asked++
		}
		conn, ws, err = mintws.Send(conn, &out, ws, next)
	}
	out.WriteTo(sock) // the last words: after a fault there is a Close in it
	fmt.Println(ws.State(), errors.Join(ws.Err(), err))
	// Output:
	// Text "who"
	// Text "where"
	// Text "when"
	// Close 1000 normal closure
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
