package httpconn

import (
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// What a server's first megabyte may cost for each byte of it, whatever the frames are, with any number of streams, and
// whether or not bytes of ours are queued.
const (
	workBytesMost  = 1 << 10 // allocated bytes
	workVisitsMost = 1       // streams looked at
)

// TestH2MaxWorkEdge: what is exactly as much as is allowed passes, and one more does not.
func TestH2MaxWorkEdge(t *testing.T) {
	stall := fSettings(setWindow, 0) + fWindow(0, 1) // stream 1 waits for the connection's window, and then for its own
	long := "\x88\x40\x01x\x7f\xa1\x1e" + strings.Repeat("y", 4000)
	for _, tc := range []struct {
		name, input string
		work        int
	}{
		{"a walk over the streams and the queue", fSettings(setWindow, 1<<20), minStreams + 1},
		{"two walks", fSettings(setWindow, 1<<20) + fSettings(setWindow, 1<<21), 2 * (minStreams + 1)},
		{"the same window again, and smaller ones", fSettings(setWindow, 1<<20) + fSettings(setWindow, 1<<20) +
			fSettings(setWindow, 1, setWindow, 1<<20) + fSettings(setWindow, 1), minStreams + 1},
		{"GOAWAY", fGoAway(1, 0, ""), minStreams},
		{"GOAWAY again", fGoAway(3, 0, "") + fGoAway(3, 0, "") + fGoAway(3, 0, ""), minStreams},
		{"a turn that comes to nothing", stall, 1},
		{"and comes again, for a byte that pays for one", stall + fSettings(setWindow, 65535),
			1 + minStreams + 1 - 1},
		{"a turn of a stream that is over", fReset(1, 0) + fWindow(0, 1), 0}, // with its queue went the turn
		{"fields that are in the block", fBlock(3, true, long), 0},
		{"fields of the table", fBlock(3, true, long) + fBlock(5, true, "\x88"+strings.Repeat("\xbe", 10)),
			(2*7 + 3 + 10*(2*1+4000) - 11*freeFields) >> 10},
		{"names of the table", fBlock(3, true, "\x88\x40\x7f\xa1\x1e"+strings.Repeat("y", 4000)+"\x00") +
			fBlock(5, true, "\x88"+strings.Repeat("\xbe", 10)), (2*7 + 3 + 10*2*4000 - 11*freeFields) >> 10},
	} {
		limits := []int{-1}
		if tc.work > 0 {
			limits = []int{tc.work, -1}
		}
		if tc.work > 1 { // a limit of 0 is the default
			limits = append(limits, tc.work-1)
		}
		for _, limit := range limits {
			c := h2Started(t, Config{Limits: Limits{MaxWork: limit}}, h2Ext, h2Get, h2Get)
			c = h2Fed(t, c, f200(1))
			c = h2Must(t)(c.SendData(new(Output), 1, make([]byte, 65535), false)) // the connection's window
			c = h2Must(t)(c.SendData(new(Output), 1, make([]byte, 10), false))
			r := h2Feed(h2Fed(t, c, fWindow(1, 2)), false, tc.input)
			if limit == tc.work-1 && tc.work > 1 {
				h2ConnErr(t, r.err, http2.ErrCodeEnhanceYourCalm, ErrFlood)
				continue
			}
			if r.err != nil || int(r.conn.h2.work) != tc.work {
				t.Errorf("%s, %d allowed: %v, %d counted, want %d", tc.name, limit, r.err, r.conn.h2.work, tc.work)
			}
		}
	}
}

// TestH2ContentPaysInProportion: a byte of content in either direction pays for a byte, and not for all that was done before.
func TestH2ContentPaysInProportion(t *testing.T) {
	c := h2Fed(t, h2Started(t, Config{}, h2Ext), f200(1))
	c.h2.work = 1000
	send := func(n int) Conn {
		return h2Must(t)(c.SendData(new(Output), 1, make([]byte, n), false))
	}
	queued := h2Fed(t, c, fSettings(setWindow, 0))
	queued = h2Must(t)(queued.SendData(new(Output), 1, make([]byte, 6400), false))
	for name, tc := range map[string]struct {
		c    Conn
		paid int32
	}{
		"a byte":                   {h2Fed(t, c, fData(1, false, "x")), 1},
		"a byte and padding":       {h2Fed(t, c, fPadded(1, false, "x", 255)), 1},
		"padding":                  {h2Fed(t, c, fPadded(1, false, "", 255)), 0},
		"nothing":                  {h2Fed(t, c, fData(1, false, "")), 0},
		"6,400 bytes":              {h2Fed(t, c, fData(1, false, xs(6400))), 101},
		"6,400 bytes in 100":       {h2Fed(t, c, strings.Repeat(fData(1, false, xs(64)), 100)), 200},
		"content nobody waits for": {h2Fed(t, h2Must(t)(c.Cancel(new(Output), 1, 0)), fData(1, false, xs(6400))), 0},
		"a byte sent":              {send(1), 1},
		"6,400 bytes sent":         {send(6400), 101},
		"20,000 bytes sent":        {send(20_000), 313},
		"nothing sent":             {send(0), 0},
		"queued":                   {queued, 0},
		"queued, and then sent":    {h2Fed(t, queued, fWindow(1, 6400)), 101},
		"a request":                {h2Requests(t, c, h2Get), 1},
		"a large request": {h2Requests(t, c, Request{Scheme: "https", Authority: "a",
			Header: http.Header{"X": {strings.Repeat("\\", 6400)}}}), 101},
		"more than was done": {h2Fed(t, c, strings.Repeat(fData(1, false, xs(1<<14)), 6)), 1000},
	} {
		if got := 1000 - tc.c.h2.work; got != tc.paid {
			t.Errorf("%s pays for %d, want %d", name, got, tc.paid)
		}
	}
}

// TestH2FramesThatAreNotCounted: frames that cost us no more than a constant times what they cost the server go on for ever.
// One call answers them with at most twice the bytes that it was given, and any split has the same result.
func TestH2FramesThatAreNotCounted(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	for name, frame := range map[string]string{
		"PING": fPing(false, "abcdefgh"), "answer to PING": fPing(true, "abcdefgh"), "SETTINGS": fSettings(),
		"SETTINGS that change nothing": fSettings(setWindow, 65535, setFrame, 1<<14, connectOn, 1), "WINDOW_UPDATE": fWindow(0, 1),
		"WINDOW_UPDATE of a stream": fWindow(1, 1), "WINDOW_UPDATE of a stream that is over": fWindow(3, 1),
		"RST_STREAM of a stream that is over": fReset(3, 0), "empty DATA": fData(1, false, ""), "DATA of padding": fPadded(1, false, "", 7),
		"DATA of a stream that is over": fData(3, false, "x"), "HEADERS of a stream that is over": f200(3),
		"unknown": fRaw(0x77, 0xff, 9, ""), "PRIORITY": fRaw(http2.FramePriority, 0, 7, "12345"),
		"GOAWAY": fGoAway(5, 0, ""), "PRIORITY_UPDATE": fRaw(0x10, 0, 0, "\x00\x00\x00\x01u=1"),
		"SETTINGS of one stream's window": fSettings(setWindow, 0) + fWindow(1, 1),
	} {
		c := h2Started(t, Config{Limits: Limits{MaxWork: 1}, StreamWindow: 1 << 20, ConnWindow: 1 << 20}, h2Ext, h2Get, h2Get)
		c = h2Fed(t, h2Must(t)(c.Cancel(new(Output), 3, http2.ErrCodeCancel)), f200(1))
		input := strings.Repeat(frame, 300)
		whole := h2Feed(c, false, input)
		cut := h2Feed(c, false, randomPieces(rng, input)...)
		if whole.String() != cut.String() || !whole.conn.Equal(cut.conn) {
			t.Errorf("%s: whole\n%v\ncut\n%v", name, whole, cut)
		}
		if len(whole.send) > 2*len(input) {
			t.Errorf("%s: %d bytes are answered by %d", name, len(input), len(whole.send))
		}
		for range 1000 {
			if whole = h2Feed(whole.conn, false, input); whole.err != nil {
				break
			}
		}
		if whole.err != nil || whole.conn.h2.work != 0 {
			t.Errorf("%s: %v, %d counted", name, whole.err, whole.conn.h2.work)
		}
	}
}

// TestH2RapidReset opens streams that the server resets at once, 50,000 one after the other: without an answer, or when
// bytes of theirs are queued. The connection goes on, and each received byte costs no more than any other.
func TestH2RapidReset(t *testing.T) {
	for _, body := range []int{0, 100} {
		for name, frame := range map[string]func(id uint32) string{
			"RST_STREAM":           func(id uint32) string { return fReset(id, http2.ErrCodeRefusedStream) },
			"malformed head":       func(id uint32) string { return fHeaders(id, true, "x: y") },
			"DATA before the head": func(id uint32) string { return fData(id, false, "x") },
		} {
			c := h2Fed(t, h2Started(t, Config{}), fSettings(setWindow, 0))
			alloc, bytes, ends := 0, 0, 0
			var out Output
			var before, after runtime.MemStats
			for range 500 {
				var batch string
				for range 100 {
					var id StreamID
					var err error
					if c, id, err = c.Request(&out, h2Post); err != nil {
						t.Fatal(err)
					}
					c = h2Must(t)(c.SendData(&out, id, make([]byte, body), false))
					batch += frame(uint32(id))
				}
				out.Reset()
				data := []byte(batch)
				runtime.ReadMemStats(&before)
				c = h2Must(t)(c.Stream(&out, data))
				runtime.ReadMemStats(&after)
				alloc, bytes, ends = alloc+int(after.TotalAlloc-before.TotalAlloc), bytes+len(data), ends+len(out.Events)
				out.Reset()
			}
			t.Logf("%s, %d bytes queued: %d bytes allocated for each received", name, body, alloc/bytes)
			if alloc > workBytesMost*bytes || ends != 50_000 {
				t.Errorf("%s: %d bytes allocated for %d, %d streams have ended", name, alloc, bytes, ends)
			}
			if c.h2.work != 0 || len(c.h2.streams.r.table) > 256 || c.Buffered(0) != 0 {
				t.Errorf("%s: %d counted, %d places, %d bytes queued", name, c.h2.work, len(c.h2.streams.r.table), c.Buffered(0))
			}
		}
	}
}

// TestH2HonestServersAreNotCounted: credit in small pieces, however many, and streams that are refused, cost nothing of the
// budget, whatever waits.
func TestH2HonestServersAreNotCounted(t *testing.T) {
	c := h2Started(t, Config{Limits: Limits{MaxWork: 1}}, h2Ext, h2Ext, h2Ext)
	c = h2Fed(t, c, f200(1)+f200(3)+f200(5))
	for id := StreamID(1); id < 6; id += 2 {
		c = h2Must(t)(c.SendData(new(Output), id, make([]byte, 200_000), false))
	}
	for i := range uint32(3000) {
		id := 1 + 2*(i%3)
		for _, frame := range []string{fWindow(id, 50), fWindow(0, 50)} {
			if c = h2Fed(t, c, frame); c.h2.work != 0 {
				t.Fatalf("%d counted after credit number %d, %q", c.h2.work, i, frame)
			}
		}
	}
	if got, want := c.Buffered(0), 600_000-65535-3000*50; got != want {
		t.Errorf("%d bytes wait, want %d", got, want)
	}
}

// TestH2DefaultMaxWork: by default the windows of 10,000 streams with queued bytes can be closed and opened ten times without
// a byte of content, and any number of times with 2 MB of it between them.
func TestH2DefaultMaxWork(t *testing.T) {
	c := h2Started(t, Config{})
	var out Output
	for range 10_000 {
		var id StreamID
		var err error
		if c, id, err = c.Request(&out, h2Ext); err != nil {
			t.Fatal(err)
		}
		c = h2Fed(t, c, f200(uint32(id)))
	}
	c = h2Must(t)(c.SendData(&out, 1, make([]byte, 65535), false)) // the connection's window
	for id := StreamID(1); id < 20_000; id += 2 {
		c = h2Must(t)(c.SendData(&out, id, make([]byte, 1000), false))
	}
	start := c
	rounds := func(n int, between string) (err error) {
		c = h2Fed(t, start, fSettings(setWindow, 0))
		for range n {
			if c, err = c.Stream(&out, []byte(fSettings(setWindow, 1<<20)+fSettings(setWindow, 0)+between)); err != nil {
				return err
			}
			out.Reset()
		}
		return nil
	}
	if err := rounds(10, ""); err != nil {
		t.Error(err)
	}
	h2ConnErr(t, rounds(21, ""), http2.ErrCodeEnhanceYourCalm, ErrFlood)
	if err := rounds(50, strings.Repeat(fData(1, false, xs(1<<14)), 120)); err != nil { // 1.9 MB
		t.Error(err)
	}
}
