package mintws

import (
	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/inplace"
	"github.com/mintws/mintws/internal/mask"
)

// InPlace is for the other packages of this module, which alone can name its parameter. They advance a WebSocket of their own
// where it stands, and copy it once on its way in and once on its way out. For everybody else a WebSocket is immutable.
func (ws *WebSocket) InPlace(inplace.Key) *inPlace { return (*inPlace)(ws) }

// inPlace is a WebSocket whose methods do what those of WebSocket, Send and Receive do, and leave the next WebSocket in the place
// of the one that they are called on, and the next Conn in that of c.
type inPlace WebSocket

// Send is the function Send.
func (ws *inPlace) Send(c *httpconn.Conn, out *httpconn.Output, f *Frame) error {
	return send(c, out, (*WebSocket)(ws), f)
}

// SendPrepared is the function SendPrepared.
func (ws *inPlace) SendPrepared(c *httpconn.Conn, out *httpconn.Output, p *Prepared) error {
	return sendPrepared(c, out, (*WebSocket)(ws), p)
}

// Receive is the function Receive.
func (ws *inPlace) Receive(c *httpconn.Conn, out *httpconn.Output, in *Inbox, ev *httpconn.Event) error {
	return receive(c, out, (*WebSocket)(ws), in, ev)
}

// AppendReceive is WebSocket.AppendReceive.
func (ws *inPlace) AppendReceive(dst []byte, in *Inbox, data []byte) ([]byte, error) {
	return (*WebSocket)(ws).appendReceive(dst, in, data)
}

// AppendEncode is WebSocket.AppendEncode.
func (ws *inPlace) AppendEncode(dst []byte, f *Frame) ([]byte, error) {
	return (*WebSocket)(ws).encode(dst, f)
}

// AppendHead is AppendEncode without the payload, which the caller sends behind it, masked with key from its first byte on. With
// a key of 0 nothing is masked: a server's is. It is for large messages, which need no memory of their size then. Where ok is
// false, f is none of those that can be sent like that, or it cannot be sent at all, and nothing has happened.
func (ws *inPlace) AppendHead(dst []byte, f *Frame) (_ []byte, key mask.Key, ok bool, err error) {
	return (*WebSocket)(ws).appendStraightHead(dst, f)
}

// Remaining returns how many bytes of the data frame under way have not been received.
func (ws *inPlace) Remaining() int64 { return ws.remaining }

// AppendPrepared is WebSocket.AppendPrepared.
func (ws *inPlace) AppendPrepared(dst []byte, p *Prepared) ([]byte, error) {
	return (*WebSocket)(ws).encodePrepared(dst, p)
}

// AppendDecode is WebSocket.AppendDecode.
func (ws *inPlace) AppendDecode(in *Inbox, data []byte) error {
	return (*WebSocket)(ws).decode(in, data)
}
