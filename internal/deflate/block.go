package deflate

// codes are a block's Huffman codes and how long they are.
type codes struct {
	lit      [numLit]code
	dist     [numDist]code
	litLens  [numLit]uint8
	distLens [numDist]uint8
}

// fixed are the codes of RFC 1951 section 3.2.6.
var fixed = func() (c codes) {
	var lens [numLit + 2]uint8 // two that are never sent take part in making the codes
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	var all [numLit + 2]code
	assign(lens[:], all[:])
	copy(c.lit[:], all[:])
	copy(c.litLens[:], lens[:])
	for i := range c.dist {
		c.distLens[i] = 5
	}
	assign(c.distLens[:], c.dist[:])
	return c
}()

// size returns how many bits the block takes with these codes, its header not counted.
func (t *tally) size(c *codes) int {
	n := t.extra
	for i, f := range &t.lit {
		n += int(f) * int(c.litLens[i])
	}
	for i, f := range &t.dist {
		n += int(f) * int(c.distLens[i])
	}
	return n
}

// fixedAlways is how many bits a block has at most with fixed codes where codes of its own are not tried: their description
// takes about 200 bits, and making them takes longer than all the rest.
const fixedAlways = 500

// block writes what was parsed, which is the text from start on, in the shortest of the three ways (RFC 1951 section 3.2.3),
// as far as they are tried and to within a few bytes.
func (c *Compressor) block(w *writer, start int) {
	text := c.buf[start:c.end]
	best := c.tally.size(&fixed)
	var own *codes
	if best > fixedAlways {
		d := c.describe()
		if n := d.size + c.tally.size(&c.own); n < best {
			best, own = n, &c.own
		}
	}
	if best+3 > 8*len(text)+40 {
		w.grow(8*len(text) + 48)
		w.stored(text)
		return
	}
	w.grow(best + 3)
	if own == nil {
		w.put(1<<1, 3)
		w.coded(c.seqs, text, &fixed.lit, &fixed.dist)
		return
	}
	w.put(2<<1, 3)
	c.description.write(w)
	assign(own.litLens[:], own.lit[:])
	assign(own.distLens[:], own.dist[:])
	w.coded(c.seqs, text, &own.lit, &own.dist)
}
