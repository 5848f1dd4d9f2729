package httpconn

import (
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/test/golden"
)

// stateNames are the states of a stream as docs/states-stream.md has them.
var stateNames = [numStates]string{"idle", "open", "half-closed (local)", "half-closed (remote)", "closed (ended)",
	"closed (reset by the server)", "closed (reset by us)", "closed (forgotten)"}

// verdictWords says what a verdict means.
func verdictWords(v verdict) string {
	switch v.action {
	case ignore:
		return "ignored"
	case failStream:
		return "stream error " + v.code.String()
	case failConn:
		return "connection error " + v.code.String()
	}
	return "taken"
}

// verdictTable is verdicts, a row for each state.
func verdictTable() string {
	rows := [][]string{{"state"}}
	for state := range numStates {
		row := []string{stateNames[state]}
		for kind := range verdicts {
			switch http2.FrameType(kind) {
			case http2.FrameSettings, http2.FramePing, http2.FrameGoAway:
				continue // they are the connection's, and have no verdicts
			}
			if state == 0 {
				rows[0] = append(rows[0], http2.FrameType(kind).String())
			}
			row = append(row, verdictWords(verdicts[kind][state]))
		}
		rows = append(rows, row)
	}
	return golden.Table(rows)
}

// stateOf returns the state of stream id.
func stateOf(c Conn, id StreamID) streamState {
	if id > c.h2.rare.lastID {
		return stateIdle
	}
	s := c.h2.streams.get(id)
	return s.state()
}

// stateInputs are what can change the state of a stream. A call that c refuses changes nothing.
var stateInputs = []struct {
	name string
	do   func(t *testing.T, c Conn, id StreamID) Conn
}{
	{"END_STREAM sent", func(_ *testing.T, c Conn, id StreamID) Conn {
		c, _ = c.SendData(new(Output), id, nil, true)
		return c
	}},
	{"END_STREAM received", func(t *testing.T, c Conn, id StreamID) Conn {
		return h2Feed(c, false, fData(uint32(id), true, "")).conn
	}},
	{"RST_STREAM sent", func(_ *testing.T, c Conn, id StreamID) Conn {
		c, _ = c.Cancel(new(Output), id, http2.ErrCodeCancel)
		return c
	}},
	{"RST_STREAM received", func(t *testing.T, c Conn, id StreamID) Conn {
		return h2Feed(c, false, fReset(uint32(id), http2.ErrCodeCancel)).conn
	}},
	{"its place is needed", func(t *testing.T, c Conn, id StreamID) Conn {
		for range 2 * minStreams { // other streams, that come and go
			next, other, err := c.Request(new(Output), h2Get)
			if err != nil {
				t.Fatal(err)
			}
			c = h2Fed(t, next, fHeaders(uint32(other), true, ":status: 200"))
		}
		return c
	}},
}

// stateDiagram is drawn by doing, in each state, all that can change it.
func stateDiagram(t *testing.T) string {
	var d golden.Diagram
	d.Edge(stateNames[stateIdle], stateNames[stateOf(h2Started(t, Config{}, h2Ext), 1)], "request with content or for a tunnel")
	d.Edge(stateNames[stateIdle], stateNames[stateOf(h2Started(t, Config{}, h2Get), 1)], "request without content")
	for _, begin := range h2States {
		c, id := begin.begin(t), StreamID(begin.id)
		from := stateOf(c, id)
		if from == stateIdle { // neither side can do any of this
			continue
		}
		for _, in := range stateInputs {
			next := in.do(t, c, id)
			to := stateOf(next, id)
			if next.fail != nil || to == from {
				continue // the connection is over, or nothing changed
			}
			by := in.name
			if to == stateWeReset && in.name != "RST_STREAM sent" {
				by += " (a stream error)"
			}
			d.Edge(stateNames[from], stateNames[to], by)
		}
	}
	return d.String()
}

// TestStatesOfStreams holds docs/states-stream.md to the table that the code runs on, and to what it does.
func TestStatesOfStreams(t *testing.T) {
	golden.Region(t, "../docs/states-stream.md", strings.Join([]string{stateDiagram(t), verdictTable()}, "\n"))
}
