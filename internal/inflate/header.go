package inflate

import "github.com/mintws/mintws/internal/window"

// header is what came of the header of a block with dynamic codes (RFC 1951 section 3.2.7).
type header struct {
	lits, dists uint16 // how many codes there are
	precodes    uint8  // and how many for the code lengths
	gotPre      uint8
	got         uint16
	pre         [19]uint8
	lens        codeLens // those for distances follow directly
}

// precodeBits is the most that a code length of a code of the code lengths can be: it has three bits.
const precodeBits = 7

// precodeOrder is the order in which the lengths of the codes for the code lengths come (RFC 1951 section 3.2.7).
var precodeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// precodeEntries has the symbols of that alphabet; 16 to 18 come with extra bits.
var precodeEntries = func() (e [19]entry) {
	for i := range e {
		e[i] = entry(i) << 16
	}
	e[16] |= 2
	e[17] |= 3
	e[18] |= 7
	return e
}()

func (h *header) equal(x *header) bool {
	if h == nil || x == nil {
		return h == x
	}
	return *h == *x
}

// header reads the header of a block with dynamic codes. It goes on in a copy of what an earlier call has left.
func (d *decoder) header() verdict {
	tmp := d.scratch()
	h := &tmp.hdr
	switch {
	case d.hdr == h: // not the first look in this call
	case d.hdr != nil:
		*h = *d.hdr
		if h.gotPre == h.precodes {
			h.buildPrecode(&tmp.lit)
		}
	default:
		if d.need(5) && d.hold&31+257 > 286 {
			return d.faultAt(5, ErrHeader, "HLIT means %d codes, and there are 286 symbols", d.hold&31+257)
		}
		if !d.need(14) {
			return starved
		}
		*h = header{lits: uint16(d.hold&31) + 257, dists: uint16(d.hold>>5&31) + 1, precodes: uint8(d.hold>>10&15) + 4}
		d.drop(14)
	}
	d.hdr = h
	if v := d.precode(h, tmp); v != proceed {
		return v
	}
	if v := d.codeLengths(h, tmp); v != proceed {
		return v
	}
	d.hdr = nil
	return d.makeTables(h, tmp.tab)
}

// precode reads the code lengths for the code lengths.
func (d *decoder) precode(h *header, tmp *scratch) verdict {
	if h.gotPre == h.precodes {
		return proceed
	}
	for ; h.gotPre < h.precodes; h.gotPre++ {
		if !d.need(3) {
			return starved
		}
		h.pre[precodeOrder[h.gotPre%19]] = uint8(d.hold & 7)
		d.drop(3)
	}
	if free := h.buildPrecode(&tmp.lit); free != 0 {
		return d.subscription(free, "for the code lengths")
	}
	return proceed
}

func (h *header) buildPrecode(t *[1 << precodeBits]entry) (free int) {
	level, free := build(t[:], h.pre[:], precodeEntries[:], precodeBits)
	for n := 1 << level; n < len(t) && free == 0; n *= 2 { // as wide as it can be, so that its width need not be kept
		copy(t[n:], t[:n])
	}
	return free
}

// codeLengths reads the lengths for literals and lengths and for distances, which are one sequence: a repetition may cross
// from the former to the latter.
func (d *decoder) codeLengths(h *header, tmp *scratch) verdict {
	for all := h.lits + h.dists; h.got < all; {
		if d.nbits < 14 {
			d.refill()
		}
		e := tmp.lit[d.hold&(1<<precodeBits-1)]
		if e.code() > uint(d.nbits) {
			return starved
		}
		symbol := e.value()
		if symbol < 16 {
			h.lens[h.got%uint16(len(h.lens))] = uint8(symbol)
			h.got++
			d.drop(e.code())
			continue
		}
		if symbol == 16 && h.got == 0 {
			return d.faultAt(e.code(), ErrHeader, "the first code length is to be as the one before")
		}
		if e.take() > uint(d.nbits) {
			return starved
		}
		times := uint16(d.hold & (1<<e.take() - 1) >> e.code())
		var length uint8
		switch symbol {
		case 16:
			times, length = times+3, h.lens[h.got-1]
		case 17:
			times += 3
		default:
			times += 11
		}
		if times > all-h.got {
			return d.faultAt(e.take(), ErrHeader, "%d code lengths, and %d are to come", times, all-h.got)
		}
		d.drop(e.take())
		if length != 0 { // they are 0 from the beginning
			for i := range h.lens[h.got : h.got+times] {
				h.lens[h.got+uint16(i)] = length
			}
		}
		h.got += times
	}
	return proceed
}

// makeTables ends the header: the sets of codes must be complete (RFC 1951 section 3.2.2), but for distances there may be
// one code, "encoded using one bit, not zero bits", or none "if the data is all literals" (section 3.2.7).
func (d *decoder) makeTables(h *header, t *tables) verdict {
	if h.lens[endBlock] == 0 {
		return d.fault(ErrHeader, "there is no code for the end of the block")
	}
	var free int
	if t.litBits, free = build(t.lit[:], h.lens[:h.lits], litEntries[:], litFirst); free != 0 {
		return d.subscription(free, "for literals and lengths")
	}
	t.distBits, free = build(t.dist[:], h.lens[h.lits:h.lits+h.dists], distEntries[:], distFirst)
	if free < 0 || free > 0 && t.distBits > 1 {
		return d.subscription(free, "for distances")
	}
	d.tab, d.phase = t, inCodes
	return proceed
}

func (d *decoder) subscription(free int, what string) verdict {
	if free < 0 {
		return d.fault(ErrCodes, "too many codes %s", what)
	}
	return d.fault(ErrCodes, "too few codes %s", what)
}

// keep makes the State one for the next call of the same message: what is in memory of this call moves out of it.
func (d *decoder) keep() {
	d.remember(d.out[d.base:d.pos])
	if d.tmp == nil {
		return
	}
	if d.hdr == &d.tmp.hdr {
		h := d.tmp.hdr
		d.hdr = &h
	}
	if d.tab == d.tmp.tab { // it is the State's from now on; the next to take this memory finds none and makes some
		d.tab.lens = d.tmp.hdr.positioned()
		d.tmp.tab = nil
	}
}

// positioned returns the code lengths where codeLens has them.
func (h *header) positioned() (lens codeLens) {
	copy(lens[:maxLit], h.lens[:h.lits])
	copy(lens[maxLit:], h.lens[h.lits:h.lits+h.dists])
	return lens
}

// leave makes the State one between messages, which forgets its text if that was negotiated.
func (d *decoder) leave() {
	d.phase, d.final, d.off, d.tab, d.hdr = atBlock, false, 0, nil, nil
	if d.forgets {
		d.win = window.Window{}
		return
	}
	d.remember(d.out[d.base:d.pos])
}
