package mintws

import (
	"math"
	"math/bits"
)

// Inbox is the caller's scratch space that received frames are appended to: dst, as in append. It is not a value and
// not safe for use from several goroutines at once. The zero Inbox is ready for use.
//
// The payload of a frame points into one of three places: into the data passed in, valid until the caller reuses that; into
// Buf, valid until the caller calls Reset; or into memory of its own. This package never writes to a payload while it is
// valid. [Frame.Clone] makes one that lasts.
type Inbox struct {
	Frames []Frame // in the order in which they were received
	// Buf holds payloads that had to be unmasked, joined or inflated. When it is full another array takes its place; what
	// earlier frames point to stays where it is.
	Buf []byte

	// Max bounds how many bytes of payload one call of [WebSocket.AppendDecode] or [Receive] hands over, since compressed
	// bytes can grow a thousandfold. The call stops once there are that many, and leaves the rest of its input in Rest. 0, the
	// default, is no bound: one call takes all.
	//
	// The message that reaches Max, or with [DeliverFragments] the fragment, is still handed over whole, so Max is exceeded
	// by at most MaxMessage bytes. With [DeliverPayload] it is exceeded by at most 2 KiB, or with extensions other than
	// permessage-deflate by what they make of one piece. The Frames themselves are not counted. Each takes at most 32 bytes,
	// and there is at most one for every two bytes of input, and one for what was under way.
	//
	// The frames and their order do not depend on Max, except for where DeliverPayload cuts a message into pieces. What is not
	// compressed does not grow: then one call hands over no more than its data and the message that had begun before.
	Max int
	// Rest is what the last call did not take, because of Max. It is the end of the data passed to that call, and valid as
	// long as that is. Take it, handle the frames, call Reset, and pass it in again: to AppendDecode, or to Receive as the
	// Data of the same event. Go on until Rest is empty, before anything else that was received on that WebSocket; otherwise
	// the error is [ErrRest]. Sending meanwhile is allowed. Without Max, and after an error that ends the WebSocket, Rest is
	// empty.
	Rest []byte

	room int // what remains of Max in this call, if it is set
	past int // how many bytes of payload are in memory other than Buf, since Reset
}

const (
	maxHeld   = 1 << 20 // what Reset keeps for reuse; most reads bring less
	minChunk  = 4 << 10 // of a Buf that takes the place of a full one
	frameSize = 32      // of a Frame, at most
)

// Reset empties in and keeps its memory for reuse: Frames and Buf if together they are not larger than 1 MiB, or else one
// of them, or none. If payloads had to be put elsewhere because Buf was full, it is made larger within that bound. Max
// stays. Rest is forgotten, so take it first.
func (in *Inbox) Reset() {
	for i := range in.Frames { // let go of the payloads; the rest is overwritten
		in.Frames[i].Payload = nil
	}
	in.Frames = in.Frames[:0]
	if in.past > 0 || cap(in.Frames)*frameSize+cap(in.Buf) > maxHeld {
		in.resize()
	}
	in.Buf = in.Buf[:0]
	if in.Rest != nil {
		in.Rest = nil
	}
}

// resize is what Reset does if Frames and Buf are too large, or Buf was too small.
func (in *Inbox) resize() {
	size, past, frames := len(in.Buf)+in.past, in.past, cap(in.Frames)*frameSize
	// If the two together are too large, the smaller one goes, as it costs less to make again.
	if buf := cap(in.Buf); frames > maxHeld || frames < buf && buf <= maxHeld && frames+buf > maxHeld {
		in.Frames, frames = nil, 0
	}
	if cap(in.Buf) > maxHeld-frames {
		in.Buf = nil
	}
	if past > 0 && size <= maxHeld-frames { // as much as would have held it all
		in.Buf = make([]byte, 0, max(cap(in.Buf), min(1<<bits.Len(uint(size-1)), maxHeld-frames)))
	}
	in.past = 0
}

// extend makes Buf n bytes longer and returns these, with the capacity clipped.
func (in *Inbox) extend(n int) []byte {
	at := len(in.Buf)
	if n > cap(in.Buf)-at {
		return in.spill(n)
	}
	in.Buf = in.Buf[:at+n]
	return in.Buf[at : at+n : at+n]
}

// spill is extend if Buf has no room for n bytes. Buf is not copied to larger memory, so that a frame keeps the memory that
// it needs alive, and not what came before it as well. Usually a new Buf takes its place, an eighth as large as all that
// came since Reset. If n bytes would be much of that, they get memory of their own, as Buf still has room for smaller
// payloads. So little is wasted, whatever comes.
func (in *Inbox) spill(n int) []byte {
	size := min(max(minChunk, (in.past+len(in.Buf))/8), maxHeld)
	switch {
	case len(in.Buf) == 0:
		size = n // there may be no more
	case n > size/8:
		in.past += n
		return make([]byte, n)
	}
	in.past += len(in.Buf)
	in.Buf = make([]byte, n, size)
	return in.Buf[:n:n]
}

// keep takes over dst, which was the free part of Buf until something of unknown length was appended to it. p is the part
// of it that counts. keep returns p where it is to stay.
func (in *Inbox) keep(dst, p []byte) []byte {
	at := len(in.Buf)
	switch {
	case len(dst) == 0:
		return p
	case at < cap(in.Buf) && &dst[0] == &in.Buf[:at+1][at]: // there was room
		in.Buf = in.Buf[:at+len(dst)]
		return p
	case at == 0 && cap(dst)-len(p) <= max(minChunk, len(p)/8): // dst can take the place of Buf
		in.Buf = dst
		return p
	}
	own := in.spill(len(p))
	copy(own, p)
	return own
}

// remaining returns how much of Max this call has not used up.
func (in *Inbox) remaining() int {
	if in.Max <= 0 {
		return math.MaxInt
	}
	return in.room
}

// charge deducts the frames from the given index on from what remains of Max in this call, and returns how many frames
// there are.
func (in *Inbox) charge(from int) int {
	for i := range in.Frames[from:] {
		in.room -= len(in.Frames[from+i].Payload)
	}
	return len(in.Frames)
}
