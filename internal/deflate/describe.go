package deflate

// numMeta is how many codes of code lengths there are.
const numMeta = 19

// metaOrder is the order in which their lengths stand (RFC 1951 section 3.2.7).
var metaOrder = [numMeta]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// metaExtra is how many bits follow the codes 16, 17 and 18, which repeat a length.
var metaExtra = [numMeta]uint8{16: 2, 17: 3, 18: 7}

// description is how a block tells its codes (RFC 1951 section 3.2.7).
type description struct {
	numLit, numDist, numMeta int
	runs                     []run
	lens                     [numMeta]uint8
	codes                    [numMeta]code
	size                     int // in bits
}

// run is a code of code lengths and the bits behind it.
type run struct{ code, extra uint8 }

// describe makes the codes that fit the tally best, and their description.
func (c *Compressor) describe() *description {
	own, d := &c.own, &c.description
	c.huff.lengths(c.lit[:], maxBits, own.litLens[:])
	c.huff.lengths(c.dist[:], maxBits, own.distLens[:])
	d.numLit, d.numDist = numLit, numDist
	for d.numLit > endOfBlock+1 && own.litLens[d.numLit-1] == 0 {
		d.numLit--
	}
	for d.numDist > 1 && own.distLens[d.numDist-1] == 0 { // one code of no bits: there are no distances
		d.numDist--
	}
	var all [numLit + numDist]uint8 // a run may go over from the first to the second
	n := copy(all[:], own.litLens[:d.numLit])
	n += copy(all[n:], own.distLens[:d.numDist])

	var freq [numMeta]uint16
	d.runs = d.runs[:0]
	add := func(code uint8, extra int) {
		freq[code]++
		d.runs = append(d.runs, run{code, uint8(extra)})
	}
	for i := 0; i < n; {
		length, k := all[i], 1
		for i+k < n && all[i+k] == length {
			k++
		}
		i += k
		if length > 0 {
			add(length, 0)
			k--
		}
		for k >= 3 {
			switch {
			case length > 0:
				m := min(k, 6)
				add(16, m-3)
				k -= m
			case k > 10:
				m := min(k, 138)
				add(18, m-11)
				k -= m
			default:
				add(17, k-3)
				k = 0
			}
		}
		for ; k > 0; k-- {
			add(length, 0)
		}
	}
	c.huff.lengths(freq[:], maxMetaBits, d.lens[:])
	d.numMeta = numMeta
	for d.numMeta > 4 && d.lens[metaOrder[d.numMeta-1]] == 0 {
		d.numMeta--
	}
	d.size = 5 + 5 + 4 + 3*d.numMeta
	for i, f := range freq {
		d.size += int(f) * int(d.lens[i]+metaExtra[i])
	}
	return d
}

// write writes it.
func (d *description) write(w *writer) {
	w.put(uint64(d.numLit-257), 5)
	w.put(uint64(d.numDist-1), 5)
	w.put(uint64(d.numMeta-4), 4)
	for _, i := range metaOrder[:d.numMeta] {
		w.put(uint64(d.lens[i]), 3)
	}
	assign(d.lens[:], d.codes[:])
	for _, r := range d.runs {
		x := d.codes[r.code]
		w.put(x.bits()|uint64(r.extra)<<x.len(), x.len()+uint(metaExtra[r.code]))
	}
}
