package httpconn

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// writerFunc is a writer that takes what it wants.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestOutputWriteTo: what was written leaves Send, the rest moves to the front, and Events stay.
func TestOutputWriteTo(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		take int // what the writer takes
		err  error
		want string // what is left
		fail error
	}{
		{"all", 6, nil, "", nil},
		{"part, with an error", 2, broken, "cdef", broken},
		{"part, without a word", 2, nil, "cdef", io.ErrShortWrite},
		{"nothing", 0, broken, "abcdef", broken},
		{"all, with an error", 6, broken, "", broken},
		{"more than there was", 7, nil, "", nil},
		{"less than nothing", -1, broken, "abcdef", broken},
	} {
		out := Output{Events: []Event{{Kind: EventDone}}, Send: append(make([]byte, 0, 64), "abcdef"...)}
		room := &out.Send[0]
		n, err := out.WriteTo(writerFunc(func([]byte) (int, error) { return c.take, c.err }))
		if n != int64(max(0, min(c.take, 6))) || err != c.fail || string(out.Send) != c.want {
			t.Errorf("%s: %d, %v, left %q", c.name, n, err, out.Send)
		}
		if len(out.Events) != 1 || &out.Send[:1][0] != room {
			t.Errorf("%s: events %v, or the memory of Send was let go", c.name, out.Events)
		}
	}
	var out Output
	if n, err := out.WriteTo(nil); n != 0 || err != nil { // the writer is not asked
		t.Errorf("nothing to write: %d, %v", n, err)
	}
}

// TestOutputTake: what is taken is gone from Send.
func TestOutputTake(t *testing.T) {
	out := Output{Events: []Event{{Kind: EventDone}}, Send: []byte("cd")}
	taken := out.Take([]byte("ab"))
	out.Send = append(out.Send, "ef"...)
	if string(taken) != "abcd" || len(out.Events) != 1 {
		t.Errorf("took %q, events %v", taken, out.Events)
	}
	if taken = out.Take(taken); string(taken) != "abcdef" || len(out.Send) != 0 {
		t.Errorf("took %q, left %q", taken, out.Send)
	}
}

// TestOutputServesManyConnections: one Output for two connections, each with a token of its own. No token goes to the
// other's server, however little each write takes.
func TestOutputServesManyConnections(t *testing.T) {
	var out Output
	var unwritten, got [2][]byte
	for i, token := range []string{"secret of the first", "secret of the second"} {
		conn, err := New(HTTP1, Config{}, &out)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = conn.Request(&out, Request{Authority: "a", Header: map[string][]string{"Authorization": {token}}})
		if err != nil {
			t.Fatal(err)
		}
		unwritten[i] = out.Take(unwritten[i])
	}
	for i := range got {
		rest := Output{Send: unwritten[i]}
		for len(rest.Send) > 0 {
			_, err := rest.WriteTo(writerFunc(func(p []byte) (int, error) {
				n := min(7, len(p))
				got[i] = append(got[i], p[:n]...)
				return n, nil
			}))
			if err != nil && err != io.ErrShortWrite {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Contains(got[0], []byte("of the first")) || bytes.Contains(got[0], []byte("of the second")) ||
		!bytes.Contains(got[1], []byte("of the second")) || bytes.Contains(got[1], []byte("of the first")) {
		t.Errorf("the servers got\n%s%s", got[0], got[1])
	}
}
