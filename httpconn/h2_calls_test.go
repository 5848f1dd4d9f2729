package httpconn

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"golang.org/x/net/http2"
)

const (
	mStreamWindow = 1000
	mConnWindow   = 65535
)

// mRun is a client and a server, driven by the bytes of a fuzzer.
type mRun struct {
	t      testing.TB
	c      Conn
	m      mServer
	out    Output
	in     []byte // of the fuzzer
	manual bool
	old    []mRun
}

func (r *mRun) next(n int) int {
	if len(r.in) == 0 {
		return 0
	}
	b := int(r.in[0])
	r.in = r.in[1:]
	return b % n
}

// pick returns one of the streams that ok accepts, 0 if there is none.
func (r *mRun) pick(ok func(mStream) bool) uint32 {
	var ids []uint32
	for id, s := range r.m.streams {
		if ok(s) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return 0
	}
	slices.Sort(ids)
	return ids[r.next(len(ids))]
}

// say gives frames to the client, in two pieces, and looks at what comes of it.
func (r *mRun) say(input string) {
	r.t.Helper()
	cut := r.next(256) % (len(input) + 1)
	before := r.c
	for i, p := range []string{input[:cut], input[cut:]} {
		data := []byte(p)
		var err error
		if r.c, err = r.c.Stream(&r.out, data); err != nil {
			r.t.Fatalf("piece %d of %q: %v", i, input, err)
		}
		for _, ev := range r.out.Events {
			r.event(ev)
		}
		r.out.Events = r.out.Events[:0]
	}
	whole := h2Feed(before, false, input) // a fork
	if whole.err != nil || !whole.conn.Equal(r.c) || string(whole.send) != string(r.out.Send) {
		r.t.Fatalf("%q cut at %d is not the same", input, cut)
	}
	r.settle()
}

// settle lets the server read, and compares the accounts.
func (r *mRun) settle() {
	r.t.Helper()
	r.m.read(r.t, r.out.Send)
	r.out.Reset()
	total, unconsumed := 0, 0
	for id, s := range r.m.streams {
		if !s.clientReset {
			unconsumed += s.seen - s.consumed
		}
		waiting := s.sent - s.got
		if s.over {
			waiting = 0
		}
		total += waiting
		if used := r.m.initial - s.credit; !r.manual && !s.closed() && !s.serverEnd && used > 0 && used >= r.m.latest()/16 {
			r.t.Fatalf("stream %d: the server is left with a credit of %d", id, s.credit)
		}
		if got := r.c.Buffered(StreamID(id)); got != waiting {
			r.t.Fatalf("stream %d: %d bytes buffered, want %d", id, got, waiting)
		}
		if waiting > 0 && min(r.m.conn, r.m.window+s.window) > 0 {
			r.t.Fatalf("stream %d: %d bytes wait, the windows are %d and %d", id, waiting, r.m.conn, r.m.window+s.window)
		}
		if got := r.c.SendWindow(StreamID(id)); got != 0 && int64(got) != min(r.m.conn, r.m.window+s.window) {
			r.t.Fatalf("stream %d: window %d, want %d and %d", id, got, r.m.conn, r.m.window+s.window)
		}
	}
	if r.c.Buffered(0) != total || int64(r.c.SendWindow(0)) != max(0, r.m.conn) {
		r.t.Fatalf("%d buffered, want %d; window %d, want %d", r.c.Buffered(0), total, r.c.SendWindow(0), r.m.conn)
	}
	if !r.manual {
		unconsumed = 0
	}
	if owed := mConnWindow - r.m.credit - int64(unconsumed); owed > 0 && owed >= min(mConnWindow/16, r.m.credit) {
		r.t.Fatalf("%d bytes are not consumed, %d more are not credited, and the server may send %d", unconsumed, owed, r.m.credit)
	}
	h2CheckBounds(r.t, r.c)
}

func (r *mRun) event(ev Event) {
	r.t.Helper()
	if ev.Kind == EventData {
		s := r.m.streams[uint32(ev.StreamID)]
		for _, b := range ev.Data {
			if b != mByte(s.seen) {
				r.t.Fatalf("stream %d: byte %d is %d", ev.StreamID, s.seen, b)
			}
			s.seen++
		}
		r.m.streams[uint32(ev.StreamID)] = s
	}
}

// call holds what is true of every call: an error changes nothing.
func (r *mRun) call(do func(Conn, *Output) (Conn, error), allowed ...error) bool {
	r.t.Helper()
	next, err := do(r.c, &r.out)
	if err != nil {
		if !next.Equal(r.c) || len(r.out.Send)+len(r.out.Events) > 0 ||
			!slices.ContainsFunc(allowed, func(e error) bool { return errors.Is(err, e) }) {
			r.t.Fatalf("%v; unchanged: %v, sent %q", err, next.Equal(r.c), r.out.Send)
		}
		return false
	}
	r.c = next
	return true
}

