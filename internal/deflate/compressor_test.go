package deflate

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
)

// TestRoundTrips compresses texts of every kind and of many lengths, among them those where chunks begin and end.
func TestRoundTrips(t *testing.T) {
	sizes := []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 63, 64, 65, 257, 258, 259, 260, 1000, 5000,
		maxChunk - 1, maxChunk, maxChunk + 1, 2*maxChunk + 3, 100_000}
	if testing.Short() {
		sizes = sizes[:18]
	}
	long := texts(MaxWindow + 7)
	for _, n := range sizes {
		for name, text := range texts(n) {
			other := long[name]
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				t.Parallel()
				for level := 1; level <= 9; level++ {
					if n > 65 && level%4 != 1 || n > 5000 && level != 1+n%9/4*4 {
						continue
					}
					size := []int{256, 4096, MaxWindow}[(n+level)%3]
					for _, dict := range [][]byte{nil, text, other, []byte("x")} {
						compress(t, dict, text, size, level)
					}
				}
			})
		}
	}
}

// TestEmpty: RFC 7692 section 7.2.3.6 has this byte for an empty message.
func TestEmpty(t *testing.T) {
	if out := compress(t, []byte("dict"), nil, MaxWindow, 1); string(out) != "\x00\x00\x00\xff\xff" {
		t.Errorf("% x", out)
	}
}

// TestReach: a match reaches as far as the window, and not a byte further.
func TestReach(t *testing.T) {
	word := []byte("a word that comes again, after a long time")
	filler := texts(MaxWindow)["random"]
	for _, size := range []int{256, 512, 4096, MaxWindow} {
		for _, level := range []int{1, 5, 9} {
			for _, near := range []bool{true, false} {
				gap := size - len(word) // so that the distance is size
				if !near {
					gap++
				}
				if level < 4 { // every second position is entered
					gap -= gap % 2
				}
				dict := append(bytes.Clone(word), filler[:gap]...)
				dict = dict[max(0, len(dict)-MaxWindow):]
				if out := compress(t, dict, word, size, level); (len(out) < 20) != near && level > 3 {
					t.Errorf("level %d: a word %d bytes back takes %d bytes with a window of %d", level, gap+len(word), len(out), size)
				}
			}
		}
	}
}

// TestLevels: a higher level does not take more bytes on what WebSockets carry, and a dictionary helps.
func TestLevels(t *testing.T) {
	text := texts(40_000)["json"]
	last := len(text)
	for level := 1; level <= 9; level++ {
		n := 0
		for at := 20_000; at < len(text); at += 2500 {
			n += len(compress(t, text[at-4096:at], text[at:at+1000], MaxWindow, level))
		}
		alone := 0
		for at := 20_000; at < len(text); at += 2500 {
			alone += len(compress(t, nil, text[at:at+1000], MaxWindow, level))
		}
		if n > last || n > alone*9/10 {
			t.Errorf("level %d: %d bytes, level %d: %d, without the text before: %d", level, n, level-1, last, alone)
		}
		last = n
	}
}

// TestKinds: each of the three kinds of blocks is chosen where it is the shortest (RFC 1951 section 3.2.3).
func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		text []byte
		kind byte
	}{{texts(1000)["random"], 0}, {[]byte("Hello"), 1}, {texts(1000)["narrow"], 2}, {texts(20_000)["json"], 2}} {
		if out := compress(t, nil, tt.text, MaxWindow, 1); out[0]>>1&3 != tt.kind || out[0]&1 != 0 {
			t.Errorf("%.20q: a block of kind %d, want %d", tt.text, out[0]>>1&3, tt.kind)
		}
	}
}

// TestTogether: Compressors in several goroutines have nothing in common.
func TestTogether(t *testing.T) {
	text := texts(3000)["json"]
	want := compress(t, text, text, MaxWindow, 1)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var c Compressor
			for range 20 {
				if got := c.Append(nil, text, text, MaxWindow, 1); !bytes.Equal(got, want) {
					t.Error("other bytes")
				}
			}
		})
	}
	wg.Wait()
}

// TestFresh: a Compressor that has done nothing yet gives what one gives that has done other work.
func TestFresh(t *testing.T) {
	for name, text := range texts(4000) {
		for level := 1; level <= 9; level++ {
			want := new(Compressor).Append(nil, text[:3000], text, 4096, level)
			if got := compress(t, text[:3000], text, 4096, level); !bytes.Equal(got, want) {
				t.Errorf("%s, level %d: other bytes", name, level)
			}
		}
	}
}

func TestAllocs(t *testing.T) {
	var c Compressor
	for name, text := range texts(100_000) {
		dst := make([]byte, 0, len(text)+100)
		if n := testing.AllocsPerRun(3, func() { dst = c.Append(dst[:0], text[:5000], text, MaxWindow, 1) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// FuzzAppend compresses a text after another one and has it read by others.
func FuzzAppend(f *testing.F) {
	for name, text := range texts(300) {
		f.Add([]byte(name), text, uint8(0))
		f.Add(text, text, uint8(17))
		f.Add(text[:50], text, uint8(35))
	}
	f.Fuzz(func(t *testing.T, dict, text []byte, options uint8) {
		compress(t, dict, text, 256<<(options>>4&7), 1+int(options&15)%9)
	})
}
