package session_test

import (
	"bytes"
	"errors"
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
	j.Keep = 2 << 20 // memory grows by more than what comes
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
