package httpconn

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	xhpack "golang.org/x/net/http2/hpack"
)

// What a server sends is written by x/net's Framer, so that no mistake of ours is on both sides.

// h2Frame is the bytes of what write writes.
func h2Frame(write func(*http2.Framer) error) string {
	var b bytes.Buffer
	fr := http2.NewFramer(&b, nil)
	fr.AllowIllegalWrites = true
	if err := write(fr); err != nil {
		panic(err)
	}
	return b.String()
}

func fRaw(kind http2.FrameType, flags http2.Flags, id uint32, payload string) string {
	return h2Frame(func(f *http2.Framer) error { return f.WriteRawFrame(kind, flags, id, []byte(payload)) })
}

func fSettings(idValue ...uint32) string {
	var s []http2.Setting
	for p := range slices.Chunk(idValue, 2) {
		s = append(s, http2.Setting{ID: http2.SettingID(p[0]), Val: p[1]})
	}
	return h2Frame(func(f *http2.Framer) error { return f.WriteSettings(s...) })
}

func fAck() string { return h2Frame((*http2.Framer).WriteSettingsAck) }

func fData(id uint32, end bool, p string) string {
	return h2Frame(func(f *http2.Framer) error { return f.WriteData(id, end, []byte(p)) })
}

func fPadded(id uint32, end bool, p string, pad int) string {
	return h2Frame(func(f *http2.Framer) error { return f.WriteDataPadded(id, end, []byte(p), make([]byte, pad)) })
}

func fReset(id uint32, code http2.ErrCode) string {
	return h2Frame(func(f *http2.Framer) error { return f.WriteRSTStream(id, code) })
}

func fWindow(id, n uint32) string {
	return h2Frame(func(f *http2.Framer) error { return f.WriteWindowUpdate(id, n) })
}

func fPing(ack bool, p string) string {
	return h2Frame(func(f *http2.Framer) error { return f.WritePing(ack, [8]byte([]byte(p))) })
}

func fGoAway(last uint32, code http2.ErrCode, debug string) string {
	return h2Frame(func(f *http2.Framer) error { return f.WriteGoAway(last, code, []byte(debug)) })
}

// hBlock is a header block of "name: value" fields, encoded by x/net.
func hBlock(fields ...string) string {
	var b bytes.Buffer
	enc := xhpack.NewEncoder(&b)
	for _, f := range fields {
		i := strings.Index(f[1:], ":") + 1
		if err := enc.WriteField(xhpack.HeaderField{Name: f[:i], Value: strings.TrimPrefix(f[i+1:], " ")}); err != nil {
			panic(err)
		}
	}
	return b.String()
}

// fHeaders is a HEADERS frame with a whole block.
func fHeaders(id uint32, end bool, fields ...string) string {
	return h2Frame(func(f *http2.Framer) error {
		return f.WriteHeaders(http2.HeadersFrameParam{
			StreamID: id, BlockFragment: []byte(hBlock(fields...)), EndStream: end, EndHeaders: true})
	})
}

// fBlock is a header block cut into frames of the given sizes, and the rest.
func fBlock(id uint32, end bool, block string, sizes ...int) string {
	kind, flags := http2.FrameHeaders, http2.Flags(0)
	if end {
		flags = http2.FlagHeadersEndStream
	}
	var frames string
	for _, n := range sizes {
		frames += fRaw(kind, flags, id, block[:n])
		block, kind, flags = block[n:], http2.FrameContinuation, 0
	}
	return frames + fRaw(kind, flags|http2.FlagHeadersEndHeaders, id, block)
}

const connectOn = uint32(http2.SettingEnableConnectProtocol)

var (
	h2Get  = Request{Scheme: "https", Authority: "example.com"}
	h2Head = Request{Method: "HEAD", Scheme: "https", Authority: "example.com"}
	h2Post = Request{Method: "POST", Scheme: "https", Authority: "example.com", HasBody: true}
	h2Ext  = Request{Protocol: "websocket", Scheme: "https", Authority: "example.com", Path: "/chat"}
	h2Conn = Request{Method: "CONNECT", Authority: "example.com:443"}
	f200   = func(id uint32) string { return fHeaders(id, false, ":status: 200") }
)

// h2Result is all that a feed of bytes leads to.
type h2Result struct {
	conn   Conn
	events []Event
	send   []byte
	err    error
}

// String is what must be the same for any split.
func (r h2Result) String() string {
	return fmt.Sprintf("%ssent\n%serr %v, next %v, slots %d", eventText(r.events), h2Sent(r.send), r.err, r.conn.Next(),
		r.conn.Slots())
}

