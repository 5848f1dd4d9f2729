package mintws

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func TestSize(t *testing.T) {
	const size = 112 // stated in the comment of WebSocket; where pointers have 32 bits it is less
	got, is64 := unsafe.Sizeof(WebSocket{}), unsafe.Sizeof(uintptr(0)) == 8
	if got > 128 || is64 && (got != size || got%16 != 0) {
		t.Errorf("WebSocket has %d bytes, its comment says %d; at most 128 are allowed, in words of 16", got, size)
	}
}

// TestReplay: the old value is kept after each piece. Each of them, replayed later from eight goroutines at once, gives
// what it gave before.
func TestReplay(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, tt := range wireTests {
		t.Run(tt.name, func(t *testing.T) {
			var values []WebSocket
			var rests [][]byte
			ws, data := tt.open(t), tt.in
			for len(data) > 0 {
				values, rests = append(values, ws), append(rests, data)
				n := 1 + rng.IntN(min(len(data), 1+len(tt.in)/8))
				r, err := decodeAll(ws, data[:n])
				if err != nil {
					break
				}
				ws, data = r.WS, data[n:]
			}
			want := make([]result, len(values))
			for i := range values {
				want[i], _ = decodeAll(values[i], rests[i])
			}
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					for i := range values {
						j := (i*7 + g) % len(values)
						cut := (g * len(rests[j])) / 8
						if got, _ := decodeAll(values[j], rests[j][:cut], rests[j][cut:]); !got.same(want[j]) {
							t.Errorf("value %d replayed differently:\n%s", j, cmp.Diff(want[j], got))
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// TestFork: two futures of one value, in the middle of a frame, do not touch each other.
func TestFork(t *testing.T) {
	ws, _ := NewWebSocket(Client, Options{})
	ws, frames, err := ws.Decode(join(0x82, 6, "ab"))
	if err != nil || len(frames) != 0 {
		t.Fatal(frames, err)
	}
	var futures []WebSocket
	for _, s := range []string{"11", "22", "33"} {
		next, _, e := ws.Decode([]byte(s))
		if e != nil {
			t.Fatal(e)
		}
		futures = append(futures, next)
	}
	for i, want := range []string{"ab11xy", "ab22xy", "ab33xy"} {
		if _, frames, err = futures[i].Decode([]byte("xy")); err != nil || len(frames) != 1 || string(frames[0].Payload) != want {
			t.Errorf("fork %d: %v, %v; want %q", i, frames, err, want)
		}
	}
}

// TestFailedCallsChangeNothing: a caller's mistake leaves the value and dst as they were.
func TestFailedCallsChangeNothing(t *testing.T) {
	for _, tt := range badFrames {
		t.Run(tt.name, func(t *testing.T) {
			ws := tt.in(t)
			dst := append(make([]byte, 0, 256), "kept"...)
			spare := bytes.Clone(dst[:cap(dst)])
			next, got, err := ws.AppendEncode(dst, tt.f)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if !next.Equal(ws) || !bytes.Equal(got, dst) || !bytes.Equal(dst[:cap(dst)], spare) {
				t.Errorf("changed by a failed call: %q", got)
			}
		})
	}
}

// TestEqualDeflate: Equal sees the options with which permessage-deflate was agreed to, and not which Extension agreed.
func TestEqualDeflate(t *testing.T) {
	open := func(opt DeflateOptions) WebSocket {
		_, transform, ok := mustDeflate(t, opt).Answer(Params{Name: deflateName})
		if !ok {
			t.Fatal("declined")
		}
		ws, err := NewWebSocket(Server, Options{Transforms: []Transform{transform}})
		return must(t, ws, err)
	}
	different := []DeflateOptions{{}, {Level: 9}, {Threshold: -1}, {SendWindow: 256}, {SendNoTakeover: true}, {ReceiveNoTakeover: true},
		{MaxRatio: 100}}
	for i, x := range different {
		for j, y := range different {
			if open(x).Equal(open(y)) != (i == j) {
				t.Errorf("options %d and %d: Equal = %v", i, j, i != j)
			}
		}
	}
}

// TestEqual: Equal sees every part of the state.
func TestEqual(t *testing.T) {
	open := func(opt Options) WebSocket {
		ws, err := NewWebSocket(Client, opt)
		if err != nil {
			t.Fatal(err)
		}
		return ws
	}
	decode := func(ws WebSocket, data []byte) WebSocket { r, _ := decodeAll(ws, data); return r.WS }
	a := open(Options{})
	different := []WebSocket{{}, a, open(Options{SkipUTF8: true}), open(Options{Limits: Limits{MaxFrame: 1}}),
		decode(a, join(0x81)), decode(a, join(0x82)), decode(a, join(0x82, 3)), decode(a, join(0x82, 3, "a")),
		decode(a, join(0x82, 3, "b")), decode(a, join(0x02, 3, "abc")), decode(a, join(0x02, 3, "abc", 0, 0)), decode(a, join(0x88, 0)),
		decode(a, join(0x88, 2, 3, 0xE8)), decode(a, join(0x83)), decode(a, join(0x8F))}
	for i, x := range different {
		for j, y := range different {
			if x.Equal(y) != (i == j) {
				t.Errorf("%d and %d: Equal = %v", i, j, x.Equal(y))
			}
		}
	}
	if !open(Options{}).Equal(a) || !decode(open(Options{}), join(0x82, 3, "a")).Equal(decode(decode(a, join(0x82)), join(3, "a"))) {
		t.Error("values with the same history must be equal")
	}
}
