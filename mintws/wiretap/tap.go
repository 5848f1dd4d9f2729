package wiretap

import (
	"errors"
	"maps"
	"slices"
)

// Direction says who sent something.
type Direction uint8

// The two directions of a connection.
const (
	FromClient Direction = iota
	FromServer
)

// String returns ">" for what the client sent, and "<" for what the server sent.
func (d Direction) String() string {
	if d == FromServer {
		return "<"
	}
	return ">"
}

// Options is what a [Tap] keeps and shows. The zero Options is the default.
type Options struct {
	// Frames says that there is no handshake to be seen: both directions begin with WebSocket frames.
	Frames bool
	// MaxPayload is how many bytes of a payload a [Record] has at most, the first ones. Default 256; with a negative number there
	// are none.
	MaxPayload int
	// MaxHead is the largest head of HTTP/1.1, and the largest header block of HTTP/2, that is read, in bytes. Default 64 KiB.
	MaxHead int
	// Secrets shows credentials, too: see the package documentation.
	Secrets bool
}

// What a Tap cannot read on after, in [Record].Err.
var (
	ErrTooLong   = errors.New("wiretap: head is longer than MaxHead")
	ErrMalformed = errors.New("wiretap: malformed")                        // and where it goes on cannot be known
	ErrStreams   = errors.New("wiretap: more streams than are kept apart") // 65,536; frames of HTTP/2 are still shown
)

// Tap reads along on one connection. It is not a value, and not for several goroutines at once: where one reads while another
// writes, a lock is needed around Feed.
type Tap struct {
	opt   Options
	sides [2]side
	// A client that asked for an upgrade has its answer: 0 not yet, 1 frames follow, -1 HTTP goes on.
	answer  int8
	streams map[uint32]*stream // of HTTP/2
}

// side is one direction.
type side struct {
	from Direction
	step func(t *Tap, s *side, data []byte, each func(Record)) (rest []byte) // reads on; it is nil where that is impossible
	head head
	body body
	ws   frames
	h2   h2
}

// New returns a Tap for a new connection.
func New(opt Options) *Tap {
	if opt.MaxPayload == 0 {
		opt.MaxPayload = 256
	}
	opt.MaxPayload = max(0, opt.MaxPayload)
	if opt.MaxHead <= 0 {
		opt.MaxHead = 64 << 10
	}
	t := &Tap{opt: opt}
	for i := range t.sides {
		s := &t.sides[i]
		s.from, s.step = Direction(i), (*Tap).first
		if opt.Frames {
			s.step = (*Tap).frames
		}
	}
	return t
}

// Feed reads what was sent in one direction, cut anywhere, and passes to each what that completes, in order, so that there need be
// no room for as many Records as there can be in data. What a Record points to is valid during that call of each. data is read
// during the call of Feed, and not written.
//
// How data is cut makes no difference but to [Content], which is passed on as it comes.
//
// Feed the two directions in the order in which things happened: what was written when it is written, what was read when it is
// read.
func (t *Tap) Feed(from Direction, data []byte, each func(Record)) {
	s := &t.sides[from&1]
	for len(data) > 0 && s.step != nil {
		data = s.step(t, s, data, each)
	}
}

// End says that nothing more comes in one direction. What has begun and is not complete is passed to each, with Cut set.
func (t *Tap) End(from Direction, each func(Record)) {
	s := &t.sides[from&1]
	switch {
	case s.step == nil:
		return
	case len(s.head.buf) > 0:
		each(Record{From: s.from, Kind: Lost, Cut: true, Wire: int64(len(s.head.buf)), Err: ErrMalformed})
	case s.h2.n > 0:
		each(t.shown(s.h2.record(s.from, true)))
	}
	s.ws.cut(s.from, 0, each)
	for _, id := range slices.Sorted(maps.Keys(t.streams)) {
		t.streams[id].ws[s.from].cut(s.from, id, each)
	}
	s.step = nil
}

// lost ends a direction that cannot be read on.
func (t *Tap) lost(s *side, err error, each func(Record)) []byte {
	s.step = nil
	each(Record{From: s.from, Kind: Lost, Err: err})
	return nil
}

// frames reads WebSocket frames of a connection that has become one WebSocket.
func (t *Tap) frames(s *side, data []byte, each func(Record)) []byte {
	if !s.ws.feed(s.from, 0, t.opt.MaxPayload, data, each) {
		return t.lost(s, ErrMalformed, each)
	}
	return nil
}
