package scope

import (
	"io"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/session"
)

func inIf(ws mintws.WebSocket, reads [][]byte, handle func([]mintws.Frame)) mintws.WebSocket {
	for _, data := range reads {
		if ws, frames, err := ws.Decode(data); err == nil { // want `ws: := declares another ws in this scope, and the next WebSocket ends with it; declare the others before and write ws, frames, err = ws.Decode\(data\)`
			handle(frames)
			if ws.Over() {
				break
			}
		}
	}
	return ws
}

func inLoop(sock io.ReadWriter, conn httpconn.Conn, out *httpconn.Output, buf []byte) httpconn.Next {
	for conn.Slots() > 0 {
		n, err := sock.Read(buf)
		conn, err := conn.Stream(out, buf[:n]) // want `conn: := declares another conn`
		if err != nil || conn.Next() > 0 {
			break
		}
	}
	return conn.Next()
}

func twoAtOnce(conn httpconn.Conn, out *httpconn.Output, ws mintws.WebSocket) (httpconn.Conn, mintws.WebSocket, error) {
	if ws.State() == mintws.Open {
		conn, ws, err := mintws.Send(conn, out, ws, mintws.Text("Hello")) // want `conn: := declares another conn` `ws: := declares another ws`
		if err != nil || ws.Over() || conn.Slots() == 0 {
			return httpconn.Conn{}, ws, err
		}
	}
	return conn, ws, nil
}

// It gets out on one path, and on another the old one goes on.
func onOnePath(conn httpconn.Conn, out *httpconn.Output, data []byte) (httpconn.Conn, error) {
	if conn, err := conn.Stream(out, data); err != nil { // want `conn: := declares another conn in this scope, and the next Conn ends with it; declare the others before and write conn, err = conn.Stream\(out, data\)`
		return conn, err
	}
	return conn, nil
}

func inCase(s session.Session, out *session.Output, now time.Time, timer <-chan time.Time, stop chan bool) {
	for !s.Over() {
		select {
		case <-timer:
			s, err := s.Tick(out, now) // want `s: := declares another s in this scope, and the next Session ends with it`
			if err != nil && s.Over() {
				return
			}
		case <-stop:
			return
		}
	}
}

func anotherName(ws mintws.WebSocket, w io.Writer) (mintws.WebSocket, error) {
	next, p, err := ws.Encode(mintws.Text("Hello")) // want `ws: the next WebSocket is in next alone, and the old one is used again; write ws = next`
	if err != nil || next.Over() {
		return ws, err
	}
	_, err = w.Write(p)
	return ws, err
}

// The variables of the same scope, parameters included, are advanced and not declared anew.
func sameScope(ws mintws.WebSocket, data []byte) (mintws.WebSocket, error) {
	ws, frames, err := ws.Decode(data)
	_ = frames
	return ws, err
}

// Nobody uses the old value after the end of the inner one.
func lastUse(data []byte) error {
	ws, _ := mintws.NewWebSocket()
	if ws, _, err := ws.Decode(data); err != nil || ws.Over() {
		return err
	}
	return nil
}

// The inner one gets out.
func returned(ws mintws.WebSocket, data []byte) (mintws.WebSocket, []mintws.Frame) {
	if ws, frames, err := ws.Decode(data); err == nil {
		return ws, frames
	}
	return ws, nil
}

func stored(m map[int]mintws.WebSocket, ws mintws.WebSocket, data []byte) {
	if ws, _, err := ws.Decode(data); err == nil {
		m[0] = ws
	}
	m[1] = ws
}

// The plain way.
func plain(ws mintws.WebSocket, data []byte) (_ mintws.WebSocket, err error) {
	var frames []mintws.Frame
	if ws, frames, err = ws.Decode(data); err == nil {
		_ = frames
	}
	return ws, err
}

func putBack(ws mintws.WebSocket, w io.Writer) (mintws.WebSocket, error) {
	next, p, err := ws.Encode(mintws.Text("Hello"))
	if err != nil {
		return ws, err
	}
	ws = next
	_, err = w.Write(p)
	return ws, err
}

func firstBytes(sock io.Reader, head handshake.Head, buf []byte) error {
	for {
		n, err := sock.Read(buf)
		if err != nil {
			return err
		}
		head, r, _, err := head.Feed(buf[:n]) // want `head: := declares another head in this scope, and the next Head ends with it`
		if r != nil || err != nil {
			println(head.Len())
			return err
		}
	}
}

var ofPackage = func(ws mintws.WebSocket, data []byte) mintws.State {
	if ws, _, err := ws.Decode(data); err != nil && ws.Over() { // want `ws: := declares another ws`
		return 0
	}
	return ws.State()
}
