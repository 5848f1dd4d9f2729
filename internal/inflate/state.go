// Package inflate is a DEFLATE (RFC 1951) decoder whose state is an immutable value, for the messages of permessage-deflate
// (RFC 7692).
//
// A [State] can stop at any byte of the compressed data and at any byte of the plain text. [State.Append] takes a piece of
// a message, [State.Finish] its last one, and both return the next State; the receiver stays valid, so that any State can
// be kept, forked, replayed and used from several goroutines at once. Cutting a message in other places gives the same
// text, the same State and the same error.
//
// # What is kept
//
// Between two messages a State holds the last text, up to the negotiated window, and nothing else; without context takeover
// not even that. The text is in an append-only store (see package window) of at most one and a half windows: the newest
// State extends it in place, an older one copies. Within a message there may also be the code lengths of a block header
// that is still arriving (about 350 bytes), or the decoding tables of a block with dynamic codes (11 KiB).
//
// # What is allocated
//
// A message that comes in one call, with room in dst, allocates nothing but new stores: one, of one and a half windows,
// each time that half a window's worth of text has gone by. Without context takeover there is no store for such a message,
// so nothing at all is allocated. A call that ends within a block header or a block with dynamic codes allocates what is
// kept.
package inflate

import (
	"bytes"
	"fmt"

	"github.com/mintws/mintws/internal/window"
)

// State is where a decoder stands. It is 64 bytes. The zero State is the one before the first message, with a window of 32
// KiB and context takeover.
//
// States are compared with [State.Equal]. With ==, States that are the same may differ, as they may hold the same text in
// different stores, but those that are == are the same.
type State struct {
	win  window.Window // the text that distances reach
	tab  *tables       // of the block under way; nil outside of one with codes
	hdr  *header       // of the block header under way; nil until its first 14 bits are there
	hold uint64        // the bits that came and are not used, lowest first; those above nbits are 0
	off  int64         // how many bytes of the message came, those in hold included
	left uint16        // bytes to come of a stored block or a match
	dist uint16        // of that match

	nbits   uint8 // how many bits hold has, at most 63
	phase   phase
	narrow  uint8 // 15 less the window bits
	final   bool  // BFINAL of the block under way
	forgets bool  // no context takeover
}

// phase is the position in the grammar of RFC 1951 section 3.2.3.
type phase uint8

const (
	atBlock   phase = iota // the three bits of a block's header
	atLengths              // LEN and NLEN of a stored block
	inStored               // left bytes of it
	inHeader               // the code lengths of a block with dynamic codes
	inCodes                // the codes of a block
	inMatch                // left bytes of a match at distance dist
)

// The window bits that RFC 7692 section 7.1.2.1 allows.
const (
	MinWindowBits = 8
	MaxWindowBits = 15
)

// New returns the State before the first message of a connection. windowBits is the base-2 logarithm of the window: a
// distance beyond it is an error. With takeover, messages may refer to the text of those before (RFC 7692 section 7.1.1).
//
// Some senders whose peer asked for 8 bits use 9, as zlib's compressor has no 8. To accept them, pass 9.
func New(windowBits int, takeover bool) (State, error) {
	if windowBits < MinWindowBits || windowBits > MaxWindowBits {
		return State{}, fmt.Errorf("%w, not %d", ErrWindowBits, windowBits)
	}
	return State{narrow: uint8(MaxWindowBits - windowBits), forgets: !takeover}, nil
}

// Resume returns the State between two messages whose window is win: that of [State.Win], with the arguments of the [New]
// that it came from.
func Resume(windowBits int, takeover bool, win window.Window) State {
	return State{narrow: uint8(MaxWindowBits - windowBits), forgets: !takeover, win: win}
}

// Win returns the window. Between two messages it is all that there is to keep: see [Resume].
func (s State) Win() window.Window { return s.win }

// Append inflates src, a piece of a message after which others or a [State.Finish] come, and appends the text to dst. It
// writes no byte of dst[:len(dst)] and keeps neither slice.
//
// At most limit bytes are appended; a negative limit means no limit. Where there is more text the error is [ErrLimit]
// itself, next is a State to go on with, and n is how much of src it has taken: the rest is for the next call, as is an
// empty rest, because a few bits may stand for much text. In all other cases n is len(src).
//
// What is wrong with the data is an [*Error]. Then next is the receiver, and out has the text before the fault.
func (s State) Append(dst, src []byte, limit int) (next State, out []byte, n int, err error) {
	return s.run(dst, src, limit, false)
}

// Finish is as Append for the last piece of a message, which may be empty. The four octets 00 00 ff ff that the sender left
// out (RFC 7692 section 7.2.1) are implied: the caller does not add them. After [ErrLimit], Finish is called again with
// the rest of src.
//
// A message that ends between two blocks, where the header of the empty stored block is missing too, is [ErrTail]. As text
// and window are then beyond doubt, this is the one fault that comes with the next State, for those who want to be lenient.
func (s State) Finish(dst, src []byte, limit int) (next State, out []byte, n int, err error) {
	return s.run(dst, src, limit, true)
}

// Reset returns the State before the first message: what came of a message is dropped, and so is the window.
func (s State) Reset() State { return State{narrow: s.narrow, forgets: s.forgets} }

// Idle reports whether s is between two messages.
func (s State) Idle() bool { return s.off == 0 }

// Offset returns how many compressed bytes of the message under way came so far.
func (s State) Offset() int64 { return s.off }

// WindowBits returns the base-2 logarithm of the window.
func (s State) WindowBits() int { return MaxWindowBits - int(s.narrow) }

// Window returns the text that the next distance can reach. It must not be written; its capacity is clipped.
func (s State) Window() []byte { return s.win.Bytes() }

// Equal reports whether s and x are the same: the same data gives the same text from both.
func (s State) Equal(x State) bool {
	a, b := s, x
	a.win, a.tab, a.hdr = window.Window{}, nil, nil
	b.win, b.tab, b.hdr = window.Window{}, nil, nil
	return a == b && s.tab.equal(x.tab) && s.hdr.equal(x.hdr) && bytes.Equal(s.Window(), x.Window())
}

func (s State) size() int { return 1 << s.WindowBits() }

// remember adds text to the window. It is for a State that nobody else has yet.
func (s *State) remember(text []byte) { s.win = s.win.Append(text, s.size()) }
