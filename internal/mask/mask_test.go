package mask

import (
	"bytes"
	"testing"
)

// TestCopy compares with RFC 6455 section 5.3 taken literally, at every length and alignment that the word loops tell apart.
func TestCopy(t *testing.T) {
	src := make([]byte, 300)
	for i := range src {
		src[i] = byte(i*7 + 3)
	}
	key := []byte{0x37, 0xfa, 0x21, 0x3d}
	for from := range 9 {
		for n := range 200 {
			want := make([]byte, n)
			for i := range want {
				want[i] = src[from+i] ^ key[i%4]
			}
			got := make([]byte, n+2)
			got[0], got[n+1] = 0xEE, 0xEE
			Copy(got[1:n+1], src[from:from+n], KeyOf(key))
			if !bytes.Equal(got[1:n+1], want) || got[0] != 0xEE || got[n+1] != 0xEE {
				t.Fatalf("length %d, offset %d: % x, want % x", n, from, got, want)
			}
			Copy(got[1:n+1], got[1:n+1], KeyOf(key)) // in place, and back
			if !bytes.Equal(got[1:n+1], src[from:from+n]) {
				t.Fatalf("length %d: unmasking in place does not restore", n)
			}
			for cut := range n + 1 {
				k := KeyOf(key)
				Copy(got[1:1+cut], src[from:from+cut], k)
				Copy(got[1+cut:n+1], src[from+cut:from+n], k.Skip(cut))
				if !bytes.Equal(got[1:n+1], want) {
					t.Fatalf("length %d cut at %d differs", n, cut)
				}
			}
		}
	}
	if got := KeyOf(key).Append(nil); !bytes.Equal(got, key) {
		t.Fatalf("Append = % x", got)
	}
}

func BenchmarkCopy(b *testing.B) {
	for _, n := range []int{16, 128, 1024, 16384, 65536} {
		src, dst := make([]byte, n), make([]byte, n)
		b.Run("", func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				Copy(dst, src, 0x12345678)
			}
		})
	}
}
