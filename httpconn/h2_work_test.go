//go:build !race

// The race detector makes all of this ten times as slow, and finds nothing: one goroutine counts.

package httpconn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// h2Work returns a connection with n tunnels. If queued, each has bytes that wait for the connection's window.
func h2Work(t testing.TB, n int, queued bool) (Conn, []StreamID) {
	t.Helper()
	c := h2Started(t, Config{StreamWindow: maxWindow, ConnWindow: maxWindow})
	ids := make([]StreamID, n)
	var out Output
	for i := range ids {
		var err error
		if c, ids[i], err = c.Request(&out, h2Ext); err != nil {
			t.Fatal(err)
		}
		c = h2Fed(t, c, f200(uint32(ids[i])))
		out.Reset()
	}
	if queued {
		c = h2Must(t)(c.SendData(&out, ids[0], make([]byte, 65535), false))
		for _, id := range ids {
			c = h2Must(t)(c.SendData(&out, id, make([]byte, 1000), false))
		}
		c = h2Fed(t, c, fWindow(uint32(ids[0]), 1<<20))
	}
	return c, ids
}

// workRow is a kind of frames, as costly as we could make it: begin returns the connection that they are for, and what
// gives them batch by batch, "" when there are no more.
type workRow struct {
	name  string
	begin func(t testing.TB, c Conn, ids []StreamID) (Conn, func() string)
}

// workAgain is a row of the same frames, again and again.
func workAgain(name string, frames func(c Conn, ids []StreamID) string) workRow {
	return workRow{name, func(_ testing.TB, c Conn, ids []StreamID) (Conn, func() string) {
		one := frames(c, ids)
		batch := strings.Repeat(one, 1+4096/len(one))
		return c, func() string { return batch }
	}}
}

// workEach is a row of frames for each stream, once.
func workEach(name string, open bool, frames func(id StreamID) string) workRow {
	return workRow{name, func(t testing.TB, c Conn, ids []StreamID) (Conn, func() string) {
		if open {
			var out Output
			ids = make([]StreamID, len(ids))
			for i := range ids {
				var err error
				if c, ids[i], err = c.Request(&out, h2Get); err != nil {
					t.Fatal(err)
				}
				out.Reset()
			}
		}
		return c, func() (batch string) {
			for ; len(ids) > 0 && len(batch) < 4096; ids = ids[1:] {
				batch += frames(ids[0])
			}
			return batch
		}
	}}
}

// workName is a block that puts a long name into the table, and one of informational status that has it sixteen times:
// 63 KiB of fields in 21 bytes.
var (
	workName  = "\x08\x03103" + "\x40\x7f\xbd\x1d" + strings.Repeat("a", 3900) + "\x01b"
	workNames = "\x08\x03103" + strings.Repeat("\xbe", 16)
)

