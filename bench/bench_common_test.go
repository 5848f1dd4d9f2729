package bench

import (
	"encoding/binary"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// size is a payload length with the name it has in the benchmarks.
type size struct {
	name string
	n    int
}

// sizes are those of the benchmarks of single frames.
var sizes = []size{{"16B", 16}, {"128B", 128}, {"1KiB", 1 << 10}, {"16KiB", 16 << 10}, {"64KiB", 64 << 10}, {"1MiB", 1 << 20}}

// content is what a benchmark's payload is made of.
type content struct {
	name string
	op   mintws.Opcode
	make func(n int) []byte
}

// contents are the kinds of payload: binary is not validated, text is.
var contents = []content{
	{"binary", mintws.OpBinary, fill},
	{"ascii", mintws.OpText, func(n int) []byte { return repeat("The quick brown fox jumps over the lazy dog. ", n) }},
	{"mixed", mintws.OpText, func(n int) []byte { return repeat("Größe, 日本語, κόσμε, 😀 and ASCII. ", n) }},
}

// repeat returns n bytes of s, again and again, with spaces for a character that would be cut at the end.
func repeat(s string, n int) []byte {
	p := make([]byte, 0, n)
	for len(p)+len(s) <= n {
		p = append(p, s...)
	}
	for len(p) < n {
		p = append(p, ' ')
	}
	return p
}

// benchEndpoint returns an open WebSocket with the default options.
func benchEndpoint(b *testing.B, role mintws.Role) mintws.WebSocket {
	b.Helper()
	endpoint, err := mintws.NewWebSocket(role, mintws.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return endpoint
}

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

// floorMask copies src to dst, masked: four words at a time, then one, then bytes.
func floorMask(dst, src []byte, key uint32) {
	w := uint64(key)<<32 | uint64(key)
	for len(src) >= 32 && len(dst) >= 32 {
		s, d := (*[32]byte)(src), (*[32]byte)(dst)
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(s[0:])^w)
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(s[8:])^w)
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(s[16:])^w)
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(s[24:])^w)
		src, dst = src[32:], dst[32:]
	}
	for len(src) >= 8 && len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^w)
		src, dst = src[8:], dst[8:]
	}
	for i := range src {
		dst[i] = src[i] ^ byte(w>>(8*(i&3)))
	}
}

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

// run is one library's way to do one thing b.N times.
type run struct {
	lib string
	f   func(b *testing.B)
}

// versus runs one benchmark for each library, named so that benchstat -col /lib sets them side by side. bytes is what one
// iteration handles.
func versus(b *testing.B, name string, bytes int, runs ...run) {
	b.Helper()
	for _, r := range runs {
		b.Run(name+"/lib="+r.lib, func(b *testing.B) {
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			r.f(b)
		})
	}
}
