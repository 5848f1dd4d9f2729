package deflate

import (
	"encoding/binary"
	"math/bits"
)

const (
	minMatch    = 4 // shorter ones hardly pay
	maxMatch    = 258
	minHashBits = 10
	maxHashBits = 15
)

// effort is how hard a level looks for matches.
type effort struct {
	step  int // 2: only every second position can be found
	depth int // how many earlier positions are tried
	lazy  int // a match of this length or more is taken without a look at the next position
	nice  int // a match of this length or more ends the search
}

var levels = [10]effort{
	1: {2, 4, 8, 32},
	2: {2, 8, 16, 64},
	3: {2, 12, 24, 64},
	4: {1, 12, 24, 96},
	5: {1, 16, 32, 128},
	6: {1, 32, 64, 128},
	7: {1, 128, 128, maxMatch},
	8: {1, 512, maxMatch, maxMatch},
	9: {1, 4096, maxMatch, maxMatch},
}

// sequence is some literals and the match behind them.
type sequence struct {
	literals uint16
	length   uint16 // 0: no match, the chunk ends
	distance uint16 // less one, so that 32,768 fits
	code     uint8  // of the length, less 257
	dcode    uint8
}

// index enters all that is before start into empty hash chains, which are made large enough for n bytes more.
func (c *Compressor) index(start, n, step int) {
	width := min(max(bits.Len(uint(start+n)), minHashBits), maxHashBits)
	clear(c.heads[:1<<width])
	c.mask = 1<<width - 1
	c.next, c.step = 1, step
	c.enter(start)
}

// hash spreads four bytes over maxHashBits bits.
func hash(x uint32) uint32 { return x * 0x9E3779B1 >> (32 - maxHashBits) }

// enter enters the positions before end, each or every second, as far as four bytes are known there. What is found from
// a position that follows one left out is made longer by a byte, see parse.
func (c *Compressor) enter(end int) {
	i, mask, b := c.next, c.mask, c.buf[:c.end]
	end = min(end, len(b)-3)
	for ; c.step == 2 && i+5 <= end && i+8 <= len(b); i += 6 {
		x := binary.LittleEndian.Uint64(b[i:])
		chain := (*[5]uint16)(c.chain[i : i+5])
		h0, h2, h4 := hash(uint32(x))&mask, hash(uint32(x>>16))&mask, hash(uint32(x>>32))&mask
		chain[0], c.heads[h0] = c.heads[h0], uint16(i)
		chain[2], c.heads[h2] = c.heads[h2], uint16(i+2)
		chain[4], c.heads[h4] = c.heads[h4], uint16(i+4)
	}
	for ; i < end; i += c.step {
		h := hash(binary.LittleEndian.Uint32(b[i:])) & mask
		c.chain[i], c.heads[h] = c.heads[h], uint16(i)
	}
	c.next = i
}

// find returns the longest match at i, of the four bytes here, that is longer than length, and its distance.
func (c *Compressor) find(b []byte, here uint32, i, length, window int, e *effort) (int, int) {
	at := int(c.heads[hash(here)&c.mask])
	least, distance := max(i-window, 1), 0
	if at < least {
		return length, 0
	}
	most := min(len(b)-i, maxMatch)
	if length >= most {
		return length, 0
	}
	for depth := e.depth; ; {
		if binary.LittleEndian.Uint32(b[at:]) == here && b[at+length] == b[i+length] {
			n := minMatch + common(b[at+minMatch:], b[i+minMatch:i+most])
			if n > length {
				if length, distance = n, i-at; n >= e.nice || n == most {
					break
				}
			}
		}
		if depth--; depth == 0 {
			break
		}
		if at = int(c.chain[at]); at < least {
			break
		}
	}
	return length, distance
}

// common returns how many bytes a and b have in common. a is no shorter than b.
func common(a, b []byte) (n int) {
	for ; len(b)-n >= 8; n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// parse divides what is behind start into sequences: matches, each preferred to one that begins a byte earlier and is
// shorter.
func (c *Compressor) parse(start, window int, e *effort) {
	b := c.buf[:c.end]
	first := start // of the literals before i
	for i := start; ; {
		if i+minMatch > len(b) {
			c.sequence(first, len(b)-first, 0, 0)
			return
		}
		if c.next < i {
			c.enter(i)
		}
		length, distance := c.find(b, binary.LittleEndian.Uint32(b[i:]), i, minMatch-1, window, e)
		if distance == 0 {
			i += 1 + (i-first)>>6 // what does not match for long will hardly match soon
			continue
		}
		for length < e.lazy && i+1+minMatch <= len(b) {
			n, d := c.find(b, binary.LittleEndian.Uint32(b[i+1:]), i+1, length, window, e)
			if d == 0 {
				break
			}
			i, length, distance = i+1, n, d
		}
		for i > first && length < maxMatch && i-distance > 1 && b[i-1] == b[i-1-distance] {
			i--
			length++
		}
		c.sequence(first, i-first, length, distance)
		i += length
		first = i
	}
}