var workRows = []workRow{
	workAgain("DATA, 1 byte", func(_ Conn, ids []StreamID) (all string) {
		for _, id := range ids[:min(len(ids), 1000)] {
			all += fData(uint32(id), false, "x")
		}
		return all
	}),
	workAgain("DATA, empty", func(_ Conn, ids []StreamID) string { return fData(uint32(ids[0]), false, "") }),
	workAgain("DATA, padding", func(_ Conn, ids []StreamID) string { return fPadded(uint32(ids[0]), false, "", 1) }),
	{"DATA, after our reset", func(t testing.TB, c Conn, ids []StreamID) (Conn, func() string) {
		c = h2Must(t)(c.Cancel(new(Output), ids[0], http2.ErrCodeCancel))
		batch := strings.Repeat(fData(uint32(ids[0]), false, "x"), 400)
		return c, func() string { return batch }
	}},
	workEach("HEADERS, response", true, func(id StreamID) string { return fHeaders(uint32(id), true, ":status: 204") }),
	workEach("HEADERS, fields of the table", true, func(id StreamID) string {
		block := workNames
		if id%200 == 1 || id < 10 { // once would be enough
			block = workName
		}
		return fBlock(uint32(id), false, block) + strings.Repeat(fBlock(uint32(id), false, workNames), 15)
	}),
	{"HEADERS, after our reset", func(t testing.TB, c Conn, ids []StreamID) (Conn, func() string) {
		c = h2Must(t)(c.Cancel(new(Output), ids[0], http2.ErrCodeCancel))
		c = h2Fed(t, c, fBlock(uint32(ids[0]), false, workName))
		batch := strings.Repeat(fBlock(uint32(ids[0]), false, workNames), 100)
		return c, func() string { return batch }
	}},
	workEach("HEADERS, trailers", true, func(id StreamID) string { return f200(uint32(id)) + fHeaders(uint32(id), true, "a: b") }),
	workEach("DATA, the end of each stream", false, func(id StreamID) string { return fData(uint32(id), true, "") }),
	workEach("DATA, a fault of each stream", true, func(id StreamID) string { return fData(uint32(id), false, "x") }),
	workEach("HEADERS, malformed", true, func(id StreamID) string { return fHeaders(uint32(id), true, "x: y") }),
	{"CONTINUATION, 1 byte", func(t testing.TB, c Conn, ids []StreamID) (Conn, func() string) {
		c = h2Must(t)(c.Cancel(new(Output), ids[0], http2.ErrCodeCancel))
		batch := fBlock(uint32(ids[0]), false, strings.Repeat("\x88", 60), slices.Repeat([]int{1}, 59)...)
		return c, func() string { return batch }
	}},
	workAgain("PRIORITY", func(Conn, []StreamID) string { return fRaw(http2.FramePriority, 0, 7, "12345") }),
	workEach("RST_STREAM", false, func(id StreamID) string { return fReset(uint32(id), http2.ErrCodeCancel) }),
	workEach("RST_STREAM, fresh streams", true, func(id StreamID) string { return fReset(uint32(id), http2.ErrCodeRefusedStream) }),
	workAgain("RST_STREAM, of one that is over", func(_ Conn, ids []StreamID) string { return fReset(uint32(ids[0]), 0) }),
	workAgain("SETTINGS, empty", func(Conn, []StreamID) string { return fSettings() }),
	workAgain("SETTINGS, all of them", func(Conn, []StreamID) string {
		return fSettings(setStreams, 1<<20, setFrame, 1<<15, setList, 1<<20, setTable, 4096, connectOn, 1, 99, 99)
	}),
	workAgain("SETTINGS, window up and down", func(Conn, []StreamID) string {
		return fSettings(setWindow, 0) + fSettings(setWindow, 1<<20)
	}),
	workAgain("SETTINGS, many windows", func(Conn, []StreamID) string {
		var up []uint32
		for i := range uint32(389) {
			up = append(up, setWindow, i)
		}
		return fSettings(up...) + fSettings(setWindow, 0)
	}),
	workAgain("SETTINGS, many windows, and a byte", func(_ Conn, ids []StreamID) string {
		var up []uint32
		for i := range uint32(389) {
			up = append(up, setWindow, i)
		}
		return fSettings(up...) + fSettings(setWindow, 0) + fData(uint32(ids[0]), false, "x")
	}),
	workAgain("SETTINGS and a byte of credit", func(_ Conn, ids []StreamID) string {
		return fSettings(setWindow, 0) + fWindow(0, 1) + fSettings(setWindow, 1<<20)
	}),
	workAgain("SETTINGS, windows of a byte", func(_ Conn, ids []StreamID) string {
		return fWindow(0, 1000) + fSettings(setWindow, 0) + fSettings(setWindow, 1)
	}),
	workAgain("PUSH_PROMISE", func(_ Conn, ids []StreamID) string {
		return fRaw(http2.FramePushPromise, http2.FlagPushPromiseEndHeaders, uint32(ids[0]), "\x00\x00\x00\x02\x82")
	}),
	workAgain("PING", func(Conn, []StreamID) string { return fPing(false, "abcdefgh") }),
	workAgain("PING, answers", func(Conn, []StreamID) string { return fPing(true, "abcdefgh") }),
	workAgain("GOAWAY, the same", func(_ Conn, ids []StreamID) string { return fGoAway(uint32(ids[len(ids)/2]), 0, "") }),
	workAgain("GOAWAY, of all streams", func(c Conn, _ []StreamID) string { return fGoAway(uint32(c.h2.rare.lastID), 0, "") }),
	{"GOAWAY, ever lower", func(_ testing.TB, c Conn, _ []StreamID) (Conn, func() string) {
		last := uint32(c.h2.rare.lastID)
		return c, func() (batch string) {
			for ; last > 0 && len(batch) < 4096; last-- {
				batch += fGoAway(last-1, 0, "")
			}
			return batch
		}
	}},
	workAgain("WINDOW_UPDATE, connection", func(Conn, []StreamID) string { return fWindow(0, 1) }),
	workAgain("WINDOW_UPDATE, a stream", func(_ Conn, ids []StreamID) string { return fWindow(uint32(ids[0]), 1) }),
	workAgain("WINDOW_UPDATE, each stream", func(_ Conn, ids []StreamID) (all string) {
		for _, id := range ids {
			all += fWindow(uint32(id), 1)
		}
		return all
	}),
	workAgain("WINDOW_UPDATE, of one that is over", func(_ Conn, ids []StreamID) string {
		return fReset(uint32(ids[0]), 0) + strings.Repeat(fWindow(uint32(ids[0]), 1), 100)
	}),
	workAgain("unknown", func(Conn, []StreamID) string { return fRaw(0x77, 0xff, 9, "") }),
}

