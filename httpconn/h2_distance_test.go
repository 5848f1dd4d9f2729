package httpconn

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// What windows are worth at a distance.

// farRate returns how many bytes of content a second arrive on the streams once a transfer is under way.
func farRate(s *farServer, rtt time.Duration, ids ...StreamID) float64 {
	const turns = 40
	s.run(s.now + 4*rtt)
	clear(s.got)
	s.run(s.now + turns*rtt)
	sum := int64(0)
	for _, id := range ids {
		sum += s.got[id]
	}
	return float64(sum) / (turns * rtt.Seconds())
}

// farRule is what the package documentation promises of a window: all of it a round trip, but for a sixteenth and a frame, or
// the link's rate. A hundredth is for the heads of small frames, and a fortieth for where the counting begins.
func farRule(l farLink, window int64) float64 {
	return 0.965 * min(float64(l.rate), (float64(window)*15/16-float64(l.frame))/l.rtt.Seconds())
}

// One stream, or several that share the connection's window, get at least 85 % of what the link and the window allow, and 90 %
// of what a receiver gets that gives credit for each frame.
func TestH2Distance(t *testing.T) {
	worst, worstEvery := 1.0, 1.0
	for _, frame := range []int{16 << 10, 1 << 10} {
		for _, ms := range []time.Duration{10, 50, 100} {
			for _, rate := range []int64{1_250_000, 12_500_000, 125_000_000} {
				if frame < 16<<10 && rate > 12_500_000 {
					continue // no other than the others, and 20 times the frames
				}
				l := farLink{rate, ms * time.Millisecond, frame}
				var windows []int64
				for _, part := range []float64{1. / 4, 1. / 2, 0.87, 1, 8. / 7, 1.5, 2} { // of the bandwidth-delay product
					window := max(int64(part*float64(l.bdp())), initialWindow)
					if !slices.Contains(windows, window) {
						windows = append(windows, window)
					}
				}
				for _, window := range windows {
					for streams, cfg := range map[int]Config{
						1: {StreamWindow: int32(window), ConnWindow: maxWindow}, 8: {StreamWindow: maxWindow, ConnWindow: int32(window)}} {
						s, _ := farConn(t, l, streams, cfg, false)
						ours := farRate(s, l.rtt, s.ids...)
						s, _ = farConn(t, l, streams, cfg, true)
						every := farRate(s, l.rtt, s.ids...)
						best := min(float64(l.rate), float64(window)/l.rtt.Seconds())
						// Where a window holds only a few frames, to wait for the end of each is what costs.
						if ours < 0.9*every || ours < 0.85*best && window >= 8*int64(frame) || ours < farRule(l, window) {
							t.Errorf("%v, window %d, streams %d: %.3f of the best, %.3f of a receiver that credits each frame",
								l, window, streams, ours/best, ours/every)
						}
						if window >= 8*int64(frame) {
							worst = min(worst, ours/best)
						}
						worstEvery = min(worstEvery, ours/every)
					}
				}
			}
		}
	}
	t.Logf("at least %.3f of min(link, window/RTT), %.3f of a receiver that credits each frame", worst, worstEvery)
}

// What the comments of the defaults say.
func TestH2DistanceDefaults(t *testing.T) {
	l := farLink{rate: 1_000_000_000, rtt: 100 * time.Millisecond, frame: 16 << 10}
	for _, tc := range []struct {
		streams int
		cfg     Config
		want    float64
	}{
		{1, Config{}, 78e6}, {8, Config{}, 620e6}, {1, Config{ManualCredit: true}, 9.5e6},
	} {
		s, _ := farConn(t, l, tc.streams, tc.cfg, false)
		if got := farRate(s, l.rtt, s.ids...); got < tc.want {
			t.Errorf("%d streams, %+v: %.3g bytes a second, want %.3g", tc.streams, tc.cfg, got, tc.want)
		}
	}
}

// Windows that are changed in the middle of a transfer count from the server's next frame on, and credit comes as the new
// ones need it.
func TestH2DistanceSettings(t *testing.T) {
	l := farLink{rate: 12_500_000, rtt: 100 * time.Millisecond, frame: 16 << 10}
	for _, manual := range []bool{false, true} {
		for _, streams := range []int{1, 4} {
			s, client := farConn(t, l, streams, Config{StreamWindow: 256 << 10, ConnWindow: 512 << 10, ManualCredit: manual}, false)
			change := func(set Settings) {
				t.Helper()
				var out Output
				client.c = h2Must(t)(client.c.Settings(&out, set))
				s.tell(out.Send)
			}
			check := func(name string, window int64) {
				t.Helper()
				got := farRate(s, l.rtt, s.ids...)
				best := min(float64(l.rate), float64(window)/l.rtt.Seconds())
				if got > 1.03*best || got < farRule(l, window) {
					t.Errorf("manual %v, %d streams, %s: %.3g bytes a second of %.3g", manual, streams, name, got, best)
				}
				if pending := len(client.c.h2.rare.unackedSettings); pending > 0 {
					t.Errorf("%s: %d SETTINGS are not acknowledged", name, pending)
				}
			}
			n := int64(streams)
			check("as it begins", min(n*256<<10, 512<<10))
			change(Settings{StreamWindow: 4 << 20})
			check("larger windows for streams", 512<<10)
			change(Settings{ConnWindow: 8 << 20})
			client.updates = 0
			check("for the connection too", 4<<20)
			if most := 44*1_250_000/(4<<20/16) + 44*1_250_000/(8<<20/16) + 2*streams; client.updates > most {
				t.Errorf("%d WINDOW_UPDATEs with the larger windows, %d are enough", client.updates, most)
			}
			change(Settings{StreamWindow: 64 << 10})
			s.run(s.now + 2*l.rtt) // what is on its way comes
			check("smaller ones for streams", n*64<<10)
			change(Settings{StreamWindow: 4 << 20, ConnWindow: 16 << 20})
			check("both at once", 4<<20)
		}
	}
}

