package mask

import (
	"bytes"
	"strconv"
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

// check compares Copy of src, at offset from of a larger slice, with the portable loop and with RFC 6455 section 5.3 taken
// literally: to another slice, and in place. Bytes on either side must stay.
func check(t *testing.T, src []byte, from int, k Key) {
	t.Helper()
	const guard = 0xEE
	n := len(src)
	key, want := k.Append(nil), bytes.Repeat([]byte{guard}, n+from+32)
	for i, b := range src {
		want[from+i] = b ^ key[i%4]
	}
	got := bytes.Repeat([]byte{guard}, len(want))
	Copy(got[from:from+n], src, k)
	if !bytes.Equal(got, want) {
		t.Fatalf("length %d, offset %d, key % x:\n% x, want\n% x", n, from, key, got, want)
	}
	copy(got[from:], src)
	Copy(got[from:from+n], got[from:from+n], k)
	if !bytes.Equal(got, want) {
		t.Fatalf("length %d, offset %d, key % x, in place:\n% x, want\n% x", n, from, key, got, want)
	}
	if n >= 8 {
		copy(got[from:], src)
		copyWords(got[from:from+n], got[from:from+n], k)
		if !bytes.Equal(got, want) {
			t.Fatalf("length %d, offset %d, key % x, words in place:\n% x, want\n% x", n, from, key, got, want)
		}
	}
}

// TestCopyLong goes through every alignment and every length that the loops over blocks tell apart.
func TestCopyLong(t *testing.T) {
	src := make([]byte, 700)
	for i := range src {
		src[i] = byte(i*7 + i>>8)
	}
	for from := range 17 {
		for n := range 600 {
			check(t, src[from*5:from*5+n], from, 0x3D21FA37)
		}
	}
}

func FuzzCopy(f *testing.F) {
	f.Add([]byte("payload"), 3, uint32(0x3D21FA37))
	f.Add(bytes.Repeat([]byte("0123456789"), 50), 9, uint32(0xFF000001))
	f.Fuzz(func(t *testing.T, src []byte, from int, k uint32) { check(t, src, from&63, Key(k)) })
}

func BenchmarkCopy(b *testing.B) {
	for _, n := range []int{3, 16, 63, 128, 1024, 16384, 65536} {
		src, dst := make([]byte, n), make([]byte, n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				Copy(dst, src, 0x12345678)
			}
		})
	}
}

// TestCopyToTheFront: dst may begin before src in the same memory, by any distance and at any alignment.
func TestCopyToTheFront(t *testing.T) {
	key := []byte{0x37, 0xfa, 0x21, 0x3d}
	for distance := range 40 {
		for n := range 600 {
			from := n * 7 % 17 // where dst begins
			memory, want := make([]byte, from+distance+n+1)[from:], make([]byte, n)
			for i := range memory {
				memory[i] = byte(i*7 + 3)
			}
			for i := range want {
				want[i] = memory[distance+i] ^ key[i%4]
			}
			Copy(memory[:n], memory[distance:][:n], KeyOf(key))
			if !bytes.Equal(memory[:n], want) || memory[distance+n] != byte((distance+n)*7+3) {
				t.Fatalf("%d bytes moved by %d: % x, want % x", n, distance, memory[:n], want)
			}
		}
	}
}