// client makes one call.
func (r *mRun) client() {
	r.t.Helper()
	canSend := func(s mStream) bool { return !s.callerEnd && !s.over && (!s.connect || s.tunnel) }
	switch r.next(10) {
	case 0:
		req := []Request{h2Get, h2Head, h2Post, h2Ext}[r.next(4)]
		var id StreamID
		body := 0
		if req.HasBody {
			body = r.next(200)
			req.Body = mContent(0, body)
		}
		slots := r.c.Slots()
		ok := r.call(func(c Conn, out *Output) (next Conn, err error) {
			next, id, err = c.Request(out, req)
			return next, err
		}, ErrTooManyStreams, ErrGoingAway, ErrBufferFull)
		if ok != (slots > 0) && (ok || !req.HasBody) {
			r.t.Fatalf("request made: %v, %d slots", ok, slots)
		}
		if ok && body > 0 { // the server has to know what to expect before it reads
			n := frameHeadLen + int(r.out.Send[1])<<8 + int(r.out.Send[2])
			r.m.read(r.t, r.out.Send[:n])
			r.out.Send = r.out.Send[n:]
			s := r.m.streams[uint32(id)]
			s.sent = body
			r.m.streams[uint32(id)] = s
		}
	case 1, 2, 3:
		id := r.pick(canSend)
		s := r.m.streams[id]
		n, end := r.next(256)*r.next(256), r.next(4) == 0
		done := false
		if r.next(2) == 0 {
			done = r.call(func(c Conn, out *Output) (Conn, error) {
				return c.SendData(out, StreamID(id), mContent(s.sent, n), end)
			}, ErrBufferFull, ErrUnknownStream)
		} else if mark, err := r.c.BeginData(&r.out, StreamID(id), n); err == nil {
			r.out.Send = append(r.out.Send, mContent(s.sent, n)...)
			r.c = h2Must(r.t)(r.c.EndData(&r.out, StreamID(id), mark, end))
			done = true
		}
		if done {
			s.sent, s.callerEnd = s.sent+n, end
			r.m.streams[id] = s
		}
	case 4:
		id := r.pick(func(s mStream) bool { return canSend(s) && !s.tunnel })
		if r.call(func(c Conn, out *Output) (Conn, error) {
			return c.SendTrailers(out, StreamID(id), http.Header{"T": {"u"}})
		}, ErrUnknownStream) {
			s := r.m.streams[id]
			s.callerEnd = true
			r.m.streams[id] = s
		}
	case 5:
		if r.next(4) == 0 {
			id := r.pick(func(s mStream) bool { return !s.closed() })
			r.call(func(c Conn, out *Output) (Conn, error) { return c.Cancel(out, StreamID(id), 8) }, ErrUnknownStream)
		}
	case 6:
		r.call(func(c Conn, out *Output) (Conn, error) { return c.Ping(out, [8]byte{}) }, ErrTooManyPings)
	case 7:
		if r.manual {
			id := r.pick(func(s mStream) bool { return s.seen > s.consumed })
			s := r.m.streams[id]
			n := min(r.next(256)*4, s.seen-s.consumed)
			if id != 0 && !s.clientReset {
				r.call(func(c Conn, out *Output) (Conn, error) {
					return c.Consume(out, StreamID(id), s.seen-s.consumed+1)
				}, ErrConsumed)
			}
			if r.call(func(c Conn, out *Output) (Conn, error) { return c.Consume(out, StreamID(id), n) },
				ErrUnknownStream) && id != 0 {
				s.consumed += n
				r.m.streams[id] = s
			}
		}
	case 8:
		r.call(func(c Conn, out *Output) (Conn, error) {
			return c.Settings(out, Settings{StreamWindow: int32(r.next(256) * 8)})
		}, ErrTooManySettings)
	case 9:
		id := r.pick(canSend)
		if r.call(func(c Conn, out *Output) (Conn, error) { return c.Finish(out, StreamID(id)) }, ErrUnknownStream) {
			s := r.m.streams[id]
			s.callerEnd = true
			r.m.streams[id] = s
		}
	}
	r.settle()
}

