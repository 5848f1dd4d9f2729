// Package mintws stands for the real one: what the analyzer needs to see of it.
package mintws

import "github.com/mintws/mintws/httpconn"

type (
	WebSocket struct{ state int }
	Frame     struct{ Payload []byte }
	State     uint8
	Inbox     struct {
		Frames []Frame
		Rest   []byte
	}
)

const Open State = 1

func Text(s string) Frame { return Frame{} }

func Close() Frame { return Frame{} }

func NewWebSocket() (WebSocket, error) { return WebSocket{}, nil }

func (ws WebSocket) Decode(data []byte) (WebSocket, []Frame, error)              { return ws, nil, nil }
func (ws WebSocket) AppendDecode(in *Inbox, data []byte) (WebSocket, error)      { return ws, nil }
func (ws WebSocket) Encode(f Frame) (WebSocket, []byte, error)                   { return ws, nil, nil }
func (ws WebSocket) AppendEncode(dst []byte, f Frame) (WebSocket, []byte, error) { return ws, nil, nil }
func (ws WebSocket) EOF() (WebSocket, error)                                     { return ws, nil }
func (ws WebSocket) Over() bool                                                  { return false }
func (ws WebSocket) Err() error                                                  { return nil }
func (ws WebSocket) State() State                                                { return Open }
func (ws WebSocket) StreamID() httpconn.StreamID                                 { return 0 }
func (ws WebSocket) Reply(f Frame) (Frame, bool)                                 { return f, false }
func (ws WebSocket) Equal(x WebSocket) bool                                      { return ws == x }

func Upgrade(c httpconn.Conn, out *httpconn.Output, url string) (httpconn.Conn, WebSocket, error) {
	return c, WebSocket{}, nil
}

func Receive(c httpconn.Conn, out *httpconn.Output, ws WebSocket, in *Inbox, ev httpconn.Event) (httpconn.Conn, WebSocket, error) {
	return c, ws, nil
}

func Send(c httpconn.Conn, out *httpconn.Output, ws WebSocket, f Frame) (httpconn.Conn, WebSocket, error) {
	return c, ws, nil
}