// h2Feed passes input in the given pieces, and the end of input if eof, until an error. The input is spoilt after each call.
func h2Feed(c Conn, eof bool, pieces ...string) h2Result {
	var r h2Result
	var out Output
	for _, piece := range pieces {
		data := []byte(piece)
		c, r.err = c.Stream(&out, data)
		for _, ev := range out.Events {
			if ev.Kind == EventData && len(ev.Data) != cap(ev.Data) {
				panic("capacity is not clipped")
			}
			ev.Data = slices.Clone(ev.Data)
			r.events = append(r.events, ev)
		}
		out.Events = out.Events[:0]
		for i := range data { // state must not point into it (D4)
			data[i] = '#'
		}
		if r.err != nil {
			break
		}
	}
	if eof && r.err == nil {
		c, r.err = c.StreamEOF(&out)
		r.events = append(r.events, out.Events...)
	}
	r.conn, r.send = c, out.Send
	return r
}

// h2Sent shows frames one a line, read by x/net's Framer.
func h2Sent(send []byte) string {
	var b strings.Builder
	rest, hadPreface := bytes.CutPrefix(send, []byte(http2.ClientPreface))
	if hadPreface {
		b.WriteString("PREFACE\n")
	}
	fr := http2.NewFramer(nil, bytes.NewReader(rest))
	fr.SetMaxReadFrameSize(1<<24 - 1)
	fr.ReadMetaHeaders = xhpack.NewDecoder(4096, nil)
	fr.MaxHeaderListSize = 1 << 30
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			if err.Error() != "EOF" {
				fmt.Fprintf(&b, "unreadable: %v\n", err)
			}
			return b.String()
		}
		id := f.Header().StreamID
		switch f := f.(type) {
		case *http2.DataFrame:
			fmt.Fprintf(&b, "DATA %d %d", id, len(f.Data()))
		case *http2.MetaHeadersFrame:
			fmt.Fprintf(&b, "HEADERS %d", id)
			for _, hf := range f.Fields {
				fmt.Fprintf(&b, " %s=%s", hf.Name, hf.Value)
				if hf.Sensitive {
					b.WriteString("(sensitive)")
				}
			}
		case *http2.SettingsFrame:
			b.WriteString("SETTINGS")
			if f.IsAck() {
				b.WriteString(" ack")
			}
			if err := f.ForeachSetting(func(s http2.Setting) error {
				fmt.Fprintf(&b, " %v=%d", s.ID,
					s.Val)
				return nil
			}); err != nil {
				panic(err)
			}
		case *http2.PingFrame:
			fmt.Fprintf(&b, "PING ack=%v %s", f.IsAck(), f.Data[:])
		case *http2.RSTStreamFrame:
			fmt.Fprintf(&b, "RST_STREAM %d %v", id, f.ErrCode)
		case *http2.WindowUpdateFrame:
			fmt.Fprintf(&b, "WINDOW_UPDATE %d %d", id, f.Increment)
		case *http2.GoAwayFrame:
			fmt.Fprintf(&b, "GOAWAY %v", f.ErrCode)
		default:
			fmt.Fprintf(&b, "%v %d", f.Header().Type, id)
		}
		if k := f.Header().Type; (k == http2.FrameData || k == http2.FrameHeaders) &&
			f.Header().Flags.Has(http2.FlagDataEndStream) {
			b.WriteString(" end")
		}
		b.WriteString("\n")
	}
}

// h2Started returns a connection after the exchange of SETTINGS, ours acknowledged, with requests made.
func h2Started(t testing.TB, cfg Config, reqs ...Request) Conn {
	t.Helper()
	var out Output
	c, err := New(HTTP2, cfg, &out)
	if err != nil {
		t.Fatal(err)
	}
	return h2Requests(t, h2Fed(t, c, fSettings(connectOn, 1)+fAck()), reqs...)
}

func h2Requests(t testing.TB, c Conn, reqs ...Request) Conn {
	t.Helper()
	var out Output
	for _, r := range reqs {
		var err error
		if c, _, err = c.Request(&out, r); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// h2Fed returns c after bytes that are no error.
func h2Fed(t testing.TB, c Conn, input string) Conn {
	t.Helper()
	r := h2Feed(c, false, input)
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.conn
}

// h2Must unwraps the result of a call that has to succeed.
func h2Must(t testing.TB) func(Conn, error) Conn {
	return func(c Conn, err error) Conn {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// h2ConnErr holds that err is a *ConnError of that code over that sentinel.
func h2ConnErr(t testing.TB, err error, code http2.ErrCode, is error) {
	t.Helper()
	var e *ConnError
	if !errors.As(err, &e) || e.Code != code || !errors.Is(err, is) {
		t.Errorf("error %v, want %v over %v", err, code, is)
	}
}
