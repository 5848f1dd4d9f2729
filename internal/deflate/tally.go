package deflate

import "math/bits"

const (
	endOfBlock = 256
	numLit     = 286 // codes of literals and lengths that may be sent (RFC 1951 section 3.2.5)
	numDist    = 30
)

// tally counts how often each code is used in a block.
type tally struct {
	lit  [numLit]uint16
	dist [numDist]uint16
	// The bits behind the codes.
	extra int
}

func (t *tally) reset() {
	*t = tally{}
	t.lit[endOfBlock] = 1
}

// sequence notes n literals from buf[first] on and the match behind them.
func (c *Compressor) sequence(first, n, length, distance int) {
	for _, b := range c.buf[first : first+n] {
		c.lit[b]++
	}
	s := sequence{literals: uint16(n)}
	if length > 0 {
		s.length, s.distance = uint16(length), uint16(distance-1)
		s.code, s.dcode = lengthCodes[length-3], distanceCode(s.distance)
		c.lit[endOfBlock+1+int(s.code)]++
		c.dist[s.dcode]++
		c.extra += int(lengthExtra[s.code]) + int(distanceExtra[s.dcode])
	}
	c.seqs = append(c.seqs, s)
}

// The tables of RFC 1951 section 3.2.5.
var (
	lengthCodes   [256]uint8 // of a length less 3
	lengthBase    [29]uint16 // the same
	lengthExtra   [29]uint8
	distanceBase  [numDist]uint16 // of a distance less 1
	distanceExtra [numDist]uint8
)

func init() {
	for code := range lengthBase[:28] {
		if code >= 4 {
			lengthExtra[code] = uint8(code/4 - 1)
		}
		if code > 0 {
			lengthBase[code] = lengthBase[code-1] + 1<<lengthExtra[code-1]
		}
		for n := int(lengthBase[code]); n < len(lengthCodes); n++ {
			lengthCodes[n] = uint8(code)
		}
	}
	lengthBase[28], lengthCodes[255] = 255, 28 // 258 has a code of its own
	for code := range distanceBase {
		if code >= 2 {
			distanceExtra[code] = uint8(code/2 - 1)
		}
		if code > 0 {
			distanceBase[code] = distanceBase[code-1] + 1<<distanceExtra[code-1]
		}
	}
}

// distanceCode returns the code of a distance less 1: two for each power of two.
func distanceCode(d uint16) uint8 {
	if d < 2 {
		return uint8(d)
	}
	n := uint(bits.Len16(d)) - 1
	return uint8(2*n + uint(d>>(n-1)&1))
}