// server says one thing that is legal.
func (r *mRun) server() {
	r.t.Helper()
	m := &r.m
	open := func(s mStream) bool { return !s.serverEnd && !s.over }
	switch r.next(10) {
	case 0:
		if id := r.pick(func(s mStream) bool { return open(s) && !s.head }); id != 0 {
			s := m.streams[id]
			status := []string{":status: 200", ":status: 404", ":status: 103"}[r.next(3)]
			if status != ":status: 103" {
				s.head, s.tunnel = true, s.connect && status == ":status: 200"
				s.serverEnd = s.noContent || r.next(8) == 0
				s.callerEnd = s.callerEnd || s.connect && !s.tunnel // refused: the client ends by itself
			}
			m.streams[id] = s
			r.say(fHeaders(id, s.serverEnd, status))
		}
	case 1, 2, 3:
		if id := r.pick(func(s mStream) bool { return open(s) && s.head }); id != 0 {
			s := m.streams[id]
			n := int(max(0, min(int64(r.next(256)*4), s.credit, m.credit)))
			frame, pad := "", r.next(256)
			s.serverEnd = r.next(8) == 0
			if total := int64(n + pad + 1); r.next(3) == 0 && total <= min(s.credit, m.credit) {
				frame = fPadded(id, s.serverEnd, string(mContent(s.delivered, n)), pad)
				s.credit, m.credit = s.credit-total, m.credit-total
			} else {
				frame = fData(id, s.serverEnd, string(mContent(s.delivered, n)))
				s.credit, m.credit = s.credit-int64(n), m.credit-int64(n)
			}
			s.delivered += n
			m.streams[id] = s
			r.say(frame)
			if s = m.streams[id]; s.seen != s.delivered {
				r.t.Fatalf("stream %d: %d of %d bytes seen", id, s.seen, s.delivered)
			}
		}
	case 4:
		if id := r.pick(func(s mStream) bool { return open(s) && s.head && !s.tunnel }); id != 0 && r.next(2) == 0 {
			s := m.streams[id]
			s.serverEnd = true
			m.streams[id] = s
			r.say(fBlock(id, true, hBlock("t: u"), r.next(3)))
		}
	case 5:
		if id := r.pick(func(s mStream) bool { return !s.closed() }); id != 0 && r.next(8) == 0 {
			s := m.streams[id]
			s.over = true
			m.streams[id] = s
			r.say(fReset(id, http2.ErrCode(r.next(14))))
		}
	case 6:
		n := uint32(r.next(256)*r.next(256) + 1)
		if id := r.pick(func(s mStream) bool { return !s.closed() }); id != 0 && r.next(2) == 0 {
			s := m.streams[id]
			if !s.clientEnd { // then it is ignored
				s.window += int64(n)
			}
			m.streams[id] = s
			r.say(fWindow(id, n))
			return
		}
		m.conn += int64(n)
		r.say(fWindow(0, n))
	case 7:
		switch r.next(6) {
		case 0, 1:
			m.window = int64(r.next(256) * r.next(256))
			r.say(fSettings(setWindow, uint32(m.window)))
		case 2:
			m.most = int64(r.next(12))
			r.say(fSettings(setStreams, uint32(m.most)))
		case 3:
			m.maxFrame = 1<<14 + r.next(3)*5000
			r.say(fSettings(setFrame, uint32(m.maxFrame)))
		case 4:
			r.say(fSettings(setTable, uint32(r.next(64)*100)))
		case 5:
			r.say(fSettings(0xabc, 1, connectOn, 1))
		}
	case 8:
		switch k := r.next(8); {
		case k == 0:
			m.away = true
			m.last = min(m.last, uint32(r.next(64)))
			for id, s := range m.streams {
				if id > m.last && !s.closed() {
					s.over = true
					m.streams[id] = s
				}
			}
			r.say(fGoAway(m.last, 0, ""))
		case k < 4 && m.pings > 0:
			m.pings--
			r.say(fPing(true, "12345678"))
		default:
			r.say(fPing(false, "12345678") + fRaw(0xbe, 3, 7, "unknown"))
		}
	case 9:
		if len(m.unacked) > 0 {
			m.ack()
			r.say(fAck())
		}
	}
}

func mStart(t testing.TB, in []byte) *mRun {
	r := &mRun{t: t, in: in}
	r.manual = r.next(2) == 1
	r.c = h2Started(t, Config{StreamWindow: mStreamWindow, ConnWindow: mConnWindow, ManualCredit: r.manual,
		Limits: Limits{MaxBuffered: 200_000, MaxInformational: -1}})
	r.m = mServer{streams: map[uint32]mStream{}, conn: 65535, credit: mConnWindow, window: 65535, initial: mStreamWindow,
		maxFrame: 1 << 14, most: 1 << 30,
		last: maxWindow}
	return r
}

func (r *mRun) run() {
	for len(r.in) > 0 {
		switch r.next(16) {
		case 0: // keep this value for later
			r.old = append(r.old[:min(len(r.old), 4)], mRun{c: r.c, m: r.m.fork()})
		case 1: // go on from an old one
			if len(r.old) > 0 {
				o := r.old[r.next(len(r.old))]
				r.c, r.m = o.c, o.m.fork()
			}
		case 2, 3, 4, 5, 6, 7, 8:
			r.client()
		default:
			r.server()
		}
	}
}

// FuzzH2Calls makes calls and lets a server speak that keeps the rules, both as the fuzzer's bytes say. What the client
// sends is held against the windows and limits, and what it keeps against the account of the server.
func FuzzH2Calls(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{50, 200, 500, 1000} {
		f.Add(mRandom(rng, n))
	}
	f.Fuzz(func(t *testing.T, in []byte) { mStart(t, in[:min(len(in), 4<<10)]).run() })
}

func mRandom(rng *rand.Rand, n int) []byte {
	in := make([]byte, n)
	for i := range in {
		in[i] = byte(rng.Uint32())
	}
	return in
}

// TestH2Calls is the fuzz target with random bytes.
func TestH2Calls(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for range 300 {
		mStart(t, mRandom(rng, 600)).run()
	}
}
