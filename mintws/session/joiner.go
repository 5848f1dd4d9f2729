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
	// Keep is how much memory is kept for the next message. What a larger one needed is let go with it. 0 means 64 KiB; with
	// a negative number none is kept. With four messages' worth of it and more, one that begins in the read that brings the end of
	// the last mostly stays where it was read.
	Keep int

	buf  []byte
	from int           // where in buf the message under way begins, which goes on to its end
	op   mintws.Opcode // of that message; 0 where there is none

	// Space has lent buf[:cap(buf)][at:until], and nothing behind at has been added. So at is never before the end of buf.
	at, until int
	missed    bool // since then something was added that is elsewhere
}

// defaultKeep holds most messages, and the reads that they come in.
const defaultKeep = 64 << 10

// Add takes a frame that was received. If ok is true, msg is a whole message or a control frame. Control frames are passed on as
// they are, and so is a message in one piece: their payload is where it was. That of a joined message is in the Joiner's memory,
// valid until the next call of Add or Space, and may be written to.
//
// Where a message becomes larger than Max the error is a *[mintws.ProtocolError] over mintws.ErrMessageTooBig: send what
// [mintws.CloseFrame] gives for it. The message is dropped, and the rest of it would be ErrPiece. That is returned for a piece
// without a beginning, too, and for a beginning before the end of the last message; no WebSocket hands over pieces in such an
// order, so they come from different ones.
func (j *Joiner) Add(f mintws.Frame) (msg mintws.Frame, ok bool, err error) {
	at := j.find(f.Payload)
	if f.Opcode.IsControl() {
		return f, true, nil
	}
	if (f.Opcode == mintws.OpContinuation) != (j.op != 0) {
		j.Reset()
		return mintws.Frame{}, false, ErrPiece
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
	switch {
	case j.op == 0 && !f.More:
		return f, true, nil
	case j.op == 0:
		j.op = f.Opcode
		j.from = max(0, at)
		j.buf = j.buf[:j.from]
	}
	j.append(f.Payload, at)
	if f.More {
		return mintws.Frame{}, false, nil
	}
	msg = mintws.Frame{Opcode: j.op, Payload: j.buf[j.from:len(j.buf):len(j.buf)]}
	j.op = 0
	j.shrink()
	return msg, true, nil
}

// Space returns n bytes to receive into, so that Add has little or nothing to copy. A client reads into them, since its payload is
// handed over where it was read. A server sets Inbox.Buf to Space(n)[:0] before it decodes n bytes that it has read elsewhere,
// since Buf is where payload is unmasked. Inflated payload is in neither place, and then Space does no good.
//
// It returns nil where that much would not be kept (see Keep): use other memory then. What is in Space is valid until the next
// call of Space, but Add may move it to its place in a message, where another frame has been: handle each frame before the next
// is added, and call Space once all have been, and Inbox.Rest is empty.
func (j *Joiner) Space(n int) []byte {
	j.at, j.until, j.missed = 0, 0, false
	if j.op == 0 {
		j.from, j.buf = 0, j.buf[:0]
	}
	if j.Joining()+n > max(j.keep(), cap(j.buf)) {
		return nil
	}
	j.grow(n)
	j.at, j.until = len(j.buf), len(j.buf)+n
	return j.buf[j.at:j.until:j.until]
}

// find returns where in buf p is, if it is in what Space has lent, or else -1. Frames come in the order in which they lie there,
// so that it has to pass over no more than headers, and frames that were not added. What is elsewhere it looks for only once: all
// that is lent, for each of many small frames, would be too much.
func (j *Joiner) find(p []byte) int {
	if len(p) == 0 || j.missed {
		return -1
	}
	lent := j.buf[:j.until]
	for i := j.at; i+len(p) <= len(lent); i++ {
		if &lent[i] == &p[0] {
			j.at = i + len(p)
			return i
		}
	}
	j.missed = true
	return -1
}

// append adds p, which is in buf from at on, or elsewhere if at is negative.
func (j *Joiner) append(p []byte, at int) {
	if at < 0 && len(p) > 0 {
		j.grow(len(p))
	}
	if at != len(j.buf) { // p is elsewhere, or moves towards the front, so that nothing behind it changes
		j.buf = append(j.buf, p...)
		return
	}
	j.buf = j.buf[:at+len(p)]
}

// Joining returns how many bytes there are of a message that is not complete, 0 between messages.
func (j *Joiner) Joining() int {
	if j.op == 0 {
		return 0
	}
	return len(j.buf) - j.from
}

// Reset forgets a message that is not complete, for the next WebSocket.
func (j *Joiner) Reset() {
	j.op = 0
	j.shrink()
}

// grow makes room for n bytes more. A message of which little is there, and that far behind in buf, goes to the front. Otherwise
// there is twice as much memory as before, but no more than is kept where that is enough. What Space has lent is not touched as
// long as something in it may still be added.
func (j *Joiner) grow(n int) {
	message, lent := j.buf[j.from:], j.at < j.until
	need, size := len(message)+n, cap(j.buf)
	if need > size || !lent {
		size = max(need, 2*size)
		if keep := j.keep(); need <= keep {
			size = min(size, keep)
		}
	}
	switch {
	case lent:
	case len(j.buf)+n <= cap(j.buf):
		return
	case need <= cap(j.buf) && (len(message) <= j.from/2 || size <= cap(j.buf)):
		j.buf = j.buf[:copy(j.buf, message)]
		j.from = 0
		return
	}
	j.buf = append(make([]byte, 0, size), message...)
	j.from, j.at, j.until = 0, 0, 0
}

// shrink lets memory go where it is too much.
func (j *Joiner) shrink() {
	if cap(j.buf) > j.keep() {
		j.buf, j.from, j.at, j.until = nil, 0, 0, 0
	}
}

// keep returns how much memory is kept.
func (j *Joiner) keep() int {
	if j.Keep == 0 {
		return defaultKeep
	}
	return j.Keep
}
