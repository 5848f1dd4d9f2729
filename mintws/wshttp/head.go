package wshttp

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mintws/mintws/internal/respond"
)

// framing are fields that say how the message is delimited or what becomes of the connection. On a head that opens a
// WebSocket only the handshake decides these.
var framing = []string{"Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Trailer", "Te", "Keep-Alive"}

// merged returns the fields of header, and those of others where header has none. Others cannot say how the message is framed,
// nor what was agreed: the WebSocket knows nothing of a subprotocol or an extension that somebody else has put there.
func merged(others, header http.Header) http.Header {
	own, more := respond.Canonical(header), respond.Canonical(others)
	for name, values := range more {
		_, ok := own[name]
		if !ok && !slices.Contains(framing, name) && !strings.HasPrefix(name, http.TrailerPrefix) &&
			!strings.HasPrefix(name, respond.Handshake) {
			own[name] = values
		}
	}
	return own
}
