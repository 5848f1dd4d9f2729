package bench

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"github.com/klauspost/compress/flate"

	"github.com/mintws/mintws/mintws"
)

// deflateSetting is what a client and its server agreed to, the same in both directions.
type deflateSetting struct {
	off      bool // no permessage-deflate at all
	takeover bool
	bits     int // of the window, 15 is no limit
}

// answer is the server's Sec-WebSocket-Extensions, "" for none.
func (s deflateSetting) answer() string {
	if s.off {
		return ""
	}
	ext := "permessage-deflate"
	if !s.takeover {
		ext += "; server_no_context_takeover; client_no_context_takeover"
	}
	if s.bits < 15 {
		bits := strconv.Itoa(s.bits)
		ext += "; server_max_window_bits=" + bits + "; client_max_window_bits=" + bits
	}
	return ext
}

// jsonMessages returns n different messages of size bytes each, which look like those of a feed.
func jsonMessages(size, n int) [][]byte {
	rng := rand.New(rand.NewPCG(uint64(size), 15))
	symbols := make([]string, 200)
	for i := range symbols {
		for range 3 + i%2 {
			symbols[i] += string(rune('A' + rng.IntN(26)))
		}
	}
	sides, types := []string{"buy", "sell"}, []string{"limit", "market", "stop"}
	all := make([][]byte, n)
	at := 1_774_000_000_000
	for i := range all {
		b := []byte{'['}
		for len(b) < size {
			at += rng.IntN(900)
			b = fmt.Appendf(b, `{"id":%d,"symbol":%q,"price":%d.%02d,"size":%d,"side":%q,"type":%q,"ts":%d,"account":"%08x"},`,
				10_000_000+rng.IntN(90_000_000), symbols[rng.IntN(200)], rng.IntN(900), rng.IntN(100), 1+rng.IntN(500),
				sides[rng.IntN(2)], types[rng.IntN(3)], at, rng.Uint32())
		}
		all[i] = b[:size]
	}
	return all
}

// rotation returns messages of the given size, more than any window holds, so that none is in reach when it comes again.
func rotation(size int) [][]byte { return jsonMessages(size, max(64, 96<<10/size)) }

// deflateWire returns the messages as a server sends them, compressed with level 1: first those that fill the window, then
// those of one round, which can be repeated for ever as each reaches into text that is the same in every round.
func deflateWire(t testing.TB, s deflateSetting, messages [][]byte) (first, round [][]byte) {
	t.Helper()
	f := newKlauspostWriter(t, s)
	pack := func() (list [][]byte) {
		for _, m := range messages {
			list = append(list, serverFrame(f.compress(m)))
		}
		return list
	}
	if s.takeover {
		first = pack()
	}
	return first, pack()
}

// serverFrame returns an unmasked frame of a compressed text.
func serverFrame(payload []byte) []byte {
	f := ws.NewTextFrame(payload)
	f.Header.Rsv = ws.Rsv(true, false, false)
	return ws.MustCompileFrame(f)
}

// klauspostWriter compresses messages and frames none of them. With takeover it is one writer that lives as long as the
// connection, so that nothing has to be kept or restored, at the price of 900 KiB a connection.
type klauspostWriter struct {
	w        *flate.Writer
	out      bytes.Buffer
	takeover bool
}

func newKlauspostWriter(t testing.TB, s deflateSetting) *klauspostWriter {
	t.Helper()
	f, err := &klauspostWriter{takeover: s.takeover}, error(nil)
	if s.bits < 15 {
		f.w, err = flate.NewWriterWindow(&f.out, 1<<s.bits)
	} else {
		f.w, err = flate.NewWriter(&f.out, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// compress returns p compressed. The result lives until the next call.
func (f *klauspostWriter) compress(p []byte) []byte {
	f.out.Reset()
	if !f.takeover {
		f.w.Reset(&f.out)
	}
	_, err := f.w.Write(p)
	if err == nil {
		err = f.w.Flush()
	}
	if err != nil { // a bytes.Buffer has none
		panic(err)
	}
	return f.out.Bytes()[:f.out.Len()-4]
}

// klauspostReader is the same for reading.
type klauspostReader struct {
	src bytes.Buffer
	r   io.ReadCloser
}

// decompress reads p's text into dst, which has its size.
func (f *klauspostReader) decompress(dst, p []byte, takeover bool) error {
	if !takeover {
		f.src.Reset()
	} // else the end of the last message may still be there, as nobody asked for more than its text
	f.src.Write(p)
	f.src.WriteString("\x00\x00\xff\xff")
	switch {
	case f.r == nil:
		f.r = flate.NewReader(&f.src)
	case !takeover:
		if err := f.r.(flate.Resetter).Reset(&f.src, nil); err != nil {
			return err
		}
	}
	_, err := io.ReadFull(f.r, dst)
	return err
}

// extensions are those of mintws: a program has one for all its connections.
var extensions sync.Map

// extension returns mintws's transform for s.
func extension(t testing.TB, opt mintws.DeflateOptions, s deflateSetting) []mintws.Transform {
	t.Helper()
	if s.off {
		return nil
	}
	opt.SendNoTakeover, opt.ReceiveNoTakeover = !s.takeover, !s.takeover
	made, err := mintws.NewDeflate(opt)
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := extensions.LoadOrStore(opt, made)
	e := kept.(mintws.Extension)
	p := mintws.Params{}
	for i, part := range strings.Split(s.answer(), "; ") {
		name, value, _ := strings.Cut(part, "=")
		if i == 0 {
			p.Name = name
		} else {
			p.Params = append(p.Params, mintws.Param{Name: name, Value: value})
		}
	}
	transform, err := e.Check(p)
	if err != nil {
		t.Fatal(err)
	}
	return []mintws.Transform{transform}
}

// openDeflate returns a WebSocket with permessage-deflate as agreed.
func openDeflate(t testing.TB, opt mintws.DeflateOptions, s deflateSetting) mintws.WebSocket {
	t.Helper()
	c, err := mintws.NewWebSocket(mintws.Client, mintws.Options{Transforms: extension(t, opt, s)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
