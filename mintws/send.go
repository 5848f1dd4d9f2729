package mintws

import "github.com/mintws/mintws/httpconn"

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
	err := p.check()
	if err == nil {
		err = sendAny(&c, out, &ws, &p.frame, p)
	}
	return c, ws, err
}

// send is Send, and changes c and ws in place.
func send(c *httpconn.Conn, out *httpconn.Output, ws *WebSocket, f *Frame) error {
	return sendAny(c, out, ws, f, nil)
}

// sendAny is send for every kind of frame. p is f as it was prepared, or nil.
func sendAny(c *httpconn.Conn, out *httpconn.Output, ws *WebSocket, f *Frame, p *Prepared) error {
	if ws.state != Open {
		if err := ws.checkState(f); err != nil { // before the stream is asked, which has errors of its own
			return err
		}
	}
	before := len(out.Send)
	mark, err := c.BeginData(out, ws.id, len(f.Payload)+maxHeaderLen+2)
	if err != nil {
		return err
	}
	next := *ws
	var sent []byte
	if p == nil {
		sent, err = next.encode(out.Send, f)
	} else {
		sent, err = next.encodeAny(out.Send, *f, p)
	}
	if err != nil {
		out.Send = out.Send[:before]
		return err
	}
	out.Send = sent
	end := next.state == Closed || next.state == Failed && next.flags&sentClose != 0
	nextConn, err := c.EndData(out, ws.id, mark, end)
	if err != nil {
		out.Send = out.Send[:before]
		return err
	}
	*c, *ws = nextConn, next
	return nil
}
