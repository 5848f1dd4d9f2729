package session

import (
	"errors"

	"github.com/mintws/mintws/mintws"
)

// ErrNotOver: [Session.Again] was called while the WebSocket before it was still under way.
var ErrNotOver = errors.New("session: the WebSocket before is not over")

// Refusal says that the server, or a proxy in front of it, refused the WebSocket: the handshake's error, with the beginning of the
// content that came with it. Status and Header are those of the answer.
type Refusal struct {
	*mintws.HandshakeError
	// Body is the beginning of the content, 1 KiB at most. It is read-only.
	Body []byte
	// Reusable says that the connection can be asked again, with [Session.Again].
	Reusable bool
}

// Unwrap returns the mintws.HandshakeError.
func (r *Refusal) Unwrap() error { return r.HandshakeError }

const (
	maxBody    = 1 << 10  // of a Refusal: enough to tell a token that has expired from a page of a proxy
	maxContent = 64 << 10 // what is read of a refusal so that the connection can be used again; a new one costs about as much
)
