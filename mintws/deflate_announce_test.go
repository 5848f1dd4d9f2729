package mintws

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// spread is a text in which 600 bytes come again after n other bytes.
func spread(n int) []byte {
	noise := make([]byte, 600+n)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	return append(noise, noise[:600]...)
}

// TestDeflateAnnounced: a sender keeps to the window that it announced, whatever became of it in the answer: between
// messages, within one, across fragments, and again from old values. The receiver has no more than that window and refuses
// what reaches beyond it. Without the option, distances within a message are those of the largest window.
func TestDeflateAnnounced(t *testing.T) {
	for _, window := range []int{256, 1000, 4096, 1 << 14} {
		e, err := NewDeflate(DeflateOptions{AnnounceSendWindow: true, SendWindow: window, Level: 9})
		if err != nil {
			t.Fatal(err)
		}
		sender, err := e.Check(mustParams(t, "permessage-deflate")) // the server says nothing of it
		if err != nil {
			t.Fatal(err)
		}
		bits := e.(deflateExtension).announced()
		plain, err := NewDeflate(DeflateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, receiver, ok := plain.Answer(mustParams(t, fmt.Sprintf("permessage-deflate; client_max_window_bits=%d", bits)))
		if !ok || receiver.(*deflateTransform).receiveBits != bits {
			t.Fatalf("%d: %v, agreed to %s", window, ok, agreed(receiver))
		}
		c, err := NewWebSocket(Client, Options{Transforms: []Transform{sender}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewWebSocket(Server, Options{Transforms: []Transform{receiver}})
		if err != nil {
			t.Fatal(err)
		}
		var old []WebSocket
		for _, gap := range []int{0, window - 700, window - 600, window, 1<<bits - 600, 1 << bits, 2 << bits, 20_000} {
			msg := spread(max(gap, 0))
			old = append(old, c)
			var wire []byte
			if c, wire, err = c.AppendEncode(nil, Binary(msg)); err != nil {
				t.Fatal(err)
			}
			for i := range 4 { // the same message again, in four fragments
				f := Frame{More: i < 3, Payload: msg[len(msg)*i/4 : len(msg)*(i+1)/4]}
				if i == 0 {
					f.Opcode = OpBinary
				}
				if c, wire, err = c.AppendEncode(wire, f); err != nil {
					t.Fatal(err)
				}
			}
			r, e := decodeAll(s, wire)
			if diff := diffFrames(r.Frames, []Frame{Binary(msg), Binary(msg)}); e != nil || diff != "" {
				t.Fatalf("window %d, %d bytes between: %v", window, gap, e)
			}
			_, first, _ := old[len(old)-1].Encode(Binary(msg))
			_, again, _ := old[len(old)-1].Encode(Binary(msg))
			if !bytes.Equal(compressedIn(t, first), compressedIn(t, again)) {
				t.Fatalf("window %d: an old value encodes differently", window)
			}
			s = r.WS
		}
	}
	free, _ := deflated(t, DeflateOptions{}, DeflateOptions{}, Options{})
	limited, _ := deflated(t, DeflateOptions{AnnounceSendWindow: true}, DeflateOptions{}, Options{})
	msg := spread(0)
	msg = slices.Insert(msg, 600, make([]byte, 8192)...)
	_, short, _ := free.Encode(Binary(msg))
	_, long, _ := limited.Encode(Binary(msg))
	if len(long)-len(short) < 500 {
		t.Errorf("%d bytes with a window of 4096 inside the message, %d with 32 KiB", len(long), len(short))
	}
}

// compressedIn is the payload of a client's frame as it was before masking.
func compressedIn(t *testing.T, wire []byte) []byte {
	t.Helper()
	s, err := NewWebSocket(Server, Options{Transforms: []Transform{raw{}}})
	if err != nil {
		t.Fatal(err)
	}
	_, frames, err := s.Decode(wire)
	if err != nil || len(frames) != 1 {
		t.Fatal(frames, err)
	}
	return frames[0].Payload
}

// raw is a transform that hands over what is there.
type raw struct{}

func (raw) RSV() RSV { return RSV1 }
func (raw) Out(st ExtState, dst []byte, f Frame) (ExtState, []byte, Frame, error) {
	return st, dst, f, nil
}
func (raw) In(st ExtState, dst []byte, f Frame, _ int) (ExtState, []byte, Frame, error) {
	return st, dst, f, nil
}
func (raw) Equal(ExtState, ExtState) bool { return true }
func (raw) Forget(st ExtState) ExtState   { return st }

// TestIdleDeflateAnnounced: the peer of a sender that announced a window of 4 KiB keeps one and a half times that, and not
// as much for 32 KiB.
func TestIdleDeflateAnnounced(t *testing.T) {
	for _, announce := range []bool{false, true} {
		opt := DeflateOptions{AnnounceSendWindow: announce}
		const n = 16
		c, s := deflated(t, opt, opt, Options{})
		msg, receivers := jsonLike(10<<10), [n]WebSocket{}
		held := heldBy(func() {
			for i := range receivers {
				from, to := c, s
				for range 10 {
					var p []byte
					var err error
					if from, p, err = from.Encode(Text(msg)); err != nil {
						t.Fatal(err)
					}
					if to, _, err = to.Decode(p); err != nil {
						t.Fatal(err)
					}
				}
				receivers[i] = to
			}
		}) / n
		if announce && held > 6<<10+256 || !announce && held < 32<<10 {
			t.Errorf("announced %v: an idle receiver holds %d bytes", announce, held)
		}
		if receivers[0].State() != Open {
			t.Error("not open")
		}
	}
}

// BenchmarkDeflateAnnounced: what it costs to announce the window that is used in any case. wire-B is the size of a frame,
// the second one with the same kind of text; peer-B is what the peer keeps.
func BenchmarkDeflateAnnounced(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"1K", 1 << 10}, {"64K", 64 << 10}, {"1M", 1 << 20}} {
		text := jsonLike(2 * size.n)
		for _, window := range []int{512, DefaultDeflateSendWindow, 1 << 14} {
			for _, announce := range []bool{false, true} {
				b.Run(fmt.Sprintf("size=%s/window=%d/announced=%v", size.name, window, announce), func(b *testing.B) {
					opt := DeflateOptions{SendWindow: window, AnnounceSendWindow: announce}
					c, s := deflated(b, opt, opt, Options{})
					c, _, err := c.Encode(Text(text[:size.n]))
					if err != nil {
						b.Fatal(err)
					}
					var dst []byte
					b.SetBytes(int64(size.n))
					for b.Loop() {
						_, dst, _ = c.AppendEncode(dst[:0], Text(text[size.n:]))
					}
					b.ReportMetric(float64(len(dst)), "wire-B")
					b.ReportMetric(float64(int(1)<<s.cfg.transforms[0].(*deflateTransform).receiveBits), "peer-B")
				})
			}
		}
	}
}
