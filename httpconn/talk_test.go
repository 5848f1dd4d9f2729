package httpconn_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/golden"
)

// TestTalks holds the conversations of testdata/talks over HTTP/2. The README there says how they are written. What comes of
// them is the same if the client reads one byte at a time.
func TestTalks(t *testing.T) {
	for name, size := range map[string]int{"whole": 1 << 20, "byte by byte": 1} {
		t.Run(name, func(t *testing.T) {
			golden.Talk(t, "testdata/talks", func() golden.Party { return newTalk(size).do })
		})
	}
}

// talk is a client, and the server's side as frames that x/net's Framer writes and reads.
type talk struct {
	size     int // of a read
	conn     httpconn.Conn
	out      httpconn.Output
	server   *http2.Framer // writes to wire
	wire     bytes.Buffer
	enc      *hpack.Encoder // of the server's header blocks, into block
	block    bytes.Buffer
	client   *http2.Framer // reads what the client wrote, from sent
	sent     bytes.Buffer
	streams  []httpconn.StreamID // that were requested
	next     httpconn.Next
	buffered map[httpconn.StreamID]int
	results  []string
}

func newTalk(size int) *talk {
	k := &talk{size: size, buffered: map[httpconn.StreamID]int{}}
	k.server = http2.NewFramer(&k.wire, nil)
	k.server.AllowIllegalWrites = true
	k.enc = hpack.NewEncoder(&k.block)
	k.client = http2.NewFramer(nil, &k.sent)
	k.client.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	return k
}

