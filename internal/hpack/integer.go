package hpack

import "math"

// maxExtra is how many bytes may follow the prefix of an integer: five carry 35 bits, enough for any number of 32 bits after
// any prefix, and they leave room for some leading zeros, which the standard does not forbid.
const maxExtra = 5

// integer reads the integer at d.i, whose prefix fills the bits of mask (RFC 7541 section 5.1).
func (d *decoder) integer(mask byte) (uint64, *Error) {
	if d.i < len(d.p) {
		if v := d.p[d.i] & mask; v != mask {
			d.i++
			return uint64(v), nil
		}
	}
	return d.longInteger(mask)
}

// longInteger reads an integer that does not fit its prefix.
func (d *decoder) longInteger(mask byte) (uint64, *Error) {
	start := d.i
	if start >= len(d.p) {
		return 0, fault(start, ErrTruncated, "no byte left where an integer begins")
	}
	v := uint64(mask)
	for k := range maxExtra {
		i := start + 1 + k
		if i >= len(d.p) {
			return 0, fault(start, ErrTruncated, "integer not ended after %d bytes", i-start)
		}
		b := d.p[i]
		v += uint64(b&0x7f) << (7 * k)
		// Section 5.1: "Integer encodings that exceed implementation limits -- in value or octet length -- MUST be treated as
		// decoding errors." No index, length or table size needs more: SETTINGS_HEADER_TABLE_SIZE has 32 bits.
		if v > math.MaxUint32 {
			return 0, fault(start, ErrInteger, "integer of at least %d", v)
		}
		if b < 0x80 {
			d.i = i + 1
			return v, nil
		}
	}
	return 0, fault(start, ErrInteger, "integer not ended after %d bytes", 1+maxExtra)
}

// appendInteger appends v with a prefix that fills the bits of mask; the bits above it are those of first.
func appendInteger(dst []byte, first, mask byte, v uint64) []byte {
	if v < uint64(mask) {
		return append(dst, first|byte(v))
	}
	dst = append(dst, first|mask)
	for v -= uint64(mask); v >= 0x80; v >>= 7 {
		dst = append(dst, byte(v)|0x80)
	}
	return append(dst, byte(v))
}
