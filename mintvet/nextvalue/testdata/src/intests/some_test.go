package intests

import (
	"errors"
	"io"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// TestForks: forks of a value that does not go on are what tests are made of.
func TestForks(t *testing.T) {
	ws, _ := mintws.NewWebSocket()
	for cut := range 10 {
		_, frames, err := ws.Decode(make([]byte, cut))
		if err != nil || len(frames) > 0 {
			t.Error(err)
		}
	}
	if ws, _, err := ws.Encode(mintws.Text("")); err != nil || ws.Over() {
		t.Error(err)
	}
	t.Run("fork", func(t *testing.T) {
		ws, _, err := ws.Decode(nil)
		if err != nil || ws.Over() {
			t.Error(err)
		}
	})
	for _, ws := range []mintws.WebSocket{ws, ws} {
		ws, _, _ = ws.Encode(mintws.Text(""))
	}
	if ws.Over() {
		t.Error("over")
	}
}

// TestLost: the variable goes on without what was dropped.
func TestLost(t *testing.T) {
	ws, _ := mintws.NewWebSocket()
	_, p, err := ws.Encode(mintws.Text("")) // want `ws: the next WebSocket is dropped for _`
	if err != nil {
		t.Fatal(p, err)
	}
	if ws, frames, err := ws.Decode(p); err != nil || ws.Over() { // want `ws: := declares another ws`
		t.Fatal(frames, err)
	}
	ws, _ = ws.EOF()
	if ws.Err() != nil {
		t.Error(ws.Err())
	}
}

func TestInPlace(t *testing.T) {
	var out httpconn.Output
	conn, _ := httpconn.New(&out)
	for range 3 {
		conn.Ping(&out, [8]byte{}) // want `conn: the next Conn is dropped by a call as a statement`
		conn, _ = conn.Stream(&out, nil)
	}
	if conn.Slots() > 0 {
		t.Error("slots")
	}
}

// TestRefused: what is refused changes nothing, and what has a name of its own is not dropped.
func TestRefused(t *testing.T) {
	ws, _ := mintws.NewWebSocket()
	if _, _, err := ws.Encode(mintws.Text("")); err == nil {
		t.Error("not refused")
	}
	if fork, p, err := ws.Encode(mintws.Text("")); err != nil || len(p) > 0 || !fork.Equal(ws) {
		t.Error(err)
	}
	var out httpconn.Output
	conn, _ := httpconn.New(&out)
	if _, err := conn.SendData(new(httpconn.Output), 1, nil, false); err == nil {
		t.Error("not refused")
	}
	if _, err := conn.SendData(&out, 1, nil, false); !errors.Is(err, io.EOF) {
		t.Error("not refused")
	}
	_, err := conn.SendData(&out, 1, nil, false)
	if err == nil {
		t.Error("not refused")
	}
	if _, err = conn.SendData(&out, 1, nil, false); err != nil { // want `conn: the next Conn is dropped for _`
		t.Error("refused")
	}
	conn, _ = conn.Stream(&out, nil)
	ws, _ = ws.EOF()
	if ws.Over() || conn.Slots() > 0 {
		t.Error("over")
	}
}