// With manual credit a stream of which nothing is consumed has what its window allows, and the others all the rest of the
// connection's, down to the last byte of it.
func TestH2DistanceStalledStreams(t *testing.T) {
	l := farLink{rate: 12_500_000, rtt: 50 * time.Millisecond, frame: 16 << 10}
	const held = DefaultManualStreamWindow
	for _, tc := range []struct{ streams, stalled int }{{8, 1}, {64, 48}, {64, 62}, {64, 63}} {
		s, client := farConn(t, l, tc.streams, Config{ManualCredit: true}, false)
		for _, id := range s.ids[:tc.stalled] {
			client.stalled[id] = true
		}
		s.run(20 * time.Second) // until they hold what they may
		for _, id := range s.ids[:tc.stalled] {
			if s.got[id] != held {
				t.Errorf("%+v: stream %d holds %d bytes, want %d", tc, id, s.got[id], held)
			}
		}
		left := float64(DefaultConnWindow - tc.stalled*held)
		// Credit comes with a half, at the latest, of what they have left.
		want := 0.96 * min(float64(l.rate), left/2/l.rtt.Seconds(), float64(tc.streams-tc.stalled)*held*15/16/l.rtt.Seconds())
		if got := farRate(s, l.rtt, s.ids[tc.stalled:]...); got < want {
			t.Errorf("%+v: the others have %.3g bytes a second, want %.3g", tc, got, want)
		}
	}
}

// What waits for a window goes out in the call that brings the credit, so what we send gets what the server's windows and its
// credit, here one for each frame, allow.
func TestH2DistanceSend(t *testing.T) {
	for _, ms := range []time.Duration{10, 50} {
		l := farLink{rate: 12_500_000, rtt: ms * time.Millisecond, frame: 16 << 10}
		for _, part := range []float64{0.5, 1, 1.5} {
			window := int64(part * float64(l.bdp()))
			for _, streams := range []int{1, 4} {
				up, down := wire{rate: l.rate, delay: l.rtt / 2}, wire{rate: l.rate, delay: l.rtt / 2}
				c := h2Fed(t, h2Started(t, Config{}, slices.Repeat([]Request{h2Ext}, streams)...),
					fSettings(setWindow, uint32(window/int64(streams)))+fWindow(0, maxWindow-initialWindow))
				content := make([]byte, window)
				var out Output
				more := func(now time.Duration, credit []byte) { // what the caller says, and what credit brings
					out.Reset()
					if credit != nil {
						c = h2Must(t)(c.Stream(&out, credit))
					}
					for i := range streams {
						if id := StreamID(2*i + 1); c.Buffered(id) < len(content)/streams {
							c = h2Must(t)(c.SendData(&out, id, content, false))
						}
					}
					for send := out.Send; len(send) > 0; {
						f := parseFrameHead(send)
						up.put(now, frameHeadLen+f.length, parcel{id: f.id, n: f.length})
						send = send[frameHeadLen+f.length:]
					}
				}
				for i := range streams {
					c = h2Fed(t, c, f200(uint32(2*i+1)))
				}
				more(0, nil)
				var now, begin time.Duration = 0, 4 * l.rtt
				got := int64(0)
				for end := 44 * l.rtt; ; {
					if now = min(up.next(), down.next()); now > end {
						break
					}
					if now == down.next() {
						more(now, down.take().bytes)
						continue
					}
					p := up.take()
					if now >= begin {
						got += int64(p.n)
					}
					credit := appendWord(appendWord(nil, http2.FrameWindowUpdate, 0, uint32(p.n)), http2.FrameWindowUpdate, p.id, uint32(p.n))
					down.put(now, len(credit), parcel{bytes: credit})
				}
				rate, best := float64(got)/(40*l.rtt.Seconds()), min(float64(l.rate), float64(window)/l.rtt.Seconds())
				if rate < 0.85*best && window/int64(streams) >= 8*int64(l.frame) || rate < 0.7*best {
					t.Errorf("%v, window %d, %d streams: %.3f of the best", l, window, streams, rate/best)
				}
			}
		}
	}
}
