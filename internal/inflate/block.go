package inflate

// block reads the header of a block (RFC 1951 section 3.2.3).
func (d *decoder) block() verdict {
	if !d.need(3) {
		return starved
	}
	final, kind := d.hold&1 != 0, d.hold>>1&3
	d.drop(3)
	switch d.final = final; kind {
	case 0:
		d.drop(uint(d.nbits & 7)) // "Any bits of input up to the next byte boundary are ignored" (section 3.2.4)
		d.phase = atLengths
	case 1:
		d.tab, d.phase = fixed, inCodes
	case 2:
		d.phase = inHeader
	default:
		return d.fault(ErrBlockType, "BTYPE is 11")
	}
	return proceed
}

// end ends a block. After the last one of a stream another stream may follow, in the same message or in the next, from the
// next byte on (RFC 7692 section 7.2.3.4). Its distances reach back into the text of the one before, as with any block.
func (d *decoder) end() verdict {
	if d.final {
		d.drop(uint(d.nbits & 7))
	}
	d.phase, d.final, d.tab = atBlock, false, nil
	return proceed
}

// lengths reads LEN and NLEN, its one's complement (RFC 1951 section 3.2.4). It refuses the first byte that does not fit.
func (d *decoder) lengths() verdict {
	enough := d.need(32)
	length, complement := uint16(d.hold), uint16(d.hold>>16)
	wrong := length ^ ^complement
	switch {
	case d.nbits >= 24 && wrong&0xff != 0:
		return d.faultAt(24, ErrStored, "LEN is %#04x and NLEN ends in %#02x", length, complement&0xff)
	case !enough:
		return starved
	case wrong != 0:
		return d.faultAt(32, ErrStored, "LEN is %#04x and NLEN %#04x", length, complement)
	}
	d.drop(32)
	d.unread()
	d.left, d.phase = length, inStored
	return proceed
}

// stored copies the bytes of a stored block. They are not in hold, which is empty.
func (d *decoder) stored() verdict {
	for d.left > 0 {
		if d.in == len(d.src) {
			return starved
		}
		if !d.room() {
			return full
		}
		n := copy(d.out[d.pos:], d.src[d.in:min(len(d.src), d.in+int(d.left))])
		d.in, d.pos, d.left = d.in+n, d.pos+n, d.left-uint16(n)
	}
	return d.end()
}
