package mintws

import (
	"runtime"
	"testing"

	"github.com/mintws/mintws/internal/mask"
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestLongMessageInSmallReads: 1 MiB in reads of 1 KiB allocates at most 1.2 MiB in all as one frame, and 2.2 MiB as many.
func TestLongMessageInSmallReads(t *testing.T) {
	_, one, err := opened(Server)(t).Encode(Binary(zeros(1 << 20)))
	if err != nil {
		t.Fatal(err)
	}
	var many []byte
	for i := range 1024 {
		many = join(many, map[bool]int{true: 0x02}[i == 0]|map[bool]int{true: 0x80}[i == 1023], 126, 4, 0, zeros(1024))
	}
	var masked []byte
	if _, masked, err = opened(Client)(t).Encode(Binary(zeros(1 << 20))); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		role Role
		data []byte
		most uint64
	}{"one frame": {Client, one, 1200 << 10}, "1024 fragments": {Client, many, 2200 << 10}, "one masked frame": {Server, masked, 1200 << 10}} {
		ws, in, frames := opened(tt.role)(t), Inbox{Frames: make([]Frame, 0, 1)}, 0
		got := allocated(func() {
			for p := tt.data; len(p) > 0; p = p[min(1024, len(p)):] {
				if ws, err = ws.AppendDecode(&in, p[:min(1024, len(p))]); err != nil {
					t.Fatal(err)
				}
			}
			frames = len(in.Frames)
		})
		if frames != 1 || len(in.Frames[0].Payload) != 1<<20 {
			t.Fatalf("%s: %d frames", name, frames)
		}
		if got > tt.most {
			t.Errorf("%s: allocated %d bytes, at most %d are allowed", name, got, tt.most)
		}
	}
}

// TestAnnouncedLengthCostsNothing: a header allocates nothing for what has not arrived, whatever it announces.
func TestAnnouncedLengthCostsNothing(t *testing.T) {
	opt := Options{Limits: Limits{MaxFrame: -1, MaxMessage: -1}}
	for _, role := range []Role{Client, Server} {
		data := join(0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0) // 2^62
		if role == Server {
			data[1] |= bitMASK
			data = mask.Key(1).Append(data)
		}
		ws := wireTest{role: role, opt: opt}.open(t)
		got := allocated(func() {
			var in Inbox
			next, err := ws.AppendDecode(&in, join(data, "abc"))
			if err != nil || next.msg.Len() != 3 {
				t.Errorf("%v: %v, holds %d bytes", role, err, next.msg.Len())
			}
		})
		if got > 16<<10 {
			t.Errorf("%v: 13 bytes of a frame that announces 2^62 took %d bytes", role, got)
		}
	}
}

// TestIdleHoldsNothing: between messages a WebSocket holds no buffer.
func TestIdleHoldsNothing(t *testing.T) {
	r, err := decodeAll(opened(Client)(t), join(0x02, 1), join("a", 0x89, 2, "b"), join("c", 0x80, 126, 0), join(126, zeros(126)))
	if err != nil || len(r.Frames) != 2 {
		t.Fatal(r.Frames, err)
	}
	if r.WS != opened(Client)(t) && (r.WS.msg != WebSocket{}.msg || r.WS.part != WebSocket{}.part) {
		t.Errorf("an idle WebSocket holds %d and %d bytes", r.WS.msg.Len(), r.WS.part.Len())
	}
}

// heldBy returns how many bytes of the heap are in use after f that were not before.
func heldBy(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what is in a pool lives for two of them
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}
