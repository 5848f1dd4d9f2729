package element

import (
	"io"

	"github.com/mintws/mintws/mintws"
)

type link struct {
	ws   mintws.WebSocket
	sock io.Writer
}

type loop struct {
	links []link
	table [4]link
	open  []mintws.WebSocket
}

func (l *loop) say(i int, f mintws.Frame) (err error) {
	c := l.links[i]
	var p []byte
	c.ws, p, err = c.ws.Encode(f) // want `c.ws: c is a copy of l.links\[i\], and the element keeps the old WebSocket; write l.links\[i\] = c`
	c.sock.Write(p)
	return err
}

func (l *loop) array(i int, data []byte) {
	c := l.table[i]
	c.ws, _, _ = c.ws.Decode(data) // want `c.ws: c is a copy of l.table\[i\], and the element keeps the old WebSocket`
}

func (l *loop) value(i int, data []byte) {
	ws := l.open[i]
	ws, _, _ = ws.Decode(data) // want `ws: ws is a copy of l.open\[i\]`
}

func (l *loop) direct(i int, f mintws.Frame) []byte {
	ws, p, err := l.open[i].Encode(f) // want `l.open\[i\]: the next WebSocket is in ws alone, and the element keeps the old one; write l.open\[i\] = ws`
	if err != nil || ws.Over() {
		return nil
	}
	return p
}

func all(open []mintws.WebSocket, data []byte) {
	for i := range open {
		ws := open[i]
		for range 2 {
			ws, _, _ = ws.Decode(data) // want `ws: ws is a copy of open\[i\]`
		}
	}
}

// By pointer, in place, or put back.
func (l *loop) right(i int, data []byte) {
	c := &l.links[i]
	c.ws, _, _ = c.ws.Decode(data)
	l.open[i], _, _ = l.open[i].Decode(data)
	d := l.links[i]
	d.ws, _, _ = d.ws.Decode(data)
	l.links[i] = d
	ws := l.open[i]
	ws, _, _ = ws.Decode(data)
	l.open[i] = ws
	e := l.links[i]
	e.ws, _, _ = e.ws.Decode(data)
	l.links[i].ws = e.ws
}

// The list is not used again.
func first(dial func() []mintws.WebSocket, data []byte) {
	list := dial()
	ws := list[0]
	for !ws.Over() {
		ws, _, _ = ws.Decode(data)
	}
}
