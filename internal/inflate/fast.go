package inflate

import "encoding/binary"

// slop is how much room fast wants for text: three literals, or a match that is rounded up to words.
const slop = 16

// longestMatch is how many bits a match can have: two codes, 5 extra bits of the length and 13 of the distance.
const longestMatch = maxCode + 5 + maxCode + 13

// fast decodes literals and matches as long as there is input and room for the longest, so that it need not check either
// within an element. It stops before any element that it cannot do, and leaves that to codes.
func (d *decoder) fast(t *tables) {
	src, in, out, pos := d.src, d.in, d.out, d.pos
	hold, nbits := d.hold, uint(d.nbits)
	text, base, size := d.text, d.base, uint(d.size())
	litMask, distMask := uint64(1)<<t.litBits-1, uint64(1)<<t.distBits-1
	// Bits above nbits in hold are bits to come, of the next byte of src: the same ones are added again.
	for pos <= len(out)-slop {
		if in <= len(src)-8 {
			hold |= binary.LittleEndian.Uint64(src[in:]) << (nbits & 63)
			in += int((63 - nbits) >> 3)
			nbits |= 56
		} else if nbits < longestMatch {
			for ; in < len(src) && nbits < 56; nbits += 8 {
				hold |= uint64(src[in]) << (nbits & 63)
				in++
			}
			if nbits < longestMatch {
				break
			}
		}
		// A literal in the first level has at most ten bits.
		e := t.lit[hold&litMask&(litSize-1)]
		if e&isLiteral != 0 {
			hold >>= e & 63
			nbits -= uint(e & 63)
			out[pos] = byte(e >> 16)
			pos++
			e = t.lit[hold&litMask&(litSize-1)]
			if e&isLiteral != 0 {
				hold >>= e & 63
				nbits -= uint(e & 63)
				out[pos] = byte(e >> 16)
				pos++
				e = t.lit[hold&litMask&(litSize-1)]
				if e&isLiteral != 0 {
					hold >>= e & 63
					nbits -= uint(e & 63)
					out[pos] = byte(e >> 16)
					pos++
					continue
				}
			}
			if nbits < longestMatch {
				continue
			}
		}
		h, n := hold, nbits // to come back to, if this is not for us
		if e&isSpecial != 0 {
			if e&isSecond == 0 {
				break
			}
			h >>= e & 63
			n -= uint(e & 63)
			e = t.lit[(e.value()+uint(h)&(1<<e.code()-1))&(litSize-1)]
			if e&isLiteral != 0 {
				hold, nbits = h>>(e&63), n-uint(e&63)
				out[pos] = byte(e >> 16)
				pos++
				continue
			}
			if e&isSpecial != 0 {
				break
			}
		}
		length := int(e.extra(h))
		h >>= e & 63
		n -= uint(e & 63)
		e = t.dist[h&distMask&(distSize-1)]
		if e&isSpecial != 0 {
			if e&isSecond == 0 {
				break
			}
			h >>= e & 63
			n -= uint(e & 63)
			e = t.dist[(e.value()+uint(h)&(1<<e.code()-1))&(distSize-1)]
			if e&isSpecial != 0 {
				break
			}
		}
		dist := e.extra(h)
		h >>= e & 63
		n -= uint(e & 63)
		if dist > size || pos+length > len(out)-8 {
			break
		}
		if back := int(dist) - (pos - base); back > 0 {
			if back > len(text) {
				break
			}
			copyBack(out, text[len(text)-back:], base, pos, length)
		} else {
			copyMatch(out, pos, int(dist), length)
		}
		pos += length
		hold, nbits = h, n
	}
	d.in, d.pos = in, pos
	d.hold, d.nbits = hold&(1<<(nbits&63)-1), uint8(nbits)
}

// copyMatch writes length bytes at pos, and up to seven more.
func copyMatch(out []byte, pos, dist, length int) {
	if dist >= 8 {
		from, to := out[pos-dist:], out[pos:pos+length+8]
		if length > 64 && dist >= length {
			copy(to[:length], from)
			return
		}
		for i := 0; i < length; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
		}
		return
	}
	end := pos + length
	for pos < end {
		n := copy(out[pos:end], out[pos-dist:pos])
		pos, dist = pos+n, dist+n
	}
}

// copyBack is copyMatch for a match that begins in from, the end of the window, and may go on at base.
func copyBack(out, from []byte, base, pos, length int) {
	if length+8 <= len(from) && length <= 64 {
		to := out[pos : pos+length+8]
		for i := 0; i < length; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
		}
		return
	}
	n := copy(out[pos:pos+length], from)
	for i := n; i < length; i++ {
		out[pos+i] = out[base+i-n]
	}
}
