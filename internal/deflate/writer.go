package deflate

import (
	"encoding/binary"
	"slices"
)

// writer writes bits, the first of them lowest in a byte (RFC 1951 section 3.1.1).
type writer struct {
	b    []byte
	hold uint64 // bits that are not in b yet, fewer than 8 of them after each call
	n    uint
}

// grow makes room for that many bits, and for what is written past them.
func (w *writer) grow(bits int) { w.b = slices.Grow(w.b, bits/8+16) }

// put writes the lowest n bits of x, which has no others set; 48 at most.
func (w *writer) put(x uint64, n uint) {
	w.hold |= x << (w.n & 63)
	w.n += n
	for w.n >= 8 {
		w.b = append(w.b, byte(w.hold))
		w.hold >>= 8
		w.n -= 8
	}
}

// align fills the byte.
func (w *writer) align() {
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
}

// flush ends with an empty stored block (RFC 7692 section 7.2.1) and returns it all.
func (w *writer) flush() []byte {
	w.put(0, 3)
	w.align()
	return append(w.b, 0, 0, 0xff, 0xff)
}

// stored writes text, fewer than 64 KiB, as it is (RFC 1951 section 3.2.4).
func (w *writer) stored(text []byte) {
	w.put(0, 3)
	w.align()
	n := uint16(len(text))
	w.b = binary.LittleEndian.AppendUint16(w.b, n)
	w.b = binary.LittleEndian.AppendUint16(w.b, ^n)
	w.b = append(w.b, text...)
}

// coded writes the sequences of a block, its literals from text, and the end of the block (RFC 1951 section 3.2.3). There
// must be room for it.
func (w *writer) coded(seqs []sequence, text []byte, lit *[numLit]code, dist *[numDist]code) {
	b, hold, n, at := w.b[:cap(w.b)], w.hold, w.n, len(w.b)
	for _, s := range seqs {
		literals := text[:s.literals]
		text = text[int(s.literals)+int(s.length):]
		for ; len(literals) >= 3; literals = literals[3:] {
			x, y, z := lit[literals[0]], lit[literals[1]], lit[literals[2]] // 45 bits at most
			hold |= x.bits() << (n & 63)
			n += x.len()
			hold |= y.bits() << (n & 63)
			n += y.len()
			hold |= z.bits() << (n & 63)
			n += z.len()
			binary.LittleEndian.PutUint64(b[at:], hold)
			at += int(n >> 3)
			hold >>= n & 0x38
			n &= 7
		}
		for _, l := range literals {
			x := lit[l]
			hold |= x.bits() << (n & 63)
			n += x.len()
		}
		binary.LittleEndian.PutUint64(b[at:], hold)
		at += int(n >> 3)
		hold >>= n & 0x38
		n &= 7
		if s.length == 0 {
			continue
		}
		x := lit[endOfBlock+1+int(s.code)] // 15+5+15+13 bits at most
		hold |= x.bits() << (n & 63)
		n += x.len()
		hold |= uint64(s.length-3-lengthBase[s.code]) << (n & 63)
		n += uint(lengthExtra[s.code])
		x = dist[s.dcode]
		hold |= x.bits() << (n & 63)
		n += x.len()
		hold |= uint64(s.distance-distanceBase[s.dcode]) << (n & 63)
		n += uint(distanceExtra[s.dcode])
		binary.LittleEndian.PutUint64(b[at:], hold)
		at += int(n >> 3)
		hold >>= n & 0x38
		n &= 7
	}
	w.b, w.hold, w.n = b[:at], hold, n
	w.put(lit[endOfBlock].bits(), lit[endOfBlock].len())
}
