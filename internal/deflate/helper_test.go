package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/mintws/mintws/internal/inflate"
	"github.com/mintws/mintws/internal/window"
)

// compressors have done other work.
var compressors = func() chan *Compressor {
	free := make(chan *Compressor, 16)
	for range cap(free) {
		free <- new(Compressor)
	}
	return free
}()

// compress compresses text, twice, and checks what it returns: two other
// packages' decoders read it, one of them with a window that reaches no further than agreed.
func compress(tb testing.TB, dict, text []byte, size, level int) []byte {
	tb.Helper()
	c, used := <-compressors, <-compressors
	defer func() { compressors <- c; compressors <- used }()
	out := c.Append([]byte("before"), bytes.Clone(dict), bytes.Clone(text), size, level)
	if string(out[:6]) != "before" {
		tb.Fatalf("dst was written to: %q", out[:6])
	}
	out = out[6:]
	dst := make([]byte, 1, 1+len(text)/2)
	if again := used.Append(dst, dict, text, size, level)[1:]; !bytes.Equal(out, again) {
		tb.Fatalf("level %d, window %d: % x at first, % x later", level, size, out, again)
	}
	if len(out) < 5 || string(out[len(out)-4:]) != "\x00\x00\xff\xff" {
		tb.Fatalf("ends in % x", out)
	}
	if most := len(text) + 5*(1+len(text)/maxChunk) + 5; len(out) > most {
		tb.Fatalf("%d bytes were compressed to %d", len(text), len(out))
	}

	got := make([]byte, len(text))
	r := flate.NewReaderDict(bytes.NewReader(out), dict[max(0, len(dict)-MaxWindow):])
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, text) {
		tb.Fatalf("level %d, window %d, %d+%d bytes: compress/flate reads another text, %v", level, size, len(dict), len(text), err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.ErrUnexpectedEOF {
		tb.Fatalf("%d more bytes, %v", n, err)
	}
	s := inflate.Resume(bits.Len(uint(size))-1, true, window.Window{}.Append(dict, size))
	_, ours, _, err := s.Finish(nil, out[:len(out)-4], -1)
	if err != nil || !bytes.Equal(ours, text) {
		tb.Fatalf("level %d, window %d, %d+%d bytes: internal/inflate reads another text, %v", level, size, len(dict), len(text), err)
	}
	return out
}

// texts are texts of every kind, of about n bytes.
func texts(n int) map[string][]byte {
	rng := rand.New(rand.NewPCG(uint64(n), 4))
	random, narrow := make([]byte, n), make([]byte, n)
	for i := range random {
		random[i], narrow[i] = byte(rng.Uint32()), "abcdefgh"[rng.IntN(8)]
	}
	skewed := make([]byte, n) // Fibonacci numbers of each letter: codes as long as they can be
	for i := range skewed {
		skewed[i] = byte(min(bits.TrailingZeros64(rng.Uint64()), 40))
	}
	json := []byte{}
	for i := 0; len(json) < n; i++ {
		json = fmt.Appendf(json, `{"id":%d,"symbol":"SYM%d","price":%d.%02d},`, rng.IntN(1e6), rng.IntN(200), rng.IntN(900), i%100)
	}
	far := append(bytes.Clone(random[:min(n, 300)]), make([]byte, n)...) // again at the end
	return map[string][]byte{"random": random, "narrow": narrow, "skewed": skewed, "json": json[:n],
		"zeros": make([]byte, n), "far": append(far, far[:min(n, 300)]...), "mixed": append(bytes.Clone(json[:n/2]), random[:n-n/2]...)}
}
