package parameter

import (
	"io"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

type link struct {
	conn httpconn.Conn
	ws   mintws.WebSocket
	out  *httpconn.Output
}

func Greet(ws mintws.WebSocket, w io.Writer) error {
	ws, p, err := ws.Encode(mintws.Text("Hello")) // want `ws: the parameter ws is a copy, and the caller keeps the old WebSocket; return ws, or take a pointer`
	if err != nil {
		return err
	}
	_, err = w.Write(p)
	return err
}

func (l link) Read(data []byte) {
	l.conn, _ = l.conn.Stream(l.out, data) // want `l.conn: the receiver l is a copy, and the caller keeps the old Conn; return l, or take a pointer`
}

func Tick(s session.Session, out *session.Output, now time.Time) {
	s, _ = s.Tick(out, now) // want `s: the parameter s is a copy`
}

func handle(ws mintws.WebSocket, data []byte) {
	ws, _, _ = ws.Decode(data) // want `ws: the parameter ws is a copy`
}

func caller(ws mintws.WebSocket, data []byte) mintws.State {
	handle(ws, data)
	return ws.State()
}

func otherName(ws mintws.WebSocket, w io.Writer) {
	next, p, _ := ws.Encode(mintws.Text("Hello")) // want `ws: the parameter ws is a copy`
	if !next.Over() {
		w.Write(p)
	}
}

// Literals with a name, and such as are called where they stand.
func literals(ws mintws.WebSocket, data []byte) (mintws.WebSocket, error) {
	feed := func(ws mintws.WebSocket) error {
		var err error
		ws, _, err = ws.Decode(data) // want `ws: the parameter ws is a copy`
		return err
	}
	if err := feed(ws); err != nil {
		return ws, err
	}
	go func(ws mintws.WebSocket) {
		ws, _, _ = ws.Decode(data) // want `ws: the parameter ws is a copy`
	}(ws)
	ws, err := ws.EOF()
	return ws, err
}

// The value is returned, or stored.
func Returned(ws mintws.WebSocket, data []byte) (mintws.WebSocket, error) {
	ws, _, err := ws.Decode(data)
	return ws, err
}

func Named(ws mintws.WebSocket, data []byte) (next mintws.WebSocket, err error) {
	next, _, err = ws.Decode(data)
	return
}

func (l link) Next(data []byte) link {
	l.conn, _ = l.conn.Stream(l.out, data)
	return l
}

func (l *link) Pointer(data []byte) { l.conn, _ = l.conn.Stream(l.out, data) }

func Stored(ws mintws.WebSocket, m map[int]mintws.WebSocket, data []byte) {
	ws, _, _ = ws.Decode(data)
	m[1] = ws
}

// The function was given the value to bring it to its end.
func Serve(sock io.ReadWriter, ws mintws.WebSocket, buf []byte) error {
	for !ws.Over() {
		n, err := sock.Read(buf)
		if err != nil {
			ws, err = ws.EOF()
			return err
		}
		ws, _, err = ws.Decode(buf[:n])
	}
	return ws.Err()
}

func Handler(sock io.ReadWriter, ws mintws.WebSocket, buf []byte) {
	for {
		n, err := sock.Read(buf)
		if err != nil {
			return
		}
		ws, _, _ = ws.Decode(buf[:n])
	}
}

// Who is called back has no way to bring the value back, so it was handed over.
func accept(then func(mintws.WebSocket)) { then(mintws.WebSocket{}) }

func callbacks(data []byte) {
	accept(refuse)
	accept(func(ws mintws.WebSocket) { ws, _, _ = ws.Decode(data) })
}

func refuse(ws mintws.WebSocket) { ws, _ = ws.EOF() }

// No caller uses its value after the call.
func drain(ws mintws.WebSocket, data [][]byte) {
	for _, d := range data {
		ws, _, _ = ws.Decode(d)
	}
}

func handsOver(data [][]byte) {
	ws, _ := mintws.NewWebSocket()
	ws, _, _ = ws.Encode(mintws.Text("Hello"))
	drain(ws, data)
	ws, _ = mintws.NewWebSocket()
	go drain(ws, data)
}
