package entry

import (
	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

type peer struct {
	name string
	ws   mintws.WebSocket
}

type hub struct {
	conn  httpconn.Conn
	out   httpconn.Output
	in    mintws.Inbox
	open  map[httpconn.StreamID]mintws.WebSocket
	peers map[string]peer
	ptrs  map[string]*peer
}

func (h *hub) receive(ev httpconn.Event) {
	ws, ok := h.open[ev.StreamID]
	if !ok {
		return
	}
	h.conn, ws, _ = mintws.Receive(h.conn, &h.out, ws, &h.in, ev) // want `ws: ws is a copy of h.open\[ev.StreamID\], and the entry keeps the old WebSocket; write h.open\[ev.StreamID\] = ws`
	if ws.Over() {
		delete(h.open, ev.StreamID)
	}
}

func (h *hub) of(name string, data []byte) {
	p := h.peers[name]
	p.ws, _, _ = p.ws.Decode(data) // want `p.ws: p is a copy of h.peers\[name\], and the entry keeps the old WebSocket; write h.peers\[name\] = p`
}

func (h *hub) direct(id httpconn.StreamID, f mintws.Frame) []byte {
	next, p, err := h.open[id].Encode(f) // want `h.open\[id\]: the next WebSocket is in next alone, and the entry keeps the old one; write h.open\[id\] = next`
	if err != nil || next.Over() {
		return nil
	}
	return p
}

func local(conn httpconn.Conn, out *httpconn.Output, in *mintws.Inbox) httpconn.Conn {
	open := map[httpconn.StreamID]mintws.WebSocket{}
	for _, ev := range out.Events {
		ws := open[ev.StreamID]
		conn, ws, _ = mintws.Receive(conn, out, ws, in, ev) // want `ws: ws is a copy of open\[ev.StreamID\]`
	}
	return conn
}

// Put back, or taken out, or of pointers.
func (h *hub) right(id httpconn.StreamID, name string, data []byte) (p []byte, err error) {
	ws := h.open[id]
	ws, _, err = ws.Decode(data)
	if h.open[id] = ws; ws.Over() {
		delete(h.open, id)
	}
	h.open[id], p, err = h.open[id].Encode(mintws.Text("Hello"))
	q := h.ptrs[name]
	q.ws, _, err = q.ws.Decode(data)
	r := h.peers[name]
	r.ws, _, err = r.ws.Decode(data)
	h.peers[name] = r
	return p, err
}

func (h *hub) bye(id httpconn.StreamID) {
	ws := h.open[id]
	delete(h.open, id)
	h.conn, ws, _ = mintws.Send(h.conn, &h.out, ws, mintws.Close())
}
