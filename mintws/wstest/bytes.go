package wstest

import (
	"net/http"

	"github.com/mintws/mintws/internal/respond"
	"github.com/mintws/mintws/mintws"
)

// Answer returns an HTTP/1.1 server's response to an opening handshake: request is what the client sent, from the first byte
// to the empty line, and opt says what the server agrees to. The WebSocket is the server's, to decode what the client sends
// next and to encode what it is to get. Where the server would refuse the request, the response says so, and err is the
// [*mintws.HandshakeError].
//
// Bytes that are not the head of a request, or not all of it, give no response and a [*mintws.HandshakeError] that says so.
func Answer(request []byte, opt mintws.AcceptOptions) (response []byte, ws mintws.WebSocket, err error) {
	_, r, _, err := newHead().Feed(request)
	if err == nil && r == nil {
		err = &mintws.HandshakeError{Status: http.StatusBadRequest, Err: mintws.ErrBadRequest, Detail: "the head of the request is not complete", Server: true}
	}
	if err != nil {
		return nil, ws, err
	}
	ws, status, header, err := mintws.Accept(r, opt)
	if err != nil {
		return appendRefusal(nil, answer{status: status, header: header, body: err.Error() + "\n"}, false), ws, err
	}
	return respond.Append(nil, status, header), ws, nil
}

// Frames returns frames as the bytes that a server sends: without a mask, and not compressed. It panics where a frame
// cannot be sent, or not after the one before it. To break the protocol, write the bytes yourself.
func Frames(frames ...mintws.Frame) []byte { return encode(mintws.Server, frames) }

// MaskedFrames returns frames as the bytes that a client sends, all with the mask 0, so that the payload can be read in them.
// It panics as Frames does.
func MaskedFrames(frames ...mintws.Frame) []byte { return encode(mintws.Client, frames) }

// zeros is where the masking keys come from.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func encode(role mintws.Role, frames []mintws.Frame) (b []byte) {
	ws, err := mintws.NewWebSocket(role, mintws.Options{Rand: zeros{}})
	for _, f := range frames {
		if err == nil {
			ws, b, err = ws.AppendEncode(b, f)
		}
	}
	if err != nil {
		panic("wstest: " + err.Error())
	}
	return b
}