// TestH2WorkOfFrames prints what the first megabyte of each kind of frames costs, and holds it to constants. It is less than a
// megabyte where the connection ends or nothing more can be said, and a quarter where nothing is counted, so that all
// bytes cost the same.
func TestH2WorkOfFrames(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "%-34s %7s %6s %8s %8s %9s %8s %8s\n",
		"frames", "streams", "queued", "bytes", "KiB", "visits", "alloc/B", "visits/B")
	for _, n := range []int{1, 1000, 10_000} {
		for _, queued := range []bool{false, true} {
			start, ids := h2Work(t, n, queued)
			for _, row := range workRows {
				c, next := row.begin(t, start, ids)
				c = h2Fed(t, c, fPing(false, "12345678")) // from here on it is the newest value
				r := workFeed(c, next)
				end, per := "", r.bytes
				if r.err != nil { // nothing more can come of it: it is held against all that may have come
					end, per = "ends with "+r.err.(*ConnError).Code.String(), 1<<20
				}
				fmt.Fprintf(&table, "%-34s %7d %6v %8d %8d %9d %8.1f %8.2f %s\n", row.name, n, queued, r.bytes, r.alloc>>10,
					r.visits, float64(r.alloc)/float64(per), float64(r.visits)/float64(per), end)
				if r.alloc > workBytesMost*per || r.visits > workVisitsMost*per {
					t.Errorf("%s, %d streams, queued %v: %d bytes made us allocate %d and look at %d streams", row.name, n,
						queued, r.bytes, r.alloc, r.visits)
				}
			}
		}
	}
	t.Log("\n" + table.String())
}

type workResult struct {
	bytes, alloc, visits int
	err                  error
}

