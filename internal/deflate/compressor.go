// Package deflate compresses with DEFLATE (RFC 1951). Between two calls it remembers nothing: the text that matches may
// reach into is handed in, as a plain slice, with each of them.
//
// A WebSocket that is a value needs this: it keeps only a window of text as its context, which a compressor from a pool
// takes up. Other packages take it up by compressing it and dropping the result; this one enters it into its hash chains
// without looking for matches, which takes a small part of that time.
package deflate

// MaxWindow is the largest distance of a match (RFC 1951 section 3.2.5).
const MaxWindow = 1 << 15

const (
	bufSize  = 1 << 16 // so that a position is a uint16
	maxChunk = bufSize - MaxWindow - 16
)

// Compressor is scratch space, a third of a MiB at most, of which short texts and windows touch little. The zero Compressor
// is ready.
type Compressor struct {
	buf   [bufSize]byte // from 1 on: the window and a chunk of the text behind it; position 0 means none
	end   int           // what of buf is used
	heads [1 << maxHashBits]uint16
	chain [bufSize]uint16 // for each position, the last one before it with the same hash
	mask  uint32          // of a hash
	step  int
	next  int // the first position that is not in the chains

	seqs []sequence
	tally
	huff        builder
	own         codes
	description description
}

// Append appends text to dst, compressed as blocks that end with the empty stored block that a flush consists of
// (00 00 FF FF, after what fills the byte). Matches reach back at most window bytes, 256 to MaxWindow, into dict and
// the text itself; level is 1 (fastest) to 9. The same arguments give the same bytes. Neither dict nor text is kept.
func (c *Compressor) Append(dst, dict, text []byte, window, level int) []byte {
	w := writer{b: dst}
	if len(dict) > window {
		dict = dict[len(dict)-window:]
	}
	c.end = 1 + copy(c.buf[1:], dict)
	for len(text) > 0 {
		chunk := text[:min(len(text), maxChunk)]
		text = text[len(chunk):]
		start := c.end
		c.end += copy(c.buf[start:], chunk)
		c.index(start, len(chunk), levels[level].step)
		c.tally.reset()
		c.seqs = c.seqs[:0]
		c.parse(start, window, &levels[level])
		c.block(&w, start)
		if len(text) > 0 {
			c.end = 1 + copy(c.buf[1:], c.buf[max(1, c.end-window):c.end])
		}
	}
	return w.flush()
}
