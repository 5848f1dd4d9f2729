package bench

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mintws/mintws/internal/utf8dfa"
	"github.com/mintws/mintws/mintws"
)

// mutable is a client's decoder that checks what mintws checks, and whose state is behind a pointer and changed in place:
// the time that it saves is the price of values. Messages of several frames or reads are joined in one buffer that is
// used again. It is here to be measured, so its errors have no detail and it judges headers, and control frames, as a
// whole.
type mutable struct {
	limits mintws.Limits
	part   []byte        // of a frame that cannot be judged yet
	buf    []byte        // messages of several frames or reads
	mark   int           // where the one under way begins
	op     mintws.Opcode // of the message under way, 0 between messages
	fin    bool          // its last frame has begun
	left   uint64        // bytes of its frame that are still to come
	frames int           // of the message
	text   utf8dfa.State
	closed bool
	err    error
}

// errMutable is why it refuses anything.
var errMutable = errors.New("not a legal stream")

// decode appends the messages that data completes to in.
func (m *mutable) decode(in *mintws.Inbox, data []byte) error {
	if m.err != nil {
		return m.err
	}
	if m.mark > 0 || m.op == 0 { // what came before was taken
		m.buf, m.mark = m.buf[:copy(m.buf, m.buf[m.mark:])], 0
	}
	for len(data) > 0 && !m.closed {
		if m.op == 0 && m.left == 0 && len(m.part) == 0 {
			if data = m.take(in, data); len(data) == 0 {
				break
			}
		}
		n, ok := 0, false
		if m.left > 0 {
			n, ok = m.payload(in, data)
		} else {
			n, ok = m.frame(in, data)
		}
		if !ok {
			m.err = errMutable
			return m.err
		}
		data = data[n:]
	}
	return nil
}

// take takes legal messages in one frame each that are all there, and returns the rest.
func (m *mutable) take(in *mintws.Inbox, data []byte) []byte {
	if m.limits.MaxFragments < 1 {
		return data
	}
	most := uint64(min(m.limits.MaxFrame, m.limits.MaxMessage))
	for len(data) >= 2 {
		first := data[0]
		if first != 0x80|byte(mintws.OpBinary) && first != 0x80|byte(mintws.OpText) {
			break
		}
		at, n, ok := m.length(data)
		if !ok || at == 0 || n > most || n > uint64(len(data)-at) {
			break
		}
		p := data[at:][:n:n]
		if first == 0x80|byte(mintws.OpText) && !utf8dfa.Valid(p) {
			break
		}
		m.add(in, mintws.Opcode(first&15), p)
		data = data[at+int(n):]
	}
	return data
}

// length parses the length in the header at the start of b, which has two bytes or more. at is where the header ends, 0 if it
// is not all there; ok is false for what RFC 6455 sections 5.1 and 5.2 forbid.
func (m *mutable) length(b []byte) (at int, n uint64, ok bool) {
	switch n = uint64(b[1]); {
	case n < 126:
		return 2, n, true
	case n == 126:
		if len(b) < 4 {
			return 0, 0, true
		}
		n = uint64(binary.BigEndian.Uint16(b[2:]))
		return 4, n, n >= 126
	case n == 127:
		if len(b) < 10 {
			return 0, 0, true
		}
		n = binary.BigEndian.Uint64(b[2:])
		return 10, n, n>>16 != 0 && n>>63 == 0
	}
	return 0, 0, false // a server masks nothing
}

func (m *mutable) add(in *mintws.Inbox, op mintws.Opcode, p []byte) {
	n := len(in.Frames)
	if n == cap(in.Frames) {
		in.Frames = slices.Grow(in.Frames, 1)
	}
	in.Frames = in.Frames[:n+1]
	f := &in.Frames[n]
	f.Opcode, f.More, f.RSV, f.Raw, f.Code = op, false, 0, false, 0
	f.Payload = p
}

// frame begins a frame, or keeps what there is of its beginning. It returns how many bytes it used.
func (m *mutable) frame(in *mintws.Inbox, data []byte) (used int, ok bool) {
	b, had := data, len(m.part)
	if had > 0 { // a header, or a control frame, is 127 bytes at most: what is not of it is not used
		m.part = append(m.part, data[:min(len(data), 127)]...)
		b = m.part
	}
	size, ok := m.begin(in, b)
	if !ok {
		return 0, false
	}
	if size > 0 {
		m.part = m.part[:0]
		return size - had, true
	}
	if had == 0 {
		m.part = append(m.part, data...)
	}
	return len(data), true
}

