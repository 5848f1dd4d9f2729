package mintws

import (
	"io"
	"net/http"
)

// Role is the side of the connection that a WebSocket speaks for.
type Role uint8

const (
	// Client masks what it sends and refuses masked frames (RFC 6455 section 5.1).
	Client Role = iota
	// Server refuses unmasked frames and masks nothing.
	Server
)

// String returns "Client" or "Server".
func (r Role) String() string {
	if r == Server {
		return "Server"
	}
	return "Client"
}

// Delivery says in which pieces received messages are handed over.
type Delivery uint8

const (
	// DeliverMessages hands over whole messages; fragments are joined.
	DeliverMessages Delivery = iota
	// DeliverFragments hands over each frame as it was sent, once it is complete. More and OpContinuation tell how they
	// belong together.
	DeliverFragments
	// DeliverPayload hands over payload bytes as they arrive and holds none back, so that a message of any size needs
	// bounded memory: no more than what one read becomes, which for compressed bytes Inbox.Max bounds. A message looks like
	// fragments: the first piece has its opcode, later ones OpContinuation, and all but the last More. Pieces of text may
	// end inside a character. MaxFrame, MaxMessage and MaxFragments default to no limit.
	DeliverPayload
)

// Options says how a WebSocket is asked for and how it behaves. The zero Options is the default.
type Options struct {
	// Header holds further fields for the upgrade request, such as Authorization or Cookie. On HTTP/1.1 names keep the case
	// that they have in the map. It may hold neither the fields of the handshake itself nor one field under two spellings.
	Header http.Header
	// LowerCaseNames spells the names of the handshake's own fields in lower case on HTTP/1.1, Host included. It is for
	// servers and proxies to which case matters. On HTTP/2 names are always in lower case.
	LowerCaseNames bool
	// Origin is the value of the Origin field, which is left out if it is empty (RFC 6455 section 4.1, item 8). Browsers
	// must send one, others need not.
	Origin string
	// Subprotocols are offered in this order of preference (RFC 6455 section 1.9).
	Subprotocols []string
	// Extensions are offered in this order of preference (RFC 6455 section 9.1).
	Extensions []Extension
	// Authority replaces the target's host and port in the Host field or :authority.
	Authority string
	// Tag is passed on to the request: every event of the stream carries it.
	Tag uint64

	// Limits bounds received messages.
	Limits Limits
	// Delivery chooses whole messages, fragments, or payload as it arrives.
	Delivery Delivery
	// SkipUTF8 turns off the validation of text in both directions. Close reasons are always validated.
	SkipUTF8 bool
	// ManualReply keeps [Receive] from answering: the caller sends what [WebSocket.Reply] gives for a Ping or Close, and what
	// [CloseFrame] gives for an error.
	ManualReply bool
	// Transforms are the extensions of a WebSocket that [NewWebSocket] makes, in order. They were negotiated elsewhere.
	Transforms []Transform
	// Rand is the source of masking keys and of the handshake's key. If nil, that is crypto/rand, for masking keys as the seed
	// of ChaCha8 for every 128 of them. It is for tests: RFC 6455 section 10.3 asks for strong entropy. It must be safe for
	// concurrent use if the WebSocket is used concurrently.
	Rand io.Reader
}
