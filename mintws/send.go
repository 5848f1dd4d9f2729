package mintws

import (
	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/inplace"
)

// Send encodes f straight into its stream: what has to be written is in out.Send. When f completes the closing
// handshake, or is the Close that a failure calls for, our side of the stream is ended with it.
//
// The error is that of [WebSocket.AppendEncode], [httpconn.Conn.BeginData] or [httpconn.Conn.EndData]. Then nothing is
// changed: c and ws are returned as they came and nothing was appended, so that no WebSocket advances for bytes that are
// never sent.
func Send(c httpconn.Conn, out *httpconn.Output, ws WebSocket, f Frame) (httpconn.Conn, WebSocket, error) {
	err := send(&c, out, &ws, &f)
	return c, ws, err
}

// SendPrepared is [Send] for a frame that was prepared. If it fails, nothing is changed, as with Send.
func SendPrepared(c httpconn.Conn, out *httpconn.Output, ws WebSocket, p *Prepared) (httpconn.Conn, WebSocket, error) {
	err := sendPrepared(&c, out, &ws, p)
	return c, ws, err
}

// sendPrepared is SendPrepared, and changes c and ws in place.
func sendPrepared(c *httpconn.Conn, out *httpconn.Output, ws *WebSocket, p *Prepared) error {
	if err := p.check(); err != nil {
		return err
	}
	return sendAny(c, out, ws, &p.frame, p)
}

// send is Send, and changes c and ws in place.
func send(c *httpconn.Conn, out *httpconn.Output, ws *WebSocket, f *Frame) error {
	if !ws.straight(f) {
		return sendAny(c, out, ws, f, nil)
	}
	// A frame on the straight path leaves ws as it is, so there is no copy of ws to return to.
	conn, before := c.InPlace(inplace.Key{}), len(out.Send)
	mark, err := conn.BeginData(out, ws.id, len(f.Payload)+maxHeaderLen+2)
	if err != nil {
		return err
	}
	var sent []byte
	if sent, err = ws.encodeStraight(out.Send, f); err == nil {
		out.Send = sent
		err = conn.EndData(out, ws.id, mark, false)
	}
	if err != nil {
		out.Send = out.Send[:before]
	}
	return err
}

// sendAny is send for every kind of frame. p is f as it was prepared, or nil.
func sendAny(c *httpconn.Conn, out *httpconn.Output, ws *WebSocket, f *Frame, p *Prepared) error {
	if ws.state != Open {
		if err := ws.checkState(f); err != nil { // before the stream is asked, which has errors of its own
			return err
		}
	}
	conn, before := c.InPlace(inplace.Key{}), len(out.Send)
	mark, err := conn.BeginData(out, ws.id, len(f.Payload)+maxHeaderLen+2)
	if err != nil {
		return err
	}
	was := *ws
	sent, err := ws.encodeAny(out.Send, *f, p)
	if err != nil {
		out.Send = out.Send[:before]
		return err
	}
	out.Send = sent
	end := ws.state == Closed || ws.state == Failed && ws.flags&sentClose != 0
	if err = conn.EndData(out, ws.id, mark, end); err != nil {
		out.Send = out.Send[:before]
		*ws = was
	}
	return err
}
