package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
)

// This is RFC 1951 once more, as slow and as close to its text as can be: codes are searched bit by bit in lists.

type oracle struct {
	src  []byte
	at   int // bit
	text []byte
	from int // where the text of this message begins
	size int // of the window

	singles, manies int // blocks with a single literal or length code, and with more than 30 distance codes
}

type oracleEnd struct{ err error }

func (o *oracle) fail(err error) { panic(oracleEnd{err}) }

func (o *oracle) bit() uint {
	if o.at == 8*len(o.src) {
		o.fail(ErrTruncated)
	}
	b := uint(o.src[o.at/8]) >> (o.at % 8) & 1
	o.at++
	return b
}

func (o *oracle) number(n uint) (v uint) {
	for i := range n {
		v |= o.bit() << i
	}
	return v
}

type oracleCode struct {
	code, n uint
	symbol  int
}

func oracleSet(lens []uint8) (set []oracleCode, free int) {
	codes := canonical(lens)
	free = 1 << maxCode
	for symbol, n := range lens {
		if n > 0 {
			set = append(set, oracleCode{codes[symbol], uint(n), symbol})
			free -= 1 << (maxCode - n)
		}
	}
	return set, free
}

func (o *oracle) symbol(set []oracleCode) int {
	if len(set) == 0 {
		o.fail(ErrSymbol)
	}
	for code, n := uint(0), uint(0); n < maxCode; {
		code, n = code<<1|o.bit(), n+1
		for _, c := range set {
			if c.n == n && c.code == code {
				return c.symbol
			}
		}
		if len(set) == 1 {
			break
		}
	}
	o.fail(ErrSymbol)
	return 0
}

// inflateSlowly inflates one message after text. The error is the sentinel.
func inflateSlowly(window, message []byte, windowBits int) (text []byte, err error) {
	o := &oracle{src: message, text: bytes.Clone(window), from: len(window), size: 1 << windowBits}
	err = o.run()
	return o.text[o.from:], err
}

func (o *oracle) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(oracleEnd).err // anything else panics again
		}
	}()
	for {
		if o.at == 8*len(o.src) {
			return ErrTail
		}
		final, kind := o.bit(), o.number(2)
		if kind == 0 {
			o.at = (o.at + 7) &^ 7
			if o.at == 8*len(o.src) {
				return nil
			}
		}
		o.block(kind)
		if final == 1 {
			o.at = (o.at + 7) &^ 7
		}
	}
}

func (o *oracle) block(kind uint) {
	switch kind {
	case 0:
		length := o.number(16)
		if byte(o.number(8)) != ^byte(length) || byte(o.number(8)) != ^byte(length>>8) {
			o.fail(ErrStored)
		}
		for range length {
			o.text = append(o.text, byte(o.number(8)))
		}
	case 1:
		lens := slices.Concat(bytes.Repeat([]byte{8}, 144), bytes.Repeat([]byte{9}, 112), bytes.Repeat([]byte{7}, 24),
			bytes.Repeat([]byte{8}, 8))
		lit, _ := oracleSet(lens)
		dist, _ := oracleSet(bytes.Repeat([]byte{5}, 32))
		o.codes(lit, dist)
	case 2:
		o.codes(o.header())
	default:
		o.fail(ErrBlockType)
	}
}

func (o *oracle) header() (lit, dist []oracleCode) {
	lits := int(o.number(5)) + 257
	if lits > 286 {
		o.fail(ErrHeader)
	}
	dists, pres := int(o.number(5))+1, int(o.number(4))+4
	pre := make([]uint8, 19)
	for _, symbol := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:pres] {
		pre[symbol] = uint8(o.number(3))
	}
	set, free := oracleSet(pre)
	if free != 0 {
		o.fail(ErrCodes)
	}
	var lens []uint8
	for len(lens) < lits+dists {
		var again []byte
		switch symbol := o.symbol(set); symbol {
		case 16:
			if len(lens) == 0 {
				o.fail(ErrHeader)
			}
			again = bytes.Repeat(lens[len(lens)-1:], 3+int(o.number(2)))
		case 17:
			again = make([]uint8, 3+o.number(3))
		case 18:
			again = make([]uint8, 11+o.number(7))
		default:
			again = []uint8{uint8(symbol)}
		}
		lens = append(lens, again...)
	}
	if len(lens) > lits+dists || lens[256] == 0 {
		o.fail(ErrHeader)
	}
	if dists > 30 {
		o.manies++
	}
	if lit, free = oracleSet(lens[:lits]); len(lit) == 1 {
		o.singles++
	}
	if free != 0 {
		o.fail(ErrCodes)
	}
	if dist, free = oracleSet(lens[lits:]); free < 0 || free > 0 && len(dist) > 0 && (len(dist) > 1 || dist[0].n > 1) {
		o.fail(ErrCodes)
	}
	return lit, dist
}

func (o *oracle) codes(lit, dist []oracleCode) {
	lengthBase := []uint{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
		35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra := []uint{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	for {
		symbol := o.symbol(lit)
		switch {
		case symbol < 256:
			o.text = append(o.text, byte(symbol))
			continue
		case symbol == 256:
			return
		case symbol > 285:
			o.fail(ErrSymbol)
		}
		length := int(lengthBase[symbol-257] + o.number(lengthExtra[symbol-257]))
		symbol = o.symbol(dist)
		if symbol > 29 {
			o.fail(ErrSymbol)
		}
		far := symbol + 1
		if symbol >= 4 {
			extra := uint(symbol/2 - 1)
			far = (2+symbol%2)<<extra + 1 + int(o.number(extra))
		}
		if far > o.size || far > len(o.text) {
			o.fail(ErrDistance)
		}
		for range length {
			o.text = append(o.text, o.text[len(o.text)-far])
		}
	}
}

// inflateOther inflates one message after window with compress/flate. What the sender left out follows, and a final block,
// so that the reader ends. A message may be several streams, each with a final block.
func inflateOther(window, message []byte) (text []byte, err error) {
	src := bytes.NewReader(slices.Concat(message, []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}))
	text = bytes.Clone(window)
	for err == nil && src.Len() > 0 {
		var more []byte
		more, err = io.ReadAll(flate.NewReaderDict(src, text[max(0, len(text)-32<<10):]))
		text = append(text, more...)
	}
	return text[len(window):], err
}