func (k *talk) say(format string, args ...any) {
	k.results = append(k.results, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// do does what a line says.
func (k *talk) do(t *testing.T, line string) []string {
	t.Helper()
	k.results = nil
	w := golden.Read(t, line)
	switch {
	case w.Is("client connects"):
		k.connect(t, w)
	case w.Is("client requests"):
		k.request(w)
	case w.Is("show"):
		k.show()
	case w.Is("client"):
		k.call(w)
	case w.Is("server ends the connection"):
		var err error
		k.conn, err = k.conn.StreamEOF(&k.out)
		k.heard(err)
	case w.Is("server sends"):
		k.wire.Reset()
		for more := true; more; more = w.Is("+") {
			if err := k.frame(w); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		for piece := range slices.Chunk(bytes.Clone(k.wire.Bytes()), k.size) {
			if k.conn, err = k.conn.Stream(&k.out, piece); err != nil {
				break
			}
		}
		k.heard(err)
	default:
		w.Fail("not understood")
	}
	w.End()
	k.wrote(t)
	for _, id := range k.streams {
		if n := k.conn.Buffered(id); n != k.buffered[id] {
			k.say("client has %d bytes queued on %d", n, id)
			k.buffered[id] = n
		}
	}
	if now := k.conn.Next(); now != k.next {
		k.say("next: %v", now)
		k.next = now
	}
	return k.results
}

// connect begins the connection, with options of Config.
func (k *talk) connect(t *testing.T, w *golden.Words) {
	t.Helper()
	var cfg httpconn.Config
	for ok := w.Is("with"); ok && !w.Over(); {
		switch {
		case w.Is("ManualCredit"):
			cfg.ManualCredit = true
		case w.Is("StreamWindow"):
			cfg.StreamWindow = int32(w.Number())
		case w.Is("ConnWindow"):
			cfg.ConnWindow = int32(w.Number())
		default:
			w.Fail("no such option")
		}
	}
	var err error
	if k.conn, err = httpconn.New(httpconn.HTTP2, cfg, &k.out); err != nil {
		t.Fatal(err)
	}
	k.out.Send = bytes.TrimPrefix(k.out.Send, []byte(http2.ClientPreface))
	k.say("client writes the preface")
}

// request makes a request.
func (k *talk) request(w *golden.Words) {
	r := httpconn.Request{Scheme: "https", Authority: "example.com"}
	switch {
	case w.Is("a websocket at"):
		r.Protocol, r.Path = "websocket", w.Next()
	case w.Is("a tunnel to"):
		r = httpconn.Request{Method: "CONNECT", Authority: w.Next()}
	default:
		r.Method, r.Path = w.Next(), w.Next()
		r.HasBody = w.Is("with content")
	}
	next, id, err := k.conn.Request(&k.out, r)
	if err != nil {
		k.say("error: %v", err)
		return
	}
	k.conn, k.streams = next, append(k.streams, id)
}

// call makes any other call on the connection.
func (k *talk) call(w *golden.Words) {
	var err error
	switch {
	case w.Is("sends"):
		p := k.content(w)
		if !w.Is("on") {
			w.Fail("the stream is missing")
		}
		id := httpconn.StreamID(w.Number())
		k.conn, err = k.conn.SendData(&k.out, id, p, w.Is("and ends it"))
	case w.Is("ends"):
		k.conn, err = k.conn.SendData(&k.out, httpconn.StreamID(w.Number()), nil, true)
	case w.Is("finishes"):
		k.conn, err = k.conn.Finish(&k.out, httpconn.StreamID(w.Number()))
	case w.Is("cancels"):
		id := httpconn.StreamID(w.Number())
		k.conn, err = k.conn.Cancel(&k.out, id, code(w))
	case w.Is("consumes"):
		n := w.Number()
		if !w.Is("bytes of") {
			w.Fail("the stream is missing")
		}
		k.conn, err = k.conn.Consume(&k.out, httpconn.StreamID(w.Number()), n)
	case w.Is("pings"):
		k.conn, err = k.conn.Ping(&k.out, [8]byte([]byte(w.String())))
	case w.Is("closes"):
		k.conn = k.conn.Close(&k.out)
	default:
		w.Fail("not understood")
	}
	if err != nil {
		k.say("error: %v", err)
	}
}

// show shows what may be sent, and how many requests may start.
func (k *talk) show() {
	k.say("connection: window %d, slots %v", k.conn.SendWindow(0), k.slots())
	for _, id := range k.streams {
		k.say("stream %d: window %d", id, k.conn.SendWindow(id))
	}
}

func (k *talk) slots() string {
	if n := k.conn.Slots(); n < 1000 {
		return strconv.Itoa(n)
	}
	return "without a limit"
}

// content reads bytes: a string, or a number of them, which are all x.
func (k *talk) content(w *golden.Words) []byte {
	switch {
	case w.HasString():
		return []byte(w.String())
	case w.HasNumber():
		n := w.Number()
		if !w.Is("bytes") {
			w.Fail(`"bytes" is missing`)
		}
		return bytes.Repeat([]byte("x"), n)
	}
	return nil
}

// code reads the name of an error code.
func code(w *golden.Words) http2.ErrCode {
	name := w.Next()
	for c := http2.ErrCodeNo; c <= http2.ErrCodeHTTP11Required; c++ {
		if c.String() == name {
			return c
		}
	}
	w.Fail("no such error code: " + name)
	return 0
}

// frame writes a frame of the server's.
func (k *talk) frame(w *golden.Words) error {
	kind := w.Next()
	var id uint32
	if w.HasNumber() && kind != "SETTINGS" {
		id = uint32(w.Number())
	}
	switch kind {
	case "SETTINGS":
		if w.Is("ack") {
			return k.server.WriteSettingsAck()
		}
		return k.server.WriteSettings(settings(w)...)
	case "HEADERS":
		k.block.Reset()
		for strings.Contains(w.Peek(), "=") {
			name, value, _ := strings.Cut(w.Next(), "=")
			if err := k.enc.WriteField(hpack.HeaderField{Name: name, Value: value}); err != nil {
				return err
			}
		}
		return k.server.WriteHeaders(http2.HeadersFrameParam{
			StreamID: id, BlockFragment: k.block.Bytes(), EndHeaders: true, EndStream: w.Is("end")})
	case "DATA":
		p := k.content(w)
		return k.server.WriteData(id, w.Is("end"), p)
	case "WINDOW_UPDATE":
		return k.server.WriteWindowUpdate(id, uint32(w.Number()))
	case "RST_STREAM":
		return k.server.WriteRSTStream(id, code(w))
	case "GOAWAY":
		return k.server.WriteGoAway(id, code(w), nil)
	case "PING":
		ack := w.Is("ack")
		return k.server.WritePing(ack, [8]byte([]byte(w.String())))
	}
	w.Fail("no such frame: " + kind)
	return nil
}

// settings reads settings by name, with their values.
func settings(w *golden.Words) (list []http2.Setting) {
	for id := http2.SettingID(1); id <= http2.SettingEnableConnectProtocol; id++ {
		for w.Is(id.String()) {
			list = append(list, http2.Setting{ID: id, Val: uint32(w.Number())})
			id = 0 // they come in any order
		}
	}
	return list
}

// heard shows the events of what came from the server. Data of one stream that came in several are put together.
func (k *talk) heard(err error) {
	for i := 0; i < len(k.out.Events); i++ {
		ev := k.out.Events[i]
		for ; ev.Kind == httpconn.EventData && k.more(i); i++ {
			ev.Data = append(ev.Data, k.out.Events[i+1].Data...)
		}
		text := []string{fmt.Sprintf("client hears %v", ev.Kind)}
		if ev.StreamID != 0 {
			text = append(text, fmt.Sprintf("on %d", ev.StreamID))
		}
		if ev.Status != 0 {
			text = append(text, strconv.Itoa(ev.Status))
		}
		names := make([]string, 0, len(ev.Header))
		for name := range ev.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			text = append(text, fmt.Sprintf("%s=%s", name, strings.Join(ev.Header[name], ",")))
		}
		if ev.Data != nil {
			text = append(text, content(ev.Data))
		}
		if ev.Err != nil {
			text = append(text, "("+ev.Err.Error()+")")
		}
		if ev.Retryable() {
			text = append(text, "which can be retried")
		}
		k.say("%s", strings.Join(text, " "))
	}
	k.out.Events = k.out.Events[:0]
	if err != nil {
		k.say("error: %v", err)
	}
}

// more reports whether the event behind the i-th one is more data of the same stream.
func (k *talk) more(i int) bool {
	return i+1 < len(k.out.Events) && k.out.Events[i+1].Kind == httpconn.EventData &&
		k.out.Events[i+1].StreamID == k.out.Events[i].StreamID
}

// content shows bytes: short ones in quotes, of long ones how many there are.
func content(p []byte) string {
	if len(p) > 40 {
		return strconv.Itoa(len(p)) + " bytes"
	}
	return strconv.Quote(string(p))
}

// wrote shows the frames that the client wrote.
func (k *talk) wrote(t *testing.T) {
	t.Helper()
	k.sent.Write(k.out.Send)
	k.out.Send = k.out.Send[:0]
	for k.sent.Len() > 0 {
		f, err := k.client.ReadFrame()
		if err != nil {
			t.Fatalf("what the client wrote cannot be read: %v", err)
		}
		h := f.Header()
		text := []string{"client writes", h.Type.String()}
		if h.StreamID != 0 || h.Type == http2.FrameWindowUpdate {
			text = append(text, strconv.Itoa(int(h.StreamID)))
		}
		switch f := f.(type) {
		case *http2.DataFrame:
			if len(f.Data()) > 0 {
				text = append(text, content(f.Data()))
			}
			if f.StreamEnded() {
				text = append(text, "end")
			}
		case *http2.MetaHeadersFrame:
			for _, hf := range f.Fields {
				text = append(text, hf.Name+"="+hf.Value)
			}
			if f.StreamEnded() {
				text = append(text, "end")
			}
		case *http2.SettingsFrame:
			if f.IsAck() {
				text = append(text, "ack")
			}
			for i := range f.NumSettings() {
				text = append(text, f.Setting(i).ID.String(), strconv.FormatUint(uint64(f.Setting(i).Val), 10))
			}
		case *http2.PingFrame:
			if f.IsAck() {
				text = append(text, "ack")
			}
			text = append(text, content(f.Data[:]))
		case *http2.RSTStreamFrame:
			text = append(text, f.ErrCode.String())
		case *http2.WindowUpdateFrame:
			text = append(text, strconv.Itoa(int(f.Increment)))
		case *http2.GoAwayFrame:
			text = append(text, f.ErrCode.String())
		}
		k.say("%s", strings.Join(text, " "))
	}
}
