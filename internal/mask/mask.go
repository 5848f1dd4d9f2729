// Package mask applies the masking of RFC 6455 section 5.3 while copying.
package mask

import (
	"encoding/binary"
	"math/bits"
)

// Key is a masking key as it stands on the wire, read as a little-endian number: its low byte masks the first byte of
// the payload.
type Key uint32

// KeyOf returns the key in the first four bytes of b.
func KeyOf(b []byte) Key { return Key(binary.LittleEndian.Uint32(b)) }

// Append appends the four bytes of the key to dst.
func (k Key) Append(dst []byte) []byte { return binary.LittleEndian.AppendUint32(dst, uint32(k)) }

// Skip returns the key for the payload from its n-th byte on.
func (k Key) Skip(n int) Key { return Key(bits.RotateLeft32(uint32(k), -8*(n&3))) }

// Copy writes src, masked or unmasked with k, to dst, which must be as long. They may be the same slice, and dst may begin
// before src and overlap it: that is how the output of an extension is moved behind its header. dst must not begin within
// src.
//
// Short payloads are words that overlap, the last one masked with the key as it stands there. It is read before anything is
// written. All the others are read and written from the front on, so that no byte is written before it was read.
func Copy(dst, src []byte, k Key) {
	n := len(src)
	dst = dst[:n]
	switch {
	case n >= minBlocks:
		copyLong(dst, src, k)
	case n >= 8:
		last := binary.LittleEndian.Uint64(src[n-8:]) ^ k.Skip(n).word()
		w := k.word()
		for i := 0; i < n-8; i += 8 {
			binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:])^w)
		}
		binary.LittleEndian.PutUint64(dst[n-8:], last)
	case n >= 4:
		first, last := binary.LittleEndian.Uint32(src)^uint32(k), binary.LittleEndian.Uint32(src[n-4:])^uint32(k.Skip(n))
		binary.LittleEndian.PutUint32(dst, first)
		binary.LittleEndian.PutUint32(dst[n-4:], last)
	default:
		for i := range src {
			dst[i] = src[i] ^ byte(k>>(8*i))
		}
	}
}

// word returns the key twice.
func (k Key) word() uint64 { return uint64(k)<<32 | uint64(k) }

// copyWords is Copy for 8 bytes or more, 64 at a time.
func copyWords(dst, src []byte, k Key) {
	n := len(src)
	end, last := dst[n-8:n], binary.LittleEndian.Uint64(src[n-8:])^k.Skip(n).word()
	dst = dst[:n]
	w := k.word()
	for len(src) >= 64 && len(dst) >= 64 {
		s, d := (*[64]byte)(src), (*[64]byte)(dst)
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(s[0:])^w)
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(s[8:])^w)
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(s[16:])^w)
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(s[24:])^w)
		binary.LittleEndian.PutUint64(d[32:], binary.LittleEndian.Uint64(s[32:])^w)
		binary.LittleEndian.PutUint64(d[40:], binary.LittleEndian.Uint64(s[40:])^w)
		binary.LittleEndian.PutUint64(d[48:], binary.LittleEndian.Uint64(s[48:])^w)
		binary.LittleEndian.PutUint64(d[56:], binary.LittleEndian.Uint64(s[56:])^w)
		src, dst = src[64:], dst[64:]
	}
	for len(src) >= 8 && len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^w)
		src, dst = src[8:], dst[8:]
	}
	binary.LittleEndian.PutUint64(end, last)
}
