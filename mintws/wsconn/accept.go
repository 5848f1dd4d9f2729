package wsconn

import (
	"net/http"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// Accept opens the WebSocket that a client asks a net/http server for. Where it returns an error the request is answered, and there
// is nothing left to do: a *[mintws.HandshakeError] says what was wrong with the request.
//
// The server's own timeouts do not count for the Conn, which has those of opt. On HTTP/1.1 the Conn may outlive the handler, and
// neither r's context nor the server's Shutdown ends it. On HTTP/2 the handler must have ended it, with Close or CloseNow, before it
// returns; for net/http to accept such requests import package [github.com/mintws/mintws/mintws/wshttp/xconnect].
func Accept(w http.ResponseWriter, r *http.Request, opt AcceptOptions) (*Conn, error) {
	s := newSettings(opt.Timing, opt.WriteTimeout, opt.WebSocket.Limits)
	opt.WebSocket.Delivery, opt.WebSocket.Limits = mintws.DeliverPayload, bounded(opt.WebSocket.Limits)
	ws, status, header, err := mintws.Accept(r, opt.WebSocket)
	if err != nil {
		wshttp.Refuse(w, err)
		return nil, err
	}
	stream, err := wshttp.Answer(w, r, status, header)
	if err != nil {
		return nil, err
	}
	return newConn(stream, ws, true, header, nil, s), nil
}
