package mintws_test

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/golden"
	"github.com/mintws/mintws/mintws"
)

// wsState names where ws stands, with what more there is to know of it than State says.
func wsState(ws mintws.WebSocket) string {
	name := ws.State().String()
	switch ws.State() {
	case mintws.Closing:
		if code, _ := ws.PeerClose(); code != 0 {
			return name + " (theirs came)"
		}
		return name + " (ours sent)"
	case mintws.Failed:
		switch errorName(ws.Err()) {
		case "HandshakeError":
			return name + " (refused)"
		case "CloseError":
			return name + " (ended)"
		}
		if f, ok := mintws.CloseFrame(ws.Err()); ok {
			if _, _, err := ws.Encode(f); err == nil {
				return name + " (Close due)"
			}
		}
		return name + " (Close sent)"
	}
	return name
}

// wsInputs are all that can happen to a WebSocket: what it receives, and what it is told to send.
var wsInputs = []struct {
	name string
	do   func(ws mintws.WebSocket) (next mintws.WebSocket, came bool, err error)
}{
	{"handshake accepted", answered(http.StatusSwitchingProtocols)},
	{"handshake refused", answered(http.StatusForbidden)},
	{"message received", received("\x81\x02hi")},
	{"Ping received", received("\x89\x00")},
	{"Pong received", received("\x8a\x00")},
	{"Close received", received("\x88\x02\x03\xe8")},
	{"illegal bytes received", received("\xff")},
	{"end of the stream", func(ws mintws.WebSocket) (mintws.WebSocket, bool, error) {
		next, err := ws.EOF()
		return next, err == nil, err
	}},
	{"message sent", sent(mintws.Text("hi"))},
	{"Ping sent", sent(mintws.Ping(nil))},
	{"Pong sent", sent(mintws.Pong(nil))},
	{"Close sent", sent(mintws.Close(mintws.CodeNormal, ""))},
	{"the Close that is due sent", func(ws mintws.WebSocket) (mintws.WebSocket, bool, error) {
		f, ok := mintws.CloseFrame(ws.Err())
		if !ok {
			return ws, false, errNotDue
		}
		next, _, err := ws.Encode(f)
		return next, true, err
	}},
}

func answered(status int) func(mintws.WebSocket) (mintws.WebSocket, bool, error) {
	return func(ws mintws.WebSocket) (mintws.WebSocket, bool, error) {
		next, err := ws.JudgeAnswer(status, http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
			"Sec-Websocket-Accept": {acceptOfZeros()}})
		return next, true, err
	}
}

func received(bytes string) func(mintws.WebSocket) (mintws.WebSocket, bool, error) {
	return func(ws mintws.WebSocket) (mintws.WebSocket, bool, error) {
		next, frames, err := ws.Decode([]byte(bytes))
		return next, len(frames) > 0, err
	}
}

func sent(f mintws.Frame) func(mintws.WebSocket) (mintws.WebSocket, bool, error) {
	return func(ws mintws.WebSocket) (mintws.WebSocket, bool, error) {
		next, _, err := ws.Encode(f)
		return next, true, err
	}
}

// errorName returns the name by which a program tells err from others.
func errorName(err error) string {
	var pe *mintws.ProtocolError
	var ce *mintws.CloseError
	var he *mintws.HandshakeError
	switch {
	case errors.As(err, &pe):
		return "ProtocolError"
	case errors.As(err, &he):
		return "HandshakeError"
	case errors.As(err, &ce):
		return "CloseError"
	case errors.Is(err, mintws.ErrNotOpen):
		return "ErrNotOpen"
	case errors.Is(err, mintws.ErrNotConnecting):
		return "ErrNotConnecting"
	case errors.Is(err, mintws.ErrCloseSent):
		return "ErrCloseSent"
	case errors.Is(err, mintws.ErrClosed):
		return "ErrClosed"
	case errors.Is(err, mintws.ErrInvalidFrame):
		return "ErrInvalidFrame"
	}
	return err.Error()
}

// TestStatesOfWebSocket holds docs/states-websocket.md to what happens: every input in every state. It finds the states by
// itself, from the two in which a WebSocket can begin and the zero value.
func TestStatesOfWebSocket(t *testing.T) {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	_, connecting, err := mintws.Upgrade(conn, &out, "ws://example.com/", mintws.Options{Rand: keyOfZeros{}})
	if err != nil {
		t.Fatal(err)
	}
	// What is reached, the first of each state, and the row of the table for it.
	list, rowOf := []mintws.WebSocket{{}, connecting}, map[string][]string{}
	for i := 0; i < len(list); i++ {
		row, followers := everyInput(list[i])
		was, known := rowOf[row[0]]
		if known && !slices.Equal(row, was) {
			t.Errorf("two of one state are not alike:\n%q\n%q", was, row)
		}
		if rowOf[row[0]] = row; !known {
			list = append(list, followers...)
		}
	}
	slices.SortStableFunc(list, func(a, b mintws.WebSocket) int {
		return cmp.Or(cmp.Compare(a.State(), b.State()), strings.Compare(wsState(a), wsState(b)))
	})
	list = slices.CompactFunc(list, func(a, b mintws.WebSocket) bool { return wsState(a) == wsState(b) })

	rows := [][]string{{"input"}}
	for _, in := range wsInputs {
		rows[0] = append(rows[0], in.name)
	}
	var d golden.Diagram
	for _, ws := range list {
		row := rowOf[wsState(ws)]
		rows = append(rows, row)
		for i, cell := range row[1:] {
			if to, ok := strings.CutPrefix(cell, follows); ok {
				to, _, _ = strings.Cut(to, ", ")
				d.Edge(row[0], to, wsInputs[i].name)
			}
		}
	}
	golden.Region(t, "../docs/states-websocket.md", d.String()+"\n"+golden.Table(turned(rows)))
}

// follows stands in the table before the state that follows.
const follows = "→ "

// everyInput returns what each input does to ws, behind the name of its state, and the WebSockets that are in another state then.
func everyInput(ws mintws.WebSocket) (row []string, followers []mintws.WebSocket) {
	row = []string{wsState(ws)}
	for _, in := range wsInputs {
		next, came, err := in.do(ws)
		switch to := wsState(next); {
		case to != row[0]:
			followers = append(followers, next)
			if err != nil {
				to += ", " + errorName(err)
			}
			row = append(row, follows+to)
		case err == errNotDue:
			row = append(row, "–")
		case err != nil && err == ws.Err():
			row = append(row, "its error")
		case err != nil:
			row = append(row, errorName(err))
		case came:
			row = append(row, "taken")
		default:
			row = append(row, "discarded")
		}
	}
	return row, followers
}

// errNotDue says that an input is none: there is no Close that CloseFrame would give.
var errNotDue = errors.New("no Close is due")

// turned makes columns of rows.
func turned(rows [][]string) [][]string {
	out := make([][]string, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			out[i] = append(out[i], cell)
		}
	}
	return out
}
