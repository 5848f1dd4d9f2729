package session_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestJoiner: pieces in any split become the messages, in the same memory.
func TestJoiner(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789"), 1000)
	want := []mintws.Frame{mintws.Text("whole"), mintws.Binary(big), mintws.Ping([]byte("p")), mintws.Text("ünïcödé"), mintws.Binary(nil), mintws.Text("end")}
	input := wstest.MaskedFrames(want[0],
		mintws.Frame{Opcode: mintws.OpBinary, Payload: big[:5000], More: true}, want[2],
		mintws.Frame{Opcode: mintws.OpContinuation, Payload: big[5000:], More: true}, mintws.Frame{Opcode: mintws.OpContinuation},
		want[3], want[4], want[5])
	want[1], want[2] = want[2], want[1] // the Ping came in between
	for size := 1; size < len(input); size += 1 + size/3 {
		var j session.Joiner
		ws, err := mintws.NewWebSocket(mintws.Server, mintws.Options{Delivery: mintws.DeliverPayload})
		if err != nil {
			t.Fatal(err)
		}
		var in mintws.Inbox
		var got []mintws.Frame
		buf := make([]byte, size)
		for rest := input; len(rest) > 0; {
			n := copy(buf, rest)
			rest = rest[n:]
			in.Reset()
			if ws, err = ws.AppendDecode(&in, buf[:n]); err != nil {
				t.Fatal(err)
			}
			for _, f := range in.Frames {
				msg, ok, addErr := j.Add(f)
				if addErr != nil || ok && msg.More {
					t.Fatalf("reads of %d: %v, %v", size, msg, addErr)
				}
				if ok {
					got = append(got, msg.Clone())
				} else if j.Joining() == 0 && len(f.Payload) > 0 {
					t.Errorf("reads of %d: nothing of %v is joined", size, f)
				}
			}
			clear(buf)
		}
		if len(got) != len(want) {
			t.Fatalf("reads of %d: %d messages, want %d", size, len(got), len(want))
		}
		for i, f := range got {
			if f.Opcode != want[i].Opcode || !bytes.Equal(f.Payload, want[i].Payload) {
				t.Errorf("reads of %d: message %d is %v, want %v", size, i, f, want[i])
			}
		}
		if j.Joining() != 0 {
			t.Errorf("reads of %d: %d bytes are left", size, j.Joining())
		}
	}
}

// TestJoinerLimits: a message that is too large, and pieces that do not belong together.
func TestJoinerLimits(t *testing.T) {
	piece := func(op mintws.Opcode, size int, more bool) mintws.Frame {
		return mintws.Frame{Opcode: op, Payload: make([]byte, size), More: more}
	}
	for name, tt := range map[string]struct {
		max    int64
		frames []mintws.Frame
		want   error
	}{
		"in one piece":        {10, []mintws.Frame{piece(mintws.OpText, 11, false)}, mintws.ErrMessageTooBig},
		"in pieces":           {10, []mintws.Frame{piece(mintws.OpText, 10, true), piece(mintws.OpContinuation, 1, true)}, mintws.ErrMessageTooBig},
		"just fits":           {10, []mintws.Frame{piece(mintws.OpText, 10, true), piece(mintws.OpContinuation, 0, false)}, nil},
		"the default":         {0, []mintws.Frame{piece(mintws.OpText, 16<<20, true), piece(mintws.OpContinuation, 1, false)}, mintws.ErrMessageTooBig},
		"no limit":            {-1, []mintws.Frame{piece(mintws.OpText, 16<<20, true), piece(mintws.OpContinuation, 1, false)}, nil},
		"without a beginning": {0, []mintws.Frame{piece(mintws.OpContinuation, 1, false)}, session.ErrPiece},
		"without an end":      {0, []mintws.Frame{piece(mintws.OpText, 1, true), piece(mintws.OpText, 1, false)}, session.ErrPiece},
	} {
		j := session.Joiner{Max: tt.max}
		var err error
		for _, f := range tt.frames {
			if err != nil {
				t.Errorf("%s: %v before the last piece", name, err)
			}
			_, _, err = j.Add(f)
		}
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if f, ok := mintws.CloseFrame(err); tt.want == mintws.ErrMessageTooBig && (!ok || f.Code != mintws.CodeMessageTooBig) {
			t.Errorf("%s: no Close for it: %v", name, f)
		}
		if msg, ok, nextErr := j.Add(piece(mintws.OpText, 3, false)); !ok || nextErr != nil || len(msg.Payload) != 3 {
			t.Errorf("%s: the message after it: %v, %v", name, msg, nextErr)
		}
	}
}

