package httpconn

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// A link to a server that is far away, in virtual time: a connection is a value, so the link is computed, each byte has a time
// at which it arrives, and nothing here takes real time.

// wire is one direction of a link.
type wire struct {
	rate  int64         // bytes a second
	delay time.Duration // of each byte
	free  time.Duration // when the last byte has been put on it
	queue []parcel      // what is on its way, in order
}

// parcel is bytes, or a DATA frame of n bytes on stream id, and when the last of it arrives.
type parcel struct {
	at    time.Duration
	bytes []byte
	id    StreamID
	n     int
}

func (w *wire) put(now time.Duration, size int, p parcel) {
	w.free = max(w.free, now) + time.Duration(int64(size)*int64(time.Second)/w.rate)
	p.at = w.free + w.delay
	w.queue = append(w.queue, p)
}

const never = time.Duration(math.MaxInt64)

// next returns when something arrives.
func (w *wire) next() time.Duration {
	if len(w.queue) == 0 {
		return never
	}
	return w.queue[0].at
}

func (w *wire) take() parcel {
	p := w.queue[0]
	w.queue = w.queue[1:]
	return p
}

// farServer sends content on all its streams in turn, as fast as the link and the windows allow (RFC 9113 section 6.9).
type farServer struct {
	t       testing.TB
	down    wire // to the client
	up      wire
	now     time.Duration
	frame   int // the largest payload
	ids     []StreamID
	windows map[StreamID]int64
	initial int64 // the client's INITIAL_WINDOW_SIZE
	conn    int64
	turn    int
	got     map[StreamID]int64       // content that has reached the client
	receive func(data []byte) []byte // the client, and what it writes
	scratch []byte
}

// mayUse returns how much of the windows the stream whose turn it is may use now, if it is any stream's turn.
func (s *farServer) mayUse() (StreamID, int) {
	for i := range s.ids {
		id := s.ids[(s.turn+i)%len(s.ids)]
		if n := min(s.conn, s.windows[id], int64(s.frame)); n > 0 {
			s.turn = (s.turn + i) % len(s.ids)
			return id, int(n)
		}
	}
	return 0, 0
}

// run goes on until a time.
func (s *farServer) run(until time.Duration) {
	s.t.Helper()
	for {
		id, n := s.mayUse()
		at := never
		if n > 0 {
			at = max(s.now, s.down.free)
		}
		next := min(at, s.down.next(), s.up.next())
		if next > until {
			s.now = until
			return
		}
		switch s.now = next; next {
		case s.up.next():
			s.hear(s.up.take().bytes)
		case s.down.next():
			s.arrive(s.down.take())
		default:
			s.turn++
			s.conn -= int64(n)
			s.windows[id] -= int64(n)
			s.down.put(s.now, frameHeadLen+n, parcel{id: id, n: n})
		}
	}
}

// arrive gives the client what has come.
func (s *farServer) arrive(p parcel) {
	if p.n > 0 {
		s.got[p.id] += int64(p.n)
		p.bytes = s.scratch[:frameHeadLen+p.n]
		putFrameHead(p.bytes, p.n, http2.FrameData, 0, p.id)
	}
	s.tell(s.receive(p.bytes))
}

// tell puts what the client sends on the link.
func (s *farServer) tell(send []byte) {
	for len(send) > 0 {
		n := frameHeadLen + parseFrameHead(send).length
		s.up.put(s.now, n, parcel{bytes: append([]byte(nil), send[:n]...)})
		send = send[n:]
	}
}

// hear takes a frame of the client's.
func (s *farServer) hear(frame []byte) {
	f := parseFrameHead(frame)
	p := frame[frameHeadLen:]
	switch {
	case f.kind == http2.FrameWindowUpdate && f.id == 0:
		s.conn += int64(binary.BigEndian.Uint32(p))
	case f.kind == http2.FrameWindowUpdate:
		s.windows[f.id] += int64(binary.BigEndian.Uint32(p))
	case f.kind == http2.FrameSettings && !f.flags.Has(http2.FlagSettingsAck):
		for ; len(p) > 0; p = p[6:] {
			if http2.SettingID(binary.BigEndian.Uint16(p)) == http2.SettingInitialWindowSize {
				v := int64(binary.BigEndian.Uint32(p[2:]))
				for id := range s.windows { // section 6.9.2
					s.windows[id] += v - s.initial
				}
				s.initial = v
			}
		}
		s.down.put(s.now, frameHeadLen, parcel{bytes: []byte(fAck())})
	default:
		s.t.Fatalf("the client sent %v on stream %d", f.kind, f.id)
	}
	if s.conn > maxWindow || s.windows[f.id] > maxWindow { // section 6.9.1
		s.t.Fatalf("a window overflows: %d, %d", s.conn, s.windows[f.id])
	}
}

// farLink is where a transfer takes place.
type farLink struct {
	rate  int64
	rtt   time.Duration
	frame int
}

func (l farLink) String() string {
	return fmt.Sprintf("%g Mbit/s, %v, frames of %d", float64(l.rate)*8/1e6, l.rtt, l.frame)
}

// bdp is the bandwidth-delay product: what is on its way when the link is full.
func (l farLink) bdp() int64 { return int64(float64(l.rate) * l.rtt.Seconds()) }

// farConn is a server with streams to a connection of ours, which every is not: that gives credit for each frame.
func farConn(t testing.TB, l farLink, streams int, cfg Config, every bool) (*farServer, *farClient) {
	t.Helper()
	client := &farClient{t: t, c: h2Started(t, cfg, slices.Repeat([]Request{h2Ext}, streams)...), stalled: map[StreamID]bool{}}
	set := client.c.set
	s := &farServer{t: t, frame: l.frame, conn: int64(set.connWindow), initial: int64(set.streamWindow), windows: map[StreamID]int64{},
		down: wire{rate: l.rate, delay: l.rtt / 2}, up: wire{rate: l.rate, delay: l.rtt / 2},
		got: map[StreamID]int64{}, scratch: make([]byte, frameHeadLen+l.frame), receive: client.receive}
	for i := range streams {
		id := StreamID(2*i + 1)
		client.c = h2Fed(t, client.c, f200(uint32(id)))
		s.ids = append(s.ids, id)
		s.windows[id] = s.initial
	}
	if every {
		s.receive = client.creditEvery
	}
	return s, client
}

// farClient is a connection of ours and its caller.
type farClient struct {
	t       testing.TB
	c       Conn
	out     Output
	stalled map[StreamID]bool // what comes on it is not consumed
	updates int               // WINDOW_UPDATEs sent
}

func (f *farClient) receive(data []byte) []byte {
	f.out.Reset()
	f.c = h2Must(f.t)(f.c.Stream(&f.out, data))
	for _, ev := range f.out.Events {
		if ev.Kind == EventData && f.c.set.manualCredit && !f.stalled[ev.StreamID] {
			f.c = h2Must(f.t)(f.c.Consume(&f.out, ev.StreamID, len(ev.Data)))
		}
	}
	f.updates += len(f.out.Send) / (frameHeadLen + 4)
	return f.out.Send
}

func (f *farClient) creditEvery(data []byte) []byte {
	head := parseFrameHead(data)
	f.out.Send = appendWord(f.out.Send[:0], http2.FrameWindowUpdate, 0, uint32(head.length))
	f.out.Send = appendWord(f.out.Send, http2.FrameWindowUpdate, head.id, uint32(head.length))
	return f.out.Send
}