// begin judges the frame at the start of b and returns how many bytes it took of it: the header, or a whole control frame; 0
// where that is not all there.
func (m *mutable) begin(in *mintws.Inbox, b []byte) (size int, ok bool) {
	op, fin, control := mintws.Opcode(b[0]&15), b[0]&0x80 != 0, b[0]&8 != 0
	switch {
	case b[0]&0x70 != 0, // section 5.2: no extension has defined them
		op > mintws.OpBinary && op < mintws.OpClose || op > mintws.OpPong, // section 5.2
		control && !fin, // section 5.5
		!control && (op == mintws.OpContinuation) != (m.op != 0), // section 5.4
		!control && m.frames >= m.limits.MaxFragments:
		return 0, false
	}
	if len(b) < 2 {
		return 0, true
	}
	at, n, ok := m.length(b)
	if !ok || at == 0 {
		return 0, ok && !(control && b[1] > 125)
	}
	if control {
		return m.control(in, op, b, at, n)
	}
	if n > uint64(min(m.limits.MaxFrame, m.limits.MaxMessage-int64(len(m.buf)-m.mark))) {
		return 0, false
	}
	if op != mintws.OpContinuation {
		m.op, m.text = op, utf8dfa.Start
	}
	m.frames++
	m.fin, m.left = fin, n
	if n == 0 {
		return at, m.end(in)
	}
	return at, true
}

// control takes a control frame once all of it is there.
func (m *mutable) control(in *mintws.Inbox, op mintws.Opcode, b []byte, at int, n uint64) (size int, ok bool) {
	if n > 125 || op == mintws.OpClose && n == 1 { // sections 5.5 and 5.5.1
		return 0, false
	}
	if uint64(len(b)-at) < n {
		return 0, true
	}
	p := slices.Clone(b[at : at+int(n)])
	if op == mintws.OpClose {
		m.closed = true
		if n > 0 {
			code := mintws.CloseCode(binary.BigEndian.Uint16(p))
			if !code.Sendable() || !utf8dfa.Valid(p[2:]) { // section 7.4
				return 0, false
			}
		}
	}
	m.add(in, op, p)
	return at + int(n), true
}

// payload takes bytes of the data frame under way.
func (m *mutable) payload(in *mintws.Inbox, data []byte) (used int, ok bool) {
	p := data[:min(m.left, uint64(len(data)))]
	if m.op == mintws.OpText { // section 8.1
		next, bad := utf8dfa.Check(m.text, p)
		if bad >= 0 {
			return 0, false
		}
		m.text = next
	}
	m.buf = append(m.buf, p...)
	if m.left -= uint64(len(p)); m.left == 0 {
		return len(p), m.end(in)
	}
	return len(p), true
}

// end ends a frame, and with the last one the message.
func (m *mutable) end(in *mintws.Inbox) bool {
	if !m.fin {
		return true
	}
	if m.text != utf8dfa.Start { // section 8.1
		return false
	}
	m.add(in, m.op, m.buf[m.mark:len(m.buf):len(m.buf)])
	m.op, m.frames, m.mark = 0, 0, len(m.buf)
	return true
}

// newMutable has the default limits where those given are 0.
func newMutable(l mintws.Limits) *mutable {
	l = l.WithDefaults()
	return &mutable{limits: l}
}

// decodeMutable is decodeOurs for the twin.
func decodeMutable(b *testing.B, j decodeJob) {
	m, buf := newMutable(mintws.Limits{}), make([]byte, j.read)
	var in mintws.Inbox
	for b.Loop() {
		in.Reset()
		for wire := j.wire; len(wire) > 0; {
			n := received(buf, wire)
			if err := m.decode(&in, buf[:n]); err != nil {
				b.Fatal(err)
			}
			wire = wire[n:]
		}
		if len(in.Frames) != j.messages {
			b.Fatalf("%d frames", len(in.Frames))
		}
	}
}

// inPlaceMutable is inPlaceOurs for the twin.
func inPlaceMutable(b *testing.B, j decodeJob) {
	m := newMutable(mintws.Limits{})
	var in mintws.Inbox
	for b.Loop() {
		in.Reset()
		if err := m.decode(&in, j.wire); err != nil {
			b.Fatal(err)
		}
	}
	if len(in.Frames) != j.messages {
		b.Fatalf("%d frames", len(in.Frames))
	}
}

// TestMutable: the twin does what mintws does, or comparing them would mean nothing.
func TestMutable(t *testing.T) {
	legal, illegal := 0, 0
	for i := range 1000 {
		rng := rand.New(rand.NewPCG(20261122, uint64(i)))
		data, _ := generator{rng, mintws.Client}.stream(i%2 == 1)
		v := judge(mintws.Client, data)
		for _, cuts := range [][]int{nil, every(len(data), 1+len(data)/100), randomCuts(rng, len(data))} {
			got := readMutable(data, cuts)
			if len(v.breach) == 0 {
				legal++
			} else {
				illegal++
			}
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				comparePeer(t, "mutable", got, v, join(v.frames), len(data))
			})
		}
	}
	if legal < 1000 || illegal < 500 {
		t.Errorf("%d legal streams, %d others", legal, illegal)
	}
}

// readMutable reads data in pieces that end at cuts.
func readMutable(data []byte, cuts []int) (got reading) {
	m, start := newMutable(limits), 0
	for _, end := range append(cuts[:len(cuts):len(cuts)], len(data)) {
		var in mintws.Inbox
		got.refused = m.decode(&in, data[start:end])
		for _, f := range in.Frames {
			got.frames = append(got.frames, toRef(f.Clone()))
		}
		if got.refused != nil {
			break
		}
		start = end
	}
	return got
}
