package session_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws/session"
)

// TestPending: whatever is put in and taken out in whatever pieces, it is the same bytes in the same order, and the counts are
// right. The Output is used for other things in between.
func TestPending(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var p session.Pending
		var out httpconn.Output
		var put, got []byte
		for range 300 {
			switch rnd.IntN(5) {
			case 0, 1:
				size := rnd.IntN(1 << rnd.IntN(15))
				for range size {
					out.Send = append(out.Send, byte(rnd.Uint32()))
				}
				put = append(put, out.Send...)
				if rnd.IntN(2) == 0 {
					p.Caused(&out, 0)
				} else {
					p.Produced(&out, 0)
				}
				if len(out.Send) != 0 {
					t.Fatalf("%d bytes stay in the Output", len(out.Send))
				}
				poisoned := out.Send[:cap(out.Send)]
				for i := range poisoned {
					poisoned[i] = 0xaa
				}
			case 2, 3:
				b := p.Next()
				if len(b) != cap(b) || (len(b) == 0) != (p.Len() == 0) {
					t.Fatalf("Next has %d bytes and a capacity of %d, Len is %d", len(b), cap(b), p.Len())
				}
				if len(b) > 0 {
					n := rnd.IntN(len(b) + 1)
					got = append(got, b[:n]...)
					p.Wrote(n)
					if after := p.Next(); n < len(b) && &after[0] != &b[n] {
						t.Fatal("what waits was moved")
					}
				}
			case 4:
				w := &short{limit: rnd.IntN(1000)}
				n, err := p.WriteTo(w)
				got = append(got, w.got...)
				if int(n) != len(w.got) || (err == nil) != (p.Len() == 0) {
					t.Fatalf("WriteTo: %d of %d bytes, %v, %d wait", n, len(w.got), err, p.Len())
				}
			}
			if p.Len() != len(put)-len(got) || p.Waiting() != p.Len() {
				t.Fatalf("Len %d, Waiting %d, want %d", p.Len(), p.Waiting(), len(put)-len(got))
			}
		}
		var rest bytes.Buffer
		p.WriteTo(&rest)
		if got = append(got, rest.Bytes()...); !bytes.Equal(got, put) {
			t.Fatal("not the bytes that were put in")
		}
	}
}

// short takes some bytes and then no more, with an error or without.
type short struct {
	limit int
	got   []byte
}

func (s *short) Write(b []byte) (int, error) {
	n := min(len(b), s.limit-len(s.got))
	s.got = append(s.got, b[:n]...)
	if n < len(b) && s.limit%2 == 0 {
		return n, errors.New("full")
	}
	return n, nil
}

// TestPendingShort: a writer that takes less and says nothing is caught, as io.Writer has it.
func TestPendingShort(t *testing.T) {
	var p session.Pending
	p.Caused(&httpconn.Output{Send: []byte("0123456789")}, 0)
	if n, err := p.WriteTo(&short{limit: 3}); n != 3 || err != io.ErrShortWrite || string(p.Next()) != "3456789" {
		t.Errorf("%d, %v, %q is left", n, err, p.Next())
	}
	p.Wrote(100)
	p.Wrote(1)
	p.Wrote(-1)
	if p.Len() != 0 || p.Next() != nil {
		t.Errorf("%d bytes left", p.Len())
	}
}

// TestPendingNoCopy: what fills its memory is taken over and not copied, and the Output gets memory back.
func TestPendingNoCopy(t *testing.T) {
	var p session.Pending
	var out httpconn.Output
	for i := range 4 {
		if i > 2 && cap(out.Send) == 0 {
			t.Error("the Output has no memory of a chunk that was written")
		}
		out.Send = append(out.Send, make([]byte, 64<<10)...)
		memory := &out.Send[0]
		p.Caused(&out, 0)
		if cap(out.Send) > 0 && &out.Send[:1][0] == memory {
			t.Error("the Output still has the memory")
		}
		if i == 0 && &p.Next()[0] != memory {
			t.Error("the bytes were copied")
		}
		for i > 0 && p.Len() > 64<<10 {
			p.Wrote(64 << 10)
		}
	}
	var small session.Pending
	out.Send = append(make([]byte, 0, 1<<20), make([]byte, 5000)...)
	small.Caused(&out, 0)
	if cap(out.Send) != 1<<20 {
		t.Error("a MiB is held for 5000 bytes")
	}
}