// TestJoinerMemory: memory is used again, and let go where it is much.
func TestJoinerMemory(t *testing.T) {
	message := func(j *session.Joiner, size int) []byte {
		t.Helper()
		half := make([]byte, size/2)
		j.Add(mintws.Frame{Opcode: mintws.OpBinary, Payload: half, More: true})
		msg, ok, err := j.Add(mintws.Frame{Opcode: mintws.OpContinuation, Payload: half})
		if !ok || err != nil || len(msg.Payload) != size || cap(msg.Payload) != size {
			t.Fatalf("%v, %v, %v", len(msg.Payload), ok, err)
		}
		return msg.Payload
	}
	var j session.Joiner
	if a, b := message(&j, 60_000), message(&j, 100); &a[0] != &b[0] {
		t.Error("the memory is not used again")
	}
	if a, b := message(&j, 200_000), message(&j, 100); &a[0] == &b[0] {
		t.Error("200 KB are kept")
	}
	j.Keep = -1
	if a, b := message(&j, 100), message(&j, 100); &a[0] == &b[0] {
		t.Error("memory is kept with a negative Keep")
	}
	j.Keep = 1 << 20 // memory grows to no more than that while it is enough
	piece := make([]byte, 16<<10)
	message(&j, 1<<20)
	n := testing.AllocsPerRun(100, func() {
		f := mintws.Frame{Opcode: mintws.OpBinary, Payload: piece, More: true}
		for range 63 {
			j.Add(f)
			f.Opcode = mintws.OpContinuation
		}
		f.More = false
		if msg, ok, _ := j.Add(f); !ok || len(msg.Payload) != 1<<20 {
			t.Fatal("no message")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations for a message of 1 MiB", n)
	}
}

// TestJoinerSpace: what is received into Space becomes the same messages, however it is cut, whatever comes in between and is left
// in Rest, and even if payload turns out to be elsewhere.
func TestJoinerSpace(t *testing.T) {
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answer, serverSide, ok := deflate.Answer(mintws.Params{Name: "permessage-deflate"})
	clientSide, err := deflate.Check(answer)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	for _, tt := range []struct {
		name       string
		role       mintws.Role
		buf        bool // is Space, and not what is read into
		compressed bool
	}{
		{"client", mintws.Client, false, false},
		{"server", mintws.Server, true, false},
		{"server that reads into Space", mintws.Server, false, false},
		{"client, compressed", mintws.Client, true, true},
		{"client that reads into Space, compressed", mintws.Client, false, true},
		{"server, compressed", mintws.Server, true, true},
	} {
		peerOpt, opt := mintws.Options{}, mintws.Options{Delivery: mintws.DeliverPayload}
		if tt.compressed {
			peerOpt.Transforms, opt.Transforms = []mintws.Transform{serverSide}, []mintws.Transform{clientSide}
			if tt.role == mintws.Server {
				peerOpt.Transforms, opt.Transforms = opt.Transforms, peerOpt.Transforms
			}
		}
		for seed := range uint64(200) {
			rng := rand.New(rand.NewPCG(seed, 7))
			var want, sent []mintws.Frame
			for range 1 + rng.IntN(8) {
				p := make([]byte, rng.IntN(1<<rng.IntN(15)))
				kinds := 1 + rng.IntN(256) // how well it can be compressed
				for i := range p {
					p[i] = byte(rng.IntN(kinds))
				}
				msg, op := mintws.Binary(p), mintws.OpBinary
				for rng.IntN(3) > 0 {
					n := rng.IntN(len(p) + 1)
					sent = append(sent, mintws.Frame{Opcode: op, Payload: p[:n], More: true})
					if p, op = p[n:], mintws.OpContinuation; rng.IntN(2) == 0 {
						ping := mintws.Ping(fmt.Appendf(nil, "ping %d", len(sent)))
						sent, want = append(sent, ping), append(want, ping)
					}
				}
				sent, want = append(sent, mintws.Frame{Opcode: op, Payload: p}), append(want, msg)
			}
			peer, pErr := mintws.NewWebSocket(1-tt.role, peerOpt)
			ws, wErr := mintws.NewWebSocket(tt.role, opt)
			if pErr != nil || wErr != nil {
				t.Fatal(pErr, wErr)
			}
			var input []byte
			for _, f := range sent {
				if peer, input, err = peer.AppendEncode(input, f); err != nil {
					t.Fatal(err)
				}
			}
			j, in, got := session.Joiner{Keep: 1 << rng.IntN(18)}, mintws.Inbox{Max: rng.IntN(2) * (1 + rng.IntN(5000))}, 0
			own := make([]byte, 1+rng.IntN(5000))
			for rest := input; len(rest) > 0; {
				data := own
				if !tt.buf {
					if space := j.Space(len(own)); space != nil {
						data = space
					}
					if len(data) != len(own) || cap(data) != len(own) {
						t.Fatalf("%s: %d bytes, capacity %d, for %d", tt.name, len(data), cap(data), len(own))
					}
				}
				n := copy(data[:1+rng.IntN(len(data))], rest)
				rest = rest[n:]
				for data = data[:n]; len(data) > 0; data = in.Rest {
					in.Reset()
					if tt.buf {
						in.Buf = j.Space(len(data))[:0]
					}
					if ws, err = ws.AppendDecode(&in, data); err != nil {
						t.Fatalf("%s, seed %d: %v", tt.name, seed, err)
					}
					for _, f := range in.Frames {
						msg, whole, addErr := j.Add(f)
						if addErr != nil {
							t.Fatal(addErr)
						}
						if !whole {
							continue
						}
						if got == len(want) || msg.Opcode != want[got].Opcode || !bytes.Equal(msg.Payload, want[got].Payload) ||
							cap(msg.Payload) != len(msg.Payload) {
							t.Fatalf("%s, seed %d: message %d is %v", tt.name, seed, got, msg)
						}
						got++
					}
				}
				clear(own)
			}
			if got != len(want) {
				t.Errorf("%s, seed %d: %d messages, want %d", tt.name, seed, got, len(want))
			}
		}
	}
}

// TestJoinerSpaceInPlace: a message that was received into Space stays there, also one that begins behind the last, and
// nothing is allocated.
func TestJoinerSpaceInPlace(t *testing.T) {
	sent := []mintws.Frame{mintws.Binary(bytes.Repeat([]byte("a"), 700)), mintws.Text("between"), mintws.Ping([]byte("p")),
		mintws.Binary(bytes.Repeat([]byte("b"), 1500))}
	for role, tt := range map[mintws.Role]struct {
		input []byte
		at    map[int]int // where the payload of each message begins
	}{
		mintws.Client: {wstest.Frames(sent...), map[int]int{700: 4, 1500: 4 + 700 + 2 + 7 + 2 + 1 + 4}},
		mintws.Server: {wstest.MaskedFrames(sent...), map[int]int{700: 0, 1500: 700 + 7 + 1}},
	} {
		ws, err := mintws.NewWebSocket(role, mintws.Options{Delivery: mintws.DeliverPayload})
		if err != nil {
			t.Fatal(err)
		}
		j, in, own := session.Joiner{Keep: 4096}, mintws.Inbox{}, make([]byte, 900)
		memory := j.Space(4096)
		play := func() {
			joined := 0
			for rest := tt.input; len(rest) > 0; {
				data := own
				if role == mintws.Client {
					data = j.Space(len(own))
				}
				n := copy(data, rest[:min(400+joined, len(rest))]) // the second read has the end of one and the beginning of the other
				rest = rest[n:]
				in.Reset()
				if role == mintws.Server {
					in.Buf = j.Space(n)[:0]
				}
				if ws, err = ws.AppendDecode(&in, data[:n]); err != nil {
					t.Fatal(err)
				}
				for _, f := range in.Frames {
					msg, ok, addErr := j.Add(f)
					if addErr != nil {
						t.Fatal(addErr)
					}
					if at := tt.at[len(msg.Payload)]; ok && len(msg.Payload) > 10 && &msg.Payload[0] != &memory[at] {
						t.Fatalf("%v: the message of %d bytes was moved", role, len(msg.Payload))
					}
				}
				joined = 500
			}
		}
		if n := testing.AllocsPerRun(100, play); n != 0 {
			t.Errorf("%v: %v allocations", role, n)
		}
	}
}

// TestJoinerSpaceMoves: memory does not grow because messages begin anywhere in it: the beginning of one goes to the front
// where little is moved by that.
func TestJoinerSpaceMoves(t *testing.T) {
	j, left, count := session.Joiner{Keep: 1 << 20}, 0, 0
	places := map[*byte]bool{}
	read := func() {
		for data := j.Space(999); len(data) > 0; {
			f := mintws.Frame{Opcode: mintws.OpContinuation}
			if left == 0 {
				f.Opcode, left = mintws.OpBinary, 1000
			}
			n := min(left, len(data))
			f.Payload, data = data[:n:n], data[n:]
			left -= n
			f.More = left > 0
			msg, ok, err := j.Add(f)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				places[&msg.Payload[0]] = true
				count++
			}
		}
	}
	if n := testing.AllocsPerRun(10_000, read); n != 0 || count < 9_900 || len(places) > 8 {
		t.Errorf("%v allocations, %d messages in %d places", n, count, len(places))
	}
}

// TestJoinerSpaceMissed: what is elsewhere is not looked for in all of Space, for each of many frames, which would take hours here.
// What is in Space comes right all the same, and is left as it is until then.
func TestJoinerSpaceMissed(t *testing.T) {
	j := session.Joiner{Keep: 16 << 20}
	space := j.Space(16 << 20)
	for i := range space {
		space[i] = byte(i >> 8)
	}
	want := bytes.Clone(space)
	add := func(f mintws.Frame) mintws.Frame {
		msg, _, err := j.Add(f)
		if err != nil {
			t.Fatal(err)
		}
		return msg
	}
	for range 1_000_000 {
		add(mintws.Text("elsewhere"))
	}
	add(mintws.Frame{Opcode: mintws.OpBinary, Payload: []byte("begins elsewhere"), More: true})
	add(mintws.Frame{Opcode: mintws.OpContinuation, Payload: space[1<<20 : 2<<20 : 2<<20], More: true})
	msg := add(mintws.Frame{Opcode: mintws.OpContinuation, Payload: space[3<<20 : 4<<20 : 4<<20]})
	if !bytes.Equal(msg.Payload, slices.Concat([]byte("begins elsewhere"), want[1<<20:2<<20], want[3<<20:4<<20])) {
		t.Error("the message is not what was added")
	}
	if !bytes.Equal(space[4<<20:], want[4<<20:]) {
		t.Error("what was lent is not as it was")
	}
}

// TestJoinerSpaceKept: Space is never more than is kept, and a message as large as Keep comes again and again in the same memory.
func TestJoinerSpaceKept(t *testing.T) {
	j := session.Joiner{Keep: 1000}
	if s := j.Space(1001); s != nil {
		t.Errorf("%d bytes between messages", len(s))
	}
	var first *byte
	for round := range 3 {
		f := mintws.Frame{Opcode: mintws.OpBinary, Payload: make([]byte, 300), More: true}
		for j.Joining() < 900 {
			j.Add(f)
			f.Opcode = mintws.OpContinuation
			if f.Payload = j.Space(300); j.Joining() == 900 {
				break
			}
			if len(f.Payload) != 300 || cap(f.Payload) != 300 {
				t.Fatalf("at %d: %d bytes", j.Joining(), len(f.Payload))
			}
			f.Payload[0] = byte(j.Joining() / 10)
		}
		if s := j.Space(101); s != nil {
			t.Errorf("%d bytes beyond what is kept", len(s))
		}
		f.Payload, f.More = make([]byte, 100), false
		msg, ok, err := j.Add(f)
		if !ok || err != nil || len(msg.Payload) != 1000 || msg.Payload[300] != 30 || msg.Payload[600] != 60 {
			t.Fatalf("%v, %v, %v", msg, ok, err)
		}
		if round == 0 {
			first = &msg.Payload[0]
		} else if first != &msg.Payload[0] {
			t.Error("the memory is not used again")
		}
	}
}

// TestJoinerStays: of messages as large as a read, each of which begins behind the end of the last one, most are handed out where
// they were read, with whole messages between them or without. Memory grows for that, but not above Keep.
func TestJoinerStays(t *testing.T) {
	const size, read, messages = 1000, 1000, 100
	for _, between := range []int{0, 1, 3} { // whole messages behind each
		ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Delivery: mintws.DeliverPayload})
		if err != nil {
			t.Fatal(err)
		}
		var input []byte
		for i := range messages {
			input = append(input, wstest.Frames(mintws.Binary(bytes.Repeat([]byte{byte(i)}, size)))...)
			for range between {
				input = append(input, wstest.Frames(mintws.Text([]byte("between")))...)
			}
		}
		j, in, own := session.Joiner{Keep: 8 * size}, mintws.Inbox{}, make([]byte, read)
		seen, moved, whole := 0, 0, 0
		var lies *byte // where the message under way was read
		for rest := input; len(rest) > 0; {
			buf := j.Space(read)
			if buf == nil {
				buf = own
			}
			n := copy(buf, rest)
			rest = rest[n:]
			in.Reset()
			if ws, err = ws.AppendDecode(&in, buf[:n]); err != nil {
				t.Fatal(err)
			}
			for _, f := range in.Frames {
				if j.Joining() == 0 && len(f.Payload) > 0 {
					lies = &f.Payload[0]
				}
				msg, ok, addErr := j.Add(f)
				switch {
				case addErr != nil:
					t.Fatal(addErr)
				case !ok:
				case string(msg.Payload) == "between":
					whole++
				default:
					if len(msg.Payload) != size || !bytes.Equal(msg.Payload, bytes.Repeat([]byte{byte(seen)}, size)) {
						t.Fatalf("message %d is %v", seen, msg)
					}
					if &msg.Payload[0] != lies {
						moved++
					}
					seen++
				}
			}
			clear(own)
		}
		if seen != messages || whole != messages*between {
			t.Fatalf("%d messages and %d between them, want %d and %d", seen, whole, messages, messages*between)
		}
		if moved > messages*2/5 {
			t.Errorf("%d between: %d of %d messages were moved", between, moved, messages)
		}
	}
}
