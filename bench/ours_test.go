package bench

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// ours is what mintws made of a stream.
type ours struct {
	frames   []refFrame
	err      error
	from, to int // the piece of the input with which err came
}

// newEndpoint returns an open WebSocket with the limits of these tests.
func newEndpoint(t testing.TB, role mintws.Role, d mintws.Delivery) mintws.WebSocket {
	t.Helper()
	endpoint, err := mintws.NewWebSocket(role, mintws.Options{Limits: limits, Delivery: d})
	if err != nil {
		t.Fatal(err)
	}
	return endpoint
}

// decode feeds data to endpoint in pieces that end at cuts, and once more at the end. Each piece is overwritten once its
// frames are taken, and the Inbox emptied: what a value keeps must not live there.
func decode(t testing.TB, endpoint mintws.WebSocket, data []byte, cuts []int) (o ours) {
	t.Helper()
	var in mintws.Inbox
	start := 0
	for _, end := range append(cuts[:len(cuts):len(cuts)], len(data)) {
		piece := bytes.Clone(data[start:end])
		next, err := endpoint.AppendDecode(&in, piece)
		endpoint = next
		for _, f := range in.Frames {
			o.frames = append(o.frames, toRef(f))
		}
		for i := range piece {
			piece[i] = 0xA5
		}
		clear(in.Buf)
		in.Reset()
		if err != nil {
			o.err, o.from, o.to = err, start, end
			if _, again := endpoint.AppendDecode(&in, []byte{0x81, 0}); again != err || len(in.Frames) > 0 {
				t.Fatalf("after %v, Decode returned %v with %d frames: it must stick", err, again, len(in.Frames))
			}
			return o
		}
		start = end
	}
	return o
}

// toRef copies a frame that mintws delivered. The code of a Close goes back in front of its reason.
func toRef(f mintws.Frame) refFrame {
	r := refFrame{op: f.Opcode, more: f.More}
	if f.Code != 0 {
		r.payload = append(r.payload, byte(f.Code>>8), byte(f.Code))
	}
	r.payload = append(r.payload, f.Payload...)
	return r
}

// every cuts n bytes after each step.
func every(n, step int) (cuts []int) {
	for i := step; i < n; i += step {
		cuts = append(cuts, i)
	}
	return cuts
}

// randomCuts cuts n bytes at up to 8 places, which may coincide.
func randomCuts(rng *rand.Rand, n int) []int {
	cuts := make([]int, rng.IntN(9))
	for i := range cuts {
		cuts[i] = rng.IntN(n + 1)
	}
	slices.Sort(cuts)
	return cuts
}

// join makes messages of frames: what DeliverMessages is to hand over. A message that is not complete is left out.
func join(frames []refFrame) (whole []refFrame) {
	var msg refFrame
	for _, f := range frames {
		if f.op.IsControl() {
			whole = append(whole, f)
			continue
		}
		if f.op != mintws.OpContinuation {
			msg = refFrame{op: f.op}
		}
		if msg.payload = append(msg.payload, f.payload...); !f.more {
			whole = append(whole, msg)
		}
	}
	return whole
}

// sameFrames fails the test unless got and want are the same.
func sameFrames(t testing.TB, what string, got, want []refFrame) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if !got[i].equal(want[i]) {
			t.Fatalf("%s: frame %d is %v, want %v", what, i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d frames, want %d: %v, want %v", what, len(got), len(want), got, want)
	}
}

// compare decodes data with every delivery, cut as given, and holds the result against the oracle's verdict.
func compare(t testing.TB, role mintws.Role, data []byte, cuts []int, v verdict) {
	t.Helper()
	names := [...]string{"messages", "fragments", "payload"}
	for d := mintws.DeliverMessages; d <= mintws.DeliverPayload; d++ {
		got := decode(t, newEndpoint(t, role, d), data, cuts)
		what := role.String() + ", " + names[d]
		switch d {
		case mintws.DeliverMessages:
			sameFrames(t, what, got.frames, join(v.frames))
		case mintws.DeliverFragments:
			sameFrames(t, what, got.frames, v.frames)
		case mintws.DeliverPayload:
			sameFrames(t, what, join(got.frames), join(v.frames))
		}
		sameError(t, what, got, v)
	}
}

// sameError fails the test unless got refused the stream where v says so, and for a reason that v gives.
func sameError(t testing.TB, what string, got ours, v verdict) {
	t.Helper()
	if len(v.breach) == 0 {
		if got.err != nil {
			t.Fatalf("%s: refused with %q at %d to %d, but the stream is legal", what, got.err, got.from, got.to)
		}
		return
	}
	if got.err == nil {
		t.Fatalf("%s: accepted, but byte %d breaks %v", what, v.at, v.rules)
	}
	if v.at < got.from || v.at >= got.to {
		t.Fatalf("%s: refused with %q in bytes %d to %d, but it is byte %d that breaks %v",
			what, got.err, got.from, got.to, v.at, v.rules)
	}
	var pe *mintws.ProtocolError
	if !errors.As(got.err, &pe) {
		t.Fatalf("%s: %T, want *ProtocolError: %v", what, got.err, got.err)
	}
	for _, sentinel := range v.breach {
		if errors.Is(got.err, sentinel) {
			if want := closeCodeOf(sentinel); pe.Code != want {
				t.Fatalf("%s: close code %v for %v, want %v", what, pe.Code, sentinel, want)
			}
			return
		}
	}
	t.Fatalf("%s: refused with %q, want one of %q", what, got.err, v.breach)
}

// closeCodeOf is the status code that RFC 6455 section 7.4.1 has for a breach.
func closeCodeOf(sentinel error) mintws.CloseCode {
	switch sentinel {
	case mintws.ErrInvalidUTF8:
		return mintws.CodeInvalidPayload
	case mintws.ErrMessageTooBig, mintws.ErrTooManyFragments:
		return mintws.CodeMessageTooBig
	}
	return mintws.CodeProtocolError
}
