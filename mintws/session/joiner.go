package session

import (
	"errors"
	"fmt"

	"github.com/mintws/mintws/mintws"
)

// ErrPiece: a [Joiner] was given a piece that does not follow the one before it.
var ErrPiece = errors.New("session: piece of a message out of order")

// Joiner joins the pieces that [mintws.DeliverPayload] hands over, or the fragments of DeliverFragments, to whole messages,
// in memory that is used again for the next one. So messages of any size up to a bound come and go without garbage. (A
// WebSocket that joins them itself, as with DeliverMessages, needs new memory for each, since its older values still have
// the old one.)
//
// It is scratch space, not a value: one for each WebSocket, and not for several goroutines at once. What it has joined is
// overwritten, so the state of a message under way cannot be forked. To go on from an older WebSocket, or from a fork, use a Joiner
// that has seen the same pieces since the beginning of that message. Between two messages any will do, even a new one. The zero
// Joiner is ready.
type Joiner struct {
	// Max is the largest message. 0 means [mintws.DefaultMaxMessage], a negative number no limit. Limits.MaxMessage of the
	// WebSocket does the same earlier, by the header of the frame.
	Max int64
	// Keep is how much memory is kept for the next message. What a larger one needed is let go when its successor begins. 0
	// means 64 KiB; with a negative number none is kept.
	Keep int

	buf []byte
	op  mintws.Opcode // of the message under way; 0 where there is none
}

// defaultKeep holds most messages, and the reads that they come in.
const defaultKeep = 64 << 10

// Add takes a frame that was received. If ok is true, msg is a whole message or a control frame. Control frames are passed on as
// they are, and so is a message in one piece: their payload is where it was. That of a joined message is in the Joiner's memory,
// valid until the next piece of a message is added, and may be written to.
//
// Where a message becomes larger than Max the error is a *[mintws.ProtocolError] over mintws.ErrMessageTooBig: send what
// [mintws.CloseFrame] gives for it. The message is dropped, and the rest of it would be ErrPiece. That is returned for a piece
// without a beginning, too, and for a beginning before the end of the last message; no WebSocket hands over pieces in such an
// order, so they come from different ones.
func (j *Joiner) Add(f mintws.Frame) (msg mintws.Frame, ok bool, err error) {
	if f.Opcode.IsControl() {
		return f, true, nil
	}
	if (f.Opcode == mintws.OpContinuation) != (j.op != 0) {
		j.Reset()
		return mintws.Frame{}, false, ErrPiece
	}
	if j.op == 0 {
		j.shrink()
	}
	most := j.Max
	if most == 0 {
		most = mintws.DefaultMaxMessage
	}
	if size := int64(len(j.buf)) + int64(len(f.Payload)); most > 0 && size > most {
		j.Reset()
		return mintws.Frame{}, false, &mintws.ProtocolError{Code: mintws.CodeMessageTooBig, Err: mintws.ErrMessageTooBig,
			Detail: fmt.Sprintf("message of more than %d bytes", most)}
	}
	switch {
	case j.op == 0 && !f.More:
		return f, true, nil
	case j.op == 0:
		j.op = f.Opcode
	}
	j.buf = append(j.buf, f.Payload...)
	if f.More {
		return mintws.Frame{}, false, nil
	}
	msg = mintws.Frame{Opcode: j.op, Payload: j.buf[:len(j.buf):len(j.buf)]}
	j.op = 0
	return msg, true, nil
}

// Joining returns how many bytes there are of a message that is not complete, 0 between messages.
func (j *Joiner) Joining() int {
	if j.op == 0 {
		return 0
	}
	return len(j.buf)
}

// Reset forgets a message that is not complete, for the next WebSocket.
func (j *Joiner) Reset() {
	j.op = 0
	j.shrink()
}

// shrink empties the memory, and lets it go where it is too much.
func (j *Joiner) shrink() {
	keep := j.Keep
	if keep == 0 {
		keep = defaultKeep
	}
	if j.buf = j.buf[:0]; cap(j.buf) > keep {
		j.buf = nil
	}
}
