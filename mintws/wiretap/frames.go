package wiretap

import (
	"encoding/binary"

	"github.com/mintws/mintws/mintws"
)

// frames cuts one direction of a WebSocket into frames (RFC 6455 section 5.2).
type frames struct {
	header [14]byte
	n      uint8  // how much of it has come
	kept   []byte // the beginning of the payload, without the mask
	got    int64  // how much of the payload has come
}

// size is how long the header is, as far as its first bytes tell: the first two are always there.
func (w *frames) size() uint8 {
	n := uint8(2)
	if w.n < 2 {
		return n
	}
	switch w.header[1] & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if w.header[1]&0x80 != 0 {
		n += 4
	}
	return n
}

// length is that of the payload, once the header is whole; negative where it cannot be.
func (w *frames) length() int64 {
	switch n := w.header[1] & 0x7f; n {
	case 126:
		return int64(binary.BigEndian.Uint16(w.header[2:]))
	case 127:
		return int64(binary.BigEndian.Uint64(w.header[2:]))
	default:
		return int64(n)
	}
}

// feed reads data to its end; it returns false where a frame is longer than a frame can be.
func (w *frames) feed(from Direction, id uint32, keep int, data []byte, each func(Record)) bool {
	for {
		for w.n < w.size() {
			if len(data) == 0 {
				return true
			}
			w.header[w.n] = data[0]
			w.n++
			data = data[1:]
		}
		length := w.length()
		if length < 0 { // the most significant bit must be 0 (section 5.2)
			w.reset()
			return false
		}
		p := data[:min(int64(len(data)), length-w.got)]
		data = data[len(p):]
		w.keep(p, keep)
		if w.got += int64(len(p)); w.got < length {
			return true
		}
		each(w.record(from, id))
		w.reset()
	}
}

// keep appends the beginning of p to what is shown, as long as there is room for it.
func (w *frames) keep(p []byte, limit int) {
	at := len(w.kept)
	w.kept = append(w.kept, p[:min(len(p), max(0, limit-at))]...)
	if w.header[1]&0x80 != 0 {
		key := w.header[w.n-4 : w.n]
		for i := at; i < len(w.kept); i++ {
			w.kept[i] ^= key[i&3] // kept begins with the payload
		}
	}
}

func (w *frames) record(from Direction, id uint32) Record {
	r := Record{From: from, Kind: Frame, Stream: id, Wire: int64(w.n) + w.got, Header: w.header[:w.n:w.n], Payload: w.kept[:len(w.kept):len(w.kept)]}
	r.Opcode, r.Fin, r.RSV = mintws.Opcode(w.header[0]&0x0f), w.header[0]&0x80 != 0, mintws.RSV(w.header[0]&0x70)
	if w.n >= 2 {
		r.Masked = w.header[1]&0x80 != 0
	}
	if w.n >= w.size() && w.n >= 2 {
		r.Length = w.length()
	}
	return r
}

// cut reports a frame that has begun and does not come to its end.
func (w *frames) cut(from Direction, id uint32, each func(Record)) {
	if w.n > 0 {
		r := w.record(from, id)
		r.Cut = true
		each(r)
		w.reset()
	}
}

func (w *frames) reset() { w.n, w.got, w.kept = 0, 0, w.kept[:0] }
