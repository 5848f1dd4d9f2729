package inflate

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
)

// bomb returns a message of about 1 KiB per MiB of text, all of it one byte.
func bomb(mebibytes int) []byte {
	s := new(stream).dynamic(false, lengths(286, 'a', 2, endBlock, 2, 285, 1), lengths(1, 0, 1)).code(2, 2)
	for range mebibytes << 20 / 258 {
		s.bits(0, 2) // 258 bytes at distance 1
	}
	return s.code(3, 2).tail()
}

// TestBomb: 1 MiB that stands for 1 GiB stops at the limit, with memory in proportion to it; in pieces of bounded size it
// costs one of them.
func TestBomb(t *testing.T) {
	message := bomb(1024)
	for _, limit := range []int{0, 1, 1000, 1 << 20} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, out, n, err := State{}.Finish(nil, message, limit)
		runtime.ReadMemStats(&after)
		if err != ErrLimit || len(out) != limit || n > limit/1000+200 {
			t.Errorf("limit %d: %d bytes of text from %d, %v", limit, len(out), n, err)
		}
		// The text, what it was each time before it grew, the store and the tables.
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(4*limit+128<<10) {
			t.Errorf("limit %d: %d bytes allocated", limit, used)
		}
	}
	message = bomb(64)
	dst := make([]byte, 0, 10000)
	var s State
	total := 0
	for src := message; ; {
		next, out, n, err := s.Finish(dst, src, cap(dst))
		total += len(out)
		if s, src = next, src[n:]; err == nil {
			break
		}
		if err != ErrLimit || len(out) != cap(dst) || &out[0] != &dst[:1][0] {
			t.Fatal(len(out), err)
		}
	}
	if want := 64<<20/258*258 + 1; total != want {
		t.Errorf("%d bytes of text, want %d", total, want)
	}
}

// TestLimitOrder: what comes before the limit is found, what comes after is not.
func TestLimitOrder(t *testing.T) {
	message := new(stream).block(false, 1).fixed('a').fixed('b').fixed(256).block(false, 3).b
	for limit, want := range []error{ErrLimit, ErrLimit, ErrBlockType, ErrBlockType} {
		_, out, _, err := State{}.Append(nil, message, limit)
		if !errors.Is(err, want) || !bytes.HasPrefix([]byte("ab"), out) {
			t.Errorf("limit %d: %q, %v", limit, out, err)
		}
	}
	// With no room at all, a message without text is none the worse.
	if _, _, _, err := (State{}).Finish(nil, []byte{0, 0, 0, 0xff, 0xff, 0}, 0); err != nil {
		t.Error(err)
	}
}
