package marked

import (
	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

func check(ws mintws.WebSocket, f mintws.Frame) error {
	_, _, err := ws.Encode(f) //mintvet:fork
	return err
}

func reason(conn httpconn.Conn, out *httpconn.Output) {
	conn.Ping(out, [8]byte{}) //mintvet:fork nobody goes on with it
}

func above(ws mintws.WebSocket, f mintws.Frame) error {
	//mintvet:fork
	_, _, err := ws.Encode(f)
	return err
}

func lines(ws mintws.WebSocket) error {
	_, _, err := ws.Encode(mintws.Frame{ //mintvet:fork
		Payload: nil,
	})
	return err
}

func notThese(ws mintws.WebSocket, f mintws.Frame) (err error) {
	_, _, err = ws.Encode(f) //mintvet:fork
	_, _, err = ws.Encode(f) // want `ws: the next WebSocket is dropped for _`
	_, _, err = ws.Encode(f) //mintvet:forked // want `ws: the next WebSocket is dropped for _`
	_, _, err = ws.Encode(f) // mintvet:fork // want `ws: the next WebSocket is dropped for _`
	return err
}
