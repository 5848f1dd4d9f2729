package mintws

// Extension says how a WebSocket extension (RFC 6455 section 9) is negotiated. What it does to frames is a [Transform]. It
// is immutable: negotiating changes nothing about it, and many WebSockets may use it at once.
type Extension interface {
	// Offers returns what a client proposes, in order of preference. Several offers are fallbacks for each other (RFC 6455
	// section 9.1), and all have the extension's name. A server does not call it.
	Offers() []Params
	// Check judges the server's answer to the offers, on the client's side. An error, or a nil Transform, refuses it; the
	// error says which parameter is wrong and why.
	Check(answer Params) (Transform, error)
	// Answer judges one offer on the server's side, and returns the answer to it: the offer's name, with parameters. It is
	// given every offer of the client, those of other names included. It declines what it does not know with ok false; a nil
	// Transform declines, too.
	Answer(offer Params) (answer Params, t Transform, ok bool)
}

// Transform is what an extension does to data frames. It holds no state: what it has to remember is in an [ExtState], a small
// value that belongs to the WebSocket. It may be used from several goroutines at once. Control frames are never transformed.
//
// A message is transformed in one or more calls, in order: the first has its opcode, later ones OpContinuation, all but
// the last More. Whole messages come in one call wherever that is possible.
type Transform interface {
	// RSV returns the reserved bits that the extension uses, always the same. They are on the first frame of a message only.
	// A received message is passed to In only if one of them is set, and if the extension uses none, every message is.
	RSV() RSV
	// Out transforms a frame to be sent. It appends the new payload to dst, whose content it does not touch, and returns a
	// frame that points there. Or it returns f itself, to leave it as it is. A frame that it changed has the bits of RSV set
	// if it is the first of its message. Out does not write to f.Payload, which others may be sending at the same time: see
	// [Prepare].
	Out(st ExtState, dst []byte, f Frame) (next ExtState, out []byte, g Frame, err error)
	// In undoes Out for a frame that was received, or a piece of one. It appends at most limit bytes to dst, and returns
	// [ErrMessageTooBig] if there are more. If the peer broke the extension's rules, the error is a [*ProtocolError], or any
	// other, which becomes one with code 1007.
	In(st ExtState, dst []byte, f Frame, limit int) (next ExtState, out []byte, g Frame, err error)
	// Forget returns the sending state after a message that the peer passes to In although it did not pass through Out,
	// because the caller has transformed it. Such a message was sent with Raw and with bits of RSV, or with Raw if RSV has
	// none. What the peer remembers of it is not known, so whatever Out makes from then on must not refer to anything that
	// was sent before. Forget is called once for such a message, with its first frame.
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
