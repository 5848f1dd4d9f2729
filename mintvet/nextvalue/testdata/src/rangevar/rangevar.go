package rangevar

import (
	"io"
	"slices"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

type link struct {
	name string
	conn httpconn.Conn
	ws   mintws.WebSocket
	sock io.Writer
}

type loop struct {
	links []link
	byID  map[int]link
	open  []mintws.WebSocket
	ptrs  []*link
	out   httpconn.Output
}

func (l *loop) broadcast(f mintws.Frame) (err error) {
	for _, c := range l.links {
		c.conn, c.ws, err = mintws.Send(c.conn, &l.out, c.ws, f) // want `c.conn: c is a copy that the loop makes of an element, and the next Conn ends with it; write l.links\[i\] = c`
		if err != nil {
			return err
		}
		l.out.WriteTo(c.sock)
	}
	return nil
}

func (l *loop) values(f mintws.Frame) (frames [][]byte) {
	for _, ws := range l.open {
		var p []byte
		ws, p, _ = ws.Encode(f) // want `ws: ws is a copy that the loop makes of an element, and the next WebSocket ends with it; write l.open\[i\] = ws`
		frames = append(frames, p)
	}
	return frames
}

func (l *loop) entries(f mintws.Frame) {
	for id, c := range l.byID {
		println(id)
		next, p, err := c.ws.Encode(f) // want `c.ws: c is a copy .* write l.byID\[id\] = c`
		if err == nil && !next.Over() {
			c.sock.Write(p)
		}
	}
}

func (l *loop) iterator(data []byte) {
	for _, c := range slices.Backward(l.links) {
		c.ws, _, _ = c.ws.Decode(data) // want `c.ws: c is a copy .* write l.links\[i\] = c`
	}
}

func local(n int, data []byte) {
	links := make([]link, n)
	for {
		for k, c := range links {
			println(k)
			c.ws, _, _ = c.ws.Decode(data) // want `c.ws: c is a copy .* write links\[k\] = c`
		}
	}
}

func inGoroutines(links []link, f mintws.Frame) {
	for _, c := range links {
		go func() {
			var p []byte
			c.ws, p, _ = c.ws.Encode(f) // want `c.ws: c is a copy`
			c.sock.Write(p)
		}()
	}
}

// Put back, by index, by pointer, or into another list.
func (l *loop) right(f mintws.Frame) (err error) {
	for i, c := range l.links {
		c.conn, c.ws, err = mintws.Send(c.conn, &l.out, c.ws, f)
		l.links[i] = c
	}
	for i := range l.links {
		c := &l.links[i]
		c.conn, c.ws, err = mintws.Send(c.conn, &l.out, c.ws, f)
	}
	for i := range l.links {
		l.links[i].ws, _, err = l.links[i].ws.Encode(f)
	}
	for _, c := range l.ptrs {
		c.conn, c.ws, err = mintws.Send(c.conn, &l.out, c.ws, f)
	}
	for i, ws := range l.open {
		l.open[i], _, err = ws.Encode(f)
	}
	for id, c := range l.byID {
		c.ws, _, err = c.ws.Encode(f)
		l.byID[id] = c
	}
	kept := l.open[:0]
	for _, ws := range l.open {
		if ws, _, err = ws.Encode(f); !ws.Over() {
			kept = append(kept, ws)
		}
	}
	return err
}

// A list that nobody looks at again, and a channel that hands values over.
func over(dial func() []mintws.WebSocket, handed <-chan mintws.WebSocket, data []byte) {
	for _, ws := range dial() {
		for !ws.Over() {
			ws, _, _ = ws.Decode(data)
		}
	}
	list := dial()
	for _, ws := range list {
		ws, _, _ = ws.Decode(data)
	}
	for ws := range handed {
		ws, _, _ = ws.Decode(data)
	}
}
