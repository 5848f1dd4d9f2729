package mintws_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/golden"
	"github.com/mintws/mintws/mintws"
)

// TestTalks holds the conversations of testdata/talks, whose README says how they are written, on both versions of HTTP, also if
// the client reads one byte at a time: what comes of each line is the same.
func TestTalks(t *testing.T) {
	for _, version := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
		for name, size := range map[string]int{"whole": 1 << 20, "byte by byte": 1} {
			t.Run(version.String()+" "+name, func(t *testing.T) {
				golden.Talk(t, "testdata/talks", func() golden.Party { return (&talk{version: version, size: size}).do })
			})
		}
	}
}

// talk is a client, driven as a program would, and the server's side as bytes.
type talk struct {
	version httpconn.Version
	size    int // of a read
	opt     mintws.Options
	conn    httpconn.Conn
	ws      mintws.WebSocket
	out     httpconn.Output
	in      mintws.Inbox
	ended   bool // our half of the stream
	wire    bytes.Buffer
	results []string
}

// shown is how many bytes of a frame are shown beside what they mean.
const shown = 24

// keyOfZeros makes masking keys of zeros, so that payloads can be read in the bytes.
type keyOfZeros struct{}

func (keyOfZeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// acceptOfZeros is the answer to a handshake whose key is of zeros (RFC 6455 section 1.3).
func acceptOfZeros() string {
	sum := sha1.Sum([]byte(base64.StdEncoding.EncodeToString(make([]byte, 16)) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (k *talk) say(format string, args ...any) {
	k.results = append(k.results, fmt.Sprintf(format, args...))
}

// do does what a line says.
func (k *talk) do(t *testing.T, line string) []string {
	t.Helper()
	k.results = nil
	w := golden.Read(t, line)
	if k.ws.State() == mintws.Invalid {
		for ok := w.Is("with"); ok && !w.Over(); {
			k.option(w)
		}
		k.open(t)
		if w.Over() {
			return nil
		}
	}
	state := k.ws.State()
	switch {
	case w.Is("client answers"):
		if f, ok := k.ws.Reply(k.frame(w)); ok {
			k.send(f)
		} else {
			k.say("no answer is due")
		}
	case w.Is("client sends the Close that is due"):
		f, ok := mintws.CloseFrame(k.ws.Err())
		if !ok {
			w.Fail("no Close is due")
		}
		k.send(f)
	case w.Is("client sends"):
		k.send(k.frame(w))
	case w.Is("server sends"):
		var data []byte
		if size := k.size; w.Is("in one read") {
			k.size = 1 << 20
			defer func() { k.size = size }()
		}
		for more := true; more; more = w.Is("+") {
			if w.Is("bytes") {
				data = append(data, w.Bytes()...)
			} else {
				data = append(data, wireOf(k.frame(w))...)
			}
		}
		k.receive(t, data, w.Is("and ends the stream"))
	case w.Is("server ends the stream"):
		k.receive(t, nil, true)
	default:
		w.Fail("not understood")
	}
	w.End()
	k.wrote(t)
	if now := k.ws.State(); now != state {
		switch err := k.ws.Err(); {
		case err != nil:
			k.say("client is %v: %v", now, err)
		case k.ws.Over():
			k.say("client is %v, and ended well", now)
		default:
			k.say("client is %v", now)
		}
	}
	if !k.ended { // does our half of the stream still take something?
		_, err := k.conn.BeginData(new(httpconn.Output), k.ws.StreamID(), 0)
		if k.ended = err != nil; k.ended {
			k.say("client's half of the stream is over")
		}
	}
	return k.results
}

// option reads an option of the client.
func (k *talk) option(w *golden.Words) {
	switch {
	case w.Is("ManualReply"):
		k.opt.ManualReply = true
	case w.Is("DeliverFragments"):
		k.opt.Delivery = mintws.DeliverFragments
	case w.Is("MaxMessage"):
		k.opt.Limits.MaxMessage = int64(w.Number())
	default:
		w.Fail("no such option")
	}
}

// frame reads a frame, written as Frame.String shows it.
func (k *talk) frame(w *golden.Words) (f mintws.Frame) {
	for _, op := range []mintws.Opcode{mintws.OpText, mintws.OpBinary, mintws.OpContinuation, mintws.OpPing, mintws.OpPong, mintws.OpClose} {
		if !w.Is(op.String()) {
			continue
		}
		f.Opcode = op
		if op == mintws.OpClose && w.HasNumber() {
			f.Code = mintws.CloseCode(w.Number())
		}
		if w.HasString() {
			f.Payload = []byte(w.String())
		} else {
			f.Payload = w.Bytes()
		}
		f.More = w.Is("...")
		return f
	}
	w.Fail("a frame is missing")
	return f
}

// open is the opening handshake, which is no part of the conversations.
func (k *talk) open(t *testing.T) {
	t.Helper()
	var err error
	if k.conn, err = httpconn.New(k.version, httpconn.Config{}, &k.out); err != nil {
		t.Fatal(err)
	}
	fr, head := http2.NewFramer(&k.wire, nil), new(bytes.Buffer)
	if k.version == httpconn.HTTP2 {
		if err = fr.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1}); err != nil {
			t.Fatal(err)
		}
		if k.conn, err = k.conn.Stream(&k.out, k.wire.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	k.opt.Rand = keyOfZeros{}
	if k.conn, k.ws, err = mintws.Upgrade(k.conn, &k.out, "ws://example.com/chat", k.opt); err != nil {
		t.Fatal(err)
	}
	k.out.Reset()
	k.wire.Reset()
	if k.version == httpconn.HTTP1 {
		k.wire.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
			acceptOfZeros() + "\r\n\r\n")
	} else {
		err = hpack.NewEncoder(head).WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(http.StatusOK)})
		if err == nil {
			err = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(k.ws.StreamID()), BlockFragment: head.Bytes(), EndHeaders: true})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	k.stream(t, k.wire.Bytes(), false)
	if k.ws.State() != mintws.Open || len(k.results) > 0 {
		t.Fatalf("the opening handshake failed: %v %q", k.ws.State(), k.results)
	}
}

// send sends a frame of the client's.
func (k *talk) send(f mintws.Frame) {
	var err error
	if k.conn, k.ws, err = mintws.Send(k.conn, &k.out, k.ws, f); err != nil {
		k.say("error: %v", err)
	}
}

// receive lets the client read what the server has sent: bytes of the stream, the end of its half, or both at once.
func (k *talk) receive(t *testing.T, data []byte, end bool) {
	t.Helper()
	if k.version == httpconn.HTTP1 {
		k.stream(t, data, end)
		return
	}
	k.wire.Reset()
	if err := http2.NewFramer(&k.wire, nil).WriteData(uint32(k.ws.StreamID()), end, data); err != nil {
		t.Fatal(err)
	}
	k.stream(t, k.wire.Bytes(), false)
}

// stream is one turn of a program's loop.
func (k *talk) stream(t *testing.T, data []byte, eof bool) {
	t.Helper()
	var err error
	for piece := range slices.Chunk(bytes.Clone(data), k.size) {
		if k.conn, err = k.conn.Stream(&k.out, piece); err != nil {
			t.Fatal(err)
		}
	}
	if eof {
		if k.conn, err = k.conn.StreamEOF(&k.out); err != nil {
			t.Fatal(err)
		}
	}
	for _, ev := range k.out.Events {
		k.conn, k.ws, err = mintws.Receive(k.conn, &k.out, k.ws, &k.in, ev)
		for _, f := range k.in.Frames {
			k.say("client gets %v", f)
		}
		k.in.Reset()
		if err != nil && err != k.ws.Err() {
			k.say("error: %v", err)
		}
	}
	k.out.Events = k.out.Events[:0]
}

// wrote shows what the client wrote: the bytes of its stream, frame by frame.
func (k *talk) wrote(t *testing.T) {
	t.Helper()
	sent := k.out.Send
	if k.version == httpconn.HTTP2 {
		sent = nil
		fr := http2.NewFramer(nil, bytes.NewReader(k.out.Send))
		for f, err := fr.ReadFrame(); err == nil; f, err = fr.ReadFrame() {
			if data, ok := f.(*http2.DataFrame); ok {
				sent = append(sent, data.Data()...)
			}
		}
	}
	for len(sent) > 0 {
		f, n := readMasked(sent)
		if n == 0 {
			t.Fatalf("the client wrote % x", sent)
		}
		if n <= shown {
			k.say("client writes %v = % x", f, sent[:n])
		} else {
			k.say("client writes %v = % x …", f, sent[:shown])
		}
		sent = sent[n:]
	}
	k.out.Reset()
}

// wireOf is a frame as a server sends it, legal or not (RFC 6455 section 5.2). It is written here once more, as a mistake of ours
// must not be on both sides.
func wireOf(f mintws.Frame) []byte {
	first := byte(f.Opcode)
	if !f.More {
		first |= 0x80
	}
	var p []byte
	if f.Code != 0 {
		p = binary.BigEndian.AppendUint16(p, uint16(f.Code))
	}
	p = append(p, f.Payload...)
	return append([]byte{first, byte(len(p))}, p...)
}

// readMasked reads the short frame, with a key of zeros, that a client's bytes begin with. Where there is none, n is 0.
func readMasked(b []byte) (f mintws.Frame, n int) {
	if len(b) < 6 || b[1] < 0x80 || b[1] > 0x80+125 || len(b) < 6+int(b[1]-0x80) || [4]byte(b[2:]) != [4]byte{} {
		return f, 0
	}
	n = 6 + int(b[1]-0x80)
	f = mintws.Frame{Opcode: mintws.Opcode(b[0] & 0xF), More: b[0]&0x80 == 0, Payload: b[6:n]}
	if f.Opcode == mintws.OpClose && n >= 8 {
		f.Code, f.Payload = mintws.CloseCode(binary.BigEndian.Uint16(b[6:])), b[8:n]
	}
	return f, n
}