// TestPendingAllocs: as long as something waits, memory goes round.
func TestPendingAllocs(t *testing.T) {
	for _, size := range []int{10, 1000, 20_000} {
		var p session.Pending
		out := httpconn.Output{Send: make([]byte, 30_000)}
		p.Caused(&out, 0)
		message := make([]byte, size)
		n := testing.AllocsPerRun(2000, func() {
			out.Send = append(out.Send, message...)
			p.Caused(&out, 0)
			for n := size; n > 0; {
				n -= wrote(&p, min(n, 700))
			}
		})
		if n > 0.01 || p.Len() != 30_000 {
			t.Errorf("%d bytes: %v allocations, %d wait", size, n, p.Len())
		}
	}
}

func wrote(p *session.Pending, n int) int {
	n = min(n, len(p.Next()))
	p.Wrote(n)
	return n
}

// TestPendingMarks: which kind of bytes has to stop when, and goes on when.
func TestPendingMarks(t *testing.T) {
	p := session.Pending{High: 100, Low: 40}
	check := func(when string, read, produce bool) {
		t.Helper()
		if p.MayRead() != read || p.MayProduce() != produce {
			t.Errorf("%s: may read %v, produce %v, want %v, %v", when, p.MayRead(), p.MayProduce(), read, produce)
		}
	}
	send := func(n int) *httpconn.Output { return &httpconn.Output{Send: make([]byte, n)} }
	check("empty", true, true)
	p.Produced(send(99), 0)
	check("below the mark", true, true)
	p.Produced(send(1), 0)
	check("produced as much as may wait", true, false)
	p.Caused(send(99), 0)
	check("reading caused less than may wait", true, false)
	p.Caused(send(1), 0)
	check("reading caused as much as may wait", false, false)
	p.Wrote(59)
	check("caused is above low", false, false)
	p.Wrote(1)
	check("caused is low", true, false)
	p.Wrote(100)
	check("all is low", true, true)
	p.Wrote(40)
	check("empty again", true, true)

	// Bytes in the Conn count, and are not counted again when they come out.
	p.Caused(send(50), 50)
	check("half of it waits in the Conn", false, false)
	p.Caused(send(50), 0)
	check("and comes out", false, false)
	if p.Waiting() != 100 || p.Len() != 100 {
		t.Errorf("%d wait, %d in the buffer, want 100", p.Waiting(), p.Len())
	}
	p.Wrote(100)
	p.Produced(send(0), 150)
	check("the program's waits in the Conn", true, false)
	p.Caused(send(150), 0)
	check("and comes out because of what was read", true, false)
	p.Produced(send(0), 0)
	p.Reset()
	check("dropped", true, true)
	p.Caused(send(0), 150)
	check("caused, all of it in the Conn", false, false)
	p.Caused(send(0), 0)
	check("and lost with its stream", true, true)

	p.Caused(send(0), 150)
	p.Caused(send(0), 30)
	check("most of it lost", true, true)
	p.Reset()
	p.Produced(send(100), 0)
	p.Caused(send(10), 0)
	p.Wrote(50)
	p.Caused(send(100), 0)
	check("what was written counts once", false, false)
	p.Reset()
	p.Caused(send(90), 0)
	p.Produced(send(0), 100)
	p.Caused(send(0), 0) // a stream is lost, and with it what the program had to say
	p.Caused(send(10), 0)
	check("what was lost was not caused", false, false)

	var zero session.Pending
	zero.Caused(send(64<<10-1), 0)
	if !zero.MayRead() {
		t.Error("the default stops below 64 KiB")
	}
	zero.Caused(send(1), 0)
	if zero.MayRead() {
		t.Error("the default does not stop at 64 KiB")
	}
	zero.Wrote(1 << 20)
	for zero.Len() > 32<<10 {
		wrote(&zero, 1)
	}
	if !zero.MayRead() {
		t.Error("the default does not go on at half of it")
	}
}

// TestPendingNeverStuck: a peer that takes no more before its answers were read does not stop for ever, since what the program
// produced never stops reading.
func TestPendingNeverStuck(t *testing.T) {
	p := session.Pending{High: 1000}
	var out httpconn.Output
	for range 1000 {
		for p.MayProduce() {
			out.Send = append(out.Send, make([]byte, 400)...)
			p.Produced(&out, 0)
		}
		if !p.MayRead() {
			t.Fatal("reading has stopped, and nothing was read")
		}
		wrote(&p, 10)
	}
}

// TestPendingSize: what an idle connection costs.
func TestPendingSize(t *testing.T) {
	var p session.Pending
	if size := unsafe.Sizeof(p); size > 24 {
		t.Errorf("a Pending has %d bytes, want 24 at most", size)
	}
	var out httpconn.Output
	if n := testing.AllocsPerRun(100, func() { p.Caused(&out, 0); p.Produced(&out, 0); p.Wrote(0) }); n != 0 {
		t.Errorf("%v allocations with nothing to write", n)
	}
}
