package bench

import (
	"runtime"
	"slices"
	"sync"
	"testing"
)

// counter counts what is written.
type counter int64

// Write drops p.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// jsonSizes are those of the messages with permessage-deflate.
var jsonSizes = []size{{"128B", 128}, {"1KiB", 1 << 10}, {"16KiB", 16 << 10}}

// deflateContest is one setting and those who take part in it.
type deflateContest struct {
	name string
	s    deflateSetting
	libs []deflateLib
}

// encodeContests: how far distances reach is agreed by the peer or, with mintws, the sender's own choice.
var encodeContests = []deflateContest{
	{"window=4KiB", deflateSetting{takeover: true, bits: 15}, []deflateLib{libMintws}},
	{"window=4KiB", deflateSetting{takeover: true, bits: 12}, []deflateLib{{"mintws+bits", libMintws.open}, libGws}},
	{"window=32KiB", deflateSetting{takeover: true, bits: 15}, []deflateLib{libMintws32, libGws, libCoder}},
	{"none", deflateSetting{bits: 15}, []deflateLib{libMintws, libGws, libCoder, libGorilla}},
}

// BenchmarkDeflateEncode sends JSON-like messages, compressed at level 1. wire-B is the size of a message on the wire.
func BenchmarkDeflateEncode(b *testing.B) {
	for _, size := range jsonSizes {
		messages := rotation(size.n)
		rows, names := make(map[string][]run), []string(nil)
		for _, c := range encodeContests {
			name := size.name + "/" + c.name
			if rows[name] == nil {
				names = append(names, name)
			}
			libs := c.libs
			if c.s.bits == 15 && len(libs) > 1 {
				libs = append(slices.Clip(libs), deflateLib{"klauspost", openKlauspost(size.n)})
			}
			for _, lib := range libs {
				rows[name] = append(rows[name], run{lib.name, func(b *testing.B) { encodeDeflate(b, lib, c.s, messages) }})
			}
		}
		for _, name := range names {
			versus(b, name, size.n, rows[name]...)
		}
	}
}

// encodeDeflate sends the messages again and again, once before the clock runs.
func encodeDeflate(b *testing.B, lib deflateLib, s deflateSetting, messages [][]byte) {
	var wire counter
	c := lib.open(b, s, &wire)
	for _, m := range messages {
		if err := c.send(m); err != nil {
			b.Fatal(err)
		}
	}
	wire = 0
	i := 0
	for b.Loop() {
		if err := c.send(messages[i%len(messages)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(wire)/float64(i), "wire-B")
}

// decodeContests are those of the receiver, which has to take what was agreed.
var decodeContests = []deflateContest{
	{"window=4KiB", deflateSetting{takeover: true, bits: 12}, []deflateLib{libMintws, libGws}},
	{"window=32KiB", deflateSetting{takeover: true, bits: 15}, []deflateLib{libMintws, libGws, libCoder}},
	{"none", deflateSetting{bits: 15}, []deflateLib{libMintws, libGws, libCoder, libGorilla}},
}

// BenchmarkDeflateDecode receives JSON-like messages that were compressed at level 1, the same bytes for each library.
func BenchmarkDeflateDecode(b *testing.B) {
	for _, size := range jsonSizes {
		messages := rotation(size.n)
		for _, c := range decodeContests {
			first, round := deflateWire(b, c.s, messages)
			var runs []run
			for _, lib := range append(slices.Clip(c.libs), deflateLib{"klauspost", openKlauspost(size.n)}) {
				runs = append(runs, run{lib.name, func(b *testing.B) { decodeDeflate(b, lib, c.s, size.n, first, round) }})
			}
			versus(b, size.name+"/"+c.name, size.n, runs...)
		}
	}
}

// decodeDeflate receives first, and then round again and again while the clock runs. A library may call for the next message
// from below, so that this is where the loop is.
func decodeDeflate(b *testing.B, lib deflateLib, s deflateSetting, size int, first, round [][]byte) {
	var out counter
	c := lib.open(b, s, &out)
	i, messages, last := -len(first), 0, 0
	err := c.receive(func() []byte {
		i++
		if i <= 0 {
			return first[i+len(first)-1]
		}
		if !b.Loop() {
			return nil
		}
		return round[(i-1)%len(round)]
	}, func(p []byte) {
		messages++
		last = len(p)
	})
	if err != nil || messages != i-1+len(first) || last != size {
		b.Fatalf("%v after %d messages of %d, the last one of %d bytes", err, messages, i-1+len(first), last)
	}
}

// BenchmarkDeflateIdle reports how many bytes of the heap a connection takes that has sent and received 64 messages of 1 KiB
// and now does nothing. Pools have been emptied.
func BenchmarkDeflateIdle(b *testing.B) {
	const conns = 250
	messages := jsonMessages(1<<10, 64)
	for _, c := range []deflateContest{
		{"off", deflateSetting{off: true, bits: 15}, []deflateLib{libMintws, libGws, libCoder, libGorilla}},
		{"none", deflateSetting{bits: 15}, []deflateLib{libMintws, libGws, libCoder, libGorilla}},
		{"window=4KiB", deflateSetting{takeover: true, bits: 12}, []deflateLib{libMintws, libGws}},
		{"window=32KiB", deflateSetting{takeover: true, bits: 15}, []deflateLib{libMintws, libGws, libCoder}},
	} {
		var wire [][]byte
		if c.s.off {
			for _, m := range messages {
				wire = append(wire, floorEncode(nil, 1, m, 0))
			}
		} else {
			_, wire = deflateWire(b, deflateSetting{bits: c.s.bits}, messages)
		}
		for _, lib := range c.libs {
			b.Run(c.name+"/lib="+lib.name, func(b *testing.B) {
				for b.Loop() {
					b.ReportMetric(float64(idleHeap(b, lib, c.s, conns, messages, wire))/conns, "heap-B/conn")
				}
			})
		}
	}
}

// idleHeap returns what n connections hold.
func idleHeap(b *testing.B, lib deflateLib, s deflateSetting, n int, messages, wire [][]byte) uint64 {
	var before, after runtime.MemStats
	clients, release := make([]deflateClient, n), make(chan struct{})
	out := new(counter)
	inUse(&before)
	var ends sync.WaitGroup
	for i := range clients {
		c := lib.open(b, s, out)
		clients[i] = c
		for _, m := range messages {
			if err := c.send(m); err != nil {
				b.Fatal(err)
			}
		}
		g, loops := c.(*gwsClient)
		var came sync.WaitGroup
		came.Add(len(wire))
		j := 0
		receive := func() error {
			return c.receive(func() []byte {
				if j == len(wire) {
					return nil
				}
				j++
				return wire[j-1]
			}, func([]byte) { came.Done() })
		}
		if !loops {
			if err := receive(); err != nil {
				b.Fatal(err)
			}
			c.rest()
			continue
		}
		g.feed.hold = release
		ends.Go(func() {
			if err := receive(); err != nil {
				b.Error(err)
			}
		})
		came.Wait()
	}
	inUse(&after)
	runtime.KeepAlive(clients)
	close(release)
	ends.Wait()
	return after.HeapAlloc - before.HeapAlloc
}

// inUse reads what is in use after what was in pools is gone, which takes two collections.
func inUse(m *runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(m)
}
