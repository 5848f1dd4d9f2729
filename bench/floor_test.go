package bench

import (
	"crypto/rand"
	"encoding/binary"
	"testing"
	"unicode/utf8"

	"github.com/mintws/mintws/internal/mask"
	"github.com/mintws/mintws/mintws"
)

// floorEncode appends the header of an unfragmented frame, and the payload masked in the same pass as it is copied; with
// key 0 it is a server's frame. It checks nothing: a bound, not a peer.
func floorEncode(dst []byte, op byte, payload []byte, key uint32) []byte {
	mask := byte(0)
	if key != 0 {
		mask = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|op, mask|byte(n))
	case n < 1<<16:
		dst = append(dst, 0x80|op, mask|126, byte(n>>8), byte(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|op, mask|127), uint64(n))
	}
	if key == 0 {
		return append(dst, payload...)
	}
	dst = binary.LittleEndian.AppendUint32(dst, key)
	at := len(dst)
	dst = dst[:at+len(payload)]
	floorMask(dst[at:], payload, key)
	return dst
}

// floorMask copies src to dst, masked, in one pass. It is what mintws masks with, assembly where there is any: nothing that the
// peers mask with is faster at any size, as they copy first and mask the copy.
func floorMask(dst, src []byte, key uint32) { mask.Copy(dst[:len(src)], src, mask.Key(key)) }

// floorDecode finds the payload of the frame at the start of b, which must be whole, and how long the frame is. It checks
// nothing.
func floorDecode(b []byte) (op byte, payload []byte, key uint32, size int) {
	at, n := 2, int(b[1]&0x7F)
	switch n {
	case 126:
		at, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		at, n = 10, int(binary.BigEndian.Uint64(b[2:]))
	}
	if b[1]&0x80 != 0 {
		key = binary.LittleEndian.Uint32(b[at:])
		at += 4
	}
	return b[0] & 15, b[at : at+n : at+n], key, at + n
}

// keys draws masking keys from crypto/rand, 256 at a time.
type keys struct {
	drawn [1 << 10]byte
	left  int
}

// next returns a key that is not 0, which floorEncode takes for none.
func (k *keys) next() uint32 {
	if k.left == 0 {
		rand.Read(k.drawn[:]) // it has no error to return
		k.left = len(k.drawn)
	}
	k.left -= 4
	return binary.LittleEndian.Uint32(k.drawn[k.left:]) | 1
}

// BenchmarkKey draws a masking key: the floor as above, floor+one with a call of crypto/rand for each.
func BenchmarkKey(b *testing.B) {
	versus(b, "4B", 4,
		run{"floor", func(b *testing.B) {
			k, key := new(keys), uint32(0)
			for b.Loop() {
				key = k.next()
			}
			sink = binary.LittleEndian.AppendUint32(sink[:0], key)
		}},
		run{"floor+one", func(b *testing.B) {
			key := make([]byte, 4)
			for b.Loop() {
				rand.Read(key)
			}
		}},
	)
}

// encodeFloor is encodeOurs for the floor, with one key for all frames.
func encodeFloor(b *testing.B, op mintws.Opcode, p []byte, key uint32) {
	buf := make([]byte, 0, 14+len(p))
	for b.Loop() {
		buf = floorEncode(buf[:0], byte(op), p, key)
	}
}

// encodeFloorKey is encodeFloor with a fresh key for each frame.
func encodeFloorKey(b *testing.B, op mintws.Opcode, p []byte) {
	buf, k := make([]byte, 0, 14+len(p)), new(keys)
	for b.Loop() {
		buf = floorEncode(buf[:0], byte(op), p, k.next())
	}
}

// fragmentsFloor is fragmentsOurs for the floor.
func fragmentsFloor(b *testing.B, op mintws.Opcode, p []byte, n int) {
	buf := make([]byte, 0, 14*n+len(p))
	for b.Loop() {
		buf = buf[:0]
		for i, piece := range pieces(p, n) {
			at := len(buf)
			if buf = floorEncode(buf, byte(op), piece, floorKey); i > 0 {
				buf[at] &^= 0x0F
			}
			if i < n-1 {
				buf[at] &^= 0x80
			}
		}
	}
}

// validate is what utf8.Valid takes for p by itself.
func validate(b *testing.B, p []byte) {
	for b.Loop() {
		if !utf8.Valid(p) {
			b.Fatal("not UTF-8")
		}
	}
}

// decodeFloor reads into a buffer, parses in place, and unmasks into another one that is reused. What comes in several reads,
// or in several frames, is joined by append, to memory that is reused as well or, with fresh, to new memory.
func decodeFloor(b *testing.B, j decodeJob, fresh bool) {
	buf, joined, plain := make([]byte, j.read), []byte(nil), make([]byte, len(j.wire))
	for b.Loop() {
		if joined = joined[:0]; fresh {
			joined = nil
		}
		head := true
		for wire := j.wire; len(wire) > 0; {
			n := received(buf, wire)
			p := buf[:n]
			wire = wire[n:]
			if j.read < len(j.wire) {
				if head {
					_, p = floorHead(p)
				}
				joined, head = append(joined, p...), false
				continue
			}
			for len(p) > 0 {
				_, payload, key, size := floorDecode(p)
				if key != 0 {
					floorMask(plain[:len(payload)], payload, key)
					payload = plain[:len(payload)]
				}
				if j.fragments > 1 {
					joined = append(joined, payload...)
				}
				sink, p = payload, p[size:]
			}
		}
	}
}

// floorHead parses the header at the start of b and returns what is there of the payload.
func floorHead(b []byte) (key uint32, payload []byte) {
	at := 2
	switch b[1] & 0x7F {
	case 126:
		at = 4
	case 127:
		at = 10
	}
	if b[1]&0x80 != 0 {
		key = binary.LittleEndian.Uint32(b[at:])
		at += 4
	}
	return key, b[at:]
}
