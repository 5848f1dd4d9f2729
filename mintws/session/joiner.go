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
	// means 64 KiB; with a negative number none is kept. With four messages' worth of it and more, a message that begins in the
	// read that brings the end of the last one is mostly left where it was read.
	Keep int

	mem []byte        // all of the memory, from its start on
	buf []byte        // the message under way or, where there is none, the last one; it lies in mem
	end int           // of what has been added, from the start of buf: messages that came whole may lie behind it
	op  mintws.Opcode // of the message under way; 0 where there is none
}

// roomFor is how many messages the memory has room for, where it may be so much. One of so many is moved to its start.
const roomFor = 4

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
		j.letGo()
	}
	limit := j.Max
	if limit == 0 {
		limit = mintws.DefaultMaxMessage
	}
	if size := int64(j.Joining()) + int64(len(f.Payload)); limit > 0 && size > limit {
		j.Reset()
		return mintws.Frame{}, false, &mintws.ProtocolError{Code: mintws.CodeMessageTooBig, Err: mintws.ErrMessageTooBig,
			Detail: fmt.Sprintf("message of more than %d bytes", limit)}
	}
	if j.op == 0 {
		at := j.find(f.Payload)
		if !f.More {
			if at >= 0 {
				j.end = at + len(f.Payload)
			}
			return f, true, nil
		}
		j.op = f.Opcode
		j.begin(f.Payload, at)
	} else {
		j.append(f.Payload)
	}
	if f.More {
		return mintws.Frame{}, false, nil
	}
	msg = mintws.Frame{Opcode: j.op, Payload: j.buf[:len(j.buf):len(j.buf)]}
	j.op, j.end = 0, len(j.buf)
	return msg, true, nil
}

// find returns where p lies if it follows what was added last, both read into Space, and -1 if it does not. Between two payloads
// that a client receives there is a header of 2, 4 or 10 bytes (RFC 6455 section 5.2).
func (j *Joiner) find(p []byte) int {
	for _, header := range [...]int{2, 4, 10} {
		at := j.end + header
		if len(p) > 0 && at+len(p) <= cap(j.buf) && &j.buf[:at+1][at] == &p[0] {
			return at
		}
	}
	return -1
}

// begin begins a message with p, which lies at at, or elsewhere where that is negative. It stays where it is if there is room for
// a message like the last one; there is soon, since memory grows for that.
func (j *Joiner) begin(p []byte, at int) {
	last := len(j.buf)
	switch {
	case at >= 0 && cap(j.buf)-at >= max(last, len(p)):
		j.buf = j.buf[at : at+len(p)]
		return
	case at >= 0 && cap(j.mem) < roomFor*last && cap(j.mem) < j.keep():
		j.mem = make([]byte, 0, min(2*cap(j.mem), j.keep()))
	}
	j.buf = j.mem
	j.append(p)
}

// Space returns n bytes to read into: where the next ones of the message under way belong, so that Add has nothing to copy.
// It is for WebSockets of clients without extensions, whose payload is handed over where it was read; with others it does no
// harm. It returns nil between messages, and where that much would not be kept (see Keep): read into other memory then. What was
// read into Space is valid until the next call of Space, but that Add may move what has been added already: handle each frame
// before the next is added.
func (j *Joiner) Space(n int) []byte {
	end := len(j.buf) + n
	if j.op == 0 || end > max(j.keep(), cap(j.mem)) {
		return nil
	}
	j.grow(n)
	return j.buf[len(j.buf):end:end]
}

// append adds p, which may be in its place already.
func (j *Joiner) append(p []byte) {
	at, end := len(j.buf), len(j.buf)+len(p)
	if at < end && end <= cap(j.buf) && &j.buf[:end][at] == &p[0] {
		j.buf = j.buf[:end]
		return
	}
	j.grow(len(p))
	j.buf = append(j.buf, p...)
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
	j.op, j.buf, j.end = 0, j.mem, 0
	j.letGo()
}

// grow makes room for n bytes more: at the start of the memory if there is enough, else with twice as much as before, but no more
// than is kept where that is enough.
func (j *Joiner) grow(n int) {
	need := len(j.buf) + n
	if need <= cap(j.buf) {
		return
	}
	if need > cap(j.mem) {
		size := max(need, 2*cap(j.mem))
		if keep := j.keep(); need <= keep {
			size = min(size, keep)
		}
		j.mem = make([]byte, 0, size)
	}
	j.buf = append(j.mem, j.buf...)
}

// letGo lets the memory go where it is too much.
func (j *Joiner) letGo() {
	if cap(j.mem) > j.keep() {
		j.mem, j.buf, j.end = nil, nil, 0
	}
}

// keep returns how much memory is kept.
func (j *Joiner) keep() int {
	if j.Keep == 0 {
		return defaultKeep
	}
	return j.Keep
}
