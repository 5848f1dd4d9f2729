package mintws

import (
	"fmt"
	"slices"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/internal/pbuf"
	"github.com/mintws/mintws/internal/utf8dfa"
)

// WebSocket is an immutable WebSocket endpoint (RFC 6455): everything that has to be remembered between two calls, and
// nothing else. Each method returns the next WebSocket and leaves the receiver valid for ever: it can be kept, forked,
// replayed, and used from several goroutines at once. Its size is 112 bytes, less where pointers have 32 bits; pass it by
// value.
//
// The zero WebSocket is Invalid, and [WebSocket.Over]: no call does anything with it. Methods that return an error return
// [ErrNotOpen], JudgeAnswer [ErrNotConnecting].
type WebSocket struct {
	// The size is a multiple of 16 on purpose. Values are copied 16 bytes at a time; the copy of one with an odd word
	// ends in two stores that overlap, and a copy of that copy has to wait for both: three times the work of a frame.
	cfg  *config
	fail *error // why it is Failed: a *ProtocolError, *HandshakeError or *CloseError

	// msg is the payload received so far of what will be handed over whole: the message, or with DeliverFragments the frame.
	msg pbuf.Buf
	// part holds the bytes of a frame that cannot be judged yet: an incomplete header, or an incomplete control frame. Once
	// the peer's Close has come, after which nothing is read, it holds the reason of that Close.
	part pbuf.Buf

	remaining int64 // payload bytes of the data frame under way that have not arrived
	// size is the payload bytes of the message under way, its current frame counted whole. If transforms are applied to
	// pieces of it, it is what came out of them.
	size int64

	ext             *extStates // what transforms remember, except:
	inWord, outWord uint64     // the first transform's ExtState.Word in each direction

	frames int32             // frames of the message under way
	id     httpconn.StreamID // the stream below, 0 if there is none
	key    mask.Key          // masks the next payload byte of the data frame under way
	code   CloseCode         // of the Close that was received

	state State
	flags flags

	inOp    Opcode        // opcode of the message being received; 0 if there is none
	inRSV   RSV           // reserved bits of its first frame
	inUTF8  utf8dfa.State // of the text being received
	outOp   Opcode        // opcode of the message being sent in fragments; 0 if there is none
	outUTF8 utf8dfa.State // of the text being sent
	rest    uint16        // not 0 if a Rest is to be passed in, and then its length: see restMark
}

// flags are the yes-or-no parts of a WebSocket's state.
type flags uint8

const (
	sentClose     flags = 1 << iota
	receivedClose       // what arrives after it is discarded
	inFin               // the data frame under way is the last of its message
	inPiece             // DeliverPayload: a piece of the message under way was handed over
	outRaw              // the message being sent in fragments skips the transforms
	outCoded            // and came with reserved bits: the caller did what they do
)

// State is where a WebSocket stands in its life.
type State uint8

// The states of a WebSocket. What leads from one to another, and what can be done in each, is in docs/states-websocket.md.
const (
	Invalid    State = iota // the zero WebSocket: it belongs to nothing
	Connecting              // the upgrade request is made, the answer has not come
	Open                    // messages flow both ways
	Closing                 // one Close frame was sent or received
	Closed                  // both were: the closing handshake is complete
	Failed                  // over in any other way: refused, by the peer's fault, or because the peer is gone; see [WebSocket.Err]
)

// String returns the state's name.
func (s State) String() string {
	names := [...]string{"Invalid", "Connecting", "Open", "Closing", "Closed", "Failed"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// NewWebSocket returns an open endpoint made without a handshake, for tests, HTTP/3 and other people's servers. It uses
// those fields of opt that are about messages, and ignores those about the handshake. The error, if any, wraps
// [ErrInvalidOptions].
func NewWebSocket(role Role, opt Options) (WebSocket, error) {
	cfg, err := newConfig(role, opt)
	if err != nil {
		return WebSocket{}, err
	}
	for i, t := range opt.Transforms {
		if err = cfg.add(Params{}, t); err != nil {
			return WebSocket{}, fmt.Errorf("%w: Transforms: entry %d: %w", ErrInvalidOptions, i, err)
		}
	}
	cfg.extensions = nil // their names are not known
	return WebSocket{cfg: cfg.shared(), state: Open}, nil
}

// State returns where ws stands in its life.
func (ws WebSocket) State() State { return ws.state }

// Receiving reports whether a message or a control frame has begun to arrive, is not complete, and can still become so. It
// is false after the peer's Close, and if ws is over.
//
// It is for callers that bound how long one message takes, and not only how long the peer is idle: a peer that sends a byte
// now and then is never idle. Ask after each read, once [Inbox].Rest is empty. What is in Rest has arrived, but ws does not
// know of it.
func (ws WebSocket) Receiving() bool {
	if ws.Over() || ws.flags&receivedClose != 0 {
		return false
	}
	return ws.remaining > 0 || ws.inOp != 0 || ws.part.Len() > 0
}

// StreamID returns the stream of the HTTP connection that ws was upgraded on, or 0 if there is none.
func (ws WebSocket) StreamID() httpconn.StreamID { return ws.id }

// Subprotocol returns the subprotocol that the server chose, or "" if there is none.
func (ws WebSocket) Subprotocol() string {
	if ws.cfg == nil {
		return ""
	}
	return ws.cfg.subprotocol
}

// Extensions returns the negotiated extensions in order, as they stand in the response. The slice belongs to the caller.
func (ws WebSocket) Extensions() []string {
	if ws.cfg == nil {
		return nil
	}
	return slices.Clone(ws.cfg.extensions)
}

// Equal reports whether ws and x are in the same state and configured alike, so that both go on in the same way. It is for
// tests: go-cmp uses it. Options.Rand is not compared, nor, while the answer has not come, are the extensions that were
// offered. Of an extension that was agreed on, the parameters and what it remembers are compared. Its own options are
// compared only if it is permessage-deflate.
func (ws WebSocket) Equal(x WebSocket) bool {
	if !ws.cfg.equal(x.cfg) || !ws.msg.Equal(x.msg) || !ws.part.Equal(x.part) || ws.failure() != x.failure() {
		return false
	}
	for i, t := range ws.transforms() {
		if !t.Equal(ws.extState(false, i), x.extState(false, i)) || !t.Equal(ws.extState(true, i), x.extState(true, i)) {
			return false
		}
	}
	ws.inWord, ws.outWord = x.inWord, x.outWord
	ws.cfg, ws.msg, ws.part, ws.fail, ws.ext = x.cfg, x.msg, x.part, x.fail, x.ext
	return ws == x
}

// transforms returns the transforms that were negotiated.
func (ws *WebSocket) transforms() []Transform {
	if ws.cfg == nil {
		return nil
	}
	return ws.cfg.transforms
}

// cause returns err as a WebSocket keeps it.
func cause(err error) *error {
	kept := new(error)
	*kept = err
	return kept
}

// failure returns the text of the error that ws failed with, or "".
func (ws *WebSocket) failure() string {
	if ws.fail == nil {
		return ""
	}
	return (*ws.fail).Error()
}
