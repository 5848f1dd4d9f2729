package session_test

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// The time of one WebSocket, with a clock that is made up: the peer is silent, says something, and is silent for good.
func ExampleDeadlines() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	d := session.NewDeadlines(session.Timing{Ping: 20 * time.Second, Pong: 10 * time.Second}, now).Observe(now, mintws.Open, false)
	for heard := 0; !d.Next().IsZero(); {
		now = d.Next() // a program waits until then
		next, ping, err := d.Tick(now)
		d = next
		fmt.Println(now.Format(time.TimeOnly), ping, err)
		if ping && heard == 0 {
			heard++
			now = now.Add(time.Second)
			d = d.Observe(now, mintws.Open, true)
			fmt.Println(now.Format(time.TimeOnly), "a Pong")
		}
	}
	// Output:
	// 12:00:20 true <nil>
	// 12:00:21 a Pong
	// 12:00:41 true <nil>
	// 12:00:51 false session: a sign of life after a Ping has not come after 10s
}

// A server's side of one WebSocket: the handshake is made elsewhere, and bytes are those of the stream behind it.
func ExampleNew() {
	ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{}) // or what mintws.Accept returns
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Now()
	s := session.New(httpconn.Conn{}, ws, session.NewDeadlines(session.Timing{}, now), now)
	var out session.Output
	fromClient := wstest.MaskedFrames(mintws.Text("Hello"), mintws.Ping(nil))
	s, _ = s.Received(&out, now, fromClient)
	for _, f := range out.Frames {
		fmt.Println(f)
	}
	s, err = s.Send(&out, now, mintws.Text("Welcome"))
	fmt.Printf("%q %v\n", out.Send, err)
	out.Reset() // a program writes it
	s, _ = s.Received(&out, now, wstest.MaskedFrames(mintws.Close(mintws.CodeNormal, "")))
	fmt.Println(s.Over(), s.Err())
	// Output:
	// Text "Hello"
	// Ping ""
	// "\x8a\x00\x81\aWelcome" <nil>
	// true <nil>
}

// Messages of any size up to a bound, in memory that is used again.
func ExampleJoiner() {
	ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{Delivery: mintws.DeliverPayload})
	if err != nil {
		fmt.Println(err)
		return
	}
	var in mintws.Inbox
	joiner := session.Joiner{Max: 1 << 20}
	data := wstest.MaskedFrames(mintws.Text("one message "+strings.Repeat("and more ", 3)), mintws.Text("another"))
	for len(data) > 0 { // reads of ten bytes
		n := min(10, len(data))
		in.Reset()
		if ws, err = ws.AppendDecode(&in, data[:n]); err != nil {
			fmt.Println(err)
			return
		}
		for _, piece := range in.Frames {
			msg, ok, addErr := joiner.Add(piece)
			switch {
			case addErr != nil: // send mintws.CloseFrame(addErr)
				fmt.Println(addErr)
			case ok:
				fmt.Println(msg)
			}
		}
		data = data[n:]
	}
	// Output:
	// Text "one message and more and more and more "
	// Text "another"
}

// A client reads into the memory in which messages are joined, and copies nothing.
func ExampleJoiner_Space() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Delivery: mintws.DeliverPayload})
	if err != nil {
		fmt.Println(err)
		return
	}
	var in mintws.Inbox
	var joiner session.Joiner
	sock := bytes.NewReader(wstest.Frames(mintws.Text("one message "+strings.Repeat("and more ", 3)), mintws.Text("another")))
	own := make([]byte, 10) // for messages larger than Keep
	for {
		buf := joiner.Space(len(own))
		if buf == nil {
			buf = own
		}
		n, readErr := sock.Read(buf)
		if readErr != nil {
			break
		}
		in.Reset()
		if ws, err = ws.AppendDecode(&in, buf[:n]); err != nil {
			fmt.Println(err)
			return
		}
		for _, piece := range in.Frames {
			if msg, ok, addErr := joiner.Add(piece); addErr != nil {
				fmt.Println(addErr)
			} else if ok {
				fmt.Println(msg)
			}
		}
	}
	// Output:
	// Text "one message and more and more and more "
	// Text "another"
}
