package mintws

import (
	"bytes"
	"compress/flate"
	"fmt"
	"runtime"
	"testing"
	"unsafe"
)

// compressedZeros returns messages of so many zeros each as they come from role's peer, in a read of 64 KiB at most. Every
// size is taken in turn. A message that does not fit is begun, if it is the only one.
func compressedZeros(t testing.TB, role Role, sizes ...int) (wire []byte) {
	t.Helper()
	const read = 64 << 10
	payloads := map[int][]byte{}
	for i := 0; ; i++ {
		n := sizes[i%len(sizes)]
		if payloads[n] == nil {
			payloads[n] = compressedBinary(t, zeros(n))
		}
		p := payloads[n]
		head := []byte{0xC2}
		switch {
		case len(p) < 126:
			head = join(head, len(p))
		case len(p) < 1<<16:
			head = join(head, 126, len(p)>>8, len(p))
		default:
			head = join(head, 127, 0, 0, 0, 0, len(p)>>24, len(p)>>16, len(p)>>8, len(p))
		}
		if role == Server {
			head[1] |= bitMASK
			head = join(head, 0, 0, 0, 0)
		}
		if len(wire)+len(head)+len(p) > read {
			if i == 0 {
				wire = join(head, p[:read-len(head)])
			}
			return wire
		}
		wire = join(wire, head, p)
	}
}

// compressedBinary returns text as a compressed message that refers to no other (RFC 7692 section 7.2.1).
func compressedBinary(t testing.TB, text []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err = w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()[:b.Len()-4]
}

// inflater returns an endpoint with permessage-deflate and takeover.
func inflater(t testing.TB, role Role, opt Options) WebSocket {
	t.Helper()
	opt.Transforms = []Transform{mustDeflate(t, DeflateOptions{}).(deflateExtension).transform(15, 15, false, false)}
	ws, err := NewWebSocket(role, opt)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// TestInboxMemory: what one read of 64 KiB leaves in memory, whatever its compressed bytes stand for. Without Max that is
// at most 1.3 times what came out, and as much again as came in. With Max it is one message and 4 MiB, or 4 MiB of a
// message in pieces. After Reset it is 1 MiB.
func TestInboxMemory(t *testing.T) {
	type test struct {
		name  string
		opt   Options
		sizes []int
	}
	tests := []test{
		{"63 of 1 MiB", Options{}, []int{1 << 20}},
		{"a little more than 1 MiB", Options{}, []int{1<<20 + 1}},
		{"8.1 MiB", Options{}, []int{81 << 20 / 10}},
		{"largest", Options{}, []int{DefaultMaxMessage}},
		{"small between large", Options{}, []int{1, 64 << 10, 17 << 10, 48 << 10, 100_000}},
		{"growing", Options{}, []int{100, 1000, 5000, 20_000, 70_000, 200_000, 600_000, 2_000_000}},
		{"700 bytes", Options{}, []int{700}},
		{"10 KiB", Options{}, []int{10 << 10}},
		{"one byte", Options{}, []int{1}},
		{"none", Options{}, []int{0}},
		{"8 MiB once", Options{}, append([]int{8 << 20}, make([]int, 40_000)...)},
		{"no two in a new Buf", Options{}, awkward()},
		{"pieces of 64 MiB", Options{Delivery: DeliverPayload}, []int{70 << 20}},
		{"fragments", Options{Delivery: DeliverFragments}, []int{1<<20 + 1}},
	}
	for i, tt := range tests {
		for j, callMax := range []int{0, 1 << 20} {
			role := Role(i+j) % 2
			wire := compressedZeros(t, role, tt.sizes...)
			ws := inflater(t, role, tt.opt)
			t.Run(fmt.Sprintf("%s/%v/Max=%d", tt.name, role, callMax), func(t *testing.T) {
				in := Inbox{Max: callMax}
				next, calls, before := ws, 0, inUse()
				for data := wire; len(data) > 0 && calls < 3; data = in.Rest {
					in.Reset()
					var err error
					if next, err = next.AppendDecode(&in, data); err != nil {
						t.Fatal(err)
					}
					out := payloadBytes(in.Frames)
					held, allowed := inUse()-before, int64(out+frameSize*len(in.Frames))*13/10+int64(len(data))
					if callMax > 0 {
						allowed = 4 << 20
						if tt.opt.Delivery != DeliverPayload {
							allowed += DefaultMaxMessage
						}
					}
					if held > allowed {
						t.Errorf("%d frames with %d bytes hold %d, at most %d are allowed", len(in.Frames), out, held, allowed)
					}
					if calls++; callMax == 0 && len(tt.sizes) == 1 && tt.sizes[0] >= 1<<20 && out < 500*len(wire) {
						t.Errorf("only %d bytes came out", out)
					}
				}
				in.Reset()
				if held := cap(in.Buf) + cap(in.Frames)*frameSize; held > 1<<20 {
					t.Errorf("after Reset %d bytes are held", held)
				}
				if held := inUse() - before; held > 1<<20+100<<10 { // and what next holds
					t.Errorf("after Reset the heap is larger by %d bytes", held)
				}
				runtime.KeepAlive(&in)
				runtime.KeepAlive(next)
			})
		}
	}
}

// awkward returns sizes that are each more than half of the next Buf.
func awkward() (sizes []int) {
	for total := 0; total < 30<<20; {
		n := min(max(minChunk, total/8), maxHeld) * 11 / 20
		sizes, total = append(sizes, n), total+n
	}
	return sizes
}

// TestResetLetsGo: Reset keeps Frames and Buf up to 1 MiB together.
func TestResetLetsGo(t *testing.T) {
	const frames = maxHeld / frameSize
	for _, tt := range []struct{ frames, buf, keepsFrames, keepsBuf int }{
		{0, maxHeld, 0, maxHeld},
		{0, maxHeld + 1, 0, 0},
		{frames, 0, frames, 0},
		{frames + 1, 0, 0, 0},
		{frames + 1, maxHeld, 0, maxHeld},
		{frames / 2, maxHeld / 2, frames / 2, maxHeld / 2},
		{frames / 2, maxHeld/2 + 1, 0, maxHeld/2 + 1},
		{frames/2 + 1, maxHeld / 2, frames/2 + 1, 0},
		{1, maxHeld, 0, maxHeld},
		{1, maxHeld + 1, 1, 0},
		{frames, 1, frames, 0},
	} {
		in := Inbox{Frames: make([]Frame, 0, tt.frames), Buf: make([]byte, 0, tt.buf)}
		in.Reset()
		if cap(in.Frames) != tt.keepsFrames || cap(in.Buf) != tt.keepsBuf {
			t.Errorf("of %d frames and %d bytes, %d and %d are kept, want %d and %d", tt.frames, tt.buf, cap(in.Frames), cap(in.Buf),
				tt.keepsFrames, tt.keepsBuf)
		}
	}
}

// inUse returns how many bytes of the heap are in use.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what is in a pool lives for two of them
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// payloadBytes returns how many bytes of payload frames have in all.
func payloadBytes(frames []Frame) (n int) {
	for _, f := range frames {
		n += len(f.Payload)
	}
	return n
}

// TestFrameSize: the size of a Frame that Reset counts on.
func TestFrameSize(t *testing.T) {
	if got := unsafe.Sizeof(Frame{}); got > frameSize {
		t.Errorf("a Frame has %d bytes", got)
	}
}
