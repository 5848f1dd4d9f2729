package inflate

// codes decodes literals, lengths and distances (RFC 1951 section 3.2.3) until the block ends. The bulk is done by fast;
// here is what is rare or needs care: the end of the data, of the room and of the block, second tables, and whatever is
// wrong.
func (d *decoder) codes() verdict {
	t := d.tab
	for {
		if int(d.nbits)+8*(len(d.src)-d.in) >= longestMatch && len(d.out)-d.pos >= slop {
			d.fast(t)
		}
		if d.nbits < longestMatch {
			d.refill()
		}
		e, skip := lookup(t.lit[:], t.litBits, d.hold)
		if skip+e.code() > uint(d.nbits) {
			return starved
		}
		switch {
		case e&isLiteral != 0:
			if !d.room() {
				return full
			}
			d.out[d.pos] = byte(e.value())
			d.pos++
			d.drop(skip + e.code())
		case e&isEnd != 0:
			d.drop(skip + e.code())
			return d.end()
		case e&isSpecial != 0:
			return d.invalid(e, skip, "literal and length")
		default:
			if v := d.pair(t, e, skip); v != proceed {
				return v
			}
		}
	}
}

// lookup returns the entry for the code at the beginning of hold, and how many of its bits are not counted in the entry. If
// hold has fewer bits than the code, the entry is that of some code with more bits than hold.
func lookup(t []entry, level uint8, hold uint64) (e entry, skip uint) {
	e = t[hold&(1<<level-1)]
	if e&isSecond != 0 {
		skip = e.take()
		e = t[uint64(e.value())+hold>>skip&(1<<e.code()-1)]
	}
	return e, skip
}

// pair decodes what follows the length e, and the match.
func (d *decoder) pair(t *tables, e entry, skip uint) verdict {
	used := skip + e.take()
	if used > uint(d.nbits) {
		return starved
	}
	length := e.extra(d.hold >> skip)
	e, skip = lookup(t.dist[:], t.distBits, d.hold>>used)
	if used+skip+e.code() > uint(d.nbits) {
		return starved
	}
	if e&isSpecial != 0 {
		return d.invalid(e, used+skip, "distance")
	}
	used += skip
	if used+e.take() > uint(d.nbits) {
		return starved
	}
	dist := e.extra(d.hold >> used)
	used += e.take()
	if reach := min(d.size(), len(d.text)+d.pos-d.base); dist > uint(reach) {
		return d.faultAt(used, ErrDistance, "distance %d, and the window has %d bytes", dist, reach)
	}
	d.drop(used)
	d.left, d.dist, d.phase = uint16(length), uint16(dist), inMatch
	if v := d.match(); v != proceed {
		return v
	}
	return proceed
}

func (d *decoder) invalid(e entry, skip uint, what string) verdict {
	if e.value() == noSymbol {
		return d.faultAt(skip+e.code(), ErrSymbol, "not a %s code of this block", what)
	}
	return d.faultAt(skip+e.code(), ErrSymbol, "%s symbol %d must not occur", what, e.value())
}

// match copies what is left of a match, from the window and from the text of this call.
func (d *decoder) match() verdict {
	for d.left > 0 {
		if !d.room() {
			return full
		}
		var n int
		if back := int(d.dist) - (d.pos - d.base); back > 0 {
			from := d.text[len(d.text)-back:]
			n = copy(d.out[d.pos:], from[:min(len(from), int(d.left))])
		} else {
			// No more than dist bytes are there to copy; then they are twice as many.
			n = copy(d.out[d.pos:], d.out[d.pos-int(d.dist):min(d.pos, d.pos-int(d.dist)+int(d.left))])
		}
		d.pos, d.left = d.pos+n, d.left-uint16(n)
	}
	d.dist, d.phase = 0, inCodes
	return proceed
}
