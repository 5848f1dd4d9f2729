package mintws

// Extension is a WebSocket extension (RFC 6455 section 9): how it is negotiated. What it does to frames is a
// [Transform]. It is immutable: negotiating changes nothing about it, and it may be used for many WebSockets at once.
type Extension interface {
	// Offers returns what a client proposes, in order of preference; several are fallbacks for each other (RFC 6455 section
	// 9.1). All have the extension's name. It is the client's only: a server does not call it.
	Offers() []Params
	// Check judges the server's answer to the offers, on the client's side. An error, or a nil Transform, refuses it; the
	// error says which parameter is wrong and why.
	Check(answer Params) (Transform, error)
	// Answer judges one offer on the server's side, and returns what to answer: the offer's name, with parameters. It gets
	// every offer of the client, those of other names included, and declines what it does not know: ok is false then. A
	// nil Transform declines it too.
	Answer(offer Params) (answer Params, t Transform, ok bool)
}

// Transform is what an extension does to data frames. It holds no state: what it has to remember is in an [ExtState], a small
// value that belongs to the WebSocket. It may be used from several goroutines at once. Control frames are never transformed.
//
// A message is transformed in one or more calls, in order: the first has its opcode, later ones OpContinuation, all but
// the last More. Whole messages come in one call wherever that is possible.
type Transform interface {
	// RSV returns the reserved bits that the extension uses, on the first frame of a message only. A received message
	// is passed to In only if one of them is set; if there are none, every message is. It is the same at every call.
	RSV() RSV
	// Out transforms a frame to be sent. It appends the payload to dst, whose content it does not touch, and returns a
	// frame that has it there, or f itself to leave it as it is; a frame that it changed has the bits of RSV set, if it
	// is a message's first. It does not write to f.Payload, which others may be sending at the same time: see [Prepare].
	Out(st ExtState, dst []byte, f Frame) (next ExtState, out []byte, g Frame, err error)
	// In undoes Out for a frame, or a piece of one, that was received. It appends at most limit bytes to dst, and
	// otherwise returns [ErrMessageTooBig]. Where the peer broke the extension's rules the error is a [*ProtocolError],
	// or any other, which becomes one with code 1007.
	In(st ExtState, dst []byte, f Frame, limit int) (next ExtState, out []byte, g Frame, err error)
	// Forget returns the sending state after a message that the peer passes to In although it did not pass through Out: it
	// was sent with Raw and with bits of RSV, or with Raw where RSV has none, because the caller has transformed it. What the
	// peer remembers of it is not known, so nothing that Out makes from then on may refer to what was sent before. It is
	// called once for such a message, with its first frame.
	Forget(st ExtState) (next ExtState)
	// Equal reports whether two states, of the same direction, mean the same. It is for [WebSocket.Equal].
	Equal(a, b ExtState) bool
}

// ExtState is what a Transform remembers in one direction, as a value. The zero ExtState is the beginning.
type ExtState struct {
	// Word is for what changes with every message, such as a counter, a position in Memory, or flags. Changing it costs
	// nothing for the first of a WebSocket's extensions, whose Word is kept in the WebSocket itself. For any other, each
	// change allocates.
	Word uint64
	// Memory is for all that does not fit into Word: a pointer, or nil. Each change of it allocates, so it should change less
	// often than Word. Older values share what it points to, which is therefore never written again: to change something
	// there, point to a new copy.
	Memory any
}
