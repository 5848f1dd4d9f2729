package inflate

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
)

// decoder is a State at work: the values of one call. It lives on the stack.
type decoder struct {
	State
	src  []byte
	in   int    // how much of src came into hold
	out  []byte // dst with its capacity, but no more of it than the limit allows
	base int    // len(dst)
	pos  int    // where the next byte of text goes
	max  int    // where the limit is
	text []byte // the window before this call
	tmp  *scratch
	err  *Error
}

// scratch is the memory that calls take turns in. No State refers to it.
type scratch struct {
	tab *tables
	hdr header
	lit [1 << precodeBits]entry // codes of the code lengths
}

var pool = sync.Pool{New: func() any { return new(scratch) }}

func (d *decoder) scratch() *scratch {
	if d.tmp == nil {
		d.tmp = pool.Get().(*scratch)
		if d.tmp.tab == nil {
			d.tmp.tab = new(tables)
		}
	}
	return d.tmp
}

// verdict is why a step ended.
type verdict uint8

const (
	proceed verdict = iota
	starved         // the data ends within an element
	full            // the limit
	broken          // d.err
)

const firstRoom = 64 << 10 // bytes for text that are guessed to be needed at first, at most

// run is Append and, with last, Finish.
func (s State) run(dst, src []byte, limit int, last bool) (State, []byte, int, error) {
	d := decoder{State: s, src: src, out: dst[:cap(dst)], base: len(dst), pos: len(dst), max: maxInt, text: s.Window()}
	if limit >= 0 && limit < maxInt-len(dst) {
		d.max = len(dst) + limit
	}
	d.out = d.out[:min(len(d.out), d.max)]
	v := proceed
	for v == proceed {
		switch d.phase {
		case atBlock:
			v = d.block()
		case atLengths:
			v = d.lengths()
		case inStored:
			v = d.stored()
		case inHeader:
			v = d.header()
		case inCodes:
			v = d.codes()
		case inMatch:
			v = d.match()
		}
	}
	err := d.finish(v, last)
	if d.tmp != nil {
		pool.Put(d.tmp)
	}
	if d.err != nil && d.err.Err != ErrTail {
		return s, d.out[:d.pos], len(src), err
	}
	return d.State, d.out[:d.pos], d.in, err
}

const maxInt = int(^uint(0) >> 1)

// finish turns what the call has come to into the next State, unless it is broken.
func (d *decoder) finish(v verdict, last bool) (err error) {
	if v == starved && last {
		v = d.tail()
	}
	switch {
	case v == full:
		d.unread()
		err = ErrLimit
	case v == broken && d.err.Err == ErrTail:
		err = d.err
	case v == broken:
		return d.err
	}
	d.off += int64(d.in)
	if last && v != full {
		d.leave()
	} else {
		d.keep()
	}
	return err
}

// tail is the end of a message: the octets 00 00 ff ff would follow. They must be LEN and NLEN of a stored block, whose
// header is in the message (RFC 7692 section 7.2.1); in any other place they could be taken for text, and a message that
// was cut short for a whole one.
func (d *decoder) tail() verdict {
	at := d.off + int64(d.in)
	switch {
	case d.phase == atLengths && d.nbits == 0:
		return proceed
	case d.phase == atBlock && d.nbits == 0:
		d.err = &Error{at, "the last block ends here, and no stored one begins", ErrTail}
	default:
		d.err = &Error{at, "more " + d.phase.String() + " was expected", ErrTruncated}
	}
	return broken
}

func (p phase) String() string {
	return [...]string{"of a block header", "of LEN and NLEN", "of a stored block", "of a dynamic block's header",
		"of a block's codes", "text of a match"}[p]
}

// fault reports err about the bits up to those that are now in hold.
func (d *decoder) fault(err error, format string, args ...any) verdict {
	return d.faultAt(0, err, format, args...)
}

// faultAt is fault where the next ahead bits of hold are part of what is wrong.
func (d *decoder) faultAt(ahead uint, err error, format string, args ...any) verdict {
	used := (d.off+int64(d.in))*8 - int64(d.nbits) + int64(ahead)
	d.err = &Error{Offset: max(0, (used-1)>>3), Reason: fmt.Sprintf(format, args...), Err: err}
	return broken
}

// refill makes hold as full as the data allows, at least 56 bits if there is enough.
func (d *decoder) refill() {
	if len(d.src)-d.in >= 8 {
		d.hold |= binary.LittleEndian.Uint64(d.src[d.in:]) << (d.nbits & 63)
		more := (63 - d.nbits) >> 3
		d.in += int(more)
		d.nbits += more << 3
		d.hold &= 1<<(d.nbits&63) - 1
		return
	}
	for d.nbits < 56 && d.in < len(d.src) {
		d.hold |= uint64(d.src[d.in]) << (d.nbits & 63)
		d.in++
		d.nbits += 8
	}
}

// need reports whether hold has n bits, at most 56.
func (d *decoder) need(n uint8) bool {
	if d.nbits < n {
		d.refill()
	}
	return d.nbits >= n
}

// drop takes n bits out of hold.
func (d *decoder) drop(n uint) {
	d.hold >>= n & 63
	d.nbits -= uint8(n)
}

// unread gives whole bytes in hold back to src. It is for places where an element has ended, or waits for room: there hold
// has no whole byte of an earlier call, as that call would have used it.
func (d *decoder) unread() {
	n := min(int(d.nbits>>3), d.in)
	d.in -= n
	d.nbits -= uint8(n) << 3
	d.hold &= 1<<(d.nbits&63) - 1
}

// room makes sure that the text can grow by a byte. It reports false at the limit.
func (d *decoder) room() bool {
	if d.pos < len(d.out) {
		return true
	}
	if d.pos >= d.max {
		return false
	}
	// At first a guess from the data that is there, then as much as there is already.
	guess := max(2*slop, min(4*len(d.src), firstRoom), d.pos-d.base)
	d.out = slices.Grow(d.out[:d.pos], min(guess, d.max-d.pos))
	d.out = d.out[:min(cap(d.out), d.max)]
	return true
}