// workFeed feeds c and measures. What the budget has counted stands for the streams looked
// at; TestH2WorkIsCounted holds that it is at least as many.
func workFeed(c Conn, next func() string) (r workResult) {
	out := Output{Events: make([]Event, 0, 1<<15), Send: make([]byte, 0, 1<<20)}
	var batches [][]byte
	for n := 0; n < 1<<20; {
		batch := next()
		if batch == "" {
			break
		}
		n += len(batch)
		batches = append(batches, []byte(batch))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, batch := range batches {
		if r.bytes >= 1<<18 && c.h2.work == 0 {
			break
		}
		r.bytes += len(batch)
		work := int(c.h2.work)
		c, r.err = c.Stream(&out, batch)
		r.visits += int(c.h2.work) - work + workPaid(batch) + workPaid(out.Send)
		if r.err != nil {
			if errors.Is(r.err, ErrFlood) {
				r.visits += c.set.limits.MaxWork // the count began anew
			}
			break
		}
		out.Reset()
	}
	runtime.ReadMemStats(&after)
	r.alloc = int(after.TotalAlloc - before.TotalAlloc)
	return r
}

// workPaid is what the DATA in frames pays back, at the most.
func workPaid(frames []byte) (paid int) {
	for len(frames) > 0 {
		f := parseFrameHead(frames)
		content := f.length
		if f.flags.Has(http2.FlagDataPadded) && content > 0 {
			content -= 1 + int(frames[frameHeadLen])
		}
		if f.kind == http2.FrameData && content > 0 {
			paid += 1 + content/paidBytes
		}
		frames = frames[frameHeadLen+f.length:]
	}
	return paid
}

// TestH2WorkIsCounted compares what the budget counted with what was done, which shows in the streams and queues before and
// after each of many frames.
func TestH2WorkIsCounted(t *testing.T) {
	walks, turned := 0, 0
	for _, n := range []int{1, 3, 50, 400} {
		for _, queued := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(uint64(n), 9))
			c, ids := h2Work(t, n, queued)
			set := *c.set
			set.limits.MaxWork = math.MaxInt
			c.set = &set
			c.h2.work = 1 << 20 // so that all that is paid back shows
			last := c.h2.rare.lastID
			for i := range 400 {
				id := uint32(ids[rng.IntN(n)])
				var frame string
				switch k := rng.IntN(24); {
				case k < 6:
					var windows []uint32
					for range 1 + rng.IntN(3) {
						windows = append(windows, setWindow, []uint32{0, 1, 100, 65535, 1 << 20}[rng.IntN(5)])
					}
					frame = fSettings(windows...)
				case k < 10:
					frame = fWindow(0, 1+rng.Uint32N(2000))
				case k < 14:
					frame = fWindow(id, 1+rng.Uint32N(2000))
				case k < 16:
					frame = fData(id, false, xs(rng.IntN(300)))
				case k < 18:
					frame = fPadded(id, false, xs(rng.IntN(200)), rng.IntN(50))
				case k == 18 && i > 200:
					last = min(last, last-StreamID(rng.IntN(3)))
					frame = fGoAway(uint32(last), 0, "")
				case k == 19 && i > 100:
					frame = fReset(id, 0)
				case k == 20:
					frame = fData(id, i > 300, "")
				default:
					frame = fPing(false, "12345678")
				}
				before := c
				var out Output
				c = h2Must(t)(c.Stream(&out, []byte(frame)))
				want := -workPaid(out.Send)
				if open := before.h2.streams.get(StreamID(id)); open.live() {
					want -= workPaid([]byte(frame))
				}
				w, n := workDone(before, c, frame)
				walks, turned = walks+w, turned+n
				want += w + n
				if got := int(c.h2.work) - int(before.h2.work); got != want {
					t.Fatalf("frame %d, %q: counted %d, want %d, of it %d and %d", i, frame, got, want, w, n)
				}
			}
		}
	}
	if walks == 0 || turned == 0 {
		t.Errorf("%d streams looked at in walks, %d whose turn came and went", walks, turned)
	}
}

// workDone returns what a frame that led from one value to the next must have walked over, and what it did to the queues of
// streams of which it sent nothing.
func workDone(before, after Conn, frame string) (walks, turned int) {
	from, to := &before.h2, &after.h2
	places := len(from.streams.r.table)
	switch p := frame[frameHeadLen:]; http2.FrameType(frame[3]) {
	case http2.FrameSettings:
		largest := int32(0)
		for ; p != ""; p = p[6:] {
			largest = max(largest, int32(binary.BigEndian.Uint32([]byte(p[2:]))))
		}
		if largest > from.rare.peerInitialWindow && from.rare.liveStreams > 0 {
			walks += places
		}
		if to.rare.peerInitialWindow > from.rare.peerInitialWindow && from.queues != nil {
			walks += len(from.queues.replay().streams)
		}
	case http2.FrameGoAway:
		last := StreamID(binary.BigEndian.Uint32([]byte(p)))
		above := from.rare.lastID
		if from.flags&h2GoneAway != 0 {
			above = min(above, from.rare.goAwayLast)
		}
		if last < above && from.rare.liveStreams > 0 {
			walks += places
		}
	}
	if from.queues == nil {
		return walks, turned
	}
	next := &queueState{}
	if to.queues != nil {
		next = to.queues.replay()
	}
	for id, s := range from.queues.replay().streams {
		if n := next.streams[id]; s.turn && n != nil && !n.turn && n.bytes == s.bytes {
			turned++
		}
	}
	return walks, turned
}
